"""Tests of L{twistchat.chat.rules.rooms.ownership}: who may do what with registered rooms, and what they are told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import ManualScene, Person, Scene, done, rebuilt, refused, shown
from twistchat.chat import errors
from twistchat.chat.limits import ChatLimits
from twistchat.chat.model.events import (
    SERVER,
    AccessSet,
    AccountDropped,
    AccountRegistered,
    AccountSuspended,
    RoomRegistered,
    RoomTransferred,
)
from twistchat.chat.rules.rooms.ownership import Access
from twistchat.chat.snapshot import restoreSnapshot, takeSnapshot

ACCOUNTS = ("Alice", "Bob", "Carol", "Dave")


class OwnershipTestCase(SynchronousTestCase):
    """Four users with accounts, a guest, and Alice's room."""

    limits = ChatLimits()

    def setUp(self) -> None:
        self.scene = Scene(self.limits, lobby="#lobby")
        self.rooms = self.scene.chat.ownership
        self.people: dict[str, Person] = {}
        for account in ACCOUNTS:
            done(self.scene.log.append(AccountRegistered(SERVER, account)))
            nick = account.lower()
            self.people[nick] = self.scene.person(nick, account=account)
        self.alice, self.bob, self.carol, self.dave = self.people.values()
        self.guest = self.scene.person("guest")
        for person in (self.alice, self.bob):
            self.join(person)
        done(self.rooms.register(self.alice.session, "#den"))
        self.clear()

    def tearDown(self) -> None:
        """Check that the entries alone give the same state."""
        self.assertEqual(shown(rebuilt(self.scene.entries)), shown(self.scene.state))

    def clear(self) -> None:
        """Discard what everyone heard so far."""
        self.scene.clear(self.guest, *self.people.values())

    def heard(self, person: Person) -> list[str]:
        """End the turn, and return what a user heard."""
        self.scene.endTurn()
        return person.heard()

    def join(self, person: Person, name: str = "#den") -> None:
        """Let a user join the room."""
        done(self.scene.chat.membership.join(person.session, name, unlimited=True))

    def part(self, person: Person, name: str = "#den") -> None:
        """Let a user leave the room."""
        done(self.scene.chat.membership.part(person.session, name))

    def allow(self, account: str, ranks: str) -> None:
        """Let Alice change the access list."""
        done(self.rooms.setAccess(self.alice.session, "#den", account, ranks))

    def ranks(self) -> dict[str, str]:
        """Return the members of the room, with their ranks."""
        return self.scene.ranks("#den")

    def founder(self, name: str = "#den") -> str | None:
        """Return the founder of a room; C{None} too if the room does not exist."""
        room = self.scene.state.rooms.get(name)
        return None if room is None else room.founder


