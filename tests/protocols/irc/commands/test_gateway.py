"""Tests of WEBIRC: gateways that connect for their clients (IRCv3 webirc)."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.protocols.irc.servers import SECRET, STRANGER, encrypt, gateway, host, listed, rooted, staffed
from twistchat.accounts.secrets.passwords import Verifier
from twistchat.net.stream import StreamCarrier
from twistchat.protocols.irc.protocol import IrcConnection
from twistchat.testing import IrcClient, MemoryServer
from twistchat.testing.workers import HeldWorker

ALICES = "198.51.100.3"
"""The address of the gateway's client."""

LINE = f"WEBIRC secret web alice.example {ALICES}"


class GatewayTests(SynchronousTestCase):
    """A gateway at L{STRANGER}."""

    def setUp(self) -> None:
        """Start the server."""
        self.server = MemoryServer(gateway())

    def enter(self, line: str = LINE, address: str = STRANGER, nick: str = "alice") -> IrcClient:
        """Register through a gateway."""
        client = self.server.connectIrc(address)
        client.send(line, f"NICK {nick}", f"USER {nick} 0 * :{nick}")
        return client

    def test_address(self) -> None:
        """The client has its own address and host, not those of the gateway."""
        alice = self.enter()
        self.assertIn(f"alice!~alice@{host(ALICES)}", alice.lines()[0])
        alice.send("WHOIS alice")
        self.assertIn(f":twistchat 338 alice alice ~alice@{ALICES} {ALICES} :Is actually using host", alice.lines())

    def test_blankLine(self) -> None:
        """A blank line is not a message, so WEBIRC may follow it."""
        self.assertIn(f"alice!~alice@{host(ALICES)}", self.enter(f"\r\n{LINE}").lines()[0])

    def test_ipv6(self) -> None:
        """An IPv6 address may begin with a zero, so that it is not a trailing parameter."""
        for given, shown in (("2001:db8::1", "2001:db8::1"), ("0::1", "0::1"), ("::ffff:192.0.2.1", "192.0.2.1")):
            if given.startswith(":"):
                given = f"0{given}"
            alice = self.enter(f"WEBIRC secret web x {given}")
            alice.send("WHOIS alice")
            self.assertIn(f"~alice@{shown} {shown} :Is", "".join(alice.lines()))
            alice.send("QUIT")

    def test_refused(self) -> None:
        """A wrong password, gateway, position or address ends the connection with ERROR."""
        for line, address, why in (
            (LINE.replace("secret", "wrong"), STRANGER, "Invalid WebIRC password, or address of a gateway"),
            (LINE, "192.0.2.8", "Invalid WebIRC password, or address of a gateway"),
            (LINE, "127.0.0.1", "Invalid WebIRC password, or address of a gateway"),
            (f"CAP LS 302\r\n{LINE}", STRANGER, "WEBIRC must be the first message"),
            (f"{LINE}\r\n{LINE}", STRANGER, "WEBIRC must be the first message"),
            ("WEBIRC secret web host nonsense", STRANGER, "WEBIRC names no IP address"),
            ("WEBIRC secret web host 1.2.3", STRANGER, "WEBIRC names no IP address"),
            ("WEBIRC secret web host :a b", STRANGER, "WEBIRC names no IP address"),
        ):
            client = self.enter(line, address)
            last = client.lines()[-1]
            self.assertTrue(last.endswith(f" ({why})") and last.startswith("ERROR :"), last)
            self.assertTrue(client.gone)
        self.assertEqual(0, len(self.server.chat.state.users))

    def test_wrongAgain(self) -> None:
        """A wrong password stays wrong after a correct one."""
        for password, refused in (("wrong", True), ("wrong", True), ("secret", False), ("wrong", True)):
            self.assertIs(refused, self.enter(LINE.replace("secret", password), nick=f"a{refused}").gone, password)

    def test_tooFew(self) -> None:
        """WEBIRC without an address is refused, and was the first message."""
        client = self.server.connectIrc(STRANGER)
        client.send("WEBIRC secret web host")
        client.expect(
            ":twistchat 461 * WEBIRC :Not enough parameters: <password> <gateway> <hostname> <ip> [<options>]"
        )

    def test_limits(self) -> None:
        """Limits count the client's address, not that of the gateway."""
        self.server = MemoryServer(gateway(limits={"connectionsPerAddress": 2, "newPerAddress": 5}))
        for number in range(8):
            client = self.enter(f"WEBIRC secret web x 198.51.100.{number}", nick=f"a{number}")
            self.assertFalse(client.gone)
        self.assertFalse(self.enter(nick="b1").gone)
        client = self.enter(nick="b2")
        self.assertTrue(client.gone)
        self.assertIn("Your address has ", client.lines()[0])

    def test_wrongOften(self) -> None:
        """Wrong passwords are limited.  A known correct one is not hashed again, and does not wait for them."""
        self.enter().send("QUIT")
        self.server.context.passwords.stop()
        self.assertFalse(self.enter().gone)
        client = self.enter(LINE.replace("secret", "wrong"))
        self.assertEqual(
            f"ERROR :Closing Link: {host(STRANGER)} (Too many passwords to check; try again in a minute)",
            client.lines()[0],
        )

    def test_goneMeanwhile(self) -> None:
        """A gateway that disconnects during the check of its password leaves nothing behind."""
        worker = HeldWorker()
        self.server.context.passwords = Verifier(lambda: worker, 1)
        client = self.enter()
        client.hangUp()
        worker.step()
        self.server.pump()
        self.assertEqual({}, self.server.chat.state.sessions)

    def test_banned(self) -> None:
        """A banned client is refused through a gateway too; the gateway's other clients are not."""
        self.server = staffed()
        root = rooted(self.server, "root")
        root.send(f"DLINE {ALICES} :no")
        self.server.context.settings = gateway()
        client = self.enter()
        client.expect(f"ERROR :Closing Link: {host(ALICES)} (Banned from this server: no)")
        self.assertTrue(client.gone)
        self.assertFalse(self.enter("WEBIRC secret web x 198.51.100.4", nick="bob").gone)

    def test_rate(self) -> None:
        """The client's address decides whether rate limits apply."""
        alice = self.enter("WEBIRC secret web x 127.0.0.5")
        (session,) = self.server.chat.identity.find("alice").sessions.values()
        self.assertTrue(session.exempt)
        alice.send("QUIT")


