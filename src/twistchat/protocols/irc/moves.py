"""
A room's new name, for clients that do not know RENAME: they leave the one and come into the other (IRCv3
channel-rename, "Fallback").

All in the room are told at once that it has another name, and each is shown that with lines of their own.  So they take
turns: first all leave and come, and hear nothing meanwhile; then each is told who is there.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from twistchat.chat.model.events import Entry, Joined, Parted, RoomRenamed
from twistchat.chat.model.names import fold
from twistchat.net.input.pace import Gone
from twistchat.protocols.irc.reply import Reply
from twistchat.protocols.irc.rooms import showRoom

if TYPE_CHECKING:
    from twistchat.net.input.pace import Portions
    from twistchat.protocols.irc.protocol import IrcConnection

AT_ONCE: Final = 25
"""Clients who leave and come in one turn."""


class Move:
    """
    What one client is to be shown of a room's new name.

    @ivar client: the client.
    @ivar entry: of the L{RoomRenamed}.
    """

    __slots__ = ("_away", "_ranks", "_source", "client", "entry")

    def __init__(self, client: IrcConnection, entry: Entry, room: str) -> None:
        """
        @param entry: it has just happened.
        @param room: the room's new name, folded.
        """
        user = client.user
        self.client, self.entry = client, entry
        self._source, self._away = user.source, user.away
        self._ranks = user.rooms[room].members[user.source.uid].ranks

    @property
    def name(self) -> str:
        """The room's new name."""
        assert isinstance(self.entry.event, RoomRenamed)
        return self.entry.event.name

    def render(self) -> list[bytes]:
        """The lines with which the client leaves and comes."""
        event, dialect = self.entry.event, self.client.tune(self.name)
        assert isinstance(event, RoomRenamed)
        parted = Parted(self._source, event.room, event.reason)
        joined = Joined(self._source, event.name, self._away, self._ranks)
        # An id is of one message: what stands for the new name has that of the entry, the other one of its own.
        left = replace(self.entry, msgid=f"{self.entry.msgid}-part", event=parted)
        return [dialect.render(left), dialect.render(replace(self.entry, event=joined))]


class Moves:
    """Shows them."""

    _log = Logger()

    __slots__ = ("_portions", "_showing", "_toMove", "_toName")

    def __init__(self, portions: Portions) -> None:
        """
        @param portions: tells when it is its turn.
        """
        self._portions = portions
        self._showing = False
        self._toMove: deque[Move] = deque()
        self._toName: deque[Move] = deque()

    def add(self, move: Move) -> None:
        """Show a client a room's new name, as soon as may be."""
        move.client.hold()
        self._toMove.append(move)
        if not self._showing:
            self._showing = True
            Deferred.fromCoroutine(self._show())

    async def _show(self) -> None:
        while self._toMove or self._toName:
            await self._portions.wait()
            for _ in range(min(AT_ONCE, len(self._toMove))):
                self._move(self._toMove.popleft())
            if not self._toMove and self._toName:
                await self._name(self._toName.popleft())
        self._showing = False

    def _move(self, move: Move) -> None:
        """Let a client leave and come."""
        client = move.client
        try:
            client.reply(b"".join(move.render()))
            self._toName.append(move)
        except Exception:
            self._log.failure("Showing a room's new name failed")
        client.release()

    async def _name(self, move: Move) -> None:
        """Tell a client who is there, where it is in the room still."""
        client = move.client
        session = client.session
        room = None if session is None or session.user is None else session.user.rooms.get(fold(move.name))
        if room is None:
            return
        try:
            reply = Reply(client, "RENAME")
            await showRoom(client, reply, room)
            reply.finish()
        except Gone:
            return
        except Exception:
            self._log.failure("Showing who is in a room with a new name failed")