class RegisterTests(OwnershipTestCase):
    """Registering and dropping rooms."""

    def test_register(self) -> None:
        """The account of an operator becomes the founder, and everyone present sees the rank."""
        self.join(self.carol, "#new")
        self.join(self.bob, "#new")
        self.clear()
        done(self.rooms.register(self.carol.session, "#NEW"))
        self.assertEqual(self.founder("#new"), "Carol")
        self.assertEqual(self.scene.ranks("#new"), {"carol": "qo", "bob": ""})
        self.assertEqual(self.heard(self.bob), ["#new carol set +q carol"])
        self.assertEqual(self.rooms.roomsOf("CAROL"), ["#new"])

    def test_refused(self) -> None:
        """It needs an account, an operator, and a room that is not registered."""
        refused(errors.NotLoggedIn, lambda: self.rooms.register(self.guest.session, "#den"))
        refused(errors.NotOperator, lambda: self.rooms.register(self.bob.session, "#den"))
        refused(errors.NotInRoom, lambda: self.rooms.register(self.carol.session, "#den"))
        refused(errors.NoSuchRoom, lambda: self.rooms.register(self.carol.session, "#nowhere"))
        refused(errors.RoomRegisteredAlready, lambda: self.rooms.register(self.alice.session, "#den"))

    def test_lobby(self) -> None:
        """Nobody can register the lobby, and a registered room cannot get its name."""
        self.join(self.carol, "#Lobby")
        refused(errors.CannotRegister, lambda: self.rooms.register(self.carol.session, "#lobby"))
        refused(errors.CannotRegister, lambda: self.rooms.register(None, "#lobby", "Carol"))
        self.part(self.carol, "#lobby")
        admin = self.scene.operator("admin", "rooms")
        self.join(admin)
        refused(errors.CannotRegister, lambda: self.scene.chat.channels.rename(admin.session, "#den", "#LOBBY"))

    def test_administrators(self) -> None:
        """An administrator registers any room for any account, also from the console and before it exists."""
        done(self.rooms.register(None, "#made", "carol"))
        self.assertEqual(self.founder("#made"), "Carol")
        admin = self.scene.operator("admin", "rooms")
        self.join(self.dave, "#other")
        done(self.rooms.register(admin.session, "#other", "Bob"))
        self.assertEqual((self.founder("#other"), self.scene.ranks("#other")), ("Bob", {"dave": "o"}))
        refused(errors.NotLoggedIn, lambda: self.rooms.register(None, "#made2"))
        refused(errors.NoSuchAccount, lambda: self.rooms.register(None, "#made2", "nobody"))
        refused(errors.BadRoomName, lambda: self.rooms.register(None, "bad name", "bob"))
        self.join(self.carol, "#mine")
        done(self.rooms.register(self.carol.session, "#mine", "Bob"))
        self.assertEqual(self.founder("#mine"), "Carol")

    def test_kept(self) -> None:
        """A registered room keeps topic, modes and bans when it is empty, and nobody becomes its operator."""
        done(self.scene.chat.channels.setTopic(self.alice.session, "#den", "here"))
        self.scene.modes(self.alice, "#den", "+kb", "key", "guest!*@*")
        for person in (self.alice, self.bob):
            self.part(person)
        room = self.scene.room("#den")
        refused(errors.BadKey, lambda: self.join(self.bob))
        done(self.scene.chat.membership.join(self.bob.session, "#den", "key"))
        self.assertEqual(self.ranks(), {"bob": ""})
        self.scene.wait(3600)
        self.assertEqual(self.ranks(), {"bob": ""})
        self.assertEqual(
            (room.topic and room.topic.text, room.modes["k"], list(room.lists["b"])), ("here", "key", ["guest!*@*"])
        )
        self.join(self.alice)
        self.assertEqual(self.ranks(), {"bob": "", "alice": "q"})

    def test_drop(self) -> None:
        """A dropped room has no founder: its founder becomes an operator, and the next to join an empty room too."""
        self.allow("Carol", "o")
        self.clear()
        refused(errors.NotFounder, lambda: self.rooms.drop(self.bob.session, "#den"))
        done(self.rooms.drop(self.alice.session, "#den"))
        self.assertEqual((self.founder(), self.ranks()), (None, {"alice": "o", "bob": ""}))
        self.assertEqual(self.heard(self.bob), ["#den alice set -q alice"])
        refused(errors.RoomNotRegistered, lambda: self.rooms.drop(self.alice.session, "#den"))
        self.join(self.carol)
        self.assertEqual(self.ranks()["carol"], "")
        done(self.rooms.register(self.alice.session, "#den"))
        self.assertEqual(self.rooms.access(self.alice.session, "#den"), [])

    def test_dropEmpty(self) -> None:
        """A dropped room that is empty loses its locks, and is removed if nothing else is left."""
        self.scene.modes(self.alice, "#den", "+i")
        for person in (self.alice, self.bob):
            self.part(person)
        done(self.rooms.drop(self.alice.session, "#den"))
        self.assertIsNone(self.scene.state.rooms.get("#den"))
        self.join(self.bob)
        self.assertEqual(self.ranks(), {"bob": "o"})

    def test_dropWithoutOperator(self) -> None:
        """If nobody present is an operator, the member who has been there longest becomes one, as in any room."""
        self.part(self.alice)
        self.join(self.carol)
        done(self.rooms.drop(self.alice.session, "#den"))
        self.assertEqual(self.ranks(), {"bob": "", "carol": ""})
        self.scene.wait(600)
        self.assertEqual(self.ranks(), {"bob": "o", "carol": ""})

    def test_onlyQ(self) -> None:
        """A founder who has no other rank becomes an operator when the room is dropped."""
        self.part(self.alice)
        self.join(self.alice)
        self.assertEqual(self.ranks(), {"bob": "", "alice": "q"})
        self.clear()
        done(self.rooms.drop(None, "#den"))
        self.assertEqual(self.heard(self.bob), ["#den  set -q alice +o alice"])


