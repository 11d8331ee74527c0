"""Tests of L{twistchat.protocols.line.unread}, and of /unread."""

from __future__ import annotations

import re

from twisted.internet.defer import Deferred, fail
from twisted.trial.unittest import SynchronousTestCase

from tests.carriers import overMessages
from tests.protocols.line.test_history import HOUR
from twistchat.chat.errors import NotStored
from twistchat.testing import LineClient, MemoryServer


class UnreadTests(SynchronousTestCase):
    """Alice has an account and was here.  Bob, who has one too, writes while she is away."""

    def setUp(self) -> None:
        self.server = MemoryServer()
        for name in ("alice", "bob"):
            self.successResultOf(Deferred.fromCoroutine(self.server.chat.accounts.register(None, name)))
        self.bob = self.come("bob")
        self.alice = self.come("alice")
        self.server.advance(60)
        self.alice.send("see you", "/quit")
        self.server.advance(60)

    def come(self, account: str) -> LineClient:
        """Log in and enter."""
        client = self.server.connect()
        session = next(reversed(self.server.chat.state.sessions.values()))
        self.successResultOf(Deferred.fromCoroutine(self.server.chat.identity.login(session, account)))
        client.skip()
        client.send(account)
        return client

    def test_atReturn(self) -> None:
        """Who returns is told how much is new in the room, how much of it mentions them, and since when."""
        self.bob.send("one", "alice: two", "three")
        self.server.advance(60)
        alice = self.come("alice")
        alice.expect(
            "* You are alice.  /help lists what you can type",
            "* 2 in #lobby: @bob alice",
            "* 3 new lines in #lobby, 1 mentions you, since 12:02",
            "* /unread #lobby shows what is new",
            "* History of #lobby, 2026-01-01",
            "[12:01] <alice> see you",
            "[12:02] <bob> one",
            "[12:02] <bob> alice: two",
            "[12:02] <bob> three",
            "* End of history of #lobby",
            "* alice joined #lobby",
        )

    def test_otherDay(self) -> None:
        """The date is given if it is not today's."""
        self.bob.send("Alice?", "ALICE!")
        self.server.advance(24 * HOUR)
        self.come("alice").until("* 2 new lines in #lobby, 2 mention you, since 2026-01-01 12:02")

    def test_notStored(self) -> None:
        """If the journal cannot note what was read, the texts are shown, and the person is told."""
        self.bob.send("one")
        alice = self.come("alice")
        alice.skip()
        full = NotStored("the disk is full")
        self.patch(self.server.log, "append", lambda event, origin=None: fail(full))
        alice.send("/unread #lobby")
        alice.until("[12:02] <bob> one")
        alice.until(re.compile("! .*the disk is full.*"))

    def test_nothingNew(self) -> None:
        """If nobody has written, nothing is said about it."""
        alice = self.come("alice")
        alice.expect(
            "* You are alice.  /help lists what you can type",
            "* 2 in #lobby: @bob alice",
            "* History of #lobby, 2026-01-01",
            "[12:01] <alice> see you",
            "* End of history of #lobby",
            "* alice joined #lobby",
        )
        alice.send("/unread", "/unread #lobby", "/unread bob")
        alice.expect(
            "* Nothing is new for you",
            "* There is nothing new in #lobby",
            "* There is nothing new between you and bob",
        )

    def test_guest(self) -> None:
        """A guest sees no such lines on coming in, and is told to log in."""
        self.bob.send("one")
        guest = self.server.person("guest")
        guest.send("/unread", "/unread #lobby")
        guest.expect(*2 * ["! You are not logged in to an account.  /login first."])

    def test_shown(self) -> None:
        """/unread with a name shows what is new, page by page, and then it is not new any more."""
        self.bob.send(*[f"line {number}" for number in range(60)])
        alice = self.come("alice")
        alice.skip()
        alice.send("/unread #LOBBY")
        lines = alice.lines()
        self.assertEqual(["* History of #lobby, 2026-01-01", "[12:02] <bob> line 0"], lines[:2])
        self.assertEqual(
            [
                "[12:02] <bob> line 49",
                "* End of history of #lobby; /history older goes further back, /history newer goes on",
            ],
            lines[-2:],
        )
        alice.send("/history newer")
        self.assertEqual(12, len(alice.lines()))
        self.server.advance(60)
        self.bob.send("after")
        alice.skip()
        alice.send("/unread")
        alice.until("* 1 new line in #lobby, since 12:03")

    def test_registered(self) -> None:
        """Who registers has read what was said before, their own lines as a guest among it."""
        carol = self.server.person("carol")
        carol.send("hello")
        self.server.advance(60)
        carol.send("/register correct-horse", "/unread")
        carol.until("* The account carol is yours, and you are logged in.  /help account says more")
        carol.expect("* Nothing is new for you")
        self.bob.send("hello, carol")
        carol.send("/unread")
        carol.until("* 1 new line in #lobby, 1 mentions you, since 12:03")

    def test_private(self) -> None:
        """Private messages are listed by nick, and shown by it."""
        alice = self.come("alice")
        self.server.advance(60)
        self.bob.send("/msg alice psst", "hello")
        alice.skip()
        alice.send("/unread", "/unread bob")
        alice.expect(
            "* 1 new line in #lobby, since 12:03",
            "* 1 new line from bob, since 12:03",
            "* /unread with one of these names shows what is new there",
            "* History of your messages with bob, 2026-01-01",
            "[12:03] @alice <bob> psst",
            "* End of history of your messages with bob; it begins here",
        )
        alice.send("/unread")
        alice.expect("* 1 new line in #lobby, since 12:03", "* /unread #lobby shows what is new")

    def test_secondClient(self) -> None:
        """A second client of the same user is told too, after the rooms that it is in."""
        alice = self.come("alice")
        self.bob.send("hello")
        alice.skip()
        self.come("alice").expect(
            "* You are alice, and were here already; you are in #lobby",
            "* You are talking in #lobby",
            "* 1 new line in #lobby, since 12:02",
            "* /unread #lobby shows what is new",
        )

    def test_noAccess(self) -> None:
        """Nothing is said of a room that the user may not read, nor whether it exists."""
        self.bob.send("/join #den", "/mode +s", "secret")
        alice = self.come("alice")
        alice.skip()
        alice.send("/unread #den", "/unread #none")
        alice.expect(*[f"! There is no room {room}.  /rooms lists the rooms." for room in ("#den", "#none")])

    def test_errors(self) -> None:
        """A conversation that cannot be read gives the same error as /history."""
        alice, _ = self.come("alice"), self.server.person("guest")
        alice.skip()
        for target in ("nobody", "guest", "#none"):
            alice.send(f"/unread {target}", f"/history {target}")
            error, same = alice.lines()
            self.assertEqual((error, "! "), (same, error[:2]))


globals().update(overMessages(globals()))
