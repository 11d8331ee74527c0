"""Telnet's commands in a stream of bytes (RFC 854): taken out, and answered as far as telnet insists on that."""

from __future__ import annotations

from enum import Enum

SE, SB, WILL, WONT, DO, DONT, IAC = 240, 250, 251, 252, 253, 254, 255

BINARY, TIMING_MARK = 0, 6

ACCEPTED = (BINARY, TIMING_MARK)
"""
Options that are agreed to: bytes that are left alone (RFC 856), which UTF-8 wants; and the mark that a client waits for
after an interrupt, showing nothing until it comes (RFC 860).
"""


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

    __slots__ = ("_answer", "_place", "_request")

    def __init__(self) -> None:
        self._place = _Place.TEXT
        self._request = 0
        self._answer = bytearray()

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
            if self._place in (_Place.TEXT, _Place.SUBNEGOTIATION):
                end = data.find(IAC, at)
                if self._place is _Place.TEXT:
                    text += data[at:] if end < 0 else data[at:end]
                    self._place = self._place if end < 0 else _Place.COMMAND
                elif end >= 0:
                    self._place = _Place.SUBNEGOTIATION_COMMAND
                if end < 0:
                    break
                at = end + 1
            else:
                self._place = self._after(data[at])
                at += 1
        return bytes(text)

    def takeAnswer(self) -> bytes:
        """What is to be sent for the requests that were fed since this was last asked; empty for most streams."""
        answer = bytes(self._answer)
        self._answer.clear()
        return answer

    def _after(self, byte: int) -> _Place:
        if self._place is _Place.COMMAND:
            self._request = byte
            if byte == SB:
                return _Place.SUBNEGOTIATION
            return _Place.OPTION if WILL <= byte <= DONT else _Place.TEXT
        if self._place is _Place.SUBNEGOTIATION_COMMAND:
            return _Place.TEXT if byte == SE else _Place.SUBNEGOTIATION
        if self._request == DO:
            self._answer += bytes((IAC, WILL if byte in ACCEPTED else WONT, byte))
        elif self._request == WILL:
            self._answer += bytes((IAC, DO if byte in ACCEPTED else DONT, byte))
        return _Place.TEXT
