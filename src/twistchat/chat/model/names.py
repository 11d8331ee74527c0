"""
Valid names of users and rooms, and the comparison of names.

A name has three forms:

  - the I{display form}, which people see: the name as typed, in Unicode's NFC;
  - the I{folded} form, for lookup: two names with equal folds are the same name;
  - the I{skeleton}, which detects look-alikes: two names with equal skeletons must not exist at the same time.

Names with equal folds have equal skeletons.  Compare skeletons within one process only, and do not store them: they
may change with the versions of Python and Unicode.
"""

from __future__ import annotations

import re
from importlib.resources import files
from typing import TYPE_CHECKING, Final
from unicodedata import category, normalize
from unicodedata import name as nameOf

from twistchat.chat.errors import BadNick, BadRoomName
from twistchat.chat.phrasing import counted

if TYPE_CHECKING:
    from collections.abc import Iterable

SERVICES: Final = ("ChanServ", "NickServ")
"""Nicks that take passwords and commands at the IRC door.  They are reserved, whatever the configuration says."""

DEFAULT_RESERVED: Final = (
    "BotServ",
    "ChanServ",
    "Global",
    "HelpServ",
    "HistServ",
    "HostServ",
    "InfoServ",
    "MemoServ",
    "NickServ",
    "OperServ",
    "SaslServ",
    "Server",
    "Services",
    "StatServ",
    "System",
    "twistchat",
)
"""Nicks of services and servers, here or on well-known networks.  No user can have them."""

NICK_CATEGORIES: Final = frozenset({"Lu", "Ll", "Lt", "Lo", "Lm", "Mn", "Mc", "Nd"})
"""
The Unicode general categories of characters in a nick: letters, marks and decimal digits.

These are the LetterDigits of PRECIS (RFC 8264, section 9.1), with the titlecase digraphs, which NFC leaves alone.
"""

NICK_SPECIALS: Final = frozenset("[]\\`_^{|}-")
"""The other characters allowed in a nick: "special", and the hyphen (RFC 2812, section 2.3.1)."""

ROOM_DELIMITERS: Final = frozenset(" ,:*?!@")
"""
Characters that end the name of a room on the wire (RFC 2812, section 2.3.1, "chanstring"), or would make it a mask.
"""

INVISIBLE: Final = frozenset(
    chr(point)
    for first, last in (
        (0x034F, 0x034F),
        (0x115F, 0x1160),
        (0x17B4, 0x17B5),
        (0x180B, 0x180F),
        (0x2800, 0x2800),
        (0x3164, 0x3164),
        (0xFE00, 0xFE0F),
        (0xFFA0, 0xFFA0),
        (0x13441, 0x13442),
        (0x16FE4, 0x16FE4),
        (0x1D159, 0x1D159),
        (0xE0100, 0xE01EF),
    )
    for point in range(first, last + 1)
)
"""
Invisible characters whose category is that of a letter, a mark or a symbol: the Default_Ignorable_Code_Points that are
not format characters (UAX #44), and blanks.  They include the variation selectors of emoji.
"""

MOST_MARKS: Final = 4
"""
The maximum number of consecutive nonspacing marks, from UTS #39, section 5.4.

No orthography in daily use needs more: pointed Hebrew has up to four on a letter, Vietnamese two.  Marks that take
their own space, as in Burmese, do not pile up and do not count.
"""

MOST_SHOWN: Final = 64
"""The maximum number of characters of an invalid name that an error repeats."""


def fold(name: str) -> str:
    """
    Fold a name as C{CASEMAPPING=ascii} says (modern.ircdocs.horse, "CASEMAPPING"): only C{A} to C{Z} are lowered.

    Any text can be folded.  Folding a display form leaves it in NFC.
    """
    if name.isascii():
        return name.lower()
    # bytes.lower() changes only ASCII, and is five times as fast as str.translate().
    return name.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")


def withAccount(name: str, account: str | None) -> str:
    """Name a user for an administrator: with the account, if that has another name than the user."""
    return name if account is None or fold(account) == fold(name) else f"{name} (account {account})"


def normalizeNick(text: str, limit: int = 32) -> str:
    """
    Check a nick.

    A nick consists of letters, marks and decimal digits of any script, of C{[]\\`_^{|}} and of hyphens.  It does not
    begin with a digit, a hyphen or a mark.

    @param limit: its maximum length in NFC, in characters.
    @return: its display form.
    @raise BadNick: the nick is invalid.
    """
    nick = _compose(text, limit)
    why = _lengthFault(nick, limit) or _nickFault(nick) or _stackFault(nick)
    if why:
        raise BadNick(_presentable(text), why)
    return nick


def normalizeRoom(text: str, limit: int = 64) -> str:
    """
    Check the name of a room.

    It begins with C{#} (or several), followed by any visible characters, including emoji, except L{ROOM_DELIMITERS}.

    @param limit: its maximum length in NFC, in characters, including the C{#}.
    @return: its display form.
    @raise BadRoomName: the name is invalid.
    """
    room = _compose(text, limit)
    why = _lengthFault(room, limit) or _roomFault(room) or _stackFault(room)
    if why:
        raise BadRoomName(_presentable(text), why)
    return room


