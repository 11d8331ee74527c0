"""The log: the one ordered record of what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from zope.interface import Attribute, Interface

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.internet.defer import Deferred
    from twisted.python.failure import Failure

    from twistchat.chat.model.events import Entry, Event
    from twistchat.chat.model.origin import Origin

    Apply: TypeAlias = "Callable[[Entry, Origin | None], None]"
    Receipt: TypeAlias = "Deferred[Entry]"
    Refused: TypeAlias = "Callable[[Event, Failure], None]"


class IFollowing(Interface):
    """Somebody follows a log."""

    def stop() -> None:
        """Pass no more entries on.  A second call is harmless."""


class ILog(Interface):
    """
    The one ordered record of events.  It stores an event, stamps it, and applies it.

    Every implementation passes L{twistchat.testing.JournalContract}.
    """

    promise = Attribute("str: what it keeps, as a sentence that an administrator reads at start.")

    def open(apply: Apply) -> Deferred[None]:
        """
        Restore the state from what was stored, then accept events.

        @param apply: called with each entry and its origin, in order and never inside itself.  Before the result fires,
            it is called with the stored entries that rebuild the state of rooms (no messages), without an origin.
            After that, it is called with every entry as soon as the entry is durable.  If it raises a L{ChatError
            <twistchat.chat.errors.ChatError>}, the one who proposed the event gets that error.
        @return: fires when the state is restored, which may take a while; the server lets its doors listen then.
            Fails if the log cannot be opened; the message is one line for the administrator.
        """

    def append(event: Event, origin: Origin | None = None) -> Receipt:
        """
        Propose an event.

        Events are stamped and applied in the order in which they were proposed.  An event is applied only after it is
        on disk, if this log stores it there.  Until then nothing has changed and nobody has seen it.

        @param origin: the request that leads to the event.  It is passed to C{apply} and not stored.
        @return: fires with the entry after it was applied.  Fails with
            L{NotStored <twistchat.chat.errors.NotStored>} if the event cannot be stored (too many events are waiting,
            or the log is closed); then it was not applied.  Fails with what C{apply} raised, if it did.  A passing
            event fails only if the log is closed: users can leave even if the disk has failed.
        """

    def post(event: Event, refused: Refused) -> None:
        """
        Propose an event as L{append} does, without a receipt.

        This costs less than a receipt, and texts come by the thousand.  Use L{settled} to learn when they are done.

        @param refused: called with the event and the failure if a receipt would fail; perhaps within this call.  It
            does not raise.
        """

    def settled(reached: Callable[[], None]) -> None:
        """
        Report when everything proposed so far has been applied or refused.

        @param reached: called once, after those who proposed it were notified.  Called within this call if nothing is
            pending.  It does not raise.
        """

    def follow(sequence: int, receive: Callable[[Entry], None]) -> IFollowing:
        """
        Pass every applied entry from a sequence number on to a follower: first those that are stored, then each one
        right after it was applied.  The follower gets them in order, without gaps or duplicates.

        Entries that are no longer stored are left out: passing events, texts that were redacted, what retention
        deleted.  Entries that were refused are left out too, and so are stored bytes that changed.

        @param sequence: the first sequence number; 0 for everything that is stored.
        @param receive: takes an entry; perhaps within this call.  If it raises, that is logged and it receives no
            more; nobody else is affected.  Events that it proposes are applied after this entry.
        @return: stops it.  It may be called before the log is open: the follower then starts when the log is.
        """

    def cloakKey() -> bytes:
        """
        The key from which the hosts are made that other users see (cloaks).

        It is stored with the log.  So hosts stay the same after a restart or a restored backup, and bans on hosts still
        match.

        @return: 32 random bytes, the same at every call and for as long as this log exists.  Call it only after the
            log was opened.
        """

    def close() -> Deferred[None]:
        """
        Finish what was proposed and accept nothing more.

        @return: fires when every receipt has fired and what is stored is safe.  A second call is harmless.
        """
