"""Tests of PING, PONG, timeouts and ERROR."""

from __future__ import annotations

from twisted.internet import defer
from twisted.trial.unittest import SynchronousTestCase

from tests.protocols.irc.servers import STRANGER, host, mask, rooted, serverWith, staffed
from twistchat.testing import ManualLog, MemoryServer, inMemory


class PingTests(SynchronousTestCase):
    """PING from a client."""

    def setUp(self) -> None:
        """Register bob."""
        self.server = MemoryServer()
        self.bob = self.server.irc("bob")

    def test_token(self) -> None:
        """The reply repeats the token, whatever it is."""
        for token, shown in (
            ("x", "x"),
            (":a b", ":a b"),
            ("::x", "::x"),
            ("\N{SNOWMAN}", "\N{SNOWMAN}"),
            ("1 2", "1"),
        ):
            self.bob.send(f"PING {token}")
            self.bob.expect(f":twistchat PONG twistchat {shown}")

    def test_none(self) -> None:
        """PING without a token is an error."""
        for line in ("PING", "PING :"):
            self.bob.send(line)
            self.bob.expect(":twistchat 409 bob :No origin specified")

    def test_long(self) -> None:
        """A token that fills the line is cut, because the reply is longer."""
        self.bob.send(f"PING {'x' * 504}")
        (line,) = self.bob.lines()
        self.assertIn(len(line), (509, 510))

    def test_early(self) -> None:
        """It works before registration."""
        client = self.server.connectIrc()
        client.send("PING x", "PONG x")
        client.expect(":twistchat PONG twistchat x")

    def test_behindMessages(self) -> None:
        """PONG comes after everything that was sent before PING."""
        server = MemoryServer(journal=inMemory(ManualLog))
        assert isinstance(server.log, ManualLog)
        client = server.connectIrc()
        client.send("CAP REQ echo-message", "NICK bob", "USER b 0 * :b", "CAP END", "JOIN #a")
        self.commit(server)
        client.skip()
        client.send("PRIVMSG #a :one", "PRIVMSG #a :two", "PING x")
        client.expect()
        self.commit(server)
        self.assertEqual(["one", "two", "x"], [line.split(" ")[-1].removeprefix(":") for line in client.lines()])

    def commit(self, server: MemoryServer) -> None:
        """Commit all events in the journal."""
        assert isinstance(server.log, ManualLog)
        while server.log.waiting:
            server.log.commit()
            server.pump()


class SilenceTests(SynchronousTestCase):
    """PING from the server."""

    def setUp(self) -> None:
        """Register bob, and alice, who sees him quit."""
        self.server = MemoryServer()
        self.bob, self.alice = self.server.irc("bob"), self.server.irc("alice")
        for client in (self.bob, self.alice):
            client.join("#a")

    def test_asked(self) -> None:
        """After 90 s of silence a client gets one PING.  Any line is an answer."""
        self.server.advance(89)
        self.alice.send("PING x")
        self.bob.skip()
        self.bob.expect()
        self.server.advance(3)
        self.bob.expect(":twistchat PING twistchat")
        self.bob.send("PONG twistchat")
        self.bob.expect()
        self.server.advance(85)
        self.bob.expect()
        self.server.advance(6)
        self.bob.expect(":twistchat PING twistchat")

    def test_gone(self) -> None:
        """A client that does not answer is disconnected after 150 s, and others see the reason."""
        self.server.advance(91)
        self.alice.send("PONG x")
        self.alice.skip()
        self.bob.skip()
        self.server.advance(58)
        self.assertFalse(self.bob.gone)
        self.server.advance(3)
        self.bob.expect(f"ERROR :Closing Link: {host()} (Ping timeout: 150 s)")
        self.assertTrue(self.bob.gone)
        self.assertIn(f":{mask('bob')} QUIT :Ping timeout: 150 s", self.alice.lines())

    def test_limits(self) -> None:
        """Both times are configurable."""
        server = serverWith(limits={"ping": 5.0, "pingTimeout": 8.0})
        bob = server.irc("bob")
        server.advance(6)
        bob.expect(":twistchat PING twistchat")
        server.advance(4)
        self.assertTrue(bob.gone)


class EndTests(SynchronousTestCase):
    """ERROR."""

    def setUp(self) -> None:
        """Register bob, and alice, who sees him quit."""
        self.server = staffed()
        self.bob, self.alice = self.server.irc("bob"), self.server.irc("alice")
        for client in (self.bob, self.alice):
            client.join("#a")
        self.alice.skip()
        self.bob.skip()

    def test_quit(self) -> None:
        """The reply to QUIT is ERROR.  Others see the reason, marked as the client's."""
        self.bob.send("QUIT :so long", "PRIVMSG #a :more")
        self.bob.expect(f"ERROR :Closing Link: {host()} (Quit: so long)")
        self.assertTrue(self.bob.gone)
        self.alice.expect(f":{mask('bob')} QUIT :Quit: so long")

    def test_quitWithoutReason(self) -> None:
        """Without a reason there is only the mark."""
        self.bob.send("QUIT")
        self.alice.expect(f":{mask('bob')} QUIT :Quit: ")

    def test_quitTooLong(self) -> None:
        """A reason that is too long is cut, in QUIT and in ERROR."""
        self.server = serverWith(limits={"reason": 20})
        alice, bob = self.server.irc("alice"), self.server.irc("bob")
        for client in (alice, bob):
            client.join("#a")
        alice.skip()
        bob.send(f"QUIT :{'x' * 500}")
        alice.expect(f":{mask('bob')} QUIT :Quit: {14 * 'x'}")
        (line,) = bob.lines()
        self.assertLessEqual(len(line), 510)
        self.assertTrue(line.endswith("x)"))

    def test_hangUp(self) -> None:
        """Others see a lost connection as QUIT."""
        self.bob.hangUp()
        self.alice.expect(f":{mask('bob')} QUIT :connection lost")

    def test_labelled(self) -> None:
        """The label on QUIT is answered before the connection ends."""
        self.bob.send("CAP REQ :labeled-response batch", "@label=L QUIT")
        self.assertEqual(["@label=L :twistchat ACK", f"ERROR :Closing Link: {host()} (Quit:)"], self.bob.lines()[1:])

    def test_serverCloses(self) -> None:
        """All clients are told when the server stops."""
        closed = self.server.close("The server is shutting down")
        self.bob.expect(f"ERROR :Closing Link: {host()} (The server is shutting down)")
        self.assertIsInstance(closed, defer.Deferred)

    def test_longReason(self) -> None:
        """An operator's reason of four-byte characters does not break a line."""
        root = rooted(self.server, "root")
        root.send(f"KILL bob :{110 * chr(0x10330)}")
        for client in (self.bob, self.alice):
            for line in client.lines():
                self.assertLessEqual(len(line.encode()), 510)
        self.assertTrue(self.bob.gone)

    def test_tooMany(self) -> None:
        """A connection that is not admitted gets ERROR with the reason."""
        server = serverWith(limits={"connectionsPerAddress": 1})
        server.connectIrc(STRANGER)
        other = server.connectIrc(STRANGER)
        self.assertTrue(other.gone)
        (line,) = other.lines()
        self.assertTrue(line.startswith(f"ERROR :Closing Link: {host(STRANGER)} (Your address has 1 connection,"))
