"""
Writes JSON that a terminal shows as it is.

The log and the console share it: both write what strangers wrote.
"""

from __future__ import annotations

import json


def jsonLine(value: object) -> str:
    """
    Write a value as JSON, on one line of printable characters.

    @param value: a value that L{json.dumps} can write.
    """
    return escapeJson(json.dumps(value, ensure_ascii=False))


def escapeJson(line: str) -> str:
    """
    Escape the characters of JSON that are not printable: control characters (C0, DEL and C1), those that change the
    direction of a text, line separators, and others.  It still means the same.

    @param line: JSON on one line, so that these characters can only be within its strings.
    """
    if line.isprintable():
        return line
    return "".join([character if character.isprintable() else _escape(character) for character in line])


def _escape(character: str) -> str:
    """See RFC 8259, section 7.  A character beyond the first 65,536 has two escapes, one for each surrogate."""
    number = ord(character)
    if number < 0x10000:
        return f"\\u{number:04x}"
    number -= 0x10000
    return f"\\u{0xD800 + (number >> 10):04x}\\u{0xDC00 + (number & 0x3FF):04x}"
