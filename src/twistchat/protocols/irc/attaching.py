"""
Shows a client the rooms that it is in without having asked for them, because its session belongs to a user who was
there before.

Each room is shown as if the client had joined it: JOIN, the topic, and the names of the members (modern.ircdocs.horse,
"JOIN message").  The client gets all JOINs at once, before anything from these rooms.  The rest follows in portions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from twistchat.chat.model.events import Entry, Event, Joined, Parted, Renamed, Source
from twistchat.chat.model.names import fold
from twistchat.net.input.pace import Gone
from twistchat.protocols.irc.history.joining import Entering, liveFrom
from twistchat.protocols.irc.replies.reply import Reply
from twistchat.protocols.irc.replies.rooms import showRoom
from twistchat.wire.irc import numerics as n

if TYPE_CHECKING:
    from twistchat.chat.model.rooms import Room
    from twistchat.protocols.irc.protocol import IrcConnection

log = Logger()


def showRooms(client: IrcConnection, reply: Reply, entry: Entry) -> None:
    """
    Add the JOINs of a client that has come in as a user who was here before, and show the rooms later.

    @param entry: the entry with which its session started.
    """
    reply.lines(_joins(client, entry))
    client.entered = entry.sequence
    introduceLater(client, list(client.user.rooms.values()))


def showMove(client: IrcConnection, entry: Entry, before: Source, left: Sequence[str]) -> None:
    """
    Tell a client that it is another user now: it leaves its rooms, changes its nick, and joins the rooms of that user.

    @param entry: the entry of the L{SessionMoved <twistchat.chat.model.events.SessionMoved>}.
    @param before: the names of its user until now.
    @param left: the names of the rooms of that user.
    """
    user, reply = client.user, Reply(client, "NICK")
    for number, name in enumerate(left):
        parted = Parted(before, name, f"Logged in as {user.nick}")
        reply.lines([_derived(client, name, entry, f"part{number}", parted)])
    if user.nick != before.nick:
        reply.lines([_derived(client, "", entry, "nick", Renamed(before, user.nick))])
    if user.source.host != before.host:
        reply.numeric(n.RPL_VISIBLEHOST, user.source.host, "is now your visible host")
    if user.modes:
        reply.numeric(n.RPL_UMODEIS, f"+{user.modes}")
    reply.lines(_joins(client, entry))
    client.entered = entry.sequence
    introduceLater(client, list(user.rooms.values()), reply)


def introduceLater(client: IrcConnection, rooms: Sequence[Room], earlier: Reply | None = None) -> None:
    """
    Show the topics and members of rooms, and what was said there before, in later turns.

    The client's next commands wait for that.  Otherwise their replies would overtake the deliveries that are held back.

    @param earlier: what the client gets before, but behind the rooms that are being shown to it already.
    """
    if rooms or earlier is not None:
        heard = [(room.name, liveFrom(client, room)) for room in rooms]
        client.pipeline.occupy(Deferred.fromCoroutine(_introduceAll(client, heard, Entering(client), earlier)))


async def _introduceAll(
    client: IrcConnection, heard: Sequence[tuple[str, int]], entering: Entering, earlier: Reply | None
) -> None:
    with entering:
        await entering.reached()
        if earlier is not None:
            earlier.finish()
        if heard:
            await client.context.portions.wait()
        for name, first in heard:
            if not await introduce(client, name, first, entering):
                return


async def introduce(client: IrcConnection, name: str, heard: int = 0, entering: Entering | None = None) -> bool:
    """
    Show the topic and the members of a room, and what was said there before, if the client still is in it.

    @param heard: the sequence number of the first entry that the client hears live.
    @param entering: shows what was said; C{None} if that is not wanted.
    @return: false if that failed or the client has disconnected.
    """
    session = client.session
    room = None if session is None or session.user is None else session.user.rooms.get(fold(name))
    if room is None:
        return True
    try:
        reply = Reply(client, "JOIN")
        await showRoom(client, reply, room)
        if entering is not None:
            await entering.show(reply, room, heard)
        reply.finish()
    except Gone:
        return False
    except Exception:
        log.failure("Showing who is in a room failed")
        return False
    return True


def _joins(client: IrcConnection, entry: Entry) -> Iterator[bytes]:
    """Render a JOIN for each room.  The user's rank follows with the names of the members."""
    user = client.user
    for number, (name, room) in enumerate(user.rooms.items()):
        yield _derived(client, name, entry, f"join{number}", Joined(user.source, room.name))


def _derived(client: IrcConnection, place: str, entry: Entry, name: str, event: Event) -> bytes:
    """
    Render an event in place of an entry.

    @param name: the suffix that makes the message id unique (IRCv3 message-ids).
    """
    return client.render(place, replace(entry, msgid=f"{entry.msgid}-{name}", event=event))