def skeleton(name: str) -> str:
    """
    Compute the skeleton of a name.  Two names that people would confuse have equal skeletons.

    This is the skeleton of UTS #39, section 4, with three changes.

    ASCII characters are not confusable with each other.  In Unicode's tables C{0} looks like C{O}, C{1} and C{I} look
    like C{l}, and C{m} looks like C{rn}; but people do use the nicks C{user1} and C{userl}.  The skeleton of an ASCII
    name is the name in lower case.  A character that looks like an ASCII character is mapped to that character.

    Names that differ only in case or in compatibility forms (fullwidth, mathematical) have equal skeletons.

    A capital may look like another letter than its small letter does: the capital Greek nu looks like C{N}, the small
    one like C{v}.  So the characters are first mapped by shape, without folding case.  If the result is all Latin
    (C{Νick}), it is used.  Any other name (C{Νίκος}) cannot be confused with a Latin one; its case is folded first, and
    then each letter is mapped.

    This does not detect C{rn} that looks like C{m}, nor names whose small letters look like other Latin letters than
    their capitals do (C{νανα}, C{ΝΑΝΑ}).

    @param name: usually a display form, but any text has a skeleton.
    @return: the skeleton, which is its own skeleton.
    """
    if name.isascii():
        return name.lower()
    shapes = normalize("NFKD", name.translate(_BY_SHAPE)).translate(_BY_SHAPE)
    if all(map(_readsAsLatin, shapes)):
        seen = _withoutCase(shapes).translate(_BY_SHAPE)
    else:
        seen = _withoutCase(name).translate(_BY_LETTER)
    return _DOT_ON_DOT.sub(r"\1", normalize("NFD", seen))


def reserve(names: Iterable[str]) -> frozenset[str]:
    """
    Compute the set of reserved skeletons from reserved names.

    @return: the skeletons of the names, and of L{SERVICES}.  A nick is reserved if its skeleton is among them.
    """
    return frozenset(map(skeleton, (*names, *SERVICES)))


def _compose(text: str, limit: int) -> str:
    """
    Normalize a text to NFC, unless it is too long in any form.

    At most four characters compose to one character of NFC.  The length is limited, because the time to normalize grows
    with the square of the number of consecutive marks.
    """
    return normalize("NFC", text) if len(text) <= 4 * limit else text


def _withoutCase(text: str) -> str:
    """Remove differences of case and compatibility (Unicode, section 3.13, D146)."""
    return normalize("NFKD", normalize("NFKD", normalize("NFD", text).casefold()).casefold())


def _readsAsLatin(character: str) -> bool:
    """Whether a character can be part of a Latin name: a Latin letter, ASCII, or neither a letter nor a digit."""
    return character.isascii() or category(character)[0] in "MPS" or nameOf(character, "").startswith("LATIN ")


def _lengthFault(name: str, limit: int) -> str | None:
    if not name:
        return "is empty"
    if len(name) > limit:
        return f"is longer than {counted(limit, 'character')} (it has {len(name)})"
    return None


def _nickFault(nick: str) -> str | None:
    for character in nick:
        if character not in NICK_SPECIALS and (category(character) not in NICK_CATEGORIES or character in INVISIBLE):
            return f"has {_describe(character)} in it"
    first = category(nick[0])
    if first == "Nd":
        return "begins with a digit"
    if first[0] == "M":
        return f"begins with {_describe(nick[0])}, which belongs on a letter"
    if nick[0] == "-":
        return "begins with a hyphen"
    return None


def _roomFault(room: str) -> str | None:
    if room[0] != "#":
        return "does not begin with #"
    if len(room) == 1:
        return "has nothing after its #"
    for character in room:
        if character in ROOM_DELIMITERS or category(character)[0] not in "LMNPS" or character in INVISIBLE:
            return f"has {_describe(character)} in it"
    if category(room[1])[0] == "M":
        return f"begins with {_describe(room[1])}, which belongs on a letter"
    return None


def _stackFault(name: str) -> str | None:
    if not name.isascii():
        run = 0
        for character in normalize("NFD", name):
            run = run + 1 if category(character) in {"Mn", "Me"} else 0
            if run > MOST_MARKS:
                return f"has more than {MOST_MARKS} marks on one letter"
    return None


def _describe(character: str) -> str:
    """Describe a character in printable ASCII."""
    if character == " ":
        return "a space"
    if character.isascii() and character.isprintable():
        return repr(character)
    known = nameOf(character, "") or _NAMELESS.get(category(character), "")
    return f"U+{ord(character):04X} {known}".rstrip()


def _presentable(text: str) -> str:
    """A printable form of an invalid name: invisible characters are replaced, and a long name is truncated."""
    shown = "".join(
        character if character.isprintable() and character not in INVISIBLE else "\N{REPLACEMENT CHARACTER}"
        for character in text[:MOST_SHOWN]
    )
    return shown if len(text) <= MOST_SHOWN else f"{shown}\N{HORIZONTAL ELLIPSIS}"


def _readConfusables(text: str) -> dict[str, dict[int, str]]:
    """
    Parse the tables that C{tools/confusables.py} writes.

    @return: by the name of the table, a mapping from code points to look-alikes, for L{str.translate}.
    """
    tables: dict[str, dict[int, str]] = {}
    table: dict[int, str] = {}
    for line in text.splitlines():
        if line.startswith("["):
            table = tables[line.strip("[]")] = {}
        elif line and not line.startswith("#"):
            seen, _, points = line.partition(":")
            likeness = "".join(chr(int(point, 16)) for point in seen.split())
            table.update((int(point, 16), likeness) for point in points.split())
    return tables


_NAMELESS: Final = {
    "Cc": "(a control character)",
    "Cn": "(not assigned)",
    "Co": "(a private-use character)",
    "Cs": "(half a character)",
}
"""Descriptions of characters without a name, by category."""

_DOT_ON_DOT: Final = re.compile("([ij])\N{COMBINING DOT ABOVE}+")
"""A combining dot above a letter that already has a dot, which makes it invisible (UTS #39, section 5.4)."""

_TABLES: Final = _readConfusables(files("twistchat.chat.model").joinpath("confusables.txt").read_text("ascii"))
_BY_SHAPE: Final = _TABLES["by shape"]
_BY_LETTER: Final = _BY_SHAPE | _TABLES["by letter"]
