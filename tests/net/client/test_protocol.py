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
from twistchat.chat.model.events import Entry, Quit, ServerBanSet, Source
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
    A connection whose client comes in with C{in}, and is made to wait with C{wait}.

    @ivar asked: when it was asked whether it is there.
    """

    pings = True

    def begin(self) -> None:
        """See L{ClientProtocol.begin}."""
        self.asked: list[float] = []
        self.work: list[Deferred[None]] = []

    def take(self, line: Line) -> float:
        """See L{ClientProtocol.take}."""
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
        """See L{ClientProtocol.idle}."""
        self.asked.append(self.context.clock.seconds())

    def farewell(self, reason: str, fault: bool) -> bytes:
        """See L{ClientProtocol.farewell}."""
        return f"{'fault' if fault else 'end'}: {reason}\n".encode()

    def refused(self, failure: Failure) -> None:
        """See L{ClientProtocol.refused}."""

    def tune(self, place: str) -> IDialect:
        """See L{IOutlet.tune}."""
        raise AssertionError("nothing is told here")


class Chunks:
    """A codec to which all that comes at once is a line."""

    def feed(self, data: bytes) -> Sequence[Line]:
        """See L{Codec.feed}."""
        return [data]

    def finish(self) -> Sequence[Line]:
        """See L{Codec.finish}."""
        return []


class Silent(Pinging):
    """The same, at a door that asks nobody."""

    pings = False


@implementer(IDoor)
class Door:
    """A door for connections of some kind."""

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
    Someone at the door.

    @ivar told: what they were sent.
    @ivar gone: whether their connection is closed.
    """

    link: Link
    gone = False

    def __init__(self) -> None:
        self.told = b""

    def dataReceived(self, data: bytes) -> None:
        """Keep it."""
        self.told += data

    def connectionLost(self, reason: object = None) -> None:
        """Note it."""
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
        Connect someone.

        @return: they, and their connection.
        """
        client = Client()
        client.link = self.server.plug(client, "test", host)
        return client, self.door.made[-1]

    def send(self, client: Client, data: bytes) -> None:
        """Let a client send something."""
        assert client.transport is not None
        client.transport.write(data)
        self.server.settle()


class SilenceTests(ConnectionTestCase):
    """Clients that say nothing."""

    def setUp(self) -> None:
        self.serve(ping=90.0, pingTimeout=150.0)
        self.client, self.connection = self.connect()

    def enter(self) -> None:
        """Come in."""
        self.send(self.client, b"in")

    def test_asked(self) -> None:
        """After so long it is asked, once; after some more it is given up, and told why."""
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
        """Whatever it sends, it is there; and it is asked again when it falls silent again."""
        self.enter()
        for _ in range(10):
            for _ in range(95):
                self.server.advance(1)
            self.send(self.client, b"yes")
        self.assertEqual([90.0 + 95.0 * number for number in range(10)], self.connection.asked)
        self.assertFalse(self.client.gone)

    def test_longPatience(self) -> None:
        """Where it may be silent for much longer than until it is asked, each silence counts for itself."""
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
        """One who is never silent is never asked."""
        self.enter()
        for _ in range(100):
            self.server.advance(60)
            self.send(self.client, b"yes")
        self.assertEqual([], self.connection.asked)

    def test_stall(self) -> None:
        """Where the process stood still for too long for anyone to answer, they are asked first."""
        self.enter()
        self.server.advance(1000)
        self.assertEqual(([1000.0], False), (self.connection.asked, self.client.gone))
        self.server.advance(60)
        self.assertTrue(self.client.gone)

    def test_paused(self) -> None:
        """One from whom the server takes nothing just now is not silent."""
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
        """One who cannot answer, for it has said that it sends no more, is served to the end."""
        self.enter()
        self.send(self.client, b"wait")
        self.client.link.finish()
        for _ in range(30):
            self.server.advance(30)
        self.assertEqual(([], False), (self.connection.asked, self.client.gone))
        self.connection.work[0].callback(None)
        self.server.settle()
        self.assertTrue(self.client.gone)

    def test_late(self) -> None:
        """One who has not come in is not asked: it has its time, and no more, whatever it sends."""
        for _ in range(29):
            self.server.advance(1)
            self.send(self.client, b"yes")
        self.assertEqual(b"", self.client.told)
        self.server.advance(1)
        self.assertIn(b"fault: You did not come in within 30 s.", self.client.told)
        self.assertEqual([], self.connection.asked)
        self.assertEqual([], self.server.clock.getDelayedCalls())

    def test_lost(self) -> None:
        """Nothing waits for one that is gone."""
        self.enter()
        self.client.link.cut()
        self.assertEqual([], self.server.clock.getDelayedCalls())


class LeavingTests(ConnectionTestCase):
    """The end of a connection, as a door asks for it."""

    def setUp(self) -> None:
        """Connect one."""
        self.serve()
        self.client, self.connection = self.connect()
        self.send(self.client, b"in")

    def test_obeysNoMore(self) -> None:
        """What the client has sent and what waited is not obeyed any more."""
        self.connection.carrier.pause(Reason.BACKLOG)
        self.connection.carrier.dataReceived(b"wait")
        self.client.link.stalled = True
        self.connection.reply(b"what the client does not read")
        self.connection.closing.leave("bye")
        self.connection.carrier.resume(Reason.BACKLOG)
        self.server.settle()
        self.assertEqual([], self.connection.work)

    def test_takesNoMore(self) -> None:
        """What comes once the connection is ending is not even looked at, however slowly its client reads the rest."""
        self.client.link.stalled = True
        self.connection.reply(b"what the client does not read")
        self.connection.closing.leave("bye")
        self.send(self.client, b"wait")
        self.assertFalse(self.client.gone)
        self.assertEqual([], self.connection.work)

    def test_lostWhileCommandsWait(self) -> None:
        """Commands that wait for another are not started once the connection is lost; the other takes effect."""
        for _ in range(3):
            self.send(self.client, b"wait")
        self.client.link.cut()
        self.assertEqual(1, len(self.connection.work))
        self.connection.work[0].callback(None)
        self.server.settle()
        self.assertEqual(1, len(self.connection.work))

    def test_lostWhileAnAnswerIsMade(self) -> None:
        """What is meant for a client that is gone is dropped: it is no slow reader, and is not logged as one."""
        self.client.link.stalled = True
        self.connection.reply(b"x" * 100_000)
        self.server.settle()
        self.client.link.cut()
        with capturedLogs() as events:
            for _ in range(10):
                self.connection.reply(b"x" * 100_000)
                self.server.settle()
        self.assertEqual([], [*map(formatEvent, events)])

    def test_twice(self) -> None:
        """Whoever leaves twice leaves once; no timer is left behind."""
        self.client.link.stalled = True
        self.connection.reply(b"what the client does not read")
        self.connection.closing.leave("bye")
        self.connection.closing.leave("bye")
        self.server.settle()
        self.assertEqual(1, len(self.server.clock.getDelayedCalls()))
        self.client.link.cut()
        self.assertEqual([], self.server.clock.getDelayedCalls())

    def test_gone(self) -> None:
        """Who is gone already leaves no timer behind either."""
        self.client.link.cut()
        self.connection.closing.leave("bye")
        self.server.settle()
        self.assertEqual([], self.server.clock.getDelayedCalls())

    def test_turnedAway(self) -> None:
        """Whoever is turned away while a room has something to hear is told why."""
        self.serve(connectionsPerAddress=1)
        _, connection = self.connect("192.0.2.1")
        chat = self.server.chat
        self.successResultOf(Deferred.fromCoroutine(chat.identity.enter(connection.session, "ann", "u", "a.host")))
        self.patch(Pinging, "tune", lambda connection, place: Silence())
        chat.membership.join(connection.session, "#a")
        second, _ = self.connect("192.0.2.1")
        self.assertIn(b"fault: Your address has 1 connection,", second.told)

    def test_noHandshake(self) -> None:
        """What begins like a TLS handshake is one at the beginning only."""
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
        """A door without labels shows what the client asked for as it shows it to others."""
        entry = Entry(1, "m1", 0, Quit(Source("u1", "ann"), "bye"))
        self.assertEqual(b"data", self.connection.echo(entry, b"data"))


class SilentTests(ConnectionTestCase):
    """A door that asks nobody."""

    kind = Silent

    def test_neverAsked(self) -> None:
        """Its clients may be silent for ever, once they have come in, and nothing waits for them."""
        self.serve()
        client, connection = self.connect()
        self.send(client, b"in")
        self.assertEqual([], self.server.clock.getDelayedCalls())
        self.server.advance(100_000)
        self.assertEqual(([], False), (connection.asked, client.gone))


class ComesFromTests(ConnectionTestCase):
    """Connections of which a gateway says whose they are."""

    gateway = "192.0.2.1"

    def test_address(self) -> None:
        """It has that address from then on, for operators too; and no encryption that is not its own."""
        self.serve()
        _, connection = self.connect(self.gateway)
        connection.secure, connection.fingerprint = True, "00"
        self.assertEqual(self.gateway, connection.session.address)
        self.assertTrue(connection.entrance.changeAddress("2001:db8::1", secure=True))
        session = connection.session
        self.assertEqual(("2001:db8::1", True, None), (session.address, session.secure, session.fingerprint))
        self.assertEqual(("2001:db8::1", True, None), (connection.address, connection.secure, connection.fingerprint))
        self.assertTrue(connection.entrance.changeAddress("2001:db8::1", secure=False))
        self.assertFalse(session.secure or connection.secure)

    def test_encryptedHalfway(self) -> None:
        """What is not encrypted from the gateway to here is not secure, whatever it is before."""
        self.serve()
        _, connection = self.connect(self.gateway)
        connection.entrance.changeAddress("2001:db8::1", secure=True)
        self.assertFalse(connection.session.secure or connection.secure)

    def test_limits(self) -> None:
        """Limits count its own address, and not the gateway's, which may have as many clients as come."""
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
            "2001:db8::/64", [p.group for p in self.server.context.admission._records.values() if p.connections]
        )

    def test_refused(self) -> None:
        """Where its own address has too many, it is told so, and its session ends; nothing remains counted."""
        self.serve(connectionsPerAddress=1)
        first, _ = self.connect(STRANGER)
        client, connection = self.connect(self.gateway)
        self.assertFalse(connection.entrance.changeAddress(STRANGER, secure=False))
        self.server.settle()
        self.assertIn(b"fault: Your address has 1 connection,", client.told)
        self.assertTrue(client.gone and connection.session.closed)
        first.link.cut()
        self.assertEqual(0, self.server.context.admission.unregistered)
        self.assertEqual({}, {k: p for k, p in self.server.context.admission._records.items() if p.connections})

    def test_exempt(self) -> None:
        """Whether limits on rates bind it is a matter of its own address."""
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
    """Clients whose address is banned from the server."""

    def setUp(self) -> None:
        self.serve()
        source = Source("0", "op", "~u", "host")
        self.server.log.append(ServerBanSet(source, "192.0.2.0/24", "spam"))
        self.server.settle()

    def test_turnedAway(self) -> None:
        """They are turned away, with the reason, before there is a session, and count for nothing."""
        client, connection = self.connect(STRANGER)
        self.assertEqual(b"fault: Banned from this server: spam\n", client.told)
        self.assertTrue(client.gone)
        self.assertIsNone(connection.session)
        self.assertEqual({}, self.server.context.admission._records)
        other, _ = self.connect("203.0.113.1")
        self.assertFalse(other.gone)

    def test_behindGateway(self) -> None:
        """So are those for whom a gateway speaks that is not."""
        client, connection = self.connect("203.0.113.1")
        self.assertFalse(connection.entrance.changeAddress(STRANGER, secure=False))
        self.server.settle()
        self.assertEqual(b"fault: Banned from this server: spam\n", client.told)
        self.assertTrue(client.gone and connection.session.closed)
        self.assertEqual(0, self.server.context.admission.unregistered)


