"""Texts of other servers, as this server keeps texts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from unicodedata import category

LONGEST: Final = 1024 * 1024
"""The maximum size of a text that is split into several, in bytes of UTF-8."""

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


def isTooLong(text: str) -> bool:
    """Whether a text is longer than L{LONGEST}, so that it is not imported."""
    return 4 * len(text) > LONGEST and len(text.encode("utf-8", "surrogatepass")) > LONGEST


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
    data, start = line.encode(), 0
    while len(data) - start > limit:
        end = start + limit
        while data[end] & 0xC0 == 0x80:
            end -= 1
        space = data.rfind(b" ", start + limit // 2, end + 1)
        end = end if space < 0 else space
        yield data[start:end].decode()
        start = end + 1 if data[end : end + 1] == b" " else end
    yield data[start:].decode()


def _isKept(letter: str) -> bool:
    kind = category(letter)
    return (
        kind not in ("Cc", "Cf", "Cs")
        or letter in "\n\t"
        or letter in _JOINERS
        or "\U000e0020" <= letter <= "\U000e007f"
    )
