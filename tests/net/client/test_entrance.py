"""Tests of L{twistchat.net.client.entrance}."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import capturedLogs

from tests.net.client.connections import RIGHT, STRANGER, ConnectionTestCase, FakeCarrierTestCase, Pinging
from twistchat.accounts.secrets.passwords import Verifier
from twistchat.chat.errors import Overloaded, TooFast
from twistchat.chat.model.events import ServerBanSet, Source
from twistchat.config.limits import Limits
from twistchat.net.client.language import Deadline
from twistchat.testing.workers import HeldWorker
from twistchat.wire.lines import Overlong


class Slow(Pinging):
    """A protocol whose clients have 100 s to register."""

    def deadline(self, limits: Limits) -> Deadline:
        """See L{Language.deadline}."""
        return Deadline(100.0, "too slow")


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


class FirstBytesTests(ConnectionTestCase):
    """The first bytes of a client."""

    def setUp(self) -> None:
        """Connect a client."""
        self.serve()
        self.client, self.connection = self.connect()
        self.send(self.client, b"in")

    def test_noHandshake(self) -> None:
        """A TLS handshake is recognized only in the first bytes."""
        self.send(self.client, b"\x16")
        self.assertFalse(self.client.gone)
        client, _ = self.connect()
        self.send(client, b"hello")
        self.send(client, b"\x16")
        self.assertFalse(client.gone)
        client, _ = self.connect()
        self.send(client, b"\x16")
        self.assertTrue(client.gone)


class FakeCarrierTests(FakeCarrierTestCase):
    """The admission of a client on a fake carrier."""

    def setUp(self) -> None:
        super().setUp()
        self.client = self.connect()
        self.entrance = self.client.entrance

    def test_admitted(self) -> None:
        """An admitted client has a ticket and rates, counts for its address, and is not registered."""
        self.assertEqual(STRANGER, self.entrance.ticket.group)
        self.assertFalse(self.entrance.registered or self.entrance.spoken or self.client.rates.exempt)
        self.assertEqual(1, self.server.context.admission.unregistered)

    def test_exempt(self) -> None:
        """A client without an address is exempt."""
        client = self.connect(address=None)
        self.assertTrue(client.entrance.ticket.exempt and client.rates.exempt and client.session.exempt)

    def test_replaced(self) -> None:
        """A client that has to make room for a new one is told so."""
        self.serve(unregistered=1)
        client = self.connect()
        with capturedLogs():
            self.connect()
        self.assertIn(b"fault: Too many people are coming in just now.", client.outbox.sent)

    def test_register(self) -> None:
        """A registered client counts as registered, and has the ping timeout."""
        slot = self.client.silence.slot
        self.register(self.client)
        self.assertTrue(self.entrance.registered and self.entrance.spoken)
        self.assertEqual(0, self.server.context.admission.unregistered)
        self.assertNotEqual(slot, self.client.silence.slot)

    def test_release(self) -> None:
        """A lost connection counts no more; nothing counts for a client that was not admitted."""
        self.serve(connectionsPerAddress=1)
        client = self.connect()
        with capturedLogs():
            refused = self.connect()
        self.assertIsNone(refused.entrance.ticket)
        refused.connectionLost()
        self.assertEqual({STRANGER: 1}, self.server.context.admission.connections)
        client.connectionLost()
        self.assertEqual({STRANGER: 0}, self.server.context.admission.connections)

    def test_changeAddressBack(self) -> None:
        """After a gateway's client was refused, its connection counts for nobody, and may be named anew."""
        self.serve(connectionsPerAddress=1)
        gateway = self.connect(address="192.0.2.1")
        other = self.connect()
        with capturedLogs():
            self.assertFalse(gateway.entrance.changeAddress(STRANGER, secure=False))
        self.assertIsNone(gateway.entrance.ticket)
        other.connectionLost()
        self.assertTrue(gateway.entrance.changeAddress(STRANGER, secure=False))
        self.assertEqual(STRANGER, gateway.session.address)

    def test_secured(self) -> None:
        """After a TLS handshake the session has the fingerprint, and the protocol's own deadline holds."""
        client = self.connect(Slow, ready=False)
        self.server.advance(10)
        client.carrier.fingerprint = "00"
        client.entrance.secured()
        self.assertEqual("00", client.session.fingerprint)
        self.server.advance(60)
        self.assertFalse(client.ending)
        self.server.advance(30)
        self.assertEqual(b"fault: too slow\n", client.outbox.sent)

    def test_securedLate(self) -> None:
        """A handshake that completes after the end, or without a session, changes no timeout."""
        self.client.closing.leave("bye")
        self.entrance.secured()
        self.assertIsNone(self.client.silence.slot)
        self.serve(connectionsPerAddress=1)
        self.connect()
        with capturedLogs():
            refused = self.connect(ready=False)
        refused.entrance.secured()
        self.assertIsNone(refused.silence.slot)

    def test_securedRegistered(self) -> None:
        """A handshake after the registration leaves the ping timeout."""
        self.register(self.client)
        slot = self.client.silence.slot
        self.entrance.secured()
        self.assertEqual(slot, self.client.silence.slot)

    def test_speaksHttp(self) -> None:
        """An HTTP request is recognized in the first line, a Host header in any; both end the connection."""
        for lines in ([b"GET / HTTP/1.1"], [b"hello", b"Host: chat.example"], [Overlong(9000), b"Host: chat.example"]):
            client = self.connect()
            with capturedLogs():
                speaks = [client.entrance.speaksHttp(line) for line in lines]
            self.assertEqual([*[False] * (len(lines) - 1), True], speaks)
            self.assertEqual(b"fault: This is a chat server, and that is an HTTP request\n", client.outbox.sent)

    def test_noHttp(self) -> None:
        """A later line that looks like a request is none."""
        speaks = [self.entrance.speaksHttp(line) for line in (b"hello", b"GET / HTTP/1.1", Overlong(9000))]
        self.assertEqual([False] * 3, speaks)
        self.assertTrue(self.entrance.spoken)
        self.assertFalse(self.client.ending)

    def test_countLine(self) -> None:
        """Lines and blank lines count together up to the limit; the next one ends the connection."""
        self.serve(unregisteredLines=3)
        client = self.connect()
        counted = [client.entrance.countLine(blank) for blank in (False, True, False)]
        self.assertEqual(([True] * 3, 2), (counted, client.entrance.lines))
        self.assertFalse(client.ending)
        with capturedLogs():
            self.assertFalse(client.entrance.countLine(blank=True))
        self.assertEqual(b"fault: You sent 3 messages and did not register\n", client.outbox.sent)

    def test_countLineAfterTheEnd(self) -> None:
        """No line is executed after the connection has ended."""
        self.client.closing.leave("bye")
        self.assertFalse(self.entrance.countLine())

    def test_checkPassword(self) -> None:
        """A password is checked by the server's passwords."""
        checked = Deferred.fromCoroutine(self.entrance.checkPassword(RIGHT, "right"))
        self.assertIs(True, self.successResultOf(checked))
