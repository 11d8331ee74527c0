"""
The modes that users have, laid out as a table; and the grammar of a change of them.

The letters are those that IRC servers agree on (modern.ircdocs.horse, "User Modes"), with C{B} as the IRCv3 bot mode
has it, and C{R}, C{T} and C{Z} as UnrealIRCd does.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UserMode:
    """
    A mode of a user.

    @ivar letter: how it is written.
    @ivar given: whether users give it to themselves.
    @ivar dropped: whether they take it from themselves.
    @ivar meaning: what it does, to end the sentence "with this mode set, a user …".
    @ivar operators: whether it is for operators of the server only.
    """

    letter: str
    given: bool
    dropped: bool
    meaning: str
    operators: bool = False


USER_MODES = {
    mode.letter: mode
    for mode in (
        UserMode("B", True, True, "says that they are a program"),
        UserMode("R", True, True, "takes private texts only from those who are logged in to an account"),
        UserMode("T", True, True, "takes no CTCP in private but actions"),
        UserMode("Z", False, False, "has encrypted connections only"),
        UserMode("i", True, True, "is found only by those who are in a room with them or know their nick"),
        UserMode("o", False, True, "is an operator of the server"),
        UserMode("r", False, False, "is logged in to an account"),
        UserMode("s", True, True, "is an operator who hears what the server tells its operators", operators=True),
        UserMode("w", True, True, "hears what operators announce to all who listen"),
    )
}
"""Every user mode, in the order in which they are shown."""

SETTABLE = frozenset(mode.letter for mode in USER_MODES.values() if mode.given)
"""The modes that are nothing but set or not; the others follow from what a user is."""

OPERATORS_ONLY = frozenset(mode.letter for mode in USER_MODES.values() if mode.operators)
"""The modes that nobody has who is no operator of the server."""


def parseUserModes(text: str) -> tuple[dict[str, bool], str]:
    """
    Read a change of a user's modes, as in C{"+i-w"} (RFC 2812, section 3.1.5).  Letters before any sign are added.

    What nobody can do for themselves, as to become an operator, is passed over, as that section asks for.

    @return: what is asked for, by letter, the last of what contradicts itself; and the letters of no mode, each once.
    """
    asked: dict[str, bool] = {}
    unknown: dict[str, None] = {}
    adding = True
    for letter in text:
        mode = USER_MODES.get(letter)
        if letter in "+-":
            adding = letter == "+"
        elif mode is None:
            unknown[letter] = None
        elif mode.given if adding else mode.dropped:
            asked[letter] = adding
    return asked, "".join(unknown)


def sortUserModes(letters: Collection[str]) -> str:
    """Letters of user modes in the order of the table."""
    return "".join([letter for letter in USER_MODES if letter in letters])
