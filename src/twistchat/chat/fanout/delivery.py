"""
Delivers the entries of one room and one turn to its listeners.  Each dialect renders an entry once, and sessions that
get the same entries share one bytes object.

Dialects and outlets belong to doors, which may be third-party code.  If one raises, only its own sessions are affected:
they are reported, and disconnected later.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from itertools import compress, groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Protocol

from twistchat.chat.model.events import (
    Entry,
    Event,
    Invited,
    PrivateMessage,
    PrivateTagMessage,
    RoomMessage,
    RoomTagMessage,
)
from twistchat.chat.model.names import fold
from twistchat.chat.model.sessions import Origin

if TYPE_CHECKING:
    from twistchat.chat.model.sessions import Session
    from twistchat.interfaces import IDialect


class Departures(Protocol):
    """Disconnects sessions, always after the call has returned.  The methods do not raise."""

    def broken(self, what: object, sessions: Iterable[Session], error: Exception) -> None:
        """
        Report a dialect or outlet that has raised, and disconnect the sessions that depend on it.

        @param what: the dialect, or the outlet of a single session.
        @param error: what it raised.
        """

    def disconnect(self, sessions: Iterable[Session], reason: str) -> None:
        """
        Disconnect sessions.

        @param reason: the reason, for their clients and for the audience of the quit.
        """


SHARED = 2048
"""
The average size of a run, in bytes, from which senders share the runs of other senders instead of getting a joined
copy.  (C{bench/README.md} has the measurement.)
"""

IGNORABLE = (RoomMessage, PrivateMessage, RoomTagMessage, PrivateTagMessage, Invited)
"""The events that a session does not get from users it ignores."""


class Group:
    """
    The listeners of a room that share a dialect.

    @ivar sessions: all of them, by id.
    @ivar unfiltered: the C{deliver} methods of the sessions that ignore nobody, by session id.  Most deliveries only
        iterate over this mapping, so it avoids access to other objects.
    """

    __slots__ = ("sessions", "unfiltered")

    def __init__(self) -> None:
        self.sessions: dict[str, Session] = {}
        self.unfiltered: dict[str, Callable[[bytes], None]] = {}

    def add(self, session: Session, deliver: Callable[[bytes], None]) -> None:
        """Add a session."""
        self.sessions[session.id] = session
        if not session.ignored:
            self.unfiltered[session.id] = deliver

    def remove(self, session: Session) -> None:
        """Remove a session."""
        del self.sessions[session.id]
        self.unfiltered.pop(session.id, None)

    def partition(self, individual: Iterable[str | None]) -> tuple[Iterable[Callable[[bytes], None]], list[Session]]:
        """
        Separate the sessions that get the same bytes from the others.

        @param individual: ids of sessions that may get a selection of their own.
        @return: the C{deliver} methods of the former; and the other sessions: the members of C{individual} in this
            group, and all sessions that ignore somebody.
        """
        unfiltered, sessions = self.unfiltered, self.sessions
        others = [sessions[id] for id in individual if id in sessions]
        if others:
            unfiltered = unfiltered.copy()
            for session in others:
                unfiltered.pop(session.id, None)
        if len(unfiltered) + len(others) < len(sessions):
            named = {session.id for session in others}
            others += [session for id, session in sessions.items() if id not in unfiltered and id not in named]
        return unfiltered.values(), others


class Delivery:
    """
    The entries for a room in one turn.

    @ivar entries: the entries, in order.
    @ivar senders: for each entry the id of the session that sent it, or C{None}.
    @ivar offsets: how many of the entries to skip for a session, because it already got them or joined after them; by
        session id, 0 if absent.
    @ivar origins: the request that led to an entry, by the entry's sequence number.
    @ivar labelled: the ids of the sessions that made these requests.
    @ivar recipients: the ids of the sessions that get an entry that is not for all, by its sequence number.
    """

    __slots__ = ("_departures", "_rendered", "entries", "labelled", "offsets", "origins", "recipients", "senders")

    def __init__(self, departures: Departures) -> None:
        self._departures = departures
        self.entries: list[Entry] = []
        self.senders: list[str | None] = []
        self.offsets: dict[str, int] = {}
        self.labelled: set[str] = set()
        self.origins: dict[int, Origin] = {}
        self.recipients: dict[int, Container[str]] = {}
        self._rendered: dict[IDialect, list[bytes]] = {}

    def deliverTo(self, session: Session, dialect: IDialect) -> None:
        """Deliver to a session the entries that it did not get yet."""
        start = self.offsets.get(session.id, 0)
        if start < len(self.entries):
            self.offsets[session.id] = len(self.entries)
            chunks = self._chunks(dialect, [session])
            if chunks is not None:
                try:
                    data = self._selection(session, chunks, start)
                    if data:
                        session.outlet.deliver(data)
                except Exception as error:
                    self._departures.broken(session.outlet, [session], error)

    def deliverAll(self, groups: Mapping[IDialect, Group]) -> None:
        """Deliver to each session the entries that it did not get yet."""
        individual = dict.fromkeys((*self.senders, *self.labelled, *self.offsets))
        for dialect, group in groups.items():
            chunks = self._chunks(dialect, group.sessions.values())
            if chunks is None:
                continue
            if self.recipients or self.labelled:
                self._deliverSelections(group.sessions, chunks, individual)
                continue
            runs = _runs(chunks, self.senders)
            shared = b"".join([run for _, run in runs])
            unfiltered, others = group.partition(individual)
            if shared:
                self._deliverShared(shared, unfiltered, group)
            long = len(shared) >= SHARED * len(runs)
            for session in others:
                try:
                    if session.ignored or session.id in self.offsets:
                        selected = [self._selection(session, chunks, self.offsets.get(session.id, 0))]
                    elif session.echo:
                        selected = [shared]
                    else:
                        selected = [run for sender, run in runs if run and sender != session.id]
                        if not long:
                            selected = [b"".join(selected)]
                    for data in selected:
                        if data:
                            session.outlet.deliver(data)
                except Exception as error:
                    self._departures.broken(session.outlet, [session], error)

    def _deliverShared(self, shared: bytes, unfiltered: Iterable[Callable[[bytes], None]], group: Group) -> None:
        """Deliver the same bytes to many sessions.  If one raises, continue with the next."""
        delivering = iter(unfiltered)
        deliver = None
        while True:
            try:
                for deliver in delivering:
                    deliver(shared)
                return
            except Exception as error:
                failed = [session for session in group.sessions.values() if session.outlet.deliver == deliver]
                for session in failed:
                    self._departures.broken(session.outlet, [session], error)

    def _deliverSelections(
        self, sessions: Mapping[str, Session], chunks: list[bytes], individual: Container[str | None]
    ) -> None:
        """Deliver when some listeners need labels or filtered entries."""
        shared = b"".join(chunks)
        selections = {(True,) * len(chunks): shared}
        for session in sessions.values():
            try:
                if not (self.recipients or session.ignored or session.id in individual):
                    data = shared
                elif session.id in self.labelled or session.id in self.offsets:
                    data = self._selection(session, chunks, self.offsets.get(session.id, 0))
                else:
                    selected = tuple([self._isFor(session, entry) for entry in self.entries])
                    if selected not in selections:
                        selections[selected] = b"".join(compress(chunks, selected))
                    data = selections[selected]
                if data:
                    session.outlet.deliver(data)
            except Exception as error:
                self._departures.broken(session.outlet, [session], error)

    def _chunks(self, dialect: IDialect, listening: Iterable[Session]) -> list[bytes] | None:
        """
        Render the entries in a dialect, each only once.

        @param listening: the sessions with this dialect, for a report.
        @return: the bytes of each entry; C{None} if the dialect raised, after reporting it.
        """
        chunks = self._rendered.setdefault(dialect, [])
        if len(chunks) < len(self.entries):
            try:
                chunks += [dialect.render(entry) for entry in self.entries[len(chunks) :]]
            except Exception as error:
                self._departures.broken(dialect, listening, error)
                return None
        return chunks

    def _selection(self, session: Session, chunks: list[bytes], start: int) -> bytes:
        """The bytes for one session, from the entry with this index on."""
        entries, labelled = self.entries, session.id in self.labelled
        withoutOwn = not session.echo and session.id in self.senders[start:]
        if not (labelled or withoutOwn or session.ignored or self.recipients):
            return b"".join(chunks[start:])
        return b"".join(
            [
                self._echoed(session, entry, chunk) if labelled else chunk
                for entry, chunk in zip(entries[start:], chunks[start:], strict=True)
                if self._isFor(session, entry)
            ]
        )

    def _isFor(self, session: Session, entry: Entry) -> bool:
        recipients = self.recipients.get(entry.sequence)
        return (recipients is None or session.id in recipients) and passesFilter(session, entry)

    def _echoed(self, session: Session, entry: Entry, data: bytes) -> bytes:
        """The bytes of an entry for one session: passed through L{IOutlet.echo} if its own request has a label."""
        origin = self.origins.get(entry.sequence)
        if origin is None or origin.session is not session or not data:
            return data
        return session.outlet.echo(origin.label, data)


def _runs(chunks: list[bytes], senders: list[str | None]) -> list[tuple[str | None, bytes]]:
    """
    Join consecutive chunks of the same sender.

    @param senders: the session that sent each chunk; C{None} for chunks that every session gets.
    """
    if len(chunks) == 1:
        return [(senders[0], chunks[0])]
    pairs = zip(chunks, senders, strict=True)
    return [(sender, b"".join([chunk for chunk, _ in said])) for sender, said in groupby(pairs, itemgetter(1))]


def passesFilter(session: Session, entry: Entry) -> bool:
    """
    Whether this session gets an entry.  It does not get entries of ignored users, nor its own texts without echo.
    """
    event = entry.event
    if (
        isinstance(event, (RoomMessage, PrivateMessage, RoomTagMessage, PrivateTagMessage))
        and event.session == session.id
    ):
        return session.echo
    return not isIgnored(session, event)


def isIgnored(session: Session, event: Event) -> bool:
    """Whether a session ignores the source of an event, and the event is a text, tags or an invitation."""
    if not session.ignored or not isinstance(event, IGNORABLE):
        return False
    return fold(event.source.nick) in session.ignored
