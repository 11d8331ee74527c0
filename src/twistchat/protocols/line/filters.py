"""Reads the argument of C{/search}: words, and filters such as C{from:bob}."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twistchat.chat.model.spans import At
from twistchat.protocols.line.commands.table import UsageError
from twistchat.protocols.line.times import isTime, readTime

if TYPE_CHECKING:
    from twistchat.wire.plain import Clockface

FILTERS: Final = ("from", "in", "after", "before")
"""The names of the filters."""


@dataclass(frozen=True, slots=True)
class Filters:
    """
    What a user searches for.

    @ivar words: the words, separated by spaces; C{""} for all messages that fit the filters.
    @ivar target: a room or a nick; C{None} for all rooms and private conversations.
    @ivar sender: the author's nick or account; C{None} for any.
    @ivar after: the point after which to search.
    @ivar before: the point before which to search.
    """

    words: str
    target: str | None = None
    sender: str | None = None
    after: At | None = None
    before: At | None = None


def readFilters(argument: str, clock: Clockface, now: int) -> Filters:
    """
    Read the argument of C{/search}.

    @param clock: the time zone of the times.
    @param now: the present, in milliseconds since the epoch.
    @raise UsageError: a filter has no value, is given twice, or is no time.
    """
    words: list[str] = []
    given: dict[str, str] = {}
    for word in argument.split():
        name, colon, value = word.partition(":")
        name = name.lower()
        if not colon or name not in FILTERS:
            words.append(word)
        elif not value:
            raise UsageError(f"{name}: needs a value, as in {_example(name)}")
        elif name in given:
            raise UsageError(f"Give {name}: only once")
        else:
            given[name] = value
    after, before = (
        readTime([given[name].lower()], clock, now) if name in given and _isTime(name, given[name]) else None
        for name in ("after", "before")
    )
    return Filters(
        " ".join(words),
        given.get("in"),
        given.get("from"),
        None if after is None else At(after - 1),
        None if before is None else At(before),
    )


def _isTime(name: str, value: str) -> bool:
    """
    Check the value of a filter that is a time.

    @raise UsageError: it is none.
    """
    if not isTime(value.lower()):
        raise UsageError(f"{name}: needs a day or a time of day, as in {_example(name)}")
    return True


def _example(name: str) -> str:
    return {"from": "from:bob", "in": "in:#lobby"}.get(name, f"{name}:2026-11-20 or {name}:09:14")
