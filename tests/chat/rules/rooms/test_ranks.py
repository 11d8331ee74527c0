"""Tests of ranks: who may do what in a room, with its modes, locks, lists and invitations."""

from __future__ import annotations

from itertools import product

from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import Scene, done, refused, shown
from twistchat.chat import errors
from twistchat.chat.limits import ChatLimits
from twistchat.chat.model.events import ModeChange

RANKS = ("q", "a", "o", "h", "v", "")
"""Every rank, highest first, and none."""


class RankTests(SynchronousTestCase):
    """What each rank permits."""

    def setUp(self) -> None:
        """A user who acts, and a user who is acted on."""
        self.scene = Scene()
        self.actor = self.scene.person("actor", "#a")
        self.target = self.scene.person("target", "#a")

    def refusedFor(self, letters: str, *parameters: str) -> str:
        """Return the ranks that may not make some mode changes."""
        refusals = ""
        for rank in RANKS:
            self.scene.promote("#a", "actor", rank)
            before = shown(self.scene.state)
            try:
                self.scene.chat.channels.setModes(self.actor.session, "#a", letters, parameters)
            except errors.NotOperator as error:
                self.assertEqual(error.room, "#a")
                self.assertEqual(shown(self.scene.state), before)
                refusals += rank or "-"
            else:
                inverse = letters.translate(str.maketrans("+-", "-+"))
                self.scene.promote("#a", "actor", "q")
                self.scene.chat.channels.setModes(self.actor.session, "#a", inverse, parameters)
        return refusals

    def test_modes(self) -> None:
        """Half-operators change lists and moderation, and operators the rest."""
        expected = {"b": "v-", "e": "v-", "I": "v-", "m": "v-", "k": "hv-", "l": "hv-", "i": "hv-", "s": "hv-"}
        parameters = {"b": ("x",), "e": ("x",), "I": ("x",), "k": ("key",), "l": ("5",)}
        for letter, refusals in expected.items():
            with self.subTest(letter):
                self.assertEqual(self.refusedFor(f"+{letter}", *parameters.get(letter, ())), refusals)
        for letter in "nt":
            with self.subTest(letter):
                self.assertEqual(self.refusedFor(f"-{letter}"), "hv-")

    def test_granting(self) -> None:
        """
        Founders give founder and protected operator, operators give operator and half-operator, and these give voice.
        """
        expected = {"q": "aohv-", "a": "aohv-", "o": "hv-", "h": "hv-", "v": "v-"}
        for letter, refusals in expected.items():
            with self.subTest(letter):
                self.assertEqual(self.refusedFor(f"+{letter}", "target"), refusals)
                self.scene.promote("#a", "target", letter)
                self.assertEqual(self.refusedFor(f"-{letter}", "target"), refusals)
                self.scene.promote("#a", "target", "")

    def test_resigning(self) -> None:
        """Users can remove their own ranks, but not give themselves any."""
        for letter in "qaohv":
            self.scene.promote("#a", "actor", letter)
            self.scene.modes(self.actor, "#a", f"-{letter}", "actor")
            self.assertEqual(self.scene.ranks("#a")["actor"], "")
            refused(
                errors.NotOperator, lambda: self.scene.chat.channels.setModes(self.actor.session, "#a", "+v", ["actor"])
            )

    def test_kick(self) -> None:
        """Half-operators and above kick members of the same or a lower rank."""
        for mine, theirs in product(RANKS, RANKS):
            with self.subTest(f"{mine or '-'} kicks {theirs or '-'}"):
                self.scene.promote("#a", "actor", mine)
                self.scene.promote("#a", "target", theirs)
                if mine not in ("", "v") and RANKS.index(mine) <= RANKS.index(theirs):
                    done(self.scene.chat.membership.kick(self.actor.session, "#a", "target"))
                    done(self.scene.chat.membership.join(self.target.session, "#a", unlimited=True))
                else:
                    error = refused(
                        errors.NotOperator, lambda: self.scene.chat.membership.kick(self.actor.session, "#a", "target")
                    )
                    self.assertEqual(error.room, "#a")

    def test_topic(self) -> None:
        """With mode t, half-operators and above set the topic; otherwise every member does."""
        for rank in RANKS:
            self.scene.promote("#a", "actor", rank)
            if rank in ("", "v"):
                refused(errors.NotOperator, lambda: self.scene.chat.channels.setTopic(self.actor.session, "#a", "x"))
            else:
                done(self.scene.chat.channels.setTopic(self.actor.session, "#a", rank))
        self.scene.promote("#a", "target", "o")
        self.scene.modes(self.target, "#a", "-t")
        done(self.scene.chat.channels.setTopic(self.actor.session, "#a", "anyone's"))

    def test_invite(self) -> None:
        """With mode i, half-operators and above invite; otherwise every member does."""
        self.scene.person("guest")
        for rank in RANKS:
            self.scene.promote("#a", "actor", rank)
            done(self.scene.chat.membership.invite(self.actor.session, "#a", "guest"))
        self.scene.promote("#a", "target", "o")
        self.scene.modes(self.target, "#a", "+i")
        for rank in RANKS:
            self.scene.promote("#a", "actor", rank)
            if rank in ("", "v"):
                refused(
                    errors.NotOperator, lambda: self.scene.chat.membership.invite(self.actor.session, "#a", "guest")
                )
            else:
                done(self.scene.chat.membership.invite(self.actor.session, "#a", "guest"))

    def test_highestCounts(self) -> None:
        """The ranks of a member are sorted, and the highest counts.  If it is removed, the lower ones remain."""
        self.scene.promote("#a", "actor", "q")
        self.scene.modes(self.actor, "#a", "+vo", "target", "target")
        self.assertEqual(self.scene.ranks("#a")["target"], "ov")
        self.scene.modes(self.actor, "#a", "-o", "target")
        self.assertEqual(self.scene.ranks("#a")["target"], "v")


