"""People at the doors of a server in memory."""

from __future__ import annotations

import re
from collections.abc import Callable

from twisted.internet.protocol import Protocol

from twistchat.testing.links import Link


class Client(Protocol):
    """
    Someone at a door of a L{MemoryServer <twistchat.testing.server.MemoryServer>}, line by line.

    @ivar link: their connection.
    @ivar raw: every byte that was sent to them.
    @ivar gone: whether their connection is closed.
    """

    link: Link
    gone = False

    def __init__(self, settle: Callable[[], None]) -> None:
        """
        @param settle: lets everything happen that needs no time to pass.
        """
        self._settle = settle
        self._read = 0
        self.raw = b""

    # What they do

    def send(self, *lines: str) -> None:
        """Type lines, and let everything happen that they lead to."""
        self.sendBytes(b"".join(f"{line}\n".encode() for line in lines))

    def sendBytes(self, data: bytes) -> None:
        """Send bytes as they are, and let everything happen that they lead to."""
        assert self.transport is not None
        self.transport.write(data)
        self._settle()

    def finish(self) -> None:
        """Send no more, as a script behind a pipe does, and go on reading."""
        self.link.finish()
        self._settle()

    def hangUp(self) -> None:
        """Lose the connection."""
        self.link.cut()
        self._settle()

    # What they see

    def lines(self) -> list[str]:
        """The lines that they have seen since they were last asked for."""
        unseen, self._read = self.raw[self._read :], len(self.raw)
        return [line.removesuffix("\r") for line in unseen.decode().removesuffix("\n").split("\n")] if unseen else []

    def expect(self, *expected: str | re.Pattern[str]) -> None:
        """
        Hold that these are the lines they have seen since they were last asked for.

        @param expected: a string is the whole line; a pattern matches the whole line.
        @raise AssertionError: they are not; the error shows both.
        """
        found = self.lines()
        if len(found) != len(expected) or not all(map(_fits, found, expected)):
            shown = "\n  ".join(map(str, expected)) or "(nothing)"
            raise AssertionError(f"expected\n  {shown}\nfound\n  " + ("\n  ".join(found) or "(nothing)"))

    def until(self, wanted: str | re.Pattern[str]) -> str:
        """
        Pass over lines until one fits.

        @return: that line; what comes behind it is still to be asked for.
        @raise AssertionError: none fits; the error shows what was passed over.
        """
        passed = []
        while self._read < len(self.raw):
            end = self.raw.find(b"\n", self._read) + 1 or len(self.raw)
            line = self.raw[self._read : end].decode().rstrip("\r\n")
            self._read = end
            if _fits(line, wanted):
                return line
            passed.append(line)
        raise AssertionError(f"expected\n  {wanted}\nfound\n  " + ("\n  ".join(passed) or "(nothing)"))

    def skip(self) -> None:
        """Pass over what they have seen."""
        self._read = len(self.raw)

    # Protocol's

    def dataReceived(self, data: bytes) -> None:
        """Keep what is sent."""
        self.raw += data

    def connectionLost(self, reason: object = None) -> None:
        """See that the connection is closed."""
        self.gone = True


class LineClient(Client):
    """Someone at the line door."""


class IrcClient(Client):
    """Someone at the IRC door."""

    def register(self, nick: str, *capabilities: str) -> None:
        """
        Come in under a nick.

        @param capabilities: what is asked for, and must be granted.
        @raise AssertionError: they were not granted, or the client did not come in.
        """
        if capabilities:
            self.send("CAP LS 302", f"CAP REQ :{' '.join(capabilities)}")
            self.until(re.compile(r":\S+ CAP \* ACK :?.*"))
        self.send(f"NICK {nick}", f"USER {nick} 0 * :{nick}")
        if capabilities:
            self.send("CAP END")
        self.until(re.compile(r"(@\S+ )?:\S+ 001 .*"))
        self.skip()

    def join(self, *rooms: str) -> None:
        """
        Come into rooms, and pass over all that is shown of them.

        @raise AssertionError: the client is not in them then.
        """
        for room in rooms:
            self.send(f"JOIN {room}")
            self.until(re.compile(r"(@\S+ )?:\S+ JOIN :?\S+.*"))
        self.skip()


def _fits(line: str, wanted: str | re.Pattern[str]) -> bool:
    return line == wanted if isinstance(wanted, str) else wanted.fullmatch(line) is not None
