"""What the commands of C{twistchat} share: their options, and the error that ends a command."""

from __future__ import annotations

from collections.abc import Sequence
from getopt import GetoptError, gnu_getopt
from pathlib import Path
from typing import ClassVar

from twisted.python.usage import UsageError

from twistchat.console.help import helpOf, widthOf
from twistchat.journal.sqlite.files import FILE
from twistchat.options import SettingsOptions, installedDoors, installedJournals, refuseMore


class Refused(Exception):
    """A command cannot run.  C{str} gives a one-line message for the user."""


class JournalOptions(SettingsOptions):
    """
    Options of a command that reads the journal.

    @cvar dataHelp: the help text of C{--data}.
    @cvar longdesc: what the command does, in paragraphs with an empty line between them.
    @cvar examples: command lines for its help.
    """

    longdesc = ""
    examples: ClassVar[Sequence[str]] = ()
    dataHelp: ClassVar = "The server's data directory, which has the journal."

    def __init__(self) -> None:
        super().__init__()
        self.doors = installedDoors()
        self.journals = installedJournals()
        self.docs["data"] = f"{self.dataHelp}  [default: ./twistchat-data]"

    def getUsage(self, width: int | None = None) -> str:
        """Lay out the help."""
        return helpOf(self, self.examples, widthOf(width))

    def parseOptions(self, options: Sequence[str] | None = None) -> None:
        """
        See L{Options.parseOptions <twisted.python.usage.Options.parseOptions>}.  Options may follow arguments.

        @raise UsageError: the options have a mistake.
        """
        try:
            found, arguments = gnu_getopt(list(options or ()), self.shortOpt, self.longOpt)
        except GetoptError as e:
            raise UsageError(str(e)) from e
        ordered = [name if f"{name[2:]}=" not in self.longOpt else f"{name}={value}" for name, value in found]
        super().parseOptions([*ordered, "--", *arguments])

    def parseArgs(self, *arguments: str) -> None:
        """Refuse all arguments.  Commands that take some override this."""
        refuseMore(arguments, 0)

    def path(self) -> Path:
        """
        Find the journal's file.

        @raise Refused: there is no journal.
        """
        path = Path(self.settings.server.data) / FILE
        if not path.exists():
            raise Refused(f"there is no journal in {self.settings.server.data}; name its directory with --data")
        return path


def named(arguments: Sequence[str], what: str) -> str:
    """
    Return the only argument of a command, the name of a file.

    @param what: describes the file, for the error.
    """
    refuseMore(arguments, 1)
    if not arguments:
        raise UsageError(f"the argument FILE is missing: {what}")
    return arguments[0]
