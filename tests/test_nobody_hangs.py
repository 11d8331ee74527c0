"""
Every client gets its answers, and the server notices the end of every client, whatever they send.

The tests use both doors of a whole server with the default limits.
"""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twistchat.config import Settings
from twistchat.config.limits import Limits
from twistchat.net.input.intake import LINES
from twistchat.net.limits.rates import REFUSALS
from twistchat.protocols.line.settings import LineSettings
from twistchat.testing import Client, IrcClient, MemoryServer

DEFAULTS = Settings(doors={"line": LineSettings(timezone="UTC")})
"""What a server has whose administrator chose nothing."""

LIMITS = Limits()

HOSTS = ("192.0.2.1", "2001:db8::1", "127.0.0.1")
"""None of them is exempt."""

IRC_LINES = (
    *("TIME", "PING x", "PONG x", "", "NAMES #tea", "WHO #tea", "PRIVMSG #tea :hello", "PRIVMSG nobody :hello"),
    *("JOIN #tea", "PART #tea", "NICK", "BOGUS", ":", "@label=1 PING y", "x" * 600, "VERSION", "LIST", "AWAY :x"),
)

LINE_LINES = ("hello", "", "/who", "/help", "/bogus", "/join #tea", "/leave", "x" * 5000, "/rooms", "/me waves")

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("irc"), st.lists(st.sampled_from(IRC_LINES), min_size=1, max_size=12)),
        st.tuples(st.just("line"), st.lists(st.sampled_from(LINE_LINES), min_size=1, max_size=12)),
        st.tuples(st.just("wait"), st.sampled_from([0.1, 0.5, 2.0, 4.0])),
        st.tuples(st.just("close"), st.sampled_from(["irc", "line"])),
    ),
    max_size=12,
)


def here(server: MemoryServer) -> set[str]:
    """Return the nicks of the users."""
    return {user.nick for user in server.chat.state.users}


class EveryoneTests(SynchronousTestCase):
    """Clients that are exempt from nothing."""

    def wait(self, server: MemoryServer, seconds: float, *clients: Client) -> None:
        """Advance the clock, while IRC clients answer PING."""
        for _ in range(int(seconds)):
            server.advance(1)
            for client in clients:
                asked = [line for line in client.lines() if re.match(r"PING|:\S+ PING", line)]
                if asked and not client.gone:
                    client.send("PONG x")

    def test_throttledTwice(self) -> None:
        """A client that is throttled twice in a row is read again, and the server notices when it closes."""
        server = MemoryServer(DEFAULTS)
        for host in HOSTS:
            client = server.irc("bob", host=host)
            client.join("#tea")
            server.advance(4)
            client.send(*["TIME"] * 7, "PING last")
            self.wait(server, 3)
            self.assertIn(b" last\r\n", client.raw)
            client.send("PING again")
            server.advance(1)
            self.assertIn(b" again\r\n", client.raw)
            assert client.transport is not None
            client.transport.loseConnection()
            server.pump()
            self.assertEqual(set(), here(server))

    def test_throttledAndClosed(self) -> None:
        """A client that closes while its lines wait is gone within the ping timeout."""
        for line in ("TIME", "PONG x", ""):
            server = MemoryServer(DEFAULTS)
            client = server.irc("bob", host=HOSTS[0])
            client.send(*[line] * 20_000)
            assert client.transport is not None
            client.transport.loseConnection()
            server.pump()
            self.assertEqual({"bob"}, here(server))
            for _ in range(int(LIMITS.pingTimeout) + 2):
                server.advance(1)
            self.assertEqual(set(), here(server), line)

    def test_patient(self) -> None:
        """A client with many waiting lines that stays is served to the last of them."""
        server = MemoryServer(DEFAULTS)
        client = server.irc("bob", host=HOSTS[0])
        client.send(*["TIME"] * 500, "PING last")
        self.wait(server, 260)
        self.assertFalse(client.gone)
        self.assertIn(b" last\r\n", client.raw)
        self.assertEqual(500, client.raw.count(b" 391 "))

    @settings(max_examples=60, deadline=None)
    @given(STEPS, st.sampled_from(HOSTS))
    def test_anything(self, steps: list[tuple[str, object]], host: str) -> None:
        """Clients that stay are answered, and clients that close are gone within the ping timeout."""
        server = MemoryServer(DEFAULTS)
        irc, person = server.irc("irc", host=host), server.person("line", host=host)
        clients: dict[str, Client] = {"irc": irc, "line": person}
        for kind, what in steps:
            if kind == "wait":
                assert isinstance(what, float)
                server.advance(what)
            elif kind == "close":
                transport = clients[str(what)].transport
                assert transport is not None
                transport.loseConnection()
                server.pump()
            elif not clients[kind].gone:
                assert isinstance(what, list)
                clients[kind].send(*what)
        closed = {name for name, client in clients.items() if client.gone or client.transport.disconnecting}  # type: ignore[union-attr]
        self.wait(server, LIMITS.pingTimeout + 2, *(client for client in (irc,) if "irc" not in closed))
        self.assertEqual({"irc", "line"} - closed, here(server))
        if "irc" not in closed:
            irc.send("PING last")
            server.advance(1)
            self.assertTrue(any(line.endswith(" last") for line in irc.lines()))
        if "line" not in closed:
            person.skip()
            person.send("/help")
            self.assertTrue(person.lines())


