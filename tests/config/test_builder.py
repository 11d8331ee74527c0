"""Tests of L{twistchat.config}."""

from __future__ import annotations

import itertools
import operator
import re
import shlex
from dataclasses import FrozenInstanceError, fields, replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.model.names import DEFAULT_RESERVED, normalizeRoom
from twistchat.config import (
    ChatSettings,
    ConfigError,
    JournalSettings,
    ServerSettings,
    Settings,
    SettingsBuilder,
    describe,
)
from twistchat.config.limits import Limits
from twistchat.doors.web.settings import WebSettings
from twistchat.protocols.irc.settings import IrcSettings
from twistchat.protocols.line.settings import LineSettings

DOORS: dict[str, type | None] = {"line": LineSettings, "irc": IrcSettings, "web": WebSettings}

DEFAULTS = Settings(doors={"line": LineSettings(), "irc": IrcSettings(), "web": WebSettings()})

ALL = (
    "server, chat, accounts, mail, listen, journal, cluster, backup, line, irc, web, log, metrics, webirc, oidc,"
    " classes, operators, limits"
)
"""The sections, as they are listed."""

REFERENCE = Path(__file__).parent.parent.parent / "docs" / "twistchat.toml"

FRAGMENTS = [
    *("[", "]", "{", "}", "=", "\n", "\r\n", '"', '"""', "'", "'''", ".", ",", "#", " ", "\\", "\x00", "é", "\ufeff"),
    *("limits", "nick", "listen", "line", "chat", "lobby", "5", "-1", "1e999", "true", "x"),
]
"""What files are made of, right and wrong."""


def fromFile(text: str | bytes) -> Settings:
    """Return the settings of a file alone."""
    builder = SettingsBuilder(DOORS)
    builder.readFile(text.encode() if isinstance(text, str) else text, "twistchat.toml")
    return builder.finish()


def lineOf(settings: Settings) -> LineSettings:
    """Return the section of the line door."""
    return settings.of("line", LineSettings)


def fromSet(*assignments: str) -> Settings:
    """Return the settings of C{--set} options alone."""
    builder = SettingsBuilder(DOORS)
    for assignment in assignments:
        builder.set(assignment)
    return builder.finish()


def inUse(text: str) -> str:
    """Remove the comment signs in front of every key of a described configuration."""
    return re.sub(r"(?m)^#(?=[^ ])", "", text)


