"""What a client is told when it has come in (modern.ircdocs.horse, "Connection Registration")."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from twistchat.chat.modes import RANKS, ROOM_MODES, Shape
from twistchat.chat.usermodes import USER_MODES
from twistchat.doors.irc.features import showFeatures
from twistchat.doors.irc.server import VERSION
from twistchat.wire.irc import numerics as n

if TYPE_CHECKING:
    from twistchat.doors.irc.protocol import IrcConnection
    from twistchat.doors.irc.reply import Reply


def welcome(client: IrcConnection, reply: Reply) -> None:
    """Numerics 001 to 005, the number of users, the message of the day."""
    network, source = client.settings.irc.network, client.user.source
    began = datetime.fromtimestamp(client.irc.started, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    reply.numeric(n.RPL_WELCOME, f"Welcome to the {network} Network, {source.nick}!{source.username}@{source.host}")
    reply.numeric(n.RPL_YOURHOST, f"Your host is {client.server}, running version {VERSION}")
    reply.numeric(n.RPL_CREATED, f"This server was started {began}")
    withParameter = [mode.letter for mode in ROOM_MODES.values() if mode.shape is not Shape.FLAG]
    reply.numeric(
        n.RPL_MYINFO,
        client.server,
        VERSION,
        "".join(sorted(USER_MODES)),
        "".join(sorted([*ROOM_MODES, *(rank.letter for rank in RANKS)])),
        "".join(sorted([*withParameter, *(rank.letter for rank in RANKS)])),
    )
    showFeatures(client, reply)
    showCounts(client, reply)
    reply.numeric(n.RPL_VISIBLEHOST, source.host, "is now your visible host")
    if client.user.modes:
        reply.numeric(n.RPL_UMODEIS, f"+{client.user.modes}")
    showMotd(client, reply)


def showCounts(client: IrcConnection, reply: Reply) -> None:
    """LUSERS: how many are here."""
    state = client.backstage.chat.state
    users, most, invisible = len(state.users), state.users.most, state.users.invisible
    coming = client.backstage.admission.unregistered
    reply.numeric(n.RPL_LUSERCLIENT, f"There are {users - invisible} users and {invisible} invisible on 1 servers")
    reply.numeric(n.RPL_LUSEROP, str(state.users.operators), "operator(s) online")
    if coming:
        reply.numeric(n.RPL_LUSERUNKNOWN, str(coming), "unknown connection(s)")
    reply.numeric(n.RPL_LUSERCHANNELS, str(len(state.rooms)), "channels formed")
    reply.numeric(n.RPL_LUSERME, f"I have {users} clients and 0 servers")
    reply.numeric(n.RPL_LOCALUSERS, str(users), str(most), f"Current local users {users}, max {most}")
    reply.numeric(n.RPL_GLOBALUSERS, str(users), str(most), f"Current global users {users}, max {most}")


def showMotd(client: IrcConnection, reply: Reply) -> None:
    """MOTD: the message of the day, or that there is none."""
    lines = client.settings.irc.motd.splitlines()
    if not lines:
        reply.numeric(n.ERR_NOMOTD, "There is no message of the day")
        return
    reply.numeric(n.RPL_MOTDSTART, f"- {client.server} Message of the day -")
    for line in lines:
        reply.numeric(n.RPL_MOTD, f"- {line}")
    reply.numeric(n.RPL_ENDOFMOTD, "End of /MOTD command")
