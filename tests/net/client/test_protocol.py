"""Tests of L{twistchat.net.client.protocol}: what clients of all doors have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.protocol import Protocol
from twisted.logger import capturedLogs, formatEvent
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from twistchat.accounts.passwords import SALT, Verifier, hashPassword
from twistchat.chat.errors import Overloaded, TooFast
from twistchat.chat.model.events import Entry, Event, Quit, ServerBanSet, Source
from twistchat.config import Settings
from twistchat.interfaces import IDialect, IDoor
from twistchat.net.client.factory import ClientFactory
from twistchat.net.client.protocol import ClientProtocol
from twistchat.net.context import ServerContext
from twistchat.net.input.intake import Line, Reason
from twistchat.net.stream import StreamFactory
from twistchat.testing import MemoryServer
from twistchat.testing.links import Link
from twistchat.testing.server import SETTINGS
from twistchat.testing.workers import HeldWorker
from twistchat.wire.plain import Silence

STRANGER = "192.0.2.7"

RIGHT = hashPassword("right", bytes(SALT))


class Pinging(ClientProtocol):
    """
    A protocol whose client registers with C{in}, and starts a command that waits with C{wait}.

    @ivar asked: the times when the client was pinged.
    """

    pings = True

    def begin(self) -> None:
        """See L{Language.begin}."""
        self.asked: list[float] = []
        self.work: list[Deferred[None]] = []

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

    def dialectFor(self, place: str) -> IDialect:
        """See L{IOutlet.dialectFor}."""
        raise AssertionError("nothing is told here")


class Chunks:
    """A codec that treats each read as one line."""

    def feed(self, data: bytes) -> Sequence[Line]:
        """See L{Codec.feed}."""
        return [data]

    def finish(self) -> Sequence[Line]:
        """See L{Codec.finish}."""
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

    def invitation(self, host: str, port: int) -> str:
        """See L{IDoor.invitation}."""
        return "knock"

    def warnings(self, settings: Settings, endpoints: Sequence[str]) -> Sequence[str]:
        """See L{IDoor.warnings}.  All endpoints fit."""
        return ()

    def factory(self, context: ServerContext) -> StreamFactory:
        """See L{IDoor.factory}."""

        def make(context: ServerContext, factory: ClientFactory) -> ClientProtocol:
            connection = self._make(context, factory)
            self.made.append(connection)
            return connection

        return StreamFactory(context, ClientFactory(context, make), lambda client: Chunks())


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
        """Keep the carrier."""
        self.told += data

    def connectionLost(self, reason: object = None) -> None:
        """Record it."""
        self.gone = True


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


class SilenceTests(ConnectionTestCase):
    """Silent clients."""

    def setUp(self) -> None:
        self.serve(ping=90.0, pingTimeout=150.0)
        self.client, self.connection = self.connect()

    def enter(self) -> None:
        """Register a client."""
        self.send(self.client, b"in")

    def test_asked(self) -> None:
        """A silent client is pinged once, and disconnected with a reason if it does not answer."""
        self.enter()
        self.server.advance(89)
        self.assertEqual([], self.connection.asked)
        self.server.advance(1)
        self.assertEqual([90.0], self.connection.asked)
        for _ in range(59):
            self.server.advance(1)
        self.assertEqual(([90.0], False), (self.connection.asked, self.client.gone))
        self.server.advance(1)
        self.assertEqual(b"fault: Ping timeout: 150 s\n", self.client.told)
        self.assertTrue(self.client.gone)
        self.assertEqual([], self.server.clock.getDelayedCalls())

    def test_answers(self) -> None:
        """Any input is an answer; a client that falls silent again is pinged again."""
        self.enter()
        for _ in range(10):
            for _ in range(95):
                self.server.advance(1)
            self.send(self.client, b"yes")
        self.assertEqual([90.0 + 95.0 * number for number in range(10)], self.connection.asked)
        self.assertFalse(self.client.gone)

    def test_longPatience(self) -> None:
        """If the ping timeout is much longer than the ping interval, each silence counts separately."""
        self.serve(ping=10.0, pingTimeout=100.0)
        self.client, self.connection = self.connect()
        self.enter()
        for _ in range(12):
            self.server.advance(1)
        self.send(self.client, b"yes")
        for _ in range(99):
            self.server.advance(1)
        self.assertEqual((2, False), (len(self.connection.asked), self.client.gone))
        self.assertTrue(22 <= self.connection.asked[1] <= 23, self.connection.asked)
        for _ in range(3):
            self.server.advance(1)
        self.assertTrue(self.client.gone)

    def test_talker(self) -> None:
        """An active client is never pinged."""
        self.enter()
        for _ in range(100):
            self.server.advance(60)
            self.send(self.client, b"yes")
        self.assertEqual([], self.connection.asked)

    def test_stall(self) -> None:
        """After a suspension of the process, clients are pinged before any is disconnected."""
        self.enter()
        self.server.advance(1000)
        self.assertEqual(([1000.0], False), (self.connection.asked, self.client.gone))
        self.server.advance(60)
        self.assertTrue(self.client.gone)

    def test_paused(self) -> None:
        """A client whose input is paused is not silent."""
        self.serve(recvq=10)
        self.client, self.connection = self.connect()
        self.enter()
        self.send(self.client, b"wait")
        self.send(self.client, b"wait and wait and wait")
        for _ in range(30):
            self.server.advance(30)
        self.assertEqual(([], False), (self.connection.asked, self.client.gone))
        self.connection.work[0].callback(None)
        self.connection.work[1].callback(None)
        for _ in range(10):
            self.server.advance(30)
        self.assertEqual((1, True), (len(self.connection.asked), self.client.gone))

    def test_halfClosed(self) -> None:
        """A client that has half-closed its connection is served to the end, without a ping."""
        self.enter()
        self.send(self.client, b"wait")
        self.client.link.finish()
        for _ in range(30):
            self.server.advance(30)
        self.assertEqual(([], False), (self.connection.asked, self.client.gone))
        self.connection.work[0].callback(None)
        self.server.pump()
        self.assertTrue(self.client.gone)

    def test_late(self) -> None:
        """An unregistered client has a deadline, whatever it sends, and is not pinged."""
        for _ in range(29):
            self.server.advance(1)
            self.send(self.client, b"yes")
        self.assertEqual(b"", self.client.told)
        self.server.advance(1)
        self.assertIn(b"fault: You did not come in within 30 s.", self.client.told)
        self.assertEqual([], self.connection.asked)
        self.assertEqual([], self.server.clock.getDelayedCalls())

    def test_lost(self) -> None:
        """A lost connection leaves no timeout."""
        self.enter()
        self.client.link.cut()
        self.assertEqual([], self.server.clock.getDelayedCalls())


class LeavingTests(ConnectionTestCase):
    """Disconnection by a door."""

    def setUp(self) -> None:
        """Connect a client."""
        self.serve()
        self.client, self.connection = self.connect()
        self.send(self.client, b"in")

    def test_obeysNoMore(self) -> None:
        """Input that waits at the end is not executed."""
        self.connection.carrier.pause(Reason.BACKLOG)
        self.connection.carrier.dataReceived(b"wait")
        self.client.link.stalled = True
        self.connection.reply(b"what the client does not read")
        self.connection.closing.leave("bye")
        self.connection.carrier.resume(Reason.BACKLOG)
        self.server.pump()
        self.assertEqual([], self.connection.work)

    def test_takesNoMore(self) -> None:
        """Input after the end is ignored, however slowly the client reads the remaining output."""
        self.client.link.stalled = True
        self.connection.reply(b"what the client does not read")
        self.connection.closing.leave("bye")
        self.send(self.client, b"wait")
        self.assertFalse(self.client.gone)
        self.assertEqual([], self.connection.work)

    def test_lostWhileCommandsWait(self) -> None:
        """When the connection is lost, waiting commands are dropped; the running one takes effect."""
        for _ in range(3):
            self.send(self.client, b"wait")
        self.client.link.cut()
        self.assertEqual(1, len(self.connection.work))
        self.connection.work[0].callback(None)
        self.server.pump()
        self.assertEqual(1, len(self.connection.work))

    def test_lostWhileAnAnswerIsMade(self) -> None:
        """Output for a lost connection is dropped, and not logged as a slow reader."""
        self.client.link.stalled = True
        self.connection.reply(b"x" * 100_000)
        self.server.pump()
        self.client.link.cut()
        with capturedLogs() as events:
            for _ in range(10):
                self.connection.reply(b"x" * 100_000)
                self.server.pump()
        self.assertEqual([], [*map(formatEvent, events)])

    def test_twice(self) -> None:
        """Leaving twice has the effect of leaving once, and leaves no timer."""
        self.client.link.stalled = True
        self.connection.reply(b"what the client does not read")
        self.connection.closing.leave("bye")
        self.connection.closing.leave("bye")
        self.server.pump()
        self.assertEqual(1, len(self.server.clock.getDelayedCalls()))
        self.client.link.cut()
        self.assertEqual([], self.server.clock.getDelayedCalls())

    def test_gone(self) -> None:
        """Leaving after the connection is lost leaves no timer either."""
        self.client.link.cut()
        self.connection.closing.leave("bye")
        self.server.pump()
        self.assertEqual([], self.server.clock.getDelayedCalls())

    def test_turnedAway(self) -> None:
        """A client that is turned away while a room has pending events is told why."""
        self.serve(connectionsPerAddress=1)
        _, connection = self.connect("192.0.2.1")
        chat = self.server.chat
        self.successResultOf(Deferred.fromCoroutine(chat.identity.enter(connection.session, "ann", "u", "a.host")))
        self.patch(Pinging, "dialectFor", lambda connection, place: Silence())
        chat.membership.join(connection.session, "#a")
        second, _ = self.connect("192.0.2.1")
        self.assertIn(b"fault: Your address has 1 connection,", second.told)

    def test_noHandshake(self) -> None:
        """A TLS handshake is recognized only in the first bytes."""
        self.send(self.client, b"\x16")
        self.assertFalse(self.client.gone)
        client, connection = self.connect()
        self.assertFalse(connection.entrance.speaksHttp(b"hello"))
        self.send(client, b"\x16")
        self.assertFalse(client.gone)
        client, connection = self.connect()
        self.send(client, b"\x16")
        self.assertTrue(client.gone)

    def test_noLabels(self) -> None:
        """A door without labels echoes an event as it shows it to others."""
        entry = Entry(1, "m1", 0, Quit(Source("u1", "ann"), "bye"))
        self.assertEqual(b"data", self.connection.echo(entry, b"data"))


class SilentTests(ConnectionTestCase):
    """A protocol that does not ping."""

    kind = Silent

    def test_neverAsked(self) -> None:
        """Its registered clients may be silent forever, and have no timeout."""
        self.serve()
        client, connection = self.connect()
        self.send(client, b"in")
        self.assertEqual([], self.server.clock.getDelayedCalls())
        self.server.advance(100_000)
        self.assertEqual(([], False), (connection.asked, client.gone))


class ComesFromTests(ConnectionTestCase):
    """Connections through a gateway."""

    gateway = "192.0.2.1"

    def test_address(self) -> None:
        """The client's address replaces the gateway's, also for operators; it is secure only if both are."""
        self.serve()
        _, connection = self.connect(self.gateway)
        connection.secure, connection.session.fingerprint = True, "00"
        self.assertEqual(self.gateway, connection.session.address)
        self.assertTrue(connection.entrance.changeAddress("2001:db8::1", secure=True))
        session = connection.session
        self.assertEqual(("2001:db8::1", True, None), (session.address, session.secure, session.fingerprint))
        self.assertEqual(("2001:db8::1", True), (connection.address, connection.secure))
        self.assertTrue(connection.entrance.changeAddress("2001:db8::1", secure=False))
        self.assertFalse(session.secure or connection.secure)

    def test_encryptedHalfway(self) -> None:
        """A connection without encryption to the gateway is not secure."""
        self.serve()
        _, connection = self.connect(self.gateway)
        connection.entrance.changeAddress("2001:db8::1", secure=True)
        self.assertFalse(connection.session.secure or connection.secure)

    def test_limits(self) -> None:
        """Limits count the client's address; the gateway may have any number of clients."""
        self.serve(connectionsPerAddress=2, newPerAddress=2)
        clients = []
        for number in range(20):
            client, connection = self.connect(self.gateway)
            self.assertTrue(connection.entrance.changeAddress(f"2001:db8:0:{number}::1", secure=False))
            self.send(client, b"in")
            clients.append(client)
        for _ in range(2):
            self.connect(self.gateway)
        refused, connection = self.connect(self.gateway)
        self.assertIn(b"Your address has 2 connections,", refused.told)
        one, connection = self.connect("2001:db8:0:1::2")
        self.assertIsNotNone(connection.session)
        one.link.cut()
        clients[0].link.cut()
        self.assertNotIn(
            "2001:db8::/64", [group for group, count in self.server.context.admission.connections.items() if count]
        )

    def test_refused(self) -> None:
        """If the client's address has too many connections, it is refused, and nothing stays counted."""
        self.serve(connectionsPerAddress=1)
        first, _ = self.connect(STRANGER)
        client, connection = self.connect(self.gateway)
        self.assertFalse(connection.entrance.changeAddress(STRANGER, secure=False))
        self.server.pump()
        self.assertIn(b"fault: Your address has 1 connection,", client.told)
        self.assertTrue(client.gone and connection.session.closed)
        first.link.cut()
        self.assertEqual(0, self.server.context.admission.unregistered)
        self.assertEqual({}, {k: count for k, count in self.server.context.admission.connections.items() if count})

    def test_exempt(self) -> None:
        """The client's address decides about exemption from rate limits."""
        self.serve(floodBurst=1)
        _, connection = self.connect("127.0.0.1")
        self.assertTrue(connection.session.exempt)
        connection.entrance.changeAddress(STRANGER, secure=False)
        self.assertFalse(connection.session.exempt)
        self.assertEqual(0.0, connection.rates.line())
        self.assertGreater(connection.rates.line(), 0.0)
        connection.entrance.changeAddress("127.0.0.1", secure=False)
        self.assertTrue(connection.session.exempt)
        self.assertEqual([0.0, 0.0], [connection.rates.line(), connection.rates.line()])


