"""
The fan-out: each dialect renders an entry once, and all its listeners share one bytes object per room and turn.

Entries for a room wait until the end of the turn.  Then each dialect present renders each entry once and joins the
results, and every listener gets that same bytes object.  Some sessions get a selection of their own: those that spoke
in the turn, ignore somebody, joined during the turn, or labelled their request.  If an entry is for some listeners
only, every session gets a selection.

Before a session leaves a room or is sent something else, it gets the entries that wait for it.  If it is in one room
only, the other listeners of that room are not flushed.  So all sessions see the same order.

Dialects and outlets belong to doors, which may be third-party code.  If one raises, only its own sessions are affected:
they are reported, and disconnected later.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from twistchat.chat.fanout.delivery import IGNORABLE, Delivery, Group, passesFilter
from twistchat.chat.model.events import Entry, Source
from twistchat.chat.model.sessions import Origin

if TYPE_CHECKING:
    from twistchat.chat.fanout.delivery import Departures
    from twistchat.chat.model.sessions import Session
    from twistchat.interfaces import IDialect, IOutlet


WATCHED = "*"
"""The place of entries about watched users.  No room and no other place has this name."""

NOTICES = "!"
"""The place of server notices for operators (user mode C{s})."""

ASIDE = frozenset({WATCHED, NOTICES})
"""The places that are not rooms.  A door need not report entries from them."""


class Broadcast:
    """
    Delivers entries to sessions in order, and keeps the audiences that have entries waiting.

    @ivar departures: disconnects sessions.
    @ivar delivered: the number of deliveries, approximately: an entry that five sessions heard counts five times.  It
        is counted once for each room and turn.
    """

    __slots__ = ("_atTurnEnd", "_waiting", "delivered", "departures")

    def __init__(self, atTurnEnd: Callable[[Callable[[], None]], None], departures: Departures) -> None:
        """
        @param atTurnEnd: calls a function at the end of this turn, before outboxes send.
        @param departures: gets a report of each dialect and outlet that raises.
        """
        self._atTurnEnd = atTurnEnd
        self.departures = departures
        self.delivered = 0
        self._waiting: list[Audience] = []

    def enlist(self, audience: Audience) -> None:
        """Flush this audience at the end of the turn."""
        if not self._waiting:
            self._atTurnEnd(self.flush)
        self._waiting.append(audience)

    def flush(self) -> None:
        """Deliver all waiting entries."""
        waiting, self._waiting = self._waiting, []
        for audience in waiting:
            audience.flush()

    def flushTo(self, session: Session) -> None:
        """Deliver the entries that wait for a session, so that other output can follow them."""
        if not self._waiting or session.user is None:
            return
        rooms = session.user.rooms
        if len(rooms) == 1:
            for room in rooms.values():
                room.audience.flushTo(session)
            return
        # Flush whole audiences, so that other listeners see the same order across these rooms.  Iterate over the
        # shorter of the two lists: a user may be in many rooms, few of which have entries waiting.
        if len(rooms) <= len(self._waiting):
            waiting = [room.audience for room in rooms.values()]
        else:
            waiting = [audience for audience in self._waiting if audience.has(session)]
        for audience in waiting:
            audience.flush()

    def regroup(self, session: Session) -> None:
        """Regroup a session in all its rooms, after its dialects or its ignore list changed."""
        if session.user is not None:
            for room in session.user.rooms.values():
                room.audience.add(session)

    def send(self, entry: Entry, sessions: Iterable[Session], place: str = "", origin: Origin | None = None) -> None:
        """
        Deliver an entry that belongs to no single room to these sessions, after all waiting entries.

        @param place: the place of the entry.  See L{IOutlet.dialectFor <twistchat.interfaces.IOutlet.dialectFor>}.
        @param origin: the request that led to it.
        """
        self.flush()
        ignorable = isinstance(entry.event, IGNORABLE)
        asking = None if origin is None else origin.session
        groups: dict[IDialect, list[Session]] = {}
        for session in sessions:
            if session.closed or (ignorable and not passesFilter(session, entry)):
                continue
            try:
                dialect = session.outlet.dialectFor(place)
                if dialect in groups:
                    groups[dialect].append(session)
                else:
                    groups[dialect] = [session]
            except Exception as error:
                self.departures.broken(session.outlet, [session], error)
        for dialect, listening in groups.items():
            self.delivered += len(listening)
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

    def roomRenamed(self, session: Session, old: str, entry: Entry, origin: Origin | None) -> None:
        """Report a new name of a room.  See L{IOutlet.roomRenamed <twistchat.interfaces.IOutlet.roomRenamed>}."""
        label = origin.label if origin is not None and origin.session is session else None
        self._call(session, lambda outlet: outlet.roomRenamed(old, entry, label))

    def hostChanged(self, session: Session, entry: Entry, before: Source) -> None:
        """Report a new host of a user.  See L{IOutlet.hostChanged <twistchat.interfaces.IOutlet.hostChanged>}."""
        self._call(session, lambda outlet: outlet.hostChanged(entry, before))

    def attached(self, session: Session, entry: Entry, before: Source, left: Sequence[str]) -> None:
        """Report that a session has another user.  See L{IOutlet.attached <twistchat.interfaces.IOutlet.attached>}."""
        self._call(session, lambda outlet: outlet.attached(entry, before, left))

    def nickClaimed(self, session: Session, nick: str, seconds: float) -> None:
        """Report a nick of an account.  See L{IOutlet.nickClaimed <twistchat.interfaces.IOutlet.nickClaimed>}."""
        self._call(session, lambda outlet: outlet.nickClaimed(nick, seconds))

    def roomEntered(self, session: Session, room: str) -> None:
        """Report a room that was joined.  See L{IOutlet.roomEntered <twistchat.interfaces.IOutlet.roomEntered>}."""
        self._call(session, lambda outlet: outlet.roomEntered(room))

    def markerMoved(self, session: Session, target: str, time: int) -> None:
        """Report a read marker.  See L{IOutlet.markerMoved <twistchat.interfaces.IOutlet.markerMoved>}."""
        self._call(session, lambda outlet: outlet.markerMoved(target, time))

    def inboxWaiting(self, session: Session) -> None:
        """Report private texts that wait.  See L{IOutlet.inboxWaiting <twistchat.interfaces.IOutlet.inboxWaiting>}."""
        self._call(session, lambda outlet: outlet.inboxWaiting())

    def disconnect(self, session: Session, reason: str) -> None:
        """Ask an outlet to close its connection."""
        self._call(session, lambda outlet: outlet.disconnect(reason))

    def _call(self, session: Session, call: Callable[[IOutlet], None]) -> None:
        """Call an outlet, unless its connection is gone.  If it raises, report it."""
        if session.closed:
            return
        try:
            call(session.outlet)
        except Exception as error:
            self.departures.broken(session.outlet, [session], error)


class Audience:
    """The sessions that listen to a room, grouped by dialect."""

    __slots__ = ("_broadcast", "_delivery", "_dialects", "_groups", "_room")

    def __init__(self, room: str, broadcast: Broadcast) -> None:
        """
        @param room: the room's folded name.
        @param broadcast: flushes this audience at the end of each turn in which entries were added.
        """
        self._room = room
        self._broadcast = broadcast
        self._groups: dict[IDialect, Group] = {}
        self._dialects: dict[str, IDialect] = {}
        self._delivery: Delivery | None = None

    def add(self, session: Session) -> None:
        """
        Add a session; it gets the entries from now on, in the dialect that its outlet names for this room.  Add it
        again after its dialect or its ignore list changed.  A session whose connection is gone is not added.
        """
        if session.id in self._dialects:
            self.remove(session)
        if session.closed:
            return
        try:
            dialect, deliver = session.outlet.dialectFor(self._room), session.outlet.deliver
            group = self._groups.get(dialect)
        except Exception as error:
            self._broadcast.departures.broken(session.outlet, [session], error)
            return
        if group is None:
            group = self._groups[dialect] = Group()
        self._dialects[session.id] = dialect
        group.add(session, deliver)
        if self._delivery is not None:
            self._delivery.offsets[session.id] = len(self._delivery.entries)

    def remove(self, session: Session) -> None:
        """Deliver the entries that wait for a session, then remove it."""
        self.flushTo(session)
        dialect = self._dialects.pop(session.id, None)
        if dialect is not None:
            group = self._groups[dialect]
            group.remove(session)
            if not group.sessions:
                del self._groups[dialect]

    def sessions(self) -> Iterable[Mapping[str, Session]]:
        """All listeners, by id, in one mapping per dialect."""
        return [group.sessions for group in self._groups.values()]

    def has(self, session: Session) -> bool:
        """Whether a session is in this audience."""
        return session.id in self._dialects

    def flushTo(self, session: Session) -> None:
        """Deliver the entries that wait for a session, if it is in this audience."""
        dialect = self._dialects.get(session.id)
        if dialect is not None and self._delivery is not None:
            self._delivery.deliverTo(session, dialect)

    def move(self, room: str) -> None:
        """
        Flush, then remove all sessions, because the room has a new name.  The caller adds the sessions again, so that
        their outlets choose the dialect for the new name.

        @param room: the folded new name.
        """
        self.flush()
        self._groups, self._dialects = {}, {}
        self._room = room

    def publish(
        self,
        entry: Entry,
        origin: Origin | None = None,
        sender: str | None = None,
        recipients: Container[str] | None = None,
    ) -> None:
        """
        Deliver an entry to the room at the end of the turn.

        @param origin: the request that led to it.
        @param sender: the id of the session that sent it, which gets it only if it asked for its echo.
        @param recipients: the ids of the sessions that get it; C{None} for all.
        """
        delivery = self._delivery
        if delivery is None:
            delivery = self._delivery = Delivery(self._broadcast.departures)
            self._broadcast.enlist(self)
        delivery.entries.append(entry)
        delivery.senders.append(sender)
        if origin is not None:
            delivery.origins[entry.sequence] = origin
            delivery.labelled.add(origin.session.id)
        if recipients is not None:
            delivery.recipients[entry.sequence] = recipients

    def flush(self) -> None:
        """Deliver all waiting entries to all listeners."""
        delivery, self._delivery = self._delivery, None
        if delivery is not None:
            self._broadcast.delivered += len(delivery.entries) * len(self._dialects)
            delivery.deliverAll(self._groups)
