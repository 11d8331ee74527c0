"""Commands on the client's own user: nick, away message, quit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twistchat.net.client.table import CommandTable
from twistchat.protocols.line.commands.table import Command, Outcome, splitArgument
from twistchat.wire.plain import notice

if TYPE_CHECKING:
    from twistchat.protocols.line.protocol import LineProtocol

table = CommandTable(Command, "You")


@table.command("nick", "NICK", "change your nick", example="/nick Alice")
def nick(client: LineProtocol, argument: str) -> Outcome:
    """C{/nick}: changes the nick."""
    (wanted,) = splitArgument(argument, 1, 1, "/nick NICK")
    assert wanted is not None
    renaming = client.context.chat.identity.rename(client.openSession, wanted.rstrip())
    if renaming is None:
        client.reply(notice(f"You are {wanted}"))
    return renaming


@table.command(
    "away", "[TEXT]", "tell those who write to you that you are away; with no text, be back", example="/away at lunch"
)
async def away(client: LineProtocol, argument: str) -> None:
    """C{/away}: sets or clears the away message."""
    await client.context.chat.presence.setAway(client.openSession, argument or None)
    client.reply(notice(f"You are away: {argument}" if argument else "You are back"))


@table.command("quit", "[REASON]", "leave the chat", example="/quit Good night", aliases=("exit",))
def quit(client: LineProtocol, argument: str) -> None:
    """C{/quit}: ends the session."""
    client.reply(notice("Goodbye.  If your nc does not end by itself, Ctrl-C ends it"))
    client.closing.leave(argument)
