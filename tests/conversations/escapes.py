"""Bytes as printable text, and back: how scripts write what clients send and receive."""

from __future__ import annotations

import re

import twistchat

VERSION = twistchat.__version__
"""The version of this program, which scripts write as C{\\{version}}, so that a release changes none of them."""

_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\"}
_LONG = {value: key.encode() for key, value in _SHORT.items()}
_TOKEN = re.compile(r"(?P<short>\\[nrt\\])|\\x(?P<byte>[0-9a-f]{2})|(?P<version>\\\{version\})|(?P<plain>[^\\]+)")
_REPEAT = re.compile(r"\*([0-9]+)\}")


class BadEscape(Exception):
    """A text has a backslash that begins no escape; the argument says what is wrong."""


def escape(data: bytes) -> str:
    """
    Write bytes as one line of text, from which L{unescape} makes the same bytes.

    Printable characters stand for themselves.  A space at the end, and every byte that is not part of a printable
    character, is escaped.
    """
    pieces = []
    for character in data.decode("utf-8", "surrogateescape"):
        if character in _SHORT:
            pieces.append(_SHORT[character])
        elif character.isprintable():
            pieces.append(character)
        else:
            pieces += [f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogateescape")]
    text = "".join(pieces).replace(VERSION, "\\{version}")
    return f"{text[:-1]}\\x20" if text.endswith(" ") else text


def unescape(text: str) -> bytes:
    """
    Read bytes.

    @param text: as L{escape} writes it; also C{\\{TEXT*COUNT}} for a text, with escapes of its own, that is repeated.
    @raise BadEscape: it has an escape that does not exist.
    """
    pieces = []
    position = 0
    while position < len(text):
        data, position = _read(text, position)
        pieces.append(data)
    return b"".join(pieces)


def _read(text: str, start: int) -> tuple[bytes, int]:
    """
    Read one token.

    @param start: where it begins.
    @return: the bytes for which it stands, and where it ends.
    """
    token = _TOKEN.match(text, start)
    if token is None:
        return _readRepeated(text, start)
    if token["plain"] is not None:
        return token["plain"].encode(), token.end()
    if token["short"] is not None:
        return _LONG[token["short"]], token.end()
    if token["byte"] is not None:
        return bytes.fromhex(token["byte"]), token.end()
    return VERSION.encode(), token.end()


def _readRepeated(text: str, start: int) -> tuple[bytes, int]:
    """Read a text that is repeated, which may have others within it."""
    if not text.startswith("\\{", start):
        raise BadEscape(f"no such escape: {text[start:]}")
    pieces: list[bytes] = []
    position = start + 2
    while position < len(text):
        end = _REPEAT.match(text, position)
        if end is not None:
            return b"".join(pieces) * int(end[1]), end.end()
        if text[position] == "\\":
            data, position = _read(text, position)
        else:
            data, position = text[position].encode(), position + 1
        pieces.append(data)
    raise BadEscape(f"this does not end: {text[start:]}")
