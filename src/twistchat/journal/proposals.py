"""What a journal was asked to take, and has not settled yet: in the order in which it came."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from twistchat.chat.model.events import Entry
from twistchat.chat.model.holding import HoldingChange
from twistchat.chat.model.sessions import Origin

if TYPE_CHECKING:
    from twistchat.interfaces import Refused
    from twistchat.journal.sqlite.rows import Row


class Proposal:
    """
    An event on its way.  Whoever proposed it has a receipt, or is told only where it is refused.

    @ivar entry: the event, stamped.
    @ivar origin: the request that led to it, or C{None}.
    @ivar row: what is to be put on disk; C{None} where nothing is.
    @ivar change: what it does to what holds, or C{None}.
    @ivar why: why it could not be put there, or C{None}.
    """

    __slots__ = ("_receipt", "_refused", "change", "entry", "origin", "row", "why")

    def __init__(
        self,
        entry: Entry,
        origin: Origin | None,
        receipt: Deferred[Entry] | None,
        refused: Refused | None,
        row: Row | None = None,
        change: HoldingChange | None = None,
    ) -> None:
        """
        @param receipt: fires with what becomes of it; or C{None}, and C{refused} is called where it is refused.
        """
        self.entry = entry
        self.origin = origin
        self.row = row
        self.change = change
        self.why: str | None = None
        self._receipt = receipt
        self._refused = refused

    def taken(self) -> None:
        """It has been applied."""
        if self._receipt is not None:
            self._receipt.callback(self.entry)

    def refuse(self, failure: Failure) -> None:
        """It has not, and will not be."""
        if self._receipt is not None:
            self._receipt.errback(failure)
        elif self._refused is not None:
            self._refused(self.entry.event, failure)


class Mark:
    """
    A place between proposals, of which somebody wants to know when it is reached.

    @ivar reached: called then.
    @ivar row: nothing is put on disk.
    """

    __slots__ = ("reached",)

    row = None

    def __init__(self, reached: Callable[[], None]) -> None:
        self.reached = reached
