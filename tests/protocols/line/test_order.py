"""Tests of order at the line door: what is sent ahead, and what a journal holds that takes its time."""

from __future__ import annotations

from dataclasses import replace

from twisted.trial.unittest import SynchronousTestCase

from tests.protocols.line.servers import GOODBYE, commit
from twistchat.chat.model.events import Entered, Joined, Parted, RoomMessage, TopicSet
from twistchat.testing import LineClient, ManualLog, MemoryServer, inMemory
from twistchat.testing.server import SETTINGS


class PipeliningTests(SynchronousTestCase):
    """Lines that are sent ahead are obeyed in their order."""

    def test_onePacket(self) -> None:
        """A name, lines, and commands that depend on those before them."""
        server = MemoryServer()
        bob = server.person("bob")
        alice = server.connect()
        alice.skip()
        alice.send(
            "alice", "hello lobby", "/join #a", "hello a", "/who", "/topic here", "/leave", "/msg bob psst", "/quit"
        )
        alice.expect(
            "* You are alice.  /help lists what you can type",
            "* 2 in #lobby: @bob alice",
            "* alice joined #lobby",
            "* 1 in #a: @alice",
            "* alice joined #a",
            "* 1 in #a: @alice",
            "* alice set the topic of #a to: here",
            "* alice left #a",
            "* You are talking in #lobby",
            GOODBYE,
        )
        bob.expect("* alice joined #lobby", "[12:00] <alice> hello lobby", "[12:00] @bob <alice> psst", "* alice quit")

    def test_replyBehindEvents(self) -> None:
        """A reply stands behind all that happened before it in the same turn, also what others did."""
        server = MemoryServer()
        alice, bob = server.person("alice"), server.person("bob")
        alice.skip()
        for person, data in ((bob, b"one\n/nick rob\n"), (alice, b"/who\n"), (bob, b"two\n")):
            assert person.transport is not None
            person.transport.write(data)
        server.pump()
        alice.expect("* 2 in #lobby: @alice bob", "[12:00] <bob> one", "* bob is now rob", "[12:00] <rob> two")
        bob.send("three")
        alice.send("/who")
        alice.expect("[12:00] <rob> three", "* 2 in #lobby: @alice rob")


class HeldTestCase(SynchronousTestCase):
    """Alice and bob are in the lobby of a server whose journal is in the test's hands."""

    def setUp(self) -> None:
        self.server = MemoryServer(journal=inMemory(ManualLog))
        assert isinstance(self.server.log, ManualLog)
        self.journal = self.server.log
        self.alice, self.bob = self.arrive("alice"), self.arrive("bob")
        self.alice.skip()

    def arrive(self, nick: str) -> LineClient:
        """Bring someone into the lobby."""
        client = self.server.connect()
        client.send(nick)
        commit(self.server)
        client.until(f"* {nick} joined #lobby")
        return client

    def commit(self, count: int | None = None) -> None:
        """Let so many events happen, and nothing that they lead to."""
        self.journal.commit(len(self.journal.waiting) if count is None else count)
        self.server.pump()


