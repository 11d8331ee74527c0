"""Tests of L{twistchat.chat.rules.rooms.visibility}: who may read which conversation, and from which entry on."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import ManualScene, Person, Scene, done, rebuilt, refused, shown
from twistchat.chat import errors
from twistchat.chat.model.events import ModesSet
from twistchat.chat.rules.rooms.visibility import Readable, isRoom, readableAccount, readableRooms


class VisibilityTestCase(SynchronousTestCase):
    """Alice's registered room, its member Bob, Carol with an account, and a guest."""

    def setUp(self) -> None:
        self.scene = Scene()
        for account in ("Alice", "Bob", "Carol"):
            self.scene.account(account)
        self.alice, self.bob = (self.scene.person(nick, "#den", account=nick.title()) for nick in ("alice", "bob"))
        self.carol, self.guest = self.scene.person("carol", account="Carol"), self.scene.person("guest")
        self.scene.found("#den", "Alice")

    def tearDown(self) -> None:
        """Check that the entries alone give the same state."""
        self.assertEqual(shown(rebuilt(self.scene.entries)), shown(self.scene.state))

    def read(self, person: Person, target: str = "#den") -> Readable:
        """Ask what a user may read."""
        return self.scene.chat.reading.readable(person.session, target)

    def set(self, readers: str | None) -> None:
        """Let Alice choose who can read her room."""
        done(self.scene.chat.ownership.setSetting(self.alice.session, "#den", "history", readers))


