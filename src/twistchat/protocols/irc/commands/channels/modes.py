"""C{MODE}: shows and changes the modes of a channel, and shows its lists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from twistchat.chat.errors import BadModeParameter, ChatError, NotInRoom, UnknownMode
from twistchat.chat.model.modes.room import RANK_BY_LETTER, parseChanges
from twistchat.net.client.table import CommandTable
from twistchat.net.input.pace import PART_STEPS
from twistchat.protocols.irc.commands.people.people import userMode
from twistchat.protocols.irc.commands.table import MODERN, Command, Outcome
from twistchat.protocols.irc.registration.isupport import MAX_MODES
from twistchat.protocols.irc.replies.rooms import modesOf
from twistchat.wire.irc import numerics as n

if TYPE_CHECKING:
    from twistchat.chat.model.rooms import Room
    from twistchat.protocols.irc.protocol import IrcConnection
    from twistchat.protocols.irc.replies.reply import Reply
    from twistchat.wire.irc.message import Message

table = CommandTable(Command)

LISTS = {
    "b": (n.RPL_BANLIST, n.RPL_ENDOFBANLIST, "End of channel ban list"),
    "e": (n.RPL_EXCEPTLIST, n.RPL_ENDOFEXCEPTLIST, "End of channel exception list"),
    "I": (n.RPL_INVEXLIST, n.RPL_ENDOFINVEXLIST, "End of channel invite exception list"),
    "q": (n.RPL_QLIST, n.RPL_ENDOFQLIST, "End of channel founder list"),
    "a": (n.RPL_ALIST, n.RPL_ENDOFALIST, "End of channel protected operator list"),
}
"""
The letters that show a list if they have no parameter: the numerics of an item and of the end, and the text of the end.
"""


@table.command("MODE", "<target> [<modes> [<parameter>...]]", "show or change modes", MODERN, minParams=1)
def mode(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """C{MODE}: shows or changes the modes of a channel, or of the client."""
    target, *rest = message.params
    if target[:1] != "#":
        return userMode(client, message, reply)
    room = client.context.chat.channels.visible(client.openSession, target)
    if rest:
        return _change(client, room, rest[0], rest[1:], reply)
    inside = client.user.source.uid in room.members or client.user.may("auspex")
    reply.numeric(n.RPL_CHANNELMODEIS, room.name, *modesOf(room, inside))
    reply.numeric(n.RPL_CREATIONTIME, room.name, str(room.created // 1000))
    return None


async def _change(client: IrcConnection, room: Room, letters: str, parameters: Sequence[str], reply: Reply) -> None:
    """Make the valid changes in one event.  Reply with the errors of the others, and with the requested lists."""
    refused: list[ChatError] = []
    lists: dict[str, None] = {}
    asked: list[tuple[bool, str, str | None]] = []
    for change in _read(letters, parameters, refused):
        if change[2] is None and change[1] in LISTS:
            lists[change[1]] = None
        else:
            asked.append(change)
    receipt = None
    if asked:
        receipt = client.context.chat.channels.changeModes(reply.asker, room.name, asked, refused=refused.append)
    reply.onlyEvent = not refused and not lists
    if receipt is not None:
        await receipt
    for index, error in enumerate(refused):
        if error not in refused[:index]:
            reply.error(error, room.name)
    for letter in lists:
        await _show(client, room, letter, reply)


def _read(letters: str, parameters: Sequence[str], refused: list[ChatError]) -> Iterator[tuple[bool, str, str | None]]:
    """
    Parse changes one by one, so that an invalid one does not affect the others.

    Changes beyond the most parameters of one command (ISUPPORT MODES) are ignored.

    @param refused: gets the errors.
    @return: see L{parseChanges}.  A letter of L{LISTS} without a parameter requests its list.
    """
    rest = iter(parameters)
    sign = "+"
    taken = 0
    for letter in letters:
        if letter in "+-":
            sign = letter
            continue
        if taken == MAX_MODES:
            return
        try:
            for change in parseChanges(sign + letter, rest):
                taken += change[2] is not None
                yield change
        except UnknownMode as e:
            refused.append(e)
        except BadModeParameter as e:
            if letter in LISTS:
                yield sign == "+", letter, None
            else:
                refused.append(e)


async def _show(client: IrcConnection, room: Room, letter: str, reply: Reply) -> None:
    """Reply with a list, or with the holders of a rank."""
    code, end, text = LISTS[letter]
    if letter in RANK_BY_LETTER:
        user = client.openSession.user
        if user is None or user.source.uid not in room.members:
            reply.error(NotInRoom(room.name))
            return
        for part in client.context.portions.split(list(room.members.items())):
            await reply.step(PART_STEPS)
            for uid, member in part:
                if room.members.get(uid) is member and letter in member.ranks:
                    reply.numeric(code, room.name, member.user.nick)
    else:
        try:
            items = client.context.chat.channels.listItems(client.openSession, room.name, letter)
        except ChatError as e:
            reply.error(e, room.name)
            return
        for item in items:
            await reply.step()
            reply.numeric(code, room.name, item.mask, item.by, str(item.time // 1000))
    reply.numeric(end, room.name, text)
