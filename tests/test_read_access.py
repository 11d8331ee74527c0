"""
Read access: everyone who may not read a text tries every way to it, and not a byte of it reaches them.

The same ways show the text to a reader who has access, so the test would notice a way that leads nowhere.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from twistchat.testing import IrcClient, LineClient, MemoryServer

SECRET = "xyzzy"
"""The word that the hidden text contains."""

CAPABILITIES = (
    "batch",
    "draft/chathistory",
    "draft/event-playback",
    "draft/message-redaction",
    "draft/read-marker",
    "message-tags",
    "soju.im/search",
    "standard-replies",
)

LAST = 60
"""The last message id that is tried."""

STAMP = "timestamp=2026-01-01T{}:00:00.000Z"
MORNING, EVENING = STAMP.format("00"), STAMP.format("23")

BY_TIME = (
    "CHATHISTORY LATEST {} * 50",
    f"CHATHISTORY BEFORE {{}} {EVENING} 50",
    f"CHATHISTORY AFTER {{}} {MORNING} 50",
    f"CHATHISTORY AROUND {{}} {STAMP.format('12')} 50",
    f"CHATHISTORY BETWEEN {{}} {MORNING} {EVENING} 50",
)
"""Requests for the whole room."""

IRC = (
    *BY_TIME,
    *[f"CHATHISTORY AROUND {{}} msgid=test-{number} 9" for number in range(1, LAST)],
    *[f"CHATHISTORY AROUND #own msgid=test-{number} 9" for number in range(1, LAST)],
    f"CHATHISTORY TARGETS {MORNING} {EVENING} 50",
    f"SEARCH text={SECRET}",
    f"SEARCH in={{}};text={SECRET}",
    "MARKREAD {}",
    f"MARKREAD {{}} {MORNING}",
)
"""The ways of the IRC door, with the room in place of the braces."""

LINE = ("/history {}", "/history {} 00:00", f"/search {SECRET}", "/history #own")
"""The ways of the line door."""


class ReadAccessTests(SynchronousTestCase):
    """Olga owns #tea, a registered room, and says the hidden text there.  The readers are in #own, a room of theirs."""

    def setUp(self) -> None:
        """Register the accounts and the room."""
        self.server = MemoryServer()
        self.chat = self.server.chat
        for name in ("olga", "reader"):
            self.successResultOf(Deferred.fromCoroutine(self.chat.accounts.register(None, name)))
        self.olga = self.irc("olga", "olga")
        self.olga.send("JOIN #tea", "CS REGISTER #tea")

    def logIn(self, account: str | None) -> None:
        """Log the newest session in."""
        if account is not None:
            session = next(reversed(self.chat.state.sessions.values()))
            self.successResultOf(Deferred.fromCoroutine(self.chat.identity.login(session, account)))

    def irc(self, nick: str, account: str | None) -> IrcClient:
        """Let a client come in at the IRC door."""
        client = self.server.connectIrc()
        self.logIn(account)
        client.register(nick, *CAPABILITIES)
        return client

    def line(self, nick: str, account: str | None) -> LineClient:
        """Let a client come in at the line door."""
        client = self.server.connect()
        self.logIn(account)
        client.send(nick)
        return client

    def tries(self, account: str | None, prepare: Callable[[str], None], room: str = "#tea") -> list[str]:
        """
        Let a reader try every way.

        @param prepare: called with the nick after the reader has come in; it lets the text be said.
        @return: the ways that showed the hidden text.
        """
        shown = []
        for door, ways in (("irc", IRC), ("line", LINE)):
            nick = f"reader{door}" if account is None else "reader"
            client = self.irc(nick, account) if door == "irc" else self.line(nick, account)
            client.send("JOIN #own" if door == "irc" else "/join #own")
            if door == "irc":
                prepare(nick)
            client.skip()
            for way in ways:
                client.send(way.format(room))
                # Without what the client itself has sent.
                answer = "\n".join(client.lines()).replace(f'"{SECRET}"', "")
                if SECRET in answer:
                    shown.append(way.format(room))
            client.send("QUIT" if door == "irc" else "/quit")
        return shown

    def say(self, target: str = "#tea") -> None:
        """Say the hidden text."""
        self.olga.send(f"PRIVMSG {target} :{SECRET}")

    def test_member(self) -> None:
        """A member is shown it: these ways lead to texts."""

        def prepare(nick: str) -> None:
            client = self.chat.identity.find(nick)
            self.say()
            self.chat.membership.join(next(iter(client.sessions.values())), "#tea")
            self.server.pump()

        shown = self.tries("reader", prepare)
        for way in BY_TIME:
            self.assertIn(way.format("#tea"), shown)
        self.assertIn(f"SEARCH text={SECRET}", shown)

    def test_outside(self) -> None:
        """Neither an account nor a guest who is outside is shown it."""
        for account in ("reader", None):
            self.assertEqual(self.tries(account, lambda nick: self.say()), [])

    def test_secret(self) -> None:
        """Nobody outside is shown it in a secret room, whoever can read its history; its name is not shown either."""
        self.olga.send("CS SET #tea HISTORY everyone", "MODE #tea +s", f"TOPIC #tea :{SECRET}")
        for account in ("reader", None):
            self.assertEqual(self.tries(account, lambda nick: self.say()), [])
        reader = self.irc("watcher", None)
        reader.send(
            "NAMES #tea", "TOPIC #tea", "LIST", "WHO #tea", "WHOIS olga", "WHO olga", "MODE #tea", "MODE #tea b"
        )
        answer = "\n".join(reader.lines())
        self.assertNotIn(SECRET, answer)
        self.assertNotIn("353", answer)

    def test_everyone(self) -> None:
        """If everyone can read the room, outsiders are shown it."""
        self.olga.send("CS SET #tea HISTORY everyone")
        self.assertIn("CHATHISTORY LATEST #tea * 50", self.tries(None, lambda nick: self.say()))

    def test_banned(self) -> None:
        """A banned member is not shown it, and a banned outsider neither, even if everyone can read it."""
        self.olga.send("CS SET #tea HISTORY everyone")

        def prepare(nick: str) -> None:
            user = self.chat.identity.find(nick)
            self.chat.membership.join(next(iter(user.sessions.values())), "#tea")
            self.olga.send(f"MODE #tea +b {nick}!*@*")
            # The text is said before the ban would matter for deliveries: members hear what is said now.
            self.say()

        self.assertEqual(self.tries("reader", prepare), [])

    def test_joined(self) -> None:
        """With the setting joined, a member is not shown what was said before."""
        self.olga.send("CS SET #tea HISTORY joined")

        def prepare(nick: str) -> None:
            self.say()
            user = self.chat.identity.find(nick)
            self.chat.membership.join(next(iter(user.sessions.values())), "#tea")
            self.server.pump()

        self.assertEqual(self.tries("reader", prepare), [])

    def test_ranks(self) -> None:
        """A member without the rank is not shown a text to the rank."""

        def prepare(nick: str) -> None:
            user = self.chat.identity.find(nick)
            self.chat.membership.join(next(iter(user.sessions.values())), "#tea")
            self.server.pump()
            self.say("@#tea")

        for room in ("#tea", "@#tea"):
            self.assertEqual(self.tries("reader", prepare, room), [])

    def test_private(self) -> None:
        """Nobody else is shown a private conversation between accounts."""
        self.successResultOf(Deferred.fromCoroutine(self.chat.accounts.register(None, "bob")))
        bob = self.irc("bob", "bob")
        for room in ("bob", "olga"):
            self.assertEqual(self.tries("reader", lambda nick: self.say("bob"), room), [])
        self.assertIn(SECRET, "\n".join(bob.lines()))