class ModeTests(SynchronousTestCase):
    """C{setModes} and C{listItems}."""

    def setUp(self) -> None:
        """An operator and a member."""
        self.scene = Scene(ChatLimits(bans=3))
        self.alice = self.scene.person("alice", "#Room")
        self.bob = self.scene.person("bob", "#room")
        self.scene.clear(self.alice, self.bob)

    def set(self, letters: str, *parameters: str) -> tuple[ModeChange, ...]:
        """Set modes as the operator, and return the proposed changes."""
        entry = self.scene.chat.channels.setModes(self.alice.session, "#room", letters, parameters)
        return () if entry is None else done(entry).event.changes

    def test_changes(self) -> None:
        """One event has all changes in order, with the users of ranks.  The room hears it."""
        changes = self.set("+mk-t+vb", "key", "BOB", "Eve")
        self.assertEqual(
            changes,
            (
                ModeChange(True, "m"),
                ModeChange(True, "k", "key"),
                ModeChange(False, "t"),
                ModeChange(True, "v", "bob", self.bob.user.source),
                ModeChange(True, "b", "eve!*@*"),
            ),
        )
        room = self.scene.room("#room")
        self.assertEqual(room.modes, {"n": None, "m": None, "k": "key"})
        self.assertEqual(self.scene.ranks("#room"), {"alice": "o", "bob": "v"})
        self.scene.endTurn()
        heard = ["#Room alice set +m +k key -t +v bob +b eve!*@*"]
        self.assertEqual((self.alice.heard(), self.bob.heard()), (heard, heard))

    def test_nothingChanges(self) -> None:
        """Changes without an effect are not proposed."""
        self.set("+ksvbl", "key", "bob", "eve", "5")
        count = len(self.scene.entries)
        for letters, parameters in (
            ("", ()),
            ("+", ()),
            ("+nt", ()),
            ("-mi", ()),
            ("+s", ()),
            ("+k", ("key",)),
            ("+l", ("05",)),
            ("+v", ("bob",)),
            ("-o", ("bob",)),
            ("+b", ("EVE!*@*",)),
            ("-b", ("mallory",)),
            ("b", ()),
            ("+beI", ()),
        ):
            with self.subTest(letters):
                self.assertIsNone(self.scene.chat.channels.setModes(self.alice.session, "#room", letters, parameters))
        self.assertEqual(len(self.scene.entries), count)

    def test_parameters(self) -> None:
        """A key is replaced, and removed with any key.  A limit is a number.  Members hear the removed value."""
        self.assertEqual(self.set("+k", "one"), (ModeChange(True, "k", "one"),))
        self.assertEqual(self.set("+k", "two"), (ModeChange(True, "k", "two"),))
        self.assertEqual(self.set("-k", "*"), (ModeChange(False, "k", "two"),))
        self.assertEqual(self.set("+l", "0012"), (ModeChange(True, "l", "12"),))
        self.assertEqual(self.set("-l"), (ModeChange(False, "l", "12"),))
        self.assertEqual(
            self.set("+kl", "x", "1000000"), (ModeChange(True, "k", "x"), ModeChange(True, "l", "1000000"))
        )
        self.set("-kl", "x")
        self.assertEqual(self.scene.room("#room").modes, {"n": None, "t": None})

    def test_refused(self) -> None:
        """Any mistake refuses the whole command."""
        before = shown(self.scene.state)
        chat, session = self.scene.chat, self.alice.session
        self.assertEqual(
            refused(errors.UnknownMode, lambda: chat.channels.setModes(session, "#room", "+my", [])).letter, "y"
        )
        for letters, parameters, letter, parameter in (
            ("+mk", [], "k", None),
            ("-k", [], "k", None),
            ("+l", [], "l", None),
            ("+mo", [], "o", None),
            ("+l", ["0"], "l", "0"),
            ("+l", ["-1"], "l", "-1"),
            ("+l", ["1000001"], "l", "1000001"),
            ("+l", ["9" * 5000], "l", "9" * 5000),
            ("+l", ["0000001999999"], "l", "0000001999999"),
            ("+l", ["0" * 9 + "9" * 5000], "l", "0" * 9 + "9" * 5000),
            ("+l", ["\N{SUPERSCRIPT TWO}"], "l", "\N{SUPERSCRIPT TWO}"),
            ("+l", ["\N{ARABIC-INDIC DIGIT TWO}"], "l", "\N{ARABIC-INDIC DIGIT TWO}"),
            ("+k", [""], "k", ""),
            ("+k", ["a b"], "k", "a b"),
            ("+k", ["a,b"], "k", "a,b"),
            ("+k", [":a"], "k", ":a"),
            ("+k", ["a\x07"], "k", "a\x07"),
            ("+k", ["x" * 24], "k", "x" * 24),
            ("+b", [""], "b", ""),
            ("+b", ["a b"], "b", "a b"),
            ("+e", ["a\n"], "e", "a\n"),
            ("+I", ["x" * 201], "I", "x" * 201),
        ):
            with self.subTest(f"{letters} {parameters}"):
                error = refused(
                    errors.BadModeParameter,
                    lambda letters=letters, parameters=parameters: chat.channels.setModes(
                        session, "#room", letters, parameters
                    ),  # type: ignore[misc]
                )
                self.assertEqual((error.letter, error.parameter), (letter, parameter))
                self.assertTrue(error.why)
        self.assertEqual(
            refused(errors.NoSuchNick, lambda: chat.channels.setModes(session, "#room", "+o", ["Eve"])).nick, "Eve"
        )
        self.scene.person("carol")
        absent = refused(errors.TargetNotInRoom, lambda: chat.channels.setModes(session, "#room", "+mo", ["carol"]))
        self.assertEqual((absent.nick, absent.room), ("carol", "#Room"))
        refused(errors.NoSuchRoom, lambda: chat.channels.setModes(session, "#none", "+m", []))
        carol = self.scene.chat.identity.find("carol").sessions
        refused(errors.NotInRoom, lambda: chat.channels.setModes(next(iter(carol.values())), "#room", "+m", []))
        self.assertEqual(shown(self.scene.state)["rooms"], before["rooms"])

    def test_contradiction(self) -> None:
        """If a command sets and removes a letter, the last change counts."""
        self.set("+m-m")
        self.assertNotIn("m", self.scene.room("#room").modes)
        self.set("-n+n")
        self.assertIn("n", self.scene.room("#room").modes)
        self.set("+b-b", "eve", "eve")
        self.assertEqual(self.scene.room("#room").lists["b"], {})
        self.set("+v-v", "bob", "bob")
        self.assertEqual(self.scene.ranks("#room")["bob"], "")
        self.assertEqual(self.set("+k+k", "one", "two"), (ModeChange(True, "k", "two"),))
        self.assertEqual(self.set("+l-l", "5"), ())
        self.assertNotIn("l", self.scene.room("#room").modes)

    def test_order(self) -> None:
        """A change that replaces an earlier one has its own place in the order."""
        self.assertEqual(self.set("+ims-i+i"), tuple([ModeChange(True, letter) for letter in "msi"]))

    def test_lists(self) -> None:
        """A list has masks with author and time, in the order in which they were set."""
        self.scene.now = 60.0
        longest = f"{'x' * 194}!*@*".ljust(200, "y")
        self.assertEqual(self.set("+I-I", longest, longest), ())
        self.set("+bb", "Eve", "*!*@Evil.host")
        self.set("+e", "good!*@*")
        chat = self.scene.chat
        items = chat.channels.listItems(self.bob.session, "#room", "b")
        self.assertEqual([item.mask for item in items], ["eve!*@*", "*!*@evil.host"])
        self.assertEqual({(item.by, item.time) for item in items}, {("alice", self.scene.entries[-2].time)})
        self.assertEqual([item.mask for item in chat.channels.listItems(self.bob.session, "#room", "e")], ["good!*@*"])
        self.assertEqual(chat.channels.listItems(self.bob.session, "#room", "I"), [])
        self.set("-b", "EVE!*@*")
        self.assertEqual(
            [item.mask for item in chat.channels.listItems(self.bob.session, "#room", "b")], ["*!*@evil.host"]
        )
        carol = self.scene.person("carol")
        self.assertRaises(errors.NotInRoom, chat.channels.listItems, carol.session, "#room", "b")
        self.assertRaises(errors.NoSuchRoom, chat.channels.listItems, carol.session, "#none", "b")

    def test_listFull(self) -> None:
        """Each list has its own limit.  A mask can be added in place of a removed one."""
        self.set("+bb", "a", "b")
        self.set("+eee", "a", "b", "c")
        chat, session = self.scene.chat, self.alice.session
        error = refused(errors.ListFull, lambda: chat.channels.setModes(session, "#room", "+bb", ["c", "d"]))
        self.assertEqual((error.room, error.letter, error.limit), ("#Room", "b", 3))
        self.assertEqual(len(self.scene.room("#room").lists["b"]), 2)
        self.set("+bbIII", "c", "C!*@*", "x", "y", "z")
        refused(errors.ListFull, lambda: chat.channels.setModes(session, "#room", "+b", ["d"]))
        self.set("-b+b", "a", "d")
        self.assertEqual(list(self.scene.room("#room").lists["b"]), ["b!*@*", "c!*@*", "d!*@*"])

    def test_overfullList(self) -> None:
        """A list that exceeds a lowered limit can become shorter, but not longer."""
        self.set("+bbb", "a", "b", "c")
        chat = self.scene.chat
        chat.limits = ChatLimits(bans=1)
        refused(errors.ListFull, lambda: chat.channels.setModes(self.alice.session, "#room", "+b", ["d"]))
        self.set("-b", "a")
        self.set("-b+b", "b", "e")


