"""
Shows a client that enters a room what was said there before.

Only clients that cannot ask for history get this (IRCv3 chathistory, "Implementation").  What others say meanwhile is
held back, so that history and live messages join without gaps and duplicates.
"""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from twistchat.chat.errors import ChatError, NotRead
from twistchat.chat.fanout.delivery import isIgnored
from twistchat.chat.model.events import Entry
from twistchat.chat.model.names import fold
from twistchat.chat.model.spans import TEXTS, At
from twistchat.protocols.irc.history.playback import PLAYBACK_CAPABILITY, playJoined
from twistchat.protocols.irc.history.rendering import isRequest, render, sendLines
from twistchat.protocols.irc.settings import ircSettings

if TYPE_CHECKING:
    from twistchat.chat.model.rooms import Room
    from twistchat.protocols.irc.holds import Hold
    from twistchat.protocols.irc.protocol import IrcConnection
    from twistchat.protocols.irc.replies.reply import Reply

ASKING: Final = frozenset({"draft/chathistory", PLAYBACK_CAPABILITY})
"""The capabilities of clients that ask for history.  The server sends them none on its own."""


class Entering:
    """
    A context in which a client enters rooms and is shown their members and history.  Make it when the client has
    entered, and await L{reached} first: other rooms may be shown to the client already.

    From when it is made until it ends, deliveries to the client are held back.  They count as output that waits.  If
    they are more than a quarter of what may wait, the history ends, so that the client is not dropped.
    """

    __slots__ = ("_client", "_hold", "_reply")

    def __init__(self, client: IrcConnection, reply: Reply | None = None) -> None:
        """
        @param reply: the reply with the history; C{None} if each room has a reply of its own.
        """
        self._client = client
        self._reply = reply
        client.flushEntries()
        hold = client.holdDeliveries if reply is None or reply.label is None else reply.holdDeliveries
        self._hold: Hold | None = hold()

    def __enter__(self) -> Self:
        """Deliveries are held back already."""
        return self

    def __exit__(self, kind: type[BaseException] | None, why: BaseException | None, at: TracebackType | None) -> None:
        """Release the deliveries."""
        self._release(self._reply)

    async def reached(self) -> None:
        """Wait until everything that the client was to see before is sent, or is in the labelled reply."""
        if self._hold is not None:
            await self._hold.reached()

    def _release(self, reply: Reply | None) -> None:
        """Release the deliveries, behind a reply.  Those behind a labelled reply wait until it is sent."""
        hold, self._hold = self._hold, None
        if hold is not None and (reply is None or reply.label is None):
            if reply is not None:
                reply.flush()
            hold.end()

    async def show(self, reply: Reply, room: Room, before: int) -> None:
        """
        Add the history of a room to a reply.

        @param before: the sequence number of the entry with which the client entered the room.
        """
        client = self._client
        if PLAYBACK_CAPABILITY in client.capabilities:
            self._release(reply)  # a buffer may be long
            await playJoined(client, reply, room.name, before)
            return
        if self._hold is None or not showsHistory(client):
            return
        outbox, limits = client.outbox, client.settings.limits
        if outbox.waiting - outbox.sendable > limits.sendq // 4:
            self._release(reply)
            return
        await _showHistory(client, reply, room.name, before)


def showsHistory(client: IrcConnection) -> bool:
    """
    Whether a client is shown history without asking for it.

    Bots are not, because they would answer again what was said before.
    """
    if not ASKING.isdisjoint(client.capabilities) or client.user.source.bot:
        return False
    return client.settings.limits.historyOnJoin > 0 and ircSettings(client.settings).historyOnJoin


def liveFrom(client: IrcConnection, room: Room) -> int:
    """The sequence number of the first entry of a room that a client, who is a member, hears live."""
    return max(room.members[client.user.source.uid].since, client.entered)


async def _showHistory(client: IrcConnection, reply: Reply, name: str, before: int) -> None:
    """
    Add the last texts of a room to a reply: as many as are wanted, and as fit into a quarter of the send queue.

    A user with an account gets only those after their read marker.  Bouncers keep what they get, so anything else would
    be there twice.  If the user may not read the texts, there are none.
    """
    chat, session, limits = client.context.chat, client.openSession, client.settings.limits
    reading = chat.reading
    try:
        conversation = reading.conversation(session, name)
        marker = None if session.currentAccount is None else chat.markers.marker(session, name)
        after = None if marker is None else At(marker)
        kept = await reading.history(session, name, limits.historyOnJoin, after, before, kinds=TEXTS)
    except NotRead as e:
        reply.error(e)
        return
    except ChatError:
        return
    space, fitting, newest = limits.sendq // 4, list[bytes](), 0
    for item in reversed(kept):
        await reply.step()
        if session.user is None:
            return
        if not isinstance(item, Entry) or isIgnored(session, item.event) or isRequest(item.event):
            continue
        data = render(client, item, conversation, stamp=True)
        space -= len(data)
        if space < 0:
            break
        fitting.append(data)
        newest = max(newest, item.time)
    if fitting:
        await sendLines(client, reply, conversation.name, fitting[::-1])
        chat.markers.noteShown(session, fold(name), newest)
