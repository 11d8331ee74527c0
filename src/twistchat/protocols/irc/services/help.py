"""C{HELP} of the services, from their tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from twistchat.net.client.table import CommandTable
from twistchat.protocols.irc.services.running import usage
from twistchat.protocols.irc.services.table import ServiceCommand

if TYPE_CHECKING:
    from twistchat.protocols.irc.services.request import Request
    from twistchat.protocols.irc.services.table import Service

table = CommandTable(ServiceCommand)


@table.command("HELP", "[<command>]", "list the commands, or describe one", "IDENTIFY", most=2)
async def help(request: Request) -> None:
    """C{HELP}: describes a command; without a word, lists all commands."""
    service = request.service
    if not request.words:
        await request.sayAll(_overview(service))
        return
    command = service.command(request.words[0])
    if command is None:
        request.say(f"There is no help on that. /msg {service.nick} HELP lists the commands")
    else:
        await request.sayAll(_describe(service, command))


def _overview(service: Service) -> Iterator[str]:
    yield f"{service.nick} {service.purpose}. Its commands:"
    for command in service.commands.values():
        yield f"{command.name}: to {command.summary}"
    short = service.ircCommands[0]
    yield f"/msg {service.nick} HELP <command> describes a command. /{short} is short for /msg {service.nick}"


def _describe(service: Service, command: ServiceCommand) -> Iterator[str]:
    yield usage(service, command)
    yield f"To {command.summary}"
    yield from command.details
    if command.account:
        yield "For this you need to be logged in"
    other = [alias for alias, name in service.aliases.items() if name == command.name]
    if other:
        yield f"Other names: {', '.join(other)}"
    if command.example:
        yield f"Example: /msg {service.nick} {command.name} {command.example}"
