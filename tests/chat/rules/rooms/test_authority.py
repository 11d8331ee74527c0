"""Tests of L{twistchat.chat.rules.rooms.authority}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import Scene, done, refused
from twistchat.chat import errors
from twistchat.chat.model.modes.room import FOUNDER, OPERATOR, SERVER_OPERATOR
from twistchat.chat.rules.core import Core
from twistchat.chat.rules.rooms.authority import Authority


class AuthorityTests(SynchronousTestCase):
    """Askers with different ranks, in the secret room of an account."""

    def setUp(self) -> None:
        """Register a room, and give an account a rank in it."""
        self.scene = Scene()
        self.scene.account("Alice")
        self.scene.account("Bob")
        self.alice = self.scene.person("alice", "#den", account="Alice")
        self.bob = self.scene.person("bob", account="Bob")
        self.guest = self.scene.person("guest", "#free")
        self.root = self.scene.operator("root", "rooms")
        ownership = self.scene.chat.ownership
        done(ownership.register(self.alice.session, "#den"))
        done(ownership.setAccess(self.alice.session, "#den", "Bob", "o"))
        self.scene.modes(self.alice, "#den", "+s")
        core = ownership._core  # private: the scene does not show it
        assert isinstance(core, Core)
        self.authority = Authority(core)

    def test_level(self) -> None:
        """The level is that of the access list.  Administrators and operators with the privilege have the highest."""
        room = self.scene.room("#den")
        levels = [
            self.authority.level(asker, room)
            for asker in (self.alice.session, self.bob.session, self.guest.session, self.root.session, None)
        ]
        self.assertEqual(levels, [FOUNDER, OPERATOR, 0, SERVER_OPERATOR, SERVER_OPERATOR])

    def test_registered(self) -> None:
        """A secret room exists for those who have a rank in it; a room that is not registered is refused."""
        self.assertIs(self.authority.registered(self.bob.session, "#DEN"), self.scene.room("#den"))
        refused(errors.NoSuchRoom, lambda: self.authority.registered(self.guest.session, "#den"))
        refused(errors.RoomNotRegistered, lambda: self.authority.registered(self.guest.session, "#free"))

    def test_founded(self) -> None:
        """Only the founder and those who administer all rooms pass."""
        for asker in (self.alice.session, self.root.session, None):
            self.assertEqual(self.authority.founded(asker, "#den").name, "#den")
        refused(errors.NotFounder, lambda: self.authority.founded(self.bob.session, "#den"))

    def test_account(self) -> None:
        """Guests and administrators have no account."""
        self.assertEqual(self.authority.account(self.bob.session), "Bob")
        self.assertTrue(self.authority.isOwn(self.bob.session, "BOB"))
        self.assertFalse(self.authority.isOwn(self.guest.session, "guest"))
        for asker in (self.guest.session, None):
            refused(errors.NotLoggedIn, lambda asker=asker: self.authority.account(asker))  # type: ignore[misc]
        self.assertEqual(self.authority.named("bob").name, "Bob")
        refused(errors.NoSuchAccount, lambda: self.authority.named("guest"))
