"""Tests of L{twistchat.chat.chat}: sessions, nicks and texts; the effects of each verb, and its refusals."""

from __future__ import annotations

from typing import Literal

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import Scene, done, refused
from twistchat.chat import errors
from twistchat.chat.limits import ChatLimits
from twistchat.chat.model.events import Entry, RoomMessage

CYRILLIC_A = "\N{CYRILLIC SMALL LETTER A}"
"""Looks like C{a}."""


class ComingTests(SynchronousTestCase):
    """C{open}, C{enter} and C{close}."""

    def test_enter(self) -> None:
        """A user who enters has the given names, and is in no room."""
        scene = Scene()
        alice = scene.connect()
        self.assertIsNone(alice.session.user)
        done(Deferred.fromCoroutine(scene.chat.identity.enter(alice.session, "Alice", "~u", "a.host", "Alice A.")))
        source = alice.user.source
        self.assertEqual(
            (source.nick, source.username, source.host, source.account, source.realname),
            ("Alice", "~u", "a.host", None, "Alice A."),
        )
        self.assertEqual((alice.user.rooms, alice.user.away), ({}, None))
        self.assertEqual(list(alice.user.sessions.values()), [alice.session])
        self.assertIs(scene.chat.identity.find("aLICE"), alice.user)
        self.assertEqual(alice.heard(), [])

    def test_ids(self) -> None:
        """Sessions and users have unique ids."""
        scene = Scene()
        alice, bob = scene.person("alice"), scene.person("bob")
        ids = {alice.session.id, bob.session.id, alice.user.source.uid, bob.user.source.uid}
        self.assertEqual(len(ids), 4)

    def test_badNick(self) -> None:
        """An invalid nick is refused, and so is one over the limit."""
        scene = Scene(ChatLimits(nick=5))
        someone = scene.connect()
        error = refused(errors.BadNick, lambda: scene.enter(someone, "a b"))
        self.assertEqual((error.nick, error.why), ("a b", "has a space in it"))
        self.assertEqual(refused(errors.BadNick, lambda: scene.enter(someone, "sixsix")).nick, "sixsix")
        self.assertIsNone(someone.session.user)
        done(scene.enter(someone, "fives"))
        self.assertEqual(someone.user.nick, "fives")

    def test_nickInUse(self) -> None:
        """A nick in use is refused, in any case and with look-alike letters."""
        scene = Scene()
        scene.person("Alan")
        someone = scene.connect()
        for nick in ("Alan", "aLAN", "Al" + CYRILLIC_A + "n"):
            with self.subTest(nick):
                error = refused(errors.NickInUse, lambda nick=nick: scene.enter(someone, nick))  # type: ignore[misc]
                self.assertEqual((error.nick, error.holder), (nick, "Alan"))
        self.assertEqual(len(scene.state.users), 1)

    def test_nickReserved(self) -> None:
        """A reserved nick is refused, and so are its look-alikes."""
        scene = Scene(reserved=("ChanServ",))
        for nick in ("ChanServ", "chanserv", "Ch" + CYRILLIC_A + "nServ"):
            with self.subTest(nick):
                error = refused(errors.NickReserved, lambda nick=nick: scene.enter(scene.connect(), nick))  # type: ignore[misc]
                self.assertEqual(error.nick, nick)

    def test_close(self) -> None:
        """With their last session, a user leaves the chat and every room, and the rooms hear it."""
        scene = Scene()
        alice, bob = scene.person("alice", "#one", "#two"), scene.person("bob", "#one")
        scene.clear(alice, bob)
        entry = done(scene.chat.presence.close(alice.session, "bye"))
        scene.endTurn()
        self.assertEqual(entry.event.reason, "bye")
        self.assertEqual(bob.heard(), ["alice quit bye"])
        self.assertEqual(alice.heard(), [])
        self.assertIsNone(alice.session.user)
        self.assertIsNone(scene.state.users.named("alice"))
        self.assertEqual(scene.ranks("#one"), {"bob": ""})
        self.assertIsNone(scene.state.rooms.get("#two"))
        self.assertEqual(list(scene.state.sessions), [bob.session.id])
        scene.person("alice", "#one")

    def test_closeTwice(self) -> None:
        """A session ends once."""
        scene = Scene()
        alice = scene.person("alice")
        done(scene.chat.presence.close(alice.session, "bye"))
        self.assertIsNone(scene.chat.presence.close(alice.session, "bye again"))
        self.assertEqual(len(scene.entries), 2)

    def test_closeUnentered(self) -> None:
        """A session that never entered leaves no trace."""
        scene = Scene()
        someone = scene.connect()
        self.assertIsNone(scene.chat.presence.close(someone.session, "bye"))
        self.assertEqual((scene.entries, scene.state.sessions), ([], {}))
        self.assertTrue(someone.session.closed)

    def test_closeWithJournalClosed(self) -> None:
        """If the journal accepts nothing, the end of a session fails, and the session hears no more."""
        scene = Scene()
        alice, bob = scene.person("alice", "#a"), scene.person("bob", "#a")
        scene.clear(alice, bob)
        done(scene.chat.speaking.say(bob.session, "#a", "last words"))
        done(scene.log.close())
        refused(errors.NotStored, lambda: scene.chat.presence.close(alice.session, "bye"))
        scene.endTurn()
        self.assertTrue(alice.session.closed)
        self.assertEqual(alice.heard(), ["#a bob: last words"])
        self.assertEqual(bob.heard(), [])


