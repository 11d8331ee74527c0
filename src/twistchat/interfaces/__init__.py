"""
The seams of twistchat: what a journal, a door, a dialect and an outlet promise each other.

Whoever extends twistchat writes against these.  Each ships a fake in L{twistchat.testing}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from twisted.internet.interfaces import IProtocolFactory
from zope.interface import Attribute, Interface

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from twisted.internet.defer import Deferred
    from twisted.python.failure import Failure

    from twistchat.chat.model.events import Entry, Event
    from twistchat.chat.model.spans import Around, Kept, Span
    from twistchat.net.context import ServerContext

    Receipt: TypeAlias = "Deferred[Entry]"
    Refused: TypeAlias = "Callable[[Event, Failure], None]"


class IJournal(Interface):
    """
    The one ordered record of what happened.

    Every implementation passes L{twistchat.testing.JournalContract}.
    """

    promise = Attribute("str: what it keeps, as a sentence that an administrator reads at start.")

    def open(apply: Callable[[Entry], None]) -> Deferred[None]:
        """
        Bring back what was kept, then take events.

        @param apply: called with each entry, in order and never inside itself: first with the kept entries that
            rebuild the state of rooms (not with messages), before the result fires; from then on with every entry
            as it becomes durable.  What it raises as L{ChatError <twistchat.chat.errors.ChatError>} is handed to
            whoever proposed that event.
        """

    def append(event: Event) -> Receipt:
        """
        Propose an event.

        Events are stamped and applied in the order in which they were proposed.  An event is applied only when it is
        on disk, as far as this journal keeps anything there; until then nothing has happened and nobody has seen it.

        @return: fires with the entry once it has been applied.  Fails with
            L{NotStored <twistchat.chat.errors.NotStored>} where it could not be kept, or will not be (too much waits,
            or the journal is closed): then it was not applied; or with what C{apply} raised.  A passing event fails
            only where the journal is closed: people can go, whatever has become of the disk.
        """

    def post(event: Event, refused: Refused) -> None:
        """
        Propose an event as L{append} does, for whoever hears of it in the chat, and is to be told only where it is
        refused.  That costs less than a receipt, and texts come by the thousand; L{settled} tells when they are over.

        @param refused: called with the event, and why, where a receipt would fail; within the call, perhaps.  It does
            not raise.
        """

    def settled(reached: Callable[[], None]) -> None:
        """
        Tell when all that was proposed until now has been applied or refused.

        @param reached: called once, when whoever proposed that has been told; within the call, where it is so already.
            It does not raise.
        """

    def read(span: Span | Around) -> Deferred[Sequence[Kept]]:
        """
        Read a stretch of a conversation.

        @return: fires with the entries, oldest first; only such as have been applied.  In the place of an entry that
            changed where it is kept there is L{Damaged <twistchat.chat.model.spans.Damaged>}, and the log says so at
            level critical: what was not written so is never read.
            Fails with L{NotRead <twistchat.chat.errors.NotRead>} where the journal cannot be read.
        """

    def search(
        conversations: Sequence[str],
        words: str,
        limit: int,
        before: int | None = None,
        account: str | None = None,
    ) -> Deferred[Sequence[Kept]]:
        """
        Find texts that have all of these words, whatever their case and their diacritics.

        @param conversations: where to look, as L{conversation <twistchat.chat.model.spans.conversation>} names them.
        @param words: as a user types them.  No character has a meaning of its own; where there is neither letter nor
            digit, nothing is found.
        @param limit: how many entries at the most, at least 1: the newest.
        @param before: a sequence number, to find only what came before it: the next page.
        @param account: where given, look also into every private conversation of this account.
        @return: as L{read} has it.
        """

    def locate(msgid: str) -> int | None:
        """
        The sequence number of the entry that has this message id.

        @return: C{None} where the id is none of this journal's.  That there is such an entry, and where, only L{read}
            tells: ask it for what is L{Around <twistchat.chat.model.spans.Around>} that number.
        """

    def cloakKey() -> bytes:
        """
        The key of the cloaks, from which the hosts come that others see.

        It is kept with the journal.  So hosts are the same after a restart, or when a backup was restored, and bans on
        hosts meet whom they met before.

        @return: 32 random bytes, the same at every call and for as long as this journal is there.  Asked for only once
            the journal is open.
        """

    def close() -> Deferred[None]:
        """
        Finish what was proposed and take nothing more.

        @return: fires when every receipt has fired and what is kept is safe.  A second call is harmless.
        """


class IPasswords(Interface):
    """What checks passwords against their hashes."""

    def check(hash: str | None, password: str) -> Deferred[bool]:
        """
        Find out whether a password is the right one.  It takes a while, and the reactor does not wait for it.

        @param hash: its argon2id hash in the encoded form; C{None}, or C{""}, where there is none: then it is not
            right, and that takes as long to find out.
        @return: fails with L{Overloaded <twistchat.chat.errors.Overloaded>} where too many wait to be checked.
        """

    def stop() -> None:
        """Check no more passwords."""


class IDialect(Interface):
    """
    One way of writing an entry down: a protocol, with the capabilities that change the bytes of an event.

    Dialects are compared and hashed by what affects the bytes; two sessions with equal dialects share one rendering.
    """

    def render(entry: Entry) -> bytes:
        """
        Write an entry as its audience sees it.

        @return: whole lines, each with its terminator; empty where this protocol has nothing to say of it.  The same
            entry gives the same bytes, always.  Where this raises, the sessions of the dialect are disconnected.
        """


class IOutlet(Interface):
    """
    What the chat may do to one connection: the core's view of a session's door.

    Where one of these methods raises, that is logged, and the session is disconnected.
    """

    def deliver(data: bytes) -> None:
        """
        Put bytes behind what already waits to leave.  Never blocks, never raises, and never closes the connection
        within the call: a reader that is too slow is dropped later.  An audience looks this up once, when the session
        begins to hear it.
        """

    def tune(place: str) -> IDialect:
        """
        In which dialect this session hears what comes from a place.

        @param place: a room's folded name; C{""} for what is not of a room; L{WATCHED
            <twistchat.chat.fanout.audience.WATCHED>} for news of those whom it watches; L{NOTICES
            <twistchat.chat.fanout.audience.NOTICES>} for what the server tells its operators; or L{RESHOWN
            <twistchat.chat.fanout.audience.RESHOWN>} for what stands for a L{HostSet
            <twistchat.chat.model.events.HostSet>} where C{""} has no word for that.
        """

    def echo(entry: Entry, data: bytes) -> bytes:
        """
        How this session is shown the outcome of a request of its own that it has put a label on.

        @param entry: its event's label is one of this session's.
        @param data: the entry in the dialect that this session hears.
        @return: what is to be delivered in its place; empty where the outlet sees to that itself.
        """

    def moved(old: str, entry: Entry) -> None:
        """
        Take notice that a room where this session is has another name, after that has been told to the room.

        @param old: the room's folded name until now.
        @param entry: of a L{RoomRenamed <twistchat.chat.model.events.RoomRenamed>}.
        """

    def disconnect(reason: str) -> None:
        """Tell the client why, then close the connection."""


class IDoor(Interface):
    """
    One way in.

    Found with C{twisted.plugin.getPlugins(IDoor)}: put an instance, which provides C{twisted.plugin.IPlugin} too, into
    a module of C{twisted.plugins}.
    """

    name = Attribute("str: the option of C{twistd twistchat} that takes this door's endpoints, C{line} for C{--line}.")
    summary = Attribute("str: one line for C{--help}.")
    defaultEndpoints = Attribute(
        "tuple[str, ...]: where it listens when nobody says otherwise; server endpoint strings."
    )

    def invitation(host: str, port: int) -> str:
        """What to paste to come in through this door, once it listens there."""

    def factory(context: ServerContext) -> IDoorFactory:
        """Make the factory of this door's protocols."""


class IDoorFactory(IProtocolFactory):
    """A protocol factory that can also be closed in good order."""

    def close(reason: str) -> Deferred[None]:
        """
        Tell every client, let what waits for them leave, and close their connections.

        @return: fires when the last connection is gone, which a client that does not read cannot prevent.
        """
