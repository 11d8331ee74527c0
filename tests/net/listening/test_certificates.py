"""Tests of L{twistchat.net.listening.certificates}, and of what else differs where a connection is encrypted."""

from __future__ import annotations

from typing import Any

from OpenSSL import SSL
from twisted.internet.protocol import Factory
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.trial.unittest import SynchronousTestCase

from tests.net.listening.authorities import ClientSide, Identity, ServerSide, identify
from tests.protocols.line.servers import STRANGER, limited
from twistchat.doors.line import LineDoor
from twistchat.net.client.closing import CLOSE_TIMEOUT
from twistchat.testing import LineClient, MemoryServer
from twistchat.testing.links import Link, address

SERVER = identify("chat.example")


class EncryptedTestCase(SynchronousTestCase):
    """A server in memory whose line door uses TLS."""

    def serve(self, server: MemoryServer) -> None:
        """Give a server such a door."""
        self.server = server
        self.door = LineDoor().factory(server.context)
        self.factory: Any = TLSMemoryBIOFactory(ServerSide(SERVER), False, self.door, clock=server.clock)

    def setUp(self) -> None:
        self.serve(MemoryServer())

    def plain(self, host: str = STRANGER) -> LineClient:
        """Connect a client that does not use TLS."""
        client = LineClient(self.server.pump)
        self.link(client, client, host)
        return client

    def connect(self, side: ClientSide | None = None, host: str = STRANGER) -> LineClient:
        """Connect a client that uses TLS."""
        client = LineClient(self.server.pump)
        wrapping: Any = TLSMemoryBIOFactory(
            side or ClientSide(), True, Factory.forProtocol(lambda: client), clock=self.server.clock
        )
        self.link(client, wrapping.buildProtocol(None), host)
        return client

    def link(self, client: LineClient, protocol: Any, host: str) -> None:
        """Connect a protocol."""
        peer = address(host, 55555)
        client.link = Link(protocol, self.factory.buildProtocol(peer), address("127.0.0.1", 6697), peer)
        self.server.add(client.link)
        self.server.pump()

    def session(self) -> Any:
        """Return the only session."""
        (session,) = self.server.chat.state.sessions.values()
        return session


class FingerprintTests(EncryptedTestCase):
    """Clients' certificates."""

    def test_shown(self) -> None:
        """
        The session has the fingerprint of the client's certificate in both versions of TLS, whether it is self-signed,
        expired, or signed by an unknown authority.
        """
        authority = identify("authority")
        for identity in (identify("alice"), identify("alice", days=0), identify("alice", authority)):
            for version in (SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION):
                self.serve(MemoryServer())
                client = self.connect(ClientSide(identity, version))
                client.expect("* This is twistchat.  Type the name you want to have here")
                session = self.session()
                self.assertEqual((True, identity.fingerprint), (session.secure, session.fingerprint))
                self.assertRegex(identity.fingerprint, "^[0-9a-f]{64}$")
                client.send("alice")
                client.until("* alice joined #lobby")

    def test_notShown(self) -> None:
        """A client may have no certificate."""
        for version in (SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION):
            self.serve(MemoryServer())
            client = self.connect(ClientSide(None, version))
            client.send("alice")
            client.until("* alice joined #lobby")
            session = self.session()
            self.assertEqual((True, None), (session.secure, session.fingerprint))
            self.assertTrue(session.user.secure)

    def test_notItsOwn(self) -> None:
        """A certificate without its key does not help: the handshake fails."""
        alice, eve = identify("alice"), identify("eve")
        side = ClientSide(eve)
        stolen = Identity(alice.certificate, eve.key, alice.parsed, eve.private)
        self.assertRaises(SSL.Error, ClientSide, stolen)  # no library of a client even tries
        client = self.connect(side)
        self.assertNotEqual(alice.fingerprint, self.session().fingerprint)
        self.assertFalse(client.gone)

    def test_plain(self) -> None:
        """A connection without TLS is not secure and has no fingerprint."""
        client = self.server.connect()
        session = self.session()
        self.assertEqual((False, None), (session.secure, session.fingerprint))
        client.hangUp()


