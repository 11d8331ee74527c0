"""Valid names for people and rooms of other servers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from unicodedata import category, normalize

from twistchat.chat.errors import BadNick, BadRoomName, ChatError
from twistchat.chat.model.names import (
    INVISIBLE,
    NICK_CATEGORIES,
    NICK_SPECIALS,
    ROOM_DELIMITERS,
    fold,
    normalizeNick,
    normalizeRoom,
)
from twistchat.importing.records import ImportProblem

MOST_TRIES: Final = 10_000
"""The number of suffixes to try for one name."""


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


class FreeNames:
    """
    Finds names that are free.

    It remembers the last suffix of each name, so that many people with one name take no time each.
    """

    def __init__(self, limit: int, check: Callable[[str], object], tries: int = MOST_TRIES) -> None:
        """
        @param limit: the maximum length of a name, in characters.
        @param check: raises L{ChatError} if a name is not free.
        @param tries: the number of suffixes to try for a name.
        """
        self._limit, self._check, self._tries = limit, check, tries
        self._last: dict[str, int] = {}

    def find(self, name: str, spare: str) -> str:
        """
        Find a name that is free: the name itself, or the name with a suffix, as in C{alice-2}.

        @param spare: a name to try in the same way if none of these is free.
        @raise ImportProblem: no name is free.
        """
        for wanted in (name, spare):
            first = self._last.get(fold(wanted), 1)
            for number in range(first, first + self._tries):
                self._last[fold(wanted)] = number + 1
                suffix = f"-{number}" if number > 1 else ""
                candidate = wanted[: self._limit - len(suffix)] + suffix
                try:
                    self._check(candidate)
                except ChatError:
                    continue
                return candidate
        raise ImportProblem(
            f"too many names here look like {name}, so that nobody else can have one with a suffix; rename people or"
            " rooms there, and export again"
        )


def _isOfNick(letter: str) -> bool:
    return letter in NICK_SPECIALS or (category(letter) in NICK_CATEGORIES and letter not in INVISIBLE)


def _isOfRoom(letter: str) -> bool:
    return category(letter)[0] in "LMNPS" and letter not in ROOM_DELIMITERS and letter not in INVISIBLE
