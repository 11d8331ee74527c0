"""Commands of the connection: registration, capabilities, PING and QUIT."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twistchat.chat.errors import NickInUse, NickOwned
from twistchat.net.client.table import CommandTable
from twistchat.protocols.irc.commands.table import MODERN, Command, Outcome
from twistchat.protocols.irc.replies.formatting import cleanUsername, middle
from twistchat.wire.irc import numerics as n
from twistchat.wire.irc.capabilities import advertise, capLines, parseRequest

if TYPE_CHECKING:
    from twistchat.protocols.irc.protocol import IrcConnection
    from twistchat.protocols.irc.replies.reply import Reply
    from twistchat.wire.irc.message import Message

table = CommandTable(Command)


@table.command(
    "CAP",
    "<subcommand> [:<capabilities>]",
    "negotiate capabilities",
    "IRCv3 capability-negotiation",
    minParams=1,
    early=True,
)
def cap(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """C{CAP}: LS, LIST, REQ and END.  Only the server sends NEW and DEL."""
    subcommand, *rest = message.params
    negotiation = client.negotiation
    registration = client.registration
    if subcommand.upper() == "LS":
        version = int(rest[0]) if rest and rest[0].isascii() and rest[0].isdigit() else 0
        negotiation.setVersion(version)
        if registration is not None:
            registration.negotiating = True
        reply.lines(
            capLines("LS", advertise(negotiation.available(version), version), client.nick, client.server, version)
        )
    elif subcommand.upper() == "LIST":
        enabled = sorted(negotiation.enabled)
        reply.lines(capLines("LIST", enabled, client.nick, client.server, negotiation.version))
    elif subcommand.upper() == "REQ":
        if registration is not None:
            registration.negotiating = True
        wanted = rest[-1] if rest else ""
        before = client.capabilities
        done = negotiation.request(parseRequest(wanted))
        reply.lines(capLines("ACK" if done else "NAK", wanted.split(), client.nick, client.server))
        if done:
            client.updateDialects(before)
    elif subcommand.upper() == "END":
        if registration is not None:
            registration.negotiating = False
            return registration.advance(reply)
    else:
        reply.numeric(n.ERR_INVALIDCAPCMD, middle(subcommand), "Invalid CAP command")
    return None


@table.command("NICK", "<nickname>", "take a nick", MODERN, early=True)
def nick(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """C{NICK}: sets the nick at registration, and changes it later."""
    wanted = message.params[0] if message.params else ""
    if not wanted:
        reply.numeric(n.ERR_NONICKNAMEGIVEN, "No nickname given")
        return None
    chat, registration = client.context.chat, client.registration
    if registration is None:
        return chat.identity.rename(reply.asker, wanted)
    try:
        registration.nick = chat.identity.checkNick(client.openSession, wanted)
    except (NickInUse, NickOwned):
        # The client may log in to the nick's account before it registers, and the nick is checked again then.
        if chat.state.accounts.ownerOf(wanted) is None or not registration.mayLogIn:
            raise
        registration.nick = wanted
    return registration.advance(reply)


@table.command("USER", "<username> 0 * <realname>", "say who you are", MODERN, minParams=4, early=True)
def user(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """C{USER}: sets the username and the realname, which must not be empty."""
    registration = client.registration
    if registration is None or registration.username:
        reply.numeric(n.ERR_ALREADYREGISTERED, "You may not reregister")
        return None
    if not message.params[3]:
        reply.numeric(n.ERR_NEEDMOREPARAMS, "USER", "Not enough parameters: the realname is empty")
        return None
    registration.username = cleanUsername(message.params[0])
    registration.realname = message.params[3][: client.settings.limits.realname]
    return registration.advance(reply)


@table.command("PASS", "<password>", "give the server's password, or account:password", MODERN, minParams=1, early=True)
def password(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """C{PASS}: comes before NICK and USER."""
    if client.registration is None:
        reply.numeric(n.ERR_ALREADYREGISTERED, "You may not reregister")
    else:
        client.registration.password = message.params[-1]
    return None


@table.command("PING", "<token>", "ask whether the server is there", MODERN, early=True)
def ping(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """C{PING}: the reply is sent after everything before it."""
    if not message.params or not message.params[0]:
        reply.numeric(n.ERR_NOORIGIN, "No origin specified")
    else:
        reply.line("PONG", client.server, message.params[0])
    return None


@table.command("PONG", "<token>", "answer a PING of the server", MODERN, early=True)
def pong(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """C{PONG}: needs no reply.  Like any line, it shows that the client is alive."""
    return None


@table.command("QUIT", "[<reason>]", "leave", MODERN, early=True)
def quit(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """C{QUIT}: marks the client's reason, so that it does not look like one of the server."""
    given = message.params[0] if message.params else ""
    reason = f"Quit: {given}"
    reply.finish()
    client.reply(client.farewell(reason, fault=False))
    client.closing.leave(reason)
    return None
