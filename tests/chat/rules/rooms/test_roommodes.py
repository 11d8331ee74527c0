"""Tests of the effects of room modes on joins, invitations and nicks, and of who sets them."""

from __future__ import annotations

from msgspec.structs import replace
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import Person, Scene, done, refused
from twistchat.chat import errors
from twistchat.chat.model.events import ModeChange, ModesSet
from twistchat.chat.model.modes.room import ROOM_MODES, Shape
from twistchat.chat.model.users import Operator


def empower(person: Person, *privileges: str) -> None:
    """Make a user an operator of the server."""
    person.user.operator = Operator("Operator", frozenset(privileges))


class RoomTestCase(SynchronousTestCase):
    """An operator in a room, and users who want to join."""

    def setUp(self) -> None:
        self.scene = Scene()
        self.chat = self.scene.chat
        self.alice = self.scene.person("alice", "#Room")
        self.bob = self.scene.person("bob")
        self.carol = self.scene.person("carol", account="Carol")

    def set(self, letters: str, *parameters: str) -> None:
        """Set modes as the operator."""
        self.scene.modes(self.alice, "#room", letters, *parameters)

    def join(self, person: Person, key: str | None = None) -> None:
        """Let a user join and part again."""
        done(self.chat.membership.join(person.session, "#room", key, unlimited=True))
        done(self.chat.membership.part(person.session, "#room"))


class LockTests(RoomTestCase):
    """R, z and O; and operators of the server."""

    def test_registered(self) -> None:
        """R: an account or an invitation is needed."""
        self.set("+R")
        self.assertEqual(refused(errors.RegisteredOnly, lambda: self.join(self.bob)).room, "#Room")
        self.join(self.carol)
        done(self.chat.membership.invite(self.alice.session, "#room", "bob"))
        self.join(self.bob)
        refused(errors.RegisteredOnly, lambda: self.join(self.bob))

    def test_secure(self) -> None:
        """z: every connection must be encrypted, also with an invitation."""
        self.set("+z")
        done(self.chat.membership.invite(self.alice.session, "#room", "bob"))
        self.assertEqual(refused(errors.SecureOnly, lambda: self.join(self.bob)).room, "#Room")
        self.bob.session.secure = True
        phone = self.scene.attach(self.bob)
        refused(errors.SecureOnly, lambda: self.join(self.bob))
        phone.session.secure = True
        self.join(self.bob)

    def test_operators(self) -> None:
        """O: only operators of the server join, with any privileges, and only they set it."""
        empower(self.alice, "rooms")
        self.set("+O")
        done(self.chat.membership.invite(self.alice.session, "#room", "bob"))
        self.assertEqual(refused(errors.OperatorsOnly, lambda: self.join(self.bob)).room, "#Room")
        empower(self.bob)
        self.join(self.bob)

    def test_everyLock(self) -> None:
        """Operators of the server with the privilege pass every lock and ban; others pass none."""
        empower(self.alice, "rooms")
        self.set("+OzRiklb", "key", "1", "*!*@*")
        empower(self.bob, "kill", "auspex")
        refused(errors.SecureOnly, lambda: self.join(self.bob))
        empower(self.bob, "rooms")
        self.join(self.bob)

    def test_refusedInOrder(self) -> None:
        """The first error is the one that remains if the others are resolved."""
        empower(self.alice, "rooms")
        self.set("+OzRiklb", "key", "1", "bob")
        for kind, letters, parameters in (
            (errors.OperatorsOnly, "-O", ()),
            (errors.SecureOnly, "-z", ()),
            (errors.Banned, "-b", ("bob",)),
            (errors.RegisteredOnly, "-R", ()),
            (errors.InviteOnly, "-i", ()),
            (errors.BadKey, "-k", ("key",)),
            (errors.RoomFull, "-l", ()),
        ):
            refused(kind, lambda: self.join(self.bob))
            self.set(letters, *parameters)
        self.join(self.bob)


