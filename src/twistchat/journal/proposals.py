"""Proposals: events that a log has accepted, and has neither applied nor refused yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from twistchat.chat.model.events import Entry
from twistchat.chat.model.sessions import Origin

if TYPE_CHECKING:
    from twistchat.interfaces import Refused
    from twistchat.journal.sqlite.rows import Row


class Proposal:
    """
    An event on its way into the log.

    @ivar entry: the stamped event.
    @ivar origin: the request that leads to it, or C{None}.
    @ivar row: the row to store; C{None} if the event is not stored.
    @ivar why: the reason why the row could not be stored, or C{None}.
    """

    __slots__ = ("_receipt", "_refused", "entry", "origin", "row", "why")

    def __init__(
        self,
        entry: Entry,
        origin: Origin | None,
        receipt: Deferred[Entry] | None,
        refused: Refused | None,
        row: Row | None = None,
    ) -> None:
        """
        @param receipt: fires with the outcome; C{None} if C{refused} is used instead.
        @param refused: called if the proposal is refused.
        """
        self.entry = entry
        self.origin = origin
        self.row = row
        self.why: str | None = None
        self._receipt = receipt
        self._refused = refused

    def applied(self) -> None:
        """Report that the entry was applied."""
        if self._receipt is not None:
            self._receipt.callback(self.entry)

    def refuse(self, failure: Failure) -> None:
        """Report that the entry was refused."""
        if self._receipt is not None:
            self._receipt.errback(failure)
        elif self._refused is not None:
            self._refused(self.entry.event, failure)


class Mark:
    """
    A place in the queue, whose completion somebody requested with L{ILog.settled
    <twistchat.interfaces.ILog.settled>}.

    @ivar reached: called when everything before the mark has been applied or refused.
    @ivar row: always C{None}, because a mark is not stored.
    """

    __slots__ = ("reached",)

    row = None

    def __init__(self, reached: Callable[[], None]) -> None:
        self.reached = reached
