"""Tests of L{twistchat.console} and L{twistchat.options}: the commands, their copies and exports."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from contextlib import closing, redirect_stdout
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from argon2 import PasswordHasher
from twisted.trial.unittest import SynchronousTestCase

from twistchat import __version__, console
from twistchat.chat.model.events import (
    Event,
    ModeChange,
    ModesSet,
    RoomMessage,
    RoomMessageRedacted,
    RoomRenamed,
    Source,
    TopicSet,
)
from twistchat.config.keytypes import PasswordHash, readingOf
from twistchat.console import main
from twistchat.interfaces import ILog
from twistchat.journal.kinds import sqliteJournal
from twistchat.journal.sqlite.migrate import migrate, schema
from twistchat.testing.workers import InlineWorker

ALICE = Source("1", "alice", "~line", "a.cloak", "alice", "Alice")
BOB = Source("2", "bob", "~line", "b.cloak")


class ConsoleTestCase(SynchronousTestCase):
    """Tests of commands on a journal whose server runs."""

    def setUp(self) -> None:
        self.folder = Path(mkdtemp())
        self.addCleanup(rmtree, self.folder)
        self.addCleanup(os.chdir, Path.cwd())
        os.chdir(self.folder)
        self.data = self.folder / "data"

    def serve(self, *events: Event) -> ILog:
        """Open a journal, and append these events."""
        journal = self.journal(bytes(range(32)))
        self.successResultOf(journal.open(lambda entry, origin: None))
        self.addCleanup(journal.close)
        for event in events:
            self.successResultOf(journal.append(event))
        return journal

    def journal(self, key: bytes) -> ILog:
        """Make the journal of the data directory.  A new journal gets this key for its cloaks."""
        return sqliteJournal(
            str(self.data), lambda: 1_767_268_800.25, lambda: "j", lambda: key, lambda name: InlineWorker()
        ).log

    def change(self, statement: str, name: str = "data/journal.sqlite") -> None:
        """Change the bytes of a journal on disk."""
        with closing(sqlite3.connect(name, isolation_level=None)) as connection:
            connection.execute(statement)

    def command(self, *arguments: str) -> str:
        """Return the output of a command."""
        printed = StringIO()
        with redirect_stdout(printed):
            main(arguments)
        return printed.getvalue()

    def refused(self, *arguments: str) -> str:
        """Return the error with which a command ends."""
        with redirect_stdout(StringIO()):
            why = self.assertRaises(SystemExit, main, arguments).code
        assert isinstance(why, str)
        self.assertNotIn("\n", why)
        return why


class ConsoleTests(ConsoleTestCase):
    """All commands, except those that check and restore."""

    def test_backup(self) -> None:
        """A copy contains the whole journal, only its owner can read it, and a server can use it."""
        self.serve(RoomMessage(ALICE, "#lobby", "1", "hello"))
        self.assertIn("backup.db has the journal, ", self.command("backup", "--data=data", "backup.db"))
        self.assertEqual(0o600, Path("backup.db").stat().st_mode & 0o777)
        copy = sqlite3.connect("backup.db")
        self.addCleanup(copy.close)
        self.assertEqual([("ok",)], copy.execute("PRAGMA integrity_check").fetchall())
        self.assertEqual([("said",)], copy.execute("SELECT kind FROM entry").fetchall())
        Path("restored").mkdir()
        Path("restored/journal.sqlite").write_bytes(Path("backup.db").read_bytes())
        self.assertIn('"text": "hello"', self.command("export", "--data=restored", "--room=#lobby"))

    def test_backupAlone(self) -> None:
        """A copy needs no other file, and no other file is left beside it."""
        self.serve(RoomMessage(ALICE, "#lobby", "1", "hello"))
        self.command("backup", "--data=data", "backup.db")
        # What the header says of write-ahead logs (Database File Format, section 1.3.3): there is none.
        self.assertEqual(b"\1\1", Path("backup.db").read_bytes()[18:20])
        self.assertEqual(["backup.db", "data"], sorted(path.name for path in self.folder.iterdir()))

    def test_backupEarlier(self) -> None:
        """A copy of a journal of an earlier version has no key, and the command reports that."""
        self.data.mkdir()
        with closing(sqlite3.connect("data/journal.sqlite", isolation_level=None)) as connection:
            migrate(connection, self.data / "journal.sqlite", lambda: "j", schema()[:3])
        said = StringIO()
        self.patch(sys, "stderr", said)
        self.command("backup", "--data=data", "backup.db")
        self.assertIn("is of an earlier version; keep cloak.key beside it, too", said.getvalue())

    def test_backupOver(self) -> None:
        """An existing file is not overwritten."""
        self.serve()
        Path("mine").write_text("mine")
        self.assertEqual(
            "twistchat: mine exists already; name a new file", self.refused("backup", "--data=data", "mine")
        )
        self.assertEqual("mine", Path("mine").read_text())

    def test_backupNowhere(self) -> None:
        """If the target folder does not exist, the error names it, and the command leaves nothing behind."""
        self.serve()
        self.assertEqual(
            f"twistchat: there is no directory {self.folder.resolve()}/no",
            self.refused("backup", "--data=data", "no/x"),
        )
        self.assertEqual([self.data], list(self.folder.iterdir()))

    def test_export(self) -> None:
        """An export has every entry of the room and no other, oldest first, each as one line of JSON."""
        self.serve(
            RoomMessage(ALICE, "#Lobby", "1", 'say "ü\u2028"'),
            RoomMessage(BOB, "#other", "2", "elsewhere"),
            TopicSet(BOB, "#lobby", "tea"),
            ModesSet(ALICE, "#lobby", (ModeChange(True, "o", "bob", BOB), ModeChange(True, "k", "secret"))),
        )
        printed = self.command("export", "--data=data", "--room=lobby")
        said, topic, modes = [json.loads(line) for line in printed.split("\n")[:-1]]
        alice = {"nick": "alice", "username": "~line", "host": "a.cloak", "account": "alice", "realname": "Alice"}
        bob = {"nick": "bob", "username": "~line", "host": "b.cloak", "account": None, "realname": ""}
        self.assertEqual(
            {
                "sequence": 1,
                "msgid": "j-1",
                "time": "2026-01-01T12:00:00.250Z",
                "event": "said",
                "by": alice,
                "room": "#Lobby",
                "text": 'say "ü\u2028"',
                "kind": "message",
            },
            said,
        )
        self.assertEqual((bob, "tea"), (topic["by"], topic["topic"]))
        self.assertEqual(
            [
                {"adding": True, "letter": "o", "parameter": "bob", "subject": bob},
                {"adding": True, "letter": "k", "parameter": "*"},
            ],
            modes["changes"],
        )

    def test_exportRenamed(self) -> None:
        """A renamed room is exported whole, under its new name.  Each entry has the name of its time."""
        self.serve(
            RoomMessage(ALICE, "#old", "1", "before"),
            RoomRenamed(ALICE, "#old", "#New", "tidy"),
            RoomMessage(ALICE, "#New", "1", "after"),
        )
        before, renamed, after = map(json.loads, self.command("export", "--data=data", "--room=new").splitlines())
        self.assertEqual(("#old", "before", "after"), (before["room"], before["text"], after["text"]))
        shown = {"event": "roomrenamed", "room": "#old", "name": "#New", "reason": "tidy"}
        self.assertEqual(shown, {name: renamed[name] for name in set(renamed) - {"sequence", "msgid", "time", "by"}})
        why = self.refused("export", "--data=data", "--room=old")
        self.assertEqual("twistchat: the journal has nothing of #old", why)

    def test_exportTakenBack(self) -> None:
        """The entry of a redaction names the message by its id.  The message itself is not exported."""
        self.serve(RoomMessage(ALICE, "#lobby", "1", "secret"), RoomMessageRedacted(ALICE, "#lobby", 1, "j-1", "typo"))
        printed = self.command("export", "--data=data", "--room=lobby")
        self.assertNotIn("secret", printed)
        unsaid = json.loads(printed)
        self.assertEqual((2, "j-2"), (unsaid["sequence"], unsaid["msgid"]))
        self.assertEqual({"sequence": 1, "msgid": "j-1"}, unsaid["taken"])
        self.assertEqual(("unsaid", "typo"), (unsaid["event"], unsaid["reason"]))

    def test_exportTags(self) -> None:
        """Tags are a JSON object, and a user that is a bot is marked as one."""
        bot = Source("3", "bot", bot=True)
        self.serve(RoomMessage(bot, "#lobby", "1", "two\nlines", tags=(("reply", "j-7"), ("empty", ""))))
        said = json.loads(self.command("export", "--data=data", "--room=lobby"))
        self.assertEqual(({"reply": "j-7", "empty": ""}, "two\nlines"), (said["tags"], said["text"]))
        self.assertTrue(said["by"]["bot"])

    def test_exportNothing(self) -> None:
        """The error names a room without entries."""
        self.serve()
        self.assertEqual(
            "twistchat: the journal has nothing of #none", self.refused("export", "--data=data", "--room=none")
        )

    def test_exportBadRoom(self) -> None:
        """An invalid or missing room name is refused."""
        self.serve()
        why = self.refused("export", "--data=data", "--room=a b")
        self.assertEqual("twistchat: the room name #a b has a space in it", why)
        self.assertIn("name a room, as in --room '#lobby'", self.refused("export", "--data=data"))

    def test_noJournal(self) -> None:
        """The error names a directory without a journal, for both commands."""
        for command in (("backup", "x"), ("export", "--room=lobby")):
            why = self.refused(command[0], "--data=nowhere", *command[1:])
            self.assertEqual("twistchat: there is no journal in nowhere; name its directory with --data", why)

    def test_notAJournal(self) -> None:
        """A file that is not a database is reported as damaged."""
        self.data.mkdir()
        (self.data / "journal.sqlite").write_bytes(b"not a database" * 100)
        self.assertIn("the journal's file is damaged", self.refused("export", "--data=data", "--room=lobby"))

    def test_configuration(self) -> None:
        """The command reads the data directory from the configuration.  The error of a mistake there names the line."""
        self.serve(RoomMessage(ALICE, "#lobby", "1", "hello"))
        Path("twistchat.toml").write_text('[server]\ndata = "data"\n[listen]\nline = "tcp:6623"\n')
        self.assertIn("hello", self.command("export", "--room=lobby"))
        Path("twistchat.toml").write_text("[server]\ndata = 5\n")
        self.assertIn("twistchat: twistchat.toml:2: server.data: ", self.refused("export", "--room=lobby"))

    def test_usage(self) -> None:
        """The error for a missing or unknown command, or for wrong arguments, is one line that names it."""
        self.assertIn("name a command: backup, check, export, hash-password or restore", self.refused())
        self.assertIn("nonsense", self.refused("nonsense"))
        commands = "backup, check, export, hash-password, restore"
        for arguments, why in (
            (["nonsense"], f"there is no command nonsense (the commands are {commands}); twistchat --help says more"),
            (["chekc"], "there is no command chekc (did you mean check?); twistchat --help says more"),
            (["backup"], "the argument FILE is missing: the new file; twistchat backup --help says more"),
            (["restore"], "the argument FILE is missing: the backup; twistchat restore --help says more"),
            (["backup", "a", "b"], "there is an argument too many: b; twistchat backup --help says more"),
            (["check", "a", "b"], "there is an argument too many: b; twistchat check --help says more"),
            (["export", "a"], "there is an argument too many: a; twistchat export --help says more"),
            (["hash-password", "a"], "there is an argument too many: a; twistchat hash-password --help says more"),
            (
                ["backup", "--dta=x"],
                "there is no option --dta (did you mean --data?); twistchat backup --help says more",
            ),
            (["export", "--room"], "--room needs a value; twistchat export --help says more"),
            (["export"], "name a room, as in --room '#lobby'; twistchat export --help says more"),
        ):
            self.assertEqual(f"twistchat: {why}", self.refused(*arguments))
        self.assertIn("twistchat: there is no option --nonsense; ", self.refused("--nonsense"))

    def test_help(self) -> None:
        """The first line of a command's help is a valid command line, and C{--data} is described for that command."""
        for command, usage, data in (
            ("backup", "Usage: twistchat backup [options] FILE", "which has the journal."),
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

    def test_hashPassword(self) -> None:
        """The first line of standard input is the password, with any line end.  Each hash of it is different."""
        hashes = set()
        for text in ("hünter 2\n", "hünter 2\r\n", "hünter 2", "hünter 2\nnot this\n"):
            self.patch(sys, "stdin", StringIO(text))
            (line,) = self.command("hash-password").splitlines()
            self.assertEqual(line, readingOf(PasswordHash)(line))
            self.assertTrue(PasswordHasher().verify(line, "hünter 2"))
            hashes.add(line)
        self.assertEqual(4, len(hashes))

    def test_hashNothing(self) -> None:
        """An empty password is refused, and so is one that is not UTF-8."""
        for data, why in (
            (b"", "a password has one character at least"),
            (b"\nx", "a password has one character at least"),
            (b"\xff\n", "the password is not UTF-8"),
        ):
            self.patch(sys, "stdin", TextIOWrapper(BytesIO(data), encoding="utf-8"))
            self.assertEqual(f"twistchat: {why}", self.refused("hash-password"))

    def typed(self, *answers: str | type[BaseException]) -> None:
        """Answer the questions of a command at a terminal."""
        terminal, typed = StringIO(), iter(answers)
        self.patch(terminal, "isatty", lambda: True)
        self.patch(sys, "stdin", terminal)
        self.patch(sys, "stderr", StringIO())

        def ask(prompt: str) -> str:
            answer = next(typed)
            if isinstance(answer, type):
                raise answer
            return answer

        self.patch(console, "getpass", ask)

    def test_hashTyped(self) -> None:
        """At a terminal the command asks for the password twice, and refuses two different answers."""
        self.typed("hunter2", "hunter2")
        self.assertTrue(PasswordHasher().verify(self.command("hash-password").strip(), "hunter2"))
        self.typed("hunter2", "hunter3")
        self.assertIn("two different passwords", self.refused("hash-password"))
        self.typed("", "")
        self.assertIn("one character at least", self.refused("hash-password"))
        for end in (EOFError, KeyboardInterrupt):
            self.typed("hunter2", end)
            self.assertIn("there is no password", self.refused("hash-password"))

    def test_exportDamaged(self) -> None:
        """Damaged entries are not exported.  The command fails and reports how many it left out."""
        self.serve(*(RoomMessage(ALICE, "#lobby", "1", text) for text in ("one", "a word", "two")))
        self.change("UPDATE entry SET body = replace(body, 'word', 'ward')")
        printed = StringIO()
        with redirect_stdout(printed):
            why = self.assertRaises(SystemExit, main, ["export", "--data=data", "--room=#lobby"]).code
        self.assertIn("twistchat: entries that changed on disk were left out: 1; twistchat check", str(why))
        self.assertEqual(["one", "two"], [json.loads(line)["text"] for line in printed.getvalue().splitlines()])

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
