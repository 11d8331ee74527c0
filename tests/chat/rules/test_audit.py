"""Tests of L{twistchat.chat.rules.audit}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import Scene, done
from twistchat.chat.model.events import SERVER, AdministrativeAct


class AuditTests(SynchronousTestCase):
    """The record of what administrators do."""

    def setUp(self) -> None:
        """Two people in a room."""
        self.scene = Scene()
        self.audit = self.scene.chat.audit
        self.alice = self.scene.person("alice", "#a")
        self.bob = self.scene.person("bob", "#a")
        self.scene.clear(self.alice, self.bob)

    def test_user(self) -> None:
        """An act of a user has their names, their door and their address."""
        session = self.alice.session
        session.door, session.address = "irc", "192.0.2.1"
        entry = done(self.audit.record(session, "kill", "bob", "spam"))
        source = self.alice.user.source
        self.assertEqual(entry.event, AdministrativeAct(source, "kill", "alice", "bob", "spam", "irc", "192.0.2.1"))

    def test_outside(self) -> None:
        """Somebody who is not in the chat is named by their name in the operating system."""
        entry = done(self.audit.recordOutside("console", "root", "account.suspend", "bob"))
        self.assertEqual(entry.event, AdministrativeAct(SERVER, "account.suspend", "root", "bob", door="console"))

    def test_nobodyHears(self) -> None:
        """Nobody in the chat is told of an act."""
        done(self.audit.record(self.alice.session, "reload"))
        self.scene.endTurn()
        self.assertEqual([[], []], [person.heard() for person in (self.alice, self.bob)])
