"""
How the listeners of one room are given what it was told in one turn: one rendering a dialect, and one bytes object for
all who hear the same.

Dialects and outlets belong to doors, which others may have written.  One that raises harms only its own sessions: they
are reported, to be disconnected later, and everyone else hears everything.
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
from twistchat.chat.model.origin import Origin

if TYPE_CHECKING:
    from twistchat.chat.model.users import Session
    from twistchat.interfaces import IDialect


class Departures(Protocol):
    """Disconnects sessions, later than it is asked to: never within the call.  Neither method raises."""

    def broken(self, what: object, sessions: Iterable[Session], error: Exception) -> None:
        """
        Report the dialect or outlet that has raised, and disconnect the sessions that depend on it.

        @param what: the dialect; or the outlet of the one session.
        @param error: what it raised.
        """

    def disconnect(self, sessions: Iterable[Session], reason: str) -> None:
        """
        Disconnect sessions.

        @param reason: why, for their clients and for those who see the users go.
        """


SHARED = 2048
"""
Bytes from which on it pays that those who spoke share what each of the others said, instead of having copies of their
own.  (C{bench/README.md} says what it brings.)
"""

IGNORABLE = (RoomMessage, PrivateMessage, RoomTagMessage, PrivateTagMessage, Invited)
"""The events that a session does not hear where it ignores who brought them about."""


class Group:
    """
    Those who hear a room in one dialect.

    @ivar sessions: all of them, by id.
    @ivar alike: how to deliver to those who ignore nobody, by their ids.  To go through this is all that most listeners
        cost, so it touches as few objects of each as can be.
    """

    __slots__ = ("alike", "sessions")

    def __init__(self) -> None:
        self.sessions: dict[str, Session] = {}
        self.alike: dict[str, Callable[[bytes], None]] = {}

    def add(self, session: Session, deliver: Callable[[bytes], None]) -> None:
        """Let a session hear, too."""
        self.sessions[session.id] = session
        if not session.ignored:
            self.alike[session.id] = deliver

    def remove(self, session: Session) -> None:
        """Let a session hear no more."""
        del self.sessions[session.id]
        self.alike.pop(session.id, None)

    def divide(self, apart: Iterable[str | None]) -> tuple[Iterable[Callable[[bytes], None]], list[Session]]:
        """
        Tell those who hear the same from all others.

        @param apart: ids of sessions that may hear something else.
        @return: how to deliver to the former; and the latter: those of C{apart} who are here, and who ignores anybody.
        """
        alike, sessions = self.alike, self.sessions
        others = [sessions[id] for id in apart if id in sessions]
        if others:
            alike = alike.copy()
            for session in others:
                alike.pop(session.id, None)
        if len(alike) + len(others) < len(sessions):
            named = {session.id for session in others}
            others += [session for id, session in sessions.items() if id not in alike and id not in named]
        return alike.values(), others


class Delivery:
    """
    What a room was told in one turn.

    @ivar entries: what it was told.
    @ivar speakers: for each entry the id of the session that said it, or C{None}.
    @ivar marks: how many of the entries a session has had, or is not to have, by its id; 0 where it is not here.
    @ivar origins: the request that led to an entry, by the entry's sequence number.
    @ivar labelled: the ids of the sessions of these requests.
    @ivar chosen: who hears an entry that is not for all, by its sequence number.
    """

    __slots__ = ("_departures", "_written", "chosen", "entries", "labelled", "marks", "origins", "speakers")

    def __init__(self, departures: Departures) -> None:
        self._departures = departures
        self.entries: list[Entry] = []
        self.speakers: list[str | None] = []
        self.marks: dict[str, int] = {}
        self.labelled: set[str] = set()
        self.origins: dict[int, Origin] = {}
        self.chosen: dict[int, Container[str]] = {}
        self._written: dict[IDialect, list[bytes]] = {}

    def give(self, session: Session, dialect: IDialect) -> None:
        """Give a session what it has not had yet."""
        start = self.marks.get(session.id, 0)
        if start < len(self.entries):
            self.marks[session.id] = len(self.entries)
            chunks = self._chunks(dialect, [session])
            if chunks is not None:
                try:
                    data = self._own(session, chunks, start)
                    if data:
                        session.outlet.deliver(data)
                except Exception as error:
                    self._departures.broken(session.outlet, [session], error)

    def giveAll(self, groups: Mapping[IDialect, Group]) -> None:
        """Give each session what it has not had yet."""
        apart = dict.fromkeys((*self.speakers, *self.labelled, *self.marks))
        for dialect, group in groups.items():
            chunks = self._chunks(dialect, group.sessions.values())
            if chunks is None:
                continue
            if self.chosen or self.labelled:
                self._giveApart(group.sessions, chunks, apart)
                continue
            runs = _runs(chunks, self.speakers)
            shared = b"".join([run for _, run in runs])
            alike, others = group.divide(apart)
            if shared:
                self._share(shared, alike, group)
            long = len(shared) >= SHARED * len(runs)
            for session in others:
                try:
                    if session.ignored or session.id in self.marks:
                        heard = [self._own(session, chunks, self.marks.get(session.id, 0))]
                    elif session.echo:
                        heard = [shared]
                    else:
                        heard = [run for speaker, run in runs if run and speaker != session.id]
                        if not long:
                            heard = [b"".join(heard)]
                    for data in heard:
                        if data:
                            session.outlet.deliver(data)
                except Exception as error:
                    self._departures.broken(session.outlet, [session], error)

    def _share(self, shared: bytes, alike: Iterable[Callable[[bytes], None]], group: Group) -> None:
        """Give those who hear the same what they hear; where one raises, go on behind it."""
        delivering = iter(alike)
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

    def _giveApart(self, sessions: Mapping[str, Session], chunks: list[bytes], apart: Container[str | None]) -> None:
        """Deliver when some listeners need labels or filtered entries."""
        shared = b"".join(chunks)
        selections = {(True,) * len(chunks): shared}
        for session in sessions.values():
            try:
                if not (self.chosen or session.ignored or session.id in apart):
                    data = shared
                elif session.id in self.labelled or session.id in self.marks:
                    data = self._own(session, chunks, self.marks.get(session.id, 0))
                else:
                    heard = tuple([self._isFor(session, entry) for entry in self.entries])
                    if heard not in selections:
                        selections[heard] = b"".join(compress(chunks, heard))
                    data = selections[heard]
                if data:
                    session.outlet.deliver(data)
            except Exception as error:
                self._departures.broken(session.outlet, [session], error)

    def _chunks(self, dialect: IDialect, listening: Iterable[Session]) -> list[bytes] | None:
        """
        What each entry is in a dialect; it is rendered once.

        @param listening: who hears it in this dialect.
        @return: C{None} where the dialect has raised, which was reported.
        """
        chunks = self._written.setdefault(dialect, [])
        if len(chunks) < len(self.entries):
            try:
                chunks += [dialect.render(entry) for entry in self.entries[len(chunks) :]]
            except Exception as error:
                self._departures.broken(dialect, listening, error)
                return None
        return chunks

    def _own(self, session: Session, chunks: list[bytes], start: int) -> bytes:
        """What a session hears from an entry on."""
        entries, labelled = self.entries, session.id in self.labelled
        mute = not session.echo and session.id in self.speakers[start:]
        if not (labelled or mute or session.ignored or self.chosen):
            return b"".join(chunks[start:])
        return b"".join(
            [
                self._addressed(session, entry, chunk) if labelled else chunk
                for entry, chunk in zip(entries[start:], chunks[start:], strict=True)
                if self._isFor(session, entry)
            ]
        )

    def _isFor(self, session: Session, entry: Entry) -> bool:
        chosen = self.chosen.get(entry.sequence)
        return (chosen is None or session.id in chosen) and hears(session, entry)

    def _addressed(self, session: Session, entry: Entry, data: bytes) -> bytes:
        """What one session is given of an entry: the data, unless a labelled request of its own led to the entry."""
        origin = self.origins.get(entry.sequence)
        if origin is None or origin.session is not session or not data:
            return data
        return session.outlet.echo(origin.label, data)


def _runs(chunks: list[bytes], speakers: list[str | None]) -> list[tuple[str | None, bytes]]:
    """
    Put together what was said by the same session without another in between.

    @param speakers: who said each chunk; C{None} for what everyone hears.
    """
    if len(chunks) == 1:
        return [(speakers[0], chunks[0])]
    pairs = zip(chunks, speakers, strict=True)
    return [(speaker, b"".join([chunk for chunk, _ in said])) for speaker, said in groupby(pairs, itemgetter(1))]


def hears(session: Session, entry: Entry) -> bool:
    """
    Whether an entry is for this session: not what it said itself without asking for its echo, nor from one it ignores.
    """
    event = entry.event
    if (
        isinstance(event, (RoomMessage, PrivateMessage, RoomTagMessage, PrivateTagMessage))
        and event.session == session.id
    ):
        return session.echo
    return not isIgnored(session, event)


def isIgnored(session: Session, event: Event) -> bool:
    """Whether a session does not want to hear this of its source: a text, tags, or an invitation."""
    if not session.ignored or not isinstance(event, IGNORABLE):
        return False
    return fold(event.source.nick) in session.ignored