class FloodTests(SynchronousTestCase):
    """Clients that only make work are throttled or disconnected."""

    def setUp(self) -> None:
        """Start a server, with a canary in it."""
        self.server = MemoryServer(DEFAULTS)
        self.canary = self.server.irc("canary", host=HOSTS[1])

    def test_refusals(self) -> None:
        """At the line door, many refused lines in a row close the connection."""
        person = self.server.person("eve", host=HOSTS[0])
        person.send(*["hello"] * (LINES * 20))
        told = person.lines()
        self.assertTrue(person.gone)
        advice = "Connect again and paste less at once."
        self.assertEqual(f"! You sent more than {REFUSALS} lines too fast.  {advice}", told[-1])
        self.assertLess(len(told), REFUSALS + 20)

    def test_paste(self) -> None:
        """A client that pastes a page gets a refusal for each line that is too fast, and stays."""
        person = self.server.person("alice", host=HOSTS[0])
        person.send(*["hello"] * 60)
        told = person.lines()
        self.assertFalse(person.gone)
        taken = LIMITS.floodBurst - 1  # the name was a line too
        self.assertEqual([True] * (60 - taken), [line.startswith("! Too fast") for line in told])

    def test_blankLines(self) -> None:
        """Many blank lines close a connection to the line door; a few do nothing."""
        person = self.server.person("eve", host=HOSTS[0])
        person.send(*[""] * 100)
        self.assertFalse(person.gone)
        person.send(*[""] * 1000)
        self.assertEqual("! You sent too many blank lines", person.lines()[-1])
        self.assertTrue(person.gone)

    def test_blankLinesEarly(self) -> None:
        """Before a client has entered, blank lines count as other lines do, at both doors."""
        for client in (self.server.connect(HOSTS[0]), self.server.connectIrc(HOSTS[0])):
            client.send(*[""] * LIMITS.unregisteredLines)
            self.assertFalse(client.gone)
            client.send("")
            self.assertTrue(client.gone)

    def test_telnet(self) -> None:
        """Many telnet commands close the connection, also that of an exempt client."""
        settings = Settings(limits=Limits(exempt=("192.0.2.0/24",)))
        for server in (self.server, MemoryServer(settings)):
            for command in (b"\xff\xfd\x01", b"\xff\xfe\x01", b"\xff\xf1"):
                client = server.connect(HOSTS[0])
                client.sendBytes(command * 500)
                self.assertFalse(client.gone)
                client.sendBytes(command * 5000)
                self.assertTrue(client.raw.endswith(b"! You sent too many telnet commands\n"))
                self.assertTrue(client.gone)

    def test_pongs(self) -> None:
        """PONGs and blank lines at the IRC door are throttled, later than other lines."""
        for line in ("PONG x", ""):
            client = self.server.irc("eve", host=HOSTS[0])
            client.send(*[line] * 2000, "PING last")
            client.expect()
            self.server.advance(10)
            client.expect()
            for _ in range(80):
                self.server.advance(1)
            self.assertTrue(any(shown.endswith(" last") for shown in client.lines()))
            client.hangUp()

    def test_exempt(self) -> None:
        """All lines of an exempt client take effect, even if they exceed its share of a turn."""
        server = MemoryServer(Settings(limits=Limits(exempt=("192.0.2.0/24",))))
        client = server.irc("alice", host=HOSTS[0])
        client.send(*["PING x"] * LINES * 5)
        self.assertEqual(LINES * 5, len(client.lines()))


