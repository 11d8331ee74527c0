"""Remove telnet commands from a stream of bytes, and answer those that require an answer (RFC 854)."""

from __future__ import annotations

from enum import Enum

SE, SB, WILL, WONT, DO, DONT, IAC = 240, 250, 251, 252, 253, 254, 255

BINARY, TIMING_MARK = 0, 6

ACCEPTED = (BINARY, TIMING_MARK)
"""
The options that the server accepts.

BINARY passes all bytes unchanged (RFC 856), as UTF-8 requires.  TIMING_MARK answers an interrupt; the client shows no
output until it receives the answer (RFC 860).
"""


class _Place(Enum):
    TEXT = "text"
    COMMAND = "behind IAC"
    OPTION = "behind WILL, WONT, DO or DONT"
    SUBNEGOTIATION = "between SB and SE"
    SUBNEGOTIATION_COMMAND = "behind IAC, between SB and SE"


class TelnetStripper:
    """
    Removes commands, option negotiations and subnegotiations from a stream, for any size of chunks.

    It also removes a doubled IAC, telnet's escape for the byte 255: UTF-8 never contains that byte.
    """

    __slots__ = ("_answer", "_place", "_request")

    def __init__(self) -> None:
        self._place = _Place.TEXT
        self._request = 0
        self._answer = bytearray()

    def feed(self, data: bytes) -> bytes:
        """
        Read the next bytes of the stream.

        @return: the bytes that are text.
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
        """Take the answers to the requests read since the last call; most streams have none."""
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
