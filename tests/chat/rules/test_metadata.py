"""Tests of L{twistchat.chat.rules.metadata}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import Person, Scene, done, refused, shown
from tests.chat.test_snapshot import continued
from twistchat.chat import errors
from twistchat.chat.limits import ChatLimits
from twistchat.chat.model.events import (
    SERVER,
    AccountDropped,
    AccountMetadataSet,
    KeptRoomMetadataSet,
    RoomMetadataSet,
    UserMetadataSet,
)
from twistchat.chat.model.holding import Holding, remaining
from twistchat.chat.snapshot import takeSnapshot


class MetadataTests(SynchronousTestCase):
    """Metadata of users and rooms."""

    def setUp(self) -> None:
        """An operator with an account and a guest in a room, and a guest outside, who all subscribe to two keys."""
        self.scene = Scene(ChatLimits(metadataKeys=3, metadataSubscriptions=3, metadataBurst=6, metadataRate=0.5))
        self.metadata = self.scene.chat.metadata
        self.scene.account("Alice")
        self.alice = self.scene.person("alice", "#a", account="Alice")
        self.bob = self.scene.person("bob", "#a")
        self.carol = self.scene.person("carol")
        self.everyone = (self.alice, self.bob, self.carol)
        for person in self.everyone:
            self.metadata.subscribe(person.session, "color")
            self.metadata.subscribe(person.session, "url")
        self.scene.clear(*self.everyone)

    def put(self, person: Person, target: str, key: str, value: str | None) -> object:
        """Change a key, and return the event."""
        event: object = done(self.metadata.change(person.session, target, key, value)).event
        return event

    def heard(self) -> list[list[str]]:
        """Return what each person has heard."""
        self.scene.endTurn()
        return [person.heard() for person in self.everyone]

    def values(self, person: Person, target: str) -> dict[str, str]:
        """Return the metadata of a target, as a person sees it."""
        return dict(self.metadata.of(person.session, target).values)

    # Changes

    def test_account(self) -> None:
        """The metadata of a user with an account is durable; everybody sees it, also when the user is not here."""
        event = self.put(self.alice, "*", "color", "#102030")
        source = self.alice.user.source
        self.assertEqual(event, AccountMetadataSet(source, "Alice", self.alice.session.id, "color", "#102030"))
        for target in ("alice", "ALICE"):
            self.assertEqual(self.values(self.carol, target), {"color": "#102030"})
        done(self.scene.chat.presence.close(self.alice.session, "bye"))
        self.assertEqual(self.values(self.carol, "Alice"), {"color": "#102030"})

    def test_guest(self) -> None:
        """The metadata of a guest is not stored, and ends with the guest."""
        event = self.put(self.bob, "bob", "color", "#102030")
        assert isinstance(event, UserMetadataSet)
        self.assertFalse(event.durable)
        self.assertEqual(self.values(self.carol, "bob"), {"color": "#102030"})
        done(self.scene.chat.presence.close(self.bob.session, "bye"))
        refused(errors.NoSuchNick, lambda: self.metadata.of(self.carol.session, "bob"))
        again = self.scene.person("bob")
        self.assertEqual(self.values(again, "*"), {})

    def test_room(self) -> None:
        """Operators change the metadata of their room.  It is durable once the room is registered."""
        event = self.put(self.alice, "#A", "url", "https://a.example")
        self.assertEqual(
            event, RoomMetadataSet(self.alice.user.source, "#a", self.alice.session.id, "url", "https://a.example")
        )
        done(self.scene.chat.ownership.register(self.alice.session, "#a"))
        kept = self.scene.entries[-1].event
        self.assertEqual(kept, KeptRoomMetadataSet(self.alice.user.source, "#a", "", "url", "https://a.example"))
        self.assertIsInstance(self.put(self.alice, "#a", "color", "#102030"), KeptRoomMetadataSet)
        self.assertEqual(self.values(self.bob, "#a"), {"url": "https://a.example", "color": "#102030"})

    def test_sameOrNothing(self) -> None:
        """Nothing is proposed for the current value, or to remove a key that is not set."""
        self.put(self.alice, "*", "color", "#102030")
        self.assertIsNone(self.metadata.change(self.alice.session, "*", "color", "#102030"))
        for value in ("", None):
            self.assertIsNone(self.metadata.change(self.alice.session, "*", "url", value))
        self.put(self.alice, "*", "color", "")
        self.assertEqual(self.values(self.bob, "alice"), {})

    def test_clear(self) -> None:
        """All keys are removed."""
        self.put(self.alice, "*", "url", "x")
        self.put(self.alice, "*", "color", "#102030")
        removed = self.metadata.clear(self.alice.session, "*")
        self.assertEqual([key for key, receipt in removed if done(receipt)], ["color", "url"])
        self.assertEqual(self.values(self.bob, "alice"), {})
        self.assertEqual(self.metadata.clear(self.alice.session, "*"), [])

    # Refusals

    def test_forbidden(self) -> None:
        """Nobody changes another user, even as a server operator, and only operators change a room."""
        root = self.scene.operator("root", "kill")
        for person in (self.bob, root):
            error = refused(
                errors.MetadataForbidden,
                lambda person=person: self.metadata.change(person.session, "alice", "url", "x"),  # type: ignore[misc]
            )
            self.assertEqual((error.target, error.key), ("alice", "url"))
        refused(errors.MetadataForbidden, lambda: self.metadata.change(self.bob.session, "#a", "url", "x"))
        refused(errors.MetadataForbidden, lambda: self.metadata.clear(self.bob.session, "#a"))
        done(self.scene.chat.presence.close(self.alice.session, "bye"))
        refused(errors.MetadataForbidden, lambda: self.metadata.change(self.bob.session, "Alice", "url", "x"))

    def test_invalid(self) -> None:
        """The key and the value are checked."""
        change = self.metadata.change
        refused(errors.BadMetadataKey, lambda: change(self.alice.session, "*", "A", "x"))
        refused(errors.BadMetadataValue, lambda: change(self.alice.session, "*", "color", "red"))
        refused(errors.NoSuchNick, lambda: change(self.alice.session, "nobody", "url", "x"))

    def test_limits(self) -> None:
        """The number of keys and the rate are limited.  Removals are possible at the limit of keys."""
        for key in ("a", "b"):
            self.put(self.alice, "*", key, "x")
        waiting = self.metadata.change(self.alice.session, "*", "c", "x")
        refused(errors.TooManyOf, lambda: self.metadata.change(self.alice.session, "*", "d", "x"))
        done(waiting)
        refused(errors.TooManyOf, lambda: self.metadata.change(self.alice.session, "*", "d", "x"))
        for value in ("y", "z", ""):
            self.put(self.alice, "*", "a", value)
        error = refused(errors.TooFast, lambda: self.metadata.change(self.alice.session, "*", "b", "y"))
        self.assertEqual(error.wait, 2.0)
        refused(errors.TooFast, lambda: self.metadata.clear(self.alice.session, "*"))
        self.scene.wait(2)
        self.put(self.alice, "*", "b", "y")

    # Read access to rooms

    def test_readers(self) -> None:
        """Only those who may read a room see its metadata: by default its members, and no one who is banned."""
        self.put(self.alice, "#a", "url", "x")
        refused(errors.NotInRoom, lambda: self.metadata.of(self.carol.session, "#a"))
        self.scene.modes(self.alice, "#a", "+b", "bob")
        refused(errors.Banned, lambda: self.metadata.of(self.bob.session, "#a"))
        self.assertEqual([found.name for found in self.metadata.visible(self.bob.session)], ["bob"])
        self.scene.modes(self.alice, "#a", "+s")
        refused(errors.NoSuchRoom, lambda: self.metadata.of(self.carol.session, "#a"))

    def test_open(self) -> None:
        """A registered room that everyone may read shows its metadata to everyone."""
        done(self.scene.chat.ownership.register(self.alice.session, "#a"))
        done(self.scene.chat.ownership.setSetting(self.alice.session, "#a", "history", "everyone"))
        self.put(self.alice, "#a", "url", "x")
        self.assertEqual(self.values(self.carol, "#a"), {"url": "x"})

    # Notifications

    def test_notified(self) -> None:
        """Those who share a room, watch the nick, or are the user hear of it, but not the session that asked."""
        phone = self.scene.attach(self.alice)
        self.metadata.subscribe(phone.session, "color")
        self.scene.chat.presence.watch(self.carol.session, ["alice"])
        self.put(self.alice, "*", "color", "#102030")
        line = ["alice has color #102030"]
        self.assertEqual((self.heard(), phone.heard()), ([[], line, line], line))
        self.put(self.alice, "*", "color", None)
        self.assertEqual(self.heard(), [[], ["alice has color"], ["alice has color"]])
        self.put(self.bob, "*", "color", "#102030")
        self.assertEqual(self.heard(), [["bob has color #102030"], [], []])

    def test_room_notified(self) -> None:
        """The members of a room hear of its metadata, unless a ban keeps them from reading the room."""
        dave = self.scene.person("dave", "#a")
        self.metadata.subscribe(dave.session, "url")
        self.scene.modes(self.alice, "#a", "+b", "dave")
        self.scene.clear(*self.everyone, dave)
        self.put(self.alice, "#a", "url", "x")
        self.assertEqual((self.heard(), dave.heard()), ([[], ["#a has url x"], []], []))

    def test_subscribed(self) -> None:
        """Only sessions that subscribe to a key hear of it."""
        self.metadata.unsubscribe(self.bob.session, "color")
        self.put(self.alice, "*", "color", "#102030")
        self.put(self.alice, "*", "status", "busy")
        self.assertEqual(self.heard(), [[], [], []])
        self.metadata.subscribe(self.bob.session, "status")
        self.put(self.alice, "*", "status", "here")
        self.assertEqual(self.heard(), [[], ["alice has status here"], []])
        self.metadata.unsubscribeAll(self.bob.session)
        self.put(self.alice, "*", "status", "gone")
        self.assertEqual(self.heard(), [[], [], []])

    def test_subscriptions(self) -> None:
        """A session has each subscription once, in order, up to the limit."""
        session = self.alice.session
        self.assertFalse(self.metadata.subscribe(session, "url"))
        self.assertTrue(self.metadata.subscribe(session, "a"))
        refused(errors.TooManyOf, lambda: self.metadata.subscribe(session, "b"))
        refused(errors.BadMetadataKey, lambda: self.metadata.subscribe(session, "B"))
        self.assertEqual(session.subscribed, ("color", "url", "a"))

    def test_visible(self) -> None:
        """A session sees its rooms, their members, itself, and those whom it watches: each once."""
        self.scene.chat.presence.watch(self.bob.session, ["carol", "alice", "nobody"])
        names = [found.name for found in self.metadata.visible(self.bob.session)]
        self.assertEqual(names, ["#a", "alice", "bob", "carol"])
        self.assertEqual([found.name for found in self.metadata.visible(self.carol.session)], ["carol"])

    # Accounts and rooms change

    def test_login(self) -> None:
        """A guest who logs in has the metadata of the account, and loses their own.  Others hear the difference."""
        self.scene.account("robert")
        self.scene.log.append(AccountMetadataSet(SERVER, "robert", "", "url", "x"))
        self.put(self.bob, "*", "color", "#102030")
        self.scene.clear(*self.everyone)
        self.successResultOf(self.scene.logIn(self.bob, "robert"))
        self.assertEqual(self.heard()[0], ["bob account robert", "bob has color", "bob has url x"])
        self.successResultOf(self.scene.logOut(self.bob))
        self.assertEqual(self.heard()[0], ["bob account None", "bob has url"])
        self.assertEqual(self.values(self.alice, "*"), {})

    def test_dropped(self) -> None:
        """The metadata of a dropped account ends, and others hear of it."""
        self.put(self.alice, "*", "url", "x")
        self.scene.clear(*self.everyone)
        self.scene.log.append(AccountDropped(SERVER, "Alice"))
        self.assertIn("alice has url", self.heard()[1])
        self.assertEqual(self.values(self.bob, "alice"), {})

    def test_unregistered(self) -> None:
        """The metadata of a room ends with its registration."""
        done(self.scene.chat.ownership.register(self.alice.session, "#a"))
        self.put(self.alice, "#a", "url", "x")
        self.scene.clear(*self.everyone)
        done(self.scene.chat.ownership.drop(self.alice.session, "#a"))
        self.assertIn("#a has url", self.heard()[1])
        self.assertEqual(self.values(self.bob, "#a"), {})

    def test_tooLate(self) -> None:
        """A change that does not fit the state any more is refused."""
        alice, bob = self.alice.user.source, self.bob.user.source
        append = self.scene.log.append
        refused(errors.MetadataForbidden, lambda: append(UserMetadataSet(alice, "", "url", "x")))
        refused(errors.RoomNotRegistered, lambda: append(KeptRoomMetadataSet(alice, "#a", "", "url", "x")))
        refused(errors.NoSuchAccount, lambda: append(AccountMetadataSet(bob, "nobody", "", "url", "x")))
        done(self.scene.chat.ownership.register(self.alice.session, "#a"))
        refused(errors.RoomRegisteredAlready, lambda: append(RoomMetadataSet(alice, "#a", "", "url", "x")))

    # Restart

    def test_kept(self) -> None:
        """A restart keeps the metadata of accounts and registered rooms, under a new name of the room too."""
        done(self.scene.chat.ownership.register(self.alice.session, "#a"))
        for key, value in (("color", "#000000"), ("color", "#102030"), ("url", "x"), ("url", None)):
            self.put(self.alice, "*", key, value)
        self.scene.wait(60)
        self.put(self.alice, "#a", "url", "x")
        done(self.scene.chat.channels.rename(self.alice.session, "#a", "#b"))
        self.put(self.bob, "*", "color", "#102030")
        holding, entries = Holding(), {entry.sequence: entry for entry in self.scene.entries}
        lost = [sequence for entry in self.scene.entries for sequence in holding.note(entry)]
        again = Scene()
        for sequence, keys in holding.entries().items():
            event = remaining(entries[sequence].event, sequence, keys)
            assert event is not None
            done(again.log.append(event))
        account, room = again.state.accounts.get("Alice"), again.state.rooms.get("#b")
        assert account is not None and room is not None
        self.assertEqual((dict(account.metadata), dict(room.metadata)), ({"color": "#102030"}, {"url": "x"}))
        erased = [entries[sequence].event for sequence in lost]
        self.assertEqual(
            [(event.key, event.value) for event in erased if isinstance(event, AccountMetadataSet)],
            [("color", "#000000"), ("url", "x")],
        )

    def test_snapshot(self) -> None:
        """A snapshot contains all metadata."""
        done(self.scene.chat.ownership.register(self.alice.session, "#a"))
        self.put(self.alice, "*", "url", "x")
        self.put(self.alice, "#a", "url", "y")
        self.put(self.bob, "*", "url", "z")
        state = continued(takeSnapshot(self.scene.state, "node"), [])
        self.assertEqual(shown(state), shown(self.scene.state))
        bob = state.users.named("bob")
        assert bob is not None
        self.assertEqual(dict(bob.metadata), {"url": "z"})