class LimitTests(OwnershipTestCase):
    """The limits on rooms and access lists."""

    limits = ChatLimits(roomsPerAccount=2, accessPerRoom=2)

    def test_rooms(self) -> None:
        """An account has only so many rooms, also by transfer."""
        for name in ("#2", "#3"):
            self.join(self.alice, name)
        done(self.rooms.register(self.alice.session, "#2"))
        error = refused(errors.TooManyOf, lambda: self.rooms.register(self.alice.session, "#3"))
        self.assertEqual((error.what, error.limit), ("rooms", 2))
        self.join(self.bob, "#4")
        done(self.rooms.register(self.bob.session, "#4"))
        refused(errors.TooManyOf, lambda: self.rooms.transfer(self.bob.session, "#4", "Alice"))
        done(self.rooms.drop(self.alice.session, "#2"))
        done(self.rooms.transfer(self.bob.session, "#4", "Alice"))

    def test_access(self) -> None:
        """A full access list takes no other account, but can be changed."""
        self.allow("Bob", "o")
        self.allow("Carol", "v")
        error = refused(errors.TooManyOf, lambda: self.allow("Dave", "v"))
        self.assertIn("accounts in the access list of #den", error.text)
        self.allow("Bob", "none")
        self.allow("Dave", "v")
        self.allow("Dave", "o")

    def test_together(self) -> None:
        """Several sessions of an account cannot pass a limit together."""
        scene = ManualScene(ChatLimits(roomsPerAccount=2, accessPerRoom=2))
        alice = scene.person("alice", *[f"#{number}" for number in range(4)])
        for name in ("alice", "bob", "carol", "dave"):
            registering = Deferred.fromCoroutine(scene.chat.accounts.register(None, name))
            while scene.log.waiting:
                scene.commit()
            done(registering)
        done(self.settle(scene, Deferred.fromCoroutine(scene.chat.identity.login(alice.session, "alice"))))
        rooms, asked = scene.chat.ownership, alice.session
        first = [rooms.register(asked, f"#{number}") for number in range(2)]
        refused(errors.TooManyOf, lambda: rooms.register(asked, "#2"))
        scene.commit()
        for receipt in first:
            done(receipt)
        allowed = [rooms.setAccess(asked, "#0", name, "v") for name in ("bob", "carol")]
        refused(errors.TooManyOf, lambda: rooms.setAccess(asked, "#0", "dave", "v"))
        scene.commit()
        for each in allowed:
            done(each)
        dropping = rooms.drop(asked, "#1")
        refused(errors.TooManyOf, lambda: rooms.register(asked, "#3"))
        scene.commit()
        done(dropping)
        last = rooms.register(asked, "#3")
        scene.commit()
        done(last)

    def settle(self, scene: ManualScene, deferred: Deferred[Any]) -> Deferred[Any]:
        """Commit until nothing waits."""
        while scene.log.waiting:
            scene.commit()
        return deferred

    def test_heirs(self) -> None:
        """An account inherits, even if it has as many rooms as it may register."""
        for name in ("#2", "#3"):
            self.join(self.alice if name == "#2" else self.bob, name)
        done(self.rooms.register(self.alice.session, "#2"))
        done(self.rooms.register(self.bob.session, "#3"))
        for name in ("#den", "#2"):
            done(self.rooms.setAccess(self.alice.session, name, "Bob", "a"))
        done(self.rooms.setAccess(self.alice.session, "#2", "Carol", "v"))
        done(self.scene.chat.accounts.drop(None, "alice"))
        self.assertEqual((self.founder(), self.founder("#2")), ("Bob", "Bob"))


