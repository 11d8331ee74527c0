"""
C{apply} is deterministic: the same entries give the same state on every node.

Another node, without sessions of its own, applies the same entries.  It has the same snapshot, and so has a node that
restores the snapshot.
"""

from __future__ import annotations

import json
from typing import Any

from tests.simulation.broken import Broken
from tests.simulation.promises.promise import Promise
from twistchat.chat.errors import ChatError
from twistchat.chat.fanout.audience import Broadcast
from twistchat.chat.model.events import Entry
from twistchat.chat.snapshot import restoreSnapshot, takeSnapshot
from twistchat.chat.state import State


class Determinism(Promise):
    """Compares the states of two nodes."""

    def begins(self, state: State) -> None:
        """Start another node too."""
        self._node = _newNode()

    def applied(self, entry: Entry, refused: ChatError | None) -> None:
        """Apply the entry on the other node too."""
        outcome: ChatError | None = None
        try:
            self._node.apply(entry)
        except ChatError as error:
            outcome = error
        self._node.broadcast.flush()
        if (type(outcome), str(outcome)) != (type(refused), str(refused)):
            raise Broken("the same on every node", f"{entry.event} gives {refused!r} here and {outcome!r} elsewhere")

    def rested(self) -> None:
        """Compare the states.  The other node continues from a snapshot."""
        self._compare()

    def started(self) -> None:
        """Compare the states that were restored."""
        self._compare()

    def _compare(self) -> None:
        own = takeSnapshot(self.world.server.chat.state, "local")
        other = takeSnapshot(self._node, "other")
        if own != other:
            raise Broken("the same on every node", difference(own, other))
        self._node = _newNode()
        restoreSnapshot(self._node, own)
        again = takeSnapshot(self._node, "third")
        if again != own:
            raise Broken("a snapshot has the whole state", difference(own, again))


class _Nobody:
    """Learns of outlets that raise, and of sessions that end.  There are none."""

    def disconnect(self, sessions: object, reason: str) -> None:
        """The server of the sessions does that."""

    def broken(self, what: object, sessions: object, error: Exception) -> None:
        """Raise the error."""
        raise error


def _newNode() -> State:
    nobody: Any = _Nobody()
    return State(Broadcast(lambda flush: None, nobody))


def difference(one: bytes, other: bytes) -> str:
    """Describe the first difference of two snapshots."""
    here, there = json.loads(one), json.loads(other)
    for name, value in here.items():
        if value != there[name]:
            return f"{name} is {value!r} here and {there[name]!r} elsewhere"
    return "the order of fields differs"
