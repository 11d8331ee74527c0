"""Commands of a room's operators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twistchat.chat.errors import NoSuchNick
from twistchat.chat.model.bans.masks import ACTING, MATCHING
from twistchat.chat.model.modes.room import RANKS, ROOM_MODES, Shape
from twistchat.net.client.table import CommandTable
from twistchat.net.input.pace import Pace
from twistchat.protocols.line.commands.table import Command, Outcome, UsageError, splitArgument
from twistchat.wire.plain import notice

if TYPE_CHECKING:
    from twistchat.protocols.line.protocol import LineProtocol

table = CommandTable(Command, "For operators of the room you are talking in")

MODE_HELP = (
    *(f"{mode.letter}: {mode.meaning}" for mode in ROOM_MODES.values()),
    *(f"{kind.usage} as a mask: {kind.meaning}" for kind in MATCHING.values()),
    *(f"{kind.usage} as a ban: {kind.meaning}" for kind in ACTING.values()),
    *(f"{rank.letter} NICK: makes someone {rank.name} ({rank.prefix})" for rank in RANKS),
)


@table.command("kick", "NICK [REASON]", "put someone out of this room", example="/kick bob Enough now")
def kick(client: LineProtocol, argument: str) -> Outcome:
    """C{/kick}: removes a user from the current room."""
    nick, reason = splitArgument(argument, 1, 2, "/kick NICK [REASON]")
    assert nick is not None
    return client.context.chat.membership.kick(client.openSession, client.currentRoom().name, nick, reason or "")


@table.command(
    "ban", "[NICK or MASK]", "put someone out of this room and keep them out; alone, list its bans", example="/ban bob"
)
async def ban(client: LineProtocol, argument: str) -> None:
    """C{/ban}: bans a mask C{nick!user@host}, or bans and kicks a nick; without an argument, lists the bans."""
    chat, session, room = client.context.chat, client.openSession, client.currentRoom()
    if not argument:
        items, pace = chat.channels.listItems(session, room.name, "b"), Pace(client)
        if not items:
            client.reply(notice(f"Nobody is banned from {room.name}"))
        for item in items:
            await pace.step()
            client.reply(notice(f"{item.mask} is banned from {room.name} (by {item.by})"))
        return
    setting = chat.channels.setModes(session, room.name, "+b", [argument])
    if setting is None:
        client.reply(notice(f"{argument} is banned from {room.name} already"))
    else:
        await setting
    try:
        user = chat.identity.find(argument)
    except NoSuchNick:
        return
    if user.source.uid in room.members and user is not session.user:
        await chat.membership.kick(session, room.name, argument, "banned")


@table.command("unban", "NICK or MASK", "let someone in again", example="/unban bob")
def unban(client: LineProtocol, argument: str) -> Outcome:
    """C{/unban}: ends a ban."""
    (mask,) = splitArgument(argument, 1, 1, "/unban NICK or /unban MASK")
    assert mask is not None
    room = client.currentRoom()
    lifting = client.context.chat.channels.setModes(client.openSession, room.name, "-b", [mask])
    if lifting is None:
        raise UsageError(f"There is no ban on {mask} in {room.name}; /ban lists the bans")
    return lifting


@table.command(
    "mode",
    "[+LETTERS-LETTERS PARAMETERS]",
    "show this room's modes, or change them",
    example="/mode +o alice",
    details=MODE_HELP,
)
def mode(client: LineProtocol, argument: str) -> Outcome:
    """C{/mode}: shows or changes modes and ranks, in IRC's notation."""
    room = client.currentRoom()
    if not argument:
        letters = "".join(sorted(room.modes))
        client.reply(notice(f"Modes of {room.name}: +{letters}; /help mode says what they do"))
        return None
    letters, *parameters = argument.split()
    if letters[0] not in "+-":
        raise UsageError("Usage: /mode +LETTERS or /mode -LETTERS, as in /mode +o alice; /help mode lists them")
    lists = [letter for letter in letters if letter in ROOM_MODES and ROOM_MODES[letter].shape is Shape.LIST]
    if lists and not parameters:
        for letter in lists:
            items = client.context.chat.channels.listItems(client.openSession, room.name, letter)
            masks = " ".join(item.mask for item in items) or "nothing"
            client.reply(notice(f"List {letter} of {room.name}: {masks}"))
        return None
    setting = client.context.chat.channels.setModes(client.openSession, room.name, letters, parameters)
    if setting is None:
        client.reply(notice(f"That changes nothing on {room.name}"))
    return setting