class ForwardTests(RoomTestCase):
    """Mode f."""

    def setUp(self) -> None:
        super().setUp()
        done(self.chat.membership.join(self.alice.session, "#Hall", unlimited=True))

    def test_forwarded(self) -> None:
        """A user who cannot join is told the other room and the reason, and does not join it."""
        self.set("+f", "#HALL")
        self.assertEqual(self.scene.room("#room").modes["f"], "#Hall")
        for kind, letters, parameters in (
            (errors.InviteOnly, "+i", ()),
            (errors.BadKey, "-i+k", ("key",)),
            (errors.RoomFull, "-k+l", ("key", "1")),
            (errors.Banned, "-l+b", ("bob",)),
            (errors.RegisteredOnly, "-b+R", ("bob",)),
        ):
            with self.subTest(letters):
                self.set(letters, *parameters)
                error = refused(errors.Forwarded, lambda: self.join(self.bob))
                self.assertEqual((error.room, error.to), ("#Room", "#Hall"))
                self.assertIs(type(error.why), kind)
        self.assertEqual(self.bob.user.rooms, {})
        self.set("-R")
        self.join(self.bob)

    def test_notForwarded(self) -> None:
        """Nobody is forwarded because of their connection, to their own room, or to a room that has ended."""
        empower(self.alice, "rooms")
        self.set("+fz", "#hall")
        refused(errors.SecureOnly, lambda: self.join(self.bob))
        self.set("-z+O")
        refused(errors.OperatorsOnly, lambda: self.join(self.bob))
        self.set("-O+i")
        done(self.chat.membership.join(self.bob.session, "#hall", unlimited=True))
        refused(errors.InviteOnly, lambda: self.join(self.bob))
        for person in (self.alice, self.bob):
            done(self.chat.membership.part(person.session, "#hall"))
        refused(errors.InviteOnly, lambda: self.join(self.bob))

    def test_setting(self) -> None:
        """The target must be another existing room of which the asker is operator too."""
        for parameter, kind in (("#none", errors.NoSuchRoom), ("hall", errors.NoSuchRoom), ("", errors.NoSuchRoom)):
            error = refused(kind, lambda parameter=parameter: self.set("+f", parameter))  # type: ignore[misc]
            self.assertEqual(error.room, parameter)
        self.assertEqual(refused(errors.BadModeParameter, lambda: self.set("+f", "#ROOM")).letter, "f")
        self.assertIsNone(refused(errors.BadModeParameter, lambda: self.set("+f")).parameter)
        for rank in ("h", "v", ""):
            self.scene.promote("#hall", "alice", rank)
            self.assertEqual(refused(errors.NotOperator, lambda: self.set("+f", "#hall")).room, "#Hall")
        done(self.chat.membership.join(self.bob.session, "#hall", unlimited=True))
        done(self.chat.membership.part(self.alice.session, "#hall"))
        self.assertEqual(refused(errors.NotOperator, lambda: self.set("+f", "#hall")).room, "#Hall")
        self.scene.promote("#hall", "bob", "o")
        self.scene.modes(self.bob, "#hall", "+s")
        refused(errors.NoSuchRoom, lambda: self.set("+f", "#hall"))
        empower(self.alice, "rooms", "auspex")
        self.set("+f", "#hall")

    def test_taken(self) -> None:
        """It is removed without its parameter, and members hear the removed one."""
        self.set("+f", "#hall")
        changes = done(self.chat.channels.setModes(self.alice.session, "#room", "-f", ())).event.changes
        self.assertEqual(changes, (ModeChange(False, "f", "#Hall"),))


