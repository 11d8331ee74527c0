"""Tests of L{twistchat.console.server.running}, with a server that is a thread."""

from __future__ import annotations

import json
import os
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from tests.console.test_client import ClientTestCase
from twistchat.console import main

USER = {
    "nick": "bob",
    "account": None,
    "host": "b.cloak",
    "operator": False,
    "away": False,
    "rooms": 1,
    "since": 1_767_268_800_000,
    "idle": 90,
    "sessions": [{"door": "irc", "address": "192.0.2.1", "secure": True}],
}


class RunningTests(ClientTestCase):
    """What the commands ask for, and what they print."""

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(os.chdir, Path.cwd())
        os.chdir(self.directory)

    def command(self, *arguments: str) -> str:
        """Return the output of a command for the data directory."""
        return super().command(*arguments, "--data", str(self.directory))

    def asked(self, arguments: list[str], answer: object, *parts: object) -> tuple[Any, str]:
        """Return the request that a command sends, and its output after the server's reply."""
        replies = [{"progress": part} for part in parts] + [{"answer": answer}]
        self.serve(*(json.dumps(reply).encode() + b"\n" for reply in replies))
        printed = self.command(*arguments)
        (self.directory / "control").unlink()
        request = self.requests.pop()
        return (request["command"], request["arguments"]), printed

    def refused(self, *arguments: str) -> str:
        """Return the error with which a command for the data directory ends."""
        return super().refused(*arguments, "--data", str(self.directory))

    def test_lists(self) -> None:
        """A list comes in parts.  It is a table, or one JSON object per line."""
        request, printed = self.asked(["who"], {"count": 2}, {"users": [USER]}, {"users": [{**USER, "nick": "al"}]})
        self.assertEqual(("server.who", {}), request)
        self.assertEqual(["NICK", "al", "bob", "2"], [line.split()[0] for line in printed.splitlines()])
        _, printed = self.asked(["who", "--json"], {"count": 1}, {"users": [USER]})
        self.assertEqual({**USER, "since": "2026-01-01T12:00:00.000Z"}, json.loads(printed))
        for name in ("rooms", "bans"):
            request, printed = self.asked([name], {"count": 0})
            self.assertEqual((f"server.{name}", {}), request)
            self.assertTrue(printed.endswith(f"\n0 {name}\n"))

    def test_kick(self) -> None:
        """The reason may have several words, and the name of a room needs no C{#}."""
        answer = {"nick": "Bob", "room": None, "sessions": 2}
        self.assertEqual(
            (
                ("server.kick", {"nick": "bob", "reason": "no spam", "room": None}),
                "Bob is disconnected; 2 sessions ended\n",
            ),
            self.asked(["kick", "bob", "no", "spam"], answer),
        )
        self.assertEqual(
            (("server.kick", {"nick": "bob", "reason": "", "room": "#tea"}), "Bob is not in #tea any more\n"),
            self.asked(["kick", "bob", "--room=tea"], {"nick": "Bob", "room": "#tea"}),
        )

    def test_ban(self) -> None:
        """A ban is for ever, or for a time."""
        self.assertEqual(
            (
                ("server.ban", {"mask": "192.0.2.1", "seconds": None, "reason": ""}),
                "192.0.2.1/32 is banned for ever\n",
            ),
            self.asked(["ban", "192.0.2.1"], {"mask": "192.0.2.1/32"}),
        )
        self.assertEqual(
            (("server.ban", {"mask": "x", "seconds": 604_800.0, "reason": "a b"}), "*!*@x is banned for 7d\n"),
            self.asked(["ban", "x", "--for", "7d", "--reason", "a b"], {"mask": "*!*@x"}),
        )
        self.assertEqual(
            (("server.unban", {"mask": "x"}), "x is not banned any more\n"), self.asked(["unban", "x"], {"mask": "x"})
        )
        for wrong in ("7", "soon", "-1d", ""):
            self.assertIn(f"--for {wrong}: a time is wanted, as in 30m", self.refused("ban", "x", f"--for={wrong}"))

    def test_broadcast(self) -> None:
        """The text may have several words."""
        request, printed = self.asked(["broadcast", "Restart", "at noon"], {"users": 1})
        self.assertEqual((("server.broadcast", {"text": "Restart at noon"}), "1 user told\n"), (request, printed))

    def test_reload(self) -> None:
        """A reload says what has changed, and what waits for the next start."""
        for applied, deferred, printed in (
            (["limits.ping", "accounts"], [], "Changed: limits.ping, accounts\n"),
            (["irc"], ["server.name"], "Changed: irc\nFrom the next start on: server.name\n"),
            ([], [], "Nothing has changed\n"),
        ):
            answer = {"applied": applied, "deferred": deferred}
            self.assertEqual((("server.reload", {}), printed), self.asked(["reload"], answer))
            self.assertEqual(answer, json.loads(self.asked(["reload", "--json"], answer)[1]))

    def test_refused(self) -> None:
        """What the server refuses ends the command with one line and status 1."""
        self.serve(b'{"error": {"code": "BAD_CONFIGURATION", "text": "Nothing has changed: x.toml:2: no"}}\n')
        self.assertEqual("twistchat: Nothing has changed: x.toml:2: no", self.refused("reload"))

    def test_refusedJson(self) -> None:
        """A reload that is refused writes JSON too, if that is wanted, and has the status 1."""
        self.serve(b'{"error": {"code": "BAD_CONFIGURATION", "text": "Nothing has changed: x.toml:2: no"}}\n')
        printed = StringIO()
        with redirect_stdout(printed):
            error = self.assertRaises(SystemExit, main, ["reload", "--json", "--data", str(self.directory)])
        self.assertEqual(1, error.code)
        self.assertEqual(
            {"error": "Nothing has changed: x.toml:2: no", "code": "BAD_CONFIGURATION"}, json.loads(printed.getvalue())
        )

    def test_noServer(self) -> None:
        """Without a server, one line says so, and what to do."""
        start = f"start it with twistd twistchat --data {self.directory}"
        for command in ("who", "rooms", "bans", "reload", "kick x", "ban x", "unban x", "broadcast x", "status"):
            self.assertEqual(
                f"twistchat: no server runs with its data in {self.directory}; {start}", self.refused(*command.split())
            )
        other = str(self.assertRaises(SystemExit, main, ["who"]).code)
        self.assertTrue(other.endswith("/twistchat-data, or name its directory with --data"), other)
        self.assertIn("whose journal is in memory", self.refused("who", '--set=journal.kind="memory"'))

    def test_missing(self) -> None:
        """The error of a missing argument names it."""
        for command, name in (("kick", "NICK"), ("ban", "MASK"), ("unban", "MASK"), ("broadcast", "TEXT")):
            self.assertIn(f"the argument {name} is missing", self.refused(command))
        self.assertIn("an argument too many: b", self.refused("ban", "a", "b"))

    def test_badConfiguration(self) -> None:
        """If C{--data} names the directory, a mistake in the configuration does not keep a command from the server."""
        (self.directory / "twistchat.toml").write_text("[limits]\nping = 'soon'\n")
        self.assertEqual("Nothing has changed\n", self.asked(["reload"], {"applied": [], "deferred": []})[1])
        error = self.assertRaises(SystemExit, main, ["reload"]).code
        self.assertIn("twistchat.toml:2: limits.ping", str(error))
