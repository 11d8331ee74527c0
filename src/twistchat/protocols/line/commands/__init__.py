"""The commands of the line door, by topic; and C{/help}."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING

from twistchat.net.client.table import CommandTable
from twistchat.protocols.line.commands import accounts, history, operators, people, registered, rooms, talk
from twistchat.protocols.line.commands.table import Command, UsageError
from twistchat.wire.plain import notice

if TYPE_CHECKING:
    from twistchat.protocols.line.protocol import LineProtocol

MAX_QUOTED = 16
"""The most characters of an unknown command that its error repeats, and that are compared with other names."""

SIMILARITY = 0.75
"""The least similarity of a name to an unknown command that it is suggested for, from 0 to 1 (L{difflib})."""

ADVICE = "/help lists the commands"
LINE_ADVICE = f"{ADVICE}; to say the line, type another / in front of it"
"""The advice for an unknown command: for C{/help}, and for a line that begins with one."""

table = CommandTable(Command, "Help")


@table.command("help", "[COMMAND]", "list the commands, or say more of one", example="/help mode")
def help(client: LineProtocol, argument: str) -> None:
    """C{/help}: lists the commands by topic, or explains one."""
    name = argument.removeprefix("/").lower()
    client.reply(b"".join(map(notice, _explained(find(name, ADVICE)) if argument else _listed())))


def _listed() -> Iterator[str]:
    """List all commands, one in each line, with examples after each topic."""
    for topic in TOPICS:
        yield f"{topic.title}:"
        for command in topic:
            yield f"  {command.line}"
        examples = [command.example for command in topic if command.example]
        yield f"  For example: {'   '.join(examples[:EXAMPLES])}"
    yield "To say a line that begins with /, type another / in front of it"


def _explained(command: Command) -> Iterator[str]:
    """Explain one command."""
    yield command.line
    if command.example:
        yield f"For example: {command.example}"
    yield from command.details


def find(name: str, advice: str = LINE_ADVICE) -> Command:
    """
    Find a command by its name or alias.

    @param name: in lower case, without its slash.
    @param advice: the end of the error.
    @raise UsageError: there is none.  The error suggests a similar name.
    """
    command = COMMANDS.get(name) or ALIASES.get(name)
    if command is not None:
        return command
    shown = name if len(name) <= MAX_QUOTED else f"{name[:MAX_QUOTED]}…"
    names = [*COMMANDS, *ALIASES]
    guesses = [
        known for known in names if known[:1] == name or sorted(known) == sorted(name[:MAX_QUOTED])
    ] or get_close_matches(name[:MAX_QUOTED], names, 1, SIMILARITY)
    hint = f"Did you mean /{guesses[0]}?  " if guesses else ""
    raise UsageError(f"There is no command /{shown}.  {hint}{advice}")


EXAMPLES = 3
"""The most examples of one topic in C{/help}."""

TOPICS = (
    talk.table,
    history.table,
    rooms.table,
    people.table,
    accounts.table,
    registered.table,
    operators.table,
    table,
)
"""The commands by topic, in the order in which C{/help} lists them."""

COMMANDS: dict[str, Command] = {command.name: command for topic in TOPICS for command in topic}
"""The commands, by name."""

ALIASES: dict[str, Command] = {alias: command for command in COMMANDS.values() for alias in command.aliases}
"""The commands, by alias."""
