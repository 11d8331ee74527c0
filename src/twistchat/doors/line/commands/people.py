"""Commands about oneself: one's nick, being away, going; and help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twistchat.doors.line.table import Outcome, Table, words
from twistchat.wire.plain import notice

if TYPE_CHECKING:
    from twistchat.doors.line.protocol import LineProtocol

table = Table()


@table.command("nick", "NICK", "take another nick")
def nick(client: LineProtocol, argument: str) -> Outcome:
    """C{/nick}: take another nick."""
    (wanted,) = words(argument, 1, 1, "/nick NICK")
    assert wanted is not None
    renaming = client.backstage.chat.rename(client.openSession, wanted.rstrip())
    if renaming is None:
        client.reply(notice(f"You are {wanted}"))
    return renaming


@table.command("away", "[TEXT]", "be away, for those who write to you; with no text, be back")
async def away(client: LineProtocol, argument: str) -> None:
    """C{/away}: set or clear the away message."""
    await client.backstage.chat.setAway(client.openSession, argument or None)
    client.reply(notice(f"You are away: {argument}" if argument else "You are back"))


@table.command("quit", "[REASON]", "go")
def quit(client: LineProtocol, argument: str) -> None:
    """C{/quit}: end the session."""
    client.reply(notice("Goodbye"))
    client.leave(argument)
