"""
Holds back what is delivered to a client, so that replies and rooms that are shown come before it.

Several may need that at a time: a labelled reply, a renamed room, and rooms that other sessions of the user join
meanwhile.  They take turns.  Each L{Hold} keeps back what is delivered after it began, and is reached when all earlier
holds have ended.  So a client gets its JOIN of a room before the room's names and history, whatever is shown first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred, succeed

if TYPE_CHECKING:
    from twistchat.protocols.irc.protocol import IrcConnection


class Hold:
    """
    One reason why deliveries to a client are held back.  L{IrcConnection.holdDeliveries} begins it.

    @ivar isReached: whether everything that was delivered before it began has been sent.
    """

    __slots__ = ("_client", "_isOver", "_next", "_waiting", "isReached")

    def __init__(self, client: IrcConnection) -> None:
        """Begin after the last hold of the client."""
        last = client.lastHold
        self._client = client
        self._isOver = False
        self._next: Hold | None = None
        self._waiting: list[Deferred[None]] = []
        self.isReached = last is None
        client.lastHold = self
        if last is None:
            client.outbox.holdDeliveries()
        else:
            last._next = self
            client.outbox.divideHeld()

    def reached(self) -> Deferred[None]:
        """
        Wait for earlier holds.

        @return: fires when all of them have ended.
        """
        if self.isReached:
            return succeed(None)
        waiting: Deferred[None] = Deferred()
        self._waiting.append(waiting)
        return waiting

    def end(self) -> None:
        """End it.  What was held back is sent when all earlier holds have ended too."""
        self._isOver = True
        if self.isReached:
            self._advance()

    def _advance(self) -> None:
        """Send what this hold has held back, and let the next one go on."""
        client, following = self._client, self._next
        while following is not None and following._isOver:
            client.outbox.releaseFirst()
            following = following._next
        if following is None:
            client.lastHold = None
            client.outbox.releaseDeliveries()
            return
        client.outbox.releaseFirst()
        following.isReached = True
        waiting, following._waiting = following._waiting, []
        for each in waiting:
            each.callback(None)
