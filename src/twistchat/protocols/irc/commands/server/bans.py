"""Commands that ban users from the server, by names or by addresses."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from twisted.logger import Logger

from twistchat.chat.errors import BadServerBan
from twistchat.net.client.table import CommandTable
from twistchat.protocols.irc.commands.table import Command, Outcome
from twistchat.protocols.irc.replies.formatting import formatDuration
from twistchat.wire.irc import numerics as n

if TYPE_CHECKING:
    from twistchat.protocols.irc.protocol import IrcConnection
    from twistchat.protocols.irc.replies.reply import Reply
    from twistchat.wire.irc.message import Message

SOURCE = "Hybrid, InspIRCd"

UNITS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
"""The seconds in each unit of a duration."""

NO_REASON = "No reason"
"""The reason if the operator gives none."""

_DURATION = re.compile(r"(?:[0-9]{1,9}[wdhms])+|[0-9]{1,9}", re.IGNORECASE)
_PART = re.compile(r"([0-9]+)([wdhms])")

log = Logger()

table = CommandTable(Command)


def readDuration(text: str) -> float | None:
    """
    Parse the duration of a ban, such as C{1h30m} or C{7d}.  A number alone is in minutes; 0 is for ever.

    @return: seconds; C{None} if it is not a duration.
    """
    if not _DURATION.fullmatch(text):
        return None
    if text.isdigit():
        return 60.0 * int(text)
    return float(sum(int(count) * UNITS[unit] for count, unit in _PART.findall(text.lower())))


@table.command(
    "KLINE",
    "[<duration>] <mask> [<reason>]",
    "ban a user@host, a nick!user@host, or the host of a nick, for minutes, or as in 1h30m",
    SOURCE,
    minParams=1,
    privilege="ban",
)
def kline(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """C{KLINE}: bans a mask of names."""
    return _ban(client, message, reply, _nameMask)


@table.command(
    "DLINE",
    "[<duration>] <network> [<reason>]",
    "ban an IP address or a network, for minutes, or as in 1h30m",
    SOURCE,
    minParams=1,
    privilege="ban",
)
def dline(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """C{DLINE}: bans an address or a network."""
    return _ban(client, message, reply, _addressMask)


@table.command("UNKLINE", "<mask>", "lift a ban", SOURCE, minParams=1, privilege="ban")
def unkline(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """C{UNKLINE}: ends a ban of KLINE."""
    return _unban(client, _nameMask(client, message.params[0]), reply)


@table.command("UNDLINE", "<network>", "lift a ban", SOURCE, minParams=1, privilege="ban")
def undline(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """C{UNDLINE}: ends a ban of DLINE."""
    return _unban(client, _addressMask(client, message.params[0], "UN"), reply)


async def _ban(
    client: IrcConnection, message: Message, reply: Reply, readMask: Callable[[IrcConnection, str], str]
) -> None:
    seconds = readDuration(message.params[0])
    rest = message.params if seconds is None else message.params[1:]
    if not rest:
        reply.numeric(n.ERR_NEEDMOREPARAMS, message.command, "Not enough parameters: whom to ban is missing")
        return
    mask = readMask(client, rest[0])
    reason = (rest[1] if len(rest) > 1 else "")[: client.settings.limits.reason] or NO_REASON
    proposal = client.context.chat.operators.banFromServer(reply.asker, mask, seconds or None, reason)
    await proposal
    howLong = f"for {formatDuration(seconds)}" if seconds else "for ever"
    log.info("{who} banned {mask} {howLong}: {reason}", who=client.nick, mask=mask, howLong=howLong, reason=reason)
    reply.line("NOTICE", client.nick, f"*** {mask} is banned {howLong}: {reason}")


async def _unban(client: IrcConnection, mask: str, reply: Reply) -> None:
    await client.context.chat.operators.liftServerBan(reply.asker, mask)
    log.info("{who} lifted the ban on {mask}", who=client.nick, mask=mask)
    reply.line("NOTICE", client.nick, f"*** {mask} is not banned any more")


def _nameMask(client: IrcConnection, given: str) -> str:
    """Get the mask of KLINE or UNKLINE.  The nick of a present user stands for the host that others see."""
    user = client.context.chat.state.users.named(given)
    return given if user is None else f"*!*@{user.source.host}"


def _addressMask(client: IrcConnection, given: str, un: str = "") -> str:
    """
    Get the mask of DLINE or UNDLINE.

    @param un: C{"UN"} for UNDLINE.
    """
    if "!" in given or "@" in given:
        example = "an IP address, or a network such as 192.0.2.0/24"
        raise BadServerBan(given, f"{un}DLINE takes {example}; {un}KLINE takes names")
    return given
