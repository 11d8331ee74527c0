"""Tests of L{twistchat.options}: the command line of C{twistd twistchat}, and the configuration."""

from __future__ import annotations

import os
import sys
from importlib import import_module, invalidate_caches
from io import StringIO
from os import utime
from pathlib import Path
from pickle import dumps
from shutil import rmtree
from tempfile import mkdtemp
from types import ModuleType, SimpleNamespace
from typing import Any

from twisted.cred.credentials import UsernamePassword
from twisted.internet.defer import maybeDeferred
from twisted.plugin import CachedDropin, getPlugins
from twisted.trial.unittest import SynchronousTestCase

import twistchat
from tests.commandlines import CommandLineTestCase
from twistchat.config import ConfigError, Settings
from twistchat.doors.web.settings import WebSettings
from twistchat.interfaces import IDoor
from twistchat.journal.kinds import BUILT_IN, SqliteKind
from twistchat.options import chatOptions, installedDoors, installedJournals
from twistchat.protocols.irc.settings import IrcSettings
from twistchat.protocols.line.settings import LineSettings
from twistchat.tap import Options


class OptionsTests(CommandLineTestCase):
    """The command line and the configuration."""

    def test_defaults(self) -> None:
        """Without options, the settings have their defaults."""
        wanted = Settings(doors={"irc": IrcSettings(), "line": LineSettings(), "web": WebSettings()})
        self.assertEqual(wanted, self.settings())

    def test_data(self) -> None:
        """C{--data} sets the data directory."""
        self.assertEqual("elsewhere", self.settings("--data", "elsewhere").server.data)

    def test_journal(self) -> None:
        """C{--journal} sets the kind of the journal."""
        for kind in ("memory", "sqlite"):
            self.assertEqual(kind, self.settings("--journal", kind).journal.kind)
        self.assertEqual(
            'twistchat: --journal tape: journal.kind: found "tape"; "jetstream" or "memory" or "sqlite" is wanted',
            self.refused("--journal", "tape"),
        )
        self.assertLess(len(self.refused("--journal", "x" * 5000)), 300)

    def test_metrics(self) -> None:
        """Metrics are off by default.  The option can be repeated, and replaces the key."""
        self.assertEqual((), self.settings().metrics.endpoint)
        self.write("twistchat.toml", 'metrics.endpoint = "tcp:1"\n')
        self.assertEqual(("tcp:1",), self.settings().metrics.endpoint)
        self.assertEqual(("tcp:2", "tcp:3"), self.settings("--metrics", "tcp:2", "--metrics=tcp:3").metrics.endpoint)
        self.assertIn("--metrics: metrics.endpoint", self.refused("--metrics", ""))

    def test_set(self) -> None:
        """C{--set} sets any key, and may be repeated.  The last value of a key applies."""
        settings = self.settings("--set", "limits.nick=9", "--set", 'server.name="x.test"', "--set=limits.nick=12")
        self.assertEqual((12, "x.test"), (settings.limits.nick, settings.server.name))

    def test_badSet(self) -> None:
        """A mistake in C{--set} is reported."""
        self.assertIn("--set limits.nikc=9: there is no key limits.nikc", self.refused("--set", "limits.nikc=9"))
        self.assertIn("--set limits.nick=x: limits.nick: ", self.refused("--set", "limits.nick=x"))

    def test_line(self) -> None:
        """C{--line} sets an endpoint of the line door, and may be repeated."""
        settings = self.settings("--line", "tcp:1", "--line", "unix:chat.sock")
        self.assertEqual({"line": ("tcp:1", "unix:chat.sock")}, dict(settings.listen))

    def test_everyDoor(self) -> None:
        """Each installed door has such an option."""
        names = {door.name for door in getPlugins(IDoor)}
        self.assertIn("line", names)
        for name in names:
            self.assertEqual({name: ("tcp:1",)}, dict(self.settings(f"--{name}", "tcp:1").listen))

    def test_emptyLine(self) -> None:
        """The option needs an endpoint."""
        self.assertIn('--line: listen.line: found ""; an endpoint such as', self.refused("--line", ""))

    def test_fileInTheWorkingDirectory(self) -> None:
        """The server reads C{twistchat.toml} in the working directory."""
        self.write("twistchat.toml", '[limits]\nnick = 9\n[listen]\nline = "tcp:1"\n')
        settings = self.settings()
        self.assertEqual((9, ("tcp:1",)), (settings.limits.nick, settings.listen["line"]))

    def test_namedFile(self) -> None:
        """C{--config} names another file, and then the one in the working directory is not read."""
        self.write("twistchat.toml", "[limits]\nnick = 9\nroom = 20\n")
        self.write("other.toml", "[limits]\nroom = 30\n")
        limits = self.settings("--config", "other.toml").limits
        self.assertEqual((32, 30), (limits.nick, limits.room))

    def test_openDirectory(self) -> None:
        """A file in a directory such as C{/tmp}, where others can make one, is read only if it is named."""
        self.write("twistchat.toml", "[limits]\nnick = 9\n")
        self.directory.chmod(0o1777)
        why = f"twistchat.toml: everybody can make files in {self.directory}; name it with --config if it is yours"
        self.assertIn(why, self.refused())
        self.assertEqual(9, self.settings("--config", "twistchat.toml").limits.nick)
        Path("twistchat.toml").unlink()
        self.settings()

    def test_optionsOverride(self) -> None:
        """Options override the file, and C{--data} and C{--journal} override C{--set}."""
        self.write("twistchat.toml", '[limits]\nnick = 9\n[listen]\nline = "tcp:1"\n[server]\ndata = "a"\n')
        settings = self.settings(
            "--set", "limits.nick=10", "--line", "tcp:2", "--data", "c", "--set", 'server.data="b"'
        )
        self.assertEqual((10, ("tcp:2",), "c"), (settings.limits.nick, settings.listen["line"], settings.server.data))

    def test_missingFile(self) -> None:
        """A named file must exist.  The error names it."""
        self.assertEqual("twistchat: nope.toml: No such file or directory", self.refused("--config", "nope.toml"))
        self.assertIn(f"{self.directory}: ", self.refused("--config", str(self.directory)))

    def test_notAFile(self) -> None:
        """A configuration that is a pipe is refused.  Nobody waits for its writer."""
        os.mkfifo("twistchat.toml")
        self.assertEqual("twistchat: twistchat.toml: it is not a regular file", self.refused())

    def test_large(self) -> None:
        """A configuration of more than 64 KiB is refused without reading it."""
        self.write("twistchat.toml", "#\n" * (32 << 10))
        self.parse()
        self.write("twistchat.toml", "#\n" * (32 << 10) + "#")
        self.assertEqual("twistchat: twistchat.toml: it has more than 65,536 bytes", self.refused())

    def test_directoryNotSearchable(self) -> None:
        """
        A server that started without a file, and may not search its directory any more, says so.
        """
        options = self.parse()

        def forbidden(path: Path, most: int) -> bytes:
            raise PermissionError(13, "Permission denied")

        self.patch(twistchat.options, "readSmall", forbidden)
        self.patch(os, "access", lambda path, mode: False)
        self.assertEqual(
            f"twistchat.toml: the server cannot see whether this file is in {self.directory} (Permission denied); "
            "start the server in a directory that its user can search, or name the file with --config",
            str(self.assertRaises(ConfigError, options.reread)),
        )
        self.patch(os, "access", lambda path, mode: True)
        self.assertEqual("twistchat.toml: Permission denied", str(self.assertRaises(ConfigError, options.reread)))

    def test_gone(self) -> None:
        """A file that was read at the start must still exist; one that did not exist need not."""
        without = self.parse()
        self.assertEqual(without.settings, without.reread())
        self.write("twistchat.toml", "")
        options = self.parse()
        Path("twistchat.toml").unlink()
        self.assertIn("No such file or directory", str(self.assertRaises(ConfigError, options.reread)))

    def test_badFile(self) -> None:
        """The error of a mistake in a file names the line."""
        self.write("twistchat.toml", "[limits]\n\nnick = -1\n")
        self.assertTrue(self.refused().startswith("twistchat: twistchat.toml:3: limits.nick: found -1; "))
        self.write("other.toml", "[limits]\nnick = 9\nnick = 9\n")
        self.assertTrue(self.refused("--config", "other.toml").startswith("twistchat: other.toml:3: "))
        (self.directory / "binary.toml").write_bytes(b"\xff\xfe")
        self.assertTrue(self.refused("--config", "binary.toml").startswith("twistchat: binary.toml:1: "))

    def test_mistakes(self) -> None:
        """A mistake in the command line stops the start.  One line names it, instead of a list of all options."""
        for arguments, why in (
            (("--irk", "tcp:1"), "there is no option --irk (did you mean --irc?)"),
            (("--ircc=tcp:1",), "there is no option --ircc (did you mean --irc?)"),
            (("--nonsense",), "there is no option --nonsense"),
            (("--l\nne", "tcp:1"), "there is no option --l\\nne (did you mean --line?)"),
            (("--=x",), "there is no option --"),
            (("-x",), "there is no option -x"),
            (("--journal",), "--journal needs a value"),
            (("--set",), "--set needs a value"),
            (("--version=3",), "--version takes no value"),
            (("--ver=3",), "--version takes no value"),
            (("foo",), "there is an argument too many: foo"),
            (("--journal", "memory", "foo", "bar"), "there is an argument too many: foo"),
        ):
            wanted = f"twistchat: {why}; twistd twistchat --help lists the options"
            self.assertEqual(wanted, self.refused(*arguments))
        for long in ("x" * 5000, f"--{'x' * 5000}", "x\ny\ud800"):
            self.assertLess(len(self.refused(long).encode()), 200)

    def test_auth(self) -> None:
        """C{--auth} names further sources of passwords, in the order in which they are asked."""
        self.write("passwords", "alice:secret\n")
        self.write("more", "bob:secret\n")
        options = self.parse("--auth", "file:passwords", "--auth=file:more")
        first, second = options.sources
        for source, name in ((first, b"alice"), (second, b"bob")):
            checked = maybeDeferred(source.requestAvatarId, UsernamePassword(name, b"secret"))
            self.assertEqual(name, self.successResultOf(checked))
        self.assertEqual([], self.parse().sources)

    def test_badAuth(self) -> None:
        """A source that does not exist, that checks no passwords, or whose argument is wrong, is named in one line."""
        for source, why in (
            ("ldap:x", "--auth ldap: there is no such source of passwords; there are "),
            ("anonymous", "--auth anonymous: there is no such source of passwords; there are "),
            ("", "--auth : there is no such source of passwords; there are "),
            ("file", "--auth file: "),
            ("file:missing", "--auth file: there is no file missing"),
            ("memory:secret", "--auth memory: "),
        ):
            error = self.refused("--auth", source)
            self.assertTrue(error.startswith(f"twistchat: {why}"), error)
            self.assertNotIn("secret", error)

    def test_ambiguous(self) -> None:
        """The start of several options is none of them.  The line names these options."""
        doors: Any = [
            SimpleNamespace(name=name, summary="", defaultEndpoints=(), settings=None) for name in ("aab", "aac")
        ]
        text = str(self.assertRaises(SystemExit, chatOptions(doors).parseOptions, ["--aa", "tcp:1"]))
        self.assertIn("there is no option --aa (did you mean --aab or --aac?)", text)

    def test_version(self) -> None:
        """C{--version} shows the versions and does nothing else."""
        output = StringIO()
        self.patch(sys, "stdout", output)
        stop = self.assertRaises(SystemExit, self.parse, "--version")
        self.assertEqual(0, stop.code)
        self.assertTrue(output.getvalue().startswith(f"twistchat {twistchat.__version__} (Twisted "))

    def test_help(self) -> None:
        """C{--help} describes every option, and shows the default of the line door."""
        text = " ".join(str(Options()).split())
        for option in ("--auth=", "--config=", "--data=", "--journal=", "--line=", "--metrics=", "--set=", "--version"):
            self.assertIn(option, text)
        self.assertIn("[default: tcp:6623:interface=127.0.0.1]", text)
        self.assertNotIn("None", text)
        self.assertNotIn("@param", text)


