"""Tests of L{twistchat.net.listening.origin}: proxies and gateways."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import ISSLTransport
from twisted.internet.testing import StringTransport
from twisted.logger import ILogObserver, LogEvent, formatEvent, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import directlyProvides

from tests.wire.test_proxy import OVER_IPV4, OVER_IPV6, SSL, binary
from twistchat.chat.errors import Overloaded
from twistchat.config import WebircSettings
from twistchat.doors.irc import IrcDoor
from twistchat.doors.line import LineDoor
from twistchat.net.listening.origin import REFUSAL_TIMEOUT, Proxied, ProxiedFactory, gatewayOf, isWithin
from twistchat.protocols.irc.settings import IrcSettings
from twistchat.testing import LineClient, MemoryServer
from twistchat.testing.links import Link, address
from twistchat.testing.server import SETTINGS

PROXY = "198.51.100.1"
HEADER = b"PROXY TCP4 192.0.2.7 192.0.2.1 40001 6667\r\n"


class IsWithinTests(SynchronousTestCase):
    """Addresses and networks."""

    def test_within(self) -> None:
        """An address matches networks of its own version; C{None} matches none."""
        networks = ("192.0.2.0/24", "2001:db8::/64")
        for where, within in (
            ("192.0.2.255", True),
            ("::ffff:192.0.2.1", True),
            ("192.0.3.0", False),
            ("2001:db8::ffff:1", True),
            ("2001:db8:0:1::", False),
            (None, False),
        ):
            self.assertIs(within, isWithin(where, networks), where)
        self.assertFalse(isWithin("192.0.2.1", ()))


class GatewayTests(SynchronousTestCase):
    """Gateways, which name the clients they connect for."""

    def setUp(self) -> None:
        self.checked: list[str] = []
        self.gateways = {
            "kiwi": WebircSettings("k", ("192.0.2.1/32",)),
            "lounge": WebircSettings("l", ("192.0.2.0/24", "2001:db8::/64")),
        }

    async def check(self, hash: str, password: str) -> bool:
        """Check a password: here a password is its own hash."""
        self.checked.append(hash)
        if password == "busy":
            raise Overloaded("passwords to check")
        return hash == password

    def gateway(self, address: str | None, password: str) -> str | None:
        """Return the matching gateway."""
        return self.successResultOf(Deferred.fromCoroutine(gatewayOf(self.gateways, address, password, self.check)))

    def test_known(self) -> None:
        """A gateway is identified by its address and password together."""
        for where, password, name in (
            ("192.0.2.1", "k", "kiwi"),
            ("192.0.2.1", "l", "lounge"),
            ("2001:db8::5", "l", "lounge"),
            ("2001:db8::5", "k", None),
            ("192.0.2.2", "k", None),
            ("192.0.2.1", "", None),
            ("203.0.113.1", "k", None),
            (None, "k", None),
        ):
            self.assertEqual(name, self.gateway(where, password), (where, password))

    def test_elsewhere(self) -> None:
        """For other addresses no password is checked."""
        self.gateway("203.0.113.1", "k")
        self.gateway(None, "k")
        self.assertEqual([], self.checked)

    def test_busy(self) -> None:
        """An overload of password checks is reported."""
        waiting = Deferred.fromCoroutine(gatewayOf(self.gateways, "192.0.2.1", "busy", self.check))
        self.failureResultOf(waiting, Overloaded)


class ProxiedTestCase(SynchronousTestCase):
    """A server whose line door is behind a proxy."""

    def setUp(self) -> None:
        self.events: list[LogEvent] = []
        observer = cast(ILogObserver, self.events.append)
        globalLogPublisher.addObserver(observer)
        self.addCleanup(globalLogPublisher.removeObserver, observer)
        self.serve()

    def serve(self, **limits: Any) -> None:
        """Start the server."""
        self.server = MemoryServer(
            replace(
                SETTINGS,
                doors={**SETTINGS.doors, "irc": IrcSettings(proxies=(f"{PROXY}/32",))},
                limits=replace(SETTINGS.limits, exempt=(), **limits),
            )
        )
        self.door = LineDoor().factory(self.server.context)
        self.factory = ProxiedFactory(self.door, self.server.context)

    def connect(self, host: str = PROXY) -> LineClient:
        """Connect a proxy."""
        client = LineClient(self.server.pump)
        peer = address(host, 55555)
        client.link = Link(client, self.factory.buildProtocol(peer), address("127.0.0.1", 6623), peer)
        self.server.add(client.link)
        self.server.pump()
        return client

    def logged(self) -> list[str]:
        """Return and clear the log."""
        lines = [formatEvent(event) for event in self.events]
        self.events.clear()
        return lines

    def session(self) -> Any:
        """Return the only session."""
        (session,) = self.server.chat.state.sessions.values()
        return session


class ProxiedTests(ProxiedTestCase):
    """Connections that come through a proxy."""

    def test_comesIn(self) -> None:
        """The client has its own address, however the header's bytes are split."""
        for header, whence in (
            (HEADER, "192.0.2.7"),
            (binary(0x21, 0x21, OVER_IPV6), "2001:db8::7"),
            (binary(0x20, 0, b""), PROXY),
        ):
            for size in (1, 7, 1000):
                self.serve()
                client = self.connect()
                data = header + b"alice\nhello\n"
                for start in range(0, len(data), size):
                    client.sendBytes(data[start : start + size])
                client.until("* alice joined #lobby")
                session = self.session()
                self.assertEqual((whence, False), (session.address, session.secure))
                self.assertEqual(self.server.context.cloak(whence), session.user.source.host)

    def test_peer(self) -> None:
        """The peer is the proxy before the header, then the client with its port."""
        for header, peer in (
            (HEADER, IPv4Address("TCP", "192.0.2.7", 40001)),
            (
                HEADER.replace(b"TCP4 192.0.2.7 192.0.2.1", b"TCP6 2001:db8::7 ::1"),
                IPv6Address("TCP", "2001:db8::7", 40001),
            ),
        ):
            self.serve()
            client = self.connect()
            proxied: Any = client.link.server
            self.assertEqual(proxied.getPeer().host, PROXY)
            client.sendBytes(header)
            self.assertEqual(proxied.getPeer(), peer)

    def test_staysIn(self) -> None:
        """The header's deadline does not apply after the header."""
        client = self.connect()
        client.sendBytes(HEADER + b"alice\n")
        client.until("* alice joined #lobby")
        client.skip()
        self.server.advance(60)
        client.expect()
        self.assertFalse(client.gone)

    def test_deadline(self) -> None:
        """The registration deadline counts from the connection, and not from the header."""
        self.factory = ProxiedFactory(IrcDoor().factory(self.server.context), self.server.context)
        client = self.connect()
        self.server.advance(20)
        client.sendBytes(HEADER)
        self.server.advance(9)
        self.assertFalse(client.gone)
        self.server.advance(1)
        self.assertTrue(client.gone)

    def test_silentBefore(self) -> None:
        """Before the header there is no output, no session, and nothing counted."""
        client = self.connect()
        client.sendBytes(HEADER[:-1])
        client.expect()
        self.assertEqual(({}, {}), (self.server.chat.state.sessions, self.server.context.admission.connections))
        client.sendBytes(HEADER[-1:])
        client.expect("* This is twistchat.  Type the name you want to have here")
        self.assertEqual(["192.0.2.7"], list(self.server.context.admission.connections))

    def test_limits(self) -> None:
        """Limits count the clients' addresses, and not the proxy's."""
        self.serve(connectionsPerAddress=1, newPerAddress=1)
        for number in range(20):
            client = self.connect()
            client.sendBytes(HEADER.replace(b"192.0.2.7", b"203.0.113.%d" % number))
            client.expect("* This is twistchat.  Type the name you want to have here")
        client = self.connect()
        client.sendBytes(HEADER.replace(b"192.0.2.7", b"203.0.113.5"))
        self.assertIn("! Your address has 1 connection,", client.lines()[0])
        self.assertTrue(client.gone)

    def test_stranger(self) -> None:
        """An unlisted proxy is told so and ignored; the log has one line per minute."""
        for _ in range(3):
            client = self.connect("203.0.113.9")
            client.expect("! Connections come here through a proxy, and you are none of those.")
            self.assertTrue(client.gone)
        line = "Refused 203.0.113.9: it connects to a haproxy: endpoint, and is none of irc.proxies"
        self.assertEqual([line], self.logged())
        self.server.advance(60)
        self.connect("203.0.113.9")
        self.assertIn(line, self.logged())
        self.server.advance(REFUSAL_TIMEOUT)
        self.assertEqual([], self.server.clock.getDelayedCalls())

    def test_everyDoor(self) -> None:
        """Each door words the refusal in its own way."""
        self.factory = ProxiedFactory(IrcDoor().factory(self.server.context), self.server.context)
        client = self.connect("203.0.113.9")
        (line,) = client.lines()
        self.assertTrue(line.startswith("ERROR :Closing Link: "), line)
        self.assertIn("Connections come here through a proxy, and you are none of those.", line)
        client = self.connect()
        client.sendBytes(HEADER + b"NICK alice\r\nUSER a 0 * :a\r\n")
        self.assertIn(" 001 alice ", client.lines()[0])
        self.assertEqual("192.0.2.7", self.session().address)

    def test_elsewhere(self) -> None:
        """At a plain endpoint, a listed proxy is a client like any other."""
        client = self.server.connect(PROXY)
        client.expect("* This is twistchat.  Type the name you want to have here")
        client.sendBytes(HEADER)
        self.assertTrue(client.lines()[0].startswith('! The nick "PROXY TCP4 '))
        self.assertEqual(PROXY, self.session().address)

    def test_strangerSends(self) -> None:
        """A header from an unlisted proxy changes nothing, and neither does not reading."""
        client = LineClient(self.server.pump)
        peer = address("203.0.113.9", 55555)
        client.link = Link(client, self.factory.buildProtocol(peer), address("127.0.0.1", 6623), peer)
        client.link.stalled = True
        self.server.add(client.link)
        client.sendBytes(HEADER + b"alice\n")
        self.assertEqual({}, self.server.chat.state.sessions)
        self.server.advance(REFUSAL_TIMEOUT + 1)
        self.assertTrue(client.gone)

    def test_listedLater(self) -> None:
        """The configuration at the time of the connection decides who is a proxy."""
        self.server.configuration = replace(
            self.server.configuration, doors={"irc": IrcSettings(proxies=("203.0.113.9/32",))}
        )
        self.server.context.rehash()
        client = self.connect("203.0.113.9")
        client.sendBytes(HEADER)
        client.expect("* This is twistchat.  Type the name you want to have here")
        self.assertTrue(self.connect(PROXY).gone)

    def test_bad(self) -> None:
        """A proxy with an invalid header is told so; the log has one line a minute, and no traceback."""
        for data, why in (
            (b"NICK alice\r\n", "is missing"),
            (b"PROXY TCP4 a b c d\r\nalice\n", "cannot be read"),
            (b"PROXY " + b"x" * 200, "has no end within 107 bytes"),
        ):
            self.serve()
            self.events.clear()
            for _ in range(3):
                client = self.connect()
                client.sendBytes(data)
                client.expect(f"! The PROXY header {why}.")
                self.assertTrue(client.gone)
            self.assertEqual([f"Refused {PROXY}: it is a proxy, and its PROXY header {why}"], self.logged())
            self.assertEqual({}, self.server.chat.state.sessions)

    def test_late(self) -> None:
        """A missing header is refused after the registration deadline."""
        client = self.connect()
        client.sendBytes(HEADER[:-1])
        self.server.advance(29)
        client.expect()
        self.server.advance(1)
        client.expect("! The PROXY header is missing.")
        self.assertTrue(client.gone)
        self.assertEqual([], self.server.clock.getDelayedCalls())

    def test_goesAway(self) -> None:
        """A proxy that closes before the header, or half-closes, leaves nothing behind."""
        for end in ("cut", "finish"):
            client = self.connect()
            getattr(client.link, end)()
            self.server.pump()
            self.assertTrue(client.gone)
            self.assertEqual(([], {}), (self.server.clock.getDelayedCalls(), self.factory.protocols))

    def test_clientGoesAway(self) -> None:
        """The end of the connection ends the client's session."""
        client = self.connect()
        client.sendBytes(HEADER + b"alice\n")
        client.hangUp()
        self.assertEqual({}, self.server.chat.state.sessions)
        self.assertEqual({}, self.factory.protocols)

    def test_halfClosed(self) -> None:
        """A client that half-closed its connection is served to the end."""
        client = self.connect()
        assert client.transport is not None
        client.transport.write(HEADER + b"alice\n/echo on\nhello")
        client.finish()
        client.until("[12:00] <alice> hello")
        self.assertTrue(client.gone)

    def test_slowReader(self) -> None:
        """The output for a client that does not read is bounded."""
        self.serve(sendq=100_000, floodBurst=10_000)
        client = self.connect()
        client.sendBytes(HEADER + b"alice\n/echo on\n")
        client.link.stalled = True
        for _ in range(100):
            client.sendBytes(b"x" * 4000 + b"\n")
        self.assertTrue(client.gone)

    def test_notReading(self) -> None:
        """A client that closed its reading side receives nothing more."""
        client = self.connect()
        proxied: Any = client.link.server
        proxied.writeConnectionLost()
        client.sendBytes(HEADER)
        client.skip()
        proxied.writeConnectionLost()
        client.sendBytes(b"alice\n")
        client.expect()

    def test_closed(self) -> None:
        """While the door closes, a header ends the connection."""
        client = self.connect()
        closed = self.door.close("bye")
        self.successResultOf(closed)
        client.sendBytes(HEADER)
        self.assertTrue(client.gone)
        late = self.connect("203.0.113.9")
        late.expect()
        self.assertTrue(late.gone)