class SecureTests(SynchronousTestCase):
    """Whether a client of a gateway counts as encrypted."""

    def secure(self, options: str, encrypted: bool) -> bool:
        """Whether a client with these options counts as encrypted."""
        encrypt(self, encrypted)
        server = MemoryServer(gateway(irc={"stsPort": 6697}))
        client = server.connectIrc(STRANGER)
        client.send(f"{LINE} {options}", "CAP LS 302")
        offered = " ".join(listed(client))
        client.send("NICK alice", "USER a 0 * :a", "CAP END")
        secure = server.chat.identity.find("alice").secure
        self.assertEqual(secure, "sts=duration=" in offered)
        self.assertEqual(not secure, "sts=port=6697" in offered)
        return secure

    def test_options(self) -> None:
        """It needs the option, with or without a value, and an encrypted gateway."""
        for options in ("secure", "secure=x", ":local-port=6697 secure=1 remote-port=1", ":new=a\\sb secure"):
            self.assertTrue(self.secure(options, True), options)
            self.assertFalse(self.secure(options, False), options)
        for options in ("", ":insecure local-port=6697", "xsecure", "secured=1", "Secure"):
            self.assertFalse(self.secure(options, True), options)


class HashTests(SynchronousTestCase):
    """The memory of a gateway's password."""

    def test_noPassword(self) -> None:
        """The server keeps a digest, not the password."""
        server = MemoryServer(gateway())
        client = server.connectIrc(STRANGER)
        client.send(LINE)
        carrier = client.link.server  # what the door made of it
        assert isinstance(carrier, StreamCarrier)
        connection = carrier.client
        assert isinstance(connection, IrcConnection)
        ((hash, digest),) = connection.irc.gateways.items()
        self.assertEqual(SECRET, hash)
        self.assertNotIn(b"secret", digest)
