"""The chat of this process, as a journal sees it that several processes share."""

from __future__ import annotations

from zope.interface import Interface


class IReplica(Interface):
    """The state of this process, which has to be equal to the states of the other nodes after the same entry."""

    def take() -> bytes:
        """Encode the state: see L{takeSnapshot <twistchat.chat.snapshot.takeSnapshot>}."""

    def restore(data: bytes) -> None:
        """
        Restore a state.  Call this before the first entry is applied.

        @raise UnreadableSnapshot: see L{restoreSnapshot <twistchat.chat.snapshot.restoreSnapshot>}.
        """

    def become(node: str) -> None:
        """
        Set the id of this node.  The sessions that start from now on belong to it.

        Call this before the first session starts, and again when the node takes part under a new id.
        """
