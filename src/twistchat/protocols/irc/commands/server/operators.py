"""Commands of operators of the server, and OPER."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.logger import Logger

from twistchat.chat.errors import TooLong
from twistchat.chat.model.events import REFUSED
from twistchat.chat.model.names import fold, withAccount
from twistchat.config import ConfigError
from twistchat.net.client.table import CommandTable
from twistchat.net.listening.origin import isWithin
from twistchat.protocols.irc.commands.server.bans import NO_REASON
from twistchat.protocols.irc.commands.table import MODERN, Command, Outcome
from twistchat.wire.irc import numerics as n

if TYPE_CHECKING:
    from twistchat.config import OperatorSettings
    from twistchat.protocols.irc.protocol import IrcConnection
    from twistchat.protocols.irc.replies.reply import Reply
    from twistchat.wire.irc.message import Message

log = Logger()

table = CommandTable(Command)


@table.command("OPER", "<name> [<password>]", "become an operator of the server", MODERN, minParams=1)
def oper(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """
    C{OPER}: makes the client an operator.  It needs no password if an account or certificate identifies the client.
    """
    name, *rest = message.params
    operator = client.settings.operators.get(name)
    if not rest and (operator is None or operator.password):
        reply.numeric(n.ERR_NEEDMOREPARAMS, "OPER", "Not enough parameters: <name> <password>")
        return None
    return _becomeOperator(client, name, operator, rest[0] if rest else "", reply)


async def _becomeOperator(
    client: IrcConnection, name: str, operator: OperatorSettings | None, password: str, reply: Reply
) -> None:
    session, shown = client.openSession, client.context.shown(client.address)
    who = client.nick if shown is None else f"{client.nick} ({shown})"
    known = "someone unknown" if operator is None else repr(name)  # an unknown name may be a password
    stored = None if operator is None else operator.password
    right = (operator is not None and not stored) or await client.entrance.checkPassword(stored, password)
    if session.user is None:
        return
    if operator is None or not right or not _hasIdentity(client, operator):
        log.warn("{who} failed to become an operator as {name}", who=who, name=known)
        reply.numeric(n.ERR_PASSWDMISMATCH, "Password incorrect")
        return
    if operator.hosts and not isWithin(client.address, operator.hosts):
        log.warn("{who} failed to become an operator as {name!r} from there", who=who, name=name)
        reply.numeric(n.ERR_NOOPERHOST, "No O-lines for your host")
        return
    rights = client.settings.classes[operator.class_]
    await client.context.chat.operators.become(reply.asker, rights.title, rights.privileges, rights.host or None, name)
    if session.user is not None:
        client.irc.appointments.note(session.user, name, rights)
    log.info("{who} is an operator as {name!r}", who=who, name=name)
    reply.numeric(n.RPL_YOUREOPER, "You are now an IRC operator")


def _hasIdentity(client: IrcConnection, operator: OperatorSettings) -> bool:
    """Whether a client has the account and the certificate that the settings of an operator require."""
    account = client.user.source.account
    if operator.account and (account is None or fold(account) != fold(operator.account)):
        return False
    return not operator.fingerprint or operator.fingerprint == client.openSession.fingerprint


@table.command("KILL", "<nick> [<reason>]", "disconnect someone", MODERN, minParams=1, privilege="kill")
def kill(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """C{KILL}: disconnects a user.  RFC 2812 (section 3.7.1) requires a reason, but many clients send none."""
    nick, *rest = message.params
    if fold(nick) == fold(client.server):
        reply.numeric(n.ERR_CANTKILLSERVER, "You can't kill a server")
        return None
    reason = (rest[0] if rest else "")[: client.settings.limits.reason] or NO_REASON
    log.info("{who} kills {nick!r}: {reason}", who=client.nick, nick=nick, reason=reason)
    return client.context.chat.operators.kill(reply.asker, nick, reason)


@table.command("WALLOPS", "<text>", "say something to all who listen for it", MODERN, minParams=1, privilege="wallops")
def wallops(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """C{WALLOPS}: sends a text to operators and to users with mode C{w}."""
    try:
        return client.context.chat.operators.announce(reply.asker, message.params[0])
    except TooLong as error:
        reply.fail("TOO_LONG", f"The announcement has {error.length} characters, and {error.limit} fit")
        return None


@table.command("REHASH", "", "have the configuration read again", MODERN, privilege="rehash")
async def reread(client: IrcConnection, message: Message, reply: Reply) -> None:
    """C{REHASH}: reads the configuration again, and reports the changes.  If it has a mistake, nothing changes."""
    audit, who = client.context.chat.audit, withAccount(client.nick, client.user.source.account)
    audit.note(reply.asker, "reload")
    try:
        reloaded = await client.context.rehash(f"{who} at the {client.openSession.door} door")
    except ConfigError as mistake:
        if reply.asker.user is not None:
            audit.note(reply.asker, f"reload.{REFUSED}", detail=f"Nothing has changed: {mistake}")
        reply.fail("CONFIG_BAD", str(mistake))
        return
    reply.numeric(n.RPL_REHASHING, "configuration", "Rehashing")
    reply.line("NOTICE", client.nick, f"*** The configuration was read again; {reloaded}")
