"""Compare the documents with the code."""

from __future__ import annotations

import ast
import re
import socket
import sys
import unittest
from importlib import import_module
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

from twisted.internet.testing import MemoryReactorClock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.protocols.irc.servers import SECRET
from tests.test_imports import LAYERS
from twistchat.chat.model.names import fold
from twistchat.config import Settings
from twistchat.config.builder import SettingsBuilder
from twistchat.config.settings import liveness
from twistchat.doors.irc import IrcDoor
from twistchat.doors.line import LineDoor
from twistchat.options import installedDoors
from twistchat.protocols.irc.services import SERVICES
from twistchat.protocols.line.commands import COMMANDS
from twistchat.protocols.line.commands.registered import ACTIONS
from twistchat.testing import MemoryServer
from twistchat.wire.irc.capabilities import CAPABILITIES

ROOT = Path(__file__).parent.parent

DOCUMENTS = [
    path for pattern in ("*.md", "bench/*.md", "docs/*.md", "newsfragments/*.md") for path in sorted(ROOT.glob(pattern))
]
"""Every document."""


def blocks(path: str, language: str) -> list[str]:
    """Return the fenced blocks of one language in a document."""
    text = (ROOT / path).read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def anchors(document: Path) -> set[str]:
    """
    Return the anchors of a document's headings, as GitHub makes them: lower case, no punctuation, hyphens for spaces.
    """
    headings = re.findall(r"^#+ (.+)$", document.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def reaches(document: Path, target: str) -> bool:
    """Whether a relative link in a document leads to a file that exists and, if it names one, to a heading in it."""
    name, _, anchor = target.partition("#")
    path = document.parent / name if name else document
    return path.exists() and (not anchor or anchor in anchors(path))


def marked(path: str, name: str) -> list[str]:
    """Return the fenced blocks of a document that follow the comment C{test: NAME}."""
    text = (ROOT / path).read_text("utf-8")
    return re.findall(rf"^<!-- test: {name} -->\n```\w*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


class StartTests(SynchronousTestCase):
    """docs/start.md."""

    def test_conversation(self) -> None:
        """Alice receives at the line door exactly what the page shows."""
        server = MemoryServer(Settings())
        alice, bob = server.connect(), None
        coming, garden, sharing = marked("docs/start.md", "alice")
        for block in (coming, garden, sharing):
            if block is garden:
                bob = server.irc("bob")
                bob.send("JOIN #lobby", "PRIVMSG #lobby :hello alice")
                alice.expect("* bob joined #lobby", "[12:00] <bob> hello alice")
            elif bob is not None:
                bob.send("JOIN #garden")
            server.advance(10)
            seen = []
            for line in block.splitlines():
                if line.startswith("* "):
                    seen.append(line)
                elif not line.startswith("$ "):
                    alice.send(line)
            alice.expect(*seen)

    def test_configuration(self) -> None:
        """
        Its configuration is valid, makes an operator of a client on this machine only, and listens for other machines.
        """
        text = "\n".join(marked("docs/start.md", "configuration")).replace("PASTE THE HASH HERE", SECRET)
        builder = SettingsBuilder({"irc": None, "line": None})
        builder.readFile(text.encode(), "docs/start.md")
        settings = builder.finish()
        self.assertEqual({"irc": ("tcp:6667",), "line": ("tcp:6623",)}, dict(settings.listen))
        server = MemoryServer(settings)
        for host, numeric in (("127.0.0.1", "381"), ("192.0.2.7", "491")):
            alice = server.irc("alice", host=host)
            alice.send("OPER admin secret")
            alice.until(re.compile(rf":\S+ {numeric} alice .*"))
            alice.hangUp()

    def test_start(self) -> None:
        """It starts the server with the same line as the README."""
        start = blocks("README.md", "sh")[0]
        self.assertIn(start, blocks("docs/start.md", "sh"))


class ExampleTests(SynchronousTestCase):
    """docs/testing.md."""

    def test_example(self) -> None:
        """The examples are tests that pass.  They would fail if the bot sent something else."""
        example = "".join(blocks("docs/testing.md", "python"))
        for code, failed in ((example, 0), (example.replace('f"hello, ', 'f"bye, '), 4)):
            module = ModuleType("example")
            exec(compile(code, "docs/testing.md", "exec"), module.__dict__)
            result = unittest.TestResult()
            for case in (module.GreeterTests, module.MoreGreeterTests):
                unittest.TestLoader().loadTestsFromTestCase(case).run(result)
            wrong = result.failures + result.errors
            self.assertEqual((4, failed), (result.testsRun, len(wrong)), wrong)


class LineProtocolTests(SynchronousTestCase):
    """docs/line-protocol.md."""

    def test_commands(self) -> None:
        """Its table has exactly the commands of the server."""
        text = (ROOT / "docs/line-protocol.md").read_text("utf-8")
        documented = re.findall(r"^\| `/(\w+)", text, re.MULTILINE)
        self.assertEqual(sorted(COMMANDS), sorted(documented))

    def test_aliases(self) -> None:
        """Each row names exactly the aliases of its command."""
        text = (ROOT / "docs/line-protocol.md").read_text("utf-8")
        documented = {
            row[1]: tuple(re.findall(r"`/(\w+)`", row[2]))
            for row in re.finditer(r"^\| `/(\w+)[^`]*`((?:, `/\w+`)*)", text, re.MULTILINE)
        }
        self.assertEqual({name: command.aliases for name, command in COMMANDS.items()}, documented)

    def test_endpoint(self) -> None:
        """It names the default endpoint of the door."""
        text = (ROOT / "docs/line-protocol.md").read_text("utf-8")
        self.assertIn(f"`{LineDoor.defaultEndpoints[0]}`", text)


class AccountsTests(SynchronousTestCase):
    """docs/accounts.md."""

    def test_commands(self) -> None:
        """The services have each command that the page shows, with that number of parameters."""
        text = (ROOT / "docs/accounts.md").read_text("utf-8")
        shown = re.findall(r"/msg (NickServ|ChanServ) (\w+)([^`\n]*)", text)
        self.assertGreater(len(shown), 20)
        for service, word, parameters in shown:
            if word != "HELP":
                command = SERVICES[fold(service)].command(word)
                assert command is not None, word
                count = len(parameters.split())
                self.assertTrue(command.least <= count and (command.most is None or count <= command.most), word)

    def test_lineCommands(self) -> None:
        """The line door has each command that the page shows for it, and each action of C{/room}."""
        text = (ROOT / "docs/accounts.md").read_text("utf-8")
        column = re.findall(r"^\| [^|]* \| `/msg [^|]* \| ([^|]*) \|$", text, re.MULTILINE)
        words = re.findall(r"`/(\w+)", " ".join(column))
        self.assertGreater(len(words), 7)
        self.assertEqual([], [word for word in words if word not in COMMANDS])
        actions = re.findall(r"^/room (\w+)|`/room (\w+)", text, re.MULTILINE)
        self.assertGreater(len(actions), 6)
        self.assertEqual([], [action for pair in actions for action in pair if action and action not in ACTIONS])


class BotTests(SynchronousTestCase):
    """docs/bots.md."""

    def test_line(self) -> None:
        """The bot on the line protocol answers each ping in its room, however the lines arrive, and nothing else."""
        client, _ = blocks("docs/bots.md", "python")
        server = MemoryServer()
        alice = server.person("alice")
        alice.send("!ping", "/join #tea")
        bob, pingbot = server.person("bob"), server.connect()
        said: list[bytes] = []
        doings = iter(
            (
                lambda: bob.send("!ping", "!ping", "!ping", "!pingpong", "/me > !ping"),
                lambda: bob.send("/msg pingbot !ping"),
                lambda: bob.send("!ping"),
            )
        )

        class Connection(socket.socket):
            """A connection to the line door.  Bob acts whenever everything has been read."""

            read = 0

            def recv_into(self, buffer: Any, *more: Any) -> int:
                for do in () if self.read < len(pingbot.raw) else doings:
                    do()
                    break
                data = pingbot.raw[self.read :][: len(buffer)]
                buffer[: len(data)] = data
                self.read += len(data)
                return len(data)

            def send(self, data: Any, *more: Any) -> int:
                said.append(bytes(data))
                pingbot.sendBytes(bytes(data))
                return len(data)

            def sendall(self, data: Any, *more: Any) -> None:
                self.send(data)

        self.patch(socket, "create_connection", lambda address: Connection())
        exec(compile(client, "docs/bots.md", "exec"), {})
        self.assertIn("<alice> !ping", pingbot.raw.decode())
        self.assertIn("@pingbot <bob> !ping", pingbot.raw.decode())
        self.assertEqual(b"pingbot\n/echo on\n" + 4 * b"pong\n", b"".join(said))
        for _ in range(4):
            bob.until("[12:00] <pingbot> pong")

    def test_irc(self) -> None:
        """The bot over IRC has mode B, and answers each ping in the lobby and no other."""
        _, client = blocks("docs/bots.md", "python")
        module = ModuleType("example")
        exec(compile(client, "docs/bots.md", "exec"), module.__dict__)
        server = MemoryServer()
        alice = server.person("alice")
        alice.send("!ping")
        bot = module.PingBot()
        self.addCleanup(bot.stopHeartbeat)  # it runs on the real reactor
        server.plug(bot, door="irc")
        alice.until("* ircbot joined #lobby")
        alice.send("!ping", "!ping", "!pingpong", "/me !ping", "/msg ircbot !ping")
        alice.expect("[12:00] <ircbot> pong", "[12:00] <ircbot> pong")
        watcher = server.irc("watcher")
        watcher.send("WHOIS ircbot")
        watcher.until(re.compile(r".* 335 watcher ircbot .*"))

    def test_ircConnects(self) -> None:
        """The bot over IRC connects to the IRC door, tries again after a refusal, and runs until it is stopped."""
        _, client = blocks("docs/bots.md", "python")
        module = ModuleType("example")
        exec(compile(client, "docs/bots.md", "exec"), module.__dict__)
        reactor = MemoryReactorClock()
        self.assertNoResult(module.main(reactor))
        ((host, port, factory, *_),) = reactor.tcpClients
        self.assertEqual(f"tcp:{port}:interface={host}", IrcDoor.defaultEndpoints[0])
        factory.clientConnectionFailed(reactor.connectors[0], Failure(ConnectionRefusedError()))
        reactor.advance(60)
        self.assertEqual(2, len(reactor.tcpClients))


class OperatingTests(SynchronousTestCase):
    """docs/operating.md."""

    def test_live(self) -> None:
        """For every key of every section, its table says rightly whether reading the file again applies a change."""
        text = (ROOT / "docs/operating.md").read_text("utf-8")
        rows = text.partition("| key or section | a change applies | to |\n| --- | --- | --- |\n")[2].partition("\n\n")[
            0
        ]
        documented: dict[str, bool] = {}
        for row in rows.splitlines():
            _, names, when, *_ = map(str.strip, row.split("|"))
            self.assertIn(when, ("at once", "at the next start"), row)
            for name in re.findall(r"`([^`]+)`", names):
                self.assertNotIn(name, documented, "it is there twice")
                documented[name] = when == "at once"
        used = set()
        for key, isLive in liveness({door.name: door.settings for door in installedDoors()}).items():
            name = key if key in documented else f"[{key.partition('.')[0]}]"
            self.assertIn(name, documented, key)
            self.assertEqual(isLive, documented[name], key)
            used.add(name)
        self.assertEqual(set(documented), used, "it names keys that do not exist")


class ReadmeTests(SynchronousTestCase):
    """README.md."""

    def test_links(self) -> None:
        """Its links into this repository are relative, so they work in every clone.  All others use HTTPS."""
        targets = re.findall(r"\]\(([^)]+)\)", (ROOT / "README.md").read_text("utf-8"))
        own = [target for target in targets if not target.startswith("https://")]
        self.assertIn("docs/operating.md", own)
        self.assertEqual([], [target for target in own if not reaches(ROOT / "README.md", target)])

    def test_images(self) -> None:
        """Its images are files of this repository."""
        images = re.findall(r"!\[[^]]*\]\(([^)]+)\)", (ROOT / "README.md").read_text("utf-8"))
        own = ["docs/page.png", "docs/conversation.svg", "bench/growth.png"]
        self.assertEqual(own, images)
        self.assertEqual([], [path for path in own if not (ROOT / path).exists()])

    def test_capabilities(self) -> None:
        """Both numbers of IRCv3 capabilities are right."""
        text = (ROOT / "README.md").read_text("utf-8")
        numbers = re.findall(r"^with (\d+) \[IRCv3\]|^\| IRCv3 capabilities \| (\d+) ", text, re.MULTILINE)
        self.assertEqual([(str(len(CAPABILITIES)), ""), ("", str(len(CAPABILITIES)))], numbers)


class LinkTests(SynchronousTestCase):
    """Links between documents."""

    def test_targets(self) -> None:
        """Every link into this repository has a target: the file, and the heading in it."""
        missing = [
            f"{document.relative_to(ROOT)}: {target}"
            for document in DOCUMENTS
            for target in re.findall(r"\]\(([^):]+)\)", document.read_text("utf-8"))
            if not reaches(document, target)
        ]
        self.assertEqual([], missing)

    def test_reaches(self) -> None:
        """A missing file and a missing heading are found."""
        document = ROOT / "docs/operating.md"
        self.assertTrue(reaches(document, "irc.md#channels-that-nobody-owns"))
        self.assertFalse(reaches(document, "irc.md#channels-that-somebody-owns"))
        self.assertFalse(reaches(document, "nothing.md"))


class ArchitectureTests(SynchronousTestCase):
    """docs/architecture.md."""

    page = (ROOT / "docs/architecture.md").read_text("utf-8")

    def steps(self) -> list[tuple[str, str]]:
        """Return the path of a message: the file and the function of each step, in order."""
        return re.findall(r"^\| \d \| `([\w/]+\.py)` \| `([\w.]+)` \|$", self.page, re.MULTILINE)

    def test_path(self) -> None:
        """Every function that the path of a message names exists in the file beside it."""
        self.assertGreater(len(self.steps()), 10)
        for file, name in self.steps():
            found: Any = import_module(f"twistchat.{file.removesuffix('.py').replace('/', '.')}")
            for part in name.split("."):
                found = getattr(found, part)
            self.assertTrue(callable(found), name)

    def test_order(self) -> None:
        """A message calls the functions of its path in their order."""
        server = MemoryServer(directory=self.mktemp())
        alice, bob = server.irc("alice"), server.irc("bob")
        for client in (alice, bob):
            client.join("#lobby")
        calls: list[tuple[str, str]] = []

        def note(frame: FrameType, event: str, argument: object) -> None:
            if event == "call":
                calls.append((frame.f_code.co_filename, frame.f_code.co_qualname))

        sys.setprofile(note)
        try:
            alice.send("PRIVMSG #lobby :tea?")
        finally:
            sys.setprofile(None)
        bob.until(re.compile(".* PRIVMSG #lobby :tea\\?"))
        called = iter(calls)
        for file, name in self.steps():
            name = name.replace("SocketOutbox", "TransportOutbox")  # a server in memory has no sockets
            path = str(ROOT / "src/twistchat" / file)
            self.assertIn((path, name), called)  # this consumes the calls up to that one

    def test_files(self) -> None:
        """Every file and folder that the page names by its path exists."""
        named = {*re.findall(r"`([\w]+/[\w/]*(?:\.\w+)?)`", self.page), *re.findall(r"`(\w+\.py)`", self.page)}
        inner = {
            "fanout/",
            "history/",
            "model/",
            "rules/",
            "sqlite/",
            "client/",
            "input/",
            "limits/",
            "listening/",
            "monitoring/",
        }
        self.assertGreater(len(named), 40)
        package = ROOT / "src/twistchat"
        missing = [
            name
            for name in sorted(named - inner - {"logs/", "output/"})
            if not ((package / name).exists() or (ROOT / name).exists())
        ]
        self.assertEqual([], missing)

    def test_names(self) -> None:
        """Every class of this project that the page names exists, with the attribute that the page names."""
        known = classes()
        named = set(re.findall(r"`([A-Z]\w*[a-z]\w*)(?:\.(\w+))?`", self.page))
        self.assertGreater(len(named), 40)
        missing = [
            f"{name}.{member}"
            for name, member in sorted(named)
            if name not in ("Host", "IPlugin") and (name not in known or (member and member not in known[name]))
        ]
        self.assertEqual([], missing)

    def test_folders(self) -> None:
        """Both tables of the parts have the imports of the import test."""
        for document in ("docs/architecture.md", "CONTRIBUTING.md"):
            text = (ROOT / document).read_text("utf-8")
            rows = re.findall(r"^\| `(\w+)(?:/|\.py)` \| [^|]+ \| ([^|]+) \|$", text, re.MULTILINE)
            documented = {part: set(re.findall(r"`(\w+)", imports)) for part, imports in rows}
            rules = {name.split(".")[1]: layer.may for name, layer in LAYERS.items() if name.count(".") == 1}
            parts = {
                part: {name.split(".")[1] for name in may if name.startswith("twistchat.")} - {part}
                for part, may in rules.items()
            }
            self.assertEqual(parts, documented, document)


def classes() -> dict[str, set[str]]:
    """Return the names in every class of the package, including inherited ones, by the name of the class."""
    own: dict[str, set[str]] = {}
    bases: dict[str, list[str]] = {}
    for path in (ROOT / "src/twistchat").rglob("*.py"):
        for found in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(found, ast.ClassDef):
                names = own.setdefault(found.name, set())
                bases.setdefault(found.name, []).extend(ast.unparse(base) for base in found.bases)
                for inner in ast.walk(found):
                    if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef)):
                        names.add(inner.name)
                    elif isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                        names.add(inner.id)
                    elif isinstance(inner, ast.Attribute) and isinstance(inner.ctx, ast.Store):
                        names.add(inner.attr)
    for name, names in own.items():
        for base in bases[name]:
            names |= own.get(base, set())
    return own
