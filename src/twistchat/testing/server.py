"""A whole server in memory."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import count
from typing import Any, TypeVar

from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.interfaces import IProtocol
from twisted.internet.task import Clock

from twistchat.accounts.passwords import Verifier
from twistchat.chat.chat import Chat
from twistchat.config import LineSettings, ServerSettings, Settings, SettingsBuilder
from twistchat.config.limits import Limits
from twistchat.doors.irc import IrcDoor
from twistchat.doors.line import LineDoor
from twistchat.interfaces import IDoor, Journal
from twistchat.journal.kinds import memoryJournal, sqliteJournal
from twistchat.journal.stamp import Stamp
from twistchat.services.assembly import assemble
from twistchat.testing.clients import Client, IrcClient, LineClient
from twistchat.testing.links import Link, address
from twistchat.testing.workers import InlineWorker

AnyClient = TypeVar("AnyClient", bound=Client)

NOON = 1_767_268_800.0
"""When a L{MemoryServer} starts unless told otherwise: noon of 1 January 2026, UTC, in seconds since the epoch."""

SETTINGS = Settings(
    server=ServerSettings(name="twistchat"),
    line=LineSettings(timezone="UTC"),
    limits=Limits(exempt=("127.0.0.0/8",)),
)
"""
The settings of a L{MemoryServer} unless told otherwise: the defaults, but the name is C{twistchat}, times are in UTC,
and rates do not bind 127.0.0.0/8.
"""


def settingsOf(text: str, doors: Iterable[IDoor] = (LineDoor(), IrcDoor())) -> Settings:
    """
    The settings that a configuration file gives, with defaults for what it leaves out.

    Unlike L{SETTINGS}, these bind every client by the default limits.

    @param text: TOML, as in C{twistchat.toml}.
    @param doors: the doors there are.
    @raise ConfigError: it has a mistake; the error calls the file C{twistchat.toml}.
    """
    builder = SettingsBuilder({door.name: door.settings for door in doors})
    builder.readFile(text.encode(), "twistchat.toml")
    return builder.finish()


class MemoryServer:
    """
    A server in memory: the real chat, doors and journal, on a clock that stands still until L{advance} moves it.

    Given the same calls, it says the same bytes.

    @ivar clock: the clock of everything in it.
    @ivar log: where events go.
    @ivar history: what reads them.
    @ivar context: what the doors are given.
    @ivar configuration: what the configuration says, when it is read again.
    """

    def __init__(
        self,
        settings: Settings = SETTINGS,
        journal: Callable[[Stamp], Journal] = memoryJournal,
        doors: Iterable[IDoor] = (LineDoor(), IrcDoor()),
        start: float = NOON,
        clock: Clock | None = None,
        directory: str | None = None,
    ) -> None:
        """
        @param settings: what an administrator would choose.
        @param journal: makes the journal, from what stamps its events.
        @param doors: the ways in.
        @param start: what time it is at first, in seconds since the epoch.
        @param clock: the clock of everything in it; one of its own, where it is C{None}.
        @param directory: where a journal on disk is, which takes the place of C{journal}.  A later server that is
            given the same directory continues what this one leaves there.
        """
        self.clock = Clock() if clock is None else clock
        self.configuration = settings
        self._file: str | None = None
        numbers = count(1)

        def wall() -> float:
            return start + self.clock.seconds()

        if directory is None:
            made = journal(Stamp(wall, "test"))
        else:
            made = sqliteJournal(
                directory, wall, lambda: "test", lambda: bytes(32), lambda name: InlineWorker(), clock=self.clock
            )
        self.log: Any = made.log
        self.history: Any = made.history
        self.context = assemble(
            settings,
            self.log,
            self.history,
            self.clock,
            wall,
            lambda: str(next(numbers)),
            lambda: b"test",
            Verifier(InlineWorker, settings.limits.passwordQueue),
            self._reread,
        )
        self._doors = tuple(doors)
        self._factories = {door.name: door.factory(self.context) for door in self._doors}
        self._links: list[Link] = []
        self._ports = count(40_001)
        self.log.open(self.chat.state.apply)

    @property
    def chat(self) -> Chat:
        """The verbs, and the state behind them."""
        return self.context.chat

    def configure(self, text: str) -> None:
        """
        Change the configuration file, which takes effect when the server reads it again.

        @param text: TOML, as for L{settingsOf}.  A mistake is reported when the file is read.
        """
        self._file = text

    def _reread(self) -> Settings:
        return self.configuration if self._file is None else settingsOf(self._file, self._doors)

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
        return self._connect(LineClient(self.settle), "line", host)

    def connectIrc(self, host: str = "127.0.0.1") -> IrcClient:
        """Connect someone to the IRC door, who has said nothing yet."""
        return self._connect(IrcClient(self.settle), "irc", host)

    def irc(self, nick: str, *capabilities: str, host: str = "127.0.0.1") -> IrcClient:
        """
        Bring someone in through the IRC door, and past all that they are greeted with.

        @param capabilities: what they ask for.
        """
        client = self.connectIrc(host)
        client.register(nick, *capabilities)
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

    def _connect(self, client: AnyClient, door: str, host: str) -> AnyClient:
        client.link = self.plug(client, door, host)
        return client

    def close(self, reason: str = "The server is shutting down") -> Deferred[list[None]]:
        """Close the journal and then the doors, as a server does that stops."""
        self.log.close()
        closed = gatherResults([factory.close(reason) for factory in self._factories.values()])
        self.settle()
        return closed
