"""Tests of the line door's commands that show earlier lines."""

from __future__ import annotations

import re

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.carriers import overMessages
from tests.protocols.line.servers import limited
from tests.protocols.line.test_history import FRIDAY, HOUR, SATURDAY
from twistchat.testing import LineClient, MemoryServer

BEGINS = "* End of history of #lobby; it begins here"
OLDER = "* End of history of #lobby; /history older goes further back"
BOTH = "* End of history of #lobby; /history older goes further back, /history newer goes on"


class HistoryTests(SynchronousTestCase):
    """/history, and the history on joining."""

    def setUp(self) -> None:
        self.server = MemoryServer()
        self.alice = self.server.person("alice")

    def test_some(self) -> None:
        """It shows the last lines of the current room in order, with the client's own."""
        self.alice.send("one", "/me two", "three", "/history 2", "/history")
        self.alice.expect(
            "* History of #lobby, 2026-01-01",
            "[12:00] * alice two",
            "[12:00] <alice> three",
            OLDER,
            "* History of #lobby, 2026-01-01",
            "[12:00] <alice> one",
            f"{BEGINS}; /history newer goes on",
        )

    def test_none(self) -> None:
        """An empty history is reported."""
        self.alice.send("/history")
        self.alice.expect("* There is nothing to read in #lobby")

    def test_days(self) -> None:
        """The date comes before the lines of each day."""
        self.alice.send("noon")
        self.server.advance(12 * HOUR)
        self.alice.send("midnight", "/history")
        self.alice.expect(
            FRIDAY,
            "* History of #lobby, 2026-01-01",
            "[12:00] <alice> noon",
            FRIDAY,
            "[00:00] <alice> midnight",
            BEGINS,
        )

    def test_defaults(self) -> None:
        """It shows 50 lines, unless a number is given."""
        self.alice.send(*(f"{number}" for number in range(60)), "/history", "/history 60")
        lines = self.alice.lines()
        self.assertEqual(52 + 62, len(lines))
        self.assertEqual("[12:00] <alice> 10", lines[1])
        self.assertEqual("[12:00] <alice> 0", lines[53])

    def test_usage(self) -> None:
        """The number consists of digits and is within the limit.  Each part is given once, and in this order."""
        wrong = [
            "0",
            "501",
            "-1",
            "١",
            "9" * 400,
            "0" * 4310 + "1",
            "20 x",
            "x y",
            "2 3",
            "older #lobby",
            "older 09:00",
        ]
        self.alice.send(*[f"/history {argument}" for argument in [*wrong, "09:00 from", "from", "older newer"]])
        usage = "! Usage: /history [#ROOM or NICK] [N] [TIME], with N from 1 to 500; /help history gives examples"
        self.alice.expect(*14 * [usage])

    def test_noRoom(self) -> None:
        """A current room is required."""
        self.alice.send("/leave")
        self.alice.skip()
        self.alice.send("/history")
        self.alice.expect("! You are in no room.  /join #ROOM first, or /msg NICK TEXT")

    def test_otherRoomsStayOut(self) -> None:
        """It contains nothing of other rooms, and no private texts."""
        self.server.person("bob")
        self.alice.send("/join #den", "secret", "/msg bob private", "/join #lobby", "public")
        self.alice.skip()
        self.alice.send("/history")
        self.alice.expect("* History of #lobby, 2026-01-01", "[12:00] <alice> public", BEGINS)

    def test_ignoredStayOut(self) -> None:
        """It does not show texts of ignored users."""
        bob = self.server.person("bob")
        bob.send("ads ads ads")
        self.alice.send("/ignore bob", "real", "/history")
        self.alice.until("* History of #lobby, 2026-01-01")
        self.alice.expect("[12:00] <alice> real", BEGINS)

    def test_onJoining(self) -> None:
        """A client that joins sees the last lines, up to the limit."""
        server = limited(historyOnJoin=2)
        alice = server.person("alice")
        alice.send("one", "two", "three")
        bob = server.connect()
        bob.send("bob")
        bob.until("* History of #lobby, 2026-01-01")
        bob.expect("[12:00] <alice> two", "[12:00] <alice> three", "* End of history of #lobby", "* bob joined #lobby")


