"""Tests of L{twistchat.console.journals.journal}: copies and exports."""

from __future__ import annotations

import json
import signal
import sqlite3
import sys
from contextlib import closing, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from tests.console.cases import ALICE, BOB, ConsoleTestCase
from twistchat.chat.model.events import (
    ModeChange,
    ModesSet,
    RoomMessage,
    RoomMessageRedacted,
    RoomRenamed,
    Source,
    TopicSet,
)
from twistchat.console import main
from twistchat.console.journals import journal
from twistchat.journal.sqlite.migrate import migrate, schema


class JournalTests(ConsoleTestCase):
    """Backups and exports."""

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
        self.assertIn('"text": "hello"', self.command("export", "--data=restored", "--room=#lobby", "-"))
        self.assertFalse(Path("-").exists())

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

    def test_backupInterrupted(self) -> None:
        """A backup shows how far it is.  Ctrl-C ends it at once with status 130, and leaves no file."""
        self.serve(RoomMessage(ALICE, "#lobby", "1", "hello"))
        terminal = StringIO()
        self.patch(terminal, "isatty", lambda: True)
        self.patch(sys, "stderr", terminal)
        self.command("backup", "--data=data", "backup.db")
        self.assertIn(f"Copying [{40 * '#'}] 100 %", terminal.getvalue())

        # A shell in the background may ignore some of them.
        reactions: dict[signal.Signals, Any] = {
            signal.SIGINT: signal.default_int_handler,
            signal.SIGTERM: signal.SIG_DFL,
            signal.SIGHUP: signal.SIG_DFL,
        }
        for number, reaction in reactions.items():
            self.addCleanup(signal.signal, number, signal.signal(number, reaction))
            self.patch(journal, "sleep", lambda seconds, number=number: signal.raise_signal(number))
            ended = self.assertRaises(SystemExit, self.command, "backup", "--data=data", "other.db")
            self.assertEqual(128 + number, ended.code)
            self.assertEqual(["backup.db", "data"], sorted(path.name for path in self.folder.iterdir()))
        self.assertEqual(signal.SIG_DFL, signal.getsignal(signal.SIGTERM))

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

    def test_backupByServer(self) -> None:
        """Without a file, a running server is needed.  The error says what to do."""
        self.serve()
        self.assertEqual(
            f"twistchat: no server runs with its data in {self.data.absolute()}; name a FILE, start it with twistd"
            f" twistchat --data {self.data.absolute()}",
            self.refused("backup", "--data=data"),
        )

    def test_restoreNewest(self) -> None:
        """Of a directory of scheduled backups, the newest is restored.  Other files in it do not count."""
        self.serve(RoomMessage(ALICE, "#lobby", "1", "hello"))
        Path("copies").mkdir()
        Path("copies/journal-2026-01-01T120000Z.sqlite").write_text("old")
        Path("copies/journal-9.sqlite").write_text("mine")
        self.command("backup", "--data=data", "copies/journal-2026-01-02T120000Z.sqlite")
        said = self.command("restore", "--data=other", "copies")
        self.assertIn("restored from copies/journal-2026-01-02T120000Z.sqlite", said)
        Path("none").mkdir()
        self.assertEqual("twistchat: there is no backup in none", self.refused("restore", "--data=more", "none"))

    def test_restoreDamaged(self) -> None:
        """A backup with a damaged entry is restored with --damaged only, and the message says so."""
        self.serve(*(RoomMessage(ALICE, "#lobby", "1", text) for text in ("one", "two")))
        Path("copies").mkdir()
        good, damaged = "copies/journal-2026-01-01T120000Z.sqlite", "copies/journal-2026-01-02T120000Z.damaged.sqlite"
        self.command("backup", "--data=data", damaged)
        self.change("UPDATE entry SET body = replace(body, 'one', 'six')", damaged)
        self.assertEqual(
            "twistchat: there is no backup in copies that is good; --damaged restores a damaged one",
            self.refused("restore", "--data=other", "copies"),
        )
        self.assertEqual(
            f"twistchat: {damaged} is damaged, and was not restored; twistchat check {damaged} says more; --damaged"
            " restores what is left",
            self.refused("restore", "--data=other", damaged),
        )
        self.command("backup", "--data=data", good)
        with redirect_stderr(StringIO()) as said:
            self.assertIn(f"restored from {good}\n", self.command("restore", "--data=older", "copies"))
        self.assertIn(f"{damaged} is newer, but damaged", said.getvalue())
        self.assertIn(
            f"restored from {damaged}, which is damaged; twistchat check says what is lost",
            self.command("restore", "--data=other", "--damaged", "copies"),
        )
        self.change("UPDATE constant SET value = x'00' WHERE name = 'name'", damaged)
        why = self.refused("restore", "--data=third", "--damaged", damaged)
        self.assertTrue(why.endswith("says more"), why)

    def test_damagedRoundTrip(self) -> None:
        """An export of all and its import make a good journal of a damaged one."""
        log = self.serve(*(RoomMessage(ALICE, "#lobby", "1", text) for text in ("one", "two")))
        self.successResultOf(log.close())
        self.change("UPDATE entry SET body = replace(body, 'one', 'six')")
        self.assertIn("were left out: 1", self.refused("export", "--data=data", "--all", "all.jsonl"))
        self.command("import", "--data=new", "all.jsonl")
        self.assertIn("is good: 1 entry read", self.command("check", "--data=new"))

    def test_restoreSeveral(self) -> None:
        """A directory with backups of two servers is refused."""
        self.serve(RoomMessage(ALICE, "#lobby", "1", "hello"))
        Path("copies").mkdir()
        for day in (1, 2):
            self.command("backup", "--data=data", f"copies/journal-2026-01-0{day}T120000Z.sqlite")
        self.change("DELETE FROM constant", "copies/journal-2026-01-02T120000Z.sqlite")
        self.change("UPDATE journal SET name = 'k'", "copies/journal-2026-01-02T120000Z.sqlite")
        self.assertEqual(
            "twistchat: copies has backups of several servers; name one of the files",
            self.refused("restore", "--data=other", "copies"),
        )

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
        """A renamed room is exported whole, under its new name.  The rename has both names."""
        self.serve(
            RoomMessage(ALICE, "#old", "1", "before"),
            RoomRenamed(ALICE, "#old", "#New", "tidy"),
            RoomMessage(ALICE, "#New", "1", "after"),
        )
        before, renamed, after = map(json.loads, self.command("export", "--data=data", "--room=new").splitlines())
        self.assertEqual(("#new", "before", "after"), (before["room"], before["text"], after["text"]))
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
        self.assertIn("name a room or an account, as in --room '#lobby'", self.refused("export", "--data=data"))

    def test_notAJournal(self) -> None:
        """A file that is not a database is reported as damaged."""
        self.data.mkdir()
        (self.data / "journal.sqlite").write_bytes(b"not a database" * 100)
        self.assertIn("the journal's file is damaged", self.refused("export", "--data=data", "--room=lobby"))

    def test_exportDamaged(self) -> None:
        """Damaged entries are not exported.  The command fails and reports how many it left out."""
        self.serve(*(RoomMessage(ALICE, "#lobby", "1", text) for text in ("one", "a word", "two")))
        self.change("UPDATE entry SET body = replace(body, 'word', 'ward')")
        printed = StringIO()
        with redirect_stdout(printed):
            why = self.assertRaises(SystemExit, main, ["export", "--data=data", "--room=#lobby"]).code
        self.assertIn("twistchat: entries that changed on disk were left out: 1; twistchat check", str(why))
        self.assertEqual(["one", "two"], [json.loads(line)["text"] for line in printed.getvalue().splitlines()])