class MemberTests(RoomTestCase):
    """N, g, P and s."""

    def test_nicks(self) -> None:
        """N: no member changes nick, not even an operator; others do."""
        done(self.chat.membership.join(self.bob.session, "#room", unlimited=True))
        self.set("+N")
        for person in (self.alice, self.bob):
            error = refused(
                errors.NickFixed,
                lambda person=person: self.chat.identity.rename(person.session, "other"),  # type: ignore[misc]
            )
            self.assertEqual(error.room, "#Room")
        done(self.chat.identity.rename(self.carol.session, "other"))
        self.set("-N")
        done(self.chat.identity.rename(self.bob.session, "bobby"))

    def test_freeInvitations(self) -> None:
        """g: every member invites, also with mode i."""
        done(self.chat.membership.join(self.bob.session, "#room", unlimited=True))
        self.set("+i")
        refused(errors.NotOperator, lambda: self.chat.membership.invite(self.bob.session, "#room", "carol"))
        self.set("+g")
        done(self.chat.membership.invite(self.bob.session, "#room", "carol"))
        self.join(self.carol)

    def test_permanent(self) -> None:
        """P: the room stays without members, and its first member does not become operator."""
        self.scene.promote("#room", "alice", "q")
        self.set("+P")
        done(self.chat.membership.part(self.alice.session, "#room"))
        done(self.chat.membership.join(self.bob.session, "#room", unlimited=True))
        self.assertEqual(self.scene.ranks("#room"), {"bob": ""})
        empower(self.bob, "rooms")
        self.scene.modes(self.bob, "#room", "-P")
        done(self.chat.membership.part(self.bob.session, "#room"))
        self.assertEqual(len(self.scene.state.rooms), 0)

    def test_secret(self) -> None:
        """s: only members know of the room, and operators of the server who see everything."""
        self.set("+s")
        room = self.scene.room("#room")
        self.assertTrue(room.secretTo(self.bob.user))
        self.assertFalse(room.secretTo(self.alice.user))
        self.assertEqual(list(self.chat.channels.listed(self.bob.session)), [None])
        self.assertEqual(list(self.chat.channels.listed(self.alice.session)), [room])
        self.assertRaises(errors.NoSuchRoom, self.chat.channels.visible, self.bob.session, "#room")
        refused(errors.NoSuchRoom, lambda: self.chat.channels.setTopic(self.bob.session, "#room", "x"))
        refused(errors.NoSuchRoom, lambda: self.chat.speaking.say(self.bob.session, "#room", "x"))
        empower(self.bob, "rooms")
        self.assertEqual(list(self.chat.channels.listed(self.bob.session)), [None])
        empower(self.bob, "auspex")
        self.assertEqual(list(self.chat.channels.listed(self.bob.session)), [room])
        self.assertIs(self.chat.channels.visible(self.bob.session, "#room"), room)
        refused(errors.NotInRoom, lambda: self.chat.channels.setTopic(self.bob.session, "#room", "x"))
        refused(errors.NotInRoom, lambda: self.chat.speaking.say(self.bob.session, "#room", "x"))


