"""
Make C{src/twistchat/chat/model/confusables.txt} from Unicode's table of look-alikes.

That table is C{confusables.txt} of UTS #39, "Unicode Security Mechanisms".  To move to another version of Unicode::

    python tools/confusables.py path/to/unicode/confusables.txt > src/twistchat/chat/model/confusables.txt

The output depends on that file and on the Unicode data of the Python that runs this, and names both versions.  Use the
oldest Python that twistchat supports.

Unicode's table does not fold case, and it maps some letters and digits of ASCII to each other.
L{twistchat.chat.model.names.skeleton} needs two other tables:

  - I{by shape}: the look of a character, unchanged.  It is for names that can be read as Latin letters.  Of the letters
    and digits of other scripts, it contains only those that look like ASCII.
  - I{by letter}: the look of a character with folded case, in all other names.  It contains only entries that differ
    from the first table.  A lower case letter also looks like the look-alikes of its capital: the capital Cyrillic ve
    looks like a B, so the lower case one becomes a b.
"""

from __future__ import annotations

import sys
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

HEADER = """\
# What looks like what, for twistchat.chat.names.
#
# Made by tools/confusables.py, which says what the two tables are for.  Do not edit.
#
# The facts are those of confusables.txt of UTS #39 (Unicode Security Mechanisms), version {version},
# Copyright (c) Unicode, Inc., read with Unicode {unidata}.  They are selected and changed here.  They come under the
# Unicode License v3: see confusables.LICENSE.txt beside this file, or https://www.unicode.org/license.txt
#
# Each line has what is seen, a colon, and the characters which look like that; all as hexadecimal code points.
"""

UNSEEN = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp", "Zs"})
"""Categories whose characters cannot be in a name."""


def parse(text: str) -> tuple[str, dict[str, str]]:
    """
    Parse the table in Unicode's format (UTS #39, section 4, "Confusable Detection").

    @param text: the content of the file.
    @return: its version (C{"unknown"} if it has none), and each source with its prototype.
    @raise ValueError: a line is not a mapping.  The message has its number.
    """
    version = "unknown"
    prototypes = {}
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        if line.startswith("# Version:"):
            version = line.removeprefix("# Version:").strip()
        fields = line.partition("#")[0].strip()
        if not fields:
            continue
        try:
            source, prototype, _ = fields.split(";")
            prototypes[_characters(source)] = _characters(prototype)
        except (ValueError, OverflowError) as error:
            raise ValueError(f"line {number} is no mapping of code points: {fields!r}") from error
    return version, prototypes


def _characters(field: str) -> str:
    """Return the characters of a field of code points."""
    return "".join(chr(int(point, 16)) for point in field.split())


def _folded(text: str) -> str:
    """Fold case and compatibility forms."""
    while True:
        folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
        if folded == text:
            return text
        text = folded


def _isSign(character: str) -> bool:
    """Whether a text is a mark, punctuation or a symbol, and not a letter or a digit."""
    return unicodedata.category(character)[0] in "MPS"


def _isPlain(text: str) -> bool:
    """Whether all letters and digits in a text are ASCII."""
    return all(character.isascii() or _isSign(character) for character in text)


def _isLatin(character: str) -> bool:
    """Whether a character is a letter of the Latin script."""
    return unicodedata.name(character, "").startswith("LATIN ")


