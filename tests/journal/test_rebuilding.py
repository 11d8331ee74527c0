"""What a restart rebuilds: rooms as they were, whatever was done in them."""

from __future__ import annotations

from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.audience import Broadcast
from twistchat.chat.events import Event, ModeChange, ModesSet, Source, TopicSet
from twistchat.chat.modes import RANK_BY_LETTER, ROOM_MODES, Shape
from twistchat.chat.names import fold
from twistchat.chat.state import State
from twistchat.journal.sqlite import SqliteJournal
from twistchat.testing.contract import ANN
from twistchat.testing.workers import InlineWorker

ROOMS = ("#one", "#One", "#two")

PEOPLE = (
    Source("u1", "Ann", account="Ann"),
    Source("u2", "ann2", account="ann"),
    Source("u3", "Bob", account="Bob"),
    Source("u4", "guest"),
)


def rankChange(adding: bool, letter: str, who: Source) -> ModeChange:
    """A rank given or taken."""
    return ModeChange(adding, letter, who.nick, who)


def modeChange(adding: bool, letter: str, number: int) -> ModeChange:
    """A mode set or taken away, with one of a few parameters where it has one."""
    shape = ROOM_MODES[letter].shape
    parameters = {Shape.FLAG: None, Shape.LIST: f"{number}!*@*"}
    return ModeChange(adding, letter, parameters.get(shape, f"{number}"))


CHANGES = st.one_of(
    st.builds(rankChange, st.booleans(), st.sampled_from(sorted(RANK_BY_LETTER)), st.sampled_from(PEOPLE)),
    st.builds(modeChange, st.booleans(), st.sampled_from(sorted(ROOM_MODES)), st.integers(1, 3)),
)

EVENTS = st.one_of(
    st.builds(TopicSet, st.just(ANN), st.sampled_from(ROOMS), st.sampled_from(["", "tea", "coffee"])),
    st.builds(ModesSet, st.just(ANN), st.sampled_from(ROOMS), st.lists(CHANGES, min_size=1, max_size=4).map(tuple)),
)


def kept(state: State) -> dict[str, Any]:
    """What the rooms of a state have to keep."""
    return {
        fold(room.name): (room.topic, room.modes, room.lists, {k: set(v) for k, v in room.granted.items()})
        for room in state.rooms
        if room.kept
    }


class RebuildingTests(SynchronousTestCase):
    """The state of rooms, before and after."""

    @given(st.lists(EVENTS, max_size=30))
    @settings(max_examples=60)
    def test_rooms(self, events: list[Event]) -> None:
        """Topic, modes, lists and ranks of accounts are after a restart what they were before."""
        directory = mkdtemp()
        try:
            states = []
            for appended in (events, []):
                journal = SqliteJournal(directory, lambda: 1.0, lambda: "r", lambda name: InlineWorker(), "relaxed")
                states.append(State(Broadcast(lambda: None)))
                self.successResultOf(journal.open(states[-1].apply))
                for event in appended:
                    self.successResultOf(journal.append(event))
                self.successResultOf(journal.close())
            self.assertEqual(kept(states[0]), kept(states[1]))
        finally:
            rmtree(directory)