class LobbyTests(RoomTestCase):
    """Only operators of the server lock the lobby, which everyone enters."""

    def setUp(self) -> None:
        super().setUp()
        self.scene = Scene(lobby="#Lobby")
        self.chat = self.scene.chat
        self.alice = self.scene.person("alice", "#lobby")

    def set(self, letters: str, *parameters: str) -> None:
        """Set modes of the lobby as its operator."""
        self.scene.modes(self.alice, "#lobby", letters, *parameters)

    def test_locks(self) -> None:
        """Its own operators neither set nor remove its locks."""
        self.scene.promote("#lobby", "alice", "q")
        for letter, parameters in (
            ("i", ()),
            ("k", ("key",)),
            ("l", ("5",)),
            ("R", ()),
            ("z", ()),
            ("b", ("*!*@*",)),
            ("b", ("*!*@alice.host",)),
            ("b", ("~U:*",)),
            ("b", ("~c:#lobby",)),
            ("b", ("???*!*@*",)),
            ("b", ("~U:???*!*@*",)),
            ("b", ("b*",)),
            ("b", ("*!~u@*",)),
            ("b", ("*!*@evil.*",)),
            ("b", ("*!*@evil.hos?",)),
            ("b", ("~U:*!*@alice.host",)),
            ("b", ("~c:#den",)),
            ("b", ("~r:newcomer",)),
            ("b", ("~a:*",)),
        ):
            with self.subTest(f"{letter} {parameters}"):
                empower(self.alice, "kill")
                if parameters == ("~a:*",):
                    self.chat.identity.setAccount(self.alice.user, "alice")
                error = refused(
                    errors.LobbyLock,
                    lambda letter=letter, parameters=parameters: self.set(f"+{letter}", *parameters),  # type: ignore[misc]
                )
                self.assertEqual((error.room, error.letter), ("#lobby", letter))
                empower(self.alice, "rooms")
                self.set(f"+{letter}", *parameters)
                empower(self.alice, "kill")
                refused(
                    errors.LobbyLock,
                    lambda letter=letter, parameters=parameters: self.set(f"-{letter}", *parameters),  # type: ignore[misc]
                )
                empower(self.alice, "rooms")
                self.set(f"-{letter}", *parameters)

    def test_others(self) -> None:
        """
        They set everything else: other modes, exceptions, and bans of one nick, account or host, or in one respect.
        """
        self.set("+mstcN-n")
        self.set("+eeI", "a", "*", "b")
        self.set("+bbbb", "bob", "alice", "~m:*!*@*", "*!*@evil.host")
        self.set("+bbb", "~U:*!*@evil.host", "~n:???*!*@*", "~U:bob")
        self.set("+b", "~a:alice")

    def test_several(self) -> None:
        """If changes are made one by one, the permitted ones are made."""
        why: list[errors.ChatError] = []
        asked = [(True, "i", None), (True, "m", None)]
        done(self.chat.channels.changeModes(self.alice.session, "#lobby", asked, why.append))
        self.assertEqual(why, [errors.LobbyLock("#lobby", "i")])
        self.assertEqual(set(self.scene.room("#lobby").modes), set("ntm"))
        self.assertIsNone(self.chat.channels.changeModes(self.alice.session, "#lobby", asked[:1], why.append))

    def test_elsewhere(self) -> None:
        """The operators of any other room lock it."""
        done(self.chat.membership.join(self.alice.session, "#den"))
        self.scene.modes(self.alice, "#den", "+ib", "*!*@*")

    def test_renaming(self) -> None:
        """Only operators of the server rename the lobby, or give its name to another room."""
        done(self.chat.membership.join(self.alice.session, "#den"))
        done(self.chat.channels.rename(self.alice.session, "#lobby", "#LOBBY"))
        error = refused(errors.NotPrivileged, lambda: self.chat.channels.rename(self.alice.session, "#lobby", "#hall"))
        self.assertEqual(error.privilege, "rooms")
        empower(self.alice, "rooms")
        done(self.chat.channels.rename(self.alice.session, "#lobby", "#hall"))
        empower(self.alice, "kill")
        error = refused(errors.NotPrivileged, lambda: self.chat.channels.rename(self.alice.session, "#den", "#lobby"))
        self.assertEqual(error.privilege, "rooms")
        empower(self.alice, "rooms")
        done(self.chat.channels.rename(self.alice.session, "#den", "#lobby"))


