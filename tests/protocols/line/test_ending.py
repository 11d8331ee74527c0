"""Tests of the end of connections at the line door, by either side."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.protocols.line.servers import commit, limited
from twistchat.net.client.closing import CLOSE_TIMEOUT
from twistchat.testing import LineClient, ManualLog, MemoryServer, inMemory


class HalfClosedTests(SynchronousTestCase):
    """A client that has closed its sending side, such as a script behind a pipe."""

    def test_served(self) -> None:
        """All its lines are executed, it gets the output, and then it is disconnected."""
        server = MemoryServer()
        bob = server.person("bob")
        script = server.connect()
        script.skip()
        assert script.transport is not None
        script.transport.write(b"script\n/echo on\nhello\n/who\n")
        script.finish()
        script.expect(
            "* You are script.  /help lists what you can type",
            "* 2 in #lobby: @bob script",
            "* script joined #lobby",
            "* Echo is on",
            "[12:00] <script> hello",
            "* 2 in #lobby: @bob script",
        )
        self.assertTrue(script.gone)
        bob.expect("* script joined #lobby", "[12:00] <script> hello", "* script quit (connection closed)")

    def test_slowJournal(self) -> None:
        """The same holds if the journal takes time."""
        server = MemoryServer(journal=inMemory(ManualLog))
        script = server.connect()
        assert script.transport is not None
        script.transport.write(b"script\n/echo on\none\ntwo\n/who\n")
        script.finish()
        self.assertFalse(script.gone)
        server.advance(20)
        commit(server)
        script.until("[12:00] <script> one")
        script.expect("[12:00] <script> two", "* 1 in #lobby: @script")
        self.assertTrue(script.gone)
        self.assertEqual(0, len(server.chat.state.users))

    def test_noLineEnd(self) -> None:
        """A last line without a line end is executed, or refused if it is too long."""
        for last, shown in (
            (b"bye", "[12:00] <script> bye"),
            (5000 * b"x", "! That line is too long: it has 5000 bytes"),
        ):
            server = MemoryServer()
            script = server.connect()
            assert script.transport is not None
            script.transport.write(b"script\n/echo on\n" + last)
            script.finish()
            self.assertTrue(script.gone)
            self.assertIn(shown, script.lines()[-1])

    def test_nothingSent(self) -> None:
        """A client that has sent nothing is disconnected."""
        server = MemoryServer()
        script = server.connect()
        script.finish()
        self.assertTrue(script.gone)
        self.assertEqual([], server.clock.getDelayedCalls())


class SlowReaderTests(SynchronousTestCase):
    """A client that does not read."""

    def setUp(self) -> None:
        self.server = MemoryServer()
        self.alice, self.bob, self.carol = map(self.server.person, ("alice", "bob", "carol"))
        self.alice.skip()
        self.bob.skip()

    def say(self, count: int) -> None:
        """Let alice send this many lines of 4,000 bytes."""
        for number in range(count):
            self.alice.send(f"{number:04} " + 3995 * "x")

    def test_dropped(self) -> None:
        """It is dropped when its output exceeds the limit.  Other clients lose nothing, and see it quit."""
        self.bob.link.stalled = True
        self.say(100)
        self.assertTrue(self.bob.gone)
        self.bob.expect()
        lines = self.carol.lines()
        self.assertEqual([f"{number:04}" for number in range(100)], [line[16:20] for line in lines if line[0] == "["])
        self.assertIn("* bob quit (read too slowly)", lines)
        self.alice.expect("* bob quit (read too slowly)")

    def test_bounded(self) -> None:
        """Its waiting output is bounded by its limit and the transport's buffer."""
        self.bob.link.stalled = True
        said = 0
        while not self.bob.gone and said < 200:
            self.say(1)
            said += 1
        self.assertTrue(256 * 1024 <= said * 4015 <= (256 + 64) * 1024 + 2 * 4015, said)

    def test_catchesUp(self) -> None:
        """If it reads again in time it gets everything, in order."""
        self.bob.link.stalled = True
        self.say(60)
        self.bob.expect()
        self.bob.link.stalled = False
        self.say(1)
        self.assertFalse(self.bob.gone)
        lines = self.bob.lines()
        self.assertEqual(61, len(lines))
        self.assertEqual([f"{number:04}" for number in [*range(60), 0]], [line[16:20] for line in lines])
        self.bob.send("/who")
        self.bob.expect("* 3 in #lobby: @alice bob carol")

    def test_leaving(self) -> None:
        """If it quits without reading, the server does not wait for it."""
        self.bob.link.stalled = True
        self.bob.send("/quit")
        self.alice.expect("* bob quit")
        self.assertFalse(self.bob.gone)
        self.server.advance(CLOSE_TIMEOUT)
        self.assertTrue(self.bob.gone)

    def test_longHistory(self) -> None:
        """A long history is cut to the send queue, so that its client is not dropped."""
        self.say(100)
        self.bob.skip()
        self.bob.send("/history 500")
        self.assertFalse(self.bob.gone)
        first, *lines, last = self.bob.lines()
        self.assertEqual("* History of #lobby, 2026-01-01", first)
        self.assertEqual("* End of history of #lobby; /history older goes further back", last)
        self.assertEqual([f"{number:04}" for number in range(100 - len(lines), 100)], [line[16:20] for line in lines])
        self.assertTrue(100_000 < sum(map(len, lines)) <= 128 * 1024)

    def test_longHistoryOnJoining(self) -> None:
        """The same holds for the history on joining, with control characters, which are shown longer."""
        for _ in range(50):
            self.alice.send(4096 * "\x01")
        late = self.server.person("late")
        self.assertFalse(late.gone)


