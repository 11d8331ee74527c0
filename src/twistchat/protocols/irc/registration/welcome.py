"""The messages to a client that has just registered (modern.ircdocs.horse, "Connection Registration")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twistchat.chat.model.modes.room import RANKS, ROOM_MODES, Shape
from twistchat.chat.model.modes.user import USER_MODES
from twistchat.protocols.irc.registration.isupport import showIsupport
from twistchat.protocols.irc.replies.formatting import formatTime
from twistchat.protocols.irc.replies.metadata import isAware, showOwn
from twistchat.protocols.irc.replies.reply import serializeFitted
from twistchat.protocols.irc.server import VERSION
from twistchat.protocols.irc.settings import ircSettings
from twistchat.wire.irc import numerics as n

if TYPE_CHECKING:
    from twistchat.protocols.irc.protocol import IrcConnection
    from twistchat.protocols.irc.replies.reply import Reply


def welcome(client: IrcConnection, reply: Reply) -> None:
    """
    Reply with numerics 001 to 005, the host, the number of users, the message of the day, and the user modes; and with
    the metadata of the user, if the client has enabled it.

    The host is before the rest, because clients compute the greatest length of a text from it.
    """
    network, source = ircSettings(client.settings).network, client.user.source
    reply.numeric(n.RPL_WELCOME, f"Welcome to the {network} Network, {source.nick}!{source.username}@{source.host}")
    reply.lines([client.irc.templates.fill(client, _writeServer)])
    showIsupport(client, reply)
    reply.numeric(n.RPL_VISIBLEHOST, source.host, "is now your visible host")
    showCounts(client, reply)
    if isAware(client):
        showOwn(client, reply)
    showMotd(client, reply)
    modes = client.user.modes
    if modes:
        reply.numeric(n.RPL_UMODEIS, f"+{modes}")


def _writeServer(client: IrcConnection, nick: str) -> list[bytes]:
    """Write numerics 002 to 004, which describe this server."""
    ranks = [rank.letter for rank in RANKS]
    withParameter = [mode.letter for mode in ROOM_MODES.values() if mode.shape is not Shape.FLAG]
    return [
        serializeFitted(client.server, code, (nick, *parameters))
        for code, *parameters in (
            (n.RPL_YOURHOST, f"Your host is {client.server}, running version {VERSION}"),
            (n.RPL_CREATED, f"This server was started {formatTime(client.irc.started)}"),
            (
                n.RPL_MYINFO,
                client.server,
                VERSION,
                "".join(sorted(USER_MODES)),
                "".join(sorted([*ROOM_MODES, *ranks])),
                "".join(sorted([*withParameter, *ranks])),
            ),
        )
    ]


def showCounts(client: IrcConnection, reply: Reply) -> None:
    """Reply with the numbers of users.  Counts of zero are left out (RFC 2812, section 3.4.2)."""
    state = client.context.chat.state
    users, most, invisible = len(state.users), state.mostUsers, state.users.invisible
    reply.numeric(n.RPL_LUSERCLIENT, f"There are {users - invisible} users and {invisible} invisible on 1 servers")
    for code, count, what in (
        (n.RPL_LUSEROP, state.users.operators, "operator(s) online"),
        (n.RPL_LUSERUNKNOWN, client.context.admission.unregistered, "unknown connection(s)"),
        (n.RPL_LUSERCHANNELS, len(state.rooms), "channels formed"),
    ):
        if count:
            reply.numeric(code, str(count), what)
    reply.numeric(n.RPL_LUSERME, f"I have {users} clients and 0 servers")
    reply.numeric(n.RPL_LOCALUSERS, str(users), str(most), f"Current local users {users}, max {most}")
    reply.numeric(n.RPL_GLOBALUSERS, str(users), str(most), f"Current global users {users}, max {most}")


def showMotd(client: IrcConnection, reply: Reply) -> None:
    """Reply with the message of the day, or that there is none."""
    reply.lines([client.irc.templates.fill(client, _writeMotd)])


def _writeMotd(client: IrcConnection, nick: str) -> list[bytes]:
    lines = ircSettings(client.settings).motd.splitlines()
    if not lines:
        return [serializeFitted(client.server, n.ERR_NOMOTD, (nick, "There is no message of the day"))]
    return [
        serializeFitted(client.server, n.RPL_MOTDSTART, (nick, f"- {client.server} Message of the day -")),
        *[serializeFitted(client.server, n.RPL_MOTD, (nick, f"- {line}")) for line in lines],
        serializeFitted(client.server, n.RPL_ENDOFMOTD, (nick, "End of /MOTD command")),
    ]
