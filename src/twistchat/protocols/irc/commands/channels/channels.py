"""Commands on channels: join and leave, topic, names, and the commands of channel operators."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from math import ceil
from typing import TYPE_CHECKING

from twistchat.chat.errors import (
    BadRoomName,
    ChatError,
    Forwarded,
    NoSuchRoom,
    RoomLookalike,
    RoomNameInUse,
    TooFast,
)
from twistchat.chat.model.names import fold
from twistchat.net.client.table import CommandTable
from twistchat.protocols.irc.attaching import introduceLater
from twistchat.protocols.irc.commands.table import MODERN, Command, Outcome
from twistchat.protocols.irc.history.joining import Entering
from twistchat.protocols.irc.replies.formatting import middle
from twistchat.protocols.irc.replies.rooms import endNames, showNames, showRoom, showTopic
from twistchat.wire.irc import numerics as n

if TYPE_CHECKING:
    from twistchat.chat.model.users import User
    from twistchat.protocols.irc.protocol import IrcConnection
    from twistchat.protocols.irc.replies.reply import Reply
    from twistchat.wire.irc.message import Message

LISTENERS_A_STEP = 16
"""The number of listeners to an event that count as one step."""

table = CommandTable(Command)


@table.command("JOIN", "<channel>{,<channel>} [<key>{,<key>}] | 0", "come into channels", MODERN, minParams=1)
async def join(client: IrcConnection, message: Message, reply: Reply) -> None:
    """
    C{JOIN}: joins channels, each with its key; C{0} leaves all.

    The names of a channel are sent before the next channel is joined, so that the channel's later events come after
    them.
    """
    if message.params[0] == "0":
        await _leave(client, reply, _roomNames(client.user), "")
        return
    names = message.params[0].split(",")
    keys = message.params[1].split(",") if len(message.params) > 1 else []
    for name, key in zip_longest(names, keys[: len(names)]):
        if not name:
            continue
        reply.flush()
        await reply.step(_steps(client, name))
        try:
            await _join(client, reply, name, key or None)
        except ChatError as e:
            reply.error(e, name)


async def _join(client: IrcConnection, reply: Reply, name: str, key: str | None) -> None:
    """Join a room, or the room that it forwards to.  A second forward is not followed."""
    chat, session = client.context.chat, client.openSession
    client.joining = fold(name)
    try:
        try:
            receipt = chat.membership.join(reply.asker, name, key)
        except Forwarded as forward:
            reply.error(forward, name)
            reply.flush()
            name = forward.to
            client.joining = fold(name)
            try:
                receipt = chat.membership.join(reply.asker, name)
            except Forwarded as again:
                raise again.why from None
        if receipt is None:
            return
        entry = await receipt
    finally:
        client.joining = ""
    room = None if session.user is None else session.user.rooms.get(fold(name))
    if room is None:
        return
    if room.members[client.user.source.uid].since != entry.sequence:
        introduceLater(client, [room])  # another session of the user has joined it meanwhile
        return
    with Entering(client, reply) as entering:
        await entering.reached()
        await reply.share()
        if session.user is None or session.user.source.uid not in room.members:
            return
        await showRoom(client, reply, room)
        await entering.show(reply, room, entry.sequence)


@table.command("PART", "<channel>{,<channel>} [<reason>]", "leave channels", MODERN, minParams=1)
async def part(client: IrcConnection, message: Message, reply: Reply) -> None:
    """C{PART}: leaves channels.  A reason that is too long is cut."""
    names = _splitNames(message.params[0])
    reply.onlyEvent = len(names) == 1
    await _leave(client, reply, names, _reason(client, message, 1))


async def _leave(client: IrcConnection, reply: Reply, names: Iterable[str], reason: str) -> None:
    for name in names:
        reply.flush()
        await reply.step(_steps(client, name))
        if client.shownIsRead and name.startswith("#"):
            client.context.chat.markers.markShown(client.openSession, int(client.context.wall() * 1000), fold(name))
        try:
            await client.context.chat.membership.part(reply.asker, name, reason)
        except ChatError as e:
            reply.error(e, name)


@table.command(
    "KICK", "<channel>{,<channel>} <nick>{,<nick>} [<reason>]", "put people out of a channel", MODERN, minParams=2
)
async def kick(client: IrcConnection, message: Message, reply: Reply) -> None:
    """C{KICK}: removes several nicks from one channel, or each nick from a channel of its own."""
    names, nicks = message.params[0].split(","), message.params[1].split(",")
    if len(names) == 1:
        names *= len(nicks)
    if len(names) != len(nicks):
        text = "One channel is wanted, or as many channels as nicks"
        reply.numeric(n.ERR_NEEDMOREPARAMS, "KICK", text)
        return
    reason = _reason(client, message, 2)
    reply.onlyEvent = len(names) == 1
    for name, nick in zip(names, nicks, strict=True):
        reply.flush()
        await reply.step(_steps(client, name))
        try:
            await client.context.chat.membership.kick(reply.asker, name, nick, reason)
        except ChatError as e:
            reply.error(e, name)


@table.command("INVITE", "[<nick> <channel>]", "let someone into a channel, or list who lets you in", MODERN)
async def invite(client: IrcConnection, message: Message, reply: Reply) -> None:
    """C{INVITE}: invites a user; without parameters, lists the client's invitations."""
    if not message.params:
        for invitedTo in sorted(room.name for room in client.user.invitations):
            await reply.step()
            reply.numeric(n.RPL_INVITELIST, invitedTo)
        reply.numeric(n.RPL_ENDOFINVITELIST, "End of /INVITE list")
        return
    if len(message.params) < 2:
        reply.numeric(n.ERR_NEEDMOREPARAMS, "INVITE", "Not enough parameters: <nick> <channel>")
        return
    nick, name = message.params[:2]
    chat = client.context.chat
    await chat.membership.invite(reply.asker, name, nick)
    invitee, room = chat.state.users.named(nick), chat.state.rooms.get(name)
    if invitee is None or room is None:
        return
    reply.numeric(n.RPL_INVITING, invitee.nick, room.name)
    if invitee.away is not None:
        reply.numeric(n.RPL_AWAY, invitee.nick, invitee.away)


