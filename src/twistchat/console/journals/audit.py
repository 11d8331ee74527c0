"""The command that shows the audit trail."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import ClassVar, Final

from twisted.python.usage import UsageError

from twistchat.chat.model.events import AdministrativeAct, Entry
from twistchat.chat.model.names import withAccount
from twistchat.chat.model.spans import Acts, At
from twistchat.config.jsontext import jsonLine
from twistchat.config.toml import printable
from twistchat.console.accounts.views import laidOut
from twistchat.console.options import JournalOptions, Refused
from twistchat.journal.history.acts import readActs
from twistchat.journal.history.reader import HistoryReader

COLUMNS: Final = ("TIME", "WHO", "ACT", "TARGET", "FROM", "DETAIL")
"""The headings of the table."""

MOST: Final = 2**53
"""A number of acts that no journal has."""

_AGE = re.compile(r"([0-9]{1,6})([mhdwy])")
_UNITS = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400, "y": 365 * 86400}


class AuditOptions(JournalOptions):
    """C{twistchat audit}."""

    synopsis = "[options]"
    longdesc = (
        "Shows what administrators did, newest last, while the server runs or not: when (in UTC), who, what, whom or "
        "what it concerned, the door and the address, and the reason or other values.  The journal keeps this for "
        "journal.auditRetention."
    )
    examples: ClassVar = ["twistchat audit --since 7d --act kill", "twistchat audit --json --data /var/lib/twistchat"]
    optParameters: ClassVar = [
        ["limit", None, "100", "The number of acts, the newest ones; 0 for all."],
        ["since", None, None, "Only later acts: an age, as in 7d or 12h (m, h, d, w, y), or a date, as in 2026-11-30."],
        ["who", None, None, "Only acts of this nick, account, or user of the system."],
        ["act", None, None, "Only this act, as in kill or account.suspend; account selects all acts about accounts."],
        ["target", None, None, "Only acts that concern this user, account, room or mask."],
    ]
    optFlags: ClassVar = [["json", None, "Write one JSON object per line."]]

    def run(self) -> None:
        """Show the acts."""
        limit, since = _limit(self["limit"]), self["since"]
        after = None if since is None else At(_time(since, time.time()) - 1)
        acts = Acts(limit, after, who=self["who"], act=self["act"], target=self["target"])
        with closing(HistoryReader.open(self.path())) as reader:
            found = readActs(reader, acts)
        entries = [kept for kept in reversed(found) if isinstance(kept, Entry)]
        for line in map(asJson, entries) if self["json"] else table(entries):
            print(line)
        if not found and not self["json"]:
            print("There are no such acts")
        if len(entries) < len(found):
            raise Refused(f"acts that changed on disk were left out: {len(found) - len(entries)}")


def table(entries: Iterable[Entry]) -> Iterator[str]:
    """
    Lay out acts as a table.

    @return: its lines; none without acts.
    """
    rows = [[cell or "-" for cell in _cells(entry)] for entry in entries]
    return laidOut([COLUMNS, *rows]) if rows else iter(())


def asJson(entry: Entry) -> str:
    """Write an act as one line of JSON."""
    act = _act(entry)
    fields = {"sequence": entry.sequence, "time": _moment(entry, "milliseconds"), "who": act.who}
    fields |= {"account": act.source.account, "act": act.act, "target": act.target, "detail": act.detail}
    return jsonLine(fields | {"door": act.door, "address": act.address})


def _cells(entry: Entry) -> Sequence[str]:
    act = _act(entry)
    place = " ".join(word for word in (act.door, act.address) if word)
    return (_moment(entry, "seconds"), withAccount(act.who, act.source.account), act.act, act.target, place, act.detail)


def _act(entry: Entry) -> AdministrativeAct:
    assert isinstance(entry.event, AdministrativeAct)
    return entry.event


def _moment(entry: Entry, precision: str) -> str:
    when = datetime.fromtimestamp(entry.time / 1000, UTC)
    return when.isoformat(timespec=precision).replace("+00:00", "Z")


def _limit(text: str) -> int:
    """Read the number of acts."""
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise UsageError(f"--limit needs a number, and not {printable(text)}")
    return int(text) or MOST


def _time(text: str, now: float) -> int:
    """
    Read a time.

    @param now: the seconds since the epoch.
    @return: milliseconds since the epoch.
    """
    age = _AGE.fullmatch(text)
    if age is not None:
        return int((now - int(age[1]) * _UNITS[age[2]]) * 1000)
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"--since needs an age, as in 7d or 12h, or a date, as in 2026-11-30, and not {printable(text)}"
        ) from None
    return int((when if when.tzinfo is not None else when.replace(tzinfo=UTC)).timestamp() * 1000)
