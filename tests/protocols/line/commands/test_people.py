"""Tests of nick, away and quit at the line door."""

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
        """The user, and everyone who shares a room, sees it once.  Later texts have the new nick."""
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
        """This door does not show a new host."""
        user = self.server.chat.identity.find("alice")
        self.server.chat.identity.setHost(user, "new.host")
        self.bob.send("/who")
        self.bob.expect("* 2 in #lobby: @alice bob")

    def test_spelling(self) -> None:
        """The case of the own nick may change."""
        self.alice.send("/nick ALICE", "/nick аlice")
        self.bob.expect("* alice is now ALICE", "* ALICE is now аlice")

    def test_same(self) -> None:
        """The current nick is no change, and nobody sees it."""
        self.alice.send("/nick alice")
        self.alice.expect("* You are alice")
        self.bob.expect()

    def test_rankStays(self) -> None:
        """A rank belongs to the user, not to the nick."""
        self.alice.send("/nick Alicia", "/who")
        self.alice.expect("* alice is now Alicia", "* 2 in #lobby: @Alicia bob")

    def test_refused(self) -> None:
        """A nick that is in use, looks like another, is reserved or invalid is refused."""
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
        """A user who cannot speak because of a ban cannot change the nick."""
        self.alice.send("/mode +b bob")
        self.bob.skip()
        self.bob.send("/nick rob", "hello")
        self.bob.expect(*2 * ["! A ban keeps you out of #lobby, or silent in it.  Ask one of its operators."])

    def test_oldNickIsFree(self) -> None:
        """Another user may take the old nick."""
        self.alice.send("/nick alicia")
        self.server.person("alice")


class AwayTests(SynchronousTestCase):
    """/away."""

    def setUp(self) -> None:
        self.server = MemoryServer()
        self.alice, self.bob = self.server.person("alice"), self.server.person("bob")
        self.alice.skip()

    def test_andBack(self) -> None:
        """Users who ask or write see it; rooms do not."""
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
        """A message that is too long is refused."""
        self.alice.send("/away " + "x" * 391)
        self.alice.expect("! The reason is too long: it has 391 characters, and 390 fit.  Say it shorter.")
        self.bob.send("/who")
        self.bob.expect("* 2 in #lobby: @alice bob")


class QuittingTests(SynchronousTestCase):
    """/quit, and lost connections."""

    def setUp(self) -> None:
        self.server = MemoryServer()
        self.alice, self.bob = self.server.person("alice"), self.server.person("bob")
        self.alice.skip()

    def test_quit(self) -> None:
        """The goodbye comes after everything else.  Others see the reason."""
        self.alice.send("/echo on", "last words", "/quit to the sea")
        self.alice.expect("* Echo is on", "[12:00] <alice> last words", GOODBYE)
        self.assertTrue(self.alice.gone)
        self.bob.expect("[12:00] <alice> last words", "* alice quit (to the sea)")
        self.bob.send("/who")
        self.bob.expect("* 1 in #lobby: bob")

    def test_noReason(self) -> None:
        """The reason is optional."""
        self.alice.send("/quit")
        self.bob.expect("* alice quit")

    def test_nothingBehindIt(self) -> None:
        """Lines after it are not executed."""
        self.alice.send("/quit", "one more thing", "/nick ghost")
        self.alice.expect(GOODBYE)
        self.bob.expect("* alice quit")

    def test_longReason(self) -> None:
        """A reason that is too long is cut, not refused."""
        self.alice.send("/quit " + "x" * 1000)
        self.bob.expect(f"* alice quit ({'x' * 390})")

    def test_badReason(self) -> None:
        """Invalid characters in the reason become spaces."""
        self.alice.send("/quit a\0b\rc")
        self.bob.expect("* alice quit (a b c)")

    def test_lost(self) -> None:
        """Others see a lost connection once, even if they share several rooms."""
        for person in (self.alice, self.bob):
            person.send("/join #den")
        self.bob.skip()
        self.alice.hangUp()
        self.bob.expect("* alice quit (connection lost)")

    def test_strangersSeeNothing(self) -> None:
        """Users who share no room see nothing."""
        self.bob.send("/leave")
        self.bob.skip()
        self.alice.hangUp()
        self.bob.expect()

    def test_goneIsGone(self) -> None:
        """Nothing is left of a user who has quit."""
        self.alice.hangUp()
        self.bob.send("/quit")
        state = self.server.chat.state
        self.assertEqual((0, 0, {}), (len(state.users), len(state.rooms), state.sessions))
        self.assertEqual([], self.server.clock.getDelayedCalls())
