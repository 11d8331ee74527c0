"""Tests of L{twistchat.net.client.inbox}, at both doors, with the default limits and a journal on disk."""

from __future__ import annotations

from shutil import copytree
from typing import Any, TypeAlias

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionLost
from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.model.events import Event, InboxRead
from twistchat.chat.model.sessions import Session
from twistchat.net.client.inbox import SHOWN_AFTER
from twistchat.net.client.protocol import ClientProtocol
from twistchat.net.output.outbox import TransportOutbox
from twistchat.testing import IrcClient, LineClient, MemoryServer
from twistchat.testing.server import NOON, settingsOf

AnyClient: TypeAlias = IrcClient | LineClient


class ShowingTests(SynchronousTestCase):
    """Bob has left two texts for alice.  The classes below choose her door."""

    door = "line"

    def setUp(self) -> None:
        """Register both, and let bob write."""
        self.directory, self.time = "", NOON
        self.start()
        for name in ("alice", "bob"):
            self.successResultOf(Deferred.fromCoroutine(self.server.chat.accounts.register(None, name)))
        bob = self.come("bob")
        self.leave(bob, "one", "two")

    def start(self) -> None:
        """Start the server with a copy of the journal of the one before, as after a crash."""
        self.time += 60
        before, self.directory = self.directory, self.mktemp()
        if before:
            copytree(before, self.directory)
        self.server = MemoryServer(settingsOf(""), directory=self.directory, start=self.time)
        self.marks: list[InboxRead] = []
        append = self.server.log.append

        def noted(event: Event, *args: Any) -> Any:
            if isinstance(event, InboxRead):
                self.marks.append(event)
            return append(event, *args)

        self.patch(self.server.log, "append", noted)

    def leave(self, bob: AnyClient, *texts: str) -> None:
        """Let bob write to alice."""
        for text in texts:
            bob.send(f"PRIVMSG alice :{text}" if self.door == "irc" else f"/msg alice {text}")
        bob.skip()

    def connect(self, account: str) -> tuple[AnyClient, TransportOutbox]:
        """Connect and log in, but do not enter."""
        client = self.server.connectIrc() if self.door == "irc" else self.server.connect()
        session = self.session
        self.login(session, account)
        assert isinstance(session.outlet, ClientProtocol) and isinstance(session.outlet.outbox, TransportOutbox)
        client.skip()
        return client, session.outlet.outbox

    def enter(self, client: AnyClient, account: str) -> None:
        """Enter the chat."""
        client.sendBytes(self.entering(account))

    def entering(self, account: str) -> bytes:
        """The lines with which a client enters."""
        lines = f"NICK {account}\r\nUSER {account} 0 * :a\r\n" if self.door == "irc" else f"{account}\n"
        return lines.encode()

    def come(self, account: str) -> AnyClient:
        """Log in, and enter."""
        client, _ = self.connect(account)
        self.enter(client, account)
        return client

    @property
    def session(self) -> Session:
        """The newest session."""
        return next(reversed(self.server.chat.state.sessions.values()))

    def login(self, session: Session, account: str = "alice") -> None:
        """Let a session log in."""
        self.successResultOf(Deferred.fromCoroutine(self.server.chat.identity.login(session, account)))
        self.server.pump()

    def shown(self, client: AnyClient) -> list[str]:
        """The waiting texts that a client got."""
        return [line.split()[-1] for line in client.lines() if line.endswith((" one", " two", " three"))]

    def quit(self, client: AnyClient) -> None:
        """Leave in order."""
        client.send("QUIT" if self.door == "irc" else "/quit")
        self.assertTrue(client.gone)

    def test_stays(self) -> None:
        """The texts are marked once, when the client has been there for some time."""
        alice = self.come("alice")
        self.assertEqual(self.shown(alice), ["one", "two"])
        self.server.advance(SHOWN_AFTER - 1)
        self.assertEqual(self.marks, [])
        self.server.advance(1)
        self.assertEqual(len(self.marks), 1)
        self.assertEqual(self.server.chat.state.accounts.named("alice").inbox, ())
        self.quit(alice)
        self.server.advance(60)
        self.assertEqual(self.shown(self.come("alice")), [])
        self.assertEqual(len(self.marks), 1)

    def test_reset(self) -> None:
        """A client whose connection breaks first gets them again, whatever it has sent, and no fault is logged."""
        for waits in (0.0, SHOWN_AFTER - 1):
            alice = self.come("alice")
            self.assertEqual(self.shown(alice), ["one", "two"])
            self.server.advance(waits)
            alice.send("PING x" if self.door == "irc" else "/who")
            assert alice.link is not None
            alice.link.cut(ConnectionLost())
            self.server.pump()
            self.server.advance(SHOWN_AFTER)
        self.assertEqual(self.marks, [])
        self.assertEqual(self.shown(self.come("alice")), ["one", "two"])
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_resetAtOnce(self) -> None:
        """A client whose connection breaks while it enters leaves the texts, and no fault is logged."""
        for turns in range(8):
            client, _ = self.connect("alice")
            assert client.link is not None and client.transport is not None
            client.transport.write(self.entering("alice"))
            for _ in range(turns):
                client.link.move()
                self.server.clock.advance(0)
            client.link.cut(ConnectionLost())
            self.server.advance(SHOWN_AFTER)
        self.assertEqual((self.marks, self.flushLoggedErrors()), ([], []))
        self.assertEqual(self.shown(self.come("alice")), ["one", "two"])

    def test_quits(self) -> None:
        """Who sends a line after the texts and leaves in order has received them."""
        alice = self.come("alice")
        self.server.advance(1)
        self.quit(alice)
        self.assertEqual(len(self.marks), 1)
        self.server.advance(SHOWN_AFTER)
        self.assertEqual(self.shown(self.come("alice")), [])

    def test_read(self) -> None:
        """What counts as shown counts as read too, unless the client can say what was read."""
        alice = self.come("alice")
        self.assertIsNone(self.marker)
        self.server.advance(SHOWN_AFTER)
        self.assertEqual(self.marker, int(NOON + 60) * 1000)
        self.quit(alice)

    def test_readWhatFollowed(self) -> None:
        """Who quits has read what came live after the texts, too."""
        alice = self.come("alice")
        self.server.advance(1)
        bob = self.come("bob")
        self.leave(bob, "three")
        self.quit(alice)
        self.assertEqual(self.marker, int(NOON + 61) * 1000)

    @property
    def marker(self) -> int | None:
        """The read marker of alice in the conversation with bob."""
        return self.server.chat.state.accounts.named("alice").markers.get("bob")

    def test_ends(self) -> None:
        """Who closes the connection and has sent nothing after the texts gets them again."""
        alice = self.come("alice")
        self.server.advance(1)
        alice.finish()
        self.server.advance(SHOWN_AFTER)
        self.assertEqual((alice.gone, self.marks), (True, []))
        self.assertEqual(self.shown(self.come("alice")), ["one", "two"])

    def test_crash(self) -> None:
        """After a crash they are shown again, unless they were marked."""
        self.assertEqual(self.shown(self.come("alice")), ["one", "two"])
        self.server.advance(SHOWN_AFTER - 1)
        self.start()
        self.assertEqual(self.shown(self.come("alice")), ["one", "two"])
        self.server.advance(SHOWN_AFTER)
        self.start()
        self.assertEqual(self.shown(self.come("alice")), [])

    def test_devices(self) -> None:
        """A second device that comes meanwhile shows them too, and there is one mark."""
        first, second = self.come("alice"), self.come("alice")
        self.assertEqual((self.shown(first), self.shown(second)), (["one", "two"], ["one", "two"]))
        self.server.advance(SHOWN_AFTER)
        self.quit(first)
        self.server.advance(SHOWN_AFTER)
        self.assertEqual(len(self.marks), 1)

    def test_again(self) -> None:
        """Who logs in again is not shown them again, but what came since."""
        alice = self.come("alice")
        self.assertEqual(self.shown(alice), ["one", "two"])
        session = self.session
        self.login(session)
        self.assertEqual(self.shown(alice), [])
        self.successResultOf(Deferred.fromCoroutine(self.server.chat.identity.logout(session)))
        self.leave(self.come("bob"), "three")
        self.login(session)
        self.assertEqual(self.shown(alice), ["three"])
        self.server.advance(SHOWN_AFTER)
        self.assertEqual(self.server.chat.state.accounts.named("alice").inbox, ())

    def test_slow(self) -> None:
        """While the client does not read, nothing is marked."""
        alice = self.come("alice")
        self.server.advance(SHOWN_AFTER)
        self.quit(alice)
        self.leave(self.come("bob"), "three")
        self.marks.clear()
        alice, outbox = self.connect("alice")
        outbox.pauseProducing()
        self.enter(alice, "alice")
        for _ in range(3):
            self.server.advance(SHOWN_AFTER)
        self.assertEqual((self.marks, self.shown(alice)), ([], []))
        outbox.resumeProducing()
        self.server.advance(SHOWN_AFTER)
        self.assertEqual((self.marks, self.shown(alice)), ([], ["three"]))
        self.server.advance(SHOWN_AFTER)
        self.assertEqual(len(self.marks), 1)


class IrcShowingTests(ShowingTests):
    """The same at the IRC door."""

    door = "irc"
