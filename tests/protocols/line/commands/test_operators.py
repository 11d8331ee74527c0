"""Tests of kick, ban, modes and ranks at the line door."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.protocols.line.servers import limited
from twistchat.chat.model.bans.masks import ACTING, MATCHING
from twistchat.chat.model.modes.room import RANKS, ROOM_MODES
from twistchat.testing import MemoryServer

NO_RANK = "! You need to be an operator of #lobby for that.  Ask one of those who are (@ in /who)."
NOBODY = "! Nobody here is called dave.  /who lists who is in this room."
BANNED = "! A ban keeps you out of #lobby, or silent in it.  Ask one of its operators."


class OperatorTestCase(SynchronousTestCase):
    """Alice is the lobby's operator, and bob and carol are members."""

    def setUp(self) -> None:
        self.server = MemoryServer()
        self.alice, self.bob, self.carol = map(self.server.person, ("alice", "bob", "carol"))
        self.passOver()

    def passOver(self) -> None:
        """Skip what everyone has received."""
        for person in (self.alice, self.bob, self.carol):
            person.skip()

    def allSee(self, *lines: str) -> None:
        """Assert that everyone has received these lines."""
        for person in (self.alice, self.bob, self.carol):
            person.expect(*lines)


class KickTests(OperatorTestCase):
    """/kick."""

    def test_kick(self) -> None:
        """All members see it, also the kicked one, who then receives nothing more from the room."""
        self.alice.send("/kick BOB too  loud")
        self.allSee("* alice kicked bob from #lobby (too  loud)")
        self.alice.send("quiet now")
        self.bob.expect()
        self.carol.expect("[12:00] <alice> quiet now")

    def test_noReason(self) -> None:
        """The reason is optional, and the kicked user may return."""
        self.alice.send("/kick bob")
        self.allSee("* alice kicked bob from #lobby")
        self.bob.send("/join #lobby")
        self.bob.expect(
            "* 3 in #lobby: @alice carol bob",
            "* History of #lobby, 2026-01-01",
            "* alice kicked bob from #lobby",
            "* End of history of #lobby",
            "* bob joined #lobby",
        )

    def test_oneself(self) -> None:
        """Operators may kick themselves."""
        self.alice.send("/kick alice")
        self.allSee("* alice kicked alice from #lobby")

    def test_usage(self) -> None:
        """A nick is required."""
        self.alice.send("/kick", "/kick ")
        self.alice.expect(*2 * ["! Usage: /kick NICK [REASON]"])

    def test_refused(self) -> None:
        """It fails without the rank, for an unknown nick, for a user elsewhere, and with a reason that is too long."""
        self.bob.send("/kick carol", "/kick alice")
        self.bob.expect(NO_RANK, NO_RANK)
        self.bob.send("/leave")
        self.passOver()
        self.alice.send("/kick dave", "/kick bob", "/kick carol " + "x" * 391)
        self.alice.expect(
            NOBODY,
            "! bob is not in #lobby.  /who #lobby lists who is.",
            "! The reason is too long: it has 391 characters, and 390 fit.  Say it shorter.",
        )
        self.carol.expect()

    def test_higherRank(self) -> None:
        """A half-operator may kick members of lower rank, but no operator."""
        self.alice.send("/mode +h bob")
        self.passOver()
        self.bob.send("/kick alice", "/kick carol")
        self.bob.expect(NO_RANK, "* bob kicked carol from #lobby")

    def test_nowhere(self) -> None:
        """A current room is required."""
        self.alice.send("/leave")
        self.alice.skip()
        self.alice.send("/kick bob", "/ban bob", "/unban bob", "/mode")
        self.alice.expect(*4 * ["! You are in no room.  /join #ROOM first, or /msg NICK TEXT"])