class SettingTests(RoomTestCase):
    """Who sets which modes."""

    def test_levels(self) -> None:
        """Each flag has its level: half-operators set moderation, founders P, and no rank O."""
        expected = dict.fromkeys("CNRTcginstz", "qao") | dict.fromkeys("mM", "qaoh") | {"P": "q", "O": ""}
        flags = {letter for letter, mode in ROOM_MODES.items() if mode.shape is Shape.FLAG}
        self.assertEqual(set(expected), flags)
        for letter, ranks in expected.items():
            for rank in ("q", "a", "o", "h", "v", ""):
                with self.subTest(f"{rank} sets {letter}"):
                    self.scene.promote("#room", "alice", rank)
                    sign = "-" if letter in self.scene.room("#room").modes else "+"
                    if rank and rank in ranks:
                        self.set(f"{sign}{letter}")
                    elif letter == "O":
                        error = refused(errors.NotPrivileged, lambda letter=letter: self.set(f"+{letter}"))  # type: ignore[misc]
                        self.assertEqual(error.privilege, "rooms")
                    else:
                        refused(errors.NotOperator, lambda sign=sign, letter=letter: self.set(f"{sign}{letter}"))  # type: ignore[misc]

    def test_serverOperators(self) -> None:
        """Operators of the server set what is above operators, with any rank.  For the rest their rank decides."""
        self.scene.promote("#room", "alice", "")
        empower(self.alice, "kill")
        refused(errors.NotPrivileged, lambda: self.set("+O"))
        refused(errors.NotOperator, lambda: self.set("+P"))
        empower(self.alice, "rooms")
        self.set("+OP")
        refused(errors.NotOperator, lambda: self.set("+m"))

    def test_takeOver(self) -> None:
        """They can give themselves a founder's rank in their rooms, and the members see it."""
        done(self.chat.membership.join(self.bob.session, "#room", unlimited=True))
        refused(errors.NotPrivileged, lambda: self.chat.channels.takeOver(self.bob.session, "#room"))
        empower(self.bob, "rooms")
        self.scene.clear(self.alice, self.bob)
        event = done(self.chat.channels.takeOver(self.bob.session, "#ROOM")).event
        source = self.bob.user.source
        self.assertEqual(event, ModesSet(source, "#Room", (ModeChange(True, "q", "bob", source),)))
        self.assertEqual(self.scene.ranks("#room"), {"alice": "o", "bob": "q"})
        self.scene.endTurn()
        self.assertEqual(self.alice.heard(), ["#Room bob set +q bob"])
        self.assertIsNone(self.chat.channels.takeOver(self.bob.session, "#room"))
        empower(self.carol, "rooms")
        refused(errors.NotInRoom, lambda: self.chat.channels.takeOver(self.carol.session, "#room"))
        refused(errors.NoSuchRoom, lambda: self.chat.channels.takeOver(self.carol.session, "#none"))