class PluginTests(SynchronousTestCase):
    """Doors and kinds of journals from a folder of plugins."""

    def setUp(self) -> None:
        self.directory = Path(mkdtemp())
        self.addCleanup(rmtree, self.directory)
        self.patch(sys, "path", [str(self.directory), *sys.path])

    def package(self, name: str, plugin: str) -> ModuleType:
        """Make a plugin package with one module in place of C{twisted.plugins}."""
        self.folder = self.directory / name
        self.folder.mkdir()
        (self.folder / "__init__.py").touch()
        (self.folder / "twistchat_plugin.py").write_text(plugin)
        invalidate_caches()
        self.addCleanup(sys.modules.pop, f"{name}.twistchat_plugin", None)
        self.addCleanup(sys.modules.pop, name, None)
        return import_module(name)

    def outdate(self, name: str) -> Path:
        """
        Write a plugin cache of an earlier version, which had no doors, and set an earlier time for the module.


        @return: the cache.
        """
        cache = self.folder / "dropin.cache"
        cache.write_bytes(dumps({"twistchat_plugin": CachedDropin(f"{name}.twistchat_plugin", "")}))
        utime(self.folder / "twistchat_plugin.py", (1, 1))
        return cache

    def test_found(self) -> None:
        """Doors and kinds of journals are found as plugins.  The built-in kinds come first."""
        package = self.package(
            "pluginsfound",
            "from twisted.plugin import IPlugin\n"
            "from zope.interface import implementer, provider\n"
            "from twistchat.interfaces import IDoor, IJournalKind\n"
            "@provider(IPlugin, IDoor)\n"
            "class door: name = 'pager'\n"
            "@provider(IPlugin, IJournalKind)\n"
            "class tape: name = 'tape'\n",
        )
        self.assertEqual(["pager"], [door.name for door in installedDoors(package)])
        self.assertEqual(["memory", "sqlite", "jetstream", "tape"], [kind.name for kind in installedJournals(package)])

    def test_outdatedCache(self) -> None:
        """
        With an outdated plugin cache, the built-in journals are there.  If there is no door, one line names the cache.
        """
        package = self.package("pluginsoutdated", "from twistchat.doors.line import LineDoor\ndoor = LineDoor()\n")
        cache = self.outdate("pluginsoutdated")
        self.assertEqual(list(BUILT_IN), installedJournals(package))
        why = f"no door is installed; Twisted's plugin cache may be outdated: delete {cache} and start again"
        self.assertEqual(f"twistchat: {why}", str(self.assertRaises(SystemExit, installedDoors, package)))
        cache.unlink()
        self.assertEqual(["line"], [door.name for door in installedDoors(package)])

    def test_noPlugin(self) -> None:
        """Without the plugin file, the line says so."""
        package = self.package("pluginsmissing", "")
        (self.folder / "twistchat_plugin.py").unlink()
        why = "no door is installed; the file twistchat_plugin.py is missing: install twistchat again"
        self.assertEqual(f"twistchat: {why}", str(self.assertRaises(SystemExit, installedDoors, package)))

    def test_nameTaken(self) -> None:
        """A plugin whose journal has the name of another stops the start with one line."""
        options: Any = chatOptions([], [*BUILT_IN, SqliteKind()])
        why = "the journal sqlite: two kinds of journals have this name; uninstall one"
        self.assertEqual(f"twistchat: {why}", str(self.assertRaises(SystemExit, options.parseOptions, [])))
