"""
The fan-out: one rendering a dialect, one bytes object for all who hear the same turn of a room.

What is told to a room waits until the end of the turn.  Then each dialect present renders each entry once, the turn's
lines are joined once a dialect, and every listener is given that same bytes object.  Those who spoke in the turn, and
those who ignore somebody, get a selection of their own.

Whatever changes who listens, or must reach one listener in between, first flushes what waits; so everyone sees one
order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from twistchat.chat.events import Entry, Event, Invited, Said, Told
from twistchat.chat.names import fold

if TYPE_CHECKING:
    from twistchat.chat.users import Session
    from twistchat.interfaces import IDialect


WATCHED = "*"
"""The place from which news of watched users comes: no room is called that."""


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
            if data:
                session.outlet.deliver(data)


class Audience:
    """Who hears a room, grouped by dialect."""

    __slots__ = ("_broadcast", "_dialects", "_entries", "_groups", "_room", "_speakers")

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
        self._speakers: set[str] = set()

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

    def tell(self, entry: Entry, speaker: str | None = None) -> None:
        """
        Tell an entry at the end of the turn.

        @param speaker: the id of the session that does not hear it unless it asked for its echo.
        """
        if not self._entries:
            self._broadcast.enlist(self)
        self._entries.append(entry)
        if speaker is not None:
            self._speakers.add(speaker)

    def flush(self) -> None:
        """Give what waits to every listener."""
        entries, speakers = self._entries, self._speakers
        if not entries:
            return
        self._entries, self._speakers = [], set()
        for dialect, group in self._groups.items():
            chunks = [dialect.render(entry) for entry in entries]
            shared = b"".join(chunks)
            for session in group.values():
                if session.ignored or (session.id in speakers and not session.echo):
                    both = zip(chunks, entries, strict=True)
                    own = b"".join([chunk for chunk, entry in both if hears(session, entry)])
                    if own:
                        session.outlet.deliver(own)
                elif shared:
                    session.outlet.deliver(shared)


def hears(session: Session, entry: Entry) -> bool:
    """
    Whether an entry is for this session: not what it said itself without asking for its echo, nor from one it ignores.
    """
    event = entry.event
    if isinstance(event, (Said, Told)) and event.session == session.id:
        return session.echo
    return not isIgnored(session, event)


def isIgnored(session: Session, event: Event) -> bool:
    """Whether a session does not want to hear this of its source: a text, or an invitation."""
    if not session.ignored or not isinstance(event, (Said, Told, Invited)):
        return False
    return fold(event.source.nick) in session.ignored
