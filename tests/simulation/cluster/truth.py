"""
What the stream says, from its bytes alone: which batches count, and so which entries there are, in which order.

This does not use the code of the journal, which could be wrong in the same way on all nodes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from tests.simulation.broken import Broken
from twistchat.chat.errors import ChatError
from twistchat.chat.model.events import Entry
from twistchat.interfaces import StreamMessage
from twistchat.journal.jetstream.batches import encodeEvent


class Truth:
    """
    The entries of a stream, and what became of them.

    @ivar members: the number of the last batch of each member, by its id.
    @ivar entries: the entries that a node has applied, in order, each with the error if it was refused.
    """

    def __init__(self, messages: Sequence[StreamMessage]) -> None:
        """
        @param messages: the messages of the stream.  There will be more.
        """
        self._messages, self._read = messages, 0
        self._events: list[tuple[bytes, int]] = []
        self._time = 0
        self.members: dict[str, int] = {}
        self.entries: list[tuple[Entry, str]] = []

    @property
    def texts(self) -> int:
        """The number of events that are texts."""
        return sum(line.startswith((b"said ", b"told ")) for line, _ in self._events)

    def applied(self, node: str, entry: Entry, refused: ChatError | None) -> None:
        """
        Compare an entry that a node has applied, or refused, with the stream and with the other nodes.

        @param node: the name of the node.
        @raise Broken: it differs.
        """
        self._catchUp()
        sequence, outcome = entry.sequence, "" if refused is None else f"{type(refused).__name__}: {refused}"
        if sequence > len(self._events):
            raise Broken("durable before visible", f"{node} applies entry {sequence}, which is not in the stream")
        line, time = self._events[sequence - 1]
        if encodeEvent(entry.event) != line:
            raise Broken("one order", f"{node} has {entry.event} as entry {sequence}, and the stream has {line!r}")
        if entry.time != time:
            raise Broken("one order", f"{node} has the time {entry.time} for entry {sequence}, which has {time}")
        if sequence <= len(self.entries):
            first, before = self.entries[sequence - 1]
            if first != entry or before != outcome:
                raise Broken(
                    "the same on every node", f"{entry} gives {outcome!r} on {node}; elsewhere {first} gave {before!r}"
                )
        else:
            self.entries.append((entry, outcome))

    @property
    def sequence(self) -> int:
        """The number of entries of the stream."""
        self._catchUp()
        return len(self._events)

    def _catchUp(self) -> None:
        """Read the new messages of the stream."""
        for message in self._messages[self._read :]:
            header, *events = message.data.split(b"\n")
            batch = json.loads(header)
            if batch["type"] == "batch" and self._counts(batch, events):
                self._time = max(self._time, message.time)
                self._events += [(event, self._time) for event in events]
        self._read = len(self._messages)

    def _counts(self, batch: dict[str, object], events: Sequence[bytes]) -> bool:
        """Whether a batch counts.  All nodes of a simulation can take part beside each other."""
        node, number = str(batch["node"]), batch["number"]
        first = _fields(events[0]) if events else {}
        if events and events[0].startswith(b"nodejoined ") and first["node"] == node and node not in self.members:
            name = node.rpartition("-")[0]
            self.members = {one: last for one, last in self.members.items() if one.rpartition("-")[0] != name}
            self.members[node] = 0
        if node not in self.members or number != self.members[node] + 1:
            return False
        self.members[node] += 1
        for event in events:
            if event.startswith(b"nodelost "):
                self.members.pop(str(_fields(event)["node"]), None)
        return True


def _fields(event: bytes) -> dict[str, object]:
    fields: dict[str, object] = json.loads(event.partition(b" ")[2])
    return fields