class SessionsTests(SynchronousTestCase):
    """Users with several sessions."""

    def test_oneGoes(self) -> None:
        """A user stays as long as one of their sessions.  The session that ended hears nothing more."""
        scene = Scene()
        alice, bob = scene.person("alice", "#a"), scene.person("bob", "#a")
        phone = scene.attach(alice)
        scene.clear(alice, bob)
        done(scene.chat.presence.close(alice.session, "bye"))
        done(scene.chat.speaking.say(bob.session, "#a", "still there?"))
        scene.endTurn()
        self.assertEqual((alice.heard(), phone.heard(), bob.heard()), ([], ["#a bob: still there?"], []))
        self.assertIs(scene.chat.identity.find("alice"), phone.user)
        done(scene.chat.presence.close(phone.session, "all gone"))
        self.assertEqual(bob.heard(), ["alice quit all gone"])

    def test_theirOwnWords(self) -> None:
        """A user's other sessions hear what one session says, also in private."""
        scene = Scene()
        alice, bob = scene.person("alice", "#a"), scene.person("bob", "#a")
        phone = scene.attach(alice)
        scene.clear(alice, bob)
        done(scene.chat.speaking.say(alice.session, "#a", "to all"))
        done(scene.chat.speaking.sayPrivate(alice.session, "bob", "to bob"))
        done(scene.chat.speaking.sayPrivate(bob.session, "alice", "to alice"))
        self.assertEqual(alice.heard(), ["@alice bob: to alice"])
        self.assertEqual(phone.heard(), ["#a alice: to all", "@bob alice: to bob", "@alice bob: to alice"])
        self.assertEqual(bob.heard(), ["#a alice: to all", "@bob alice: to bob"])

    def test_joinsAndParts(self) -> None:
        """If one session joins or parts, all do."""
        scene = Scene()
        alice = scene.person("alice")
        phone = scene.attach(alice)
        done(scene.chat.membership.join(phone.session, "#a"))
        scene.endTurn()
        self.assertEqual((alice.heard(), phone.heard()), (["#a alice joined"], ["#a alice joined"]))
        self.assertIsNone(scene.chat.membership.join(alice.session, "#a"))
        bob = scene.person("bob", "#a")
        done(scene.chat.membership.part(alice.session, "#a", "later"))
        done(scene.chat.speaking.say(bob.session, "#a", "alone"))
        scene.endTurn()
        self.assertEqual(alice.heard(), ["#a bob joined", "#a alice parted later"])
        self.assertEqual(phone.heard(), ["#a bob joined", "#a alice parted later"])


