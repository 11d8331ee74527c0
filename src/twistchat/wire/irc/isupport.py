"""What the server supports, as RPL_ISUPPORT says it (modern.ircdocs.horse, "RPL_ISUPPORT")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from twistchat.wire.irc.message import room, serialize
from twistchat.wire.irc.numerics import RPL_ISUPPORT

MAX_TOKENS: Final = 13
"""Tokens in one line: with the client and the text behind them they make 15 parameters."""

_TEXT: Final = "are supported by this server"
_ESCAPE: Final = str.maketrans({" ": r"\x20", "=": r"\x3D", "\\": r"\x5C"})


def escape(value: str) -> str:
    """The value of a token as it is written."""
    return value.translate(_ESCAPE)


def lines(tokens: Mapping[str, str | None], client: str, source: str) -> list[bytes]:
    """
    Write tokens, in their order.

    @param tokens: each with its value, or with C{None} for one that has none; a name that begins with C{-} takes back
        what was said before.
    @param client: the nick, or C{*} while there is none.
    @param source: the server's name.
    @return: lines of at most 13 tokens and 512 bytes each; none for no tokens.
    @raise Unwritable: a token is longer than a line, or has the end of a line in it.
    """
    size = room(RPL_ISUPPORT, (client,), source) - len(_TEXT.encode())
    written: list[bytes] = []
    waiting: list[str] = []
    used = 0
    for name, value in tokens.items():
        token = name if value is None else f"{name}={escape(value)}"
        length = len(token.encode()) + 1
        if waiting and (len(waiting) == MAX_TOKENS or used + length > size):
            written.append(serialize(RPL_ISUPPORT, (client, *waiting, _TEXT), source))
            waiting, used = [], 0
        waiting.append(token)
        used += length
    if waiting:
        written.append(serialize(RPL_ISUPPORT, (client, *waiting, _TEXT), source))
    return written
