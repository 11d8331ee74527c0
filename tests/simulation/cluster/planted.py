"""Faults that are planted into the nodes of a cluster on purpose, to show that the simulation finds them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final
from unittest.mock import patch

from msgspec.structs import replace

from tests.simulation.planted import Planted
from twistchat.chat.model.events import Entry, Event, NodeLost, TopicSet
from twistchat.chat.state import EFFECTS
from twistchat.interfaces import StreamMessage
from twistchat.journal.jetstream import following
from twistchat.journal.jetstream.batches import Batch
from twistchat.journal.jetstream.checkpoints import Checkpoint
from twistchat.journal.jetstream.following import Follower
from twistchat.journal.jetstream.log import ReplicatedLog
from twistchat.journal.jetstream.members import Members
from twistchat.journal.jetstream.participation import Participation

OFTEN: Final = 40
"""A reader skips one of this many messages."""


@contextmanager
def ownEarly() -> Iterator[None]:
    """A node applies what it publishes before it has come back from the stream."""
    begin = ReplicatedLog.__init__

    def beginEarly(self: ReplicatedLog, *arguments: Any) -> None:
        begin(self, *arguments)
        stream: Any = self._stream  # private: the fault is in the log
        publisher: Any = self._publisher  # private: likewise
        follower: Any = self._follower  # private: the fault is in the log
        receive = follower.receive

        class Early:
            """The stream for publishing only."""

            def publish(self, data: bytes, id: str) -> Any:
                outcome = stream.publish(data, id)
                receive(StreamMessage(follower.chain.sequence + 1, 0, data))
                return outcome

        publisher._stream = Early()  # private: the fault is in the log
        follower.receive = lambda message: receive(message) if message.sequence > follower.chain.sequence else None

    with patch.object(ReplicatedLog, "__init__", beginEarly):
        yield


@contextmanager
def skipped() -> Iterator[None]:
    """A reader sometimes passes over a message."""
    take = Follower._take  # private: the fault is behind the check of the chain

    def takeMost(self: Follower, message: StreamMessage) -> None:
        if message.sequence % OFTEN or b"nodejoined" in message.data:
            take(self, message)

    with patch.object(Follower, "_take", takeMost):
        yield


@contextmanager
def twice() -> Iterator[None]:
    """A batch that was sent twice counts twice."""
    accept = Members.accept

    def acceptAgain(self: Members, batch: Batch, events: Sequence[Event]) -> str | None:
        why = accept(self, batch, events)
        return None if why == "it was sent twice" else why

    with patch.object(Members, "accept", acceptAgain):
        yield


@contextmanager
def lateAccepted() -> Iterator[None]:
    """A batch of a node that is lost counts."""
    accept = Members.accept

    def acceptLate(self: Members, batch: Batch, events: Sequence[Event]) -> str | None:
        before = {member.joined.node: member for member in self}
        why = accept(self, batch, events)
        for event in events:
            if isinstance(event, NodeLost) and event.node in before:
                self._members[event.node] = before[event.node]  # private: nobody else gives a member back
        return why

    with patch.object(Members, "accept", acceptLate):
        yield


@contextmanager
def localState() -> Iterator[None]:
    """The topic of a room only changes at nodes with a session in the room."""
    effect = EFFECTS[TopicSet]

    def change(state: Any, entry: Entry, event: Any, origin: Any) -> None:
        room = state.rooms.get(event.room)
        if room is None or any(member.user.sessions for member in room.members.values()):
            effect(state, entry, event, origin)

    with patch.dict(EFFECTS, {TopicSet: change}):
        yield


@contextmanager
def noMembers() -> Iterator[None]:
    """A checkpoint does not contain the members."""

    def make(*arguments: Any, **more: Any) -> Checkpoint:
        return replace(Checkpoint(*arguments, **more), members=())

    with patch.object(following, "Checkpoint", make):
        yield


@contextmanager
def stays() -> Iterator[None]:
    """A node that reads that it is lost goes on."""
    with patch.object(Participation, "_wasLost", lambda self: None):  # private: the fault is in the log
        yield


CLUSTER_FAULTS: Final[Mapping[str, Planted]] = {
    "own-early": Planted(ownEarly, ("durable before visible", "one order", "no node stops")),
    "skipped": Planted(skipped, ("one order", "the same on every node", "nothing is lost", "the cluster heals")),
    "applied-twice": Planted(twice, ("one order", "durable before visible", "no duplicates")),
    "late-accepted": Planted(lateAccepted, ("one order", "durable before visible", "the cluster heals")),
    "local-state": Planted(localState, ("the same on every node",)),
    "no-members": Planted(noMembers, ("one order", "no node stops", "the cluster heals")),
    "stays-lost": Planted(stays, ("the cluster heals", "sessions of lost nodes end", "writes resume")),
}
"""All of them, by name."""
