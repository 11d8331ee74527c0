"""Servers and connections for the tests of client protocols."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.protocol import Protocol
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from twistchat.accounts.secrets.passwords import SALT, hashPassword
from twistchat.chat.model.events import Event
from twistchat.config import Settings
from twistchat.interfaces import IDialect, IDoor, Journal
from twistchat.interfaces.carrier import Ending, ICarrier, Reason
from twistchat.journal.kinds import memoryJournal
from twistchat.journal.stamp import Stamp
from twistchat.net.client.factory import ClientFactory
from twistchat.net.client.protocol import ClientProtocol
from twistchat.net.context import ServerContext
from twistchat.net.stream import StreamFactory
from twistchat.testing import MemoryServer
from twistchat.testing.links import Link
from twistchat.testing.server import SETTINGS
from twistchat.wire.framing import STREAM
from twistchat.wire.lines import Line
from twistchat.wire.plain import Silence

STRANGER = "192.0.2.7"

RIGHT = hashPassword("right", bytes(SALT))


class Pinging(ClientProtocol):
    """
    A protocol whose client registers with C{in}, and starts a command that waits with C{wait}.

    @ivar asked: the times when the client was pinged.
    @ivar refusals: why its commands and texts were refused.
    """

    pings = True

    def begin(self) -> None:
        """See L{Language.begin}."""
        self.asked: list[float] = []
        self.work: list[Deferred[None]] = []
        self.refusals: list[tuple[Event | None, BaseException | None]] = []

    def lineReceived(self, line: Line) -> float:
        """See L{Language.lineReceived}."""
        assert isinstance(line, bytes)
        if line == b"in":
            self.entrance.register()
        elif line.startswith(b"wait"):
            self.pipeline.submit(self._wait, False, len(line))
        return 0.0

    def _wait(self) -> Deferred[None]:
        self.work.append(Deferred())
        return self.work[-1]

    def idle(self) -> None:
        """See L{Language.idle}."""
        self.asked.append(self.context.clock.seconds())

    def farewell(self, reason: str, fault: bool) -> bytes:
        """See L{Language.farewell}."""
        return f"{'fault' if fault else 'end'}: {reason}\n".encode()

    def refused(self, event: Event | None, failure: Failure) -> None:
        """See L{Language.refused}."""
        self.refusals.append((event, failure.value))

    def dialectFor(self, place: str) -> IDialect:
        """See L{IOutlet.dialectFor}."""
        return Silence()


class Chunks:
    """A splitter that treats each read as one line."""

    def feed(self, data: bytes) -> Sequence[Line]:
        """See L{Splitter.feed}."""
        return [data]

    def finish(self) -> Sequence[Line]:
        """See L{Splitter.finish}."""
        return []


class Silent(Pinging):
    """The same, for a protocol that does not ping."""

    pings = False


@implementer(IDoor)
class Door:
    """A door with a given class of client protocol."""

    name = "test"
    summary = "A door."
    settings = None
    defaultEndpoints = ()

    def __init__(self, make: type[ClientProtocol]) -> None:
        self._make = make
        self.made: list[Any] = []

    def invitation(self, host: str, port: int, secure: bool) -> str:
        """See L{IDoor.invitation}."""
        return "knock"

    def isProxied(self, settings: Settings) -> bool:
        """See L{IDoor.isProxied}."""
        return False

    def warnings(self, settings: Settings, endpoints: Sequence[str]) -> Sequence[str]:
        """See L{IDoor.warnings}.  All endpoints fit."""
        return ()

    def factory(self, context: ServerContext) -> StreamFactory:
        """See L{IDoor.factory}."""

        def make(context: ServerContext, factory: ClientFactory) -> ClientProtocol:
            connection = self._make(context, factory)
            self.made.append(connection)
            return connection

        return StreamFactory(context, ClientFactory(context, self.name, make), lambda client: Chunks())


class Client(Protocol):
    """
    A client of the door.

    @ivar told: its output.
    @ivar gone: whether its connection is closed.
    """

    link: Link
    gone = False

    def __init__(self) -> None:
        self.told = b""

    def dataReceived(self, data: bytes) -> None:
        """Record output."""
        self.told += data

    def connectionLost(self, reason: object = None) -> None:
        """Record it."""
        self.gone = True


class FakeOutbox:
    """
    An outbox without a transport.

    @ivar sent: the output for the client.
    @ivar held: how often deliveries were held, less how often they were released.
    @ivar closed: whether it is to close the connection after the output.
    """

    def __init__(self) -> None:
        self.sent = b""
        self.held = 0
        self.closed = False

    def write(self, data: bytes) -> None:
        """Record output."""
        self.sent += data

    def deliver(self, data: bytes) -> None:
        """Record output."""
        self.sent += data

    def releaseDeliveries(self) -> None:
        """Record it."""
        self.held -= 1

    def close(self) -> None:
        """Record it."""
        self.closed = True


@implementer(ICarrier)
class FakeCarrier:
    """
    A carrier without a transport.  A test sets its attributes.

    @ivar stopped: how often it was told to ignore further input.
    @ivar aborted: the times at which the connection was aborted.
    @ivar hungUp: whether its client has closed the connection.
    """

    framing = STREAM
    secure = ended = paused = hungUp = False
    fingerprint: str | None = None
    bearer: str | None = None
    ready = idle = True

    def __init__(self, now: Callable[[], float], address: str | None = STRANGER) -> None:
        self._now = now
        self.accepted = self.heard = now()
        self.address = address
        self.outbox = FakeOutbox()
        self.stopped = 0
        self.aborted: list[float] = []

    def pause(self, reason: Reason) -> None:
        """See L{ICarrier.pause}."""
        self.paused = True

    def resume(self, reason: Reason) -> None:
        """See L{ICarrier.resume}."""
        self.paused = False

    def stop(self) -> None:
        """See L{ICarrier.stop}."""
        self.stopped += 1

    def close(self, ending: Ending) -> None:
        """See L{ICarrier.close}."""
        self.outbox.close()

    def abort(self) -> None:
        """See L{ICarrier.abort}."""
        self.aborted.append(self._now())

    def hideInput(self, hidden: bool) -> bool:
        """See L{ICarrier.hideInput}."""
        return False

    def hasHungUp(self) -> bool:
        """See L{ICarrier.hasHungUp}."""
        return self.hungUp


class FakeCarrierTestCase(SynchronousTestCase):
    """Client protocols of a server in memory, each on a fake carrier."""

    def setUp(self) -> None:
        self.serve()

    def serve(self, journal: Callable[[Stamp], Journal] = memoryJournal, **limits: Any) -> None:
        """Start a server with these limits."""
        self.server = MemoryServer(replace(SETTINGS, limits=replace(SETTINGS.limits, **limits)), journal, doors=())
        self.clock = self.server.clock

    def connect(self, kind: type[Pinging] = Pinging, address: str | None = STRANGER, ready: bool = True) -> Any:
        """
        Connect a client.

        @param ready: whether no TLS handshake is to come.
        @return: its protocol.
        """
        factory = ClientFactory(self.server.context, "test", kind)
        client = factory.buildProtocol(None)
        assert client is not None
        carrier = FakeCarrier(self.clock.seconds, address)
        carrier.ready = ready
        client.makeConnection(carrier)
        return client

    def register(self, client: Any, nick: str = "ann") -> None:
        """Register a client's user."""
        entering = self.server.chat.identity.enter(client.session, nick, "~u", f"{nick}.host")
        self.successResultOf(Deferred.fromCoroutine(entering))
        client.entrance.register()


class ConnectionTestCase(SynchronousTestCase):
    """A server with a door of its own."""

    kind: type[ClientProtocol] = Pinging

    def serve(self, **limits: Any) -> None:
        """Start a server with these limits."""
        self.door = Door(self.kind)
        self.server = MemoryServer(replace(SETTINGS, limits=replace(SETTINGS.limits, **limits)), doors=[self.door])

    def connect(self, host: str = STRANGER) -> tuple[Client, Any]:
        """
        Connect a client.

        @return: the client, and its protocol.
        """
        client = Client()
        client.link = self.server.plug(client, "test", host)
        return client, self.door.made[-1]

    def send(self, client: Client, data: bytes) -> None:
        """Send bytes from a client."""
        assert client.transport is not None
        client.transport.write(data)
        self.server.pump()