class SettingsTests(SynchronousTestCase):
    """The resulting settings."""

    def test_defaults(self) -> None:
        """Without options, everything has its default."""
        made = SettingsBuilder(DOORS).finish()
        self.assertEqual(made, DEFAULTS)
        server = ServerSettings(name="twistchat.local", description="A twistchat server", data="./twistchat-data")
        self.assertEqual(made.server, server)
        self.assertEqual(made.chat, ChatSettings(lobby="#lobby", reserved=DEFAULT_RESERVED))
        self.assertEqual(
            made.journal, JournalSettings(kind="sqlite", durability="full", retention=7776000.0, keep=10_000)
        )
        self.assertEqual(lineOf(made), LineSettings(timezone="", motd=""))
        self.assertEqual(made.limits, Limits())
        self.assertEqual(dict(made.listen), {})

    def test_defaultsArePossible(self) -> None:
        """The default lobby is a room's name in its normal form."""
        self.assertEqual(normalizeRoom(ChatSettings().lobby, Limits().room), ChatSettings().lobby)

    def test_frozen(self) -> None:
        """Settings cannot be changed, and nothing can be added."""
        made = fromSet('listen.line="tcp:1"')
        for value in (made, made.server, made.chat, made.journal, lineOf(made), made.limits):
            self.assertRaises(FrozenInstanceError, setattr, value, fields(value)[0].name, None)
            self.assertFalse(hasattr(value, "__dict__"))
        self.assertRaises(TypeError, operator.setitem, made.listen, "line", ())

    def test_file(self) -> None:
        """Every section of a file is read, and missing keys have their defaults."""
        made = fromFile(
            """
            [server]
            name = "chat.example.org"
            data = "/var/lib/twistchat"
            [chat]
            lobby = "#hall"
            reserved = ["root", "admin"]
            [listen]
            line = "tcp:2323"
            irc = ["tcp:6667", "tcp6:6667"]
            [journal]
            kind = "sqlite"
            [line]
            motd = '''
Welcome.
Be kind.'''
            [limits]
            nick = 20
            sendq = "1MiB"
            registration = "1m"
            floodRate = 3
            exempt = ["192.0.2.0/24"]
            """
        )
        wanted = Settings(
            server=ServerSettings(name="chat.example.org", data="/var/lib/twistchat"),
            chat=ChatSettings(lobby="#hall", reserved=("root", "admin")),
            listen={"line": ("tcp:2323",), "irc": ("tcp:6667", "tcp6:6667")},
            journal=JournalSettings(kind="sqlite"),
            doors={"line": LineSettings(motd="Welcome.\nBe kind."), "irc": IrcSettings(), "web": WebSettings()},
            limits=Limits(nick=20, sendq=1048576, registration=60.0, floodRate=3.0, exempt=("192.0.2.0/24",)),
        )
        self.assertEqual(made, wanted)

    def test_waysToWrite(self) -> None:
        """TOML's other ways to write a key, a line end or the start of a file give the same settings."""
        wanted = replace(DEFAULTS, limits=Limits(nick=20, room=40))
        for text in [
            "[limits]\nnick = 20\nroom = 40\n",
            "limits.nick = 20\nlimits.room = 40",
            "limits = {nick = 20, room = 40}",
            "[ 'limits' ]\n\"nick\" = 20\nroom = 4_0",
            "[limits]\r\nnick = 20\r\nroom = 40\r\n",
            "\ufeff[limits]\nnick = 20\nroom = 40\n",
            "[limits]\nnick = 20\nroom = 40\n[chat]\n[listen]\n",
        ]:
            self.assertEqual(fromFile(text), wanted, text)
        self.assertEqual(fromFile(""), DEFAULTS)

    def test_everyKey(self) -> None:
        """Every key can be set with C{--set}.  Setting it to its default changes nothing."""
        section, seen = "", 0
        for line in inUse(describe(DOORS, {"line": ("tcp:1",)})).splitlines():
            if line.startswith("["):
                section = line.strip("[]")
            elif line and not line.startswith("#"):
                listen = {"line": ("tcp:1",)} if section == "listen" else {}
                self.assertEqual(fromSet(f"{section}.{line}"), replace(DEFAULTS, listen=listen), line)
                seen += 1
        # private: the keys that are known are found by no public means; two doors are not described here
        self.assertEqual(seen, len(SettingsBuilder(DOORS)._readings) - 2)

    def test_order(self) -> None:
        """
        Later sources override earlier ones: the file, C{--set} in order, then the options with names of their own.
        """
        builder = SettingsBuilder(DOORS)
        builder.readFile(
            b'[limits]\nnick = 1\nroom = 21\ntopic = 1\n[listen]\nline = ["tcp:1", "tcp:2"]', "twistchat.toml"
        )
        builder.set("limits.nick=2")
        builder.set("limits.nick=3")
        builder.set("limits.topic=4")
        builder.put("limits.topic", 5, "--topic")
        builder.put("listen.line", ["tcp:3"], "--line tcp:3")
        made = builder.finish()
        self.assertEqual((made.limits.room, made.limits.nick, made.limits.topic), (21, 3, 5))
        self.assertEqual(made.listen, {"line": ("tcp:3",)})

    def test_set(self) -> None:
        """A value of C{--set} is TOML, of any type, with or without spaces."""
        made = fromSet(
            " limits.nick = 5 ",
            'listen.line=["tcp:1", "unix:a=b"]',
            'server.name="a"',
            "limits.registration='2m'",
            'line.motd="""a\nb"""',
            "listen.irc=[]",
        )
        self.assertEqual(made.limits, Limits(nick=5, registration=120.0))
        self.assertEqual(made.listen, {"line": ("tcp:1", "unix:a=b"), "irc": ()})
        self.assertEqual((made.server.name, lineOf(made).motd), ("a", "a\nb"))

    def test_lobbyIsNormal(self) -> None:
        """The lobby's name is in the normal form of rooms."""
        decomposed = "#cafe\u0301"
        self.assertEqual(fromSet(f'chat.lobby="{decomposed}"').chat.lobby, normalizeRoom(decomposed, 64))

    def test_limitsForLobby(self) -> None:
        """The lobby's name may be as long as the configured limit for rooms."""
        name = "#" + "x" * 67
        self.assertEqual(fromSet(f'chat.lobby="{name}"', "limits.room=68").chat.lobby, name)


