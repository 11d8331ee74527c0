"""Every command of the line door, by topic; and C{/help}, which lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twistchat.doors.line.commands import operators, people, rooms, talk
from twistchat.doors.line.table import Command, Misused, Table
from twistchat.wire.plain import notice

if TYPE_CHECKING:
    from twistchat.doors.line.protocol import LineProtocol

table = Table()


@table.command("help", "[COMMAND]", "list the commands, or say more of one")
def help(client: LineProtocol, argument: str) -> None:
    """C{/help}: one line a command."""
    if argument:
        command = COMMANDS.get(argument.removeprefix("/").lower())
        if command is None:
            raise Misused(f"There is no command {argument}; /help lists the commands")
        lines = [f"{command.usage}: {command.summary}", *command.details]
    else:
        lines = [f"{command.usage}: {command.summary}" for command in COMMANDS.values()]
        lines.append("Any other line is said in the room; one that begins with // says the rest, from its second /")
    client.reply(b"".join(map(notice, lines)))


COMMANDS: dict[str, Command] = {
    command.name: command
    for topic in (table, talk.table, rooms.table, people.table, operators.table)
    for command in topic
}
"""Every command, by name."""
