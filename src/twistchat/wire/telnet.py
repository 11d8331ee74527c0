"""
Remove telnet commands from a stream of bytes, answer those that require an answer (RFC 854), and hide input (RFC 857).
"""

from __future__ import annotations

from enum import Enum

SE, SB, WILL, WONT, DO, DONT, IAC = 240, 250, 251, 252, 253, 254, 255

BINARY, ECHO, TIMING_MARK = 0, 1, 6

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


class _Echo(Enum):
    """Whether the server echoes, as both sides agreed or are about to (the method Q of RFC 1143, section 7)."""

    NO = "no"
    YES = "yes"
    WANT_YES = "the server said WILL, and the client has not answered"
    WANT_NO = "the server said WONT, and the client has not answered"


class TelnetStripper:
    """
    Removes commands, option negotiations and subnegotiations from a stream, for any size of chunks.

    It also removes a doubled IAC, telnet's escape for the byte 255: UTF-8 never contains that byte.

    A telnet client shows what its user types until the server says that it echoes (RFC 857).  So a server that says so,
    and does not echo, hides the input.

    @ivar negotiates: whether the client has negotiated an option, so that it is a telnet client.
    """

    __slots__ = ("_answer", "_echo", "_opposite", "_place", "_request", "negotiates")

    def __init__(self) -> None:
        self._place = _Place.TEXT
        self._request = 0
        self._answer = bytearray()
        self.negotiates = False
        self._echo = _Echo.NO
        # Whether the server wants the opposite of what it has said, once the client has answered that.
        self._opposite = False

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

    def hideInput(self, hidden: bool) -> None:
        """
        Ask the client not to show what its user types, or to show it again.

        L{takeAnswer} returns what to send.  That is nothing while an earlier request is not answered.
        """
        if self._echo in (_Echo.WANT_YES, _Echo.WANT_NO):
            self._opposite = hidden != (self._echo is _Echo.WANT_YES)
        elif hidden != (self._echo is _Echo.YES):
            self._say(hidden)

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
        self.negotiates = True
        if byte == ECHO and self._request in (DO, DONT):
            self._echoed(self._request == DO)
        elif self._request == DO:
            self._answer += bytes((IAC, WILL if byte in ACCEPTED else WONT, byte))
        elif self._request == WILL:
            self._answer += bytes((IAC, DO if byte in ACCEPTED else DONT, byte))
        return _Place.TEXT

    def _echoed(self, agreed: bool) -> None:
        """Note that the client said DO ECHO or DONT ECHO, and answer a request that is none of the server's."""
        before, self._echo = self._echo, _Echo.YES if agreed else _Echo.NO
        if before is _Echo.NO and agreed:
            self._echo = _Echo.NO
            self._answer += bytes((IAC, WONT, ECHO))
        elif before is _Echo.YES and not agreed:
            self._answer += bytes((IAC, WONT, ECHO))
        elif self._opposite:
            # A client that refuses to hide the input now is not asked again.
            self._opposite = False
            if before is _Echo.WANT_NO or agreed:
                self._say(before is _Echo.WANT_NO)
        elif before is _Echo.WANT_NO:
            self._echo = _Echo.NO

    def _say(self, hidden: bool) -> None:
        self._echo = _Echo.WANT_YES if hidden else _Echo.WANT_NO
        self._answer += bytes((IAC, WILL if hidden else WONT, ECHO))