class FileMistakeTests(SynchronousTestCase):
    """The errors about a file."""

    def test_mistakes(self) -> None:
        """Each error names the file and line, the key, the value and what would be right."""
        table = {
            "limits.nick = 'many'": '1: limits.nick: found "many"; a whole number of at least 1 is wanted',
            "[limits]\n\nnick = 0": "3: limits.nick: found 0; a whole number from 1 to 48 is wanted",
            "[limits]\nnick = true": "2: limits.nick: found true; a whole number of at least 1 is wanted",
            "[limits]\n[limits.nick]\nx = 1": "2: limits.nick: found {x = 1}; a whole number of at least 1 is wanted",
            "[limits]\nfloodRate = -1": "2: limits.floodRate: found -1; a number of at least 0.1 is wanted",
            "[limits]\nroom = 5\nnick = {}": "3: limits.nick: found {}; a whole number of at least 1 is wanted",
            "limits = {room = 5,nick = ''}": '1: limits.nick: found ""; a whole number of at least 1 is wanted',
            "[line]\nmotd = '''\n[limits]\nnick = 0\n'''\n[limits]\nnick = 0": (
                "7: limits.nick: found 0; a whole number from 1 to 48 is wanted"
            ),
            "[limits]\r\nnick = 5\r\nroom = 0\r\n": "3: limits.room: found 0; a whole number from 2 to 98 is wanted",
            "\ufeff\n[limits]\nnick = 0": "3: limits.nick: found 0; a whole number from 1 to 48 is wanted",
            "[limits]\nexempt = [\n'192.0.2.0/24',\n'127.0.0.1/8']": (
                '2: limits.exempt: found "127.0.0.1/8"; it has bits set beyond its prefix; did you mean "127.0.0.0/8"?'
            ),
            "[server]\nname = 'my server'": (
                '2: server.name: found "my server"; 1 to 63 letters (a-z), digits, dots and hyphens are wanted, '
                "with a letter or digit at either end"
            ),
            "[journal]\nkind = 'redis'": (
                '2: journal.kind: found "redis"; "jetstream" or "memory" or "sqlite" is wanted'
            ),
            '[line]\nmotd = "a\\u0007"': (
                '2: line.motd: found "\\u0007"; '
                "a text without control characters, other than line ends (\\n) and tabs, is wanted"
            ),
            "[limits]\nnikc = 5": "2: there is no key limits.nikc; did you mean limits.nick?",
            "[limits]\nrooms_per_user = 5": (
                "2: there is no key limits.rooms_per_user; did you mean limits.roomsPerUser?"
            ),
            "[server]\nnick = 5": "2: there is no key server.nick; did you mean limits.nick?",
            "[server]\ncolour = 5": (
                "2: there is no key server.colour; the keys of [server] are name, description, data"
            ),
            "[server.name.x]": "1: server.name: found {x = {}}; a text is wanted",
            "\n[limit]\nnick = 5": "2: there is no section [limit]; did you mean [limits]?",
            "[tls]": f"1: there is no section [tls]; the sections are {ALL}",
            "\nnick = 5": "2: nick is in no section; did you mean limits.nick?",
            "colour = 5": f"1: colour is in no section; the sections are {ALL}",
            "limits = 5": "1: limits: found 5; a section [limits] is wanted",
            "[[limits]]\nnick = 5": "1: limits: found [{nick = 5}]; a section [limits] is wanted",
            "listen = 'tcp:1'": '1: listen: found "tcp:1"; a section [listen] is wanted',
            "[listen]\nline = 'tcp:1'\nlien = 'tcp:1'": "3: there is no door lien; the doors are irc, line, web",
            "[listen]\nline = 6667": (
                '2: listen.line: found 6667; write a list of endpoints, such as ["tcp:6667:interface=127.0.0.1"]'
            ),
            "[listen]\nline = ['tcp:1', '']": (
                '2: listen.line: found ""; an endpoint such as "tcp:2323:interface=127.0.0.1" is wanted'
            ),
            "[limits]\nnick = 5\nnick = 6": "3: limits.nick is given twice, first in line 2",
            "[limits]\n[chat]\n[limits]": "3: limits is given twice, first in line 1",
        }
        for text, message in table.items():
            with self.subTest(text):
                bad = self.assertRaises(ConfigError, fromFile, text)
                self.assertEqual(str(bad), f"twistchat.toml:{message}")

    def test_notToml(self) -> None:
        """Text that is not TOML is shown with its line."""
        bad = self.assertRaises(ConfigError, fromFile, "[limits]\nnick 5")
        self.assertRegex(str(bad), r"^twistchat\.toml:2: Expected '=' after a key.* of: nick 5$")

    def test_notUtf8(self) -> None:
        """A file in another encoding is refused.  The error names the line of the first wrong byte."""
        bad = self.assertRaises(ConfigError, fromFile, "[line]\nmotd = 'é'".encode("latin-1"))
        self.assertEqual(str(bad), "twistchat.toml:2: the byte 0xE9 is not UTF-8; save the file as UTF-8")

    def test_firstMistake(self) -> None:
        """If there are several mistakes, the error is about the first one in the file."""
        bad = self.assertRaises(ConfigError, fromFile, "[limits]\nnick = 5\nroom = 0\nbans = 0\n[chats]\n")
        self.assertTrue(str(bad).startswith("twistchat.toml:3: limits.room: "), bad)

    def test_overriddenMistake(self) -> None:
        """A mistake in the file is reported even if an option overrides the key."""
        builder = SettingsBuilder(DOORS)
        builder.put("limits.nick", 5, "--nick 5")
        self.assertRaises(ConfigError, builder.readFile, b"[limits]\nnick = 0", "twistchat.toml")

    def test_nothingOfABadValue(self) -> None:
        """A refused value changes nothing."""
        builder = SettingsBuilder(DOORS)
        builder.set("limits.nick=5")
        self.assertRaises(ConfigError, builder.set, "limits.nick=0")
        self.assertEqual(builder.finish().limits.nick, 5)

    def test_noDoors(self) -> None:
        """If no door is installed, the error about a key in [listen] says so."""
        bad = self.assertRaises(ConfigError, SettingsBuilder({}).set, 'listen.line="tcp:1"')
        self.assertIn("there is no door line; no door is installed", str(bad))

    @given(
        st.lists(
            st.sampled_from(FRAGMENTS),
            max_size=30,
        ).map("".join),
        st.binary(max_size=2),
    )
    @settings(max_examples=300)
    def test_anything(self, text: str, tail: bytes) -> None:
        """Any file gives settings, or an error of one printable line that begins with its place in the file."""
        try:
            fromFile(text.encode() + tail)
        except ConfigError as bad:
            self.assertRegex(str(bad), r"\Atwistchat\.toml:[1-9]\d*: .")
            self.assertTrue(str(bad).isprintable(), bad)
            self.assertLessEqual(int(str(bad).split(":")[1]), text.count("\n") + tail.count(b"\n") + 1)


