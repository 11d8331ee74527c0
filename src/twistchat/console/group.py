"""Commands that consist of other commands."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, ClassVar

from twisted.python.usage import Options, UsageError

from twistchat.config.toml import printable, shortened
from twistchat.console.help import listed, widthOf
from twistchat.options import SettingsOptions

UNKNOWN = "Unknown command: "
"""The start of Twisted's error message for an unknown command."""

MIN_SIMILARITY = 0.6
"""The minimum similarity, from 0 to 1, to suggest a command for a misspelt one (L{difflib})."""


class CommandGroup(Options):
    """
    A command whose first argument is the name of another command.

    @cvar usage: the usage line, if no command is named.
    @cvar start: the start of the usage line of its commands.
    @cvar groups: its commands in groups, each with a heading.
    """

    usage: ClassVar[str]
    start: ClassVar[str]
    longdesc: ClassVar[str]
    groups: ClassVar[Sequence[tuple[str, Sequence[Sequence[Any]]]]] = ()
    opt_version = SettingsOptions.opt_version

    @property
    def subCommands(self) -> Sequence[Sequence[Any]]:
        """All commands, as Twisted wants them."""
        return [command for _, commands in self.groups for command in commands]

    @property
    def commands(self) -> list[str]:
        """The names of its commands."""
        return [name for name, *_ in self.subCommands]

    def parseOptions(self, options: Sequence[str] | None = None) -> None:
        """
        See L{Options.parseOptions}.

        @raise UsageError: the options have a mistake.  If a command does not exist, the error suggests a similar one.
        """
        try:
            super().parseOptions(options)
        except UsageError as e:
            unknown = str(e).removeprefix(UNKNOWN)
            if unknown == str(e):
                raise
            guesses = get_close_matches(unknown.lower(), self.commands, 1, MIN_SIMILARITY)
            hint = f" (did you mean {guesses[0]}?)" if guesses else ""
            raise UsageError(f"there is no command {printable(shortened(unknown))}{hint}") from None

    def getSynopsis(self) -> str:
        """The usage line, or the start of the usage line of the command that was named."""
        return self.start if self.subCommand else self.usage

    def getUsage(self, width: int | None = None) -> str:
        """List the commands in their groups."""
        width = widthOf(width)
        parts = [textwrap.fill(self.longdesc, width), *listed(self.groups, width)]
        return "\n" + "\n\n".join(
            [*parts, f"{self.start.removeprefix('Usage: ')} COMMAND --help says more about a command."]
        )

    def run(self) -> None:
        """Run the command that was named.  If none was named, list the commands."""
        if self.subCommand is None:
            print(self)
        else:
            self.subOptions.run()


def innermost(options: Options) -> tuple[Options, str]:
    """
    Find the options of the command that was named.

    @return: the options, and the command as it is typed, without C{twistchat} and with a space before each word.
    """
    typed = ""
    while getattr(options, "subCommand", None):
        typed += f" {options.subCommand}"
        options = options.subOptions
    return options, typed
