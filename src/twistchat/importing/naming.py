"""Valid names for people and rooms of other servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Final
from unicodedata import category, normalize

from twistchat.chat.errors import BadNick, BadRoomName, ChatError
from twistchat.chat.model.names import (
    INVISIBLE,
    NICK_CATEGORIES,
    NICK_SPECIALS,
    ROOM_DELIMITERS,
    normalizeNick,
    normalizeRoom,
)

MOST_TRIES: Final = 10_000
"""The number of suffixes to try."""


def nickFrom(name: str, limit: int) -> str:
    """
    Make a valid nick from a name: characters that no nick has become C{_}.

    @param limit: the maximum length of a nick, in characters.
    """
    nick = "".join([letter if _isOfNick(letter) else "_" for letter in normalize("NFC", name[: 4 * limit])])
    nick = nick[:limit].rstrip("_") or "user"
    if nick[0] == "-" or category(nick[0])[0] in "MN":
        nick = f"_{nick}"[:limit]
    try:
        return normalizeNick(nick, limit)
    except BadNick:
        return "user"


def roomFrom(name: str, limit: int) -> str:
    """
    Make a valid name of a room from a name: in lower case, and with hyphens in place of spaces and of characters that
    no name of a room has.

    @param limit: the maximum length of such a name, in characters.
    """
    plain = normalize("NFC", name[: 4 * limit].lower()).strip().lstrip("#")
    room = "".join([letter if _isOfRoom(letter) else "-" for letter in plain])[: limit - 1].strip("-")
    try:
        return normalizeRoom(f"#{room or 'room'}", limit)
    except BadRoomName:
        return "#room"


def firstFree(name: str, limit: int, check: Callable[[str], object]) -> str:
    """
    Find a name that is free: the name itself, or the name with a suffix, as in C{alice-2}.

    @param check: raises L{ChatError} if a name is not free.
    @raise ChatError: no name is free.
    """
    candidates = _candidates(name, limit)
    for _ in range(MOST_TRIES):
        candidate = next(candidates)
        try:
            check(candidate)
        except ChatError:
            continue
        return candidate
    check(name)
    return name


def _candidates(name: str, limit: int) -> Iterator[str]:
    yield name
    for number in count(2):
        suffix = f"-{number}"
        yield name[: limit - len(suffix)] + suffix


def _isOfNick(letter: str) -> bool:
    return letter in NICK_SPECIALS or (category(letter) in NICK_CATEGORIES and letter not in INVISIBLE)


def _isOfRoom(letter: str) -> bool:
    return category(letter)[0] in "LMNPS" and letter not in ROOM_DELIMITERS and letter not in INVISIBLE
