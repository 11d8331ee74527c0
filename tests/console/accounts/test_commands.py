"""Tests of L{twistchat.console.accounts.commands}: the commands, on the journal of a server that does not run."""

from __future__ import annotations

import builtins
import json
import os
import signal
import sqlite3
import sys
from contextlib import closing, redirect_stdout
from io import StringIO
from pathlib import Path
from pwd import getpwuid

from argon2 import PasswordHasher
from twisted.internet.task import Clock

from tests.console.cases import ConsoleTestCase
from twistchat.accounts.secrets.scram import decodeKeys
from twistchat.chat.model.accounts import Account
from twistchat.chat.model.events import AccessSet, Credential, RoomRegistered, Source
from twistchat.console import main, offline
from twistchat.services.control.commands import Answer, Commands, Record, Report
from twistchat.services.control.commands import execute as reallyExecute
from twistchat.services.control.wire import Request
from twistchat.testing import MemoryServer, settingsOf


class AccountTests(ConsoleTestCase):
    """C{twistchat account}."""

    def account(self, *arguments: str, password: str = "correct horse") -> str:
        """Return the output of a command about accounts.  Standard input is a password."""
        self.patch(sys, "stdin", StringIO(f"{password}\n"))
        return self.command("account", *arguments, "--data=data")

    def refusedAccount(self, *arguments: str, password: str = "correct horse") -> str:
        """Return the error of a command about accounts."""
        self.patch(sys, "stdin", StringIO(f"{password}\n"))
        return self.refused("account", *arguments, "--data=data")

    def stored(self, name: str) -> Account:
        """Start a server on the journal, and return one of its accounts."""
        server = MemoryServer(settingsOf(""), directory=str(self.data), clock=Clock())
        self.addCleanup(server.close)
        account = server.chat.state.accounts.named(name)
        server.close()
        return account

    def test_create(self) -> None:
        """The first account makes the journal.  The next server has the account, and its password."""
        said = self.account("create", "Alice", "--admin", "--email", "alice@chat.example")
        self.assertEqual("Alice is registered, and is an administrator\n", said)
        self.assertEqual("bob is registered\n", self.account("create", "--no-password", "bob"))
        alice, bob = self.stored("alice"), self.stored("bob")
        self.assertEqual(("Alice", True, "alice@chat.example"), (alice.name, alice.isAdmin, alice.settings["email"]))
        (password,) = alice.credentials
        self.assertTrue(PasswordHasher().verify(password.secret, "correct horse"))
        self.assertIsNotNone(decodeKeys(password.scram))
        self.assertEqual(((), False), (bob.credentials, bob.isAdmin))

    def test_private(self) -> None:
        """Only their owner can read the files, no lock and no password is left, and the server is not locked out."""
        self.account("create", "alice")
        self.account("password", "alice", password="another horse")
        self.assertEqual(0o700, self.data.stat().st_mode & 0o777)
        for file in self.data.iterdir():
            self.assertEqual(0o600, file.stat().st_mode & 0o777, file)
            self.assertNotIn(b"horse", file.read_bytes())

    def test_createTaken(self) -> None:
        """A name that is taken is refused before the password is asked for."""
        self.account("create", "alice")
        self.typed("never asked", "never asked")
        why = self.refused("account", "create", "ALICE", "--data=data")
        self.assertEqual("twistchat: There is an account alice already", why)

    def test_createTyped(self) -> None:
        """At a terminal the password is asked for twice.  Two different answers, or Ctrl-C, register nothing."""
        self.account("create", "--no-password", "bob")
        for answers, why in (
            (("correct horse", "correct house"), "two different passwords"),
            (("correct horse", KeyboardInterrupt), "there is no password"),
        ):
            self.typed(*answers)
            self.assertIn(why, self.refused("account", "create", "alice", "--data=data"))
        self.assertIn("There is no account alice", self.refusedAccount("show", "alice"))
        self.typed("correct horse", "correct horse")
        self.assertEqual("alice is registered\n", self.command("account", "create", "alice", "--data=data"))

    def test_createRefused(self) -> None:
        """Bad names and addresses are refused in one line, and so is an empty password."""
        for arguments, why in (
            (("NickServ",), "NickServ"),
            (("a b",), 'The nick "a b" '),
            (("bob", "--email=bob"), "The mail address is not one like"),
            (("bob", "--email=bob@chat.example\r\nBcc:eve@chat.example"), "The mail address"),
        ):
            self.assertIn(why, self.refusedAccount("create", *arguments))
        self.assertIn("a password has", self.refusedAccount("create", "bob", password=""))
        for password, why in (("short", "at least 8"), ("password1", "most common"), ("x" * 257, "longer than 256")):
            self.assertIn(why, self.refusedAccount("create", "bob", password=password))
        self.assertEqual("There are no accounts\n", self.account("list"))

    def test_list(self) -> None:
        """The list is a table, sorted by name; or JSON."""
        self.assertIn("there is no journal in data", self.refusedAccount("list"))
        for name in ("carol", "Bob", "alice"):
            self.account("create", name, "--no-password")
        self.account("admin", "bob")
        self.account("suspend", "carol", "too", "rude")
        lines = [line.split(maxsplit=4) for line in self.account("list").splitlines()]
        self.assertEqual(["NAME", "alice", "Bob", "carol"], [line[0] for line in lines])
        self.assertEqual(["active", "administrator", "suspended: too rude"], [line[4] for line in lines[1:]])
        listed = [json.loads(line) for line in self.account("list", "--json").splitlines()]
        self.assertEqual({"Bob": True, "alice": False, "carol": False}, {one["name"]: one["admin"] for one in listed})
        self.assertEqual("too rude", listed[0]["suspended"])

    def test_show(self) -> None:
        """An account is shown without its secrets."""
        self.account("create", "alice", "--email=alice@chat.example")
        shown = self.account("show", "ALICE")
        self.assertIn("mail          alice@chat.example\n", shown)
        self.assertIn("credentials   password (last recorded use: never)\n", shown)
        self.patch(sys, "stdin", StringIO())
        self.assertIn("There is no account --json", self.refused("account", "show", "--data=data", "--", "--json"))
        asJson = self.account("show", "alice", "--json")
        expected = {"kind": "password", "name": "", "created": None, "used": None}
        self.assertEqual([expected], json.loads(asJson)["credentials"])
        self.assertNotIn("argon2", shown + asJson)

    def test_suspend(self) -> None:
        """A suspension lasts until the account is restored."""
        self.account("create", "alice")
        said = self.account("suspend", "alice", "too rude")
        self.assertEqual("alice is suspended; nobody is logged in to it\n", said)
        self.assertEqual("too rude", self.stored("alice").suspended)
        self.assertEqual("alice can be used again\n", self.account("restore", "alice"))
        self.assertIsNone(self.stored("alice").suspended)
        self.assertIn("The account alice is not suspended", self.refusedAccount("restore", "alice"))

    def test_password(self) -> None:
        """A new password replaces the old one, whose bytes are erased from the file."""
        self.account("create", "alice")
        (old,) = self.stored("alice").credentials
        self.assertEqual("alice has a new password\n", self.account("password", "alice", password="battery staple"))
        (new,) = self.stored("alice").credentials
        self.assertTrue(PasswordHasher().verify(new.secret, "battery staple"))
        for file in self.data.iterdir():
            for secret in (old.secret.rpartition("$")[2], old.scram):
                self.assertNotIn(secret.encode(), file.read_bytes(), file)
        self.assertIn("There is no account bob", self.refusedAccount("password", "bob"))

    def test_totpOff(self) -> None:
        """The second factor of an account is removed, and its secret is erased from the file."""
        self.account("create", "alice")
        server = MemoryServer(settingsOf(""), directory=str(self.data), clock=Clock())
        server.chat.accounts.setCredential(None, "alice", Credential("totp", secret="JBSWY3DPEHPK3PXP"))
        server.close()
        self.assertIn("second factor (last recorded use: never)\n", self.account("show", "alice"))
        self.assertEqual("alice has no second factor any more\n", self.account("totp-off", "alice"))
        for file in self.data.iterdir():
            self.assertNotIn(b"JBSWY3DPEHPK3PXP", file.read_bytes(), file)
        self.assertIn("The account alice has no second factor", self.refusedAccount("totp-off", "alice"))
        self.assertIn("There is no account bob", self.refusedAccount("totp-off", "bob"))

    def test_admin(self) -> None:
        """Rights are given and revoked."""
        self.account("create", "alice")
        self.assertEqual("alice is an administrator\n", self.account("admin", "alice"))
        self.assertEqual("alice is an administrator, as before\n", self.account("admin", "alice"))
        self.assertEqual("alice is not an administrator\n", self.account("admin", "alice", "--revoke"))
        self.assertFalse(self.stored("alice").isAdmin)

    def test_drop(self) -> None:
        """A dropped account is gone, and the command says what became of its rooms, which the configuration decides."""
        for name in ("alice", "bob", "carol"):
            self.account("create", name, "--no-password")
        server = MemoryServer(settingsOf(""), directory=str(self.data), clock=Clock())
        source = Source("1", "alice")
        server.log.append(RoomRegistered(source, "#tea", "alice"))
        server.log.append(AccessSet(source, "#tea", "bob", "o"))
        server.log.append(AccessSet(source, "#tea", "carol", "v"))
        server.close()
        self.assertIn("add --yes to drop alice", self.refusedAccount("drop", "alice"))
        self.assertEqual("alice is dropped\n#tea belongs to bob now\n", self.account("drop", "ALICE", "--yes"))
        free = '--set=accounts.succession="free"'
        self.assertEqual("bob is dropped\n#tea belongs to nobody now\n", self.account("drop", "bob", "--yes", free))
        self.assertIn("There is no account alice", self.refusedAccount("drop", "alice", "--yes"))
        self.assertIn("An account named alice was dropped", self.refusedAccount("create", "alice"))

    def test_dropAsks(self) -> None:
        """At a terminal the command asks first."""
        self.account("create", "alice", "--no-password")
        for answer, dropped in (("", False), ("n", False), (EOFError, False), (KeyboardInterrupt, False), ("Y", True)):
            self.typed()
            asked: list[str] = []

            def ask(prompt: str, answer: str | type[BaseException] = answer, asked: list[str] = asked) -> str:
                asked.append(prompt)
                if isinstance(answer, type):
                    raise answer
                return answer

            self.patch(builtins, "input", ask)
            if dropped:
                self.assertIn("alice is dropped", self.command("account", "drop", "alice", "--data=data"))
            else:
                why = self.refused("account", "drop", "alice", "--data=data")
                self.assertEqual("twistchat: alice was not dropped", why)
            self.assertEqual(["The account alice cannot come back.  Drop it? [y/N] "], asked)

    def test_usage(self) -> None:
        """The error for a missing or unknown command, or for wrong arguments, is one line that names it."""
        for arguments, why in (
            (["lst"], "there is no command lst (did you mean list?); twistchat account --help says more"),
            (
                ["show"],
                "the argument NAME is missing: the name of the account; twistchat account show --help says more",
            ),
            (["show", "a", "b"], "there is an argument too many: b; twistchat account show --help says more"),
            (["list", "a"], "there is an argument too many: a; twistchat account list --help says more"),
            (["drop", "a", "--yess"], "there is no option --yess (did you mean --yes?); twistchat account drop"),
            (["create", "a", "--email"], "--email needs a value; twistchat account create --help says more"),
            (["create", "a", "--admin=yes"], "--admin takes no value; twistchat account create --help says more"),
        ):
            self.assertTrue(self.refused("account", *arguments).startswith(f"twistchat: {why}"), arguments)

    def test_help(self) -> None:
        """The first line of the help is a valid command line."""
        for command, usage in (
            ([], "Usage: twistchat account COMMAND [options]"),
            (["create"], "Usage: twistchat account create [options] NAME"),
            (["list"], "Usage: twistchat account list [options]"),
            (["suspend"], "Usage: twistchat account suspend [options] NAME [REASON]"),
        ):
            printed = StringIO()
            with redirect_stdout(printed):
                self.assertRaises(SystemExit, main, ["account", *command, "--help"])
            self.assertEqual(usage, printed.getvalue().splitlines()[0])

    def test_configuration(self) -> None:
        """The commands find the journal through the configuration, and obey its limits."""
        Path("twistchat.toml").write_text('[server]\ndata = "data"\n[limits]\nnick = 9\n')
        self.patch(sys, "stdin", StringIO("correct horse\n"))
        self.assertEqual("alice is registered\n", self.command("account", "create", "alice"))
        self.assertIn("9", self.refused("account", "create", "alexandria"))
        self.assertIn("alice", self.command("account", "list"))

    def test_interrupted(self) -> None:
        """Ctrl-C waits until the account is complete."""

        async def execute(commands: Commands, request: Request, report: Report, record: Record) -> Answer:
            signal.raise_signal(signal.SIGINT)
            return await reallyExecute(commands, request, report, record)

        self.patch(offline, "execute", execute)
        self.patch(sys, "stdin", StringIO("correct horse\n"))
        ended = self.assertRaises(SystemExit, self.command, "account", "create", "alice", "--admin", "--data=data")
        self.assertEqual(130, ended.code)
        alice = self.stored("alice")
        self.assertEqual((1, True), (len(alice.credentials), alice.isAdmin))

    def test_recorded(self) -> None:
        """A change is in the audit trail, with the user of the operating system, and without the password."""
        self.patch(sys, "stdin", StringIO("correct horse\n"))
        self.command("account", "create", "alice", "--admin", "--data=data")
        self.command("account", "list", "--data=data")
        self.command("account", "suspend", "alice", "spam", "again", "--data=data")
        self.refused("account", "restore", "bob", "--data=data")
        with closing(sqlite3.connect("data/journal.sqlite")) as connection:
            acts = [json.loads(body) for (body,) in connection.execute("SELECT body FROM entry WHERE kind = 'act'")]
        me = getpwuid(os.getuid()).pw_name
        self.assertEqual(
            [
                ("account.create", me, "alice", "an administrator", "console"),
                ("account.suspend", me, "alice", "spam again", "console"),
                ("account.restore", me, "bob", None, "console"),
                ("account.restore.refused", me, "bob", "There is no account bob", "console"),
            ],
            [(act["act"], act["who"], act["target"], act.get("detail"), act["door"]) for act in acts],
        )
        self.assertNotIn("argon2", str(acts))