class OptionMistakeTests(SynchronousTestCase):
    """The errors about options."""

    def test_set(self) -> None:
        """Each error names the option as it was given, and shows unquoted text with quotes."""
        table = {
            "limits.nikc=5": "there is no key limits.nikc; did you mean limits.nick?",
            "limit.nick=5": "there is no key limit.nick; did you mean limits.nick?",
            "limits.nick.x=5": "there is no key limits.nick.x; did you mean limits.nick?",
            "nick=5": "there is no key nick; did you mean limits.nick?",
            "tls.cert=5": f"there is no key tls.cert; the sections are {ALL}",
            "=5": f"there is no key ; the sections are {ALL}",
            "limits=5": "limits is a section; set one of its keys, as in limits.KEY=VALUE",
            "listen=5": "listen is a section; set one of its keys, as in listen.KEY=VALUE",
            "listen.lien=5": "there is no door lien; the doors are irc, line, web",
            "listen.=5": "there is no door ; the doors are irc, line, web",
            "limits.nick": "limits.nick: there is no value; write limits.nick=VALUE",
            "limits.nick=0": "limits.nick: found 0; a whole number from 1 to 48 is wanted",
            "limits.nick=many": "limits.nick: the value is not TOML; a whole number of at least 1 is wanted",
            "limits.nick=": "limits.nick: the value is not TOML; a whole number of at least 1 is wanted",
            "limits.nick=5\nlimits.room=0": (
                "limits.nick: the value is not TOML; a whole number of at least 1 is wanted"
            ),
            "server.name=x": (
                "server.name: the value is not TOML; a text is written in quotes: --set 'server.name=\"x\"'"
            ),
            "limits.registration=2m": (
                "limits.registration: the value is not TOML; "
                "a text is written in quotes: --set 'limits.registration=\"2m\"'"
            ),
            "journal.kind=disk": 'journal.kind: the value is not TOML; "jetstream" or "memory" or "sqlite" is wanted',
        }
        for assignment, message in table.items():
            with self.subTest(assignment):
                bad = self.assertRaises(ConfigError, fromSet, assignment)
                where = assignment.replace("\n", "\\n")
                self.assertEqual(str(bad), f"--set {where}: {message}")

    def test_quotingIsRight(self) -> None:
        """The suggested quoting sets the intended value after a shell has read it."""
        for value in ["x", "it's", 'a "b"', "back\\slash", "$HOME `id`", "two\nlines"]:
            bad = self.assertRaises(ConfigError, fromSet, f"line.motd={value}")
            option, assignment = shlex.split(str(bad).partition("in quotes: ")[2])
            self.assertEqual(option, "--set")
            self.assertEqual(lineOf(fromSet(assignment)).motd, value)

    def test_otherOption(self) -> None:
        """An option with a name of its own is shown as it was given."""
        bad = self.assertRaises(ConfigError, SettingsBuilder(DOORS).put, "journal.kind", "disk", "--journal disk")
        self.assertEqual(
            str(bad), '--journal disk: journal.kind: found "disk"; "jetstream" or "memory" or "sqlite" is wanted'
        )
        bad = self.assertRaises(ConfigError, SettingsBuilder(DOORS).set, "a=1", "-s")
        self.assertTrue(str(bad).startswith("-s a=1: "), bad)

    def test_oneLine(self) -> None:
        """No control character of an option reaches the terminal."""
        bad = self.assertRaises(ConfigError, fromSet, "\x1b[31m\r\n\udcff\u202e=5")
        self.assertTrue(str(bad).isprintable(), str(bad))