class AccessTests(OwnershipTestCase):
    """The access list."""

    def test_present(self) -> None:
        """A member who is present gets the ranks at once, and loses them with the entry."""
        self.allow("bob", "ov")
        self.assertEqual(self.ranks()["bob"], "ov")
        self.allow("BOB", "voice")
        self.assertEqual(self.ranks()["bob"], "v")
        self.allow("Bob", "none")
        self.assertEqual(self.ranks()["bob"], "")
        self.assertEqual(
            self.heard(self.bob),
            ["#den alice set +o bob +v bob", "#den alice set -o bob", "#den alice set -v bob"],
        )
        self.assertIsNone(self.rooms.setAccess(self.alice.session, "#den", "Bob", "none"))

    def test_joining(self) -> None:
        """An account has its ranks when it joins; a rank from mode +o is for the visit."""
        self.allow("Carol", "h")
        self.scene.modes(self.alice, "#den", "+o", "bob")
        for person in (self.carol, self.dave):
            self.join(person)
        self.assertEqual(self.ranks(), {"alice": "qo", "bob": "o", "carol": "h", "dave": ""})
        for person in (self.bob, self.carol):
            self.part(person)
            self.join(person)
        self.assertEqual(self.ranks(), {"alice": "qo", "dave": "", "bob": "", "carol": "h"})

    def test_login(self) -> None:
        """A user gets the ranks when they log in, and loses them when they log out."""
        self.allow("Carol", "ov")
        self.part(self.bob)
        for name in ("#den", "#elsewhere"):
            self.join(self.guest, name)
        done(self.scene.chat.presence.close(self.carol.session, "bye"))
        self.clear()
        done(self.scene.chat.identity.setAccount(self.guest.user, "Carol"))
        self.assertEqual(self.ranks()["guest"], "ov")
        self.assertEqual(self.heard(self.alice), ["guest account Carol", "#den  set +o guest +v guest"])
        self.scene.modes(self.alice, "#den", "-v+h", "guest", "guest")
        done(self.scene.chat.identity.setAccount(self.guest.user, None))
        self.assertEqual(self.ranks()["guest"], "h")
        self.assertEqual(self.heard(self.alice)[-1], "#den  set -o guest")

    def test_who(self) -> None:
        """The founder and admins change the list, up to below their own rank; everyone may resign."""
        refused(errors.NoAccess, lambda: self.rooms.setAccess(self.guest.session, "#den", "Bob", "o"))
        self.allow("Bob", "a")
        self.allow("Dave", "a")
        self.allow("Carol", "o")
        by = self.rooms.setAccess
        refused(errors.NoAccess, lambda: by(self.carol.session, "#den", "Dave", "v"))
        refused(errors.NoAccess, lambda: by(self.bob.session, "#den", "Carol", "a"))
        refused(errors.NoAccess, lambda: by(self.bob.session, "#den", "Dave", "none"))
        done(by(self.bob.session, "#den", "Carol", "h"))
        refused(errors.NoAccess, lambda: by(self.carol.session, "#den", "Carol", "o"))
        done(by(self.carol.session, "#den", "Carol", "none"))
        done(by(self.bob.session, "#den", "Bob", "none"))
        self.assertEqual(self.rooms.access(self.alice.session, "#den"), [Access("Dave", "a")])
        refused(errors.NoAccess, lambda: self.rooms.access(self.carol.session, "#den"))
        refused(errors.NoAccess, lambda: self.rooms.access(self.guest.session, "#den"))
        done(by(None, "#den", "Dave", "o"))
        admin = self.scene.operator("admin", "rooms")
        done(by(admin.session, "#den", "Dave", "a"))
        self.assertEqual(self.rooms.access(None, "#den"), [Access("Dave", "a")])

    def test_bad(self) -> None:
        """Unknown ranks and accounts are refused; there is no second founder."""
        for ranks in ("q", "oq", "founder", "x", "king"):
            refused(errors.BadRank, lambda ranks=ranks: self.allow("Bob", ranks))  # type: ignore[misc]
        for ranks in ("o", "none"):
            refused(errors.FounderNotListed, lambda ranks=ranks: self.allow("ALICE", ranks))  # type: ignore[misc]
        refused(errors.NoSuchAccount, lambda: self.allow("nobody", "o"))
        refused(errors.NoSuchAccount, lambda: self.allow("guest", "o"))
        done(self.scene.log.append(AccountRegistered(SERVER, "Eve", 9_999_999_999_999)))
        refused(errors.NoSuchAccount, lambda: self.allow("Eve", "o"))
        self.join(self.carol, "#free")
        refused(errors.RoomNotRegistered, lambda: self.rooms.setAccess(self.carol.session, "#free", "Bob", "o"))

    def test_groupedNick(self) -> None:
        """An account can be named by any of its nicks."""
        done(self.scene.chat.accounts.group(None, "Bob", "bobby"))
        self.allow("Bobby", "o")
        self.assertEqual(self.rooms.access(self.alice.session, "#den"), [Access("Bob", "o")])

    def test_secret(self) -> None:
        """A secret room does not exist for strangers, but those in its access list may change it from outside."""
        self.scene.modes(self.alice, "#den", "+s")
        self.allow("Carol", "o")
        refused(errors.NoSuchRoom, lambda: self.rooms.info(self.guest.session, "#den"))
        refused(errors.NoSuchRoom, lambda: self.rooms.drop(self.dave.session, "#den"))
        self.assertEqual(self.rooms.info(self.carol.session, "#den").founder, "Alice")
        self.part(self.alice)
        self.allow("Dave", "v")

    def test_locks(self) -> None:
        """Half-operators of the list pass the locks, and the founder passes bans too."""
        self.allow("Carol", "h")
        self.allow("Dave", "v")
        self.scene.modes(self.alice, "#den", "+i")
        self.join(self.carol)
        refused(errors.InviteOnly, lambda: self.join(self.dave))
        self.scene.modes(self.alice, "#den", "+b", "*!*@*")
        for person in (self.carol, self.alice):
            self.part(person)
        refused(errors.Banned, lambda: self.join(self.carol))
        self.join(self.alice)

    def test_grantOwn(self) -> None:
        """Members get back the ranks that they have in the list."""
        self.allow("Bob", "ov")
        self.scene.modes(self.alice, "#den", "-o", "bob")
        done(self.rooms.grantOwn(self.bob.session, "#den"))
        self.assertEqual(self.ranks()["bob"], "ov")
        self.assertIsNone(self.rooms.grantOwn(self.bob.session, "#den"))
        self.join(self.carol)
        refused(errors.NoAccess, lambda: self.rooms.grantOwn(self.carol.session, "#den"))
        refused(errors.NotInRoom, lambda: self.rooms.grantOwn(self.dave.session, "#den"))
        self.join(self.guest)
        refused(errors.NotLoggedIn, lambda: self.rooms.grantOwn(self.guest.session, "#den"))
        self.join(self.bob, "#free")
        refused(errors.RoomNotRegistered, lambda: self.rooms.grantOwn(self.bob.session, "#free"))

    def test_setRank(self) -> None:
        """The rank in the list allows to give ranks to members, also from outside of the room."""
        self.allow("Carol", "o")
        set = self.rooms.setRank
        done(set(self.carol.session, "#den", "bob", "o", True))
        self.assertEqual(self.ranks()["bob"], "o")
        self.assertEqual(self.heard(self.bob)[-1], "#den carol set +o bob")
        self.assertIsNone(set(self.carol.session, "#den", "bob", "o", True))
        refused(errors.NoAccess, lambda: set(self.carol.session, "#den", "bob", "a", True))
        refused(errors.NoAccess, lambda: set(self.carol.session, "#den", "alice", "o", False))
        refused(errors.NoAccess, lambda: set(self.bob.session, "#den", "bob", "v", True))
        refused(errors.TargetNotInRoom, lambda: set(self.carol.session, "#den", "dave", "o", True))
        refused(errors.NoSuchNick, lambda: set(self.carol.session, "#den", "nobody", "o", True))
        done(set(self.scene.operator("boss", "rooms").session, "#den", "bob", "o", False))
        self.assertEqual(self.ranks()["bob"], "")