class NickTests(SynchronousTestCase):
    """C{rename} and C{setAway}."""

    def test_rename(self) -> None:
        """A user is found by the new nick only, and users in common rooms hear it once."""
        scene = Scene()
        alice, bob, carol = scene.person("alice", "#a", "#b"), scene.person("bob", "#a", "#b"), scene.person("carol")
        scene.clear(alice, bob)
        done(scene.chat.identity.rename(alice.session, "Alicia"))
        scene.endTurn()
        self.assertEqual(alice.heard(), ["alice is Alicia"])
        self.assertEqual(bob.heard(), ["alice is Alicia"])
        self.assertEqual(carol.heard(), [])
        self.assertIs(scene.chat.identity.find("alicia"), alice.user)
        refused(errors.NoSuchNick, lambda: scene.chat.speaking.sayPrivate(bob.session, "alice", "?"))
        done(scene.chat.identity.rename(carol.session, "alice"))
        self.assertEqual(scene.ranks("#a"), {"Alicia": "o", "bob": ""})

    def test_renameToOneself(self) -> None:
        """A user can change the case or the look of their nick.  The same nick changes nothing."""
        scene = Scene()
        alan = scene.person("alan")
        self.assertIsNone(scene.chat.identity.rename(alan.session, "alan"))
        for nick in ("ALAN", "\N{CYRILLIC SMALL LETTER A}lan", "alan"):
            done(scene.chat.identity.rename(alan.session, nick))
            self.assertEqual(alan.user.nick, nick)

    def test_renameRefused(self) -> None:
        """A nick that is refused when entering is refused in a change too."""
        scene = Scene(reserved=("ChanServ",))
        alice = scene.person("alice")
        scene.person("bob")
        refused(errors.NotEntered, lambda: scene.chat.identity.rename(scene.connect().session, "carol"))
        refused(errors.BadNick, lambda: scene.chat.identity.rename(alice.session, "1"))
        self.assertEqual(
            refused(errors.NickInUse, lambda: scene.chat.identity.rename(alice.session, "BOB")).holder, "bob"
        )
        refused(errors.NickReserved, lambda: scene.chat.identity.rename(alice.session, "chanserv"))
        self.assertEqual(alice.user.nick, "alice")

    def test_away(self) -> None:
        """Users in common rooms hear that a user is away, and back."""
        scene = Scene(ChatLimits(reason=5))
        alice, bob, carol = scene.person("alice", "#a"), scene.person("bob", "#a"), scene.person("carol")
        scene.clear(alice, bob)
        done(scene.chat.presence.setAway(alice.session, "lunch"))
        self.assertEqual(alice.user.away, "lunch")
        done(scene.chat.presence.setAway(alice.session, None))
        self.assertIsNone(alice.user.away)
        self.assertEqual(bob.heard(), ["alice away lunch", "alice away"])
        self.assertEqual(carol.heard(), [])
        error = refused(errors.TooLong, lambda: scene.chat.presence.setAway(alice.session, "supper"))
        self.assertEqual((error.what, error.length, error.limit, error.unit), ("the reason", 6, 5, "characters"))
        refused(errors.BadText, lambda: scene.chat.presence.setAway(alice.session, "a\nb"))
        refused(errors.NotEntered, lambda: scene.chat.presence.setAway(scene.connect().session, "x"))