class LobbyTests(SynchronousTestCase):
    """The lobby, which depends on other keys too."""

    def test_badName(self) -> None:
        """An invalid room name is reported where it was set."""
        for name in ["lobby", "", "#a b", "#a,b", "#a\\u0007"]:
            bad = self.assertRaises(ConfigError, fromFile, f'[chat]\n\nlobby = "{name}"')
            self.assertTrue(str(bad).startswith(f'twistchat.toml:3: chat.lobby: found "{name}"; the room name '), bad)
        self.assertRaises(ConfigError, fromSet, "chat.lobby=5")

    def test_tooLong(self) -> None:
        """A lobby over the limit is reported for its key, even if the limit was set too."""
        bad = self.assertRaises(ConfigError, fromSet, 'chat.lobby="#abcdef"', "limits.room=6")
        self.assertTrue(str(bad).startswith('--set chat.lobby="#abcdef": chat.lobby: found "#abcdef"; '), bad)

    def test_limitTooSmall(self) -> None:
        """A limit that the default lobby exceeds is reported for the limit."""
        bad = self.assertRaises(ConfigError, fromFile, "[limits]\nroom = 3")
        start = "twistchat.toml:2: limits.room: found 3; it does not fit the lobby #lobby: the room name "
        self.assertTrue(str(bad).startswith(start), bad)


