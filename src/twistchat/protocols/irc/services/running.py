"""Executes a command for a service, and words its errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twistchat.chat.errors import ChatError
from twistchat.protocols.irc.replies.wording import describeError
from twistchat.protocols.irc.services.request import Request, splitWords
from twistchat.protocols.irc.services.table import Usage

if TYPE_CHECKING:
    from twistchat.protocols.irc.protocol import IrcConnection
    from twistchat.protocols.irc.replies.reply import Reply
    from twistchat.protocols.irc.services.table import Service, ServiceCommand

HIDDEN = "***"
"""Stands in an echo for words that may be a password."""


async def runCommand(client: IrcConnection, service: Service, text: str, reply: Reply) -> None:
    """
    Execute a command for a service.  All answers are notices from the service.

    @param text: the name of the command, and its words.
    """
    name, _, rest = text.strip(" ").partition(" ")
    request = Request(client, service, rest, reply)
    command = service.command(name)
    if command is None:
        # The unknown word is not repeated: it may be a password whose command was forgotten.
        request.say(f"{service.nick} has no such command. /msg {service.nick} HELP lists its commands")
        return
    try:
        if command.account and not (command.privilege and client.user.may(command.privilege)):
            request.account  # noqa: B018 - it raises an error for a guest
        if not command.least <= len(request.words) <= (len(request.words) if command.most is None else command.most):
            raise Usage
        await command.run(request)
    except Usage:
        request.say(f"Usage: {usage(service, command)}")
    except ChatError as error:
        client.context.refusals.noteError(client.address, error)
        request.say(describeError(error))


def usage(service: Service, command: ServiceCommand) -> str:
    """How to type a command."""
    return f"/msg {service.nick} {command.name} {command.parameters}".rstrip()


def withoutSecrets(service: Service, text: str) -> str:
    """
    Hide what may be a password in a command for a service, for the echo of the client's message.

    Only the words of a known command without secrets are kept.
    """
    name, *words = splitWords(text) or [""]
    command = service.command(name)
    if command is None:
        return HIDDEN
    if not command.secret or not words:
        return text
    return f"{name} {HIDDEN}"
