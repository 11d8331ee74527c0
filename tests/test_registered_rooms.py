"""Tests of registered rooms with a journal on disk: whatever was done to them, a restart and a snapshot keep it."""

from __future__ import annotations

from collections.abc import Coroutine
from random import Random
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import newState
from twistchat.chat.errors import ChatError
from twistchat.chat.model.events import SERVER, ModeChange, ModesSet, RoomRenamed, TopicSet
from twistchat.chat.snapshot import restoreSnapshot, takeSnapshot
from twistchat.chat.state import State
from twistchat.testing import MemoryServer

ROOMS = ("#a", "#b", "#c", "#d")

ROUNDS = 6
"""The number of random histories."""


def kept(state: State) -> dict[str, Any]:
    """Return what is left of rooms and accounts when nobody is here."""
    return {
        "rooms": {
            room.name: (
                room.founder,
                room.granted,
                dict(room.settings),
                room.topic and room.topic.text,
                room.modes,
                sorted(room.lists["b"]),
            )
            for room in state.rooms
            if room.persistent
        },
        "owned": {
            account.name: {room.name for room in state.rooms.ownedBy(account.name)} for account in state.accounts
        },
        "retired": set(state.accounts.retired),
    }


class RestartTests(SynchronousTestCase):
    """A server with a journal on disk, on which an administrator works."""

    def setUp(self) -> None:
        self.directory = self.mktemp()
        self.server = MemoryServer(directory=self.directory)

    def restart(self) -> None:
        """Stop the server, and start it again."""
        self.successResultOf(self.server.close())
        self.server = MemoryServer(directory=self.directory)

    def account(self, *names: str) -> None:
        """Register accounts."""
        for name in names:
            self.do(lambda name=name: self.server.chat.accounts.register(None, name))

    def do(self, *verbs: Any) -> list[bool]:
        """
        Call verbs one right after another, so that none sees what the others do, and apply what they propose.

        @return: whether each was done.
        """
        done: list[bool] = []
        for verb in verbs:
            try:
                result = verb()
            except ChatError:
                done.append(False)
                continue
            if isinstance(result, Coroutine):
                result = Deferred.fromCoroutine(result)
            if result is None:
                done.append(True)
                continue
            result.addCallbacks(lambda _: done.append(True), lambda failure: done.append(not failure.trap(ChatError)))
        self.server.pump()
        return done

    def check(self) -> None:
        """Check that a snapshot, and a restart, give the same rooms and accounts."""
        before = kept(self.server.chat.state)
        restored = newState()
        restoreSnapshot(restored, takeSnapshot(self.server.chat.state, "local"))
        self.assertEqual(kept(restored), before)
        for _ in range(2):
            self.restart()
            self.assertEqual(kept(self.server.chat.state), before)

    def test_everything(self) -> None:
        """The founder, the access list, the settings, and the room's own data are kept, under its new name."""
        self.account("alice", "bob", "carol")
        rooms, log = self.server.chat.ownership, self.server.log
        self.do(lambda: rooms.register(None, "#a", "alice"))
        self.do(
            lambda: rooms.setAccess(None, "#a", "bob", "ov"),
            lambda: rooms.setAccess(None, "#a", "carol", "v"),
            lambda: rooms.setSetting(None, "#a", "description", "tea"),
            lambda: log.append(TopicSet(SERVER, "#a", "topic")),
            lambda: log.append(ModesSet(SERVER, "#a", (ModeChange(True, "i"), ModeChange(True, "b", "x!*@*")))),
            lambda: rooms.transfer(None, "#a", "carol"),
        )
        self.do(
            lambda: log.append(RoomRenamed(SERVER, "#a", "#b")), lambda: rooms.setAccess(None, "#a", "carol", "none")
        )
        self.check()
        (room,) = self.server.chat.state.rooms
        self.assertEqual((room.name, room.founder, room.granted), ("#b", "carol", {"bob": "ov", "carol": "v"}))
        self.assertEqual((dict(room.settings), sorted(room.modes)), ({"description": "tea"}, ["i", "n", "t"]))

    def test_registeredAgain(self) -> None:
        """A room that became free in a race, and was registered again, belongs to the new founder only."""
        self.account("alice", "bob", "carol")
        chat = self.server.chat
        done = self.do(
            lambda: chat.ownership.register(None, "#a", "alice"),
            lambda: chat.accounts.drop(None, "alice"),
            lambda: chat.ownership.register(None, "#a", "bob"),
        )
        self.assertEqual(done, [True, True, True])
        self.check()
        self.assertEqual(self.server.chat.ownership.roomsOf("bob"), ["#a"])

    def test_refusedChanges(self) -> None:
        """A transfer and an entry of the list that are refused leave those before in force."""
        self.account("alice", "bob", "carol")
        chat = self.server.chat
        self.do(lambda: chat.ownership.register(None, "#a", "alice"))
        self.do(lambda: chat.ownership.transfer(None, "#a", "bob"))
        done = self.do(
            lambda: chat.accounts.drop(None, "carol"),
            lambda: chat.ownership.transfer(None, "#a", "carol"),
            lambda: chat.ownership.register(None, "#b", "carol"),
        )
        self.assertEqual(done, [True, False, False])
        self.check()
        self.assertEqual(self.server.chat.ownership.roomsOf("bob"), ["#a"])

    def test_inherited(self) -> None:
        """An heir keeps the room over a restart, with its list."""
        self.account("alice", "bob", "carol")
        chat = self.server.chat
        self.do(lambda: chat.ownership.register(None, "#a", "alice"))
        self.do(
            lambda: chat.ownership.setAccess(None, "#a", "bob", "v"),
            lambda: chat.ownership.setAccess(None, "#a", "carol", "o"),
        )
        self.do(lambda: chat.accounts.drop(None, "alice"))
        self.check()
        room = self.server.chat.state.rooms.get("#a")
        assert room is not None
        self.assertEqual((room.founder, room.granted), ("carol", {"bob": "v", "carol": "o"}))

    def test_random(self) -> None:
        """Random histories, in which verbs race each other, are kept."""
        for seed in range(ROUNDS):
            with self.subTest(seed=seed):
                self.setUp()
                self.history(Random(seed))
                self.check()

    def history(self, random: Random) -> None:
        """Let an administrator do random things in bursts."""
        names = [f"user{number}" for number in range(5)]
        self.account(*names)
        for _ in range(12):
            burst = [self.something(random, names) for _ in range(random.randint(1, 6))]
            self.do(*burst)

    def something(self, random: Random, names: list[str]) -> Any:
        """Choose one thing to do."""
        chat, log = self.server.chat, self.server.log
        room, name = random.choice(ROOMS), random.choice(names)
        ranks = random.choice(("a", "o", "v", "none"))
        setting = random.choice((("description", random.choice("xyz")), ("successor", name), ("description", None)))
        new = random.choice(ROOMS)
        things = (
            lambda: chat.ownership.register(None, room, name),
            lambda: chat.ownership.register(None, room, name),
            lambda: chat.ownership.transfer(None, room, name),
            lambda: chat.ownership.setAccess(None, room, name, ranks),
            lambda: chat.ownership.setAccess(None, room, name, ranks),
            lambda: chat.ownership.setSetting(None, room, *setting),
            lambda: chat.ownership.drop(None, room),
            lambda: log.append(TopicSet(SERVER, room, random.choice(("", "topic")))),
            lambda: log.append(RoomRenamed(SERVER, room, new)),
            lambda: chat.accounts.drop(None, name) if random.random() < 0.3 else None,
        )
        return random.choice(things)
