"""Commands on the server: its version, features, administrators and statistics."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred

from twistchat.chat.errors import NotEntered
from twistchat.chat.phrasing import counted
from twistchat.net.client.table import CommandTable
from twistchat.net.input.pace import PART_STEPS
from twistchat.protocols.irc.commands.people.visibility import isOtherServer
from twistchat.protocols.irc.commands.table import MODERN, Command, Outcome
from twistchat.protocols.irc.registration.isupport import showIsupport
from twistchat.protocols.irc.registration.welcome import showCounts, showMotd
from twistchat.protocols.irc.replies.formatting import formatDuration, formatTime, middle
from twistchat.protocols.irc.server import VERSION
from twistchat.protocols.irc.settings import ircSettings
from twistchat.wire.irc import numerics as n

if TYPE_CHECKING:
    from twistchat.chat.model.bans.server import ServerBan
    from twistchat.protocols.irc.protocol import IrcConnection
    from twistchat.protocols.irc.replies.reply import Reply
    from twistchat.wire.irc.message import Message

INFO = (
    f"{VERSION}, a multi-user chat server on Twisted: one journal, many doors.",
    "Whoever comes in through another door is in the same channels, under the same rules.",
    "What you see here is on disk already, unless the server keeps its journal in memory.",
)
"""The text of INFO."""

table = CommandTable(Command)


@table.command("LUSERS", "", "ask how many are here", MODERN)
def lusers(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """C{LUSERS}: shows the numbers of users."""
    showCounts(client, reply)
    return None


@table.command("MOTD", "[<server>]", "ask for the message of the day", MODERN)
def motd(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """C{MOTD}: shows the message of the day."""
    if not _namesOtherServer(client, message, reply):
        showMotd(client, reply)
    return None


@table.command("VERSION", "[<server>]", "ask what this server is and can do", MODERN)
def version(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """C{VERSION}: shows the version, and RPL_ISUPPORT again."""
    if not _namesOtherServer(client, message, reply):
        reply.numeric(n.RPL_VERSION, VERSION, client.server, "a multi-user chat server on Twisted")
        showIsupport(client, reply)
    return None


@table.command("ISUPPORT", "", "ask what this server can do", "IRCv3 extended-isupport", early=True)
def isupport(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """C{ISUPPORT}: shows RPL_ISUPPORT.  Before registration it needs draft/extended-isupport."""
    if client.registration is not None and "draft/extended-isupport" not in client.capabilities:
        raise NotEntered
    showIsupport(client, reply)
    return None


@table.command("ADMIN", "[<server>]", "ask who runs this server", MODERN)
def admin(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """C{ADMIN}: shows up to three lines from the configuration."""
    if _namesOtherServer(client, message, reply):
        return None
    lines = ircSettings(client.settings).admin
    if not lines:
        reply.numeric(n.ERR_NOADMININFO, client.server, "No administrative info available")
        return None
    reply.numeric(n.RPL_ADMINME, client.server, "Administrative info")
    for code, line in zip((n.RPL_ADMINLOC1, n.RPL_ADMINLOC2, n.RPL_ADMINEMAIL), lines, strict=False):
        reply.numeric(code, line)
    return None


@table.command("TIME", "[<server>]", "ask what time it is", MODERN)
def time(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """C{TIME}: shows the time, in seconds since the epoch and as text in UTC."""
    if not _namesOtherServer(client, message, reply):
        now = client.context.wall()
        written = datetime.fromtimestamp(now, UTC).strftime("%A, %d %B %Y, %H:%M:%S UTC")
        reply.numeric(n.RPL_TIME, client.server, str(int(now)), written)
    return None


@table.command("INFO", "[<server>]", "ask about this program", MODERN)
def info(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """C{INFO}: describes this software."""
    if _namesOtherServer(client, message, reply):
        return None
    for line in (*INFO, f"This server was started {formatTime(client.irc.started)}"):
        reply.numeric(n.RPL_INFO, line)
    reply.numeric(n.RPL_ENDOFINFO, "End of INFO list")
    return None


@table.command("LINKS", "", "ask which servers are linked", "RFC 2812, section 3.4.5")
def links(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """C{LINKS}: lists this server, which is the only one, with a hop count of 0 (RFC 2812, 3.4.5)."""
    reply.numeric(n.RPL_LINKS, client.server, client.server, f"0 {client.settings.server.description}")
    reply.numeric(n.RPL_ENDOFLINKS, "*", "End of /LINKS list")
    return None


@table.command("MAP", "", "ask how servers are linked", "UnrealIRCd, InspIRCd")
def map(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """C{MAP}: shows this server, which is the only one."""
    reply.numeric(n.RPL_MAP, f"{client.server} ({counted(len(client.context.chat.state.users), 'user')})")
    reply.numeric(n.RPL_MAPEND, "End of /MAP")
    return None


@table.command(
    "STATS", "<letter> [<server>]", "ask how the server fares: u, p; for operators d, k, o, y", MODERN, minParams=1
)
async def stats(client: IrcConnection, message: Message, reply: Reply) -> None:
    """C{STATS}: shows statistics.  For an unknown letter there is only the end."""
    asked, *rest = message.params
    if rest and isOtherServer(client, rest[0], reply):
        return
    letter = asked[:1].lower()
    show = STATISTICS.get(letter)
    if show is not None:
        await show(client, reply)
    reply.numeric(n.RPL_ENDOFSTATS, middle(asked[:1]), "End of /STATS report")


async def _uptime(client: IrcConnection, reply: Reply) -> None:
    minutes, seconds = divmod(max(0, int(client.context.wall() - client.irc.started)), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    reply.numeric(n.RPL_STATSUPTIME, f"Server Up {days} days {hours}:{minutes:02}:{seconds:02}")


async def _operatorsHere(client: IrcConnection, reply: Reply) -> None:
    for part in client.context.portions.split(list(client.context.chat.state.users)):
        await reply.step(PART_STEPS)
        for user in part:
            if user.operator is not None and user.sessionCount:
                reply.numeric(n.RPL_STATSDEBUG, "p", f"{user.nick} {user.operator.title}")


async def _operators(client: IrcConnection, reply: Reply) -> None:
    """Show the configured operators with their hosts and classes, but no passwords."""
    client.context.chat.operators.requirePrivilege(client.openSession, "auspex")
    for name, operator in client.settings.operators.items():
        for host in operator.hosts or ("*",):
            await reply.step()
            reply.numeric(n.RPL_STATSOLINE, "O", host, "*", middle(name), "0", operator.class_)


async def _classes(client: IrcConnection, reply: Reply) -> None:
    client.context.chat.operators.requirePrivilege(client.openSession, "auspex")
    for name, settings in client.settings.classes.items():
        await reply.step()
        reply.numeric(n.RPL_STATSYLINE, "Y", middle(name), f"{settings.title}: {' '.join(settings.privileges) or '-'}")


async def _addressBans(client: IrcConnection, reply: Reply) -> None:
    for ban in client.context.chat.operators.serverBans(client.openSession):
        await reply.step()
        if "!" not in ban.mask:
            reply.numeric(n.RPL_STATSDLINE, "D", ban.mask, _wordBan(client, ban))


async def _nameBans(client: IrcConnection, reply: Reply) -> None:
    for ban in client.context.chat.operators.serverBans(client.openSession):
        await reply.step()
        if "!" in ban.mask:
            who, _, host = ban.mask.rpartition("@")
            reply.numeric(n.RPL_STATSKLINE, "K", host, "*", who, _wordBan(client, ban))


def _wordBan(client: IrcConnection, ban: ServerBan) -> str:
    ends = "for ever"
    if ban.until is not None:
        ends = f"for another {formatDuration(ban.until / 1000 - client.context.wall())}"
    return f"{ban.reason or 'No reason'} (set by {ban.by}, {ends})"


STATISTICS: dict[str, Callable[[IrcConnection, Reply], Coroutine[Deferred[Any], Any, None]]] = {
    "d": _addressBans,
    "k": _nameBans,
    "o": _operators,
    "p": _operatorsHere,
    "u": _uptime,
    "y": _classes,
}
"""The functions of STATS, by letter."""


def _namesOtherServer(client: IrcConnection, message: Message, reply: Reply) -> bool:
    return bool(message.params) and isOtherServer(client, message.params[0], reply)