class PagesTests(SynchronousTestCase):
    """/history again, /history older and /history newer."""

    def setUp(self) -> None:
        """Ten lines, numbered from 0."""
        self.server = MemoryServer()
        self.alice = self.server.person("alice")
        self.alice.send(*map(str, range(10)))

    def page(self, command: str) -> tuple[str, str]:
        """
        Ask for a page.

        @return: the numbers of its lines, and the line at its end.
        """
        self.alice.send(command)
        *lines, end = self.alice.lines()
        return "".join(line[-1] for line in lines if line.startswith("[")), end

    def test_backwards(self) -> None:
        """Pages backwards end with the first line, and then there is nothing older."""
        self.assertEqual(("6789", OLDER), self.page("/history 4"))
        self.assertEqual(("2345", BOTH), self.page("/history older 4"))
        self.assertEqual(
            ("01", f"{BEGINS}; /history newer goes on"),
            self.page("/history older 4"),
        )
        self.assertEqual(("", "* There is nothing older to read in #lobby"), self.page("/history older"))

    def test_forwards(self) -> None:
        """Pages forwards end with the last line, and go on when there are new ones."""
        self.page("/history 4"), self.page("/history older"), self.page("/history older")
        self.assertEqual(("6789", OLDER), self.page("/history newer"))
        self.assertEqual(("", "* There is nothing newer to read in #lobby"), self.page("/history newer"))
        self.alice.send("a", "b", "c")
        self.assertEqual(("ab", BOTH), self.page("/history newer 2"))
        self.assertEqual(("c", OLDER), self.page("/history newer 2"))

    def test_again(self) -> None:
        """/history goes further back within ten minutes, and then shows the newest lines."""
        self.page("/history 4")
        self.server.advance(599)
        self.assertEqual("012345", self.page("/history")[0])
        self.server.advance(600)
        self.assertEqual("0123456789", self.page("/history")[0])

    def test_againAfterJoining(self) -> None:
        """/history goes further back from the lines that were shown on joining."""
        server = limited(historyOnJoin=3)
        server.person("bob").send(*map(str, range(10)))
        self.alice = server.person("alice")
        self.alice.skip()
        self.assertEqual("0123456", self.page("/history")[0])

    def test_againElsewhere(self) -> None:
        """In another room, /history shows that room; /history older goes on with the last page."""
        self.page("/history 4")
        self.alice.send("/join #den", "x")
        self.alice.skip()
        self.assertEqual("012345", self.page("/history older")[0])
        self.assertEqual("x", self.page("/history")[0])
        self.assertEqual("6789", self.page("/history #lobby 4")[0])

    def test_afterNothing(self) -> None:
        """Without a page, there is none to go on from."""
        bob = MemoryServer().person("bob")
        bob.send("/history older", "/history newer")
        bob.expect(*2 * ["! You have seen no history yet, from which to go on; /history shows some"])

    def test_roomLeft(self) -> None:
        """To go on in a room that the client has left is refused."""
        self.page("/history #lobby 4")
        self.alice.send("/leave")
        self.alice.skip()
        self.alice.send("/history older")
        self.alice.expect("! There is no room #lobby.  /rooms lists the rooms.")

    def test_exactly(self) -> None:
        """A page with the first line or the last one does not promise more, also if it has no place for more."""
        self.assertEqual(("0123456789", BEGINS), self.page("/history 10"))
        self.assertEqual(("0123456789", BEGINS), self.page("/history today 10"))
        self.assertEqual(("56789", OLDER), self.page("/history 5"))
        self.assertEqual(("01234", f"{BEGINS}; /history newer goes on"), self.page("/history older 5"))
        self.assertEqual(("56789", OLDER), self.page("/history newer 5"))

    def test_reactions(self) -> None:
        """Reactions, which this door does not show, do not count as lines, and a page does not promise them."""
        dave = self.server.irc("dave", "message-tags")
        dave.send("JOIN #lobby", *5 * ["@+draft/react=x TAGMSG #lobby"])
        self.alice.skip()
        self.assertEqual(("89", OLDER), self.page("/history 2"))
        self.assertEqual(("67", BOTH), self.page("/history older 2"))
        self.assertEqual(("89", OLDER), self.page("/history newer 2"))
        server = limited(historyOnJoin=2)
        alice, bob = server.person("alice"), server.irc("bob", "message-tags")
        alice.send("one", "two")
        bob.send("JOIN #lobby", *5 * ["@+draft/react=x TAGMSG #lobby"])
        carol = server.connect()
        carol.send("carol")
        carol.until("[12:00] <alice> two")

    def test_longPages(self) -> None:
        """A page that is cut to fit into the send queue goes on where it was cut, in both directions."""
        server = limited(sendq=2000)
        self.alice = server.person("alice")
        server.advance(60)
        for number in range(9):
            self.alice.send("x" * 280 + str(number))
        self.alice.skip()
        self.assertEqual(("678", OLDER), self.page("/history"))
        self.assertEqual(("345", BOTH), self.page("/history"))
        self.assertEqual(("012", f"{BEGINS}; /history newer goes on"), self.page("/history 12:00"))
        self.assertEqual(("345", BOTH), self.page("/history newer"))
        self.assertEqual(("678", OLDER), self.page("/history newer"))