class RoomTests(VisibilityTestCase):
    """Rooms, by the value of their setting C{history}."""

    def test_members(self) -> None:
        """By default, members read a room from its beginning, and others do not read it."""
        for person in (self.alice, self.bob):
            self.assertEqual(self.read(person, "#DEN"), Readable("#den", 0))
        for other in (self.carol, self.guest):
            refused(errors.NotInRoom, lambda other=other: self.read(other))  # type: ignore[misc]

    def test_joined(self) -> None:
        """With C{joined}, members read what came after they joined, the founder too."""
        self.set("joined")
        since = self.scene.room("#den").members[self.bob.user.source.uid].since
        self.assertGreater(since, 0)
        self.assertEqual(self.read(self.bob).first, since)
        done(self.scene.chat.membership.part(self.bob.session, "#den"))
        refused(errors.NotInRoom, lambda: self.read(self.bob))
        done(self.scene.chat.membership.join(self.bob.session, "#den", unlimited=True))
        self.assertGreater(self.read(self.bob).first, since)
        self.assertGreater(self.read(self.alice).first, 0)

    def test_dropped(self) -> None:
        """If members read only what came after they joined, nobody reads it after the end of the registration."""
        self.set("joined")
        done(self.scene.chat.ownership.drop(self.alice.session, "#den"))
        dropped = self.scene.state.sequence
        done(self.scene.chat.membership.join(self.carol.session, "#den", unlimited=True))
        self.assertEqual((self.read(self.bob).first, self.read(self.carol).first), (dropped, dropped))
        # At a restart only the last of these entries is left.
        last = [entry for entry in self.scene.entries if entry.sequence == dropped]
        self.assertEqual(rebuilt(last).rooms.sealed, {"#den": dropped})

    def test_droppedOpen(self) -> None:
        """Otherwise its members read all of it, as before."""
        done(self.scene.chat.ownership.drop(self.alice.session, "#den"))
        self.assertEqual(self.read(self.bob), Readable("#den", 0))

    def test_accounts(self) -> None:
        """With C{accounts}, everyone with an account reads the room, unless it is secret to them."""
        self.set("accounts")
        self.assertEqual(self.read(self.carol), Readable("#den", 0))
        refused(errors.NotInRoom, lambda: self.read(self.guest))
        self.scene.modes(self.alice, "#den", "+s")
        refused(errors.NoSuchRoom, lambda: self.read(self.carol))

    def test_everyone(self) -> None:
        """With C{everyone}, guests read it too; without the setting, the default applies again."""
        self.set("everyone")
        self.assertEqual(self.read(self.guest), Readable("#den", 0))
        self.set(None)
        refused(errors.NotInRoom, lambda: self.read(self.guest))

    def test_badSetting(self) -> None:
        """Other values are refused, and the error lists the values."""
        error = refused(errors.BadSetting, lambda: self.set("nobody"))
        self.assertIn("joined, members, accounts, everyone", error.text)

    def test_banned(self) -> None:
        """Someone whom a ban matches reads nothing, as a member or otherwise; the founder does."""
        self.set("everyone")
        self.scene.modes(self.alice, "#den", "+b", "*!*@*")
        for person in (self.bob, self.carol, self.guest):
            refused(errors.Banned, lambda person=person: self.read(person))  # type: ignore[misc]
        self.assertEqual(readableRooms(self.scene.state, self.bob.user), [])
        self.assertEqual(self.read(self.alice), Readable("#den", 0))

    def test_suspended(self) -> None:
        """A user whose account is suspended reads nothing until they are disconnected."""
        self.set("everyone")
        account = self.scene.state.accounts.named("Bob")
        account.suspended = "spam"
        refused(errors.NotInRoom, lambda: self.read(self.bob))
        refused(errors.NotKept, lambda: self.read(self.bob, "alice"))
        self.assertEqual(readableRooms(self.scene.state, self.bob.user), [])
        self.assertIsNone(readableAccount(self.scene.state, self.bob.user))
        account.suspended = None
        self.assertEqual(readableAccount(self.scene.state, self.bob.user), "Bob")

    def test_keys(self) -> None:
        """The history shows no keys, and nothing else is hidden."""
        self.scene.modes(self.alice, "#den", "+kl", "sesame", "9")
        kept = done(Deferred.fromCoroutine(self.scene.chat.reading.history(self.alice.session, "#den", 1)))
        changes = [(change.letter, change.parameter) for change in kept[0].event.changes]
        self.assertEqual(changes, [("k", "*"), ("l", "9")])
        self.assertEqual(self.scene.room("#den").modes["k"], "sesame")
        around = self.scene.chat.reading.around(self.alice.session, "#den", 1, kept[0].sequence)
        self.assertEqual(done(Deferred.fromCoroutine(around)), kept)

    def test_unknown(self) -> None:
        """A room that does not exist cannot be read, and neither can one that is secret to the user."""
        refused(errors.NoSuchRoom, lambda: self.read(self.guest, "#nowhere"))
        self.scene.modes(self.alice, "#den", "+s")
        refused(errors.NoSuchRoom, lambda: self.read(self.guest))

    def test_ranks(self) -> None:
        """The texts to a rank are read by members who have it or a higher one."""
        refused(errors.NotOperator, lambda: self.read(self.bob, "@#den"))
        self.scene.modes(self.alice, "#den", "+o", "bob")
        self.assertEqual(self.read(self.bob, "@#den"), Readable("@#den", 0))
        self.assertEqual(self.read(self.bob, "+#den"), Readable("+#den", 0))
        names = [name for name, _ in readableRooms(self.scene.state, self.bob.user)]
        self.assertEqual(names, ["#den", "@#den", "%#den", "+#den"])

    def test_isRoom(self) -> None:
        """Names of rooms are told from nicks, with or without the prefix of a rank."""
        self.assertEqual([isRoom(name) for name in ("#a", "@#a", "+#a", "a", "a#", "", "@")], [True] * 3 + [False] * 4)


