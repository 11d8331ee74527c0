"""Tests of L{twistchat.protocols.line.inbox}."""

from __future__ import annotations

from twisted.internet.defer import Deferred, succeed
from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.model.spans import Damaged
from twistchat.net.client.inbox import SHOWN_AFTER
from twistchat.testing import LineClient, MemoryServer


class InboxTests(SynchronousTestCase):
    """Bob writes to alice, who is not here."""

    def setUp(self) -> None:
        """Register both, and let bob log in."""
        self.server = MemoryServer()
        self.chat = self.server.chat
        for name in ("alice", "bob"):
            self.successResultOf(Deferred.fromCoroutine(self.chat.accounts.register(None, name)))
        self.bob = self.come("bob")
        self.bob.skip()

    def come(self, account: str) -> LineClient:
        """Log in and enter."""
        client = self.server.connect()
        session = next(reversed(self.chat.state.sessions.values()))
        self.successResultOf(Deferred.fromCoroutine(self.chat.identity.login(session, account)))
        client.skip()
        client.send(account)
        return client

    def test_left(self) -> None:
        """The sender is told that the text waits, and the recipient is shown it after coming in."""
        self.bob.send("/msg alice tea at four?")
        self.bob.expect("* alice is not here, and gets messages at the next login")
        self.server.advance(86400)
        self.bob.send("/msg alice or at five?")
        alice = self.come("alice")
        alice.until("* alice joined #lobby")
        alice.expect(
            "* 2 messages while you were away:",
            "* --- Thursday, 1 January 2026",
            "[12:00] @alice <bob> tea at four?",
            "* --- Friday, 2 January 2026",
            "[12:00] @alice <bob> or at five?",
        )
        self.server.advance(SHOWN_AFTER)
        self.come("alice").expect(
            "* You are alice, and were here already; you are in #lobby", "* You are talking in #lobby"
        )

    def test_guest(self) -> None:
        """A guest is told how to leave a message."""
        guest = self.server.person("guest")
        guest.send("/msg alice x", "/msg nobody x")
        guest.expect(
            "! Nobody here is called alice now.  /login to leave a message.",
            "! Nobody here is called nobody.  /who lists who is in this room.",
        )

    def test_damaged(self) -> None:
        """A text that cannot be read is counted."""
        self.bob.send("/msg alice x")
        (left,) = self.chat.state.accounts.named("alice").inbox
        self.patch(self.server.history, "read", lambda span: succeed([Damaged(left.sequence)]))
        alice = self.come("alice")
        self.assertEqual(alice.lines()[-1], "* 1 message cannot be read, because of damage on disk")