class SecureTests(ProxiedTestCase):
    """Encryption on both sides of the proxy."""

    def test_secure(self) -> None:
        """
        A client is secure if it uses TLS to the proxy, and the proxy uses TLS or runs on this machine.  A version 1
        header cannot say that the client uses TLS.
        """
        told = binary(0x21, 0x11, OVER_IPV4 + SSL)
        for host, encrypted, header, secure in (
            ("127.0.0.1", False, told, True),
            ("::1", False, told, True),
            (PROXY, True, told, True),
            (PROXY, False, told, False),
            (PROXY, True, HEADER, False),
            ("127.0.0.1", False, HEADER, False),
            (PROXY, True, binary(0x20, 0, b""), True),
            (PROXY, False, binary(0x20, 0, b""), False),
        ):
            self.server.configuration = replace(
                self.server.configuration, doors={"irc": IrcSettings(proxies=("127.0.0.0/8", "::1/128", f"{PROXY}/32"))}
            )
            self.server.context.rehash()
            transport = StringTransport(peerAddress=address(host, 55555))
            if encrypted:
                directlyProvides(transport, ISSLTransport)
            switched: list[bool] = []
            for name in ("setTcpNoDelay", "setTcpKeepAlive"):
                setattr(transport, name, switched.append)
            protocol = Proxied(self.factory)
            protocol.makeConnection(transport)
            protocol.dataReceived(header)
            self.assertIs(secure, self.session().secure, (host, encrypted, header))
            self.assertIs(encrypted, ISSLTransport.providedBy(protocol))
            self.assertEqual([True, True], switched)
            protocol.connectionLost()
