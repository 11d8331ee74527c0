"""Tests of L{twistchat.chat.model.holding}."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import newState
from tests.journal.sqlite.test_rebuilding import EVENTS, PREPARED, kept
from twistchat.chat.errors import ChatError
from twistchat.chat.model.events import (
    SERVER,
    AccountExpired,
    AccountRegistered,
    Entered,
    Entry,
    Event,
    ModeChange,
    ModesSet,
    RoomEvent,
    RoomMessage,
    RoomRenamed,
    ServerBanLifted,
    ServerBanSet,
    Source,
    TopicSet,
)
from twistchat.chat.model.holding import Holding, HoldingChange, holdingChange, keysOf, modeKey, remaining
from twistchat.chat.model.modes.room import ROOM_MODES, Shape
from twistchat.testing.contract import ANN, BOB, GUEST


class EffectTests(SynchronousTestCase):
    """Which keys events set and release."""

    def test_nothing(self) -> None:
        """Most events change no key."""
        for event in (RoomMessage(ANN, "#a", "s", "x"), Entered(ANN, "s")):
            self.assertIsNone(holdingChange(event))
            self.assertEqual(keysOf(event, 1), set())

    def test_rooms(self) -> None:
        """A topic and mode changes set keys of the folded room name; ranks of members set none."""
        self.assertEqual(holdingChange(TopicSet(ANN, "#A", "")), HoldingChange("#a", ("topic",)))
        changes = (
            ModeChange(True, "o", "Bob", BOB),
            ModeChange(True, "v", "guest", GUEST),
            ModeChange(False, "k", "key"),
            ModeChange(True, "b", "x!*@*"),
            ModeChange(False, "t"),
        )
        self.assertEqual(holdingChange(ModesSet(ANN, "#A", changes)), HoldingChange("#a", ("k", "b x!*@*", "t ")))

    def test_modes(self) -> None:
        """A mask has its own key; a mode with one parameter has one key, independent of the parameter."""
        for mode in ROOM_MODES.values():
            keys = {modeKey(ModeChange(True, mode.letter, parameter)) for parameter in ("1", "2")}
            single = mode.shape in (Shape.ALWAYS, Shape.ON_SET)
            self.assertEqual(keys, {mode.letter} if single else {f"{mode.letter} 1", f"{mode.letter} 2"})
        self.assertEqual(modeKey(ModeChange(True, "?")), "? ")

    def test_server(self) -> None:
        """A server ban sets a key, and its removal releases it."""
        self.assertEqual(holdingChange(ServerBanSet(ANN, "x!*@*", "spam")), HoldingChange("", ("ban x!*@*",)))
        self.assertEqual(holdingChange(ServerBanLifted(ANN, "x!*@*")), HoldingChange("", releases=("ban x!*@*",)))

    def test_remaining(self) -> None:
        """Of a mode change, the changes that hold remain; of other events, all or nothing."""
        event = ModesSet(ANN, "#a", (ModeChange(True, "i"), ModeChange(True, "m")))
        self.assertEqual(remaining(event, 1, {"m "}), ModesSet(ANN, "#a", (ModeChange(True, "m"),)))
        self.assertIsNone(remaining(event, 1, {"s "}))
        renamed = RoomRenamed(ANN, "#a", "#b")
        self.assertEqual(remaining(renamed, 7, {"renamed 7"}), renamed)
        self.assertIsNone(remaining(renamed, 7, {"topic"}))


class HoldingTests(SynchronousTestCase):
    """The register."""

    def test_renamed(self) -> None:
        """A rename moves the keys of its room, and holds something as long as an earlier entry does."""
        holding = Holding()
        for sequence, event in enumerate(
            (TopicSet(ANN, "#a", "x"), TopicSet(ANN, "#b", ""), RoomRenamed(ANN, "#a", "#b")), 1
        ):
            holding.note(Entry(sequence, "", 0, event))
        self.assertEqual(holding.entries(), {1: {"topic"}, 3: {"renamed 3"}})
        holding.note(Entry(4, "", 0, TopicSet(ANN, "#b", "y")))
        holding.note(Entry(5, "", 0, RoomRenamed(ANN, "#b", "#c")))
        self.assertEqual(holding.entries(), {4: {"topic"}, 5: {"renamed 5"}})

    def test_nothingIsLeft(self) -> None:
        """An account that has gone leaves nothing in the register."""
        holding = Holding()
        holding.note(Entry(1, "", 0, AccountRegistered(SERVER, "alice", 5)))
        self.assertEqual(holding.note(Entry(2, "", 0, AccountExpired(SERVER, "alice"))), {1})
        self.assertEqual(holding._scopes, {})  # private: the register must not grow with each name

    @given(st.sampled_from([(), PREPARED]), st.lists(EVENTS, max_size=40))
    @settings(max_examples=150, deadline=None)
    def test_enough(self, prepared: tuple[Event, ...], events: list[Event]) -> None:
        """The entries that hold something give the same rooms and bans as all entries."""
        whole, holding = newState(), Holding()
        applied: dict[int, Entry] = {}
        proposed = [Entered(Source(ANN.uid, ANN.nick, account="Ann"), "s"), *prepared, *events][::-1]
        while proposed:
            event = proposed.pop()
            if isinstance(event, RoomEvent) and (room := whole.rooms.get(event.room)) is not None:
                event = replace(event, room=room.name)  # as the verbs do
            entry = Entry(whole.sequence + 1, "", 1000, event)
            try:
                whole.apply(entry)
            except ChatError:
                continue
            applied[entry.sequence] = entry
            holding.note(entry)
            # The chat records the locks that an empty room has lost.
            proposed += [ModesSet(SERVER, room.name, changes) for room, changes in whole.rooms.unlocked]
            whole.rooms.unlocked.clear()
        again = newState()
        for sequence, keys in holding.entries().items():
            event_ = remaining(applied[sequence].event, sequence, keys)
            assert event_ is not None
            again.apply(replace(applied[sequence], event=event_))
        self.assertEqual(kept(again), kept(whole))
        names = sorted(room.name for room in whole.rooms if room.persistent)
        self.assertEqual(sorted(room.name for room in again.rooms), names)