class LockTests(SynchronousTestCase):
    """What keeps users out or silent, and the exceptions."""

    def setUp(self) -> None:
        """An operator in a room, and a user who wants to join."""
        self.scene = Scene()
        self.alice = self.scene.person("alice", "#Room")
        self.bob = self.scene.person("bob")

    def join(self, key: str | None = None) -> None:
        """Let bob join and part again."""
        done(self.scene.chat.membership.join(self.bob.session, "#room", key, unlimited=True))
        done(self.scene.chat.membership.part(self.bob.session, "#room"))

    def invite(self) -> None:
        """Let alice invite bob."""
        done(self.scene.chat.membership.invite(self.alice.session, "#room", "bob"))

    def test_key(self) -> None:
        """The key must match exactly."""
        self.scene.modes(self.alice, "#room", "+k", "Key")
        for key in (None, "", "key", "Key "):
            error = refused(
                errors.BadKey,
                lambda key=key: self.scene.chat.membership.join(self.bob.session, "#room", key),  # type: ignore[misc]
            )
            self.assertEqual(error.room, "#Room")
        self.join("Key")

    def test_inviteOnly(self) -> None:
        """A user who matches a mask in list I needs no invitation."""
        self.scene.modes(self.alice, "#room", "+i")
        self.assertEqual(refused(errors.InviteOnly, self.join).room, "#Room")
        self.scene.modes(self.alice, "#room", "+I", "*!*@bob.host")
        self.join()
        self.scene.modes(self.alice, "#room", "+k", "key")
        refused(errors.BadKey, self.join)

    def test_full(self) -> None:
        """A room has at most as many members as its limit."""
        self.scene.modes(self.alice, "#room", "+l", "1")
        error = refused(errors.RoomFull, self.join)
        self.assertEqual((error.room, error.limit), ("#Room", 1))
        self.scene.modes(self.alice, "#room", "+l", "2")
        self.join()

    def test_invitation(self) -> None:
        """
        An invitation passes every lock once, but no later ban.  Both users and the room hear it, once per session.
        """
        carol = self.scene.person("carol", "#room")
        phone = self.scene.attach(self.alice)
        outside = self.scene.person("outside")
        self.scene.modes(self.alice, "#room", "+ikl", "key", "1")
        self.scene.clear(self.alice, phone, carol)
        self.invite()
        self.scene.endTurn()
        for person in (self.alice, phone, self.bob, carol):
            self.assertEqual(person.heard(), ["#Room alice invited bob"])
        self.assertEqual(outside.heard(), [])
        self.join()
        refused(errors.InviteOnly, self.join)
        self.invite()
        self.scene.modes(self.alice, "#room", "+b", "bob")
        self.assertEqual(refused(errors.Banned, self.join).room, "#Room")
        self.scene.modes(self.alice, "#room", "-b", "bob")
        self.join()

    def test_invitationPastBans(self) -> None:
        """An invitation by a half-operator, who could lift bans, passes earlier bans."""
        chat = self.scene.chat
        carol = self.scene.person("carol", "#room")
        self.scene.modes(self.alice, "#room", "+b", "bob")
        for rank, past in (("", False), ("v", False), ("h", True), ("o", True)):
            with self.subTest(rank):
                self.scene.promote("#room", "carol", rank)
                done(chat.membership.invite(carol.session, "#room", "bob"))
                if past:
                    self.join()
                refused(errors.Banned, self.join)
        self.invite()
        self.scene.promote("#room", "carol", "")
        done(chat.membership.invite(carol.session, "#room", "bob"))
        done(chat.membership.join(self.bob.session, "#room", unlimited=True))
        refused(errors.Banned, lambda: chat.speaking.say(self.bob.session, "#room", "still silent"))

    def test_invitationPastOtherLists(self) -> None:
        """It stays valid when masks are removed, or added to lists that keep nobody out."""
        self.scene.modes(self.alice, "#room", "+bb", "bob", "eve")
        self.invite()
        self.scene.modes(self.alice, "#room", "-b+eI", "eve", "eve", "eve")
        self.join()

    def test_invitationOfARoomThatEnded(self) -> None:
        """An invitation is for one room, and not for another that has its name later."""
        self.invite()
        done(self.scene.chat.membership.part(self.alice.session, "#room"))
        done(self.scene.chat.membership.join(self.alice.session, "#room"))
        self.scene.modes(self.alice, "#room", "+i")
        refused(errors.InviteOnly, self.join)

    def test_inviteRefused(self) -> None:
        """Members invite users who are online and not in the room."""
        chat = self.scene.chat
        error = refused(errors.AlreadyInRoom, lambda: chat.membership.invite(self.alice.session, "#room", "ALICE"))
        self.assertEqual((error.nick, error.room), ("alice", "#Room"))
        self.assertEqual(
            refused(errors.NoSuchNick, lambda: chat.membership.invite(self.alice.session, "#room", "Eve")).nick, "Eve"
        )
        refused(errors.NotInRoom, lambda: chat.membership.invite(self.bob.session, "#room", "alice"))
        refused(errors.NoSuchRoom, lambda: chat.membership.invite(self.bob.session, "#none", "alice"))
        self.assertEqual(self.bob.user.invitations, {})

    def test_ban(self) -> None:
        """A user who matches a ban cannot join, unless an exception matches."""
        for mask in ("bob", "BOB!*@*", "~u@*", "*!*@bob.h?st", "*"):
            with self.subTest(mask):
                self.scene.modes(self.alice, "#room", "+b", mask)
                self.assertEqual(refused(errors.Banned, self.join).room, "#Room")
                self.scene.modes(self.alice, "#room", "+e", "*!*@bob.*")
                self.join()
                self.scene.modes(self.alice, "#room", "-be", mask, "*!*@bob.*")
        self.scene.modes(self.alice, "#room", "+b", "bobby")
        self.join()

    def test_silence(self) -> None:
        """A member who matches a ban cannot speak or change nick, unless they have a voice or an exception."""
        chat, scene = self.scene.chat, self.scene
        done(chat.membership.join(self.bob.session, "#room"))
        done(chat.speaking.say(self.bob.session, "#room", "not banned yet"))
        scene.modes(self.alice, "#room", "+b", "bob")
        for ask in (
            lambda: chat.speaking.say(self.bob.session, "#room", "x"),
            lambda: chat.identity.rename(self.bob.session, "robert"),
        ):
            self.assertEqual(refused(errors.Banned, ask).room, "#Room")
        scene.modes(self.alice, "#room", "+v", "bob")
        done(chat.speaking.say(self.bob.session, "#room", "with a voice"))
        scene.modes(self.alice, "#room", "-v", "bob")
        refused(errors.Banned, lambda: chat.speaking.say(self.bob.session, "#room", "x"))
        scene.modes(self.alice, "#room", "+e", "*!~u@*")
        done(chat.speaking.say(self.bob.session, "#room", "as an exception"))
        scene.modes(self.alice, "#room", "-e", "*!~u@*")
        refused(errors.Banned, lambda: chat.speaking.say(self.bob.session, "#room", "x"))
        scene.modes(self.alice, "#room", "-b", "bob")
        done(chat.speaking.say(self.bob.session, "#room", "forgiven"))
        done(chat.identity.rename(self.bob.session, "robert"))

    def test_nickChange(self) -> None:
        """A ban on a nick applies to every user of the nick."""
        chat = self.scene.chat
        done(chat.membership.join(self.bob.session, "#room"))
        self.scene.modes(self.alice, "#room", "+b", "mallory")
        done(chat.speaking.say(self.bob.session, "#room", "x"))
        done(chat.identity.rename(self.bob.session, "mallory"))
        refused(errors.Banned, lambda: chat.speaking.say(self.bob.session, "#room", "x"))
        refused(errors.Banned, lambda: chat.identity.rename(self.bob.session, "bob"))
