"""What a client is shown of a room: its topic, who is in it, its modes; and that it has another name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from twistchat.chat.errors import NoSuchRoom
from twistchat.chat.events import Joined, Parted, RoomRenamed
from twistchat.chat.modes import prefixes
from twistchat.chat.names import fold
from twistchat.wire.irc import numerics as n

if TYPE_CHECKING:
    from twistchat.chat.events import Entry
    from twistchat.chat.rooms import Member, Room
    from twistchat.doors.irc.protocol import IrcConnection
    from twistchat.doors.irc.reply import Reply


def knownRoom(client: IrcConnection, name: str) -> Room:
    """
    A room that this client may know of: one that is not secret to it.

    @raise NoSuchRoom: there is none of this name.
    """
    room = client.backstage.chat.state.rooms.get(name)
    if room is None or room.secretTo(client.user):
        raise NoSuchRoom(name)
    return room


def showRoom(client: IrcConnection, reply: Reply, room: Room) -> None:
    """What someone is told who has come into a room (modern.ircdocs.horse, "JOIN message"; IRCv3 no-implicit-names)."""
    if room.topic is not None:
        showTopic(reply, room)
    if "no-implicit-names" not in client.capabilities:
        showNames(client, reply, room)


def showTopic(reply: Reply, room: Room) -> None:
    """The topic of a room, who set it, and when in seconds since the epoch; or that there is none."""
    topic = room.topic
    if topic is None:
        reply.numeric(n.RPL_NOTOPIC, room.name, "No topic is set")
    else:
        reply.numeric(n.RPL_TOPIC, room.name, topic.text)
        reply.numeric(n.RPL_TOPICWHOTIME, room.name, topic.by, str(topic.time // 1000))


def showNames(client: IrcConnection, reply: Reply, room: Room) -> None:
    """
    Who is in a room, as far as this client may know: those outside are not told of invisible users.

    What stands for each member depends on the capabilities multi-prefix and userhost-in-names.
    """
    members: Iterable[Member] = room.members.values()
    if client.user.source.uid not in room.members and not client.user.may("auspex"):
        members = [member for member in members if "i" not in member.user.modes]
    head = ("@" if "s" in room.modes else "=", room.name)
    reply.several(n.RPL_NAMREPLY, head, _names(client, members), colon=True)
    endNames(reply, room.name)


def endNames(reply: Reply, name: str) -> None:
    """That these were all names of a room, or of none."""
    reply.numeric(n.RPL_ENDOFNAMES, name, "End of /NAMES list")


def modesOf(room: Room, inside: bool) -> list[str]:
    """
    The modes of a room as they are set, and their parameters.

    @param inside: whether this is for someone who may know the key.
    """
    shown = [
        "*" if letter == "k" and not inside else parameter
        for letter, parameter in room.modes.items()
        if parameter is not None
    ]
    return [f"+{''.join(room.modes)}", *shown]


def showMove(client: IrcConnection, reply: Reply, old: str, entry: Entry) -> None:
    """
    Tell a client that does not know RENAME of a room's new name: it leaves the one and comes into the other (IRCv3
    channel-rename, "Fallback").

    @param old: the room's name until now.
    @param entry: of the L{RoomRenamed}.
    """
    event = entry.event
    assert isinstance(event, RoomRenamed)
    user = client.user
    room = user.rooms[fold(event.name)]
    parted = Parted(user.source, old, event.reason)
    joined = Joined(user.source, room.name, user.away, room.members[user.source.uid].ranks)
    dialect = client.tune(room.name)
    # An id is of one message: what stands for the new name has that of the entry, the other one of its own.
    reply.lines([dialect.render(replace(entry, msgid=f"{entry.msgid}-part", event=parted))])
    reply.lines([dialect.render(replace(entry, event=joined))])
    showRoom(client, reply, room)


def _names(client: IrcConnection, members: Iterable[Member]) -> Iterator[str]:
    """Each member as NAMES has them (IRCv3 multi-prefix, userhost-in-names)."""
    several = "multi-prefix" in client.capabilities
    whole = "userhost-in-names" in client.capabilities
    for member in members:
        source, ranks = member.user.source, member.ranks
        name = f"{source.nick}!{source.username}@{source.host}" if whole else source.nick
        yield f"{prefixes(ranks if several else ranks[:1])}{name}" if ranks else name