class TimeTests(SynchronousTestCase):
    """/history with a time."""

    def setUp(self) -> None:
        """A line each hour from noon on Thursday until Saturday at nine."""
        self.server = MemoryServer()
        self.alice = self.server.person("alice")
        for number in range(46):
            self.alice.send(str(number))
            self.server.advance(HOUR)
        self.alice.skip()

    def test_timeOfDay(self) -> None:
        """A time of day is the last one before now."""
        self.alice.send("/history 09:00", "/history from 9:00 1", "/history 11:30 1")
        self.alice.expect(
            "* History of #lobby, 2026-01-03",
            "[09:00] <alice> 45",
            OLDER,
            "* History of #lobby, 2026-01-03",
            "[09:00] <alice> 45",
            OLDER,
            "* History of #lobby, 2026-01-02",
            "[12:00] <alice> 24",
            BOTH,
        )

    def test_days(self) -> None:
        """A day is its beginning, and the page goes on into the next day."""
        for when in ("yesterday", "2026-01-02", "#lobby from 2026-1-2 00:00", "yesterday 0:00"):
            self.alice.send(f"/history {when}")
            lines = self.alice.lines()
            self.assertEqual(["* History of #lobby, 2026-01-02", "[00:00] <alice> 12"], lines[:2])
            self.assertEqual([SATURDAY, "[00:00] <alice> 36"], lines[25:27])
            self.assertEqual(OLDER, lines[-1])
        self.alice.send("/history today 1")
        self.alice.expect("* History of #lobby, 2026-01-03", "[00:00] <alice> 36", BOTH)

    def test_weekdays(self) -> None:
        """A day of the week is the last one, which may be today."""
        for when, day, line in (("Friday", "2026-01-02", 12), ("saturday", "2026-01-03", 36)):
            self.alice.send(f"/history {when} 1")
            self.assertEqual([f"* History of #lobby, {day}", f"[00:00] <alice> {line}"], self.alice.lines()[:2])
        self.alice.send("/history sunday 09:00 1", "/search after:Saturday 36")
        lines = self.alice.lines()
        self.assertEqual(["* History of #lobby, 2026-01-01", "[12:00] <alice> 0"], lines[:2])
        self.assertIn("[00:00] #lobby <alice> 36", lines)

    def test_unknown(self) -> None:
        """Other words for times are refused with the right form, unless somebody has this nick."""
        words = ("tomorrow", "9am", "20.11.2026", "Noon", "last sunday", "yesterday noon")
        self.alice.send(*[f"/history {word}" for word in words], "/history nobody")
        form = "Type it like this: 09:14, yesterday, sunday, or 2026-11-20 09:14"
        bad = ("tomorrow", "9am", "20.11.2026", "Noon", "last", "noon")
        self.alice.expect(
            *[f"! There is no time {word}.  {form}" for word in bad],
            "! Nobody here is called nobody.  /who lists who is in this room.",
        )
        self.server.person("noon")
        self.alice.skip()
        self.alice.send("/history noon")
        self.alice.until(re.compile("! Private messages are kept only between two accounts, .*"))

    def test_future(self) -> None:
        """From a time to come on there is nothing."""
        self.alice.send("/history 2026-01-03 11:00", "/history 9999-12-31")
        self.alice.expect(
            "* There is nothing to read in #lobby from 2026-01-03 11:00 on",
            "* There is nothing to read in #lobby from 9999-12-31 00:00 on",
        )

    def test_none(self) -> None:
        """A time that does not exist is refused, with the right form."""
        self.alice.send("/history 25:00", "/history 2026-02-30", "/history 0000-01-01", "/history 2026-01-02 9:60")
        self.alice.expect(
            *[
                f"! There is no time {time}.  Type it like this: 09:14, yesterday, sunday, or 2026-11-20 09:14"
                for time in ("25:00", "2026-02-30", "0000-01-01", "2026-01-02 9:60")
            ]
        )
        self.alice.send("/history 9:00 yesterday", "/history yesterday today")
        self.alice.expect(
            "! 9:00 yesterday is no time.  Type a day, a time, or both: 2026-11-20 09:14",
            "! yesterday today is no time.  Type a day, a time, or both: 2026-11-20 09:14",
        )


