"""Registration at the line door: a client types a name, and joins the lobby."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twistchat.chat.model.events import SessionStarted
from twistchat.protocols.line.commands import find
from twistchat.protocols.line.commands.table import Outcome, UsageError
from twistchat.protocols.line.rooms import enterRoom, showWhere
from twistchat.protocols.line.wording import formatDuration
from twistchat.wire.plain import notice

if TYPE_CHECKING:
    from twistchat.protocols.line.protocol import LineProtocol


def executeUnregistered(client: LineProtocol, text: str) -> Outcome:
    """
    Execute a line of an unregistered client: a name, or a command that needs no name.

    @raise UsageError: it is another command.
    """
    if text[0] != "/":
        return _enter(client, text.strip())
    name, _, argument = text[1:].partition(" ")
    command = find(name.lower())
    if command.name == "nick" and argument.strip():
        return _enter(client, argument.strip())
    if command.name == "help":
        time = formatDuration(client.context.settings.limits.lineRegistration)
        client.reply(notice("Type the name you want to have here, and nothing else in that line, for example: alice"))
        client.reply(notice(f"There are {time} for this.  Then you can type:"))
    elif command.name != "quit":
        raise UsageError(f"/{command.name} works once you have a name.  Type the name first, for example: alice")
    return command.run(client, argument.strip())


async def _enter(client: LineProtocol, nick: str) -> None:
    """Register under a nick, and join the lobby."""
    context = client.context
    session = client.openSession
    entry = await context.chat.identity.enter(session, nick, "~line", context.cloak(client.address))
    if session.user is None:
        return
    client.entrance.register()
    if isinstance(entry.event, SessionStarted):
        showWhere(client, f"You are {session.user.nick}, and were here already")
        return
    client.reply(notice(f"You are {session.user.nick}.  /help lists what you can type"))
    await enterRoom(client, context.settings.chat.lobby, unlimited=True)
