"""A whole server in memory."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count
from typing import Any, TypeVar

from twisted.cred.checkers import ICredentialsChecker
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.interfaces import IProtocol, IProtocolFactory
from twisted.internet.task import Clock

from twistchat.chat.chat import Chat
from twistchat.chat.replica import Replica
from twistchat.config import ServerSettings, Settings, SettingsBuilder
from twistchat.config.limits import Limits
from twistchat.doors.irc import IrcDoor
from twistchat.doors.line import LineDoor
from twistchat.interfaces import IDoor, IDoorFactory, IMailer, IReplica, Journal
from twistchat.journal.kinds import memoryJournal, sqliteJournal
from twistchat.journal.stamp import Stamp
from twistchat.net.stream import StreamFactory
from twistchat.protocols.irc.factory import IrcFactory
from twistchat.protocols.line.factory import LineFactory
from twistchat.protocols.line.settings import LineSettings
from twistchat.services.assembly import assemble
from twistchat.testing.accounts import cheapVerifier, randomness
from twistchat.testing.clients import Client, IrcClient, LineClient
from twistchat.testing.links import Link, address
from twistchat.testing.websockets import WebSocketEnd, WebSocketFactory
from twistchat.testing.workers import InlineWorker
from twistchat.worker import Worker

AnyClient = TypeVar("AnyClient", bound=Client)

NOON = 1_767_268_800.0
"""The default start time of a L{MemoryServer}: noon of 1 January 2026, UTC, in seconds since the epoch."""

SETTINGS = Settings(
    server=ServerSettings(name="twistchat"),
    doors={"line": LineSettings(timezone="UTC")},
    limits=Limits(exempt=("127.0.0.0/8",)),
)
"""
The default settings of a L{MemoryServer}.

