"""
How long the journal keeps the entries of a room: the values of the setting C{retention}.

A value is a number with a unit, such as C{12h}, C{7d}, C{2w} or C{1y}; or C{forever}.  A year has 365 days.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from twistchat.chat.errors import BadSetting

if TYPE_CHECKING:
    from twistchat.chat.state import State

FOREVER: Final = "forever"
"""The value of a room whose entries are not deleted because of their age."""

SHORTEST: Final = 3600
"""The shortest retention of a room, in seconds.  The journal deletes old entries about once an hour."""

_UNITS: Final = {"y": 365 * 86400, "w": 7 * 86400, "d": 86400, "h": 3600}
"""The units and their seconds, the longest first."""

_WRITTEN: Final = ("y", "d", "h")
"""The units that a value has after it was normalised."""

_VALUE = re.compile(r"([1-9][0-9]{0,5}) ?([ywdh])", re.IGNORECASE)

_MOST = 1000 * _UNITS["y"]

_SHOWN: Final = 32
"""The most characters of a bad value that an error repeats."""


def normalizeRetention(value: str, longest: float) -> str:
    """
    Check a value, and write it in its normal form: C{24h} becomes C{1d}.

    @param longest: the longest retention that is allowed, in seconds; 0 if every value is.
    @raise BadSetting: the value is not a retention, or is too long.
    """
    seconds = secondsOf(value)
    if seconds is None:
        why = f'is not a length of time; use a number of hours, days or years, such as 12h, 7d or 1y, or "{FOREVER}"'
        raise BadSetting(value[:_SHOWN], why)
    if longest and (not seconds or seconds > longest):
        why = f"is longer than this server keeps a room; use {written(longest)} or less, or ask an administrator"
        raise BadSetting(value[:_SHOWN], why)
    return written(seconds) if seconds else FOREVER


def secondsOf(value: str) -> float | None:
    """
    The length of a retention in seconds; 0 for L{FOREVER}.

    @return: C{None} if the value is not a retention.
    """
    if value.lower() == FOREVER:
        return 0.0
    match = _VALUE.fullmatch(value)
    seconds = 0 if match is None else int(match[1]) * _UNITS[match[2].lower()]
    return float(seconds) if SHORTEST <= seconds <= _MOST else None


def written(seconds: float) -> str:
    """Write a length of time with the largest unit that divides it.  Parts of an hour are left out."""
    hours = max(1, int(seconds) // _UNITS["h"])
    unit = next(unit for unit in _WRITTEN if hours * _UNITS["h"] % _UNITS[unit] == 0)
    return f"{hours * _UNITS['h'] // _UNITS[unit]}{unit}"


def retentions(state: State) -> dict[str, float]:
    """
    The rooms with a retention of their own: for each folded name, the seconds after which an entry is deleted, or 0 if
    it is not deleted because of its age.
    """
    found = {room.key: secondsOf(room.settings["retention"]) for room in state.rooms if "retention" in room.settings}
    return {key: seconds for key, seconds in found.items() if seconds is not None}
