"""Tests of L{twistchat.console.journals.audit}."""

from __future__ import annotations

import json
from pathlib import Path

from tests.console.cases import ALICE, BOB, ConsoleTestCase
from twistchat.chat.model.events import SERVER, AdministrativeAct, RoomMessage

NOW = 1_767_268_800

KILL = AdministrativeAct(ALICE, "kill", "alice", "bob", "spam", "irc", "2001:db8::1")


class AuditTests(ConsoleTestCase):
    """C{twistchat audit}."""

    def audit(self, *arguments: str) -> list[str]:
        """The lines of output."""
        return self.command("audit", "--data=data", *arguments).splitlines()

    def whats(self, *arguments: str) -> str:
        """The acts that are shown."""
        return " ".join([json.loads(line)["act"] for line in self.audit("--json", *arguments)])

    def test_table(self) -> None:
        """Acts are aligned, newest last, with what each is about, while the server runs and after it has stopped."""
        journal = self.serve(
            KILL,
            RoomMessage(ALICE, "#lobby", "1", "x"),
            AdministrativeAct(SERVER, "server.reload", "root", door="signal"),
        )
        for _ in range(2):
            self.assertEqual(
                self.audit(),
                [
                    "TIME                  WHO    ACT            TARGET  FROM             DETAIL",
                    "2026-01-01T12:00:00Z  alice  kill           bob     irc 2001:db8::1  spam",
                    "2026-01-01T12:00:00Z  root   server.reload  -       signal           -",
                ],
            )
            journal.close()

    def test_json(self) -> None:
        """An act is one JSON object."""
        self.serve(KILL)
        (line,) = self.audit("--json")
        self.assertEqual(
            json.loads(line),
            {
                "sequence": 1,
                "time": "2026-01-01T12:00:00.250Z",
                "who": "alice",
                "account": "alice",
                "act": "kill",
                "target": "bob",
                "detail": "spam",
                "door": "irc",
                "address": "2001:db8::1",
            },
        )

    def test_hostile(self) -> None:
        """What a terminal would obey is escaped, in the table and in JSON."""
        self.serve(AdministrativeAct(BOB, "kill", "bob", "carol", "\x9b2J\u202espam\u2028\x7f"))
        for line in [*self.audit(), *self.audit("--json")]:
            self.assertTrue(line.isprintable(), line)
        (found,) = self.audit("--json")
        self.assertEqual("\x9b2J\u202espam\u2028\x7f", json.loads(found)["detail"])

    def test_long(self) -> None:
        """A long target moves the rest of its own line only."""
        self.serve(KILL, AdministrativeAct(BOB, "kill", "bob", "x" * 400, "spam", "irc"))
        _, short, long = self.audit()
        self.assertEqual(f"2026-01-01T12:00:00Z  alice  kill  bob{' ' * 37}  irc 2001:db8::1  spam", short)
        self.assertEqual(f"2026-01-01T12:00:00Z  bob    kill  {'x' * 400}  irc              spam", long)

    def test_filters(self) -> None:
        """Filters select acts; a limit selects the newest."""
        self.serve(
            KILL,
            AdministrativeAct(BOB, "ban", "bob", "x!*@*"),
            AdministrativeAct(SERVER, "account.suspend", "root", "alice"),
        )
        for wanted, arguments in (
            ("kill ban account.suspend", ["--limit=0"]),
            ("ban account.suspend", ["--limit=2"]),
            ("kill", ["--who=ALICE"]),
            ("account.suspend", ["--act=account"]),
            ("account.suspend", ["--target=alice"]),
            ("kill", ["--act=kill", "--who=alice"]),
            ("", ["--act=kill", "--who=bob"]),
            ("kill ban account.suspend", ["--since=2026-01-01"]),
            ("kill ban account.suspend", ["--since=2026-01-01T12:00:00.250Z"]),
            ("", ["--since=2026-01-01T12:00:00.251+00:00"]),
            ("kill ban account.suspend", ["--since=9999d"]),
        ):
            self.assertEqual(self.whats(*arguments), wanted, arguments)
        self.assertEqual(self.audit("--act=nothing"), ["There are no such acts"])
        self.assertEqual(self.audit("--json", "--act=nothing"), [])

    def test_account(self) -> None:
        """The account of a user is shown, if it has another name than the user."""
        self.serve(AdministrativeAct(ALICE, "kill", "root", "bob"), AdministrativeAct(SERVER, "server.ban", "root"))
        shown = [line.split("  ")[1] for line in self.audit()[1:]]
        self.assertEqual(["root (account alice)", "root"], shown)

    def test_escaped(self) -> None:
        """Control characters do not reach the terminal."""
        self.serve(AdministrativeAct(ALICE, "ban", "ali\x1bce", "x!*@*", "a\nb"))
        self.assertIn("  ali\\u001Bce (account alice)  ban  x!*@*   -     a\\nb", self.audit()[1])

    def test_damaged(self) -> None:
        """Acts that changed on disk are counted, and the others are shown."""
        self.serve(KILL, KILL)
        self.change("UPDATE entry SET body = replace(body, 'bob', 'rob') WHERE sequence = 1")
        self.assertEqual(self.refused("audit", "--data=data"), "twistchat: acts that changed on disk were left out: 1")

    def test_mistakes(self) -> None:
        """The error for wrong values is one line."""
        self.serve()
        for arguments, why in (
            (["--limit=x"], "--limit needs a number, and not x"),
            (["--limit=-1"], "--limit needs a number, and not -1"),
            (
                ["--since=soon\x1b"],
                "--since needs an age, as in 7d or 12h, or a date, as in 2026-11-30, and not soon\\u001B",
            ),
            (["x"], "there is an argument too many: x"),
        ):
            self.assertEqual(
                self.refused("audit", "--data=data", *arguments), f"twistchat: {why}; twistchat audit --help says more"
            )
        self.assertIn("there is no journal in nowhere", self.refused("audit", "--data=nowhere"))
        self.assertFalse(Path("nowhere").exists())
