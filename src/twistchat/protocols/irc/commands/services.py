"""Commands for NickServ and ChanServ, and the texts that people send them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from twistchat.net.client.table import CommandTable
from twistchat.protocols.irc.commands.history.playback import NAME, toPlayback
from twistchat.protocols.irc.commands.table import Command, Outcome
from twistchat.protocols.irc.services import INITIALS, SERVICES, serviceNamed
from twistchat.protocols.irc.services.running import runCommand, withoutSecrets
from twistchat.wire.irc import numerics as n
from twistchat.wire.irc.message import fit, room, serialize

if TYPE_CHECKING:
    from twistchat.protocols.irc.protocol import IrcConnection
    from twistchat.protocols.irc.replies.reply import Reply
    from twistchat.protocols.irc.services.table import Service
    from twistchat.wire.irc.message import Message

SOURCE = "Atheme, Anope, Ergo"
"""Where the commands come from.  No specification describes them."""

table = CommandTable(Command)


def _command(service: Service, client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """Execute C{NS}, C{CS} or a long form of them: a command for a service; without parameters, its HELP."""
    return runCommand(client, service, " ".join(message.params) or "HELP", reply)


for _service in SERVICES.values():
    for _name in _service.ircCommands:
        table.command(_name, "<command> [<word>...]", f"give {_service.nick} a command", SOURCE)(
            partial(_command, _service)
        )


def privmsg(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """
    C{PRIVMSG} to a service: executes the text as a command.

    A client with echo-message gets an echo without passwords, so that they are not in its window.  A CTCP request has
    no answer.
    """
    target, text, *_ = (*message.params, "", "")
    service = serviceNamed(target, client.server)
    if service is None or not text:
        reply.numeric(n.ERR_NOTEXTTOSEND, "No text to send")
        return None
    if "echo-message" in client.capabilities:
        source = client.user.source
        mask = f"{source.nick}!{source.username}@{source.host}"
        shown = fit(withoutSecrets(service, text), room("PRIVMSG", (target,), mask))
        reply.lines([serialize("PRIVMSG", (target, shown), mask, colon=True)])
    return None if text[0] == "\x01" else runCommand(client, service, text, reply)


def ignored(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """C{NOTICE} and C{TAGMSG} to a service: have no effect and no answer."""
    return None


TO_SERVICES = {
    "PRIVMSG": Command("PRIVMSG", privmsg, "<service> <command>", "give a service a command", SOURCE),
    "NOTICE": Command("NOTICE", ignored, "<service> <text>", "do nothing", SOURCE),
    "TAGMSG": Command("TAGMSG", ignored, "<service>", "do nothing", SOURCE),
}
"""
The commands that take the place of those for texts, if the target is a service.  They are not concurrent: the client's
later commands wait until the service has answered.
"""


REDIRECTED = INITIALS | {NAME[0]}
"""The first characters of the targets that L{redirect} looks at."""


def redirect(client: IrcConnection, message: Message, command: Command) -> Command:
    """
    Get the command that takes the place of one for texts, if the target is a service or ZNC's playback module; or else
    the given command.

    @param message: has a target.
    """
    if message.params[0][0] == NAME[0]:
        return toPlayback(client, message, command)
    return toService(message, command, client.server)


def toService(message: Message, command: Command, server: str) -> Command:
    """
    Get the command in L{TO_SERVICES} for a message to a service, or else the given command.

    @param message: has a target.
    @param server: the name of this server.
    """
    service = serviceNamed(message.params[0], server)
    return command if service is None else TO_SERVICES.get(message.command, command)
