"""Tests of L{twistchat.console.program}: the command line as a whole, and how a command ends."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

from twisted.python.usage import Options

from tests.console.cases import ALICE, ConsoleTestCase
from twistchat import __version__
from twistchat.chat.model.events import (
    RoomMessage,
)
from twistchat.console import main
from twistchat.console.group import CommandGroup
from twistchat.console.program import ConsoleOptions


def commands(options: Callable[[], Options], typed: str) -> Iterator[tuple[Callable[[], Options], str]]:
    """List all commands, also those within others, each with what is typed after C{twistchat}."""
    yield options, typed
    for name, _, inner, _ in getattr(options(), "subCommands", ()):
        yield from commands(inner, f"{typed} {name}")


class ProgramTests(ConsoleTestCase):
    """All commands."""

    def test_configuration(self) -> None:
        """The command reads the data directory from the configuration.  The error of a mistake there names the line."""
        self.serve(RoomMessage(ALICE, "#lobby", "1", "hello"))
        Path("twistchat.toml").write_text('[server]\ndata = "data"\n[listen]\nline = "tcp:6623"\n')
        self.assertIn("hello", self.command("export", "--room=lobby"))
        Path("twistchat.toml").write_text("[server]\ndata = 5\n")
        self.assertIn("twistchat: twistchat.toml:2: server.data: ", self.refused("export", "--room=lobby"))

    def test_usage(self) -> None:
        """The error for a missing or unknown command, or for wrong arguments, is one line that names it."""
        for arguments, why in (
            (["nonsense"], "there is no command nonsense; twistchat --help says more"),
            (["chekc"], "there is no command chekc (did you mean check?); twistchat --help says more"),
            (["restore"], "the argument FILE is missing: the backup; twistchat restore --help says more"),
            (["backup", "a", "b"], "there is an argument too many: b; twistchat backup --help says more"),
            (["check", "a", "b"], "there is an argument too many: b; twistchat check --help says more"),
            (["export", "a", "b"], "there is an argument too many: b; twistchat export --help says more"),
            (["hash-password", "a"], "there is an argument too many: a; twistchat hash-password --help says more"),
            (
                ["backup", "--dta=x"],
                "there is no option --dta (did you mean --data?); twistchat backup --help says more",
            ),
            (["export", "--room"], "--room needs a value; twistchat export --help says more"),
            (
                ["export"],
                (
                    "name a room or an account, as in --room '#lobby' or --account alice, or --all; "
                    "twistchat export --help says more"
                ),
            ),
        ):
            self.assertEqual(f"twistchat: {why}", self.refused(*arguments))
        self.assertIn("twistchat: there is no option --nonsense; ", self.refused("--nonsense"))

    def test_list(self) -> None:
        """Without a command, and with C{--help}, all commands are listed in groups."""
        listed = self.command()
        self.assertEqual(listed, self.help())
        headings = [line for line in listed.splitlines() if line.endswith(":")]
        self.assertEqual([f"{heading}:" for heading, _ in ConsoleOptions.groups], headings)
        for name in ConsoleOptions().commands:
            self.assertRegex(listed, rf"(?m)^  {name}  ")

    def test_everyHelp(self) -> None:
        """The help of each command fits a terminal of 80 columns, and has its usage, its options and examples."""
        for options, typed in commands(ConsoleOptions, ""):
            text = self.help(*typed.split())
            self.assertEqual([], [line for line in text.splitlines() if len(line) > 80], typed)
            self.assertTrue(text.startswith(f"Usage: twistchat{typed} "), text)
            if not isinstance(options(), CommandGroup):
                self.assertIn("\nOptions:\n", text)
                self.assertIn(f"\nExamples:\n  twistchat{typed}", text)
                self.assertGreater(len(text.split("\n\n")[1]), 20, text)

    def help(self, *command: str) -> str:
        """Return the help of a command."""
        printed = StringIO()
        with redirect_stdout(printed):
            self.assertRaises(SystemExit, main, [*command, "--help"])
        return printed.getvalue()

    def test_help(self) -> None:
        """The first line of a command's help is a valid command line, and C{--data} is described for that command."""
        for command, usage, data in (
            ("backup", "Usage: twistchat backup [options] [FILE]", "which has the journal."),
            ("check", "Usage: twistchat check [options] [FILE]", "whose journal is read, if no FILE is named."),
            ("restore", "Usage: twistchat restore [options] FILE", "in which FILE becomes the journal."),
        ):
            printed = StringIO()
            with redirect_stdout(printed):
                self.assertRaises(SystemExit, main, [command, "--help"])
            self.assertEqual(usage, printed.getvalue().splitlines()[0])
            self.assertIn(data, " ".join(printed.getvalue().split()))

    def test_version(self) -> None:
        """C{--version} shows the version of this package."""
        printed = StringIO()
        with redirect_stdout(printed):
            self.assertRaises(SystemExit, main, ["--version"])
        self.assertTrue(printed.getvalue().startswith(f"twistchat {__version__} "))

    def test_readerGone(self) -> None:
        """If the reader of a pipe goes away, the export ends without a message."""

        def write(text: str) -> int:
            raise BrokenPipeError

        self.serve(RoomMessage(ALICE, "#lobby", "1", "hello"))
        silenced = StringIO()
        self.patch(sys, "stderr", silenced)
        pipe = StringIO()
        self.patch(pipe, "write", write)
        with redirect_stdout(pipe):
            main(["export", "--data=data", "--room=lobby"])
        self.assertTrue(silenced.closed)

    def test_noJournal(self) -> None:
        """The error names a directory without a journal, for both commands."""
        for command in (("backup", "x"), ("export", "--room=lobby")):
            why = self.refused(command[0], "--data=nowhere", *command[1:])
            self.assertEqual("twistchat: there is no journal in nowhere; name its directory with --data", why)