class TransferTests(OwnershipTestCase):
    """Transfers, settings and what is told of a room."""

    def test_transfer(self) -> None:
        """The new founder gets the rank if present, and the old one loses it."""
        refused(errors.NotFounder, lambda: self.rooms.transfer(self.bob.session, "#den", "Bob"))
        refused(errors.NoSuchAccount, lambda: self.rooms.transfer(self.alice.session, "#den", "nobody"))
        done(self.rooms.transfer(self.alice.session, "#den", "bob"))
        self.assertEqual((self.founder(), self.ranks()), ("Bob", {"alice": "o", "bob": "q"}))
        self.assertEqual(self.heard(self.alice), ["#den alice set -q alice +q bob"])
        self.assertEqual((self.rooms.roomsOf("Alice"), self.rooms.roomsOf("Bob")), ([], ["#den"]))
        self.assertIsNone(self.rooms.transfer(self.bob.session, "#den", "Bob"))
        done(self.rooms.transfer(None, "#den", "Carol"))
        self.assertEqual(self.founder(), "Carol")

    def test_renamed(self) -> None:
        """Ownership follows a rename."""
        self.allow("Carol", "o")
        done(self.scene.chat.channels.rename(self.alice.session, "#den", "#cave"))
        self.assertEqual(self.rooms.roomsOf("Alice"), ["#cave"])
        self.join(self.carol, "#cave")
        self.assertEqual(self.scene.ranks("#cave"), {"alice": "qo", "bob": "", "carol": "o"})
        refused(errors.NoSuchRoom, lambda: self.rooms.drop(self.alice.session, "#den"))
        refused(errors.NotOperator, lambda: self.scene.chat.channels.rename(self.carol.session, "#cave", "#x"))

    def test_settings(self) -> None:
        """The founder describes the room and names a successor, whom only the founder sees."""
        set = self.rooms.setSetting
        refused(errors.NotFounder, lambda: set(self.bob.session, "#den", "description", "x"))
        refused(errors.BadName, lambda: set(self.alice.session, "#den", "colour" * 20, "red"))
        refused(errors.TooLong, lambda: set(self.alice.session, "#den", "description", "x" * 391))
        refused(errors.BadText, lambda: set(self.alice.session, "#den", "description", "a\nb"))
        refused(errors.NoSuchAccount, lambda: set(self.alice.session, "#den", "successor", "nobody"))
        done(set(self.alice.session, "#den", "description", "tea"))
        done(set(self.alice.session, "#den", "successor", "bob"))
        info = self.rooms.info(self.guest.session, "#den")
        self.assertEqual((info.name, info.founder, info.settings), ("#den", "Alice", {"description": "tea"}))
        self.assertEqual(self.rooms.info(self.alice.session, "#den").settings["successor"], "Bob")
        done(set(self.alice.session, "#den", "successor", ""))
        self.assertNotIn("successor", self.rooms.info(None, "#den").settings)
        self.join(self.carol, "#free")
        refused(errors.RoomNotRegistered, lambda: self.rooms.info(self.guest.session, "#free"))


