"""Write the tokens of RPL_ISUPPORT (modern.ircdocs.horse, "RPL_ISUPPORT")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from twistchat.wire.irc.message import room, serialize
from twistchat.wire.irc.numerics import RPL_ISUPPORT

MAX_TOKENS: Final = 13
"""The maximum number of tokens in one line; with the client and the text, the line has 15 parameters."""

_TEXT: Final = "are supported by this server"
_ESCAPE: Final = str.maketrans({" ": r"\x20", "=": r"\x3D", "\\": r"\x5C"})


def escape(value: str) -> str:
    """Escape the value of a token."""
    return value.translate(_ESCAPE)


def lines(tokens: Mapping[str, str | None], client: str, source: str) -> list[bytes]:
    """
    Write tokens in their order.

    @param tokens: each token with its value, or with C{None} if it has none.  A name that begins with C{-} withdraws
        the token.
    @param client: the nick, or C{*} if the client has none yet.
    @param source: the server's name.
    @return: lines of at most 13 tokens and 512 bytes each; no lines if there are no tokens.
    @raise Unwritable: a token is longer than a line, or contains a line end.
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
