"""
What this server can do and how much, as RPL_ISUPPORT tells it (modern.ircdocs.horse, "Feature Advertisement").

Every token says what is so: lengths are those of the limits, modes and ranks those of their tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from twistchat.chat.model.masks import ACTING, MATCHING
from twistchat.chat.model.modes import RANKS, ROOM_MODES, Shape
from twistchat.chat.rules.changes import LONGEST_KEY
from twistchat.chat.rules.identity import LONGEST_HOST
from twistchat.protocols.irc.replies.formatting import USERNAME
from twistchat.protocols.irc.settings import ircSettings
from twistchat.wire.irc.isupport import lines

if TYPE_CHECKING:
    from twistchat.net.context import ServerContext
    from twistchat.protocols.irc.protocol import IrcConnection
    from twistchat.protocols.irc.replies.reply import Reply

MODES = 20
"""Changes of modes with a parameter that one MODE command may ask for."""

LISTED = 10
"""Names, masks and conditions that one LIST may ask for."""


def isupportTokens(context: ServerContext) -> dict[str, str | None]:
    """Every token of RPL_ISUPPORT with its value, or C{None} for one that has none."""
    limits, irc = context.settings.limits, ircSettings(context.settings)
    prefixes = "".join(rank.prefix for rank in RANKS)
    lists = [mode.letter for mode in ROOM_MODES.values() if mode.shape is Shape.LIST]
    some, one, any = str(limits.targets), "1", ""
    most = {"JOIN": any, "KICK": any, "LIST": str(LISTED), "MONITOR": any, "NAMES": one, "NOTICE": some}
    most |= {"PART": any, "PRIVMSG": some, "TAGMSG": some, "WHOIS": one, "WHOWAS": some}
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
        "ELIST": "CMNTU",
        "EXCEPTS": "e",
        "EXTBAN": f"~,{''.join([*ACTING, *MATCHING])}",
        "HOSTLEN": str(LONGEST_HOST),
        "INVEX": "I",
        "KEYLEN": str(LONGEST_KEY),
        "KICKLEN": str(limits.reason),
        "LINELEN": str(limits.ircLine),
        "MAXLIST": ",".join(f"{letter}:{limits.bans}" for letter in lists),
        "MAXTARGETS": some,
        "MODES": str(MODES),
        "MONITOR": str(limits.watched),
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
    Tell them, in a batch for a client that wants that (IRCv3 extended-isupport).

    @param tokens: which; C{None} for all.
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
