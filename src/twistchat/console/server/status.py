"""The command that shows how a running server is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from twistchat.chat.phrasing import counted
from twistchat.config.toml import printable
from twistchat.console.server.running import RunningOptions

UNITS = (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1))
"""The units of durations, in seconds."""


class StatusOptions(RunningOptions):
    """C{twistchat status}."""

    longdesc = (
        "Shows how the running server is: its sessions, its journal, how late it answers, its memory and its last "
        "backup.  Exits with status 1 if no server runs, or if it accepts no messages."
    )
    examples: ClassVar = ["twistchat status", "twistchat status --json"]
    optFlags: ClassVar = [["json", None, "Write JSON, with the last hour by the minute."]]

    def run(self) -> None:
        """
        Show the status.

        @raise SystemExit: the server accepts no messages.
        """
        answer = self.ask("status")
        if self["json"]:
            print(json.dumps(answer, indent=2, sort_keys=True))
        else:
            print(*lines(answer), sep="\n")
        if not answer["ready"]:
            raise SystemExit(1)


def lines(status: Mapping[str, Any]) -> Iterator[str]:
    """
    Describe a server for people.

    @param status: the answer of C{server.status}.
    @return: the lines.
    """
    rows = list(_rows(status))
    width = max([len(label) for label, _ in rows])
    for label, value in rows:
        yield f"{label.ljust(width)}  {printable(value)}"


def _rows(status: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    journal, sessions = status["journal"], status["sessions"]
    doors = ", ".join([f"{door} {count:,}" for door, count in sessions.items()])
    yield "version", f"twistchat {status['version']}"
    yield "uptime", f"{duration(status['uptime'])}, since {moment(status['started'])}"
    yield "ready", "yes" if status["ready"] else f"no: {status['trouble']}"
    yield "sessions", f"{sum(sessions.values()):,}" + (f" ({doors})" if doors else "")
    yield (
        "users",
        f"{status['users']:,}" + (f", {status['alwaysOn']:,} of them always on" if status["alwaysOn"] else ""),
    )
    yield "rooms", f"{status['rooms']:,}"
    yield "accounts", f"{status['accounts']:,}"
    yield "messages", f"{status['messages']:,}, heard {status['deliveries']:,} times with all other events"
    yield "journal", f"{size(journal['size'])} on disk"
    yield "queue", f"{counted(journal['waiting'], 'event')} to store, about {journal['unindexed']:,} to index"
    yield "waiting", _latency(journal["queue"])
    yield "commits", _latency(journal["commit"])
    yield "reactor lag", f"p50 {milliseconds(status['lag']['p50'])}, p99 {milliseconds(status['lag']['p99'])}"
    yield "output", f"{size(status['unsent'])} to send, {counted(status['slowReaders'], 'slow reader')}"
    if status["mails"]:
        yield "mails", f"{status['mails']:,} to send"
    yield "memory", size(status["memory"])
    yield "last backup", "never" if status["lastBackup"] is None else moment(status["lastBackup"])
    if status["backup"] and status["backup"]["failure"]:
        yield "backup failed", f"{moment(status['backup']['failed'])}: {status['backup']['failure']}"


def _latency(bounds: Mapping[str, float | None]) -> str:
    return ", ".join(
        [f"{name} up to {milliseconds(bound)}" if bound else f"{name} -" for name, bound in bounds.items()]
    )


def duration(seconds: float) -> str:
    """Show a duration in its two largest units, as in C{3 d 4 h}."""
    left = int(seconds)
    parts: list[str] = []
    for unit, length in UNITS:
        count, left = divmod(left, length)
        if count or parts:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"


def size(count: float) -> str:
    """Show a number of bytes, as in C{12.4 MiB}."""
    for unit in ("B", "KiB", "MiB"):
        if count < 1024:
            return f"{count} B" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} GiB"


def milliseconds(seconds: float) -> str:
    """Show a short duration in milliseconds."""
    return f"{seconds * 1000:.1f} ms"


def moment(seconds: float) -> str:
    """Show a time."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
