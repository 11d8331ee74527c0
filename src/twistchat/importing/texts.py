"""Texts of other servers, as this server keeps texts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from unicodedata import category

_JOINERS: Final = "\u200c\u200d"
"""Format characters that emoji and several scripts need."""


def cleaned(text: str) -> str:
    """
    Remove what no text has: control characters but for line ends and tabs, changes of the direction, and halves of
    characters.  Line ends become LF, and empty lines at both ends are removed.
    """
    if text.isascii() and text.replace("\n", "").isprintable():
        return text.strip("\n")
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return "".join([letter for letter in text if _isKept(letter)]).strip("\n")


def oneLine(text: str, limit: int) -> str:
    """
    A text of one line, such as a topic or a name.

    @param limit: its maximum length in characters.
    """
    return " ".join(cleaned(text).replace("\t", " ").split())[:limit].rstrip()


def parts(text: str, limit: int, lines: int) -> Iterator[str]:
    """
    Split a text that is too long for one message.  It is split between lines, or else between words.

    @param limit: the maximum length of a message, in bytes of UTF-8.
    @param lines: its maximum number of lines.
    """
    if 4 * len(text) <= limit and text.count("\n") < lines:
        yield from _joined([text])
        return
    part: list[str] = []
    size = 0
    for line in text.split("\n"):
        for piece in _pieces(line, limit):
            length = len(piece.encode()) + 1
            if part and (size + length - 1 > limit or len(part) >= lines):
                yield from _joined(part)
                part, size = [], 0
            part.append(piece)
            size += length
    yield from _joined(part)


def _joined(part: list[str]) -> Iterator[str]:
    text = "\n".join(part).strip("\n")
    if text.strip():
        yield text


def _pieces(line: str, limit: int) -> Iterator[str]:
    """Split a line that is too long between words, or in a word that is too long itself."""
    data = line.encode()
    while len(data) > limit:
        end = limit
        while data[end] & 0xC0 == 0x80:
            end -= 1
        space = data.rfind(b" ", limit // 2, end + 1)
        end = end if space < 0 else space
        yield data[:end].decode()
        data = data[end:].removeprefix(b" ")
    yield data.decode()


def _isKept(letter: str) -> bool:
    kind = category(letter)
    return (
        kind not in ("Cc", "Cf", "Cs")
        or letter in "\n\t"
        or letter in _JOINERS
        or "\U000e0020" <= letter <= "\U000e007f"
    )