class SuccessionTests(OwnershipTestCase):
    """What becomes of the rooms of a dropped account."""

    def drop(self, account: str = "Alice") -> None:
        """Drop an account."""
        done(self.scene.chat.accounts.drop(None, account))

    def test_successor(self) -> None:
        """The successor that the founder named comes first."""
        self.allow("Bob", "a")
        done(self.rooms.setSetting(self.alice.session, "#den", "successor", "Carol"))
        self.drop()
        self.assertEqual(self.founder(), "Carol")
        self.assertEqual(self.ranks(), {"alice": "o", "bob": "a"})

    def test_highest(self) -> None:
        """The highest rank in the list inherits.  Among equals, the one who got it first does."""
        for account, ranks in (("Bob", "v"), ("Dave", "v"), ("Carol", "o"), ("Bob", "ov")):
            self.allow(account, ranks)
        self.clear()
        self.drop()
        self.assertEqual(self.founder(), "Carol")
        self.assertEqual(self.heard(self.bob), ["#den  set -q alice", "alice account None"])
        self.assertEqual(len(self.rooms.access(None, "#den")), 3)

    def test_unusable(self) -> None:
        """Suspended accounts and those that are gone do not inherit."""
        self.allow("Bob", "a")
        self.allow("Dave", "v")
        done(self.rooms.setSetting(self.alice.session, "#den", "successor", "Carol"))
        self.drop("Carol")
        done(self.scene.log.append(AccountSuspended(SERVER, "Bob", "spam")))
        self.drop()
        self.assertEqual(self.founder(), "Dave")

    def test_nobody(self) -> None:
        """Without an heir the room is free, and its founder an operator."""
        self.drop()
        self.assertEqual((self.founder(), self.ranks()), (None, {"alice": "o", "bob": ""}))
        refused(errors.NotLoggedIn, lambda: self.rooms.register(self.alice.session, "#den"))
        done(self.scene.chat.membership.part(self.alice.session, "#den"))
        self.scene.wait(600)
        self.assertEqual(self.ranks(), {"bob": "o"})

    def test_access(self) -> None:
        """A dropped account is in no access list, and its user loses the ranks."""
        self.allow("Bob", "ov")
        self.clear()
        self.drop("Bob")
        self.assertEqual((self.rooms.access(None, "#den"), self.ranks()), ([], {"alice": "qo", "bob": ""}))
        self.assertEqual(self.heard(self.alice), ["#den  set -o bob -v bob", "bob account None"])


