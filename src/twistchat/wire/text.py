"""Text for terminals: nothing in it that a terminal would obey instead of show."""

from __future__ import annotations

import re

_OBEYED = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # C0, DEL and C1, escape sequences among them
    "\u061c\u200e\u200f"  # marks of direction
    "\u202a-\u202e\u2066-\u2069"  # embeddings, overrides and isolates of direction
    "\u2028\u2029"  # line and paragraph separators
    "\ud800-\udfff"  # halves of surrogate pairs, which no terminal is sent: UTF-8 cannot write them
    "\ufff9-\ufffb"  # interlinear annotation
    "\U000e0000-\U000e007f"  # tags, which show nothing and carry text
    "]"
)


def printable(text: str) -> str:
    """
    Make a text safe to show on a terminal.

    A tab becomes a space, another C0 character or DEL its picture (Unicode's Control Pictures, so that one sees what
    was sent), and every other character that a terminal obeys becomes U+FFFD.  Bidirectional text keeps its natural
    direction; only the characters that would change the direction of what stands around it go.
    """
    return text if text.isprintable() else _OBEYED.sub(_picture, text)


def _picture(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code == 0x09:
        return " "
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else "\ufffd"