class SealedTests(SynchronousTestCase):
    """Rooms without an owner that lost their locks when everyone had left."""

    def setUp(self) -> None:
        self.scene = Scene()
        self.alice, self.bob = self.scene.person("alice", "#plan"), self.scene.person("bob")

    def tearDown(self) -> None:
        """Check that the entries alone give the same state."""
        self.assertEqual(shown(rebuilt(self.scene.entries)), shown(self.scene.state))

    def first(self, name: str = "#plan") -> int:
        """Let Bob join a room, and return the first entry that he may read."""
        done(self.scene.chat.membership.join(self.bob.session, name, unlimited=True))
        return self.scene.chat.reading.readable(self.bob.session, name).first

    def leave(self, person: Person, name: str = "#plan") -> None:
        """Let a user leave a room."""
        done(self.scene.chat.membership.part(person.session, name))

    def test_locked(self) -> None:
        """A stranger cannot read what was said before the room lost its locks, also after a restart."""
        self.scene.modes(self.alice, "#plan", "+i")
        done(self.scene.chat.speaking.say(self.alice.session, "#plan", "The plan"))
        last = self.scene.state.sequence
        self.leave(self.alice)
        self.assertGreater(self.first(), last)
        self.assertEqual(rebuilt(self.scene.entries).rooms.sealed, self.scene.state.rooms.sealed)

    def test_atOnce(self) -> None:
        """The room is sealed before the removal of its locks has been recorded."""
        scene = ManualScene()
        alice, bob = scene.person("alice", "#plan"), scene.person("bob")
        scene.chat.channels.setModes(alice.session, "#plan", "+i", [])
        scene.commit()
        scene.chat.membership.part(alice.session, "#plan")
        scene.log.commit(1)
        sealed = scene.state.sequence
        self.assertEqual(scene.state.rooms.sealed, {"#plan": sealed})
        scene.chat.membership.join(bob.session, "#plan", unlimited=True)
        scene.commit()
        self.assertGreaterEqual(scene.chat.reading.readable(bob.session, "#plan").first, sealed)

    def test_open(self) -> None:
        """A room that was never locked stays readable."""
        self.leave(self.alice)
        self.assertEqual(self.first(), 0)

    def test_key(self) -> None:
        """Those who join the room are not shown the key that it had."""
        self.scene.modes(self.alice, "#plan", "+k", "sesame")
        self.leave(self.alice)
        self.first()
        events = [entry.event for entry in self.scene.entries]
        changes = [change for event in events if isinstance(event, ModesSet) for change in event.changes]
        self.assertEqual([(change.adding, change.parameter) for change in changes], [(True, "sesame"), (False, "*")])

    def test_renamed(self) -> None:
        """A rename moves the seal, and does not lift that of the new name."""
        self.scene.modes(self.alice, "#plan", "+i")
        self.leave(self.alice)
        sealed = self.scene.state.rooms.sealed["#plan"]
        done(self.scene.chat.membership.join(self.alice.session, "#cover", unlimited=True))
        done(self.scene.chat.channels.rename(self.alice.session, "#cover", "#plan"))
        self.assertEqual(self.first(), sealed)
        done(self.scene.chat.channels.rename(self.alice.session, "#plan", "#other"))
        self.assertEqual(self.scene.chat.reading.readable(self.bob.session, "#other").first, sealed)


class PrivateTests(VisibilityTestCase):
    """Private conversations."""

    def test_accounts(self) -> None:
        """Both accounts read their conversation, also when the other is not here, or was dropped."""
        self.assertEqual(self.read(self.alice, "BOB"), Readable("alice bob", 0))
        self.assertEqual(self.read(self.bob, "alice"), Readable("alice bob", 0))
        done(self.scene.chat.presence.close(self.bob.session, "gone"))
        self.assertEqual(self.read(self.alice, "bob"), Readable("alice bob", 0))
        done(self.scene.chat.accounts.drop(None, "Bob"))
        self.assertEqual(self.read(self.alice, "bob"), Readable("alice bob", 0))

    def test_guests(self) -> None:
        """What a guest wrote or got cannot be read back."""
        refused(errors.NotKept, lambda: self.read(self.guest, "alice"))
        refused(errors.NotKept, lambda: self.read(self.alice, "guest"))
        refused(errors.NoSuchNick, lambda: self.read(self.alice, "nobody"))
