"""A journal whose disk is in the test's hands."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from twisted.internet.defer import Deferred, fail
from zope.interface import implementer

from twistchat.chat.errors import NotStored
from twistchat.chat.events import Entry, Event
from twistchat.interfaces import IJournal
from twistchat.journal.memory import MemoryJournal
from twistchat.journal.stamp import Stamp


@implementer(IJournal)
class HeldJournal(MemoryJournal):
    """
    Takes events as a durable journal does, and holds them until L{commit} or L{refuse} says what became of them.

    @ivar waiting: the events that are held, in order.
    """

    promise = "The journal is a test's: what is said happens when the test says so."

    def __init__(self, stamp: Stamp, keep: int = 10_000) -> None:
        super().__init__(stamp, keep)
        self._held: deque[tuple[Event, Deferred[Entry]]] = deque()
        self._opened = False

    def open(self, apply: Callable[[Entry], None]) -> Deferred[None]:
        """See L{IJournal.open}."""
        self._opened = True
        return super().open(apply)

    @property
    def waiting(self) -> list[Event]:
        """The events that are held."""
        return [event for event, _ in self._held]

    def append(self, event: Event) -> Deferred[Entry]:
        """See L{IJournal.append}."""
        if not self._opened:
            return fail(NotStored("the journal is closed"))
        receipt: Deferred[Entry] = Deferred()
        self._held.append((event, receipt))
        return receipt

    def commit(self, count: int | None = None) -> None:
        """
        Let held events happen, in order.

        @param count: how many; all of those that are held now, and those that they lead to, where it is C{None}.
        """
        while self._held and count != 0:
            event, receipt = self._held.popleft()
            super().append(event).chainDeferred(receipt)
            if count is not None:
                count -= 1

    def refuse(self, why: str) -> None:
        """Fail every held event that is durable, as a disk does that takes no more; the passing ones happen."""
        held, self._held = self._held, deque()
        for event, receipt in held:
            if event.durable:
                receipt.errback(NotStored(why))
            else:
                super().append(event).chainDeferred(receipt)

    def close(self) -> Deferred[None]:
        """See L{IJournal.close}."""
        self.commit()
        self._opened = False
        return super().close()
