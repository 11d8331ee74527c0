"""Tests of what is about oneself at the line door: nick, being away, going."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.protocols.line.servers import GOODBYE
from twistchat.testing import MemoryServer


class NickTests(SynchronousTestCase):
    """/nick."""

    def setUp(self) -> None:
        self.server = MemoryServer()
        self.alice, self.bob = self.server.person("alice"), self.server.person("bob")
        self.alice.skip()

    def test_another(self) -> None:
        """Everyone who shares a room sees it, once, and so does one oneself; from then on texts have the new nick."""
        for person in (self.alice, self.bob):
            person.send("/join #den")
        self.bob.skip()
        self.alice.skip()
        carol = self.server.connect()
        carol.send("carol", "/join #elsewhere", "/leave #lobby")
        carol.skip()
        self.bob.skip()
        self.alice.skip()
        self.alice.send("/nick Alicia", "hello")
        self.alice.expect("* alice is now Alicia")
        self.bob.expect("* alice is now Alicia", "[12:00] <Alicia> hello")
        carol.expect()
        self.bob.send("/msg alicia hi", "/msg alice hi")
        self.alice.expect("[12:00] @Alicia <bob> hi")
        self.bob.expect("! Nobody here is called alice.  /who lists who is in this room.")

    def test_newHost(self) -> None:
        """A new host is nothing that this door shows: nobody seems to leave and to come again for it."""
        user = self.server.chat.identity.find("alice")
        self.server.chat.identity.setHost(user, "new.host")
        self.bob.send("/who")
        self.bob.expect("* 2 in #lobby: @alice bob")

    def test_spelling(self) -> None:
        """One's own nick may be spelled otherwise."""
        self.alice.send("/nick ALICE", "/nick аlice")
        self.bob.expect("* alice is now ALICE", "* ALICE is now аlice")

    def test_same(self) -> None:
        """The nick that one has is no change, and nobody hears of it."""
        self.alice.send("/nick alice")
        self.alice.expect("* You are alice")
        self.bob.expect()

    def test_rankStays(self) -> None:
        """A rank is the user's, not the nick's."""
        self.alice.send("/nick Alicia", "/who")
        self.alice.expect("* alice is now Alicia", "* 2 in #lobby: @Alicia bob")

    def test_refused(self) -> None:
        """In use, a look-alike, reserved, or no nick at all: one stays who one was."""
        self.alice.send("/nick bob", "/nick BOB", "/nick bоb", "/nick chanserv", "/nick 7up", "/nick a b", "/nick")
        self.alice.expect(
            "! The nick bob is in use.  Choose another.",
            "! The nick BOB looks like bob, which is in use.  Choose another.",
            "! The nick bоb looks like bob, which is in use.  Choose another.",
            "! The nick chanserv is reserved.  Choose another.",
            "! The nick 7up begins with a digit.  Choose another.",
            '! The nick "a b" has a space in it.  Choose another.',
            "! Usage: /nick NICK",
        )
        self.alice.send("still me")
        self.bob.expect("[12:00] <alice> still me")

    def test_banned(self) -> None:
        """Who is silenced by a ban does not shed it with their nick."""
        self.alice.send("/mode +b bob")
        self.bob.skip()
        self.bob.send("/nick rob", "hello")
        self.bob.expect(*2 * ["! A ban keeps you out of #lobby, or silent in it.  Ask one of its operators."])

    def test_oldNickIsFree(self) -> None:
        """The nick that one had is free for another."""
        self.alice.send("/nick alicia")
        self.server.person("alice")


class AwayTests(SynchronousTestCase):
    """/away."""

    def setUp(self) -> None:
        self.server = MemoryServer()
        self.alice, self.bob = self.server.person("alice"), self.server.person("bob")
        self.alice.skip()

    def test_andBack(self) -> None:
        """Those who ask or write are told; the room is not."""
        self.alice.send("/away making tea")
        self.alice.expect("* You are away: making tea")
        self.bob.send("/who", "/msg alice hey")
        self.bob.expect("* 2 in #lobby: @alice bob", "* alice is away: making tea", "* alice is away: making tea")
        self.alice.skip()
        self.alice.send("/away")
        self.alice.expect("* You are back")
        self.bob.send("/who", "/msg alice hey")
        self.bob.expect("* 2 in #lobby: @alice bob")

    def test_tooLong(self) -> None:
        """An away message has its limit; one is not away with a longer one."""
        self.alice.send("/away " + "x" * 391)
        self.alice.expect("! The reason is too long: it has 391 characters, and 390 fit.  Say it shorter.")
        self.bob.send("/who")
        self.bob.expect("* 2 in #lobby: @alice bob")


class QuittingTests(SynchronousTestCase):
    """/quit, and losing the connection."""

    def setUp(self) -> None:
        self.server = MemoryServer()
        self.alice, self.bob = self.server.person("alice"), self.server.person("bob")
        self.alice.skip()

    def test_quit(self) -> None:
        """One is said goodbye to, after what was to be seen; others see one go, with the reason."""
        self.alice.send("/echo on", "last words", "/quit to the sea")
        self.alice.expect("* Echo is on", "[12:00] <alice> last words", GOODBYE)
        self.assertTrue(self.alice.gone)
        self.bob.expect("[12:00] <alice> last words", "* alice quit (to the sea)")
        self.bob.send("/who")
        self.bob.expect("* 1 in #lobby: bob")

    def test_noReason(self) -> None:
        """No reason is needed."""
        self.alice.send("/quit")
        self.bob.expect("* alice quit")

    def test_nothingBehindIt(self) -> None:
        """What was sent behind it is not obeyed."""
        self.alice.send("/quit", "one more thing", "/nick ghost")
        self.alice.expect(GOODBYE)
        self.bob.expect("* alice quit")

    def test_longReason(self) -> None:
        """A long reason is cut: nobody is kept here for it."""
        self.alice.send("/quit " + "x" * 1000)
        self.bob.expect(f"* alice quit ({'x' * 390})")

    def test_badReason(self) -> None:
        """What must not be in a reason becomes spaces."""
        self.alice.send("/quit a\0b\rc")
        self.bob.expect("* alice quit (a b c)")

    def test_lost(self) -> None:
        """A connection that is lost is a going too; those who share several rooms see it once."""
        for person in (self.alice, self.bob):
            person.send("/join #den")
        self.bob.skip()
        self.alice.hangUp()
        self.bob.expect("* alice quit (connection lost)")

    def test_strangersSeeNothing(self) -> None:
        """Those who share no room see nobody go."""
        self.bob.send("/leave")
        self.bob.skip()
        self.alice.hangUp()
        self.bob.expect()

    def test_goneIsGone(self) -> None:
        """Nothing is left of one who has gone."""
        self.alice.hangUp()
        self.bob.send("/quit")
        state = self.server.chat.state
        self.assertEqual((0, 0, {}), (len(state.users), len(state.rooms), state.sessions))
        self.assertEqual([], self.server.clock.getDelayedCalls())
