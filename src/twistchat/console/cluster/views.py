"""How the commands about a cluster show it to people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from twistchat.chat.phrasing import counted
from twistchat.config.toml import printable


def overview(answer: Mapping[str, Any]) -> Iterator[str]:
    """
    Describe a cluster.

    @param answer: see L{IClusterLog.overview <twistchat.interfaces.IClusterLog.overview>}.
    @return: the lines.
    """
    rows = list(_rows(answer))
    width = max([len(label) for label, _ in rows])
    for label, value in rows:
        yield f"{label.ljust(width)}  {printable(value)}"


def _rows(answer: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "node", answer["node"] or "this node takes no part now"
    yield "writes", "yes" if answer["trouble"] is None else f"no: {answer['trouble']}"
    leader = min([member["node"] for member in answer["members"]], default="")
    label = "nodes"
    for member in sorted(answer["members"], key=lambda member: str(member["name"])):
        marks = [f"twistchat {member['release']}" if member["release"] else "an unknown version"]
        marks += ["leads"] if member["node"] == leader else []
        marks += ["this node"] if member["node"] == answer["node"] else []
        yield label, f"{member['node']} ({', '.join(marks)})"
        label = ""
    yield "position", f"message {answer['position']:,} of {answer['last']:,}, entry {answer['entry']:,}"
    yield "lag", f"{counted(answer['lag'], 'message')}, {answer['behind']:,} entries to store"
    yield "in flight", counted(answer["inFlight"], "event")
    yield "stream", f"messages {answer['first']:,} to {answer['last']:,}"
    yield "broker", answer["broker"] if answer["connected"] else "none is connected"
    yield "leader", f"{answer['leader'] or 'unknown'}, {counted(answer['elections'], 'election')} since the start"
    states = [f"{name} ({'current' if isCurrent else 'behind'})" for name, isCurrent in answer["replicas"].items()]
    yield "replicas", ", ".join(states) or "none"
    yield "connection", f"made again {counted(answer['reconnections'], 'time')}"
