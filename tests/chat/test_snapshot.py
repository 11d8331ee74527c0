"""Tests of L{twistchat.chat.snapshot}."""

from __future__ import annotations

import json

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import Scene, done, newState, rebuilt, shown
from tests.chat.test_model import Chatting
from twistchat.chat.errors import ChatError
from twistchat.chat.model.events import SERVER, AccountDropped, Credential, Entry, ServerBanSet, Source
from twistchat.chat.snapshot import VERSION, UnreadableSnapshot, restoreSnapshot, takeSnapshot
from twistchat.chat.state import State

NODE = "local"


def continued(data: bytes, entries: list[Entry]) -> State:
    """Restore a state from a snapshot, and apply entries to it.  Entries that it refuses are skipped."""
    state = newState()
    restoreSnapshot(state, data)
    for entry in entries:
        try:
            state.apply(entry)
        except ChatError:
            continue
    return state


def forgetVoid(state: State) -> None:
    """Remove invitations to rooms that have ended, which no snapshot has."""
    for user in state.users:
        for room in list(user.invitations):
            if state.rooms.get(room.name) is not room:
                del user.invitations[room]


class Snapshotting(Chatting):
    """A chat with random actions.  At the end, every snapshot with the entries after it gives the whole state."""

    def teardown(self) -> None:
        """Take a snapshot at some places, and continue."""
        super().teardown()
        entries = self.scene.entries
        whole = takeSnapshot(self.scene.state, NODE)
        for place in {0, len(entries) // 3, len(entries) // 2, len(entries) - 1, len(entries)}:
            begun = takeSnapshot(rebuilt(entries[:place]), NODE)
            assert takeSnapshot(continued(begun, []), "other") == begun
            again = continued(begun, entries[place:])
            assert takeSnapshot(again, "other") == whole, place
            forgetVoid(self.scene.state)
            forgetVoid(again)
            assert shown(again) == shown(self.scene.state), place


class SnapshotTests(SynchronousTestCase):
    """Writing and reading the state."""

    def test_anything(self) -> None:
        """A snapshot and the entries after it equal the whole."""
        run_state_machine_as_test(
            Snapshotting, settings=settings(max_examples=20, stateful_step_count=40, deadline=None)
        )

    def test_everything(self) -> None:
        """A snapshot contains everything that a state may have, and restores it."""
        scene = Scene()
        alice = scene.operator("alice", "kill", "rooms")
        bob = scene.person("bob", "#a", "#B", account="Bob")
        done(scene.chat.membership.join(alice.session, "#a"))
        scene.attach(bob)
        scene.modes(bob, "#a", "+kbeI", "key", "x!*@*", "m:y!*@*", "z!*@*")
        scene.modes(bob, "#a", "-o", "bob")
        scene.promote("#a", "bob", "o")
        done(scene.chat.channels.setTopic(bob.session, "#a", "tea"))
        done(scene.chat.membership.invite(bob.session, "#B", "alice"))
        done(scene.chat.channels.rename(bob.session, "#B", "#c"))
        done(scene.chat.presence.setAway(bob.session, "lunch"))
        carol = scene.person("carol", "#d")
        scene.person("dave", "#d")
        done(scene.chat.membership.part(carol.session, "#d"))
        done(scene.chat.identity.rename(carol.session, "caroline"))
        done(scene.log.append(ServerBanSet(Source("op", "op"), "192.0.2.0/24", "spam", None)))
        data = takeSnapshot(scene.state, NODE)
        state = continued(data, [])
        self.assertEqual(takeSnapshot(state, "other"), data)
        self.assertEqual(shown(state), shown(scene.state))
        found = json.loads(data)
        self.assertEqual(found["sequence"], scene.entries[-1].sequence)
        self.assertEqual(list(found["vacancies"]), ["#a", "#d"])
        self.assertEqual(found["formerNames"], ["#b"])
        self.assertEqual(found["mostUsers"], 4)
        (restored,) = [user for user in state.users if user.nick == "bob"]
        self.assertEqual(restored.elsewhere, dict.fromkeys(scene.state.users.named("bob").sessions, NODE))  # type: ignore[union-attr]
        self.assertEqual(state.users.operators, 1)
        room = state.rooms.get("#a")
        assert room is not None
        self.assertEqual(room.bans.roomDependent, scene.room("#a").bans.roomDependent)

    def test_accounts(self) -> None:
        """A snapshot contains everything that belongs to accounts, and entries after it have the same effects."""
        scene = Scene()
        bob = scene.person("bob", "#a", "#b")
        for room in ("#a", "#b"):
            scene.modes(bob, room, "-o", "bob")
        scene.found("#b", "alice", dave="o", carol="v")
        scene.found("#a", "alice", dave="h")
        done(scene.chat.ownership.setSetting(None, "#a", "description", "tea"))
        accounts = scene.chat.accounts
        for credential in (Credential("password", "", "a hash", "keys"), Credential("certificate", "f" * 64)):
            done(accounts.setCredential(None, "alice", credential))
        done(accounts.group(None, "alice", "ally"))
        done(accounts.set(None, "alice", "email", "alice@chat.example"))
        accounts.recordLogin("alice", "password", "", "home")
        done(scene.logIn(bob, "carol"))
        done(scene.chat.speaking.sayPrivate(bob.session, "alice", "hello"))
        done(accounts.suspend(None, "dave", "spam"))
        done(Deferred.fromCoroutine(accounts.register(None, "eve", until=2**50)))
        data = takeSnapshot(scene.state, NODE)
        state, place = continued(data, []), len(scene.entries)
        self.assertEqual(takeSnapshot(state, "other"), data)
        self.assertEqual(shown(state), shown(scene.state))
        self.assertEqual([account.name for account in state.accounts.unverified], ["eve"])
        self.assertEqual(state.accounts.holderOf("certificate", "f" * 64), state.accounts.get("alice"))
        done(scene.log.append(AccountDropped(SERVER, "alice")))
        self.assertEqual(list(scene.state.rooms.vacancies), ["#a", "#b"])
        state = continued(data, scene.entries[place:])
        self.assertEqual(takeSnapshot(state, "other"), takeSnapshot(scene.state, NODE))

    def test_unreadable(self) -> None:
        """Other bytes and other versions are refused, and change nothing."""
        data = takeSnapshot(newState(), NODE)
        other = data.replace(b'"version":%d' % VERSION, b'"version":99')
        for bad, why in (
            (b"", "it is not a snapshot"),
            (b"{}", "it is not a snapshot"),
            (data[:-5], "it is not a snapshot"),
            (b'{"version": 1}', "it is not a snapshot"),
            (b'{"version": 1, "other": ' + b"[" * 50_000, "it is not a snapshot"),
            (other, "it has version 99, and this server reads version 1"),
        ):
            state = newState()
            error = self.assertRaises(UnreadableSnapshot, restoreSnapshot, state, bad)
            self.assertIn(why, str(error))
            self.assertEqual(takeSnapshot(state, NODE), data)

    def test_contradictions(self) -> None:
        """A snapshot that refers to what it does not have is refused."""
        scene = Scene()
        alice = scene.person("alice", "#a")
        scene.person("bob", "#b")
        done(scene.chat.membership.invite(alice.session, "#a", "bob"))
        done(Deferred.fromCoroutine(scene.chat.accounts.register(None, "carol")))
        done(scene.chat.accounts.group(None, "carol", "ally"))
        data = json.loads(takeSnapshot(scene.state, NODE))
        for part, why in (("users", "it has no user with the id"), ("rooms", "it has no room '#")):
            restored = json.dumps({**data, part: data[part][1:]}).encode()
            error = self.assertRaises(UnreadableSnapshot, restoreSnapshot, newState(), restored)
            self.assertIn(f"it contradicts itself: {why}", str(error))
        twice = json.dumps({**data, "accounts": [*data["accounts"], {"name": "x", "registered": 1, "nicks": ["ally"]}]})
        error = self.assertRaises(UnreadableSnapshot, restoreSnapshot, newState(), twice.encode())
        self.assertIn("it contradicts itself", str(error))

    def test_laterFields(self) -> None:
        """Fields of a later version are ignored."""
        data = takeSnapshot(newState(), NODE)
        state = newState()
        restoreSnapshot(state, data[:-1] + b',"more":[1]}')
        self.assertEqual(takeSnapshot(state, NODE), data)
