"""
The table of user modes, and the parser for changes of them.

The letters are the common ones of IRC servers (modern.ircdocs.horse, "User Modes"), C{B} from the IRCv3 bot mode, and
C{R}, C{T} and C{Z} from UnrealIRCd.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UserMode:
    """
    A mode of a user.

    @ivar letter: its letter.
    @ivar given: whether users can set it themselves.
    @ivar dropped: whether users can unset it themselves.
    @ivar meaning: the end of the sentence "with this mode set, a user …".
    @ivar operators: whether only server operators can have it.
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
        UserMode("s", True, True, "is an operator who receives the server's notices to operators", operators=True),
        UserMode("w", True, True, "hears what operators announce to all who listen"),
    )
}
"""All user modes, in display order."""

SETTABLE = frozenset(mode.letter for mode in USER_MODES.values() if mode.given)
"""The modes that users can set.  The others are derived from the state of the user."""

OPERATORS_ONLY = frozenset(mode.letter for mode in USER_MODES.values() if mode.operators)
"""The modes that only server operators can have."""


def parseUserModes(text: str) -> tuple[dict[str, bool], str]:
    """
    Parse a change of user modes, such as C{"+i-w"} (RFC 2812, section 3.1.5).  Letters before the first sign are set.

    Changes that users cannot make themselves, such as C{+o}, are ignored, as that section requires.

    @return: by letter, whether to set the mode; the last one counts if a letter occurs twice.  And the unknown letters,
        each once.
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
    """Sort the letters of user modes in display order."""
    return "".join([letter for letter in USER_MODES if letter in letters])
