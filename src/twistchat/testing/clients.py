"""Clients of a server in memory."""

from __future__ import annotations

import re
from collections.abc import Callable
from textwrap import wrap

from twisted.internet.protocol import Protocol

from twistchat.testing.links import Link


class Client(Protocol):
    """
    A client of a L{MemoryServer <twistchat.testing.server.MemoryServer>} that sends and expects lines.

    @ivar link: its connection.
    @ivar raw: every byte that it has received.
    @ivar gone: whether its connection is closed.
    """

    link: Link
    gone = False

    def __init__(self, pump: Callable[[], None]) -> None:
        """
        @param pump: processes everything that is due now.
        """
        self._pump = pump
        self._read = 0
        self.raw = b""

    # Send

    def send(self, *lines: str) -> None:
        """Send lines, and process everything that is due."""
        self.sendBytes(b"".join(f"{line}\n".encode() for line in lines))

    def sendBytes(self, data: bytes) -> None:
        """Send bytes, and process everything that is due."""
        assert self.transport is not None
        self.transport.write(data)
        self._pump()

    def finish(self) -> None:
        """Close the sending side only, as a script behind a pipe does."""
        self.link.finish()
        self._pump()

    def hangUp(self) -> None:
        """Close the connection."""
        self.link.cut()
        self._pump()

    # Read

    def lines(self) -> list[str]:
        """Return the lines received since the last call of a reading method."""
        unseen, self._read = self.raw[self._read :], len(self.raw)
        return [line.removesuffix("\r") for line in unseen.decode().removesuffix("\n").split("\n")] if unseen else []

    def expect(self, *expected: str | re.Pattern[str]) -> None:
        """
        Assert that exactly these lines were received since the last call of a reading method.

        @param expected: a string equals the line; a pattern matches the whole line.
        @raise AssertionError: the lines differ.  The error shows both.
        """
        found = self.lines()
        if len(found) != len(expected) or not all(map(_fits, found, expected)):
            shown = "\n  ".join(map(str, expected)) or "(nothing)"
            raise AssertionError(f"expected\n  {shown}\nfound\n  " + ("\n  ".join(found) or "(nothing)"))

    def until(self, wanted: str | re.Pattern[str]) -> str:
        """
        Read lines until one matches.  Lines after it stay unread.

        @return: the matching line.
        @raise AssertionError: no line matches.  The error shows the lines that were read.
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
        """Discard all unread lines."""
        self._read = len(self.raw)

    # Protocol

    def dataReceived(self, data: bytes) -> None:
        """Record the received bytes."""
        self.raw += data

    def connectionLost(self, reason: object = None) -> None:
        """Record that the connection is closed."""
        self.gone = True


class LineClient(Client):
    """A client of the line door."""


class IrcClient(Client):
    """A client of the IRC door."""

    def register(self, nick: str, *capabilities: str) -> None:
        """
        Register with a nick.

        @param capabilities: the capabilities to request.  The server must grant all of them.
        @raise AssertionError: the server did not grant them, or did not welcome the client.
        """
        if capabilities:
            self.send("CAP LS 302")
            for names in wrap(" ".join(capabilities), 400, break_on_hyphens=False):
                self.send(f"CAP REQ :{names}")
                self.until(re.compile(r":\S+ CAP \* ACK :?.*"))
        self.send(f"NICK {nick}", f"USER {nick} 0 * :{nick}")
        if capabilities:
            self.send("CAP END")
        self.until(re.compile(r"(@\S+ )?:\S+ 001 .*"))
        self.skip()

    def join(self, *rooms: str) -> None:
        """
        Join rooms, and discard all output.

        @raise AssertionError: the client did not join a room.
        """
        for room in rooms:
            self.send(f"JOIN {room}")
            self.until(re.compile(r"(@\S+ )?:\S+ JOIN :?\S+.*"))
        self.skip()


def _fits(line: str, wanted: str | re.Pattern[str]) -> bool:
    return line == wanted if isinstance(wanted, str) else wanted.fullmatch(line) is not None
