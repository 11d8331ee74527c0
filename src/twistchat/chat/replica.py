"""The chat of this process, as a journal sees it that several processes share."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

from zope.interface import implementer

from twistchat.chat.rules.nodes import cutOff
from twistchat.chat.snapshot import restoreSnapshot, takeSnapshot
from twistchat.interfaces import IReplica

if TYPE_CHECKING:
    from twistchat.chat.chat import Chat


@implementer(IReplica)
class Replica:
    """The state of a chat.  The states of all nodes are equal after the same entry, and so are their bytes."""

    def __init__(self, chat: Chat) -> None:
        self._state = chat.state

    def take(self) -> bytes:
        """See L{IReplica.take <twistchat.interfaces.replica.IReplica.take>}."""
        # A scan for garbage would find nothing in what is made here, and takes several times as long as the snapshot.
        enabled = gc.isenabled()
        gc.disable()
        try:
            return takeSnapshot(self._state, self._state.nodes.own)
        finally:
            if enabled:
                gc.enable()

    def restore(self, data: bytes) -> None:
        """See L{IReplica.restore <twistchat.interfaces.replica.IReplica.restore>}."""
        restoreSnapshot(self._state, data)

    def become(self, node: str) -> None:
        """
        See L{IReplica.become <twistchat.interfaces.replica.IReplica.become>}.

        Sessions that entered under another id are disconnected, because they belong to that id on all other nodes.
        """
        nodes = self._state.nodes
        if node != nodes.own:
            cutOff(self._state)
            nodes.own = node
