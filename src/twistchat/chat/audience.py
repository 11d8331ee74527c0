"""
The fan-out: one rendering a dialect, one bytes object for all who hear the same turn of a room.

What is told to a room waits until the end of the turn.  Then each dialect present renders each entry once, the turn's
lines are joined once a dialect, and every listener is given that same bytes object.  Those who spoke in the turn, those
who ignore somebody, those who came in its midst, and those who put a label on what they asked for get a selection of
their own; and all of them do where something was not for all.

Who leaves, or is to be sent something in between, is first given what waits for them; where they are in one room only,
the others in it are not disturbed.  So everyone sees one order.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from itertools import compress, groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from twistchat.chat.events import Entry, Event, Invited, RoomSignalled, Said, Signalled, Told
from twistchat.chat.names import fold

if TYPE_CHECKING:
    from twistchat.chat.users import Session
    from twistchat.interfaces import IDialect


SHARED = 2048
"""
Bytes from which on it pays that those who spoke share what each of the others said, instead of having copies of their
own.  (C{bench/README.md} says what it brings.)
"""

WATCHED = "*"
"""The place from which news of watched users comes: no room is called that, nor any other of these places."""

NOTICES = "!"
"""The place from which operators of the server hear what it tells them (user mode C{s})."""

RESHOWN = "="
"""
The place from which those hear of a user's new host whose protocol has no word for that (IRCv3 chghost, "Fallback"):
the user goes, and comes again into each room.
"""

ASIDE = frozenset({WATCHED, NOTICES, RESHOWN})
"""The places of which a door may have nothing to tell."""


class Broadcast:
    """The audiences that have something waiting, and the way to one listener that keeps their order."""

    __slots__ = ("_waiting", "_wake")

    def __init__(self, wake: Callable[[], None]) -> None:
        """
        @param wake: called when something begins to wait: L{flush} is to be called at the end of this turn.
        """
        self._wake = wake
        self._waiting: list[Audience] = []

    def enlist(self, audience: Audience) -> None:
        """Flush this audience with the others."""
        if not self._waiting:
            self._wake()
        self._waiting.append(audience)

    def flush(self) -> None:
        """Give all that waits to its listeners."""
        waiting, self._waiting = self._waiting, []
        for audience in waiting:
            audience.flush()

    def settle(self, session: Session) -> None:
        """Give a session what waits for it, so that something else can be sent behind it."""
        if self._waiting and session.user is not None:
            rooms = session.user.rooms.values()
            for room in rooms:
                if len(rooms) == 1:
                    room.audience.settle(session)
                else:
                    room.audience.flush()  # so others, too, see what they did in these rooms in that order

    def regroup(self, session: Session) -> None:
        """Let a session hear the rooms where it is in another way: it is tuned to other dialects, or ignores others."""
        if session.user is not None:
            for room in session.user.rooms.values():
                room.audience.add(session)

    def tell(self, entry: Entry, sessions: Iterable[Session], place: str = "") -> None:
        """
        Give an entry that is not of one room to these sessions, behind all that waits.

        @param place: whence it comes, as L{IOutlet.tune <twistchat.interfaces.IOutlet.tune>} has it.
        """
        self.flush()
        rendered: dict[IDialect, bytes] = {}
        for session in sessions:
            if not hears(session, entry):
                continue
            dialect = session.outlet.tune(place)
            data = rendered.get(dialect)
            if data is None:
                data = rendered[dialect] = dialect.render(entry)
            data = _addressed(session, entry, data)
            if data:
                session.outlet.deliver(data)


class Audience:
    """Who hears a room, grouped by dialect."""

    __slots__ = ("_broadcast", "_dialects", "_groups", "_room", "_told")

    def __init__(self, room: str, broadcast: Broadcast) -> None:
        """
        @param room: the room's folded name.
        @param broadcast: flushes this audience at the end of a turn in which it was told something.
        """
        self._room = room
        self._broadcast = broadcast
        self._groups: dict[IDialect, _Group] = {}
        self._dialects: dict[str, IDialect] = {}
        self._told: _Told | None = None

    def add(self, session: Session) -> None:
        """
        Let a session hear what comes from now on, in the dialect to which its outlet is tuned; or in that from now on,
        where it listens already.  When it begins to ignore others, or ends that, it is to be added again.
        """
        self.remove(session)
        dialect = self._dialects[session.id] = session.outlet.tune(self._room)
        group = self._groups.get(dialect)
        if group is None:
            group = self._groups[dialect] = _Group()
        group.add(session)
        if self._told is not None:
            self._told.marks[session.id] = len(self._told.entries)

    def remove(self, session: Session) -> None:
        """Let a session hear nothing more, once it has what was told until now."""
        self.settle(session)
        dialect = self._dialects.pop(session.id, None)
        if dialect is not None:
            group = self._groups[dialect]
            group.remove(session)
            if not group.sessions:
                del self._groups[dialect]

    def settle(self, session: Session) -> None:
        """Give a session what waits for it, where it listens."""
        dialect = self._dialects.get(session.id)
        if dialect is not None and self._told is not None:
            self._told.give(session, dialect)

    def move(self, room: str) -> None:
        """
        Be the audience of a room under its new name: who listens has what was told until now, and is to be added again,
        so that the dialect is the one for the new name.

        @param room: its folded name.
        """
        self.flush()
        self._room = room

    def tell(self, entry: Entry, speaker: str | None = None, chosen: Container[str] | None = None) -> None:
        """
        Tell an entry at the end of the turn.

        @param speaker: the id of the session that does not hear it unless it asked for its echo.
        @param chosen: the ids of the sessions that hear it; C{None} where all do.
        """
        told = self._told
        if told is None:
            told = self._told = _Told()
            self._broadcast.enlist(self)
        told.entries.append(entry)
        told.speakers.append(speaker)
        if entry.event.label is not None:
            told.labelled.add(entry.event.label.session)
        if chosen is not None:
            told.chosen[entry.sequence] = chosen

    def flush(self) -> None:
        """Give what waits to every listener."""
        told, self._told = self._told, None
        if told is not None:
            told.giveAll(self._groups)


class _Group:
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

    def add(self, session: Session) -> None:
        """Let a session hear, too."""
        self.sessions[session.id] = session
        if not session.ignored:
            self.alike[session.id] = session.outlet.deliver

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


class _Told:
    """
    What a room was told in one turn.

    @ivar entries: what it was told.
    @ivar speakers: for each entry the id of the session that said it, or C{None}.
    @ivar marks: how many of the entries a session has had, or is not to have, by its id; 0 where it is not here.
    @ivar labelled: the ids of sessions that have a label on something.
    @ivar chosen: who hears an entry that is not for all, by its sequence number.
    """

    __slots__ = ("_written", "chosen", "entries", "labelled", "marks", "speakers")

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.speakers: list[str | None] = []
        self.marks: dict[str, int] = {}
        self.labelled: set[str] = set()
        self.chosen: dict[int, Container[str]] = {}
        self._written: dict[IDialect, list[bytes]] = {}

    def give(self, session: Session, dialect: IDialect) -> None:
        """Give a session what it has not had yet."""
        start = self.marks.get(session.id, 0)
        if start < len(self.entries):
            self.marks[session.id] = len(self.entries)
            data = self._own(session, self._chunks(dialect), start)
            if data:
                session.outlet.deliver(data)

    def giveAll(self, groups: Mapping[IDialect, _Group]) -> None:
        """Give each session what it has not had yet."""
        apart = dict.fromkeys((*self.speakers, *self.labelled, *self.marks))
        for dialect, group in groups.items():
            chunks = self._chunks(dialect)
            if self.chosen or self.labelled:
                self._giveApart(group.sessions, chunks, apart)
                continue
            runs = _runs(chunks, self.speakers)
            shared = b"".join([run for _, run in runs])
            alike, others = group.divide(apart)
            if shared:
                for deliver in alike:
                    deliver(shared)
            long = len(shared) >= SHARED * len(runs)
            for session in others:
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

    def _giveApart(self, sessions: Mapping[str, Session], chunks: list[bytes], apart: Container[str | None]) -> None:
        """Do so where somebody has a label on something, or something is not for all."""
        shared = b"".join(chunks)
        selections = {(True,) * len(chunks): shared}
        for session in sessions.values():
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

    def _chunks(self, dialect: IDialect) -> list[bytes]:
        """What each entry is in a dialect; it is rendered once."""
        chunks = self._written.setdefault(dialect, [])
        if len(chunks) < len(self.entries):
            chunks += [dialect.render(entry) for entry in self.entries[len(chunks) :]]
        return chunks

    def _own(self, session: Session, chunks: list[bytes], start: int) -> bytes:
        """What a session hears from an entry on."""
        entries, labelled = self.entries, session.id in self.labelled
        mute = not session.echo and session.id in self.speakers[start:]
        if not (labelled or mute or session.ignored or self.chosen):
            return b"".join(chunks[start:])
        return b"".join(
            [
                _addressed(session, entry, chunk) if labelled else chunk
                for entry, chunk in zip(entries[start:], chunks[start:], strict=True)
                if self._isFor(session, entry)
            ]
        )

    def _isFor(self, session: Session, entry: Entry) -> bool:
        chosen = self.chosen.get(entry.sequence)
        return (chosen is None or session.id in chosen) and hears(session, entry)


def _runs(chunks: list[bytes], speakers: list[str | None]) -> list[tuple[str | None, bytes]]:
    """
    Put together what was said by the same session without another in between.

    @param speakers: who said each chunk; C{None} for what everyone hears.
    """
    pairs = zip(chunks, speakers, strict=True)
    return [(speaker, b"".join([chunk for chunk, _ in said])) for speaker, said in groupby(pairs, itemgetter(1))]


def hears(session: Session, entry: Entry) -> bool:
    """
    Whether an entry is for this session: not what it said itself without asking for its echo, nor from one it ignores.
    """
    event = entry.event
    if isinstance(event, (Said, Told, RoomSignalled, Signalled)) and event.session == session.id:
        return session.echo
    return not isIgnored(session, event)


def isIgnored(session: Session, event: Event) -> bool:
    """Whether a session does not want to hear this of its source: a text, tags, or an invitation."""
    if not session.ignored or not isinstance(event, (Said, Told, RoomSignalled, Signalled, Invited)):
        return False
    return fold(event.source.nick) in session.ignored


def _addressed(session: Session, entry: Entry, data: bytes) -> bytes:
    """What one session is given of an entry: the data, unless it put a label on what led to it."""
    label = entry.event.label
    if label is None or label.session != session.id or not data:
        return data
    return session.outlet.echo(entry, data)
