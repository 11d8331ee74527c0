"""The tables of the line door's commands."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from twisted.internet.defer import Deferred

if TYPE_CHECKING:
    from twistchat.protocols.line.protocol import LineProtocol

Outcome: TypeAlias = "Deferred[Any] | Coroutine[Deferred[Any], Any, Any] | None"
"""The result of a command: fires when it has taken effect; C{None} if it already has."""

Run: TypeAlias = "Callable[[LineProtocol, str], Outcome]"
"""Executes a command.  It gets the client and the argument after the command's name."""


class UsageError(Exception):
    """A command was used wrongly.  The argument explains the correct use."""


@dataclass(frozen=True, slots=True)
class Command:
    """
    A command of the line door.

    @ivar name: the name after the slash.
    @ivar arguments: the arguments, as C{/help} shows them.
    @ivar summary: what the command does, in one line.
    @ivar run: executes the command.
    @ivar example: an example for C{/help}.
    @ivar aliases: other names, which people know from IRC.
    @ivar concurrent: whether it sends a message, which may be in flight with other messages.
    @ivar details: more lines for C{/help NAME}.
    @ivar asks: whether its argument contains a password, or the line after it may be one.
    """

    name: str
    arguments: str
    summary: str
    run: Run
    example: str = ""
    aliases: tuple[str, ...] = ()
    concurrent: bool = False
    details: tuple[str, ...] = ()
    asks: bool = False

    def execute(self, client: LineProtocol, name: str, argument: str) -> Outcome:
        """
        Execute the command.

        @param name: the name or alias that was typed.
        @raise UsageError: the command is used wrongly.  The error shows the name that was typed.
        """
        try:
            return self.run(client, argument)
        except UsageError as bad:
            usage = f"Usage: /{self.name} "
            if name == self.name or not str(bad).startswith(usage):
                raise
            raise UsageError(f"Usage: /{name} {str(bad).removeprefix(usage)}") from None

    @property
    def usage(self) -> str:
        """The name and the arguments."""
        return f"/{self.name} {self.arguments}".rstrip()

    @property
    def line(self) -> str:
        """The line of the command in a list: usage, summary and aliases."""
        others = f" (also {', '.join(f'/{alias}' for alias in self.aliases)})" if self.aliases else ""
        return f"{self.usage}: {self.summary}{others}"


UNKNOWN = Command("", "", "", lambda client, argument: None)
"""Stands for a command that does not exist, where only the properties of the command matter."""


class Table:
    """
    The commands of one topic, in the order of C{/help}.

    @ivar title: the heading in C{/help}.
    """

    def __init__(self, title: str) -> None:
        self.title = title
        self._commands: dict[str, Command] = {}

    def __iter__(self) -> Iterator[Command]:
        return iter(self._commands.values())

    def command(
        self,
        name: str,
        arguments: str,
        summary: str,
        example: str = "",
        aliases: tuple[str, ...] = (),
        concurrent: bool = False,
        details: tuple[str, ...] = (),
        asks: bool = False,
    ) -> Callable[[Run], Run]:
        """Add the decorated function as a command.  The arguments are those of L{Command}."""

        def enter(run: Run) -> Run:
            self._commands[name] = Command(name, arguments, summary, run, example, aliases, concurrent, details, asks)
            return run

        return enter


def splitArgument(argument: str, least: int, most: int, usage: str) -> list[str | None]:
    """
    Split an argument into words.  The last one keeps the rest of the line.

    @param least: the least number of words.
    @param most: the most words.
    @return: C{most} words; C{None} for each that is missing.
    @raise UsageError: there are too few.
    """
    found: list[str | None] = [*argument.split(None, most - 1)]
    if len(found) < least:
        raise UsageError(f"Usage: {usage}")
    return found + [None] * (most - len(found))
