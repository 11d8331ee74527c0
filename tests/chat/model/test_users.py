"""Tests of L{twistchat.chat.model.users}."""

from __future__ import annotations

from msgspec.structs import replace
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import Scene
from twistchat.chat.model.events import Source
from twistchat.chat.model.users import User, Users, neighboursOf

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
        """A user is found by id, by nick in any case, and by the nick's skeleton."""
        self.assertIs(self.users.get("u1"), self.paul)
        self.assertIs(self.users.named("pAUL"), self.paul)
        self.assertIs(self.users.lookalike(CYRILLIC), self.paul)
        self.assertIsNone(self.users.named(CYRILLIC))
        self.assertIsNone(self.users.get("Paul"))
        self.assertEqual((list(self.users), len(self.users)), ([self.paul], 1))

    def test_removed(self) -> None:
        """A user who is gone is not found."""
        self.users.remove(self.paul)
        self.assertEqual(
            (self.users.get("u1"), self.users.named("Paul"), self.users.lookalike("Paul"), len(self.users)),
            (None, None, None, 0),
        )

    def test_renamed(self) -> None:
        """A renamed user is found by the new nick only."""
        self.users.rename(self.paul, replace(self.paul.source, nick="Peter"))
        self.assertIs(self.users.named("peter"), self.paul)
        self.assertIs(self.users.get("u1"), self.paul)
        self.assertEqual((self.users.named("paul"), self.users.lookalike(CYRILLIC)), (None, None))
        self.assertEqual(self.paul.nick, "Peter")

    def test_renamedAlike(self) -> None:
        """A user can change to a look-alike of their own nick, or to the same nick."""
        for nick in (CYRILLIC, "paul", "PAUL"):
            self.users.rename(self.paul, replace(self.paul.source, nick=nick))
            self.assertIs(self.users.named(nick), self.paul)
            self.assertIs(self.users.lookalike("paul"), self.paul)
            self.assertEqual(len(self.users), 1)


class AudienceTests(SynchronousTestCase):
    """The audience of a user's changes."""

    def test_audienceOf(self) -> None:
        """The user's own sessions come first, then every session that shares a room, each once."""
        scene = Scene()
        alice = scene.person("alice", "#a", "#b")
        bob, carol = scene.person("bob", "#a", "#b"), scene.person("carol", "#b")
        scene.person("dave", "#c")
        phone = scene.attach(bob)
        heard = list(neighboursOf(alice.user))
        self.assertEqual(heard, [alice.session, bob.session, phone.session, carol.session])
        self.assertEqual(
            list(neighboursOf(scene.person("eve").user)), [scene.chat.identity.find("eve").sessions.popitem()[1]]
        )
