"""Tests of L{twistchat.config}: the sections of doors from plugins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from twisted.trial.unittest import SynchronousTestCase

from twistchat.config import ConfigError, Settings, SettingsBuilder, reloadSettings
from twistchat.config.keytypes import Port, Span
from twistchat.protocols.irc.settings import IrcSettings
from twistchat.protocols.line.settings import LineSettings


@dataclass(frozen=True, slots=True)
class PagerSettings:
    """
    A door for pagers.


    @ivar beeps: how often a message beeps.
    @ivar relay: the port of the relay.
    @ivar pause: the time between two pages.
    @ivar class_: the class of the service.
    """

    live: ClassVar = ("beeps",)

    beeps: int = 3
    relay: Port = 0
    pause: Span = 5.0
    class_: str = ""


DOORS: dict[str, type | None] = {"irc": IrcSettings, "line": LineSettings, "late": None, "pager": PagerSettings}


def fromFile(text: str) -> Settings:
    """Return the settings of a file."""
    builder = SettingsBuilder(DOORS)
    builder.readFile(text.encode(), "twistchat.toml")
    return builder.finish()


class OwnSectionTests(SynchronousTestCase):
    """The section with the name of a door."""

    def test_read(self) -> None:
        """The keys of the section fill the door's dataclass, with defaults for missing keys."""
        settings = fromFile('[pager]\nbeeps = 5\npause = "1m"\nclass = "fast"\n[listen]\npager = "tcp:1"\n')
        self.assertEqual(PagerSettings(5, 0, 60.0, "fast"), settings.of("pager", PagerSettings))
        self.assertEqual({"pager": ("tcp:1",)}, dict(settings.listen))

    def test_defaults(self) -> None:
        """Without the section, and in settings made without the door, the defaults apply."""
        for settings in (fromFile(""), Settings()):
            self.assertEqual(PagerSettings(), settings.of("pager", PagerSettings))

    def test_set(self) -> None:
        """C{--set} sets its keys too."""
        builder = SettingsBuilder(DOORS)
        builder.set("pager.relay=7000")
        self.assertEqual(7000, builder.finish().of("pager", PagerSettings).relay)

    def test_mistakes(self) -> None:
        """A mistake is reported as in any other section."""
        port = "a port is wanted: a whole number of at most 65535, or 0 for none"
        keys = "beeps, relay, pause, class"
        sections = (
            "server, chat, accounts, mail, listen, journal, cluster, backup, irc, line, pager, log, metrics,"
            " webirc, oidc, classes, operators, limits"
        )
        for text, where, why in (
            ("[pager]\nbeep = 1", 2, "there is no key pager.beep; did you mean pager.beeps?"),
            ("[pager]\n\nxyzzy = 1", 3, f"there is no key pager.xyzzy; the keys of [pager] are {keys}"),
            ('[pager]\nbeeps = "x"', 2, 'pager.beeps: found "x"; a whole number of at least 1 is wanted'),
            ("[pager]\nrelay = 70000", 2, f"pager.relay: found 70000; {port}"),
            ("pager = 1", 1, "pager: found 1; a section [pager] is wanted"),
            ("[pagers]", 1, "there is no section [pagers]; did you mean [pager]?"),
            ("[xyzzy]", 1, f"there is no section [xyzzy]; the sections are {sections}"),
            ("[late]\nbeeps = 1", 1, "there is no section [late]; did you mean [listen]?"),
        ):
            error = self.assertRaises(ConfigError, fromFile, text)
            self.assertEqual(f"twistchat.toml:{where}: {why}", str(error))

    def test_setMistakes(self) -> None:
        """A mistake in an option is too."""
        bad = self.assertRaises(ConfigError, SettingsBuilder(DOORS).set, "pager=1")
        self.assertEqual("--set pager=1: pager is a section; set one of its keys, as in pager.KEY=VALUE", str(bad))

    def test_builtIn(self) -> None:
        """The sections of twistchat's own doors work as before."""
        settings = fromFile('[irc]\nmotd = "Hello."\n[line]\ntimezone = "UTC"\n')
        self.assertEqual(
            ("Hello.", "UTC"), (settings.of("irc", IrcSettings).motd, settings.of("line", LineSettings).timezone)
        )
        self.assertEqual(["irc", "line", "pager"], list(settings.doors))

    def test_nameTaken(self) -> None:
        """A door with the name of another section cannot have settings."""
        bad = self.assertRaises(ConfigError, SettingsBuilder, {"chat": PagerSettings})
        self.assertEqual("the door chat: it cannot have settings: the section [chat] exists already", str(bad))

    def test_reload(self) -> None:
        """The keys in C{live} change while the server runs.  The others wait for the next start."""
        before = fromFile("[pager]\nbeeps = 1\nrelay = 1\n")
        reload = reloadSettings(before, fromFile("[pager]\nbeeps = 2\nrelay = 2\n"))
        self.assertEqual((("pager.beeps",), ("pager.relay",)), (reload.applied, reload.deferred))
        self.assertEqual(PagerSettings(2, 1), reload.settings.of("pager", PagerSettings))

    def test_reloadUnchanged(self) -> None:
        """An unchanged section is not reported."""
        before = fromFile("[pager]\nbeeps = 1\n")
        self.assertEqual("nothing has changed", str(reloadSettings(before, fromFile("[pager]\nbeeps = 1\n"))))