@table.command("TOPIC", "<channel> [<topic>]", "show or set a channel's topic", MODERN, minParams=1)
def topic(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """C{TOPIC}: shows or sets the topic.  A client may read the topics of all channels that are visible to it."""
    name = message.params[0]
    if len(message.params) == 1:
        showTopic(reply, client.context.chat.channels.visible(client.openSession, name))
        return None
    reply.onlyEvent = True
    return client.context.chat.channels.setTopic(reply.asker, name, message.params[1])


@table.command("NAMES", "[<channel>]", "list who is in a channel", MODERN)
async def names(client: IrcConnection, message: Message, reply: Reply) -> None:
    """C{NAMES}: lists the members of the first channel; TARGMAX says that it is the only one."""
    name = message.params[0].split(",")[0] if message.params else ""
    try:
        room = client.context.chat.channels.visible(client.openSession, name)
    except NoSuchRoom:
        endNames(reply, middle(name))
    else:
        await showNames(client, reply, room)


@table.command("RENAME", "<channel> <channel> [<reason>]", "rename a channel", "IRCv3 channel-rename", minParams=2)
async def rename(client: IrcConnection, message: Message, reply: Reply) -> None:
    """C{RENAME}: renames a channel.  A client may use it without the capability."""
    old, new = message.params[:2]
    try:
        reason = _reason(client, message, 2)
        receipt = client.context.chat.channels.rename(reply.asker, old, new, reason)
        if receipt is not None:
            await receipt
            user = client.openSession.user
            room = None if user is None else user.rooms.get(reply.enteredRoom)
            if room is not None:
                await showRoom(client, reply, room)
    except RoomNameInUse:
        reply.fail("CHANNEL_NAME_IN_USE", middle(old), middle(new), "The channel name is already taken")
    except RoomLookalike as e:
        text = f"The channel cannot be renamed: that looks like {e.existing}, which exists"
        reply.fail("CANNOT_RENAME", middle(old), middle(new), text)
    except BadRoomName as e:
        reply.fail("CANNOT_RENAME", middle(old), middle(new), f"The channel cannot be renamed: the name {e.why}")
    except TooFast as e:
        text = f"This channel has been renamed recently; try again in {ceil(e.wait)} s"
        reply.fail("CANNOT_RENAME", middle(old), middle(new), text)


@table.command(
    "OJOIN",
    "<channel>",
    "come into a channel past its locks, as its founder",
    "InspIRCd's ojoin module",
    minParams=1,
    privilege="rooms",
)
async def takeOver(client: IrcConnection, message: Message, reply: Reply) -> None:
    """C{OJOIN}: an operator of the server joins a channel as its founder.  All members see it."""
    name = message.params[0]
    await _join(client, reply, name, None)
    reply.flush()
    receipt = client.context.chat.channels.takeOver(reply.asker, name)
    if receipt is not None:
        await receipt


def _roomNames(user: User) -> Iterator[str]:
    """Iterate over the names of a user's rooms, and skip the rooms that the user has left meanwhile."""
    rooms = deque(user.rooms.values())
    while rooms:
        room = rooms.popleft()
        if user.source.uid in room.members:
            yield room.name


def _steps(client: IrcConnection, name: str) -> int:
    """Compute the number of steps that a join or part takes, since all members receive it."""
    room = client.context.chat.state.rooms.get(name)
    return 2 if room is None else 2 + len(room.members) // LISTENERS_A_STEP


def _splitNames(text: str) -> list[str]:
    """Split a list of names, and remove empty names and duplicates."""
    return list({fold(name): name for name in reversed(text.split(",")) if name}.values())[::-1]


def _reason(client: IrcConnection, message: Message, index: int) -> str:
    """Get the reason at this index of the parameters, cut to the limit; C{""} if there is none."""
    given = message.params[index] if len(message.params) > index else ""
    return given[: client.settings.limits.reason]
