"""Replies about a room: its topic, members and modes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twistchat.net.input.pace import PART_STEPS
from twistchat.protocols.irc.replies.markers import replyMarker
from twistchat.protocols.irc.replies.metadata import isAware, synchronizeRoom
from twistchat.protocols.irc.replies.names import nameLines
from twistchat.wire.irc import numerics as n

if TYPE_CHECKING:
    from twistchat.chat.model.rooms import Room
    from twistchat.protocols.irc.protocol import IrcConnection
    from twistchat.protocols.irc.replies.reply import Reply


async def showRoom(client: IrcConnection, reply: Reply, room: Room) -> None:
    """
    Reply to a client that has joined a room (modern.ircdocs.horse, "JOIN message"; IRCv3 no-implicit-names).

    The read marker follows JOIN, before the names (IRCv3 read-marker, "Command flows").
    """
    if "draft/read-marker" in client.capabilities:
        replyMarker(client, reply, room.name)
    if room.topic is not None:
        showTopic(reply, room)
    if "no-implicit-names" not in client.capabilities:
        await showNames(client, reply, room)
    if isAware(client):
        await synchronizeRoom(client, reply, room)


def showTopic(reply: Reply, room: Room) -> None:
    """Reply with a room's topic, who set it, and when (in seconds since the epoch); or that there is none."""
    topic = room.topic
    if topic is None:
        reply.numeric(n.RPL_NOTOPIC, room.name, "No topic is set")
    else:
        reply.numeric(n.RPL_TOPIC, room.name, topic.text)
        reply.numeric(n.RPL_TOPICWHOTIME, room.name, topic.by, str(topic.time // 1000))


async def showNames(client: IrcConnection, reply: Reply, room: Room) -> None:
    """
    Reply with the members of a room.  Clients outside do not see invisible users.

    The capabilities multi-prefix and userhost-in-names change the format of a name.  Members who join or leave while
    the names are sent are not included; the client sees their JOIN or PART.
    """
    for index, part in enumerate(client.context.portions.split(list(room.members.items()))):
        await reply.step()
        members = [member for uid, member in part if room.members.get(uid) is member]
        if client.user.source.uid in room.members or client.user.may("auspex"):
            lines, rendered = nameLines(client, room, index, members)
        else:
            members = [member for member in members if "i" not in member.user.modes]
            lines, rendered = nameLines(client, room, -1 - index, members)
        if lines:
            reply.lines([lines])
        if not rendered:
            await reply.step(PART_STEPS - 1)
    endNames(reply, room.name)


def endNames(reply: Reply, name: str) -> None:
    """Reply that the names of a room are complete."""
    reply.numeric(n.RPL_ENDOFNAMES, name, "End of /NAMES list")


def modesOf(room: Room, inside: bool) -> list[str]:
    """
    Get the letters of a room's modes, and their parameters.

    @param inside: whether the reader may see the key.
    """
    shown = [
        "*" if letter == "k" and not inside else parameter
        for letter, parameter in room.modes.items()
        if parameter is not None
    ]
    return [f"+{''.join(room.modes)}", *shown]