class ClosingTests(SynchronousTestCase):
    """Shutdown of the server."""

    def test_goodbye(self) -> None:
        """Every client is told, and nobody sees the others quit."""
        server = MemoryServer()
        alice, bob, stranger = server.person("alice"), server.person("bob"), server.connect()
        alice.skip()
        stranger.skip()
        closed = server.close()
        for client in (alice, bob, stranger):
            client.expect("* The server is shutting down")
            self.assertTrue(client.gone)
        self.assertEqual([None, None], self.successResultOf(closed))
        self.assertEqual([], server.clock.getDelayedCalls())

    def test_finishesWhatWasProposed(self) -> None:
        """Proposed events are delivered before the goodbye."""
        server = MemoryServer(journal=inMemory(ManualLog))
        alice, bob = self.arrive(server, "alice"), self.arrive(server, "bob")
        alice.skip()
        alice.send("/echo on", "made it")
        server.close("Gone fishing")
        alice.expect("* Echo is on", "[12:00] <alice> made it", "* Gone fishing")
        bob.expect("[12:00] <alice> made it", "* Gone fishing")

    def arrive(self, server: MemoryServer, nick: str) -> LineClient:
        """Register a client on a server whose journal waits."""
        client = server.connect()
        client.send(nick)
        commit(server)
        client.until(f"* {nick} joined #lobby")
        return client

    def test_slowReader(self) -> None:
        """A client that does not read delays it by a few seconds at most."""
        server = MemoryServer()
        alice, bob = server.person("alice"), server.person("bob")
        bob.link.stalled = True
        closed = server.close()
        self.assertTrue(alice.gone)
        self.assertNoResult(closed)
        server.advance(CLOSE_TIMEOUT - 0.1)
        self.assertNoResult(closed)
        server.advance(0.1)
        self.successResultOf(closed)
        self.assertTrue(bob.gone)

    def test_noMoreComeIn(self) -> None:
        """Nobody can connect any more."""
        server = MemoryServer()
        server.close()
        self.assertRaises(AssertionError, server.connect)

    def test_nothingIsTaken(self) -> None:
        """Lines that arrive meanwhile are not executed."""
        server = MemoryServer()
        alice, bob = server.person("alice"), server.person("bob")
        alice.skip()
        bob.link.stalled = True
        server.close()
        bob.send("one more thing")
        bob.link.stalled = False
        server.pump()
        bob.expect("* The server is shutting down")


class DeterminismTests(SynchronousTestCase):
    """The same input gives the same bytes."""

    def test_twice(self) -> None:
        """A conversation with all kinds of lines is the same twice."""

        def run() -> list[bytes]:
            server = limited(exempt=())
            people = [server.person(f"p{number}", f"192.0.2.{number % 7}") for number in range(20)]
            for number, person in enumerate(people):
                person.send(f"/join #r{number % 3}", "hello", f"/msg p{(number + 1) % 20} psst", "/who", "too fast")
                server.advance(number * 7.3)
            people[0].send("/ban p3", "/mode +m", "/topic x", "/kick p6 y")
            people[1].hangUp()
            people[2].send("/nick q", "/echo on", "/ignore p5", "/history", "/rooms")
            server.close()
            return [person.raw for person in people]

        first = run()
        self.assertEqual(first, run())
        self.assertTrue(all(raw.endswith(b"* The server is shutting down\n") for raw in (first[0], *first[2:])))