class BanTests(OperatorTestCase):
    """/ban and /unban."""

    def test_nick(self) -> None:
        """A nick is banned and kicked, and cannot return."""
        self.alice.send("/ban Bob")
        self.allSee("* alice set +b bob!*@* on #lobby", "* alice kicked bob from #lobby (banned)")
        self.bob.send("/join #lobby")
        self.bob.expect(BANNED)

    def test_mask(self) -> None:
        """A mask bans all users that it matches.  Members stay, but cannot speak."""
        self.alice.send("/ban bob!*@*")
        self.allSee("* alice set +b bob!*@* on #lobby")
        self.bob.send("hello?", "/me waves", "/msg #lobby hello?")
        self.bob.expect(BANNED, BANNED, BANNED)
        self.carol.send("hello")
        self.alice.expect("[12:00] <carol> hello")

    def test_ahead(self) -> None:
        """A nick may be banned that nobody has, or whose user is elsewhere."""
        self.bob.send("/leave")
        self.passOver()
        self.alice.send("/ban dave", "/ban bob")
        self.alice.expect("* alice set +b dave!*@* on #lobby", "* alice set +b bob!*@* on #lobby")

    def test_oneself(self) -> None:
        """An operator who bans themselves is not kicked."""
        self.alice.send("/ban alice", "still here")
        self.bob.expect("* alice set +b alice!*@* on #lobby", "[12:00] <alice> still here")

    def test_list(self) -> None:
        """Without an argument it lists the bans with their authors."""
        self.alice.send("/ban")
        self.alice.expect("* Nobody is banned from #lobby")
        self.alice.send("/ban *!*@evil.test", "/mode +o bob")
        self.bob.send("/ban dave")
        self.passOver()
        self.carol.send("/ban")
        self.carol.expect(
            "* *!*@evil.test is banned from #lobby (by alice)", "* dave!*@* is banned from #lobby (by bob)"
        )

    def test_twice(self) -> None:
        """A second ban on the same mask is reported."""
        self.alice.send("/ban dave", "/ban DAVE!*@*")
        self.alice.expect("* alice set +b dave!*@* on #lobby", "* DAVE!*@* is banned from #lobby already")

    def test_unban(self) -> None:
        """/unban ends a ban, by nick or mask.  Its members may speak again."""
        self.alice.send("/ban b*!*@*", "/unban B*")
        self.passOver()
        self.bob.send("thanks")
        self.alice.expect("[12:00] <bob> thanks")

    def test_unbanNobody(self) -> None:
        """/unban of an unknown ban is an error, and a mask is required."""
        self.alice.send("/unban bob", "/unban")
        self.alice.expect(
            "! There is no ban on bob in #lobby; /ban lists the bans", "! Usage: /unban NICK or /unban MASK"
        )

    def test_refused(self) -> None:
        """It fails without the rank, and with an invalid mask."""
        self.bob.send("/ban carol", "/unban carol")
        self.bob.expect(NO_RANK, NO_RANK)
        self.alice.send("/ban bob for being loud", "/ban a,b", "/ban a\x1bb")
        why = "Mode b wants a mask of 1 to 200 characters, nick!user@host, and found"
        self.alice.expect(
            f"! {why} bob for being loud.  /help mode lists the modes.",
            f"! {why} a,b.  /help mode lists the modes.",
            f"! {why} a␛b.  /help mode lists the modes.",
        )
        self.bob.expect()

    def test_full(self) -> None:
        """A room has no more bans than the limit."""
        server = limited(bans=2)
        alice = server.person("alice")
        alice.send("/ban a", "/ban b")
        alice.skip()
        alice.send("/ban c", "/unban a", "/ban c")
        alice.expect(
            "! The list b of #lobby is full: it takes 2.  Remove one first.",
            "* alice set -b a!*@* on #lobby",
            "* alice set +b c!*@* on #lobby",
        )

    def test_higherRank(self) -> None:
        """A half-operator may ban an operator, who stays and may speak."""
        self.alice.send("/mode +h bob")
        self.passOver()
        self.bob.send("/ban alice")
        self.bob.expect("* bob set +b alice!*@* on #lobby", NO_RANK)
        self.alice.send("still here")
        self.carol.expect("* bob set +b alice!*@* on #lobby", "[12:00] <alice> still here")


