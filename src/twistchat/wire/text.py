"""Make text safe for terminals: replace the characters that a terminal would interpret."""

from __future__ import annotations

import re

_INTERPRETED = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # C0, DEL and C1, which include escape sequences
    "\u061c\u200e\u200f"  # directional marks
    "\u202a-\u202e\u2066-\u2069"  # directional embeddings, overrides and isolates
    "\u2028\u2029"  # line and paragraph separators
    "\ud800-\udfff"  # lone surrogates, which UTF-8 cannot encode
    "\ufff9-\ufffb"  # interlinear annotation
    "\U000e0000-\U000e007f"  # tags, which are invisible but carry text
    "]"
)


def printable(text: str) -> str:
    """
    Make a text safe to show on a terminal.

    A tab becomes a space.  Other C0 characters and DEL become their symbols in Unicode's block Control Pictures, so
    that the reader sees what was sent.  Every other character that a terminal interprets becomes U+FFFD.
    Bidirectional text keeps its natural direction; only the characters that override the direction of surrounding text
    are replaced.
    """
    return text if text.isprintable() else _INTERPRETED.sub(_picture, text)


def _picture(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code == 0x09:
        return " "
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else "\ufffd"