They are the defaults, except that the server's name is C{twistchat}, times are in UTC, and 127.0.0.0/8 is exempt from
rate limits.
"""


def settingsOf(text: str, doors: Iterable[IDoor] = (LineDoor(), IrcDoor())) -> Settings:
    """
    Read settings from the text of a configuration file.

    Unlike with L{SETTINGS}, the default limits apply to every client.

    @param text: TOML, as in C{twistchat.toml}.
    @param doors: the installed doors.
    @raise ConfigError: the text has a mistake.  The error calls the file C{twistchat.toml}.
    """
    builder = SettingsBuilder({door.name: door.settings for door in doors})
    builder.readFile(text.encode(), "twistchat.toml")
    return builder.finish()


_IDS = count(1_000_000)
"""The ids of servers with a journal on disk.  They never repeat, because a journal keeps ids over a restart."""


class MemoryServer:
    """
    A server in memory: the real chat, doors and journal.  Its clock moves only when L{advance} is called.

    The same calls always produce the same output.

    @ivar clock: the clock of all components.
    @ivar log: the journal's log.
    @ivar history: the journal's history.
    @ivar context: the objects that all doors share.
    @ivar configuration: the settings that the server gets when it reads the configuration again.
    @ivar messages: whether clients that connect from now on use WebSockets instead of streams.  See
        L{twistchat.testing.websockets}.
    @ivar opened: fires when the journal is open; fails if that was not possible.
    """

    messages = False

    def __init__(
        self,
        settings: Settings = SETTINGS,
        journal: Callable[[Stamp], Journal] = memoryJournal,
        doors: Iterable[IDoor] = (LineDoor(), IrcDoor()),
        start: float = NOON,
        clock: Clock | None = None,
        directory: str | None = None,
        messages: bool = False,
        sources: Sequence[ICredentialsChecker] = (),
        makeWorker: Callable[[], Worker] = InlineWorker,
        reachable: bool = False,
        mailer: IMailer | None = None,
        replicated: Callable[[Callable[[], IReplica]], Journal] | None = None,
        ids: Iterator[int] | None = None,
    ) -> None:
        """
        @param settings: the settings.
        @param journal: makes the journal from the L{Stamp} for its events.
        @param doors: the doors.
        @param start: the time at the start, in seconds since the epoch.
        @param clock: the clock of all components; C{None} for a new one.
        @param directory: the directory of a journal on disk, which is used instead of C{journal}.  A later server with
            the same directory continues this one's journal.
        @param messages: whether clients use WebSockets.
        @param sources: further sources of passwords, as those from C{--auth}.
        @param makeWorker: makes the worker that checks passwords.
        @param reachable: whether the server says that other machines can reach it.
        @param mailer: sends mails; C{None} for a server that sends none.
        @param replicated: makes the journal of a node of a cluster, which is used instead of C{journal}; see
            L{twistchat.testing.clusters}.
        @param ids: returns numbers for the ids of users and sessions; C{None} for numbers of its own.
        """
        self.clock = Clock() if clock is None else clock
        self.configuration = settings
        self._file: str | None = None
        numbers = ids or (count(1) if directory is None else _IDS)
        self._isReplicated = replicated is not None

        def wall() -> float:
            return start + self.clock.seconds()

        if replicated is not None:
            made = replicated(lambda: Replica(self.chat))
        elif directory is None:
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
            cheapVerifier(makeWorker, settings.limits.passwordQueue),
            self._reread,
            randomness(),
            sources,
            lambda: reachable,
            mailer,
        )
        if messages:
            self.messages = True
        self._doors = tuple(doors)
        self._factories = {door.name: door.factory(self.context) for door in self._doors}
        self._links: list[Link] = []
        self._ports = count(40_001)
        self.opened: Deferred[None] = self.log.open(self.chat.state.apply)
        while replicated is not None and not self.opened.called and self.clock.getDelayedCalls():
            self.clock.advance(max(0.0, self.clock.getDelayedCalls()[0].getTime() - self.clock.seconds()))
        self.context.registrar.tend()
        self.context.logins.tend()
        self.chat.upkeep.begin()

    @property
    def chat(self) -> Chat:
        """The verbs, and the state behind them."""
        return self.context.chat

    def factory(self, door: str) -> IDoorFactory:
        """Return the factory of a door."""
        return self._factories[door]

    def configure(self, text: str) -> None:
        """
        Replace the configuration file.  The change takes effect when the server reads it again.

        @param text: TOML, as for L{settingsOf}.  The server reports a mistake when it reads the file.
        """
        self._file = text

    def _reread(self) -> Settings:
        return self.configuration if self._file is None else settingsOf(self._file, self._doors)

    def plug(self, client: IProtocol, door: str = "line", host: str = "127.0.0.1") -> Link:
        """
        Connect a client's protocol, for example a bot under test.

        @param client: the protocol.
        @param door: the name of the door.
        @param host: the client's IP address.
        @raise AssertionError: the server has no such door, or the door is closed.
        """
        if door not in self._factories:
            has = ", ".join(self._factories) or "none"
            raise AssertionError(f"the server has no door {door!r}; its doors are: {has} (see MemoryServer(doors=...))")
        where = address("::1" if ":" in host else "127.0.0.1", 6623)
        peer = address(host, next(self._ports))
        factory: IProtocolFactory = self._factories[door]
        if self.messages:
            assert isinstance(factory, StreamFactory) and isinstance(factory.clients, IrcFactory | LineFactory)
            factory = WebSocketFactory(self.context, factory.clients)
            client = WebSocketEnd(client, b"\r\n" if door == "irc" else b"\n")
        server = factory.buildProtocol(peer)
        if server is None:
            raise AssertionError(f"the {door} door is closed")
        link = Link(client, server, where, peer)
        self.add(link)
        self.pump()
        return link

    def add(self, link: Link) -> None:
        """Let L{pump} move the bytes of a connection that the test made."""
        self._links.append(link)

    def connect(self, host: str = "127.0.0.1") -> LineClient:
        """Connect a client to the line door.  It sends nothing."""
        return self._connect(LineClient(self.pump), "line", host)

    def connectIrc(self, host: str = "127.0.0.1") -> IrcClient:
        """Connect a client to the IRC door.  It sends nothing."""
        return self._connect(IrcClient(self.pump), "irc", host)

    def irc(self, nick: str, *capabilities: str, host: str = "127.0.0.1") -> IrcClient:
        """
        Connect a client to the IRC door, register it, and discard the server's welcome.

        @param capabilities: the capabilities to request.
        """
        client = self.connectIrc(host)
        client.register(nick, *capabilities)
        return client

    def person(self, nick: str, host: str = "127.0.0.1") -> LineClient:
        """Connect a client to the line door, choose a nick, and discard the output up to joining the lobby."""
        client = self.connect(host)
        client.send(nick)
        client.until(re.compile(rf"\* {re.escape(nick)} joined #\S+"))
        client.skip()
        return client

    def pump(self) -> None:
        """Process everything that is due now: scheduled calls, and bytes in transit."""
        moved = True
        while moved:
            self.clock.advance(0)
            moved = any([link.move() for link in self._links])
        self._links = [link for link in self._links if link.open]

    def advance(self, seconds: float) -> None:
        """Advance the clock, and process everything that is due then."""
        self.clock.advance(seconds)
        self.pump()

    def _connect(self, client: AnyClient, door: str, host: str) -> AnyClient:
        client.link = self.plug(client, door, host)
        return client

    def close(self, reason: str = "The server is shutting down") -> Deferred[list[None]]:
        """
        Stop the server: close the journal and then the doors.  A node of a cluster closes the doors first, so that the
        others hear of it.
        """
        if not self._isReplicated:
            self.log.close()
        closed = gatherResults([factory.close(reason) for factory in self._factories.values()])
        self.pump()
        if self._isReplicated:
            self.advance(1.0)
            self.log.close()
            self.advance(0.0)
        return closed