class TextTests(SynchronousTestCase):
    """C{say} and C{tell}."""

    def setUp(self) -> None:
        """Two users in a room, and one outside."""
        self.scene = Scene(ChatLimits(message=8))
        self.alice = self.scene.person("alice", "#Room")
        self.bob = self.scene.person("bob", "#room")
        self.carol = self.scene.person("carol")
        self.scene.clear(self.alice, self.bob)

    def test_say(self) -> None:
        """All members hear a text, except the session that sent it."""
        entry: Entry = done(self.scene.chat.speaking.say(self.alice.session, "#rOOM", "hello", "notice"))
        event = entry.event
        assert isinstance(event, RoomMessage)
        self.assertEqual(
            (event.room, event.text, event.kind, event.session, event.source),
            ("#Room", "hello", "notice", self.alice.session.id, self.alice.user.source),
        )
        self.assertEqual(self.bob.heard(), [])
        self.scene.endTurn()
        self.assertEqual(self.bob.heard(), ["#Room alice: hello"])
        self.assertEqual((self.alice.heard(), self.carol.heard()), ([], []))

    def test_kinds(self) -> None:
        """A text is a message by default."""
        kinds: tuple[Literal["message", "action", "notice"], ...] = ("message", "action", "notice")
        for kind in kinds:
            self.assertEqual(done(self.scene.chat.speaking.say(self.bob.session, "#room", "x", kind)).event.kind, kind)
            self.assertEqual(
                done(self.scene.chat.speaking.sayPrivate(self.bob.session, "alice", "x", kind)).event.kind, kind
            )
        self.assertEqual(done(self.scene.chat.speaking.say(self.bob.session, "#room", "x")).event.kind, "message")
        self.assertEqual(
            done(self.scene.chat.speaking.sayPrivate(self.bob.session, "alice", "x")).event.kind, "message"
        )

    def test_tell(self) -> None:
        """The recipient hears a private text."""
        event = done(self.scene.chat.speaking.sayPrivate(self.alice.session, "CAROL", "psst")).event
        self.assertEqual((event.recipient, event.session), (self.carol.user.source, self.alice.session.id))
        self.assertEqual(self.carol.heard(), ["@carol alice: psst"])
        self.assertEqual((self.alice.heard(), self.bob.heard()), ([], []))

    def test_echo(self) -> None:
        """A session with echo hears its own texts, in order."""
        chat, session = self.scene.chat, self.alice.session
        done(chat.speaking.say(session, "#room", "1"))
        chat.speaking.setEcho(session, True)
        done(chat.speaking.say(session, "#room", "2"))
        done(chat.speaking.say(self.bob.session, "#room", "3"))
        done(chat.speaking.sayPrivate(session, "bob", "4"))
        done(chat.speaking.say(session, "#room", "5"))
        chat.speaking.setEcho(session, False)
        done(chat.speaking.say(session, "#room", "6"))
        done(chat.speaking.sayPrivate(session, "bob", "7"))
        self.scene.endTurn()
        self.assertEqual(self.alice.heard(), ["#Room alice: 2", "#Room bob: 3", "@bob alice: 4", "#Room alice: 5"])
        self.assertEqual(
            self.bob.heard(),
            [f"#Room alice: {n}" for n in "12"]
            + ["@bob alice: 4"]
            + [f"#Room alice: {n}" for n in "56"]
            + ["@bob alice: 7"],
        )

    def test_refusedTexts(self) -> None:
        """A text is not empty, not longer in bytes than the limit, and contains no line end."""
        session = self.alice.session
        for verb in (
            lambda text: self.scene.chat.speaking.say(session, "#room", text),
            lambda text: self.scene.chat.speaking.sayPrivate(session, "bob", text),
        ):
            refused(errors.NothingSaid, lambda: verb(""))  # noqa: B023  # called at once
            for text in ("123456789", "ääääa", "\N{GRINNING FACE}\N{GRINNING FACE}a"):
                error = refused(errors.TooLong, lambda: verb(text))  # noqa: B023  # called at once
                self.assertEqual((error.what, error.length, error.limit, error.unit), ("the message", 9, 8, "bytes"))
            for character in "\r\0":
                bad = refused(errors.BadText, lambda: verb(f"a{character}b\n"))  # noqa: B023  # called at once
                self.assertEqual((bad.what, bad.character), ("the message", character))
            for text in ("12345678", "ääää", "\N{GRINNING FACE}\N{GRINNING FACE}", " ", "\t\x1b"):
                self.assertEqual(done(verb(text)).event.text, text)

    def test_nobodyThere(self) -> None:
        """Unknown rooms and nicks are named in the requested spelling."""
        self.assertEqual(
            refused(errors.NoSuchRoom, lambda: self.scene.chat.speaking.say(self.alice.session, "#None", "x")).room,
            "#None",
        )
        self.assertEqual(
            refused(
                errors.NoSuchNick, lambda: self.scene.chat.speaking.sayPrivate(self.alice.session, "None", "x")
            ).nick,
            "None",
        )

    def test_notEntered(self) -> None:
        """A session that has not entered cannot say anything."""
        session = self.scene.connect().session
        refused(errors.NotEntered, lambda: self.scene.chat.speaking.say(session, "#room", "x"))
        refused(errors.NotEntered, lambda: self.scene.chat.speaking.sayPrivate(session, "bob", "x"))
        refused(errors.NotEntered, lambda: self.scene.chat.speaking.sendTags(session, "#room", ()))
        refused(errors.NotEntered, lambda: self.scene.chat.speaking.sendTagsPrivate(session, "bob", ()))

    def test_fromOutside(self) -> None:
        """With mode n, only members may speak.  Without it, all users may who are not banned."""
        chat, scene = self.scene.chat, self.scene
        self.assertEqual(
            refused(errors.NotInRoom, lambda: chat.speaking.say(self.carol.session, "#room", "x")).room, "#Room"
        )
        scene.modes(self.alice, "#room", "-n")
        scene.clear(self.alice, self.bob)
        done(chat.speaking.say(self.carol.session, "#room", "hello"))
        scene.endTurn()
        self.assertEqual((self.bob.heard(), self.carol.heard()), (["#Room carol: hello"], []))
        scene.modes(self.alice, "#room", "+m")
        self.assertEqual(
            refused(errors.CannotSpeak, lambda: chat.speaking.say(self.carol.session, "#room", "x")).room, "#Room"
        )
        scene.modes(self.alice, "#room", "-m+b", "carol")
        self.assertEqual(
            refused(errors.NotInRoom, lambda: chat.speaking.say(self.carol.session, "#room", "x")).room, "#Room"
        )
        scene.modes(self.alice, "#room", "+e", "*!*@carol.host")
        done(chat.speaking.say(self.carol.session, "#room", "again"))

    def test_moderated(self) -> None:
        """In a moderated room, only members with a voice or more may speak."""
        chat, scene = self.scene.chat, self.scene
        scene.modes(self.alice, "#room", "+m")
        self.assertEqual(
            refused(errors.CannotSpeak, lambda: chat.speaking.say(self.bob.session, "#room", "x")).room, "#Room"
        )
        for rank in "qaohv":
            scene.promote("#room", "bob", rank)
            done(chat.speaking.say(self.bob.session, "#room", rank))


