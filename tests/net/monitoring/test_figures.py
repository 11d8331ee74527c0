"""Tests of L{twistchat.net.monitoring.figures}: the numbers, in a server in memory."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twistchat.net.monitoring.figures import MINUTES
from twistchat.testing import MemoryServer
from twistchat.testing.server import NOON


class FiguresTests(SynchronousTestCase):
    """What a server tells about itself."""

    def setUp(self) -> None:
        """Start a server and its figures."""
        self.server = MemoryServer()
        self.figures = self.server.context.figures
        self.figures.start()
        self.addCleanup(self.figures.stop)

    def test_now(self) -> None:
        """Sessions are counted by their doors; users and rooms as they are."""
        self.server.person("alice")
        self.server.person("bob")
        self.server.irc("carol").send("JOIN #tea")
        self.server.connect()
        figures = self.figures
        self.assertEqual(figures.sessions(), {"line": 3, "irc": 1})
        self.assertEqual((figures.users, figures.rooms, figures.accounts, figures.alwaysOn), (3, 2, 0, 0))
        self.server.advance(5)
        self.assertEqual((figures.uptime, figures.started), (5.0, NOON))
        self.assertIsNone(figures.trouble)

    def test_doors(self) -> None:
        """A door without sessions counts, if it is open or somebody came through it."""
        self.figures.doors.add("ssh")
        alice = self.server.person("alice")
        self.assertEqual(self.figures.sessions(), {"line": 1, "ssh": 0})
        alice.send("/quit")
        self.assertEqual(self.figures.sessions(), {"line": 0, "ssh": 0})

    def test_deliveries(self) -> None:
        """A text in a room of three is three deliveries, whether or not its sender hears it."""
        people = [self.server.person(nick) for nick in ("alice", "bob", "carol")]
        before, texts = self.figures.deliveries, self.figures.messages
        people[0].send("hello")
        people[1].send("hello")
        self.assertEqual(self.figures.deliveries - before, 6)
        people[0].send("/msg bob psst")
        self.assertEqual(self.figures.messages - texts, 3)
        self.assertGreater(self.figures.deliveries - before, 6)

    def test_refusals(self) -> None:
        """A refused command counts by the code of its error."""
        alice = self.server.irc("alice")
        alice.send("PRIVMSG nobody :hello")
        alice.send("PRIVMSG nobody :hello")
        self.assertEqual(self.figures.refusals.refused["NO_SUCH_NICK"], 2)

    def test_pingTimeout(self) -> None:
        """A client that is silent for too long is a dropped connection."""
        self.server.irc("alice")
        self.server.advance(100)
        self.server.advance(100)
        self.assertEqual(self.figures.refusals.dropped, {"ping_timeout": 1})

    def test_hour(self) -> None:
        """Each minute is kept: how the server was at its end, and what happened in it."""
        alice = self.server.person("alice")
        self.server.person("bob")
        alice.send("hello")
        self.assertEqual(self.figures.hour(), ())
        for _ in range(120):
            self.server.advance(0.5)
        alice.send("one")
        alice.send("two")
        for _ in range(117):
            self.server.advance(0.5)
        for _ in range(2):
            self.server.advance(0.75)
        first, second = self.figures.hour()
        self.assertEqual((first.time, first.sessions, first.rooms, first.messages, first.lag), (NOON + 60, 2, 1, 1, 0))
        self.assertEqual((second.time, second.messages, second.deliveries, second.lag), (NOON + 120, 2, 4, 0.25))
        self.assertGreater(second.memory, 1 << 20)

    def test_bounded(self) -> None:
        """An hour is kept.  After a pause of the process, the next minute begins at its end."""
        self.server.advance(3600)
        self.assertEqual(len(self.figures.hour()), 1)
        self.server.advance(59)
        self.assertEqual(len(self.figures.hour()), 1)
        for _ in range(MINUTES + 5):
            self.server.advance(60)
        self.assertEqual(len(self.figures.hour()), MINUTES)

    def test_stop(self) -> None:
        """Figures that were stopped leave no timer.  The server accepts nothing any more, and says so."""
        before = len(self.server.clock.getDelayedCalls())
        self.figures.stop()
        self.assertEqual(len(self.server.clock.getDelayedCalls()), before - 1)
        self.assertEqual(self.figures.trouble, "the server is shutting down")

    def test_journal(self) -> None:
        """The trouble of the journal is that of the server."""
        self.server.log.close()
        self.assertEqual(self.figures.trouble, "the journal is not open")
