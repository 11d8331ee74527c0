"""Every command of the line door, by topic; and C{/help}, which lists them."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING

from twistchat.protocols.line.commands import operators, people, rooms, talk
from twistchat.protocols.line.commands.table import Command, Table, UsageError
from twistchat.wire.plain import notice

if TYPE_CHECKING:
    from twistchat.protocols.line.protocol import LineProtocol

MAX_QUOTED = 16
"""Characters of an unknown command that its error repeats, and that are compared with the names of commands."""

SIMILARITY = 0.75
"""How alike two names are, from 0 to 1, for one to be taken for a misspelling of the other (L{difflib})."""

ADVICE = "/help lists the commands"
LINE_ADVICE = f"{ADVICE}; to say the line, type another / in front of it"
"""What to do where there is no such command: in answer to C{/help}, and to a line that begins with one."""

table = Table("Help")


@table.command("help", "[COMMAND]", "list the commands, or say more of one", example="/help mode")
def help(client: LineProtocol, argument: str) -> None:
    """C{/help}: the commands by topic; or one of them, with an example."""
    name = argument.removeprefix("/").lower()
    client.reply(b"".join(map(notice, _explained(find(name, ADVICE)) if argument else _listed())))


def _listed() -> Iterator[str]:
    """All commands, a line each, with examples below those of each topic."""
    for topic in TOPICS:
        yield f"{topic.title}:"
        for command in topic:
            yield f"  {command.line}"
        examples = [command.example for command in topic if command.example]
        yield f"  For example: {'   '.join(examples[:EXAMPLES])}"
    yield "To say a line that begins with /, type another / in front of it"


def _explained(command: Command) -> Iterator[str]:
    """One command in full."""
    yield command.line
    if command.example:
        yield f"For example: {command.example}"
    yield from command.details


def find(name: str, advice: str = LINE_ADVICE) -> Command:
    """
    The command of this name or alias.

    @param name: in lower case, without its slash.
    @param advice: what to do if there is none.
    @raise UsageError: there is none; the error names the one that may have been meant.
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
"""Examples that C{/help} shows of one topic."""

TOPICS = (talk.table, rooms.table, people.table, operators.table, table)
"""The commands by topic, in the order in which C{/help} lists them."""

COMMANDS: dict[str, Command] = {command.name: command for topic in TOPICS for command in topic}
"""Every command, by name."""

ALIASES: dict[str, Command] = {alias: command for command in COMMANDS.values() for alias in command.aliases}
"""The commands that have other names, by those."""
