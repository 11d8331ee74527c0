"""A table of commands.  Each protocol has a class of its own for commands, with what it needs to know of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Concatenate, Generic, ParamSpec, TypeVar

Command = TypeVar("Command")

Run = TypeVar("Run")

Options = ParamSpec("Options")


class CommandTable(Generic[Command, Run, Options]):
    """
    The commands of one topic, in the order of the help.

    @ivar title: the heading in the help; C{""} for none.
    """

    def __init__(self, make: Callable[Concatenate[str, Run, Options], Command], title: str = "") -> None:
        """
        @param make: makes a command: the class of the commands.  Its first arguments are the name of the command and
            the function that executes it.
        """
        self.title = title
        self._make = make
        self._commands: dict[str, Command] = {}

    def __iter__(self) -> Iterator[Command]:
        return iter(self._commands.values())

    def command(self, name: str, *arguments: Options.args, **options: Options.kwargs) -> Callable[[Run], Run]:
        """Add the decorated function as a command.  The arguments are those of the class, without the function."""

        def enter(run: Run) -> Run:
            self._commands[name] = self._make(name, run, *arguments, **options)
            return run

        return enter
