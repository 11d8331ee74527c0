"""
The fan-out: one rendering a dialect, one bytes object for all who hear the same turn of a room.

What is told to a room waits until the end of the turn.  Then each dialect present renders each entry once, the turn's
lines are joined once a dialect, and every listener is given that same bytes object.  Those who spoke in the turn, those
who ignore somebody, and those who put a label on what they asked for get a selection of their own; and all of them do
where something was not for all.

Whatever changes who listens, or must reach one listener in between, first flushes what waits; so everyone sees one
order.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
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
            for room in session.user.rooms.values():
                room.audience.flush()

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

    __slots__ = ("_broadcast", "_chosen", "_dialects", "_entries", "_groups", "_labelled", "_room", "_speakers")

    def __init__(self, room: str, broadcast: Broadcast) -> None:
        """
        @param room: the room's folded name.
        @param broadcast: flushes this audience at the end of a turn in which it was told something.
        """
        self._room = room
        self._broadcast = broadcast
        self._groups: dict[IDialect, dict[str, Session]] = {}
        self._dialects: dict[str, IDialect] = {}
        self._entries: list[Entry] = []
        self._speakers: list[str | None] = []
        self._labelled: set[str] = set()
        self._chosen: dict[int, Container[str]] = {}

    def add(self, session: Session) -> None:
        """
        Let a session hear what comes from now on, in the dialect to which its outlet is tuned; or in that from now on,
        where it listens already.
        """
        self.remove(session)
        dialect = self._dialects[session.id] = session.outlet.tune(self._room)
        self._groups.setdefault(dialect, {})[session.id] = session

    def remove(self, session: Session) -> None:
        """Let a session hear nothing more, once it has what was told until now."""
        self.flush()
        dialect = self._dialects.pop(session.id, None)
        if dialect is not None:
            group = self._groups[dialect]
            del group[session.id]
            if not group:
                del self._groups[dialect]

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
        if not self._entries:
            self._broadcast.enlist(self)
        self._entries.append(entry)
        self._speakers.append(speaker)
        if entry.event.label is not None:
            self._labelled.add(entry.event.label.session)
        if chosen is not None:
            self._chosen[entry.sequence] = chosen

    def flush(self) -> None:
        """Give what waits to every listener."""
        entries, speakers = self._entries, self._speakers
        if not entries:
            return
        if self._labelled or self._chosen:
            self._flushApart()
            return
        self._entries, self._speakers = [], []
        spoke = set(speakers)
        for dialect, group in self._groups.items():
            chunks = [dialect.render(entry) for entry in entries]
            runs = _runs(chunks, speakers)
            shared = b"".join([run for _, run in runs])
            apart = len(shared) >= SHARED * len(runs)
            for session in group.values():
                if session.ignored:
                    both = zip(chunks, entries, strict=True)
                    own = b"".join([chunk for chunk, entry in both if hears(session, entry)])
                    if own:
                        session.outlet.deliver(own)
                elif session.id in spoke and not session.echo:
                    heard = [run for speaker, run in runs if run and speaker != session.id]
                    for data in heard if apart or len(heard) < 2 else (b"".join(heard),):
                        session.outlet.deliver(data)
                elif shared:
                    session.outlet.deliver(shared)

    def _flushApart(self) -> None:
        """Do so where somebody has a label on something, or something is not for all."""
        entries, labelled, chosen = self._entries, self._labelled, self._chosen
        apart = {*self._speakers, *labelled}
        self._entries, self._speakers, self._labelled, self._chosen = [], [], set(), {}
        for dialect, group in self._groups.items():
            chunks = [dialect.render(entry) for entry in entries]
            shared = b"".join(chunks)
            selections = {(True,) * len(entries): shared}
            for session in group.values():
                if not (chosen or session.ignored or session.id in apart):
                    data = shared
                else:
                    heard = tuple(
                        [hears(session, entry) and session.id in chosen.get(entry.sequence, group) for entry in entries]
                    )
                    if session.id in labelled:
                        own = compress(zip(chunks, entries, strict=True), heard)
                        data = b"".join([_addressed(session, entry, chunk) for chunk, entry in own])
                    else:
                        if heard not in selections:
                            selections[heard] = b"".join(compress(chunks, heard))
                        data = selections[heard]
                if data:
                    session.outlet.deliver(data)


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
