"""A whole server in memory, and people at its line door."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import count

from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.interfaces import IProtocol
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock

from twistchat.accounts.passwords import Verifier
from twistchat.chat.chat import Chat
from twistchat.chat.limits import Limits
from twistchat.config import LineSettings, Settings
from twistchat.doors.backstage import Backstage
from twistchat.doors.line.door import LineDoor
from twistchat.interfaces import IDoor, IJournal
from twistchat.journal.memory import MemoryJournal
from twistchat.journal.stamp import Stamp
from twistchat.testing.links import Link, address
from twistchat.testing.workers import InlineWorker

NOON = 1_767_268_800.0
"""When a L{MemoryServer} starts unless told otherwise: noon of 1 January 2026, UTC, in seconds since the epoch."""

SETTINGS = Settings(line=LineSettings(timezone="UTC"), limits=Limits(exempt=("127.0.0.0/8",)))
"""The settings of a L{MemoryServer} unless told otherwise: the defaults, but that rates do not bind 127.0.0.0/8."""


class MemoryServer:
    """
    A server in memory: the real chat, doors and journal, on a clock that stands still until L{advance} moves it.

    Given the same calls, it says the same bytes.

    @ivar clock: the clock of everything in it.
    @ivar journal: where events go.
    @ivar backstage: what the doors are given.
    @ivar configuration: what the configuration says, when it is read again.
    """

    def __init__(
        self,
        settings: Settings = SETTINGS,
        journal: Callable[[Stamp], IJournal] = MemoryJournal,
        doors: Iterable[IDoor] = (LineDoor(),),
        start: float = NOON,
    ) -> None:
        """
        @param settings: what an administrator would choose.
        @param journal: makes the journal, from what stamps its events.
        @param doors: the ways in.
        @param start: what time it is at first, in seconds since the epoch.
        """
        self.clock = Clock()
        self.configuration = settings
        self.journal = journal(Stamp(lambda: start + self.clock.seconds(), "test"))
        numbers = count(1)
        self.backstage = Backstage.assemble(
            settings,
            self.journal,
            self.clock,
            lambda: str(next(numbers)),
            lambda: b"test",
            Verifier(InlineWorker, settings.limits.passwordQueue),
            lambda: self.configuration,
        )
        self._factories = {door.name: door.factory(self.backstage) for door in doors}
        self._links: list[Link] = []
        self._ports = count(40_001)
        self.journal.open(self.chat.state.apply)

    @property
    def chat(self) -> Chat:
        """The verbs, and the state behind them."""
        return self.backstage.chat

    def plug(self, client: IProtocol, door: str = "line", host: str = "127.0.0.1") -> Link:
        """
        Connect a client's protocol: a bot that is to be tested, say.

        @param door: the name of the door.
        @param host: the IP address from which it comes.
        """
        where = address("::1" if ":" in host else "127.0.0.1", 6623)
        peer = address(host, next(self._ports))
        server = self._factories[door].buildProtocol(peer)
        if server is None:
            raise AssertionError(f"the {door} door is closed")
        link = Link(client, server, where, peer)
        self._links.append(link)
        self.settle()
        return link

    def connect(self, host: str = "127.0.0.1") -> LineClient:
        """Connect someone to the line door, who has said nothing yet."""
        client = LineClient(self)
        client.link = self.plug(client, "line", host)
        return client

    def person(self, nick: str, host: str = "127.0.0.1") -> LineClient:
        """Bring someone through the line door into the lobby, and past all that they are shown there."""
        client = self.connect(host)
        client.send(nick)
        client.until(re.compile(rf"\* {re.escape(nick)} joined #\S+"))
        client.skip()
        return client

    def settle(self) -> None:
        """Let everything happen that needs no time to pass."""
        moved = True
        while moved:
            self.clock.advance(0)
            moved = any([link.move() for link in self._links])
        self._links = [link for link in self._links if link.open]

    def advance(self, seconds: float) -> None:
        """Let time pass, and what it brings happen."""
        self.clock.advance(seconds)
        self.settle()

    def close(self, reason: str = "The server is shutting down") -> Deferred[list[None]]:
        """Close the journal and then the doors, as a server does that stops."""
        self.journal.close()
        closed = gatherResults([factory.close(reason) for factory in self._factories.values()])
        self.settle()
        return closed


class LineClient(Protocol):
    """
    Someone at the line door of a L{MemoryServer}.

    @ivar link: their connection.
    @ivar raw: every byte that was sent to them.
    @ivar gone: whether their connection is closed.
    """

    link: Link
    gone = False

    def __init__(self, server: MemoryServer) -> None:
        self._chat = server
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
        self._chat.settle()

    def finish(self) -> None:
        """Send no more, as a script behind a pipe does, and go on reading."""
        self.link.finish()
        self._chat.settle()

    def hangUp(self) -> None:
        """Lose the connection."""
        self.link.cut()
        self._chat.settle()

    # What they see

    def lines(self) -> list[str]:
        """The lines that they have seen since they were last asked for."""
        unseen, self._read = self.raw[self._read :], len(self.raw)
        return unseen.decode().splitlines()

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
            line = self.raw[self._read : end].decode().rstrip("\n")
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


def _fits(line: str, wanted: str | re.Pattern[str]) -> bool:
    return line == wanted if isinstance(wanted, str) else wanted.fullmatch(line) is not None