class IgnoreTests(SynchronousTestCase):
    """C{ignore} and C{unignore}."""

    def setUp(self) -> None:
        """Three users in a room.  Alice ignores bob."""
        self.scene = Scene()
        self.alice, self.bob, self.carol = (self.scene.person(nick, "#a") for nick in ("alice", "bob", "carol"))
        self.scene.clear(self.alice, self.bob, self.carol)
        self.assertIs(self.scene.chat.speaking.ignore(self.alice.session, "BOB"), self.bob.user)

    def test_ignored(self) -> None:
        """Texts and invitations of an ignored user are not heard.  Their other events are, and all events of others."""
        chat = self.scene.chat
        done(chat.membership.join(self.bob.session, "#b"))
        done(chat.speaking.say(self.bob.session, "#a", "spam"))
        done(chat.speaking.say(self.carol.session, "#a", "what?"))
        done(chat.speaking.sayPrivate(self.bob.session, "alice", "spam"))
        done(chat.membership.invite(self.bob.session, "#b", "alice"))
        done(chat.presence.setAway(self.bob.session, "sulking"))
        done(chat.membership.part(self.bob.session, "#a"))
        self.scene.endTurn()
        self.assertEqual(self.alice.heard(), ["#a carol: what?", "bob away sulking", "#a bob parted"])
        self.assertEqual(self.carol.heard(), ["#a bob: spam", "bob away sulking", "#a bob parted"])

    def test_oneSession(self) -> None:
        """It applies to the session that asked, and to no other of the user."""
        phone = self.scene.attach(self.alice)
        done(self.scene.chat.speaking.sayPrivate(self.bob.session, "alice", "hey"))
        self.assertEqual((self.alice.heard(), phone.heard()), ([], ["@alice bob: hey"]))

    def test_fromNowOn(self) -> None:
        """It begins and ends between two texts of one turn."""
        chat = self.scene.chat
        done(chat.speaking.say(self.bob.session, "#a", "1"))
        self.assertTrue(chat.speaking.unignore(self.alice.session, "Bob"))
        done(chat.speaking.say(self.bob.session, "#a", "2"))
        chat.speaking.ignore(self.alice.session, "bob")
        done(chat.speaking.say(self.bob.session, "#a", "3"))
        self.scene.endTurn()
        self.assertEqual(self.alice.heard(), ["#a bob: 2"])

    def test_unignore(self) -> None:
        """The verb says whether the nick was ignored.  The nick need not be in use."""
        chat = self.scene.chat
        done(chat.presence.close(self.bob.session, "bye"))
        self.assertFalse(chat.speaking.unignore(self.alice.session, "carol"))
        self.assertTrue(chat.speaking.unignore(self.alice.session, "bob"))
        self.assertFalse(chat.speaking.unignore(self.alice.session, "bob"))

    def test_sharedAgain(self) -> None:
        """A session that ignores nobody any more gets the same object as the others."""
        dave = self.scene.person("dave", "#a")
        self.assertTrue(self.scene.chat.speaking.unignore(self.alice.session, "bob"))
        for person in (self.alice, dave):
            person.outlet.delivered.clear()
        for person in (self.bob, self.carol):
            done(self.scene.chat.speaking.say(person.session, "#a", "hello"))
        self.scene.endTurn()
        self.assertIs(self.alice.outlet.delivered[0], dave.outlet.delivered[0])

    def test_rename(self) -> None:
        """A change of nick does not help an ignored user, and neither do texts before it in the same turn."""
        chat = self.scene.chat
        done(chat.speaking.say(self.bob.session, "#a", "1"))
        done(chat.identity.rename(self.bob.session, "robert"))
        done(chat.speaking.say(self.bob.session, "#a", "2"))
        done(chat.identity.rename(self.bob.session, "rob"))
        done(chat.speaking.sayPrivate(self.bob.session, "alice", "3"))
        self.scene.endTurn()
        self.assertEqual(self.alice.heard(), ["bob is robert", "robert is rob"])

    def test_renameOutOfSight(self) -> None:
        """A change of nick without a common room does not help either."""
        chat = self.scene.chat
        done(chat.membership.part(self.bob.session, "#a"))
        done(chat.identity.rename(self.bob.session, "robert"))
        done(chat.speaking.sayPrivate(self.bob.session, "alice", "guess who"))
        self.scene.endTurn()
        self.assertEqual(self.alice.heard(), ["#a bob parted"])

    def test_nobody(self) -> None:
        """Only users who are online can be ignored."""
        self.assertEqual(
            refused(errors.NoSuchNick, lambda: self.scene.chat.speaking.ignore(self.alice.session, "dave")).nick,
            "dave",
        )
