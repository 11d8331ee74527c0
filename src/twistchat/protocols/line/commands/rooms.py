"""Commands on rooms: join and leave, lists, topic, invitations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twistchat.chat.errors import BadRoomName, NoSuchNick, NoSuchRoom
from twistchat.chat.model.names import fold
from twistchat.chat.phrasing import counted
from twistchat.net.client.table import CommandTable
from twistchat.net.input.pace import PART_STEPS, Pace
from twistchat.protocols.line.commands.table import Command, Outcome, splitArgument
from twistchat.protocols.line.rooms import awayNotice, enterRoom, roomName, showMembers, showTopic, showUser
from twistchat.wire.plain import notice

if TYPE_CHECKING:
    from twistchat.protocols.line.protocol import LineProtocol

table = CommandTable(Command, "Rooms")


@table.command(
    "join", "#ROOM [KEY]", "come into a room, or talk in it from now on if you are there", example="/join #kitchen"
)
async def join(client: LineProtocol, argument: str) -> None:
    """C{/join}: joins a room and makes it the current one."""
    name, key = splitArgument(argument, 1, 2, "/join #ROOM [KEY]")
    assert name is not None
    await enterRoom(client, roomName(name), key)


@table.command("leave", "[#ROOM] [REASON]", "leave this room, or another", example="/leave #kitchen", aliases=("part",))
async def leave(client: LineProtocol, argument: str) -> None:
    """C{/leave}: leaves a room.  If it was the current one, the room that was joined last becomes current."""
    if argument.startswith("#"):
        name, reason = splitArgument(argument, 1, 2, "/leave [#ROOM] [REASON]")
    else:
        name, reason = client.currentRoom().name, argument
    assert name is not None
    chat = client.context.chat
    chat.markers.markShown(client.openSession, int(client.context.wall() * 1000), fold(name))
    await chat.membership.part(client.openSession, name, reason or "")
    client.chooseCurrent()


@table.command(
    "who",
    "[#ROOM or NICK]",
    "list who is in this room, or in another; or say who someone is",
    example="/who #kitchen",
    aliases=("names", "whois"),
)
async def who(client: LineProtocol, argument: str) -> None:
    """C{/who}: lists the members of a room with their ranks and away messages, or describes one user."""
    chat, pace = client.context.chat, Pace(client)
    user = chat.state.users.named(argument)
    if user is not None:
        client.reply(b"".join(showUser(client, user)))
        return
    name = roomName(argument) if argument else client.currentRoom().name
    try:
        room = chat.channels.visible(client.openSession, name)
    except (BadRoomName, NoSuchRoom):
        if argument.startswith("#"):
            raise
        raise NoSuchNick(argument) from None
    members = list(room.members.items())
    if not members:
        client.reply(notice(f"0 in {room.name}"))
    for line in showMembers(room):
        await pace.step(2)
        client.reply(line)
    for part in client.context.portions.split(members):
        await pace.step(PART_STEPS)
        for uid, member in part:
            if member.user.away is not None and room.members.get(uid) is member:
                client.reply(awayNotice(member.user))


@table.command("rooms", "", "list the rooms", aliases=("list",))
async def rooms(client: LineProtocol, argument: str) -> None:
    """C{/rooms}: lists the rooms that are not secret, largest first.  Registered rooms may be empty."""
    chat, pace, session = client.context.chat, Pace(client), client.openSession
    bySize: dict[int, list[str]] = {}
    for room in chat.channels.listed(session):
        await pace.step()
        if room is not None and (room.members or room.founder is not None):
            bySize.setdefault(len(room.members), []).append(room.name)
    count = 0
    for size in sorted(bySize, reverse=True):
        for name in sorted(bySize[size]):
            await pace.step()
            try:
                room = chat.channels.visible(session, name)
            except NoSuchRoom:
                continue
            count += 1
            client.reply(notice(f"{room.name} {len(room.members)}" + (f" {room.topic.text}" if room.topic else "")))
    client.reply(notice(counted(count, "room")))


@table.command("topic", "[TEXT]", "show this room's topic, or set it; /topic - clears it", example="/topic Tea at four")
def topic(client: LineProtocol, argument: str) -> Outcome:
    """C{/topic}: shows, sets or clears the topic."""
    room = client.currentRoom()
    if not argument:
        client.reply(showTopic(client, room))
        return None
    return client.context.chat.channels.setTopic(client.openSession, room.name, "" if argument == "-" else argument)


@table.command(
    "invite", "NICK [#ROOM]", "invite someone into this room, or another of yours", example="/invite bob #kitchen"
)
def invite(client: LineProtocol, argument: str) -> Outcome:
    """C{/invite}: invites a user, who may then pass the room's locks once."""
    nick, name = splitArgument(argument, 1, 2, "/invite NICK [#ROOM]")
    assert nick is not None
    name = client.currentRoom().name if name is None else roomName(name)
    return client.context.chat.membership.invite(client.openSession, name, nick)
