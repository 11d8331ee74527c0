"""The command table of the line door: what a command is, and how one is entered."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from twisted.internet.defer import Deferred

if TYPE_CHECKING:
    from twistchat.protocols.line.protocol import LineProtocol

Outcome: TypeAlias = "Deferred[Any] | Coroutine[Deferred[Any], Any, Any] | None"
"""What a command gives back: what to wait for until it has taken effect, or C{None} where it has."""

Run: TypeAlias = "Callable[[LineProtocol, str], Outcome]"
"""Obeys a command: is given the client, and what was typed behind the command's name."""


class UsageError(Exception):
    """A command was typed in a way that it cannot be obeyed; its argument says what would be right."""


@dataclass(frozen=True, slots=True)
class Command:
    """
    A command of the line door.

    @ivar name: what is typed behind the slash.
    @ivar arguments: its arguments, as C{/help} shows them.
    @ivar summary: what it does, in one line.
    @ivar run: obeys it.
    @ivar example: how one might type it, as C{/help} shows it.
    @ivar aliases: other names that it has, as people know them from IRC.
    @ivar concurrent: whether it may be under way with others of its kind: it sends a message.
    @ivar details: more lines for C{/help NAME}.
    """

    name: str
    arguments: str
    summary: str
    run: Run
    example: str = ""
    aliases: tuple[str, ...] = ()
    concurrent: bool = False
    details: tuple[str, ...] = ()

    def execute(self, client: LineProtocol, name: str, argument: str) -> Outcome:
        """
        Obey it.

        @param name: the one of its names that was typed.
        @raise UsageError: it cannot be obeyed; where its arguments do not fit, the error shows the name that was typed.
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
        """How it is typed."""
        return f"/{self.name} {self.arguments}".rstrip()

    @property
    def line(self) -> str:
        """How it is typed, what it does, and its other names: its line in a list."""
        others = f" (also {', '.join(f'/{alias}' for alias in self.aliases)})" if self.aliases else ""
        return f"{self.usage}: {self.summary}{others}"


class Table:
    """
    Commands of one topic, in the order in which C{/help} lists them.

    @ivar title: the heading over them there.
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
    ) -> Callable[[Run], Run]:
        """Enter the decorated function as a command.  The arguments are those of L{Command}."""

        def enter(run: Run) -> Run:
            self._commands[name] = Command(name, arguments, summary, run, example, aliases, concurrent, details)
            return run

        return enter


def splitArgument(argument: str, least: int, most: int, usage: str) -> list[str | None]:
    """
    Cut an argument into words, the last of which keeps the rest of the line.

    @param least: how many there must be.
    @param most: how many there can be.
    @return: C{most} of them; C{None} for each that is missing.
    @raise UsageError: there are too few.
    """
    found: list[str | None] = [*argument.split(None, most - 1)]
    if len(found) < least:
        raise UsageError(f"Usage: {usage}")
    return found + [None] * (most - len(found))
