"""Lines that every client is sent alike, but for its nick: written once, and filled in."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from twistchat.config import Settings
    from twistchat.protocols.irc.protocol import IrcConnection

Write: TypeAlias = "Callable[[IrcConnection, str], list[bytes]]"
"""
Writes lines of the server's own to any client, whose nick is the first parameter of each, out of nothing but what all
clients share and the settings.
"""


class Templates:
    """
    What was written, for as long as the same settings hold.

    Where a line is cut depends on how long the nick is, so it is written once for each length.
    """

    __slots__ = ("_parts", "_settings")

    def __init__(self) -> None:
        self._settings: Settings | None = None
        self._parts: dict[tuple[Write, int], list[bytes]] = {}

    def fill(self, client: IrcConnection, write: Write) -> bytes:
        """The lines for a client."""
        if client.settings is not self._settings:
            self._settings, self._parts = client.settings, {}
        nick = client.nick.encode()
        parts = self._parts.get((write, len(nick)))
        if parts is None:
            lines = write(client, client.nick)
            if not all([line.split(b" ", 3)[2].rstrip(b"\r\n") == nick for line in lines]):
                return b"".join(lines)  # names are so long that the nick was cut
            parts = self._parts[write, len(nick)] = _parts(lines, nick)
        return nick.join(parts)


def _parts(lines: list[bytes], nick: bytes) -> list[bytes]:
    """What stands between the nicks of lines."""
    parts = [b""]
    for line in lines:
        source, code, rest = line.split(b" ", 2)
        parts[-1] += b"%b %b " % (source, code)
        parts.append(rest[len(nick) :])
    return parts