class ExtendedBanTests(RoomTestCase):
    """Extended masks in lists b, e and I."""

    def setUp(self) -> None:
        super().setUp()
        done(self.chat.membership.join(self.alice.session, "#Ops", unlimited=True))

    def enters(self, person: Person) -> bool:
        """Whether a user can join."""
        try:
            self.join(person)
        except errors.Banned:
            return False
        return True

    def test_naming(self) -> None:
        """A ban keeps out only the users that its mask names."""
        realname = self.scene.person("dave")
        realname.user.source = replace(realname.user.source, realname="Free Money [now]")
        opposite = self.scene.person("erin", "#ops")
        people = {"bob": self.bob, "carol": self.carol, "dave": realname, "erin": opposite}
        for mask, normal, named in (
            ("~a:CAROL", "~a:carol", {"carol"}),
            ("~a:c*", "~a:c*", {"carol"}),
            ("~a:**", "~a:*", {"carol"}),
            ("~a:bob", "~a:bob", set()),
            ("~r:FREE?money*", "~r:free?money*", {"dave"}),
            ("~r:free", "~r:free", set()),
            ("~c:#OPS", "~c:#ops", {"erin"}),
            ("~c:+#ops", "~c:+#ops", set()),
            ("~c:#none", "~c:#none", set()),
            ("~U:*", "~U:*!*@*", {"bob", "dave", "erin"}),
            ("~U:carol", "~U:carol!*@*", set()),
            ("~U:~u@bob.*", "~U:*!~u@bob.*", {"bob"}),
        ):
            with self.subTest(mask):
                self.set("+b", mask)
                self.assertEqual(list(self.scene.room("#room").lists["b"]), [normal])
                self.assertEqual({nick for nick, person in people.items() if not self.enters(person)}, named)
                self.set("-b", mask)

    def test_rankElsewhere(self) -> None:
        """C{~c:@#ops} names the operators of that room, from the moment when they get the rank."""
        erin = self.scene.person("erin", "#ops")
        self.set("+be", "*", "~c:@#ops")
        self.assertFalse(self.enters(erin))
        self.scene.modes(self.alice, "#ops", "+o", "erin")
        self.assertTrue(self.enters(erin))
        self.scene.promote("#ops", "erin", "q")
        self.assertTrue(self.enters(erin))
        self.scene.promote("#ops", "erin", "h")
        self.assertFalse(self.enters(erin))

    def test_exceptions(self) -> None:
        """An exception for an account frees it, and an invitation mask for it replaces an invitation."""
        self.set("+bie", "*", "~a:carol")
        refused(errors.InviteOnly, lambda: self.join(self.carol))
        self.set("+I", "~a:carol")
        self.join(self.carol)
        refused(errors.Banned, lambda: self.join(self.bob))

    def test_muted(self) -> None:
        """C{~m} lets users join, but members without a voice cannot speak or change nick."""
        done(self.chat.membership.join(self.bob.session, "#room", unlimited=True))
        done(self.chat.speaking.say(self.bob.session, "#room", "x"))
        for mask in ("~m:bob", "~m:~U:bob", "~m:~c:#room"):
            with self.subTest(mask):
                self.set("+b", mask)
                refused(errors.Banned, lambda: self.chat.speaking.say(self.bob.session, "#room", "x"))
                refused(errors.Banned, lambda: self.chat.identity.rename(self.bob.session, "robert"))
                self.set("+v", "bob")
                done(self.chat.speaking.say(self.bob.session, "#room", "x"))
                self.set("-v", "bob")
                done(self.chat.membership.part(self.bob.session, "#room"))
                done(self.chat.membership.join(self.bob.session, "#room", unlimited=True))
                refused(errors.Banned, lambda: self.chat.speaking.say(self.bob.session, "#room", "x"))
                self.set("-b", mask)
                done(self.chat.speaking.say(self.bob.session, "#room", "x"))

    def test_mutedOutside(self) -> None:
        """It also silences users outside who could speak otherwise."""
        self.set("-n+b", "~m:bob")
        refused(errors.NotInRoom, lambda: self.chat.speaking.say(self.bob.session, "#room", "x"))
        done(self.chat.speaking.say(self.carol.session, "#room", "x"))

    def test_nickBan(self) -> None:
        """C{~n} only prevents members without a voice from changing nick."""
        done(self.chat.membership.join(self.bob.session, "#room", unlimited=True))
        self.set("+b", "~n:bob")
        self.assertEqual(
            refused(errors.NickFixed, lambda: self.chat.identity.rename(self.bob.session, "x")).room, "#Room"
        )
        done(self.chat.speaking.say(self.bob.session, "#room", "x"))
        self.set("+v", "bob")
        done(self.chat.identity.rename(self.bob.session, "bobby"))
        done(self.chat.identity.rename(self.bob.session, "bob"))
        self.set("-v+e", "bob", "~n:bob")
        done(self.chat.identity.rename(self.bob.session, "bobby"))

    def test_exceptionInOneRespect(self) -> None:
        """An exception in one respect frees in that respect only, also from general bans."""
        done(self.chat.membership.join(self.bob.session, "#room", unlimited=True))
        self.set("+be", "bob", "~m:bob")
        done(self.chat.speaking.say(self.bob.session, "#room", "x"))
        refused(errors.NickFixed, lambda: self.chat.identity.rename(self.bob.session, "x"))
        done(self.chat.membership.part(self.bob.session, "#room"))
        refused(errors.Banned, lambda: self.join(self.bob))
        self.set("-e+e", "~m:bob", "bob")
        self.join(self.bob)

    def test_forgotten(self) -> None:
        """The verdict is computed again if a user joins or leaves another room, or gets another rank there."""
        done(self.chat.membership.join(self.bob.session, "#room", unlimited=True))
        self.set("+be", "~m:~c:#ops", "~c:@#ops")

        def silent() -> bool:
            try:
                done(self.chat.speaking.say(self.bob.session, "#room", "x"))
            except errors.Banned:
                return True
            return False

        self.assertFalse(silent())
        done(self.chat.membership.join(self.bob.session, "#ops", unlimited=True))
        self.assertTrue(silent())
        self.scene.modes(self.alice, "#ops", "+o", "bob")
        self.assertFalse(silent())
        self.scene.modes(self.alice, "#ops", "-o", "bob")
        self.assertTrue(silent())
        done(self.chat.channels.rename(self.alice.session, "#ops", "#other"))
        self.assertFalse(silent())
        done(self.chat.channels.rename(self.alice.session, "#other", "#ops"))
        self.assertTrue(silent())
        done(self.chat.membership.kick(self.alice.session, "#ops", "bob"))
        self.assertFalse(silent())

    def test_remembered(self) -> None:
        """Without such a change, the lists are not searched again."""
        done(self.chat.membership.join(self.bob.session, "#room", unlimited=True))
        self.set("+b", "~m:~a:*")
        done(self.chat.speaking.say(self.bob.session, "#room", "x"))
        member = self.scene.room("#room").members[self.bob.user.source.uid]
        self.assertEqual(member.restrictions, frozenset())
        member.restrictions = frozenset("m")
        refused(errors.Banned, lambda: self.chat.speaking.say(self.bob.session, "#room", "x"))

    def test_bad(self) -> None:
        """The error about an invalid mask names valid ones for the list."""
        naming = "nick!user@host, or one of ~a:ACCOUNT ~c:#ROOM ~r:REALNAME ~U:MASK"
        every = f"{naming} ~m:MASK ~n:MASK"
        wild = "a mask of at most 16 wildcards (* and ?)"
        for letter, mask, why in (
            ("b", "~x:y", every),
            ("b", "~:y", every),
            ("b", "~account:y", every),
            ("e", "~A:y", every),
            ("I", "~x:y", naming),
            ("I", "~m:bob", naming),
            ("b", "~m:~n:x", naming),
            ("b", "~m:~m:x", naming),
            ("e", "~n:~x:y", naming),
            ("b", "~a:", "~a:ACCOUNT"),
            ("b", "~r:", "~r:REALNAME"),
            ("b", "~c:", "~c:#ROOM"),
            ("b", "~c:ops", "~c:#ROOM"),
            ("b", "~c:@", "~c:#ROOM"),
            ("b", "~c:@#", "~c:#ROOM"),
            ("b", "~c:!#ops", "~c:#ROOM"),
            ("b", "~U:", "~U:MASK"),
            ("b", "~U:~a:x", "~U:MASK"),
            ("b", "~m:", "~m:MASK"),
            ("b", ":x", "a mask of 1 to 200 characters, nick!user@host"),
            ("b", "a?" * 15, wild),
            ("e", "*a" * 17 + "!*@*", wild),
            ("I", "?" * 15 + "!*", wild),
            ("b", "~m:~r:" + "?" * 17, wild),
        ):
            with self.subTest(f"{letter} {mask}"):
                error = refused(
                    errors.BadModeParameter,
                    lambda letter=letter, mask=mask: self.set(f"+{letter}", mask),  # type: ignore[misc]
                )
                self.assertEqual((error.letter, error.parameter, error.why), (letter, mask, why))
        self.assertFalse(any(self.scene.room("#room").lists.values()))

    def test_plain(self) -> None:
        """A mask that only begins like a valid one is refused."""
        for mask, normal in (("~u@h", "*!~u@h"), ("~u", "~u!*@*"), ("x!~m:y@z", "x!~m:y@z"), ("a:b", "a:b!*@*")):
            self.set("+b", mask)
            self.assertIn(normal, self.scene.room("#room").lists["b"])
