"""
The members of a cluster: the nodes whose batches count.

All nodes decide alike which batches count, from the messages alone.  A batch of a node that is not a member is dropped,
and so is a second batch with the same number.  That makes it safe to send a batch again, and keeps a node that the
others have given up from adding to the order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from twistchat.chat.model.events import Event, NodeJoined, NodeLost
from twistchat.journal.jetstream.batches import SPEAKS, Batch


class Member(Struct, frozen=True):
    """
    A member.

    @ivar joined: what it said of itself.
    @ivar number: the number of its last batch.
    """

    joined: NodeJoined
    number: int = 0


class Members:
    """The members after a message of the stream."""

    __slots__ = ("_members",)

    def __init__(self, members: Iterable[Member] = ()) -> None:
        self._members = {member.joined.node: member for member in members}

    def __contains__(self, node: object) -> bool:
        """Whether the node with this id is a member."""
        return node in self._members

    def __iter__(self) -> Iterator[Member]:
        """The members, in the order in which they joined."""
        return iter(list(self._members.values()))

    @property
    def format(self) -> int:
        """The highest format that this version and all members read: the one to write."""
        return min([SPEAKS[1], *(member.joined.speaks[1] for member in self._members.values())])

    def accept(self, batch: Batch, events: Sequence[Event]) -> str | None:
        """
        Decide whether a batch counts, and note the nodes that join and leave with it.

        @param events: the events of the batch.
        @return: C{None} if it counts; otherwise why it does not, in a few words for the log.
        """
        first = events[0] if events else None
        if isinstance(first, NodeJoined) and first.node == batch.node and batch.node not in self:
            why = self.refusal(first) or _others(batch, events)
            if why is not None:
                return why
            self._lose(first.name)
            self._members[batch.node] = Member(first)
        member = self._members.get(batch.node)
        if member is None:
            return "its sender does not take part"
        if batch.number != member.number + 1:
            return "it was sent twice"
        why = _others(batch, events)
        if why is not None:
            return why
        self._members[batch.node] = replace(member, number=batch.number)
        for event in events:
            if isinstance(event, NodeLost):
                self._members.pop(event.node, None)
        return None

    def refusal(self, joining: NodeJoined) -> str | None:
        """
        Why a node cannot take part beside the members.  A node whose name it takes over does not count.

        @return: one line for the administrator; C{None} if it can take part.
        """
        for member in self._members.values():
            other = member.joined
            if other.name == joining.name:
                continue
            if max(other.speaks[0], joining.speaks[0]) > min(other.speaks[1], joining.speaks[1]):
                return (
                    f"version {joining.release} cannot take part beside version {other.release}, which the node"
                    f" {other.name} runs; upgrade one version at a time"
                )
            if other.unicode != joining.unicode:
                return (
                    f"it has the tables of Unicode {joining.unicode}, and the node {other.name} has those of Unicode"
                    f" {other.unicode}; run the same version of Python on all nodes"
                )
            for key in sorted({*other.agreed, *joining.agreed}):
                ours, theirs = joining.agreed.get(key), other.agreed.get(key)
                if ours != theirs:
                    return f"{key} is {ours}, and {theirs} on the node {other.name}; it must be equal on all nodes"
        return None

    def _lose(self, name: str) -> None:
        """Remove the members that have a name."""
        for node, member in list(self._members.items()):
            if member.joined.name == name:
                del self._members[node]


def _others(batch: Batch, events: Sequence[Event]) -> str | None:
    """
    Why a batch does not count that lets another node join than its sender; C{None} if it does not.

    The chat would have a node that is no member, which might lead, and which nobody would ever lose.
    """
    for place, event in enumerate(events):
        if isinstance(event, NodeJoined) and (place or event.node != batch.node):
            return "it lets another node join"
    return None
