"""Tests of INFO, STATUS and SESSIONS."""

from __future__ import annotations

from twisted.internet.defer import Deferred

from tests.protocols.irc.services.conversations import ServiceConversations
from twistchat.chat.model.events import Credential, SessionStarted

TOKEN = Credential("token", "phone", "5" * 64)


class InfoTests(ServiceConversations):
    """C{INFO}."""

    DESCRIPTION = (
        "alice: registered 2026-01-01 12:00:00 UTC",
        "Mail address: alice@example.org",
        "Nicks: alice, al",
        "App tokens: phone",
        "Online as alice, with 1 session",
    )

    def setUp(self) -> None:
        """Register an account, and log in to it."""
        super().setUp()
        self.alice = self.irc("alice")
        self.account("alice", TOKEN, Credential("password", secret="hash"), email="alice@example.org")
        self.server.chat.accounts.group(None, "alice", "al")
        self.logIn("alice", "alice")

    def test_own(self) -> None:
        """The owner sees everything except secrets, under each nick of the account."""
        for text in ("INFO", "INFO alice", "info AL"):
            self.asks(self.alice, text, *self.DESCRIPTION)

    def test_others(self) -> None:
        """Others learn only that an account has the nick, and not which one, logged in or not."""
        for bob in (self.irc("bob"), self.member("carol")):
            self.asks(bob, "INFO alice", "alice is registered")
            self.asks(bob, "INFO al", "al is registered")
            self.asks(bob, "INFO nobody", "There is no account nobody")

    def test_lookalike(self) -> None:
        """A look-alike of a name is not the account."""
        self.asks(self.irc("bob"), "INFO \u0430lice", "There is no account \u0430lice")

    def test_guest(self) -> None:
        """A guest asks about the own nick."""
        self.asks(self.irc("bob"), "INFO", "There is no account bob")

    def test_operator(self) -> None:
        """Operators of the server see everything, and the state of the account; but only with the privilege auspex."""
        root, kim = self.operator("root"), self.operator("kim", privileges="kill")
        self.asks(root, "INFO alice", *self.DESCRIPTION)
        self.asks(kim, "INFO alice", "alice is registered")
        self.account("dave")
        self.server.chat.accounts.suspend(None, "dave", "spam")
        self.asks(
            root,
            "INFO dave",
            "dave: registered 2026-01-01 12:00:00 UTC",
            "Suspended: spam",
            "Mail address: none",
            "Nicks: dave",
        )

    def test_unverified(self) -> None:
        """An account that is not verified says so."""
        made = self.server.chat.accounts.register(None, "eve", (), until=2**50)
        self.successResultOf(Deferred.fromCoroutine(made))
        root = self.operator("root")
        root.send("NS INFO eve")
        root.until(":NickServ!NickServ@twistchat NOTICE root :Not verified yet")

    def test_newAddress(self) -> None:
        """The owner sees that a new mail address waits for its code, while the code is valid."""
        now = int(self.server.context.wall() * 1000)
        for until, waits in ((now + 1000, True), (now - 1000, False)):
            self.server.chat.accounts.setCredential(None, "alice", Credential("code", "email", "x", until=until))
            self.server.pump()
            self.alice.send("NS INFO")
            said = [self.textOf(line) for line in self.alice.lines()]
            self.assertEqual(waits, "A new mail address is not verified yet: /msg NickServ VERIFY <code>" in said)


class StatusTests(ServiceConversations):
    """C{STATUS}."""

    def test_levels(self) -> None:
        """0 is a nick without an account or without a user, 1 a stranger, 3 the owner."""
        bob = self.member("bob")
        self.irc("mallory")
        self.account("mallory")
        self.account("zoe")
        self.asks(bob, "STATUS BOB", "STATUS bob 3 (logged in to bob)")
        self.asks(bob, "STATUS nobody", "STATUS nobody 0 (not registered)")
        self.asks(bob, "STATUS zoe", "STATUS zoe 0 (not online)")
        self.asks(bob, "STATUS mallory", "STATUS mallory 1 (not logged in)")


class SessionsTests(ServiceConversations):
    """C{SESSIONS}."""

    def test_list(self) -> None:
        """A user sees their sessions, each with its address."""
        alice = self.member("alice")
        session = next(iter(self.server.chat.identity.find("alice").sessions))
        self.server.clock.advance(7)
        self.asks(
            alice,
            "SESSIONS",
            "You have 1 session:",
            f"1: {session}, this one, not encrypted, from 127.0.0.1, last spoke 7 s ago",
        )

    def test_end(self) -> None:
        """A user ends another session of their own, and hears of a wrong id."""
        alice, phone = self.member("alice"), self.irc("phone")
        user, guest = map(self.server.chat.identity.find, ("alice", "phone"))
        (session,) = guest.sessions.values()
        self.asks(alice, f"SESSIONS END {session.id}", "You have no such session. /msg NickServ SESSIONS lists them")
        self.server.chat.presence.attach(session, user)
        self.server.pump()
        self.asks(alice, f"SESSIONS END {session.id}", f"The session {session.id} ends")
        self.assertTrue(phone.gone)
        self.assertFalse(alice.gone)

    def test_number(self) -> None:
        """A session can be ended by its number in the list."""
        alice, phone = self.member("alice"), self.irc("phone")
        user, guest = map(self.server.chat.identity.find, ("alice", "phone"))
        (session,) = guest.sessions.values()
        self.server.chat.presence.attach(session, user)
        self.server.pump()
        for number in ("0", "3", "-1"):
            self.asks(alice, f"SESSIONS END {number}", "You have no such session. /msg NickServ SESSIONS lists them")
        self.asks(alice, "SESSIONS END 1", "That is this session. To end it, use /QUIT")
        self.asks(alice, "SESSIONS END 2", f"The session {session.id} ends")
        self.assertTrue(phone.gone)

    def test_elsewhere(self) -> None:
        """A session on another node of a cluster is listed, and can be ended too."""
        alice = self.member("alice")
        user = self.server.chat.identity.find("alice")
        for asked in ("SESSIONS END far", "SESSIONS END 2"):
            self.server.log.append(SessionStarted(user.source, "far", "b-1"))
            alice.send("PRIVMSG NickServ SESSIONS")
            self.assertIn(":2: far: at another node", "".join(alice.lines()))
            self.asks(alice, asked, "The session far ends")
            self.assertEqual(1, user.sessionCount)

    def test_own(self) -> None:
        """SESSIONS END does not end the session in which it is typed."""
        alice = self.member("alice")
        (session,) = self.server.chat.identity.find("alice").sessions
        self.asks(alice, f"SESSIONS END {session}", "That is this session. To end it, use /QUIT")
        self.asks(alice, "SESSIONS STOP", "Usage: /msg NickServ SESSIONS [LIST] | END <number>|<id>")
