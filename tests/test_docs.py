"""What the documents say, held against the code."""

from __future__ import annotations

import re
import socket
import unittest
from pathlib import Path
from types import ModuleType
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from twistchat.config import Settings
from twistchat.config.settings import LIVE
from twistchat.doors.line import LineDoor
from twistchat.protocols.line.commands import COMMANDS
from twistchat.testing import MemoryServer

ROOT = Path(__file__).parent.parent

REPOSITORY = "https://github.com/twistchat/twistchat/blob/main/"
"""What links from elsewhere to a file of this repository begin with."""


def blocks(path: str, language: str) -> list[str]:
    """The fenced blocks of one language in a document."""
    text = (ROOT / path).read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


class ExampleTests(SynchronousTestCase):
    """docs/testing.md."""

    def test_example(self) -> None:
        """The examples are tests that pass; and each would fail, if the bot said something else."""
        example = "".join(blocks("docs/testing.md", "python"))
        for code, failed in ((example, 0), (example.replace('f"hello, ', 'f"bye, '), 3)):
            module = ModuleType("example")
            exec(compile(code, "docs/testing.md", "exec"), module.__dict__)
            result = unittest.TestResult()
            for case in (module.GreeterTests, module.MoreGreeterTests):
                unittest.TestLoader().loadTestsFromTestCase(case).run(result)
            wrong = result.failures + result.errors
            self.assertEqual((3, failed), (result.testsRun, len(wrong)), wrong)


class LineProtocolTests(SynchronousTestCase):
    """docs/line-protocol.md."""

    def test_commands(self) -> None:
        """Its table has every command, and no other."""
        text = (ROOT / "docs/line-protocol.md").read_text("utf-8")
        documented = re.findall(r"^\| `/(\w+)", text, re.MULTILINE)
        self.assertEqual(sorted(COMMANDS), sorted(documented))

    def test_aliases(self) -> None:
        """It names every alias in the row of its command, and no other."""
        text = (ROOT / "docs/line-protocol.md").read_text("utf-8")
        documented = {
            row[1]: tuple(re.findall(r"`/(\w+)`", row[2]))
            for row in re.finditer(r"^\| `/(\w+)[^`]*`((?:, `/\w+`)*)", text, re.MULTILINE)
        }
        self.assertEqual({name: command.aliases for name, command in COMMANDS.items()}, documented)

    def test_endpoint(self) -> None:
        """It names the endpoint where the door listens by default."""
        text = (ROOT / "docs/line-protocol.md").read_text("utf-8")
        self.assertIn(f"`{LineDoor.defaultEndpoints[0]}`", text)

    def test_client(self) -> None:
        """Its client comes in, answers each ping in its room, however they arrive, and nothing else."""
        (client,) = blocks("docs/line-protocol.md", "python")
        server = MemoryServer()
        alice = server.person("alice")
        alice.send("!ping", "/join #tea")
        bob, helper = server.person("bob"), server.connect()
        said: list[bytes] = []
        doings = iter(
            (
                lambda: bob.send("!ping", "!ping", "!ping", "!pingpong", "/me > !ping"),
                lambda: bob.send("/msg helper !ping"),
                lambda: bob.send("!ping"),
            )
        )

        class Connection(socket.socket):
            """A connection to the line door.  Bob does one thing more whenever all has been read."""

            read = 0

            def recv_into(self, buffer: Any, *more: Any) -> int:
                for do in () if self.read < len(helper.raw) else doings:
                    do()
                    break
                data = helper.raw[self.read :][: len(buffer)]
                buffer[: len(data)] = data
                self.read += len(data)
                return len(data)

            def send(self, data: Any, *more: Any) -> int:
                said.append(bytes(data))
                helper.sendBytes(bytes(data))
                return len(data)

            def sendall(self, data: Any, *more: Any) -> None:
                self.send(data)

        self.patch(socket, "create_connection", lambda address: Connection())
        exec(compile(client, "docs/line-protocol.md", "exec"), {})
        self.assertIn("<alice> !ping", helper.raw.decode())
        self.assertIn("@helper <bob> !ping", helper.raw.decode())
        self.assertEqual(b"helper\n/echo on\n" + 4 * b"pong\n", b"".join(said))
        for _ in range(4):
            bob.until("[12:00] <helper> pong")


class OperatingTests(SynchronousTestCase):
    """docs/operating.md."""

    def test_live(self) -> None:
        """Its table of what is taken over while the server runs has every such key and section, and no other."""
        text = (ROOT / "docs/operating.md").read_text("utf-8")
        rows = text.partition("| taken over | |\n")[2].partition("\n\n")[0]
        documented = [
            key.strip("[]") for row in rows.splitlines() for key in re.findall(r"`([^`]+)`", row.split("|")[1])
        ]
        self.assertEqual(sorted(LIVE), sorted(documented))


class ReadmeTests(SynchronousTestCase):
    """README.md."""

    def test_conversation(self) -> None:
        """What the two people see at the line door and in irssi is what the server sends them."""
        (block,) = [block for block in blocks("README.md", "") if "$ nc 127.0.0.1 6623" in block]
        first, *rows = block.splitlines()
        middle = first.index("$ irssi")
        server = MemoryServer(Settings())
        alice, bob = server.connect(), server.connectIrc()
        bob.send("NICK bob", "USER bob 0 * :bob")
        seen: list[str] = []
        for row in rows:
            left, right = row[:middle].rstrip(), row[middle:]
            if left.startswith(("* ", "[")):
                seen.append(left)
            elif left:
                alice.send(left)
            if right == "/join #lobby":
                bob.send("JOIN #lobby")
            elif right == "always":
                bob.send("PRIVMSG #lobby always")
        shown = iter(alice.lines())
        for line in seen:
            pattern = re.escape(line).replace("…", ".*").replace(r"14:02", r"\d\d:\d\d")
            self.assertTrue(any(re.fullmatch(pattern, one) for one in shown), line)
        self.assertEqual([], [*shown])
        heard = "\n".join(bob.lines())
        for part in ("Welcome to the twistchat Network", ":@alice bob", "PRIVMSG #lobby :tea?", "TOPIC #lobby", "QUIT"):
            self.assertIn(part, heard)

    def test_links(self) -> None:
        """Its links are absolute, as a package index wants them; those into this repository name files of it."""
        targets = re.findall(r"\]\(([^)]+)\)", (ROOT / "README.md").read_text("utf-8"))
        self.assertEqual([], [target for target in targets if not target.startswith("https://")])
        own = [target.removeprefix(REPOSITORY) for target in targets if target.startswith(REPOSITORY)]
        self.assertIn("docs/operating.md", own)
        self.assertEqual([], [target for target in own if not (ROOT / target).exists()])


class LinkTests(SynchronousTestCase):
    """Links between documents."""

    def test_targets(self) -> None:
        """What a document links to in this repository is there."""
        missing = [
            f"{document.name}: {target}"
            for document in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("newsfragments/*.md")]
            for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text("utf-8"))
            if not (document.parent / target).exists()
        ]
        self.assertEqual([], missing)
