"""
The features and limits of this server, as RPL_ISUPPORT tokens (modern.ircdocs.horse, "Feature Advertisement").

The values come from the limits and from the tables of modes and ranks, so they are always correct.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from twistchat.chat.model.bans.masks import ACTING, MATCHING
from twistchat.chat.model.modes.room import RANKS, ROOM_MODES, Shape
from twistchat.chat.rules.rooms.changes import LONGEST_KEY
from twistchat.chat.rules.users.identity import LONGEST_HOST
from twistchat.protocols.irc.replies.formatting import USERNAME
from twistchat.protocols.irc.settings import ircSettings
from twistchat.wire.irc.isupport import lines

if TYPE_CHECKING:
    from twistchat.net.context import ServerContext
    from twistchat.protocols.irc.protocol import IrcConnection
    from twistchat.protocols.irc.replies.reply import Reply

MAX_MODES = 20
"""The most mode changes with a parameter in one MODE command."""

MAX_LISTED = 10
"""The most names, masks and conditions in one LIST command."""


def isupportTokens(context: ServerContext) -> dict[str, str | None]:
    """Get all tokens of RPL_ISUPPORT, each with its value or C{None}."""
    limits, irc = context.settings.limits, ircSettings(context.settings)
    prefixes = "".join(rank.prefix for rank in RANKS)
    lists = [mode.letter for mode in ROOM_MODES.values() if mode.shape is Shape.LIST]
    several, one, unlimited = str(limits.targets), "1", ""
    most = {
        "JOIN": unlimited,
        "KICK": unlimited,
        "LIST": str(MAX_LISTED),
        "MONITOR": unlimited,
        "NAMES": one,
        "NOTICE": several,
    }
    most |= {"PART": unlimited, "PRIVMSG": several, "TAGMSG": several, "WHOIS": one, "WHOWAS": several}
    tokens: dict[str, str | None] = {
        "ACCOUNTEXTBAN": "a",
        "AWAYLEN": str(limits.reason),
        "BOT": "B",
        "CASEMAPPING": "ascii",
        "CHANLIMIT": f"#:{limits.roomsPerUser}",
        "CHANMODES": ",".join(
            "".join(mode.letter for mode in ROOM_MODES.values() if mode.shape is shape) for shape in Shape
        ),
        "CHANNELLEN": str(limits.room),
        "CHANTYPES": "#",
        "CHATHISTORY": str(limits.historyReply),
        "ELIST": "CMNTU",
        "EXCEPTS": "e",
        "EXTBAN": f"~,{''.join([*ACTING, *MATCHING])}",
        "HOSTLEN": str(LONGEST_HOST),
        "INVEX": "I",
        "KEYLEN": str(LONGEST_KEY),
        "KICKLEN": str(limits.reason),
        "LINELEN": str(limits.ircLine),
        "MAXLIST": ",".join(f"{letter}:{limits.bans}" for letter in lists),
        "MAXTARGETS": several,
        "MODES": str(MAX_MODES),
        "MONITOR": str(limits.watched),
        "MSGREFTYPES": "msgid,timestamp",
        "NAMELEN": str(limits.realname),
        "NETWORK": irc.network,
        "NICKLEN": str(limits.nick),
        "PREFIX": f"({''.join(rank.letter for rank in RANKS)}){prefixes}",
        "SAFELIST": None,
        "STATUSMSG": prefixes,
        "TARGMAX": ",".join(f"{command}:{number}" for command, number in most.items()),
        "TOPICLEN": str(limits.topic),
        "USERLEN": str(USERNAME + len("~")),
        "UTF8ONLY": None,
        "WHOX": None,
    }
    if irc.icon:
        tokens["draft/ICON"] = irc.icon
    return tokens


def showIsupport(client: IrcConnection, reply: Reply, tokens: Mapping[str, str | None] | None = None) -> None:
    """
    Reply with RPL_ISUPPORT, in a batch if the client supports that (IRCv3 extended-isupport).

    @param tokens: the tokens to send; C{None} for all.
    """
    if "draft/extended-isupport" in client.capabilities:
        with reply.batch("draft/isupport"):
            reply.lines(_write(client, client.nick, tokens))
    elif tokens is not None:
        reply.lines(_write(client, client.nick, tokens))
    else:
        reply.lines([client.irc.templates.fill(client, _write)])


def _write(client: IrcConnection, nick: str, tokens: Mapping[str, str | None] | None = None) -> list[bytes]:
    return lines(isupportTokens(client.context) if tokens is None else tokens, nick, client.server)