class DurableBeforeVisibleTests(HeldTestCase):
    """Nobody sees what is not in the journal, the sender included."""

    def test_message(self) -> None:
        """A message is seen once it is there: by others, and by the sender who wants its echo."""
        self.alice.send("/echo on")
        self.alice.skip()
        before = self.alice.raw, self.bob.raw
        self.alice.send("hello", "/me waves", "/msg bob psst")
        self.server.advance(60)
        self.assertEqual(before, (self.alice.raw, self.bob.raw))
        self.commit(1)
        self.alice.expect("[12:01] <alice> hello")
        self.bob.expect("[12:01] <alice> hello")
        self.commit(2)
        self.alice.expect("[12:01] * alice waves", "[12:01] @bob <alice> psst")
        self.bob.expect("[12:01] * alice waves", "[12:01] @bob <alice> psst")

    def test_everythingElse(self) -> None:
        """The same holds for all that others see: nothing of it is shown, or in force, before it is there."""
        carol = self.arrive("carol")
        self.alice.skip()
        self.bob.skip()
        for command in (
            "/topic new",
            "/mode +m",
            "/kick carol",
            "/invite carol",
            "/nick Alicia",
            "/join #den",
            "/leave",
        ):
            self.alice.send(command)
            self.assertEqual(1, len(self.journal.waiting), command)
            for person in (self.alice, self.bob, carol):
                person.expect()
            self.bob.send("/topic", "/who", "/mode", "/rooms")
            shown = self.bob.lines()
            self.commit(1)
            self.alice.skip()
            self.bob.skip()
            self.bob.send("/topic", "/who", "/mode", "/rooms")
            if command != "/invite carol":
                self.assertNotEqual(shown, self.bob.lines(), command)
            commit(self.server)
            for person in (self.alice, self.bob, carol):
                person.skip()

    def test_refused(self) -> None:
        """What could not be kept nobody has seen, and the sender is told, line by line."""
        self.alice.send("/echo on")
        self.alice.skip()
        self.alice.send("one", "/me two", "/msg bob three")
        self.journal.refuse("the disk is full")
        self.server.pump()
        told = "! That was not taken, and nobody has seen it: the disk is full.  Try again later."
        self.alice.expect(told, told, told)
        self.bob.expect()
        self.alice.send("four", "/history")
        self.commit()
        self.alice.expect(
            "[12:00] <alice> four",
            "* History of #lobby, 2026-01-01",
            "[12:00] <alice> four",
            "* End of history of #lobby",
        )
        self.bob.expect("[12:00] <alice> four")

    def test_refusedTopic(self) -> None:
        """A topic that could not be kept is not the room's."""
        self.alice.send("/topic lost", "/topic")
        self.journal.refuse("the disk is full")
        self.server.pump()
        self.alice.expect(
            "! That was not taken, and nobody has seen it: the disk is full.  Try again later.",
            "* #lobby has no topic",
        )