class Likenesses:
    """
    The two tables.

    @ivar byShape: for a character, its look.
    @ivar byLetter: for a character, its case folded, what it is taken for in a name that cannot be read as Latin.
    """

    def __init__(self, prototypes: Mapping[str, str]) -> None:
        """@param prototypes: as L{parse} returns them."""
        self._spelledOut = {
            prototype: source for source, prototype in prototypes.items() if source.isascii() and len(prototype) > 1
        }
        self._prototypes = prototypes
        sources = [source for source in sorted(prototypes) if self._counts(source, prototypes[source])]
        self._shapes = {source: self._seen(prototypes[source]) for source in sources}
        self._letters = {source: seen for source, seen in self._shapes.items() if _folded(source) == source}
        self._classes: dict[str, str] = {}
        for capital in sources:
            small = _folded(capital)
            if small != capital and len(small) == 1 and unicodedata.normalize("NFKD", capital) == capital:
                self._reconcile(capital, small)
        self.byShape = {source: seen for source, seen in self._shapes.items() if _isPlain(seen) or _isSign(source)}
        taken = {character: self._taken(character) for character in sorted({*self._letters, *self._classes})}
        self.byShape |= {
            letter: other for letter, other in taken.items() if _isLatin(letter) and letter not in self.byShape
        }
        self.byLetter = {
            character: other for character, other in taken.items() if other != self.byShape.get(character, character)
        }

    def _counts(self, source: str, prototype: str) -> bool:
        """
        Whether a mapping is used.  ASCII characters are never mapped.  A compatibility form maps to its base character,
        unless it looks like another ASCII character: the long s looks like an f.
        """
        if source.isascii() or len(source) != 1 or unicodedata.category(source) in UNSEEN:
            return False
        form = unicodedata.normalize("NFKD", source)
        if form == source:
            return True
        if unicodedata.normalize("NFD", source) != source or unicodedata.decomposition(source).startswith("<wide>"):
            return False
        known = "".join(self._prototypes.get(character, character) for character in form)
        return prototype.isascii() and _folded(prototype) != _folded(known)

    def _seen(self, prototype: str) -> str:
        """
        Return the look of a prototype, with folded case.  The prototype of the ASCII C{m} is C{rn}.  ASCII characters
        are never mapped, so characters that look like C{rn} map to C{m}.
        """
        for spelling, character in self._spelledOut.items():
            prototype = prototype.replace(spelling, character)
        return _folded(prototype)

    def _reconcile(self, capital: str, small: str) -> None:
        """Join a capital with its lower case letter, which Unicode's table does not do."""
        high = self._class(self._shapes[capital])
        low = self._class(self._letters.get(small, small))
        if (high, low) == ("l", "i"):
            # The shape of l and of 1, and of I: in a capital it means the last.
            high = self._shapes[capital] = "i"
        if high == low:
            return
        if not _isPlain(low) and (_isPlain(high) or len(high) == 1):
            if len(low) == 1:
                self._classes[low] = high
            else:
                self._letters[small] = high
        elif not _isPlain(high):
            if len(high) == 1:
                self._classes[high] = low
        elif len(high) > 1 or len(low) > 1:
            # A plain letter is a better likeness than a letter with a mark or two letters.
            likeness = high if len(high) == 1 else low
            self._shapes[capital] = self._letters[small] = likeness
            if _isPlain(self._shapes.get(small, small)):
                self._shapes[small] = likeness
        # Otherwise both look like Latin letters, but like two: N and v, as the Greek nu.  So they stay apart by shape.

    def _class(self, text: str) -> str:
        """Return the representative of all characters that are joined with this one."""
        while text in self._classes:
            text = self._classes[text]
        return text

    def _taken(self, character: str) -> str:
        """Return the look of a character in a name that cannot be read as Latin."""
        text = character
        while True:
            # A shared capital counts for more: the Greek gamma, like a y when small, is the Cyrillic ghe when not.
            classes = map(self._class, text)
            taken = _folded("".join(self._class(self._letters.get(each, each)) for each in classes))
            if taken == text:
                return taken
            text = taken


def write(version: str, likenesses: Likenesses) -> Iterator[str]:
    """
    Format the two tables.

    @param version: the version of Unicode's table.
    @return: the lines of C{confusables.txt}, with line ends.
    """
    yield HEADER.format(version=version, unidata=unicodedata.unidata_version)
    for title, table in ("by shape", likenesses.byShape), ("by letter", likenesses.byLetter):
        yield f"\n[{title}]\n"
        groups: dict[str, list[str]] = {}
        for source, seen in sorted(table.items()):
            groups.setdefault(seen, []).append(source)
        for seen, group in sorted(groups.items()):
            yield f"{_points(seen)}: {_points(group)}\n"


def _points(characters: Iterable[str]) -> str:
    """Format characters as a field of code points."""
    return " ".join(f"{ord(character):04X}" for character in characters)


def main(arguments: list[str]) -> int:
    """
    Read the file that the argument names, and write the tables to standard output.

    @return: the exit status.
    """
    if len(arguments) != 1:
        sys.stderr.write("usage: python tools/confusables.py CONFUSABLES.TXT\n")
        return 2
    try:
        version, prototypes = parse(Path(arguments[0]).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{arguments[0]}: {error}\n")
        return 1
    sys.stdout.writelines(write(version, Likenesses(prototypes)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
