"""
Checks the content of an imported event: names, ranks and modes are valid, and no text has a character that ends a line
of a protocol.

A server checks everything that comes in, so it trusts its journal.  A file can have been changed since it was exported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

from msgspec import Struct

from twistchat.chat.errors import ChatError
from twistchat.chat.model.bans.masks import BadMask, normalizeExtended
from twistchat.chat.model.events import (
    AccountSettingSet,
    AdministrativeAct,
    Event,
    KeptRoom,
    ModeChange,
    RoomRenamed,
    RoomSettingSet,
    Source,
)
from twistchat.chat.model.modes.room import RANK_BY_LETTER, ROOM_MODES, Shape, sortRanks
from twistchat.chat.model.names import normalizeNick, normalizeRoom
from twistchat.importing.people import IMPORTED
from twistchat.importing.records import LAST_TIME

LONGEST_NAME: Final = 100
"""The maximum length of a nick or the name of a room, in characters, whatever the limits of the server were."""

LONGEST_PLACE: Final = 200
"""The maximum length of a username or a host, in characters."""

_NUMBER: Final = re.compile("[0-9]{1,9}")
"""The parameter of mode l."""

Check = Callable[[str], "str | None"]
"""Returns what is wrong with a value; C{None} if it is right."""


def faultOf(event: Event) -> str | None:
    """Say what is wrong with the content of an event; C{None} if it is right."""
    return _fault(event, "event", _line)


def _fault(value: object, name: str, check: Check) -> str | None:
    """
    Examine a value of a field, and all that is in it.

    @param name: the name of the field.
    @param check: checks the texts in it.
    """
    why: str | None = None
    if isinstance(value, str):
        why = _encodable(value) or check(value)
        return why and f"the {name} {why}"
    if type(value) is int and not 0 <= value <= LAST_TIME:  # no number that is not a time is larger
        return f"the {name} is not a number from 0 to {LAST_TIME}"
    if isinstance(value, ModeChange):
        why = _mode(value)
        if why is not None:
            return why
    if isinstance(value, Struct):
        for field in value.__struct_fields__:
            why = why or _fault(getattr(value, field), field, _checkOf(value, field))
    elif isinstance(value, (tuple, frozenset)):
        for each in value:
            why = why or _fault(each, name, check)
    return why


def _checkOf(struct: Struct, field: str) -> Check:
    """The check of the texts in a field."""
    if isinstance(struct, (RoomRenamed, KeptRoom)) and field == "name":
        return _room
    if isinstance(struct, AdministrativeAct):
        return _hidden  # it is recorded as it was asked, and escaped where it is shown
    if isinstance(struct, (AccountSettingSet, RoomSettingSet)) and struct.name.startswith(f"{IMPORTED} "):
        return _hidden
    if isinstance(struct, Source) and field == "nick" and not struct.nick:
        return _hidden  # the server itself
    return _CHECKS.get(field, _line)


def _mode(change: ModeChange) -> str | None:
    """What is wrong with a change of a room's modes, as a whole."""
    mode, value = ROOM_MODES.get(change.letter), change.parameter
    if mode is None and change.letter not in RANK_BY_LETTER:
        return "there is no mode with this letter"
    if (mode is None) != (change.subject is not None):
        return "a rank is given to nobody, or another mode to somebody"
    if mode is None or (mode.shape is not Shape.LIST and not change.adding) or mode.shape is Shape.FLAG:
        return None
    if value is None:
        return "the parameter of a mode is missing"
    if mode.letter == "l" and not _NUMBER.fullmatch(value):
        return "the parameter of the mode l is not a number"
    return _mask(value) if mode.shape is Shape.LIST else None


def _mask(text: str) -> str | None:
    try:
        normalizeExtended(text)
    except BadMask as bad:
        return f"a mask is not {bad}"
    return None


def _encodable(text: str) -> str | None:
    try:
        text.encode()
    except UnicodeEncodeError:
        return "has half of a surrogate pair in it"
    return None


def _ranks(letters: str) -> str | None:
    return None if sortRanks(letters) == letters else "are not letters of ranks, highest first"


def _rank(letter: str) -> str | None:
    return None if letter in ("", *RANK_BY_LETTER) else "is not the letter of a rank"


def _line(text: str) -> str | None:
    if "\n" in text or "\r" in text or "\0" in text:
        return "has a line end or a NUL in it"
    return None


def _lines(text: str) -> str | None:
    return "has a carriage return or a NUL in it" if "\r" in text or "\0" in text else None


def _tag(text: str) -> str | None:
    return "have a NUL in them" if "\0" in text else None


def _hidden(text: str) -> str | None:
    return None


def _place(text: str) -> str | None:
    if len(text) > LONGEST_PLACE or " " in text:
        return "has a space in it, or is too long"
    return _line(text)


@lru_cache(4096)
def _nick(text: str) -> str | None:
    return _named(text, normalizeNick)


@lru_cache(4096)
def _room(text: str) -> str | None:
    return _named(text, normalizeRoom)


def _named(text: str, normalize: Callable[[str, int], str]) -> str | None:
    try:
        return None if normalize(text, LONGEST_NAME) == text else "is not in Unicode's NFC"
    except ChatError as e:
        return f"is not valid: {e.text}"


_CHECKS: Mapping[str, Check] = {
    "text": _lines,
    "tags": _tag,
    "session": _hidden,
    "username": _place,
    "host": _place,
    "nick": _nick,
    "account": _nick,
    "room": _room,
    "rooms": _room,
    "rank": _rank,
    "ranks": _ranks,
}
"""The checks of fields, by their names.  The server shows sessions to nobody."""
