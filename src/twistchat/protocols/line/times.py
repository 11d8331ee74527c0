"""Reads the times that people type at the line door: C{09:14}, C{yesterday}, C{sunday}, C{2026-11-20 09:14}."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from twistchat.protocols.line.commands.table import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twistchat.wire.plain import Clockface

_CLOCK = re.compile(r"(\d{1,2}):(\d\d)", re.ASCII)
_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)

DAYS_AGO: Final = {"today": 0, "yesterday": 1}
"""The days that have a name, and how many days ago they were."""

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""The days of the week, each of which stands for the last one: today, or one of the six days before."""

_UNKNOWN: Final = re.compile(
    r"mon|tues?|wed|thu(rs?)?|fri|sat|sun"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|january|february|march|april|may|june|july|august"
    r"|(septem|octo|novem|decem)ber|tomorrow|now|noon|midnight|morning|evening|tonight|last|week|month|\d+\D.*"
)
"""Words about time that are not read.  Somebody may be called like most of them."""


def isTime(word: str) -> bool:
    """
    Whether a word is a day or a time of day.

    @param word: in lower case.
    """
    named = word in DAYS_AGO or word in WEEKDAYS
    return named or _DATE.fullmatch(word) is not None or _CLOCK.fullmatch(word) is not None


def resemblesTime(word: str) -> bool:
    """
    Whether somebody who typed a word meant a time, if nobody has this nick: C{tomorrow}, C{9am}, C{20.11.2026}.

    @param word: in lower case.
    """
    return _UNKNOWN.fullmatch(word) is not None


def unknownTime(words: str) -> UsageError:
    """The error for words that are no time."""
    return UsageError(f"There is no time {words}.  Type it like this: 09:14, yesterday, sunday, or 2026-11-20 09:14")


def readTime(words: Sequence[str], clock: Clockface, now: int) -> int:
    """
    Read a point in time.

    @param words: a day, a time of day, or a day and a time of day.  A day alone is its beginning.  A time of day alone
        is the last such time before now.
    @param clock: the time zone of the times.
    @param now: the present, in milliseconds since the epoch.
    @return: milliseconds since the epoch.
    @raise UsageError: there is no such day or time, or the words are in another order.
    """
    *days, last = words
    of = _CLOCK.fullmatch(last)
    if len(days) > 1 or (days and (of is None or _CLOCK.fullmatch(days[0]))):
        raise UsageError(f"{' '.join(words)} is no time.  Type a day, a time, or both: 2026-11-20 09:14")
    if of is None:
        days, hour, minute = [last], 0, 0
    else:
        hour, minute = int(of[1]), int(of[2])
    today = clock.dateOf(now)
    try:
        day = _readDay(days[0], today) if days else today
        time = clock.at(day, hour, minute)
        return time if days or time <= now else clock.at(day - timedelta(1), hour, minute)
    except (ValueError, OverflowError, OSError):
        raise unknownTime(" ".join(words)) from None


def _readDay(word: str, today: date) -> date:
    """
    Read a day.

    @raise ValueError: there is no such day.
    """
    if word in DAYS_AGO:
        return today - timedelta(DAYS_AGO[word])
    if word in WEEKDAYS:
        return today - timedelta((today.weekday() - WEEKDAYS.index(word)) % 7)
    found = _DATE.fullmatch(word)
    assert found is not None
    return date(*map(int, found.groups()))
