"""
The fan-out: one rendering a dialect, one bytes object for all who hear the same turn of a room.

What is told to a room waits until the end of the turn.  Then each dialect present renders each entry once, the turn's
lines are joined once a dialect, and every listener is given that same bytes object.  Those who spoke in the turn, those
who ignore somebody, those who came in its midst, and those who put a label on what they asked for get a selection of
their own; and all of them do where something was not for all.

Who leaves, or is to be sent something in between, is first given what waits for them; where they are in one room only,
the others in it are not disturbed.  So everyone sees one order.

Dialects and outlets belong to doors, which others may have written.  One that raises harms only its own sessions: they
are reported, to be disconnected later, and everyone else hears everything.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from typing import TYPE_CHECKING

from twistchat.chat.fanout.delivery import IGNORABLE, Delivery, Group, hears
from twistchat.chat.model.events import Entry, Source
from twistchat.chat.model.origin import Origin

if TYPE_CHECKING:
    from twistchat.chat.fanout.delivery import Departures
    from twistchat.chat.model.users import Session
    from twistchat.interfaces import IDialect


WATCHED = "*"
"""The place from which news of watched users comes: no room is called that, nor any other of these places."""

NOTICES = "!"
"""The place from which operators of the server hear what it tells them (user mode C{s})."""

ASIDE = frozenset({WATCHED, NOTICES})
"""The places of which a door may have nothing to tell."""


class Broadcast:
    """
    The audiences that have something waiting, and the way to one listener that keeps their order.

    @ivar departures: disconnects sessions.
    """

    __slots__ = ("_waiting", "_wake", "departures")

    def __init__(self, wake: Callable[[], None], departures: Departures) -> None:
        """
        @param wake: called when something begins to wait: L{flush} is to be called at the end of this turn.
        @param departures: is told of each dialect and outlet that raises.
        """
        self._wake = wake
        self.departures = departures
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
        if not self._waiting or session.user is None:
            return
        rooms = session.user.rooms
        if len(rooms) == 1:
            for room in rooms.values():
                room.audience.settle(session)
            return
        # Others, too, see what they did in these rooms in that order.  Who is in many may have few that wait.
        if len(rooms) <= len(self._waiting):
            waiting = [room.audience for room in rooms.values()]
        else:
            waiting = [audience for audience in self._waiting if audience.has(session)]
        for audience in waiting:
            audience.flush()

    def regroup(self, session: Session) -> None:
        """Let a session hear the rooms where it is in another way: it is tuned to other dialects, or ignores others."""
        if session.user is not None:
            for room in session.user.rooms.values():
                room.audience.add(session)

    def tell(self, entry: Entry, sessions: Iterable[Session], place: str = "", origin: Origin | None = None) -> None:
        """
        Give an entry that is not of one room to these sessions, behind all that waits.

        @param place: whence it comes, as L{IOutlet.tune <twistchat.interfaces.IOutlet.tune>} has it.
        @param origin: the request that led to it.
        """
        self.flush()
        ignorable = isinstance(entry.event, IGNORABLE)
        asking = None if origin is None else origin.session
        groups: dict[IDialect, list[Session]] = {}
        for session in sessions:
            if session.closed or (ignorable and not hears(session, entry)):
                continue
            try:
                dialect = session.outlet.tune(place)
                if dialect in groups:
                    groups[dialect].append(session)
                else:
                    groups[dialect] = [session]
            except Exception as error:
                self.departures.broken(session.outlet, [session], error)
        for dialect, listening in groups.items():
            try:
                data = dialect.render(entry)
            except Exception as error:
                self.departures.broken(dialect, listening, error)
                continue
            for session in listening if data else ():
                try:
                    own = data
                    if session is asking and origin is not None:
                        own = session.outlet.echo(origin.label, data)
                    if own:
                        session.outlet.deliver(own)
                except Exception as error:
                    self.departures.broken(session.outlet, [session], error)

    def moved(self, session: Session, old: str, entry: Entry, origin: Origin | None) -> None:
        """Tell an outlet of a room's new name.  See L{IOutlet.moved <twistchat.interfaces.IOutlet.moved>}."""
        if session.closed:
            return
        try:
            session.outlet.moved(old, entry, origin.label if origin is not None and origin.session is session else None)
        except Exception as error:
            self.departures.broken(session.outlet, [session], error)

    def rehosted(self, session: Session, entry: Entry, before: Source) -> None:
        """Tell an outlet of a user's new host.  See L{IOutlet.rehosted <twistchat.interfaces.IOutlet.rehosted>}."""
        if session.closed:
            return
        try:
            session.outlet.rehosted(entry, before)
        except Exception as error:
            self.departures.broken(session.outlet, [session], error)

    def disconnect(self, session: Session, reason: str) -> None:
        """Have an outlet close its connection, unless that is gone."""
        if session.closed:
            return
        try:
            session.outlet.disconnect(reason)
        except Exception as error:
            self.departures.broken(session.outlet, [session], error)


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
        self._groups: dict[IDialect, Group] = {}
        self._dialects: dict[str, IDialect] = {}
        self._told: Delivery | None = None

    def add(self, session: Session) -> None:
        """
        Let a session hear what comes from now on, in the dialect to which its outlet is tuned; or in that from now on,
        where it listens already.  When it begins to ignore others, or ends that, it is to be added again.  A session
        whose connection is gone is not added.
        """
        self.remove(session)
        if session.closed:
            return
        try:
            dialect, deliver = session.outlet.tune(self._room), session.outlet.deliver
            group = self._groups.get(dialect)
        except Exception as error:
            self._broadcast.departures.broken(session.outlet, [session], error)
            return
        if group is None:
            group = self._groups[dialect] = Group()
        self._dialects[session.id] = dialect
        group.add(session, deliver)
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

    def sessions(self) -> Iterable[Mapping[str, Session]]:
        """All who listen, by id, in parts."""
        return [group.sessions for group in self._groups.values()]

    def has(self, session: Session) -> bool:
        """Whether a session listens."""
        return session.id in self._dialects

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
        self._groups, self._dialects = {}, {}
        self._room = room

    def tell(
        self,
        entry: Entry,
        origin: Origin | None = None,
        speaker: str | None = None,
        chosen: Container[str] | None = None,
    ) -> None:
        """
        Tell an entry at the end of the turn.

        @param origin: the request that led to it.
        @param speaker: the id of the session that does not hear it unless it asked for its echo.
        @param chosen: the ids of the sessions that hear it; C{None} where all do.
        """
        told = self._told
        if told is None:
            told = self._told = Delivery(self._broadcast.departures)
            self._broadcast.enlist(self)
        told.entries.append(entry)
        told.speakers.append(speaker)
        if origin is not None:
            told.origins[entry.sequence] = origin
            told.labelled.add(origin.session.id)
        if chosen is not None:
            told.chosen[entry.sequence] = chosen

    def flush(self) -> None:
        """Give what waits to every listener."""
        told, self._told = self._told, None
        if told is not None:
            told.giveAll(self._groups)
