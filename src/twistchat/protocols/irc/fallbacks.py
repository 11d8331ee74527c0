"""
Fallbacks for clients without a capability.

Clients without CHGHOST see a user with a new host quit, and rejoin the rooms that they share (IRCv3 chghost,
"Fallback").

Clients without RENAME leave a renamed room, and join it under its new name (IRCv3 channel-rename, "Fallback").  All
members of a room are concerned at once, and each needs lines of its own.  So the clients take turns: first all of them
get PART and JOIN, while their deliveries are held back, and then each of them gets the names of the members.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from msgspec.structs import replace
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from twistchat.chat.model.events import Entry, Event, Joined, Parted, Quit, RoomRenamed, Source
from twistchat.protocols.irc.attaching import introduce

if TYPE_CHECKING:
    from twistchat.interfaces import IDialect
    from twistchat.net.input.pace import Portions
    from twistchat.protocols.irc.holds import Hold
    from twistchat.protocols.irc.protocol import IrcConnection

RENAMES_PER_TURN: Final = 25
"""Clients that get PART and JOIN in one turn."""


class HostFallback:
    """
    Renders QUIT and JOIN for a user with a new host, once per dialect.

    @ivar _entry: the entry that was rendered last.
    @ivar _written: its lines, by dialect and the suffix of the message id.
    """

    __slots__ = ("_entry", "_written")

    def __init__(self) -> None:
        self._entry: Entry | None = None
        self._written: WeakKeyDictionary[IDialect, dict[str, bytes]] = WeakKeyDictionary()

    def render(self, client: IrcConnection, entry: Entry, before: Source) -> bytes:
        """
        Render the lines for one client.

        @param entry: the entry of a L{HostSet <twistchat.chat.model.events.HostSet>} that has just been applied.
        @param before: the user's names before it.
        """
        if entry is not self._entry:
            self._entry, self._written = entry, WeakKeyDictionary()
        user = client.context.chat.state.users.get(before.uid)
        if user is None:
            return b""
        lines = [self._line(client.dialectFor(""), entry, "quit", Quit(before, "Changing hostname"))]
        own = client.user.source.uid
        for number, (name, room) in enumerate(user.rooms.items()):
            if own in room.members:
                joined = Joined(user.source, room.name, user.away, room.members[before.uid].ranks)
                lines.append(self._line(client.dialectFor(name), entry, f"join{number}", joined))
        return b"".join(lines)

    def _line(self, dialect: IDialect, entry: Entry, name: str, event: Event) -> bytes:
        """
        Render an event in place of the entry.

        @param name: the suffix that makes the message id unique (IRCv3 message-ids).
        """
        written = self._written.setdefault(dialect, {})
        if name not in written:
            written[name] = dialect.render(replace(entry, msgid=f"{entry.msgid}-{name}", event=event))
        return written[name]


class RenameFallback:
    """
    Shows a renamed room to one client.

    @ivar client: the client.
    @ivar entry: the entry of the L{RoomRenamed}.
    @ivar hold: holds back deliveries to it until then.  The queue sets it.
    @ivar moved: fires when the client has got PART and JOIN.
    """

    __slots__ = ("_away", "_ranks", "_source", "client", "entry", "hold", "moved")

    def __init__(self, client: IrcConnection, entry: Entry, room: str) -> None:
        """
        @param entry: has just been applied.
        @param room: the room's new name, folded.
        """
        user = client.user
        self.client, self.entry = client, entry
        self.hold: Hold
        self.moved: Deferred[None] = Deferred()
        self._source, self._away = user.source, user.away
        self._ranks = user.rooms[room].members[user.source.uid].ranks

    @property
    def name(self) -> str:
        """The room's new name."""
        assert isinstance(self.entry.event, RoomRenamed)
        return self.entry.event.name

    def render(self) -> list[bytes]:
        """Render the client's PART and JOIN."""
        event, write = self.entry.event, self.client.render
        assert isinstance(event, RoomRenamed)
        parted = Parted(self._source, event.room, event.reason)
        joined = Joined(self._source, event.name, self._away, self._ranks)
        # A message id is unique, so JOIN has the id of the entry, and PART an id of its own.
        left = replace(self.entry, msgid=f"{self.entry.msgid}-part", event=parted)
        return [write(self.name, left), write(self.name, replace(self.entry, event=joined))]


class RenameFallbacks:
    """Shows renamed rooms to clients, a few in each turn."""

    _log = Logger()

    __slots__ = ("_portions", "_showing", "_toListNames", "_toShow")

    def __init__(self, portions: Portions) -> None:
        """
        @param portions: gives it turns.
        """
        self._portions = portions
        self._showing = False
        self._toShow: deque[RenameFallback] = deque()
        self._toListNames: deque[RenameFallback] = deque()

    def add(self, fallback: RenameFallback) -> None:
        """Queue a fallback.  The client's deliveries and next commands wait until it has got PART and JOIN."""
        fallback.hold = fallback.client.holdDeliveries()
        fallback.client.pipeline.occupy(fallback.moved)
        fallback.hold.reached().addCallback(lambda _: self._queue(fallback))

    def _queue(self, fallback: RenameFallback) -> None:
        """Show a fallback in its turn, after what its client was to see before."""
        self._toShow.append(fallback)
        if not self._showing:
            self._showing = True
            Deferred.fromCoroutine(self._show())

    async def _show(self) -> None:
        while self._toShow or self._toListNames:
            await self._portions.wait()
            for _ in range(min(RENAMES_PER_TURN, len(self._toShow))):
                self._move(self._toShow.popleft())
            if not self._toShow and self._toListNames:
                await self._name(self._toListNames.popleft())
        self._showing = False

    def _move(self, fallback: RenameFallback) -> None:
        """Send a client PART and JOIN."""
        client = fallback.client
        try:
            client.reply(b"".join(fallback.render()))
            self._toListNames.append(fallback)
        except Exception:
            self._log.failure("Showing a room's new name failed")
        fallback.hold.end()
        fallback.moved.callback(None)

    async def _name(self, fallback: RenameFallback) -> None:
        """Send a client the names of the members, if it still is in the room."""
        await introduce(fallback.client, fallback.name)
