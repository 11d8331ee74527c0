"""Commands on users: WHOIS and WHOWAS, and the client's own status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twistchat.chat import errors
from twistchat.chat.model.modes.room import prefixes
from twistchat.net.client.table import CommandTable
from twistchat.net.input.pace import PART_STEPS
from twistchat.protocols.irc.commands.people.visibility import isOtherServer, seesAll, visibleAddresses, visibleRooms
from twistchat.protocols.irc.commands.table import MODERN, Command, Outcome
from twistchat.protocols.irc.replies.formatting import formatTime, middle
from twistchat.protocols.irc.services import serviceNamed
from twistchat.wire.irc import numerics as n

if TYPE_CHECKING:
    from twistchat.chat.model.users import User
    from twistchat.protocols.irc.protocol import IrcConnection
    from twistchat.protocols.irc.replies.reply import Reply
    from twistchat.protocols.irc.services.table import Service
    from twistchat.wire.irc.message import Message

USERHOSTS = 5
"""The most nicks in one USERHOST (modern.ircdocs.horse, "USERHOST message")."""

table = CommandTable(Command)


@table.command("WHOIS", "[<server>] <nick>", "ask who someone is", MODERN)
async def whois(client: IrcConnection, message: Message, reply: Reply) -> None:
    """C{WHOIS}: describes the first nick; TARGMAX says that it is the only one."""
    asked = message.params[1 if len(message.params) > 1 else 0] if message.params else ""
    if not asked:
        reply.numeric(n.ERR_NONICKNAMEGIVEN, "No nickname given")
        return
    if len(message.params) > 1 and isOtherServer(client, message.params[0], reply):
        return
    nick = asked.split(",")[0]
    user, service = client.context.chat.state.users.named(nick), serviceNamed(nick, client.server)
    if service is not None:
        _describeService(client, service, reply)
    elif user is None:
        reply.numeric(n.ERR_NOSUCHNICK, middle(nick), "No such nick")
    else:
        await _describe(client, user, reply)
    reply.numeric(n.RPL_ENDOFWHOIS, middle(asked), "End of /WHOIS list")


async def _describe(client: IrcConnection, user: User, reply: Reply) -> None:
    asker, source, nick = client.user, user.source, user.nick
    reply.numeric(n.RPL_WHOISUSER, nick, source.username, source.host, "*", source.realname)
    for part in client.context.portions.split(list(user.rooms.values())):
        await reply.step(PART_STEPS)
        there = [room for room in part if source.uid in room.members]
        rooms = [
            f"{prefixes(room.members[source.uid].ranks[:1])}{room.name}" for room in visibleRooms(asker, user, there)
        ]
        reply.numericList(n.RPL_WHOISCHANNELS, (nick,), rooms, colon=True)
    reply.numeric(n.RPL_WHOISSERVER, nick, client.server, client.settings.server.description)
    if user.away is not None:
        reply.numeric(n.RPL_AWAY, nick, user.away)
    if user.operator is not None:
        reply.numeric(n.RPL_WHOISOPERATOR, nick, user.operator.title)
    if source.bot:
        reply.numeric(n.RPL_WHOISBOT, nick, "is a bot")
    if source.account is not None:
        reply.numeric(n.RPL_WHOISACCOUNT, nick, source.account, "is logged in as")
    for address in visibleAddresses(asker, user):
        reply.numeric(n.RPL_WHOISHOST, nick, f"is connecting from {source.username}@{address} {address}")
        reply.numeric(n.RPL_WHOISACTUALLY, nick, f"{source.username}@{address}", address, "Is actually using host")
    if seesAll(asker, user):
        reply.numeric(n.RPL_WHOISMODES, nick, f"is using modes +{user.modes}")
        for fingerprint in dict.fromkeys(session.fingerprint for session in user.sessions.values()):
            if fingerprint is not None:
                reply.numeric(n.RPL_WHOISCERTFP, nick, f"has client certificate fingerprint {fingerprint}")
    if user.secure:
        reply.numeric(n.RPL_WHOISSECURE, nick, "is using a secure connection")
    idle = user.idle(client.context.clock.seconds(), client.context.wall())
    reply.numeric(n.RPL_WHOISIDLE, nick, str(int(idle)), str(user.since // 1000), "seconds idle, signon time")


def _describeService(client: IrcConnection, service: Service, reply: Reply) -> None:
    """Answer WHOIS for a service."""
    reply.numeric(n.RPL_WHOISUSER, service.nick, service.nick, client.server, "*", service.purpose)
    reply.numeric(n.RPL_WHOISSERVER, service.nick, client.server, client.settings.server.description)
    reply.numeric(n.RPL_WHOISOPERATOR, service.nick, "is a service of this server")


@table.command("WHOWAS", "<nick>{,<nick>} [<count>]", "ask who had a nick", MODERN)
async def whowas(client: IrcConnection, message: Message, reply: Reply) -> None:
    """C{WHOWAS}: describes earlier users of nicks, newest first.  Without a positive count it shows all."""
    if not message.params or not message.params[0]:
        reply.numeric(n.ERR_NONICKNAMEGIVEN, "No nickname given")
        return
    asked, *rest = message.params
    if len(rest) > 1 and isOtherServer(client, rest[1], reply):
        return
    count = int(rest[0]) if rest and rest[0].isascii() and rest[0].isdigit() else 0
    whowas = client.context.chat.state.whowas
    for nick in asked.split(",")[: client.settings.limits.targets]:
        departed = whowas.named(nick)
        for one in departed[:count] if count else departed:
            await reply.step(2)
            source = one.source
            reply.numeric(n.RPL_WHOWASUSER, source.nick, source.username, source.host, "*", source.realname)
            reply.numeric(n.RPL_WHOISSERVER, source.nick, client.server, formatTime(one.time / 1000))
        if not departed:
            reply.numeric(n.ERR_WASNOSUCHNICK, middle(nick), "There was no such nickname")
    reply.numeric(n.RPL_ENDOFWHOWAS, middle(asked), "End of WHOWAS")


@table.command("USERHOST", "<nick>{ <nick>}", "ask from where up to five people come", MODERN, minParams=1)
def userhost(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """C{USERHOST}: shows the hosts of the nicks that are online."""
    users = client.context.chat.state.users
    asked = [nick for parameter in message.params for nick in parameter.split()][:USERHOSTS]
    found = []
    for nick in asked:
        user, service = users.named(nick), serviceNamed(nick, client.server)
        if service is not None:
            found.append(f"{service.nick}=+{service.nick}@{client.server}")
        elif user is not None:
            status = f"{'*' if user.operator is not None else ''}={'+' if user.away is None else '-'}"
            found.append(f"{user.nick}{status}{user.source.username}@{user.source.host}")
    _answer(reply, n.RPL_USERHOST, found)
    return None


@table.command("ISON", "<nick>{ <nick>}", "ask who of these is here", "RFC 2812, section 4.9", minParams=1)
def ison(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """C{ISON}: shows which nicks are online, in their users' spelling."""
    users = client.context.chat.state.users
    asked = [nick for parameter in message.params for nick in parameter.split()]
    found = [serviceNamed(nick, client.server) or users.named(nick) for nick in asked]
    _answer(reply, n.RPL_ISON, [one.nick for one in found if one is not None])
    return None