class LoginTests(ConnectionTestCase):
    """Passwords, and how often they may be wrong."""

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
        """The right one may be given as often as one likes."""
        for _ in range(5):
            self.assertIs(True, self.successResultOf(self.check("right")))

    def test_wrong(self) -> None:
        """A wrong one only so often: then nothing is checked for a while, the right one neither, whoever connects."""
        self.assertIs(False, self.successResultOf(self.check("wrong")))
        self.assertIs(False, self.successResultOf(self.check("right", hash=None)))
        _, self.connection = self.connect()
        error = self.failureResultOf(self.check("right"), TooFast).value
        self.assertEqual("give passwords", error.what)
        self.assertAlmostEqual(20.0, error.wait)
        self.server.advance(20)
        self.assertIs(True, self.successResultOf(self.check("right")))

    def test_atOnce(self) -> None:
        """Guesses that are made all at once are counted before any of them is checked."""
        self.server.context.passwords = Verifier(lambda: self.worker, 100)
        guesses = [Deferred.fromCoroutine(self.connection.entrance.checkPassword(RIGHT, "wrong")) for _ in range(10)]
        self.assertEqual(2, len(self.worker))
        self.worker.run()
        self.assertEqual([False, False], [self.successResultOf(guess) for guess in guesses[:2]])
        for guess in guesses[2:]:
            self.failureResultOf(guess, TooFast)

    def test_busy(self) -> None:
        """Where the server has too much to check, nobody has failed."""
        waiting = Deferred.fromCoroutine(self.connection.entrance.checkPassword(RIGHT, "right"))
        for _ in range(5):
            refused = Deferred.fromCoroutine(self.connection.entrance.checkPassword(RIGHT, "right"))
            self.failureResultOf(refused, Overloaded)
        self.worker.run()
        self.assertIs(True, self.successResultOf(waiting))

    def test_gone(self) -> None:
        """A client that is gone meanwhile does no harm."""
        checked = Deferred.fromCoroutine(self.connection.entrance.checkPassword(RIGHT, "right"))
        self.connection.carrier.connectionLost()
        self.worker.run()
        self.assertIs(True, self.successResultOf(checked))