class HeldOrderTests(HeldTestCase):
    """Commands of a session take effect in their order, however long each takes."""

    def test_messagesTogether(self) -> None:
        """Messages do not wait for each other."""
        self.alice.send("one", "//two", "/me three", "/msg bob four", "/w bob five")
        self.assertEqual(5, len(self.journal.waiting))

    def test_answerBehindMessages(self) -> None:
        """A /who behind ten messages answers after them all."""
        self.alice.send("/echo on")
        self.alice.skip()
        self.alice.send(*map(str, range(10)), "/who", "behind")
        self.assertEqual(10, len(self.journal.waiting))
        self.commit(9)
        self.alice.expect(*(f"[12:00] <alice> {number}" for number in range(9)))
        self.commit(1)
        self.alice.expect("[12:00] <alice> 9", "* 2 in #lobby: @alice bob")
        self.commit(1)
        self.alice.expect("[12:00] <alice> behind")

    def test_errorsInTheirTurn(self) -> None:
        """What is wrong with a line is said behind the answers to what was sent before it."""
        self.alice.sendBytes(b"one\n/topic tea\n\x80\n" + 5000 * b"x" + b"\n/nonsense\n")
        self.alice.expect()
        self.commit(1)
        self.commit(1)
        found = [line[:20] for line in self.alice.lines()]
        self.assertEqual(
            ["* alice set the topi", "! That line is not U", "! That line is too l", "! There is no comman"], found
        )

    def test_joinThenSay(self) -> None:
        """What is said behind a /join is said there: it is not even proposed before one is in the room."""
        self.alice.send("/join #den", "hello den", "/join #lobby", "hello lobby")
        self.assertEqual([Joined], [type(event) for event in self.journal.waiting])
        self.commit()
        self.assertEqual([("#den", "hello den")], self.proposed())
        self.commit()
        self.assertEqual([("#lobby", "hello lobby")], self.proposed())
        self.commit()
        self.alice.expect("* 1 in #den: @alice", "* alice joined #den", "* You are talking in #lobby")
        self.bob.expect("[12:00] <alice> hello lobby")

    def proposed(self) -> list[tuple[str, str]]:
        """What waits to be said, and where."""
        return [(event.room, event.text) for event in self.journal.waiting if isinstance(event, RoomMessage)]

    def test_sayThenLeave(self) -> None:
        """A /leave waits until what was said before it is said."""
        self.alice.send("bye all", "/leave")
        self.assertEqual([RoomMessage], [type(event) for event in self.journal.waiting])
        self.commit()
        self.assertEqual([Parted], [type(event) for event in self.journal.waiting])
        self.commit()
        self.bob.expect("[12:00] <alice> bye all", "* alice left #lobby")

    def test_arriving(self) -> None:
        """Everything may be sent in one packet while the name is still on its way."""
        carol = self.server.connect()
        carol.skip()
        carol.send("carol", "/echo on", "hello lobby", "/join #den", "hello den", "/who")
        self.assertEqual([Entered], [type(event) for event in self.journal.waiting])
        carol.expect()
        for expected in (Joined, RoomMessage, Joined, RoomMessage):
            self.commit()
            self.assertEqual([expected], [type(event) for event in self.journal.waiting])
        self.commit()
        carol.expect(
            "* You are carol.  /help lists what you can type",
            "* 3 in #lobby: @alice bob carol",
            "* carol joined #lobby",
            "* Echo is on",
            "[12:00] <carol> hello lobby",
            "* 1 in #den: @carol",
            "* carol joined #den",
            "[12:00] <carol> hello den",
            "* 1 in #den: @carol",
        )

    def test_arrivingUnderAnotherName(self) -> None:
        """Where the first name is taken meanwhile, the next line is the next try."""
        first, second = self.server.connect(), self.server.connect()
        first.send("carol")
        second.send("carol", "dave", "hello")
        commit(self.server)
        second.until("! The nick carol is in use.  Choose another.")
        second.until("* dave joined #lobby")
        self.bob.until("[12:00] <dave> hello")

    def test_others(self) -> None:
        """One who waits holds nobody else up."""
        self.alice.send("/topic slow", "/who")
        self.bob.send("/who")
        self.bob.expect("* 2 in #lobby: @alice bob")
        self.alice.expect()
        self.assertEqual([TopicSet], [type(event) for event in self.journal.waiting])

    def test_sentAhead(self) -> None:
        """One who sends more ahead than may wait is read no more until it has been served; nothing is lost."""
        server = MemoryServer(replace(SETTINGS, limits=replace(SETTINGS.limits, recvq=100)), inMemory(ManualLog))
        assert isinstance(server.log, ManualLog)
        alice = server.connect()
        alice.send("alice")
        commit(server)
        bob = server.connect()
        bob.send("bob")
        commit(server)
        alice.skip()
        bob.skip()
        for number in range(20):
            alice.send(f"/topic number {number}")
        assert alice.transport is not None
        unread = alice.transport.value()  # type: ignore[attr-defined]  # it is a MemoryTransport
        self.assertIn(b"/topic number 19", unread)
        self.assertNotIn(b"/topic number 5\n", unread)
        commit(server)
        bob.expect(*(f"* alice set the topic of #lobby to: number {number}" for number in range(20)))

    def test_goneBeforeItHappened(self) -> None:
        """A message whose sender is gone when it is kept is seen all the same, before their going."""
        self.alice.send("last words")
        self.alice.hangUp()
        self.commit()
        self.bob.expect("[12:00] <alice> last words", "* alice quit (connection lost)")

    def test_quitWaits(self) -> None:
        """/quit waits for what was said before it, and its acknowledgement; what waits behind it is never obeyed."""
        self.alice.send("/echo on")
        self.alice.skip()
        self.alice.send("last words", "/quit", "from beyond", "/topic from beyond")
        self.alice.expect()
        commit(self.server)
        self.alice.expect("[12:00] <alice> last words", GOODBYE)
        self.bob.expect("[12:00] <alice> last words", "* alice quit")
