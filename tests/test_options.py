"""Tests of L{twistchat.options}: the command line of C{twistd twistchat}, and the configuration behind it."""

from __future__ import annotations

import sys
from io import StringIO

from twisted.plugin import getPlugins
from twisted.python.usage import UsageError

import twistchat
from tests.commandlines import CommandLineTestCase
from twistchat.config import Settings
from twistchat.interfaces import IDoor
from twistchat.protocols.irc.settings import IrcSettings
from twistchat.protocols.line.settings import LineSettings
from twistchat.tap import Options


class OptionsTests(CommandLineTestCase):
    """The command line and the configuration."""

    def test_defaults(self) -> None:
        """With nothing at all, everything is as the settings have it."""
        wanted = Settings(doors={"irc": IrcSettings(), "line": LineSettings()})
        self.assertEqual(wanted, self.settings())

    def test_data(self) -> None:
        """--data is where data are kept."""
        self.assertEqual("elsewhere", self.settings("--data", "elsewhere").server.data)

    def test_journal(self) -> None:
        """--journal is the kind of the journal."""
        for kind in ("memory", "sqlite"):
            self.assertEqual(kind, self.settings("--journal", kind).journal.kind)
        self.assertEqual(
            'twistchat: --journal tape: journal.kind: found "tape", "memory" or "sqlite" is wanted',
            self.refused("--journal", "tape"),
        )
        self.assertLess(len(self.refused("--journal", "x" * 5000)), 300)

    def test_set(self) -> None:
        """--set sets any key, and may be repeated; the last of one key holds."""
        settings = self.settings("--set", "limits.nick=9", "--set", 'server.name="x.test"', "--set=limits.nick=12")
        self.assertEqual((12, "x.test"), (settings.limits.nick, settings.server.name))

    def test_badSet(self) -> None:
        """A mistake in it is named."""
        self.assertIn("--set limits.nikc=9: there is no key limits.nikc", self.refused("--set", "limits.nikc=9"))
        self.assertIn("--set limits.nick=x: limits.nick: ", self.refused("--set", "limits.nick=x"))

    def test_line(self) -> None:
        """--line is where the line door listens, and may be repeated."""
        settings = self.settings("--line", "tcp:1", "--line", "unix:chat.sock")
        self.assertEqual({"line": ("tcp:1", "unix:chat.sock")}, dict(settings.listen))

    def test_everyDoor(self) -> None:
        """There is one such option for each door that is installed."""
        names = {door.name for door in getPlugins(IDoor)}
        self.assertIn("line", names)
        for name in names:
            self.assertEqual({name: ("tcp:1",)}, dict(self.settings(f"--{name}", "tcp:1").listen))

    def test_emptyLine(self) -> None:
        """It needs an endpoint."""
        self.assertIn('--line: listen.line: found "", an endpoint such as', self.refused("--line", ""))

    def test_fileInTheWorkingDirectory(self) -> None:
        """A twistchat.toml in the working directory is taken."""
        self.write("twistchat.toml", '[limits]\nnick = 9\n[listen]\nline = "tcp:1"\n')
        settings = self.settings()
        self.assertEqual((9, ("tcp:1",)), (settings.limits.nick, settings.listen["line"]))

    def test_namedFile(self) -> None:
        """--config names another, and then that in the working directory is not read."""
        self.write("twistchat.toml", "[limits]\nnick = 9\nroom = 20\n")
        self.write("other.toml", "[limits]\nroom = 30\n")
        limits = self.settings("--config", "other.toml").limits
        self.assertEqual((32, 30), (limits.nick, limits.room))

    def test_optionsOverride(self) -> None:
        """Options override the file, --data and --journal override --set."""
        self.write("twistchat.toml", '[limits]\nnick = 9\n[listen]\nline = "tcp:1"\n[server]\ndata = "a"\n')
        settings = self.settings(
            "--set", "limits.nick=10", "--line", "tcp:2", "--data", "c", "--set", 'server.data="b"'
        )
        self.assertEqual((10, ("tcp:2",), "c"), (settings.limits.nick, settings.listen["line"], settings.server.data))

    def test_missingFile(self) -> None:
        """A file that is named must be there; the error names it."""
        self.assertEqual("twistchat: nope.toml: No such file or directory", self.refused("--config", "nope.toml"))
        self.assertIn(f"{self.directory}: ", self.refused("--config", str(self.directory)))

    def test_badFile(self) -> None:
        """A mistake in a file is named with its line."""
        self.write("twistchat.toml", "[limits]\n\nnick = -1\n")
        self.assertTrue(self.refused().startswith("twistchat: twistchat.toml:3: limits.nick: found -1, "))
        self.write("other.toml", "[limits]\nnick = 9\nnick = 9\n")
        self.assertTrue(self.refused("--config", "other.toml").startswith("twistchat: other.toml:3: "))
        (self.directory / "binary.toml").write_bytes(b"\xff\xfe")
        self.assertTrue(self.refused("--config", "binary.toml").startswith("twistchat: binary.toml:1: "))

    def test_unknown(self) -> None:
        """An option that there is not, and an argument that belongs to none, are for twistd to refuse."""
        self.assertRaises(UsageError, self.parse, "--irk", "tcp:1")
        self.assertRaises(UsageError, self.parse, "argument")

    def test_version(self) -> None:
        """--version shows the versions, and that is all."""
        output = StringIO()
        self.patch(sys, "stdout", output)
        stop = self.assertRaises(SystemExit, self.parse, "--version")
        self.assertEqual(0, stop.code)
        self.assertTrue(output.getvalue().startswith(f"twistchat {twistchat.__version__} (Twisted "))

    def test_help(self) -> None:
        """--help explains every option: each has a text, and the line door's its default."""
        text = " ".join(str(Options()).split())
        for option in ("--config=", "--data=", "--journal=", "--line=", "--set=", "--version"):
            self.assertIn(option, text)
        self.assertIn("[default: tcp:6623:interface=127.0.0.1]", text)
        self.assertNotIn("None", text)
        self.assertNotIn("@param", text)
