"""The log: the ordered record of all events."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from zope.interface import Attribute, Interface

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.internet.defer import Deferred
    from twisted.python.failure import Failure

    from twistchat.chat.model.events import Entry, Event
    from twistchat.chat.model.sessions import Origin

    Apply: TypeAlias = "Callable[[Entry, Origin | None], None]"
    Receipt: TypeAlias = "Deferred[Entry]"
    Refused: TypeAlias = "Callable[[Event, Failure], None]"


class IFollowing(Interface):
    """A subscription to a log, as returned by L{ILog.follow}."""

    def stop() -> None:
        """End the subscription.  A second call is harmless."""


class ILog(Interface):
    """
    The ordered record of all events.  It stores, stamps and applies each event.

    Every implementation passes L{twistchat.testing.JournalContract}.
    """

    promise = Attribute("str: a sentence that tells the administrator at start how durable the log is.")
    trouble = Attribute(
        "str or None: why the log accepts no durable events now, in a few words for the administrator: it is not open,"
        " or the last one could not be stored.  None if it accepts events.  It must not block."
    )
    figures = Attribute(
        "L{JournalFigures <twistchat.interfaces.figures.JournalFigures>}: what the journal has done.  Get it again for"
        " each reading, because a journal may complete its numbers then."
    )

    def open(apply: Apply) -> Deferred[None]:
        """
        Restore the state from what was stored, then accept events.

        @param apply: called with each entry and its origin, in order and never inside itself.  Before the result fires,
            it is called with the stored entries that rebuild the state of rooms (no messages), without an origin.
            After that, it is called with every entry as soon as the entry is durable.  If it raises a L{ChatError
            <twistchat.chat.errors.ChatError>}, the receipt of the event fails with that error.
        @return: fires when the state is restored, which may take a while.  The doors start to listen after that.
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
            or the log is closed); then it was not applied.  Fails with
            L{OutcomeUnknown <twistchat.chat.errors.OutcomeUnknown>} if the log cannot find out whether it was stored;
            then it may be applied later.  Fails with what C{apply} raised, if it did.  A passing
            event fails only if the log is closed: users can leave even if the disk has failed.
        """

    def post(event: Event, refused: Refused) -> None:
        """
        Propose an event as L{append} does, without a receipt.

        This is cheaper than a receipt, which matters for texts.  Use L{settled} to learn when they are done.

        @param refused: called with the event and the failure if a receipt would fail.  The call may happen within
            C{post}.  It must not raise.
        """

    def settled(reached: Callable[[], None]) -> None:
        """
        Report when everything proposed so far has been applied or refused.

        @param reached: called once, after all receipts and refusals have been reported.  Called at once if nothing is
            pending.  It must not raise.
        """

    def follow(sequence: int, receive: Callable[[Entry], None]) -> IFollowing:
        """
        Pass every applied entry from a sequence number on to a follower: first the stored entries, then each new entry
        right after it was applied.  The follower gets them in order, without gaps or duplicates.

        The follower does not get entries that are no longer stored (passing events, redacted texts, entries deleted by
        retention), refused entries, and stored entries whose bytes changed.

        This may be called before the log is open; then the follower starts when the log opens.

        @param sequence: the first sequence number; 0 for everything that is stored.
        @param receive: called with each entry, possibly within C{follow}.  If it raises, the error is logged and the
            follower is removed; others are not affected.  Events that it proposes are applied after this entry.
        @return: the subscription.
        """

    def cloakKey() -> bytes:
        """
        The key that turns addresses into cloaks, the hosts that other users see.

        It is stored with the log.  So hosts stay the same after a restart or a restored backup, and bans on hosts still
        match.  Call this only after the log was opened.

        @return: 32 random bytes, which never change while this log exists.
        """

    def close() -> Deferred[None]:
        """
        Finish all pending proposals and accept no more.  A second call is harmless.

        @return: fires when every receipt has fired and all stored entries are safe.
        """