def _answer(reply: Reply, code: str, words: list[str]) -> None:
    """Reply with a list; with an empty numeric if the list is empty, since clients wait for one."""
    if words:
        reply.numericList(code, (), words, colon=True)
    else:
        reply.numeric(code, "")


@table.command("AWAY", "[<reason>]", "be away, or back", MODERN, early=True)
def away(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """C{AWAY}: sets or clears the away message.  Before registration it needs draft/pre-away (IRCv3 pre-away)."""
    given = message.params[0] if message.params else ""
    reason = given[: client.settings.limits.reason] or None
    if client.registration is None:
        return _setAway(client, reason, reply)
    if "draft/pre-away" not in client.capabilities:
        raise errors.NotEntered
    client.registration.away = reason
    _confirmAway(reason, reply)
    return None


async def _setAway(client: IrcConnection, reason: str | None, reply: Reply) -> None:
    await client.context.chat.presence.setAway(reply.asker, reason)
    _confirmAway(reason, reply)


def _confirmAway(reason: str | None, reply: Reply) -> None:
    if reason is None:
        reply.numeric(n.RPL_UNAWAY, "You are no longer marked as being away")
    else:
        reply.numeric(n.RPL_NOWAWAY, "You have been marked as being away")


@table.command("SETNAME", "<realname>", "take another realname", "IRCv3 setname", minParams=1)
def setname(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """
    C{SETNAME}: changes the realname.  The users in shared rooms receive it if their clients support it, and so does
    this client.
    """
    return _setRealname(client, message.params[0], reply)


async def _setRealname(client: IrcConnection, realname: str, reply: Reply) -> None:
    limit = client.settings.limits.realname
    if not realname:
        reply.fail("INVALID_REALNAME", "Realname is not valid: it is empty")
        return
    try:
        proposal = client.context.chat.identity.setRealname(reply.asker, realname)
        if proposal is not None:
            await proposal
    except (errors.TooLong, errors.BadText):
        reply.fail("INVALID_REALNAME", f"Realname is not valid: it may have {limit} characters")
    except errors.TooFast:
        reply.fail("CANNOT_CHANGE_REALNAME", "Slow down your realname changes")
    except errors.Banned as error:
        reply.fail("CANNOT_CHANGE_REALNAME", f"Cannot change realname while banned from {error.room}")


def userMode(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """
    Execute C{MODE} for a nick: show or change the client's modes (modern.ircdocs.horse, "User mode").

    @param message: its first parameter is the nick.
    """
    nick, *rest = message.params
    user = client.context.chat.identity.find(nick)
    if user is not client.user:
        what = "change" if rest else "view"
        reply.numeric(n.ERR_USERSDONTMATCH, f"Can't {what} modes for other users")
        return None
    if not rest:
        reply.numeric(n.RPL_UMODEIS, f"+{user.modes}")
        return None
    return _setModes(client, rest[0], reply)


async def _setModes(client: IrcConnection, text: str, reply: Reply) -> None:
    unknown = await client.context.chat.identity.setUserModes(reply.asker, text)
    if unknown:
        reply.numeric(n.ERR_UMODEUNKNOWNFLAG, f"Unknown MODE flag {unknown}")
