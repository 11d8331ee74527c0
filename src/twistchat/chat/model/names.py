"""
What a nick and a room may be called, when two names are one, and when two look like one.

A name has three forms:

  - the I{display form}, which is what people see: what was asked for, in Unicode's NFC;
  - the I{folded} form, by which clients and this server find it: two names with equal folds are the same name;
  - the I{skeleton}, by which look-alikes are found: two names with equal skeletons must not exist side by side.

Names with equal folds have equal skeletons.  A skeleton is for comparing within one process.  Do not store it: it may
change with the version of Python and of Unicode.
"""

from __future__ import annotations

import re
from importlib.resources import files
from typing import TYPE_CHECKING, Final
from unicodedata import category, normalize
from unicodedata import name as nameOf

from twistchat.chat.errors import BadNick, BadRoomName
from twistchat.chat.model.texts import counted

if TYPE_CHECKING:
    from collections.abc import Iterable

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
"""Nicks that belong to services and servers, here or on the networks people know, and so to no user."""

NICK_CATEGORIES: Final = frozenset({"Lu", "Ll", "Lt", "Lo", "Lm", "Mn", "Mc", "Nd"})
"""
What a nick is made of, by Unicode's general category: letters, marks and decimal digits.

These are the LetterDigits of PRECIS (RFC 8264, section 9.1), with the titlecase digraphs, which NFC leaves alone.
"""

NICK_SPECIALS: Final = frozenset("[]\\`_^{|}-")
"""What else a nick is made of: "special", and the hyphen (RFC 2812, section 2.3.1)."""

ROOM_DELIMITERS: Final = frozenset(" ,:*?!@")
"""
What ends the name of a room on the wire (RFC 2812, section 2.3.1, "chanstring"), and what would make it a mask.
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
What nobody sees though its category is that of a letter, a mark or a symbol: the Default_Ignorable_Code_Points that are
not format characters (UAX #44), and the blanks.  The picture selectors of emoji are among them.
"""

MOST_MARKS: Final = 4
"""
How many nonspacing marks may follow each other; UTS #39, section 5.4, has this number.

No orthography in daily use needs more: pointed Hebrew has up to four on a letter, Vietnamese two.  Marks that take
their own space, as in Burmese, do not pile up and do not count.
"""

MOST_SHOWN: Final = 64
"""How many characters of a bad name an error repeats."""


def fold(name: str) -> str:
    """
    Fold a name as C{CASEMAPPING=ascii} says (modern.ircdocs.horse, "CASEMAPPING"): only C{A} to C{Z} are lowered.

    Any text can be folded.  Folding a display form leaves it in NFC.
    """
    if name.isascii():
        return name.lower()
    # In bytes, lower() knows nothing but ASCII, and it is five times as fast as a translation of characters.
    return name.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")


def normalizeNick(text: str, limit: int = 32) -> str:
    """
    Check a nick.

    It is made of letters, marks and decimal digits of any script, of C{[]\\`_^{|}} and of hyphens.  It begins with
    neither a digit, a hyphen nor a mark.

    @param limit: how many characters it may have, in NFC.
    @return: its display form.
    @raise BadNick: for anything else.
    """
    nick = _compose(text, limit)
    why = _lengthFault(nick, limit) or _nickFault(nick) or _stackFault(nick)
    if why:
        raise BadNick(_presentable(text), why)
    return nick


def normalizeRoom(text: str, limit: int = 64) -> str:
    """
    Check the name of a room.

    It is a C{#}, which others may follow, and then any characters that can be seen, emoji included; but none of
    L{ROOM_DELIMITERS}.

    @param limit: how many characters it may have, in NFC and with its C{#}.
    @return: its display form.
    @raise BadRoomName: for anything else.
    """
    room = _compose(text, limit)
    why = _lengthFault(room, limit) or _roomFault(room) or _stackFault(room)
    if why:
        raise BadRoomName(_presentable(text), why)
    return room


def skeleton(name: str) -> str:
    """
    What a name looks like: two names that a person would take for one another have equal skeletons.

    This is the skeleton of UTS #39, section 4, with three changes.

    ASCII stands for itself.  To Unicode C{0} looks like C{O}, C{1} and C{I} look like C{l}, and C{m} looks like C{rn};
    but people do call themselves C{user1} and C{userl}, C{u10} and C{u1O}.  The skeleton of a name in ASCII is that
    name in small letters.  What looks like a character of ASCII has just that character in its skeleton.

    Names that differ in case, or as compatibility forms do (fullwidth, mathematical), have equal skeletons.

    A capital may look like one letter and its small letter like another: the Greek nu looks like C{N} when a capital
    and like C{v} when small.  So a name is read by its shapes first, as it stands, and where that makes Latin letters
    (C{Νick}) it stays with that.  Any other name (C{Νίκος}) will not be taken for a Latin one; it is read letter by
    letter, its case folded.

    Not found are C{rn} that looks like C{m}, and a name in small letters that looks like other Latin letters than the
    same name in capitals (C{νανα}, C{ΝΑΝΑ}).

    @param name: a display form, though any text has a skeleton.
    @return: a text which is its own skeleton.
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
    Keep names from being taken.

    @return: their skeletons.  A nick is reserved where its skeleton is among them.
    """
    return frozenset(map(skeleton, names))


def _compose(text: str, limit: int) -> str:
    """
    Text in NFC; or as it is, where it is too long in any form.

    One character of NFC comes of four at the most.  The time that normalising takes grows with the square of the marks
    in a row.
    """
    return normalize("NFC", text) if len(text) <= 4 * limit else text


def _withoutCase(text: str) -> str:
    """Text without differences of case or compatibility (Unicode, section 3.13, D146)."""
    return normalize("NFKD", normalize("NFKD", normalize("NFD", text).casefold()).casefold())


def _readsAsLatin(character: str) -> bool:
    """Whether it may be in a name of Latin letters: it is one, or ASCII, or no letter or digit at all."""
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
    """Name a character so that it can be found, and shown anywhere."""
    if character == " ":
        return "a space"
    if character.isascii() and character.isprintable():
        return repr(character)
    known = nameOf(character, "") or _NAMELESS.get(category(character), "")
    return f"U+{ord(character):04X} {known}".rstrip()


def _presentable(text: str) -> str:
    """A bad name as it can be shown: what cannot be seen is replaced, what goes on and on is cut."""
    shown = "".join(
        character if character.isprintable() and character not in INVISIBLE else "\N{REPLACEMENT CHARACTER}"
        for character in text[:MOST_SHOWN]
    )
    return shown if len(text) <= MOST_SHOWN else f"{shown}\N{HORIZONTAL ELLIPSIS}"


def _readConfusables(text: str) -> dict[str, dict[int, str]]:
    """
    Read the tables that C{tools/confusables.py} writes.

    @return: for each table by its name, what each code point looks like; for L{str.translate}.
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
"""What to say of a character that has no name, by its category."""

_DOT_ON_DOT: Final = re.compile("([ij])\N{COMBINING DOT ABOVE}+")
"""A dot above a letter that has one, where it cannot be seen (UTS #39, section 5.4)."""

_TABLES: Final = _readConfusables(files("twistchat.chat.model").joinpath("confusables.txt").read_text("ascii"))
_BY_SHAPE: Final = _TABLES["by shape"]
_BY_LETTER: Final = _BY_SHAPE | _TABLES["by letter"]