class PrivateTests(SynchronousTestCase):
    """/history with a nick."""

    def setUp(self) -> None:
        """Register two people, and let them come."""
        self.server = MemoryServer()
        for name in ("alice", "bob"):
            self.successResultOf(Deferred.fromCoroutine(self.server.chat.accounts.register(None, name)))
        self.alice, self.bob = self.come("alice"), self.come("bob")

    def come(self, account: str) -> LineClient:
        """Log in and enter."""
        client = self.server.connect()
        session = next(reversed(self.server.chat.state.sessions.values()))
        self.successResultOf(Deferred.fromCoroutine(self.server.chat.identity.login(session, account)))
        client.send(account)
        client.skip()
        return client

    def test_pages(self) -> None:
        """It shows the private messages of both, page by page."""
        self.alice.send("/msg bob one", "/msg bob two")
        self.bob.send("/r three")
        self.bob.skip()
        self.bob.send("/history alice 2", "/history older")
        self.bob.expect(
            "* History of your messages with alice, 2026-01-01",
            "[12:00] @bob <alice> two",
            "[12:00] @alice <bob> three",
            "* End of history of your messages with alice; /history older goes further back",
            "* History of your messages with alice, 2026-01-01",
            "[12:00] @bob <alice> one",
            "* End of history of your messages with alice; it begins here; /history newer goes on",
        )

    def test_others(self) -> None:
        """Nobody else sees them, and those of guests cannot be read."""
        self.alice.send("/msg bob secret")
        carol = self.server.person("carol")
        carol.send("/history bob", "/history nobody")
        carol.expect(
            "! Private messages are kept only between two accounts, so those with bob cannot be read back."
            "  /register makes an account.",
            "! Nobody here is called nobody.  /who lists who is in this room.",
        )
        self.bob.skip()
        self.bob.send("/history bob")
        self.bob.expect("* There is nothing to read between you and bob")


globals().update(overMessages(globals()))
