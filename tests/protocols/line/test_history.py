"""Tests of L{twistchat.protocols.line.history}: pages, and dates where the day changes."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.carriers import overMessages
from tests.protocols.line.servers import SlowHistory
from twistchat.chat.model.events import (
    Entry,
    KeptPrivateTagMessage,
    PrivateMessage,
    PrivateMessageRedacted,
    Quit,
    RoomEvent,
)
from twistchat.chat.model.spans import SHARED
from twistchat.protocols.line.history import SHOWN
from twistchat.testing import LineClient, MemoryServer, inMemory, settingsOf
from twistchat.testing.samples import everyEvent
from twistchat.wire.plain import Clockface, PlainDialect

THURSDAY, FRIDAY, SATURDAY = (
    "* --- Thursday, 1 January 2026",
    "* --- Friday, 2 January 2026",
    "* --- Saturday, 3 January 2026",
)
HOUR = 3600


class ShownTests(SynchronousTestCase):
    """The events that are read from the history."""

    def test_dialect(self) -> None:
        """They are the events of conversations that the dialect has a line for."""
        kept = (RoomEvent, PrivateMessage, PrivateMessageRedacted, KeptPrivateTagMessage, Quit, *SHARED)
        dialect = PlainDialect(Clockface(None), False)
        shown = {
            type(event)
            for event in everyEvent("x")
            if isinstance(event, kept) and dialect.render(Entry(1, "m1", 1000, event))
        }
        self.assertEqual(SHOWN, shown)


class DayTests(SynchronousTestCase):
    """The date comes before the first line of each day."""

    def setUp(self) -> None:
        self.server = MemoryServer()
        self.alice, self.bob = self.server.person("alice"), self.server.person("bob")
        self.alice.skip()

    def come(self, name: str) -> LineClient:
        """Connect, and skip the greeting."""
        client = self.server.connect()
        client.skip()
        client.send(name)
        client.until(f"* You are {name}.  /help lists what you can type")
        return client

    def test_live(self) -> None:
        """Everyone sees the date once, before the first line of a day, in whatever room it is said."""
        self.alice.send("/join #den")
        self.bob.send("late")
        self.alice.skip()
        self.server.advance(12 * HOUR)
        self.bob.expect()
        self.bob.send("early", "and again")
        self.bob.expect(FRIDAY)
        self.alice.expect(FRIDAY, "[00:00] #lobby <bob> early", "[00:00] #lobby <bob> and again")
        self.server.advance(48 * HOUR)
        self.alice.send("/msg bob hello")
        self.bob.expect("* --- Sunday, 4 January 2026", "[00:00] @bob <alice> hello")

    def test_notice(self) -> None:
        """A notice is a line as well."""
        self.server.advance(12 * HOUR)
        self.alice.send("/topic tea")
        self.bob.expect(FRIDAY, "* alice set the topic of #lobby to: tea")

    def test_timeZone(self) -> None:
        """The day changes at midnight in the time zone of the door."""
        server = MemoryServer(settingsOf('[line]\ntimezone = "Asia/Tokyo"'))
        alice, bob = server.person("alice"), server.person("bob")
        server.advance(3 * HOUR - 1)
        alice.send("late")
        server.advance(1)
        alice.send("early")
        bob.expect("[23:59] <alice> late", FRIDAY, "[00:00] <alice> early")

    def test_beforeTheName(self) -> None:
        """A client without a name sees no date."""
        self.server.advance(12 * HOUR - 1)
        stranger = self.server.connect()
        stranger.skip()
        self.server.advance(1)
        self.alice.send("early")
        stranger.expect()

    def test_onJoining(self) -> None:
        """If the history is older than today, the date comes between it and the first live line, once."""
        self.alice.send("late")
        self.server.advance(24 * HOUR)
        for name in ("carol", "dave"):
            carol = self.come(name)
            carol.until("* History of #lobby, 2026-01-01")
            carol.expect("[12:00] <alice> late", "* End of history of #lobby", FRIDAY, f"* {name} joined #lobby")
        self.alice.send("morning")
        self.bob.until("[12:00] <alice> morning")
        self.come("eve").expect(
            "* 5 in #lobby: @alice bob carol dave eve",
            "* History of #lobby, 2026-01-01",
            "[12:00] <alice> late",
            FRIDAY,
            "[12:00] <alice> morning",
            "* End of history of #lobby",
            "* eve joined #lobby",
        )


class SlowHistoryTests(SynchronousTestCase):
    """Between a history that takes time and later lines there are no gaps or duplicates."""

    def setUp(self) -> None:
        self.server = MemoryServer(journal=inMemory(history=SlowHistory))
        assert isinstance(self.server.history, SlowHistory)
        self.history = self.server.history
        self.alice = self.server.connect()
        self.alice.send("alice")
        self.finish()
        self.alice.skip()

    def finish(self) -> None:
        """Complete the pending reads."""
        self.history.finish()
        self.server.pump()

    def test_onJoining(self) -> None:
        """Lines that arrive during the read come after the history, once."""
        self.alice.send("before")
        bob = self.server.connect()
        bob.skip()
        bob.send("bob", "from bob", "/who")
        self.alice.expect("* bob joined #lobby")
        self.alice.send("meanwhile")
        bob.expect("* You are bob.  /help lists what you can type")
        self.finish()
        self.alice.send("after")
        bob.expect(
            "* 2 in #lobby: @alice bob",
            "* History of #lobby, 2026-01-01",
            "[12:00] <alice> before",
            "* End of history of #lobby",
            "* bob joined #lobby",
            "[12:00] <alice> meanwhile",
            "* 2 in #lobby: @alice bob",
            "[12:00] <alice> after",
        )
        self.alice.expect("[12:00] <bob> from bob")

    def test_asked(self) -> None:
        """The same holds for /history."""
        bob = self.server.connect()
        bob.send("bob")
        self.finish()
        bob.skip()
        self.alice.send("before")
        bob.send("/history")
        bob.expect("[12:00] <alice> before")
        self.alice.send("meanwhile")
        bob.expect()
        self.finish()
        self.alice.send("after")
        bob.expect(
            "* History of #lobby, 2026-01-01",
            "[12:00] <alice> before",
            "* End of history of #lobby; it begins here",
            "[12:00] <alice> meanwhile",
            "[12:00] <alice> after",
        )

    def test_search(self) -> None:
        """The same holds for /search."""
        bob = self.server.connect()
        bob.send("bob")
        self.finish()
        self.alice.send("tea at four")
        bob.skip()
        bob.send("/search tea")
        self.alice.send("tea at five")
        self.finish()
        bob.expect(
            '* History of "tea" in your rooms, 2026-01-01',
            "[12:00] #lobby <alice> tea at four",
            '* End of history of "tea" in your rooms',
            "[12:00] <alice> tea at five",
        )

    def test_askedInTheSameTurn(self) -> None:
        """A line that was stored in the turn of /history comes before the history, and is in it."""
        bob = self.server.connect()
        bob.send("bob")
        self.finish()
        bob.skip()
        assert self.alice.transport is not None
        self.alice.transport.write(b"same turn\n")
        bob.send("/history")
        self.finish()
        bob.expect(
            "[12:00] <alice> same turn",
            "* History of #lobby, 2026-01-01",
            "[12:00] <alice> same turn",
            "* End of history of #lobby; it begins here",
        )

    def test_goneMeanwhile(self) -> None:
        """A client that has disconnected when the read completes causes no error."""
        bob = self.server.connect()
        bob.send("bob")
        bob.hangUp()
        self.finish()
        self.alice.expect("* bob joined #lobby", "* bob quit (connection lost)")
        self.assertEqual([], self.flushLoggedErrors())

    def test_disconnectedMeanwhile(self) -> None:
        """A client that is disconnected during the read gets the lines of that time, and then the reason."""
        bob = self.server.connect()
        bob.send("bob")
        self.finish()
        bob.skip()
        bob.send("/history")
        self.alice.send("meanwhile")
        bob.expect()
        self.server.close("Gone fishing")
        bob.expect("[12:00] <alice> meanwhile", "* Gone fishing")
        self.assertTrue(bob.gone)

    def test_kickedMeanwhile(self) -> None:
        """A client that is kicked during the read is told after the history."""
        bob = self.server.connect()
        bob.send("bob")
        bob.skip()
        self.alice.send("/kick bob")
        self.finish()
        bob.expect("* 1 in #lobby: @alice", "* bob joined #lobby", "* alice kicked bob from #lobby")
        bob.send("hello?")
        bob.expect("! You are not in #lobby any more.  /join #ROOM first, or /msg NICK TEXT")

    def test_otherRoomsMeanwhile(self) -> None:
        """Lines of other rooms come after the history too, in order."""
        self.alice.send("/join #den")
        self.finish()
        self.alice.skip()
        bob = self.server.connect()
        bob.send("bob")
        self.finish()
        bob.skip()
        bob.send("/join #den")
        self.alice.send("/msg #lobby one", "two", "/msg bob three")
        bob.expect()
        self.finish()
        bob.expect(
            "* 2 in #den: @alice bob",
            "* bob joined #den",
            "[12:00] #lobby <alice> one",
            "[12:00] <alice> two",
            "[12:00] @bob <alice> three",
        )


globals().update(overMessages(globals()))
