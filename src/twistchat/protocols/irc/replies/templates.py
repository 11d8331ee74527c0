"""Templates of lines that are the same for every client, except for its nick."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from twistchat.config import Settings
    from twistchat.protocols.irc.protocol import IrcConnection

Write: TypeAlias = "Callable[[IrcConnection, str], list[bytes]]"
"""
Writes lines for a client, from nothing but the settings and what all clients share.  The client's nick is the first
parameter of each line.
"""


class Templates:
    """
    The templates for the current settings.

    The length of the nick decides where a line is cut, so there is a template for each length.
    """

    __slots__ = ("_parts", "_settings")

    def __init__(self) -> None:
        self._settings: Settings | None = None
        self._parts: dict[tuple[Write, int], list[bytes]] = {}

    def fill(self, client: IrcConnection, write: Write) -> bytes:
        """Get the lines for a client."""
        if client.settings is not self._settings:
            self._settings, self._parts = client.settings, {}
        nick = client.nick.encode()
        parts = self._parts.get((write, len(nick)))
        if parts is None:
            lines = write(client, client.nick)
            parts = splitAtNick(lines, nick)
            if parts is None:
                return b"".join(lines)
            self._parts[write, len(nick)] = parts
        return nick.join(parts)


def splitAtNick(lines: Sequence[bytes], nick: bytes) -> list[bytes] | None:
    """
    Split lines at the nick, which is the first parameter of each.

    @return: the parts between the nicks; C{None} if names are so long that a nick was cut.
    """
    if not all([line.split(b" ", 3)[2].rstrip(b"\r\n") == nick for line in lines]):
        return None
    parts = [b""]
    for line in lines:
        source, code, rest = line.split(b" ", 2)
        parts[-1] += b"%b %b " % (source, code)
        parts.append(rest[len(nick) :])
    return parts
