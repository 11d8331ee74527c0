"""Read markers across doors: what each door marks as read, and that a restart keeps them."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from twistchat.net.client.inbox import SHOWN_AFTER
from twistchat.testing import IrcClient, LineClient, MemoryServer
from twistchat.testing.clients import Client
from twistchat.testing.server import NOON

CAPABILITY = "draft/read-marker"


class ReadMarkerTests(SynchronousTestCase):
    """Alice has an account and uses several doors.  Bob, a guest, speaks in the lobby."""

    def setUp(self) -> None:
        """Start a server with a journal on disk."""
        self.directory = self.mktemp()
        self.start = NOON
        self.begin()
        self.successResultOf(Deferred.fromCoroutine(self.chat.accounts.register(None, "alice")))

    def begin(self) -> None:
        """Start a server that continues the journal."""
        self.server = MemoryServer(directory=self.directory, start=self.start)
        self.addCleanup(self.server.close)
        self.chat = self.server.chat
        self.bob = self.server.person("bob")

    def line(self) -> LineClient:
        """Let alice come in at the line door."""
        client = self.server.connect()
        self.logIn(client, "alice")
        return client

    def irc(self, *capabilities: str) -> IrcClient:
        """Let alice come in at the IRC door, and join the lobby."""
        client = self.server.connectIrc()
        first = ["CAP LS 302", f"CAP REQ :{' '.join(capabilities)}", "CAP END"] if capabilities else []
        self.logIn(client, *first, "NICK alice", "USER alice 0 * :alice", "JOIN #lobby")
        return client

    def logIn(self, client: Client, *lines: str) -> None:
        """Log the newest session in to the account, and send the first lines."""
        session = next(reversed(self.chat.state.sessions.values()))
        self.successResultOf(Deferred.fromCoroutine(self.chat.identity.login(session, "alice")))
        client.send(*lines)
        client.skip()

    def say(self, *texts: str) -> None:
        """Let bob speak, with a second before each text."""
        for text in texts:
            self.server.advance(1)
            self.bob.send(text)

    def marker(self) -> float | None:
        """The marker of the lobby, in seconds since the start."""
        time = self.chat.state.accounts.named("alice").markers.get("#lobby")
        return None if time is None else time / 1000 - NOON

    def unread(self) -> list[tuple[str, int]]:
        """The conversations that alice has not read, and the number of texts in each."""
        session = next(iter(self.chat.identity.find("alice").sessions.values()))
        found = self.successResultOf(Deferred.fromCoroutine(self.chat.reading.unread(session)))
        return [(unread.name, unread.texts) for unread in found]

    def test_leaving(self) -> None:
        """Who leaves the line door has read what was shown, and the rest is unread at the return, over a restart."""
        alice = self.line()
        self.say("one", "two")
        alice.send("/quit")
        self.assertEqual(self.marker(), 2)
        self.say("three", "four")
        self.server.close()
        self.start += 10
        self.begin()
        self.assertEqual(self.marker(), 2)
        self.line()
        self.assertEqual(self.unread(), [("#lobby", 2)])

    def test_lost(self) -> None:
        """What was shown after the client was last heard may not have arrived, and stays unread."""
        alice = self.line()
        self.say("one")
        alice.send("/who")
        self.say("two")
        alice.link.cut()
        self.server.pump()
        self.assertEqual(self.marker(), 1)

    def test_speaking(self) -> None:
        """Who speaks at the line door has read what was shown.  That is recorded at most once a minute."""
        alice = self.line()
        self.say("one")
        alice.send("hello")
        self.assertEqual(self.marker(), 1)
        self.say("two")
        alice.send("hello")
        self.assertEqual((self.marker(), self.unread()), (1, [("#lobby", 1)]))
        self.server.advance(60)
        alice.send("hello")
        self.assertEqual((self.marker(), self.unread()), (2, []))

    def test_parting(self) -> None:
        """So has who leaves a room."""
        alice = self.line()
        self.say("one")
        alice.send("/leave")
        self.assertEqual(self.marker(), 1)

    def test_devices(self) -> None:
        """The marker moves on the IRC client as soon as alice speaks at the line door."""
        phone, alice = self.irc(CAPABILITY), self.line()
        phone.skip()
        self.say("one")
        phone.skip()
        alice.send("hello")
        self.assertIn(":twistchat MARKREAD #lobby timestamp=2026-01-01T12:00:01.000Z", phone.lines())

    def test_irc(self) -> None:
        """A client without read-marker has read what it was shown; one with it says itself what was read."""
        self.say("one")
        for capabilities, marker in (((CAPABILITY,), None), ((), 2)):
            alice = self.irc(*capabilities)
            if not capabilities:
                self.say("two")
            alice.send("QUIT")
            self.assertEqual(self.marker(), marker)

    def test_inbox(self) -> None:
        """Private texts that waited and were shown are read, but for a client that says itself what was read."""
        self.successResultOf(Deferred.fromCoroutine(self.chat.accounts.register(None, "bob")))
        self.bob.send("/quit")
        bob = self.server.connect()
        session = next(reversed(self.chat.state.sessions.values()))
        self.successResultOf(Deferred.fromCoroutine(self.chat.identity.login(session, "bob")))
        bob.send("bob", "/msg alice tea?")
        self.server.advance(5)
        phone = self.irc(CAPABILITY)
        self.server.advance(SHOWN_AFTER)
        phone.send("QUIT")
        self.assertNotIn("bob", self.chat.state.accounts.named("alice").markers)
        bob.send("/msg alice at four?")
        self.line()
        self.server.advance(SHOWN_AFTER)
        self.assertEqual(self.chat.state.accounts.named("alice").markers["bob"] / 1000 - NOON, 10)
        self.assertEqual(self.unread(), [])
        bob.send("/msg alice now?")
        self.assertEqual(self.unread(), [("bob", 1)])