class BannedTests(ConnectionTestCase):
    """Clients with a server ban on their address."""

    def setUp(self) -> None:
        self.serve()
        source = Source("0", "op", "~u", "host")
        self.server.log.append(ServerBanSet(source, "192.0.2.0/24", "spam"))
        self.server.pump()

    def test_turnedAway(self) -> None:
        """They are refused with the reason, before they have a session, and do not count."""
        client, connection = self.connect(STRANGER)
        self.assertEqual(b"fault: Banned from this server: spam\n", client.told)
        self.assertTrue(client.gone)
        self.assertIsNone(connection.session)
        self.assertEqual({}, self.server.context.admission.connections)
        other, _ = self.connect("203.0.113.1")
        self.assertFalse(other.gone)

    def test_behindGateway(self) -> None:
        """Banned clients of a gateway are refused too."""
        client, connection = self.connect("203.0.113.1")
        self.assertFalse(connection.entrance.changeAddress(STRANGER, secure=False))
        self.server.pump()
        self.assertEqual(b"fault: Banned from this server: spam\n", client.told)
        self.assertTrue(client.gone and connection.session.closed)
        self.assertEqual(0, self.server.context.admission.unregistered)


class LoginTests(ConnectionTestCase):
    """Passwords, and the limit on wrong ones."""

    def setUp(self) -> None:
        self.serve(loginFailures=2, loginRate=0.05, passwordQueue=1)
        self.worker = HeldWorker()
        self.server.context.passwords = Verifier(lambda: self.worker, 1)
        _, self.connection = self.connect()

    def check(self, password: str, hash: str | None = RIGHT) -> Any:
        """Check a password."""
        checked = Deferred.fromCoroutine(self.connection.entrance.checkPassword(hash, password))
        self.worker.run()
        return checked

    def test_right(self) -> None:
        """The right password may be given any number of times."""
        for _ in range(5):
            self.assertIs(True, self.successResultOf(self.check("right")))

    def test_wrong(self) -> None:
        """After too many wrong passwords, none is checked for a while, on any connection."""
        self.assertIs(False, self.successResultOf(self.check("wrong")))
        self.assertIs(False, self.successResultOf(self.check("right", hash=None)))
        _, self.connection = self.connect()
        error = self.failureResultOf(self.check("right"), TooFast).value
        self.assertEqual("give passwords", error.what)
        self.assertAlmostEqual(20.0, error.wait)
        self.server.advance(20)
        self.assertIs(True, self.successResultOf(self.check("right")))

    def test_atOnce(self) -> None:
        """Concurrent guesses are counted before they are checked."""
        self.server.context.passwords = Verifier(lambda: self.worker, 100)
        guesses = [Deferred.fromCoroutine(self.connection.entrance.checkPassword(RIGHT, "wrong")) for _ in range(10)]
        self.assertEqual(2, len(self.worker))
        self.worker.run()
        self.assertEqual([False, False], [self.successResultOf(guess) for guess in guesses[:2]])
        for guess in guesses[2:]:
            self.failureResultOf(guess, TooFast)

    def test_busy(self) -> None:
        """An overload of the server does not count as a failure."""
        waiting = Deferred.fromCoroutine(self.connection.entrance.checkPassword(RIGHT, "right"))
        for _ in range(5):
            refused = Deferred.fromCoroutine(self.connection.entrance.checkPassword(RIGHT, "right"))
            self.failureResultOf(refused, Overloaded)
        self.worker.run()
        self.assertIs(True, self.successResultOf(waiting))

    def test_gone(self) -> None:
        """A client may disconnect during the check."""
        checked = Deferred.fromCoroutine(self.connection.entrance.checkPassword(RIGHT, "right"))
        self.connection.carrier.connectionLost()
        self.worker.run()
        self.assertIs(True, self.successResultOf(checked))