class HandshakeTests(EncryptedTestCase):
    """Clients that do not complete the handshake."""

    def ends(self, client: LineClient) -> None:
        """Check that a client is aborted at the registration deadline, and leaves nothing behind."""
        self.server.advance(29)
        self.assertFalse(client.gone)
        self.server.advance(1)
        self.assertTrue(client.gone)
        self.assertEqual({}, self.server.chat.state.sessions)
        self.assertEqual(0, self.server.context.admission.unregistered)
        self.assertEqual([], self.server.clock.getDelayedCalls())

    def test_silent(self) -> None:
        """A silent client."""
        client = self.plain()
        client.expect()
        self.ends(client)

    def test_unfinished(self) -> None:
        """A client that starts the handshake and stops."""
        client = self.plain()
        client.sendBytes(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
        self.ends(client)

    def test_slow(self) -> None:
        """A client that sends the handshake byte by byte."""
        client = self.plain()
        for byte in b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(18):
            client.sendBytes(bytes([byte]))
            self.server.advance(1)
        self.assertFalse(client.gone)
        self.server.advance(1)
        self.assertTrue(client.gone)

    def test_notReading(self) -> None:
        """A client that does not read the reason."""
        client = self.plain()
        client.link.stalled = True
        self.ends(client)

    def test_complete(self) -> None:
        """After the handshake the deadline is three minutes from the acceptance."""
        delay = self.patch(self.server, "pump", lambda: None)
        client = self.connect()
        self.server.advance(20)
        delay.restore()
        self.server.pump()
        client.expect("* This is twistchat.  Type the name you want to have here")
        self.server.advance(159)
        self.assertFalse(client.gone)
        self.server.advance(1)
        self.assertTrue(client.gone)
        self.assertIn("! The time to choose a name (3 minutes) is over.", client.lines()[-1])

    def test_noTls(self) -> None:
        """A client that sends something other than TLS loses its session at once."""
        for data in (b"NICK alice\r\nUSER a 0 * :a\r\n", b"\x80" * 100, b"GET / HTTP/1.1\r\n\r\n"):
            client = self.plain()
            client.sendBytes(data)
            self.assertTrue(client.gone)
            self.assertEqual({}, self.server.chat.state.sessions)

    def test_goneMeanwhile(self) -> None:
        """One that hangs up before it has come through leaves nothing behind."""
        client = self.plain()
        client.sendBytes(b"\x16\x03\x01\x02\x00")
        client.hangUp()
        self.assertEqual({}, self.server.chat.state.sessions)
        self.assertEqual([], self.server.clock.getDelayedCalls())

    def test_turnedAway(self) -> None:
        """One that is not admitted comes through the handshake to be told why, and then goes."""
        self.serve(limited(connectionsPerAddress=1))
        self.connect()
        client = self.connect()
        self.assertIn("Your address has 1 connection,", client.lines()[0])
        self.assertTrue(client.gone)

    def test_turnedAwaySilent(self) -> None:
        """Where it does not come through, it goes all the same."""
        self.serve(limited(connectionsPerAddress=1))
        self.connect()
        client = self.plain()
        self.server.advance(CLOSE_TIMEOUT)
        self.assertTrue(client.gone)


class OutboxTests(EncryptedTestCase):
    """The output for a client that does not read."""

    def test_bounded(self) -> None:
        """The output is bounded: the client is dropped, and others lose nothing."""
        self.serve(limited(sendq=100_000, exempt=("0.0.0.0/0",)))
        slow = self.connect()
        slow.send("slow")
        ann = self.connect()
        ann.send("ann", "/echo on")
        ann.skip()
        slow.link.stalled = True
        transport: Any = slow.link._toClient  # private: what the server has buffered
        most = 0
        for number in range(200):
            if slow.gone:
                break
            ann.send(f"{number:04} " + 3000 * "x")
            most = max(most, transport.io.tell())
        self.assertTrue(slow.gone)
        self.assertLess(most, 250_000)
        lines = ann.lines()
        self.assertEqual([f"{n:04}" for n in range(number)], [line[14:18] for line in lines if line.startswith("[")])
        self.assertIn("* slow quit (read too slowly)", lines)

    def test_catchesUp(self) -> None:
        """A client that reads again in time receives everything."""
        self.serve(limited(sendq=1_000_000, exempt=("0.0.0.0/0",)))
        slow, ann = self.connect(), self.connect()
        slow.send("slow")
        ann.send("ann")
        slow.skip()
        slow.link.stalled = True
        for number in range(100):
            ann.send(f"{number:04} " + 3000 * "x")
        slow.link.stalled = False
        self.server.pump()
        said = [line[14:18] for line in slow.lines() if line.startswith("[")]
        self.assertEqual([f"{number:04}" for number in range(100)], said)

    def test_farewell(self) -> None:
        """When the server stops, clients are told, and their connections close cleanly."""
        client = self.connect()
        client.send("alice")
        client.skip()
        closed = self.door.close("bye")
        self.server.pump()
        client.expect("* bye")
        self.assertTrue(client.gone)
        self.successResultOf(closed)