class ModeTests(OperatorTestCase):
    """/mode."""

    def test_shown(self) -> None:
        """Members see the modes, but not the key."""
        for client in (self.alice, self.bob):
            client.send("/join #den")
        self.passOver()
        self.bob.send("/mode")
        self.bob.expect("* Modes of #den: +nt; /help mode says what they do")
        self.alice.send("/mode +mk Sesame")
        self.passOver()
        self.bob.send("/mode")
        self.bob.expect("* Modes of #den: +kmnt; /help mode says what they do")

    def test_help(self) -> None:
        """/help mode has a line for every mode, rank and extended mask."""
        self.alice.send("/help mode")
        lines = self.alice.lines()
        for letter in ROOM_MODES:
            self.assertEqual(len([line for line in lines if line.startswith(f"* {letter}: ")]), 1, letter)
        for rank in RANKS:
            self.assertIn(f"* {rank.letter} NICK: makes someone {rank.name} ({rank.prefix})", lines)
        for kind in (*MATCHING.values(), *ACTING.values()):
            self.assertEqual(len([line for line in lines if line.startswith(f"* {kind.usage} ")]), 1, kind.usage)

    def test_ranks(self) -> None:
        """Ranks are given and taken.  /who shows the highest."""
        self.alice.send("/mode +ov-t bob carol")
        self.allSee("* alice set +ov-t bob carol on #lobby")
        self.bob.send("/mode +v bob", "/who")
        self.bob.expect("* bob set +v bob on #lobby", "* 3 in #lobby: @alice @bob +carol")
        self.bob.send("/mode -o ALICE", "/who")
        self.bob.expect("* bob set -o alice on #lobby", "* 3 in #lobby: alice @bob +carol")

    def test_givingUp(self) -> None:
        """Everyone may give up their own rank."""
        self.alice.send("/mode +v bob")
        self.passOver()
        self.bob.send("/mode -v bob")
        self.allSee("* bob set -v bob on #lobby")

    def test_lists(self) -> None:
        """A list mode without a parameter shows the list."""
        self.alice.send("/mode +b", "/mode +e bob", "/mode e", "/mode +eI")
        self.alice.expect(
            "* List b of #lobby: nothing",
            "* alice set +e bob!*@* on #lobby",
            "! Usage: /mode +LETTERS or /mode -LETTERS, as in /mode +o alice; /help mode lists them",
            "* List e of #lobby: bob!*@*",
            "* List I of #lobby: nothing",
        )

    def test_noChange(self) -> None:
        """A change that changes nothing is reported to its author only."""
        self.alice.send("/mode +n", "/mode -m", "/mode +o alice", "/mode +")
        self.alice.expect(*4 * ["* That changes nothing on #lobby"])
        self.bob.expect()

    def test_refused(self) -> None:
        """
        It fails for an unknown mode, a missing or invalid parameter, an unknown user, a user elsewhere, and without the
        rank. Then nothing changes.
        """
        self.carol.send("/leave")
        self.passOver()
        self.alice.send(
            *("/mode +y", "/mode +mo", "/mode +ml x", "/mode +l 0", "/mode +l", "/mode -k", "/mode +k a,b"),
            *("/mode +mo dave", "/mode +mo carol", "/mode +q bob"),
        )
        see = "/help mode lists the modes."
        self.alice.expect(
            "! There is no mode y.  /help mode lists them.",
            "! Mode o needs a nick.  Usage: /mode +o NICK",
            f"! Mode l wants a number from 1 to 1000000, and found x.  {see}",
            f"! Mode l wants a number from 1 to 1000000, and found 0.  {see}",
            "! Mode l needs a value.  Usage: /mode +l VALUE",
            "! Mode k needs a value.  Usage: /mode -k VALUE",
            f"! Mode k wants 1 to 23 characters, no space, comma or colon, and found a,b.  {see}",
            NOBODY,
            "! carol is not in #lobby.  /who #lobby lists who is.",
            NO_RANK,
        )
        self.bob.send("/mode +m", "/mode +o bob", "/mode -o alice", "/mode +b carol", "/mode")
        self.bob.expect(NO_RANK, NO_RANK, NO_RANK, NO_RANK, "* Modes of #lobby: +nt; /help mode says what they do")


class NoticeTests(OperatorTestCase):
    """Server notices (user mode s)."""

    def test_silent(self) -> None:
        """This door shows none, even to users who asked for them at another door."""
        chat = self.server.chat
        (session,) = chat.identity.find("alice").sessions.values()
        self.successResultOf(Deferred.fromCoroutine(chat.operators.become(session, "Boss", ["kill", "ban"])))
        self.successResultOf(Deferred.fromCoroutine(chat.identity.setUserModes(session, "+s")))
        self.assertEqual(chat.identity.find("alice").modes, "os")
        chat.operators.banFromServer(session, "x!*@*", None)
        chat.operators.kill(session, "bob", "spam")
        self.server.pump()
        self.alice.expect("* alice is an operator of the server: Boss", "* bob quit (killed by alice: spam)")
