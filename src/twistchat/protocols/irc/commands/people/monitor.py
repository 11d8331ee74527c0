"""C{MONITOR}: tells a client when nicks come online and go offline (IRCv3 monitor)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twistchat.chat.errors import WatchListFull
from twistchat.net.client.table import CommandTable
from twistchat.net.input.pace import PART_STEPS
from twistchat.protocols.irc.commands.table import Command
from twistchat.protocols.irc.replies.formatting import joinWords, middle
from twistchat.protocols.irc.replies.metadata import isAware, synchronizeUsers
from twistchat.protocols.irc.services import serviceNamed
from twistchat.wire.irc import numerics as n
from twistchat.wire.irc.message import room

if TYPE_CHECKING:
    from twistchat.chat.model.users import User
    from twistchat.protocols.irc.protocol import IrcConnection
    from twistchat.protocols.irc.replies.reply import Reply
    from twistchat.wire.irc.message import Message

table = CommandTable(Command)


@table.command("MONITOR", "(+|-|C|L|S) [<nick>{,<nick>}]", "watch nicks", "IRCv3 monitor", minParams=1)
async def monitor(client: IrcConnection, message: Message, reply: Reply) -> None:
    """C{MONITOR}: + and - change the list, C clears it, L shows it, and S shows who is online."""
    what, *rest = message.params
    chat, session = client.context.chat, client.openSession
    nicks = [nick for nick in rest[0].split(",") if nick] if rest else []
    if what in {"+", "-"}:
        if not nicks:
            reply.numeric(n.ERR_NEEDMOREPARAMS, "MONITOR", f"Not enough parameters: MONITOR {what} <nick>{{,<nick>}}")
        elif what == "+":
            _watch(client, nicks, reply)
        else:
            chat.presence.unwatch(session, nicks)
    elif what.upper() == "C":
        chat.presence.unwatchAll(session)
    elif what.upper() == "L":
        for part in client.context.portions.split(chat.presence.watched(session)):
            await reply.step(PART_STEPS)
            reply.numericList(n.RPL_MONLIST, (), part, ",", colon=True)
        reply.numeric(n.RPL_ENDOFMONLIST, "End of MONITOR list")
    elif what.upper() == "S":
        for part in client.context.portions.split(chat.presence.watched(session)):
            await reply.step(PART_STEPS)
            _showStatus(client, *chat.presence.whoIsHere(part), reply)
    else:
        reply.numeric(n.ERR_UNKNOWNERROR, "MONITOR", middle(what), "Unknown modifier: it is one of + - C L S")


def _watch(client: IrcConnection, nicks: list[str], reply: Reply) -> None:
    chat = client.context.chat
    refused: tuple[str, ...] = ()
    try:
        found = chat.presence.watch(client.openSession, nicks)
    except WatchListFull as full:
        refused = full.refused
        found = chat.presence.whoIsHere([nick for nick in nicks if nick not in refused])
    _showStatus(client, *found, reply)
    limit, text = str(client.settings.limits.watched), "Monitor list is full"
    size = room(n.ERR_MONLISTFULL, (client.nick, limit), client.server) - len(text) - 2
    for part in joinWords(map(middle, refused), ",", size):
        reply.numeric(n.ERR_MONLISTFULL, limit, part, text)


def _showStatus(client: IrcConnection, here: list[User], gone: list[str], reply: Reply) -> None:
    """Reply with the users and services that are online, and the nicks that are offline."""
    masks = [f"{user.nick}!{user.source.username}@{user.source.host}" for user in here]
    offline = []
    for nick in gone:
        service = serviceNamed(nick, client.server)
        if service is None:
            offline.append(nick)
        else:
            masks.append(service.mask(client.server))
    reply.numericList(n.RPL_MONONLINE, (), masks, ",", colon=True)
    if isAware(client):
        synchronizeUsers(client, reply, [user.nick for user in here])
    reply.numericList(n.RPL_MONOFFLINE, (), offline, ",", colon=True)