class StrangerTests(SynchronousTestCase):
    """Connections that speak another protocol, as browsers do for a web page."""

    REQUESTS = (
        "POST / HTTP/1.1",
        "get / http/1.1",
        "GET /",
        "OPTIONS * HTTP/1.0",
        "NICK /x HTTP/1.1",
        "PRI * HTTP/2.0",
        "put http://127.0.0.1:6667/ HTTP/1.1",
    )

    def attack(self, client: Client, *head: str) -> None:
        """Send the head of a request with lines of chat as its body, in one write."""
        lines = (*head, "Content-Length: 100", "", "NICK eve", "USER eve 0 * :eve", "JOIN #tea", "PRIVMSG #tea :hi")
        client.sendBytes("\r\n".join([*lines, "eve", "hello", ""]).encode())

    def test_request(self) -> None:
        """An HTTP request line, with any method and in any case, closes the connection at once."""
        for request in self.REQUESTS:
            server = MemoryServer(DEFAULTS)
            clients: tuple[Client, ...] = (server.connect(HOSTS[0]), server.connectIrc(HOSTS[0]))
            for client in clients:
                self.attack(client, request)
                self.assertTrue(client.gone, request)
            self.assertEqual(set(), here(server))

    def test_host(self) -> None:
        """A Host header closes it too, if the request line was not recognized."""
        for header in ("Host: 127.0.0.1:6667", "host:x", " HOST : x"):
            server = MemoryServer(DEFAULTS)
            clients: tuple[Client, ...] = (server.connect(HOSTS[0]), server.connectIrc(HOSTS[0]))
            for client in clients:
                self.attack(client, "GET /" + "x" * 9000 + " HTTP/1.1", "Accept: */*", header)
                self.assertTrue(client.gone, header)
            self.assertEqual(set(), here(server))

    def test_tls(self) -> None:
        """A TLS handshake closes it too, before its first line is complete."""
        server = MemoryServer(DEFAULTS)
        for client in (server.connect(HOSTS[0]), server.connectIrc(HOSTS[0])):
            client.sendBytes(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
            self.assertTrue(client.gone)
            self.assertIn(b"TLS handshake", client.raw)

    def test_chat(self) -> None:
        """Users may write about HTTP, and a realname may contain it."""
        server = MemoryServer(DEFAULTS)
        client = server.connectIrc(HOSTS[0])
        client.send("NICK bob", "USER bob 0 * :I like HTTP/1.1", "JOIN #tea", "Host: x", "GET / HTTP/1.1")
        server.advance(5)
        self.assertFalse(client.gone)
        person = server.person("alice", host=HOSTS[0])
        person.send("GET / HTTP/1.1", "Host: x")
        self.assertFalse(person.gone)
        self.assertEqual({"bob", "alice"}, here(server))
        self.assertIsInstance(client, IrcClient)
