"""Telnet's commands in a stream of bytes (RFC 854): taken out, for a server that speaks no telnet."""

from __future__ import annotations

from enum import Enum

SE, SB, WILL, DONT, IAC = 240, 250, 251, 254, 255


class _Place(Enum):
    TEXT = "text"
    COMMAND = "behind IAC"
    OPTION = "behind WILL, WONT, DO or DONT"
    SUBNEGOTIATION = "between SB and SE"
    SUBNEGOTIATION_COMMAND = "behind IAC, between SB and SE"


class TelnetStripper:
    """
    Takes commands, option negotiations and subnegotiations out of a stream, however it is cut into chunks.

    A doubled IAC, which is how telnet writes the byte 255, is taken out too: that byte has no place in UTF-8.
    """

    __slots__ = ("_place",)

    def __init__(self) -> None:
        self._place = _Place.TEXT

    def feed(self, data: bytes) -> bytes:
        """
        Take the next bytes of the stream.

        @return: what of them is text.
        """
        if self._place is _Place.TEXT and IAC not in data:
            return data
        text = bytearray()
        at = 0
        while at < len(data):
            if self._place is _Place.TEXT:
                end = data.find(IAC, at)
                text += data[at:] if end < 0 else data[at:end]
                if end < 0:
                    break
                at, self._place = end + 1, _Place.COMMAND
                continue
            if self._place is _Place.SUBNEGOTIATION:
                end = data.find(IAC, at)
                if end < 0:
                    break
                at, self._place = end + 1, _Place.SUBNEGOTIATION_COMMAND
                continue
            self._place = self._after(data[at])
            at += 1
        return bytes(text)

    def _after(self, byte: int) -> _Place:
        if self._place is _Place.COMMAND:
            if byte == SB:
                return _Place.SUBNEGOTIATION
            return _Place.OPTION if WILL <= byte <= DONT else _Place.TEXT
        if self._place is _Place.SUBNEGOTIATION_COMMAND:
            return _Place.TEXT if byte == SE else _Place.SUBNEGOTIATION
        return _Place.TEXT
