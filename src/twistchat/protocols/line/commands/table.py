"""The tables of the line door's commands."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from twisted.internet.defer import Deferred

if TYPE_CHECKING:
    from twistchat.protocols.line.protocol import LineProtocol

Outcome: TypeAlias = "Deferred[Any] | Coroutine[Deferred[Any], Any, Any] | None"
"""The result of a command: fires when it has taken effect; C{None} if it already has."""

Run: TypeAlias = "Callable[[LineProtocol, str], Outcome]"
"""Executes a command.  It gets the client and the argument after the command's name."""

Asks: TypeAlias = "Callable[[str], bool]"
"""See L{Command.asks}."""


class UsageError(Exception):
    """A command was used wrongly.  The argument explains the correct use."""


@dataclass(frozen=True, slots=True)
class Command:
    """
    A command of the line door.

    @ivar name: the name after the slash.
    @ivar run: executes the command.
    @ivar arguments: the arguments, as C{/help} shows them.
    @ivar summary: what the command does, in one line.
    @ivar example: an example for C{/help}.
    @ivar aliases: other names, which people know from IRC.
    @ivar concurrent: whether it sends a message, which may be in flight with other messages.
    @ivar details: more lines for C{/help NAME}.
    @ivar asks: tells by the argument whether the command asks for a password, so that the line after it is one;
        C{None} if neither its argument nor the line after it can be a password.
    """

    name: str
    run: Run
    arguments: str
    summary: str
    example: str = ""
    aliases: tuple[str, ...] = ()
    concurrent: bool = False
    details: tuple[str, ...] = ()
    asks: Asks | None = None

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


UNKNOWN = Command("", lambda client, argument: None, "", "")
"""Stands for a command that does not exist, where only the properties of the command matter."""


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
