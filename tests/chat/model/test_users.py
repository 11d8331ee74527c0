"""Tests of L{twistchat.chat.model.users}."""

from __future__ import annotations

from msgspec.structs import replace
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import Scene
from twistchat.chat.model.events import Source
from twistchat.chat.model.users import User, Users, audienceOf

CYRILLIC = "p\N{CYRILLIC SMALL LETTER A}ul"
"""Looks like C{paul}."""


class UsersTests(SynchronousTestCase):
    """The register of users."""

    def setUp(self) -> None:
        """One user."""
        self.users = Users()
        self.paul = User(Source("u1", "Paul"))
        self.users.add(self.paul)

    def test_found(self) -> None:
        """A user is found by id, by nick whatever its case, and by what the nick looks like."""
        self.assertIs(self.users.get("u1"), self.paul)
        self.assertIs(self.users.named("pAUL"), self.paul)
        self.assertIs(self.users.lookalike(CYRILLIC), self.paul)
        self.assertIsNone(self.users.named(CYRILLIC))
        self.assertIsNone(self.users.get("Paul"))
        self.assertEqual((list(self.users), len(self.users)), ([self.paul], 1))

    def test_removed(self) -> None:
        """One who is gone is found by nothing."""
        self.users.remove(self.paul)
        self.assertEqual(
            (self.users.get("u1"), self.users.named("Paul"), self.users.lookalike("Paul"), len(self.users)),
            (None, None, None, 0),
        )

    def test_renamed(self) -> None:
        """One who is renamed is found under the new nick, and not under the old one."""
        self.users.rename(self.paul, replace(self.paul.source, nick="Peter"))
        self.assertIs(self.users.named("peter"), self.paul)
        self.assertIs(self.users.get("u1"), self.paul)
        self.assertEqual((self.users.named("paul"), self.users.lookalike(CYRILLIC)), (None, None))
        self.assertEqual(self.paul.nick, "Peter")

    def test_renamedAlike(self) -> None:
        """A user can be renamed to what looks like their own nick, or is it."""
        for nick in (CYRILLIC, "paul", "PAUL"):
            self.users.rename(self.paul, replace(self.paul.source, nick=nick))
            self.assertIs(self.users.named(nick), self.paul)
            self.assertIs(self.users.lookalike("paul"), self.paul)
            self.assertEqual(len(self.users), 1)


class AudienceTests(SynchronousTestCase):
    """Who hears what a user does."""

    def test_audienceOf(self) -> None:
        """Every session in a room with them and their own, each once, theirs first; nobody from elsewhere."""
        scene = Scene()
        alice = scene.person("alice", "#a", "#b")
        bob, carol = scene.person("bob", "#a", "#b"), scene.person("carol", "#b")
        scene.person("dave", "#c")
        phone = scene.attach(bob)
        heard = list(audienceOf(alice.user))
        self.assertEqual(heard, [alice.session, bob.session, phone.session, carol.session])
        self.assertEqual(
            list(audienceOf(scene.person("eve").user)), [scene.chat.identity.find("eve").sessions.popitem()[1]]
        )
