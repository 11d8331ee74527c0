"""What a client is shown of a room: its topic, who is in it, its modes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from twistchat.chat.model.modes import prefixes
from twistchat.net.input.pace import PART_STEPS
from twistchat.wire.irc import numerics as n

if TYPE_CHECKING:
    from twistchat.chat.model.rooms import Member, Room
    from twistchat.protocols.irc.protocol import IrcConnection
    from twistchat.protocols.irc.replies.reply import Reply


async def showRoom(client: IrcConnection, reply: Reply, room: Room) -> None:
    """What someone is told who has come into a room (modern.ircdocs.horse, "JOIN message"; IRCv3 no-implicit-names)."""
    if room.topic is not None:
        showTopic(reply, room)
    if "no-implicit-names" not in client.capabilities:
        await showNames(client, reply, room)


def showTopic(reply: Reply, room: Room) -> None:
    """The topic of a room, who set it, and when in seconds since the epoch; or that there is none."""
    topic = room.topic
    if topic is None:
        reply.numeric(n.RPL_NOTOPIC, room.name, "No topic is set")
    else:
        reply.numeric(n.RPL_TOPIC, room.name, topic.text)
        reply.numeric(n.RPL_TOPICWHOTIME, room.name, topic.by, str(topic.time // 1000))


async def showNames(client: IrcConnection, reply: Reply, room: Room) -> None:
    """
    Who is in a room, as far as this client may know: those outside are not told of invisible users.

    What stands for each member depends on the capabilities multi-prefix and userhost-in-names.  Those who come while
    the names are sent are told as such; those who go meanwhile are left out.
    """
    for some in client.context.portions.split(list(room.members.items())):
        await reply.step(PART_STEPS)
        members: Iterable[Member] = [member for uid, member in some if room.members.get(uid) is member]
        if client.user.source.uid not in room.members and not client.user.may("auspex"):
            members = [member for member in members if "i" not in member.user.modes]
        head = ("@" if "s" in room.modes else "=", room.name)
        reply.numericList(n.RPL_NAMREPLY, head, _names(client, members), colon=True)
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


def _names(client: IrcConnection, members: Iterable[Member]) -> Iterator[str]:
    """Each member as NAMES has them (IRCv3 multi-prefix, userhost-in-names)."""
    several = "multi-prefix" in client.capabilities
    whole = "userhost-in-names" in client.capabilities
    for member in members:
        source, ranks = member.user.source, member.ranks
        name = f"{source.nick}!{source.username}@{source.host}" if whole else source.nick
        yield f"{prefixes(ranks if several else ranks[:1])}{name}" if ranks else name
