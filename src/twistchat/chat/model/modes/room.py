"""
The tables of ranks and room modes, and the parser for mode changes.

The letters are the common ones of IRC servers (modern.ircdocs.horse, "Channel Modes" and "Channel Membership
Prefixes").  All doors use them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from twistchat.chat.errors import BadModeParameter, BadRank, UnknownMode


@dataclass(frozen=True, slots=True)
class Rank:
    """
    A rank in a room.

    @ivar letter: its mode letter.
    @ivar prefix: the character before the nick of a member with this rank.
    @ivar level: the level for comparisons: a higher level includes the rights of the lower ones.
    @ivar grantedBy: the level needed to grant or revoke it.
    @ivar name: its name in a sentence.
    """

    letter: str
    prefix: str
    level: int
    grantedBy: int
    name: str


FOUNDER, PROTECTED, OPERATOR, HALF_OPERATOR, VOICE, NOBODY = 50, 40, 30, 20, 10, 0

SERVER_OPERATOR = 60
"""Above every rank: the level of server operators with the privilege C{"rooms"}."""

RANKS = (
    Rank("q", "~", FOUNDER, FOUNDER, "founder"),
    Rank("a", "&", PROTECTED, FOUNDER, "protected operator"),
    Rank("o", "@", OPERATOR, OPERATOR, "operator"),
    Rank("h", "%", HALF_OPERATOR, OPERATOR, "half-operator"),
    Rank("v", "+", VOICE, HALF_OPERATOR, "voice"),
)
"""All ranks, highest first, as in the ISUPPORT token PREFIX."""

RANK_BY_LETTER = {rank.letter: rank for rank in RANKS}

RANK_BY_PREFIX = {rank.prefix: rank for rank in RANKS}


WORDS: dict[str, str] = {
    "none": "",
    "admin": "a",
    "protected": "a",
    "operator": "o",
    "op": "o",
    "half-operator": "h",
    "halfop": "h",
    "voice": "v",
}
"""The ranks that an access list can contain, by the words that people use for them."""

RANK_WORDS = {"q": "founder", "a": "admin", "o": "operator", "h": "half-operator", "v": "voice"}
"""One word for each rank, as access lists show it."""

KNOWN = "admin, operator, half-operator, voice or none"
"""The words that an error suggests."""


class Shape(Enum):
    """When a mode has a parameter: the four types of the ISUPPORT token CHANMODES."""

    LIST = "A"
    """Adds to a list or removes from it.  Without a parameter, it requests the list."""
    ALWAYS = "B"
    """Has a parameter both when set and when lifted."""
    ON_SET = "C"
    """Has a parameter only when set."""
    FLAG = "D"
    """Has no parameter."""


@dataclass(frozen=True, slots=True)
class RoomMode:
    """
    A mode of a room.

    @ivar letter: its letter.
    @ivar shape: when it has a parameter.
    @ivar level: the level needed to change it.
    @ivar meaning: the end of the sentence "with this mode set, …".
    """

    letter: str
    shape: Shape
    level: int
    meaning: str


ROOM_MODES = {
    mode.letter: mode
    for mode in (
        RoomMode("b", Shape.LIST, HALF_OPERATOR, "those who match a mask cannot come in or speak"),
        RoomMode("e", Shape.LIST, HALF_OPERATOR, "bans do not apply to those who match a mask"),
        RoomMode("I", Shape.LIST, HALF_OPERATOR, "those who match a mask need no invitation"),
        RoomMode("k", Shape.ALWAYS, OPERATOR, "only those who know this key come in"),
        RoomMode("f", Shape.ON_SET, OPERATOR, "those who cannot come in are sent to this room"),
        RoomMode("l", Shape.ON_SET, OPERATOR, "the room takes no more members than this"),
        RoomMode("C", Shape.FLAG, OPERATOR, "CTCP requests are refused; actions such as /me are allowed"),
        RoomMode("M", Shape.FLAG, HALF_OPERATOR, "only those with an account, a voice or more may speak"),
        RoomMode("N", Shape.FLAG, OPERATOR, "members cannot change their nicks"),
        RoomMode("O", Shape.FLAG, SERVER_OPERATOR, "only operators of the server come in"),
        RoomMode(
            "P",
            Shape.FLAG,
            FOUNDER,
            "the room stays as it is when it is empty, and who comes first is not its operator",
        ),
        RoomMode("R", Shape.FLAG, OPERATOR, "only those with an account come in"),
        RoomMode("T", Shape.FLAG, OPERATOR, "notices to the room are refused"),
        RoomMode("c", Shape.FLAG, OPERATOR, "no text has colours or other formatting"),
        RoomMode("g", Shape.FLAG, OPERATOR, "every member may invite others, even if mode i is set"),
        RoomMode("i", Shape.FLAG, OPERATOR, "only those who were invited come in"),
        RoomMode("m", Shape.FLAG, HALF_OPERATOR, "only those with a voice or more may speak"),
        RoomMode("n", Shape.FLAG, OPERATOR, "only people in the room may speak"),
        RoomMode("s", Shape.FLAG, OPERATOR, "the room is listed to its members only"),
        RoomMode("t", Shape.FLAG, OPERATOR, "only operators set the topic"),
        RoomMode("z", Shape.FLAG, OPERATOR, "only those whose connections are encrypted come in"),
    )
}
"""All modes of a room except the ranks, by letter."""

INITIAL_MODES = "nt"
"""The flags of a new room."""

LOCKS = "OzRikl"
"""The modes that can lock anyone out of a room.  Bans can do so too."""

LOCK_LISTS = "beI"
"""The lists of bans, of exceptions from bans, and of exceptions from mode i."""


def parseChanges(letters: str, parameters: Iterable[str]) -> Iterator[tuple[bool, str, str | None]]:
    """
    Parse a mode string, such as C{"+ov-m"}, and its parameters.

    @return: for each letter in turn: whether it is set, the letter, and its parameter or C{None}.  A list mode without
        a parameter requests the list.
    @raise UnknownMode: there is no mode with this letter.
    @raise BadModeParameter: the parameter of a mode is missing.
    """
    rest = iter(parameters)
    adding = True
    for letter in letters:
        if letter in "+-":
            adding = letter == "+"
            continue
        mode = ROOM_MODES.get(letter)
        if mode is None and letter not in RANK_BY_LETTER:
            raise UnknownMode(letter)
        parameter = None
        if mode is None or mode.shape in (Shape.LIST, Shape.ALWAYS) or (mode.shape is Shape.ON_SET and adding):
            parameter = next(rest, None)
            if parameter is None and (mode is None or mode.shape is not Shape.LIST):
                raise BadModeParameter(letter, None, "a nick" if mode is None else "a value", "+" if adding else "-")
        yield adding, letter, parameter


def parseRanks(text: str) -> str:
    """
    Parse the ranks for an access list: one of L{WORDS}, or letters such as C{"ov"}.

    @return: letters, highest first.  There is only one founder, so the letter C{q} is refused.
    @raise BadRank: the text is neither.
    """
    letters = WORDS.get(text.lower().removeprefix("+"), text.removeprefix("+"))
    if "q" in letters or not set(letters) <= RANK_BY_LETTER.keys():
        raise BadRank(text, KNOWN)
    return sortRanks(letters)


def sortRanks(letters: Iterable[str]) -> str:
    """Sort rank letters, highest first, without duplicates."""
    held = set(letters)
    return "".join(rank.letter for rank in RANKS if rank.letter in held)


def level(letters: str) -> int:
    """The level of a member with these ranks, which are sorted highest first."""
    return RANK_BY_LETTER[letters[0]].level if letters else NOBODY


def prefixes(letters: Sequence[str]) -> str:
    """The prefixes of these ranks, in the same order."""
    return "".join(RANK_BY_LETTER[letter].prefix for letter in letters)
