"""Lays out lists of a running server: its users, its rooms and its bans."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from twistchat.chat.phrasing import counted
from twistchat.config.toml import printable
from twistchat.console.accounts.views import laidOut, moment

UNITS = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))
"""The units of a time, with their seconds."""


def users(found: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """
    Lay out users as a table, sorted by nick, with a line for each session.

    @return: its lines, and one with the number of users.
    """
    rows = [("NICK", "ACCOUNT", "DOOR", "ADDRESS", "ENCRYPTED", "ROOMS", "IDLE", "SINCE")]
    count = 0
    for user in sorted(found, key=lambda user: str(user["nick"]).casefold()):
        count += 1
        own = (str(user["rooms"]), duration(user["idle"]), moment(user["since"]))
        names = (user["nick"], user["account"] or "-")
        for session in user["sessions"] or [None]:
            where = ("-", "-", "-") if session is None else _session(session)
            rows.append((*names, *where, *own))
            names, own = ("", ""), ("", "", "")
    yield from laidOut(rows)
    yield counted(count, "user")


def rooms(found: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """
    Lay out rooms as a table, sorted by name.

    @return: its lines, and one with the number of rooms.
    """
    rows = [("ROOM", "USERS", "FOUNDER", "MODES", "TOPIC")]
    rows += [
        (room["name"], str(room["members"]), room["founder"] or "-", room["modes"] or "-", room["topic"] or "")
        for room in sorted(found, key=lambda room: str(room["name"]).casefold())
    ]
    yield from laidOut(rows)
    yield counted(len(rows) - 1, "room")


def bans(found: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """
    Lay out bans from the server as a table.

    @return: its lines, and one with the number of bans.
    """
    rows = [("MASK", "SET BY", "SET", "UNTIL", "REASON")]
    for ban in found:
        until = "for ever" if ban["until"] is None else moment(ban["until"])
        rows.append((ban["mask"], ban["by"], moment(ban["time"]), until, ban["reason"]))
    yield from laidOut(rows)
    yield counted(len(rows) - 1, "ban")


def duration(seconds: float) -> str:
    """Write a time with its largest unit: C{5s}, C{12m}, C{3h} or C{2d}."""
    unit, size = next(((unit, size) for unit, size in UNITS if seconds >= size), UNITS[-1])
    return f"{int(seconds // size)}{unit}"


def _session(session: Mapping[str, Any]) -> tuple[str, str, str]:
    address = printable(session["address"] or "this machine")
    return printable(session["door"] or "-"), address, "yes" if session["secure"] else "no"
