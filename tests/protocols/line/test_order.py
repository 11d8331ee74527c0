"""Tests of the order of commands at the line door, also with a journal that waits."""

from __future__ import annotations

from dataclasses import replace

from twisted.trial.unittest import SynchronousTestCase

from tests.protocols.line.servers import GOODBYE, commit
from twistchat.chat.model.events import Entered, Joined, Parted, RoomMessage, TopicSet
from twistchat.testing import LineClient, ManualLog, MemoryServer, inMemory
from twistchat.testing.server import SETTINGS


class PipeliningTests(SynchronousTestCase):
    """Lines that are sent at once are executed in order."""

    def test_onePacket(self) -> None:
        """A name, texts, and commands that depend on earlier ones may be in one packet."""
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
        """A reply comes after all earlier events of the same turn, also those of others."""
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
    """Alice and bob are in the lobby of a server whose journal waits for the test."""

    def setUp(self) -> None:
        self.server = MemoryServer(journal=inMemory(ManualLog))
        assert isinstance(self.server.log, ManualLog)
        self.journal = self.server.log
        self.alice, self.bob = self.arrive("alice"), self.arrive("bob")
        self.alice.skip()

    def arrive(self, nick: str) -> LineClient:
        """Register a client, which joins the lobby."""
        client = self.server.connect()
        client.send(nick)
        commit(self.server)
        client.until(f"* {nick} joined #lobby")
        return client

    def commit(self, count: int | None = None) -> None:
        """Commit this many events, but none that follow from them."""
        self.journal.commit(len(self.journal.waiting) if count is None else count)
        self.server.pump()


class DurableBeforeVisibleTests(HeldTestCase):
    """Nobody sees an event before it is stored, not even its sender."""

    def test_message(self) -> None:
        """A message is visible when it is stored: to others, and to a sender with echo."""
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
        """The same holds for all other events.  They have no effect before they are stored."""
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
        """Nobody sees a refused text, and the sender gets an error for each line."""
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
            "* End of history of #lobby; it begins here",
        )
        self.bob.expect("[12:00] <alice> four")

    def test_refusedTopic(self) -> None:
        """A refused topic is not set."""
        self.alice.send("/topic lost", "/topic")
        self.journal.refuse("the disk is full")
        self.server.pump()
        self.alice.expect(
            "! That was not taken, and nobody has seen it: the disk is full.  Try again later.",
            "* #lobby has no topic",
        )


class HeldOrderTests(HeldTestCase):
    """A session's commands take effect in order, however long each takes."""

    def test_messagesTogether(self) -> None:
        """Messages are in flight at once."""
        self.alice.send("one", "//two", "/me three", "/msg bob four", "/w bob five")
        self.assertEqual(5, len(self.journal.waiting))

    def test_answerBehindMessages(self) -> None:
        """The reply to /who comes after the ten messages before it."""
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
        """An error comes after the replies to earlier lines."""
        self.alice.sendBytes(b"one\n/topic tea\n\x80\n" + 5000 * b"x" + b"\n/nonsense\n")
        self.alice.expect()
        self.commit(1)
        self.commit(1)
        found = [line[:20] for line in self.alice.lines()]
        self.assertEqual(
            ["* alice set the topi", "! That line is not U", "! That line is too l", "! There is no comman"], found
        )

    def test_joinThenSay(self) -> None:
        """A text after /join is proposed when the client is in the room."""
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
        """Get the proposed texts and their rooms."""
        return [(event.room, event.text) for event in self.journal.waiting if isinstance(event, RoomMessage)]

    def test_sayThenLeave(self) -> None:
        """/leave waits for earlier texts."""
        self.alice.send("bye all", "/leave")
        self.assertEqual([RoomMessage], [type(event) for event in self.journal.waiting])
        self.commit()
        self.assertEqual([Parted], [type(event) for event in self.journal.waiting])
        self.commit()
        self.bob.expect("[12:00] <alice> bye all", "* alice left #lobby")

    def test_arriving(self) -> None:
        """All lines may be in one packet with the name."""
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
        """If the name is taken meanwhile, the next line is another name."""
        first, second = self.server.connect(), self.server.connect()
        first.send("carol")
        second.send("carol", "dave", "hello")
        commit(self.server)
        second.until("! The nick carol is in use.  Choose another.")
        second.until("* dave joined #lobby")
        self.bob.until("[12:00] <dave> hello")

    def test_others(self) -> None:
        """A client that waits delays no other client."""
        self.alice.send("/topic slow", "/who")
        self.bob.send("/who")
        self.bob.expect("* 2 in #lobby: @alice bob")
        self.alice.expect()
        self.assertEqual([TopicSet], [type(event) for event in self.journal.waiting])

    def test_sentAhead(self) -> None:
        """If too much input waits, the server stops reading it until it has been executed.  Nothing is lost."""
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
        """A message of a client that has disconnected is delivered before its quit."""
        self.alice.send("last words")
        self.alice.hangUp()
        self.commit()
        self.bob.expect("[12:00] <alice> last words", "* alice quit (connection lost)")

    def test_quitWaits(self) -> None:
        """/quit waits for earlier texts.  Lines after it are never executed."""
        self.alice.send("/echo on")
        self.alice.skip()
        self.alice.send("last words", "/quit", "from beyond", "/topic from beyond")
        self.alice.expect()
        commit(self.server)
        self.alice.expect("[12:00] <alice> last words", GOODBYE)
        self.bob.expect("[12:00] <alice> last words", "* alice quit")