class FreeTests(OwnershipTestCase):
    """A server where nobody inherits."""

    def test_free(self) -> None:
        """The rooms of a dropped account become free."""
        self.allow("Bob", "a")
        self.scene.chat.ownership.inherits = False
        done(self.scene.chat.accounts.drop(None, "Alice"))
        self.assertIsNone(self.founder())


class RaceTests(SynchronousTestCase):
    """Entries that come in another order than the verbs expected."""

    def setUp(self) -> None:
        self.scene = ManualScene()
        self.rooms = self.scene.chat.ownership
        for account in ACCOUNTS:
            self.scene.log.append(AccountRegistered(SERVER, account))
        self.scene.commit()

    def tearDown(self) -> None:
        """Check that the entries alone, and a snapshot of the state, give the same state."""
        self.assertEqual(shown(rebuilt(self.scene.entries)), shown(self.scene.state))
        state = rebuilt([])
        restoreSnapshot(state, takeSnapshot(self.scene.state, "local"))
        self.assertEqual(shown(state)["rooms"], shown(self.scene.state)["rooms"])
        for account in ACCOUNTS:
            self.assertEqual(
                [room.name for room in state.rooms.ownedBy(account)],
                [room.name for room in self.scene.state.rooms.ownedBy(account)],
            )

    def outcomes(self, *verbs: Callable[[], Deferred[Any] | None]) -> list[type[BaseException] | None]:
        """Call verbs at once, then apply their entries.  Return the class of each error."""
        receipts = [verb() for verb in verbs]
        self.scene.commit()
        found: list[type[BaseException] | None] = []
        for receipt in receipts:
            assert receipt is not None
            caught: list[type[BaseException] | None] = []
            receipt.addCallbacks(lambda _: None, lambda failure: failure.type).addCallback(caught.append)
            found += caught
        return found

    def founder(self, name: str) -> str | None:
        """Return the founder of a room."""
        room = self.scene.state.rooms.get(name)
        return None if room is None else room.founder

    def test_twoRegister(self) -> None:
        """The first registration wins."""
        outcomes = self.outcomes(
            lambda: self.rooms.register(None, "#a", "Alice"), lambda: self.rooms.register(None, "#a", "Bob")
        )
        self.assertEqual(outcomes, [None, errors.RoomRegisteredAlready])
        self.assertEqual(self.founder("#a"), "Alice")

    def test_registeredMeanwhile(self) -> None:
        """A room that an account registers while it is dropped becomes free, and can be registered again."""
        outcomes = self.outcomes(
            lambda: self.rooms.register(None, "#a", "Alice"),
            lambda: self.scene.chat.accounts.drop(None, "Alice"),
            lambda: self.rooms.register(None, "#b", "Alice"),
            lambda: self.rooms.register(None, "#a", "Bob"),
        )
        self.assertEqual(outcomes, [None, None, errors.NoSuchAccount, None])
        self.assertEqual((self.founder("#a"), self.founder("#b")), ("Bob", None))

    def test_transferredMeanwhile(self) -> None:
        """A room that goes to an account which is dropped right after becomes free; right before, it stays as it is."""
        self.outcomes(
            lambda: self.rooms.register(None, "#a", "Alice"), lambda: self.rooms.register(None, "#b", "Alice")
        )
        outcomes = self.outcomes(
            lambda: self.rooms.transfer(None, "#a", "Bob"),
            lambda: self.scene.chat.accounts.drop(None, "Bob"),
            lambda: self.rooms.transfer(None, "#b", "Bob"),
        )
        self.assertEqual(outcomes, [None, None, errors.NoSuchAccount])
        self.assertEqual((self.founder("#a"), self.founder("#b")), (None, "Alice"))

    def test_heirDropped(self) -> None:
        """An heir who is dropped at the same time leaves the room free."""
        self.outcomes(lambda: self.rooms.register(None, "#a", "Alice"))
        self.outcomes(lambda: self.rooms.setAccess(None, "#a", "Bob", "a"))
        self.outcomes(
            lambda: self.scene.chat.accounts.drop(None, "Alice"), lambda: self.scene.chat.accounts.drop(None, "Bob")
        )
        self.assertIsNone(self.founder("#a"))

    def test_accessMeanwhile(self) -> None:
        """Access for an account that is dropped at the same time is not granted; nor after a drop of the room."""
        self.outcomes(lambda: self.rooms.register(None, "#a", "Alice"))
        outcomes = self.outcomes(
            lambda: self.scene.chat.accounts.drop(None, "Bob"),
            lambda: self.rooms.setAccess(None, "#a", "Bob", "a"),
            lambda: self.rooms.drop(None, "#a"),
            lambda: self.rooms.setAccess(None, "#a", "Carol", "a"),
        )
        self.assertEqual(outcomes, [None, None, None, errors.RoomNotRegistered])
        self.assertIsNone(self.founder("#a"))

    def test_renamedMeanwhile(self) -> None:
        """A registration that meets a rename is refused, and creates no second room."""
        self.outcomes(lambda: self.rooms.register(None, "#z", "Carol"))
        alice = self.scene.person("ally", "#a")
        self.scene.chat.identity.setAccount(alice.user, "Alice")
        self.scene.commit()
        outcomes = self.outcomes(
            lambda: self.scene.chat.channels.rename(alice.session, "#a", "#b"),
            lambda: self.rooms.register(alice.session, "#a"),
        )
        self.assertEqual(outcomes, [None, errors.NotInRoom])
        self.assertIsNone(self.scene.state.rooms.get("#a"))

    def test_replayWithoutTheDropped(self) -> None:
        """At a restart, when dropped accounts are not there any more, the rest of the entries give the same rooms."""
        self.outcomes(lambda: self.rooms.register(None, "#a", "Alice"), lambda: self.rooms.register(None, "#b", "Bob"))
        self.outcomes(
            lambda: self.rooms.transfer(None, "#a", "Bob"), lambda: self.rooms.setAccess(None, "#b", "Dave", "o")
        )
        self.outcomes(lambda: self.rooms.transfer(None, "#a", "Carol"))
        self.outcomes(
            lambda: self.scene.chat.accounts.drop(None, "Bob"), lambda: self.scene.chat.accounts.drop(None, "Alice")
        )
        gone = {"Alice", "Bob"}
        left = [
            entry
            for entry in self.scene.entries
            if not (isinstance(entry.event, AccountRegistered) and entry.event.account in gone)
        ]
        self.assertEqual(
            {room.name: (room.founder, room.granted) for room in rebuilt(left).rooms},
            {"#a": ("Carol", {}), "#b": ("Dave", {"dave": "o"})},
        )
        kinds = {type(entry.event) for entry in left}
        self.assertLessEqual({AccessSet, AccountDropped, RoomRegistered, RoomTransferred}, kinds)