class LengthTests(SynchronousTestCase):
    """An error shortens values and names."""

    long = "x" * 5000

    def short(self, bad: ConfigError) -> None:
        """Assert that an error repeats the beginning of a long value, and marks that it is shortened."""
        self.assertIn("x" * 10, str(bad))
        self.assertNotIn("x" * 61, str(bad))
        self.assertIn("…", str(bad))

    def test_options(self) -> None:
        """With C{--set}."""
        for assignment in (
            f"limits.nick={self.long}",
            f"limits.nick='{self.long}'",
            f"server.name={self.long}",
            f"server.name='{self.long}'",
            f"line.timezone='{self.long}'",
            f"limits.{self.long}=5",
            f"{self.long}=5",
            f"{self.long}",
            f"listen.{self.long}='tcp:1'",
            f"limits.exempt=['{self.long}']",
            f"chat.lobby='#{self.long}'",
        ):
            with self.subTest(assignment[:20]):
                self.short(self.assertRaises(ConfigError, fromSet, assignment))

    def test_files(self) -> None:
        """In a file."""
        for text in (
            f"limits.nick = '{self.long}'",
            f"{self.long} = 5",
            f"[{self.long}]",
            f"limits.{self.long} = 5",
            f"limits = '{self.long}'",
            f"limits.nick = {self.long}",
            f"{self.long} = 5\n{self.long} = 5",
            f"operators.{self.long}.class = 5",
            f"operators.{self.long} = 5",
            f"operators.'{self.long} ' = 5",
            f"operators.{self.long}.password = ''",
            f"operators.{self.long}.class = '{self.long}'",
            f"operators.{self.long}.clas = ''",
            f"operators.a.{self.long} = ''",
            f"webirc.{self.long}.hosts = []",
        ):
            with self.subTest(text[:20]):
                self.short(self.assertRaises(ConfigError, fromFile, text))


class DescribeTests(SynchronousTestCase):
    """The described configuration."""

    def test_asItIs(self) -> None:
        """Unchanged, it sets nothing."""
        builder = SettingsBuilder(DOORS)
        builder.readFile(describe(DOORS).encode(), "twistchat.toml")
        self.assertEqual(builder.finish(), DEFAULTS)
        self.assertEqual(builder._values, {})  # private: a default that is set equals one that is not

    def test_inUse(self) -> None:
        """With every key in use, it gives the defaults, and it contains every key."""
        builder = SettingsBuilder(DOORS)
        listen = {"line": ("tcp:1",), "irc": ("tcp:2",), "web": ("tcp:3",)}
        builder.readFile(inUse(describe(DOORS, listen)).encode(), "twistchat.toml")
        self.assertEqual(builder.finish(), replace(DEFAULTS, listen=listen))
        # private: a default that is set equals one that is not
        self.assertEqual(set(builder._values), set(builder._readings))

    def test_doors(self) -> None:
        """Named doors have keys, with their endpoints."""
        text = describe(DOORS, {"line": ("tcp:1", "tcp:2"), "irc": ()})
        self.assertEqual(fromFile(inUse(text)), replace(DEFAULTS, listen={"line": ("tcp:1", "tcp:2"), "irc": ()}))

    def test_explained(self) -> None:
        """Every key and section has a description above it: sentences in plain text."""
        lines = describe(DOORS, {"line": ("tcp:1",)}).splitlines()
        for above, line in itertools.pairwise(lines):
            if line.startswith("[") or (line.startswith("#") and not line.startswith("# ")):
                self.assertTrue(above.startswith("# ") or line.startswith("#line = "), line)
        self.assertNotRegex(describe(DOORS), r"[A-Z]\{|@[a-z]+ ")
        registration = "\n# The time in seconds that a client has to register. At least 5 s.\n#registration = "
        self.assertIn(registration, describe(DOORS))

    def test_invitation(self) -> None:
        """No message shows the invitation code.  Registration by invitation needs one."""
        bad = self.assertRaises(ConfigError, fromFile, "[accounts]\nregistration = 'invitation'")
        why = 'accounts.registration is "invitation"; then accounts.invitation is wanted too'
        self.assertEqual(f"twistchat.toml:2: {why}", str(bad))
        self.assertNotIn("hunter2", repr(fromFile("[accounts]\ninvitation = 'hunter2'")))
        for bad in ("accounts.invitation=hunter2", "accounts.invitation=['hunter2']"):
            self.assertNotIn("hunter2", str(self.assertRaises(ConfigError, fromSet, bad)))

    def test_committed(self) -> None:
        """The committed reference is the output of the code."""
        imports = "from twistchat.config import describe; from tests.config.test_builder import DOORS"
        command = f"python -c '{imports}; print(describe(DOORS), end=\"\")'"
        self.assertEqual(
            REFERENCE.read_text("utf-8"), describe(DOORS), f"write {REFERENCE.name} again, with: {command}"
        )
