"""Tests of L{twistchat.journal.sqlite.migrate}."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from twisted.trial.unittest import SynchronousTestCase

from tests.journal.disk import DiskTestCase, temporary
from twistchat.chat.model.events import (
    AdministrativeAct,
    Entry,
    ModeChange,
    ModesSet,
    PrivateMessage,
    PrivateMessageRedacted,
    RoomMessage,
    RoomMessageRedacted,
    RoomRenamed,
    ServerBanLifted,
    ServerBanSet,
    Source,
    TopicSet,
)
from twistchat.chat.model.spans import Acts, Search, Span, pair
from twistchat.journal.history.acts import readActs
from twistchat.journal.history.export import export
from twistchat.journal.history.reader import HistoryReader
from twistchat.journal.sqlite.migrate import APPLICATION_ID, JournalUnusable, migrate, schema
from twistchat.testing.contract import ANN, BOB, said

ONE = "CREATE TABLE journal (id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE entry (x);"
TWO = "ALTER TABLE entry ADD COLUMN y; UPDATE entry SET y = x * 2;"
THREE = "CREATE TABLE later (z);"


VERSION_1 = """
(1, 1000, 'said', '#room', '{"by":["u1","Ann","~ann","h","Ann",""],"room":"#Room","session":"s","text":"one word",
    "kind":"message"}'),
(2, 1001, 'said', '#room', '{"by":["u1","Ann"],"room":"#Room","session":"s","text":"two word"}'),
(4, 1002, 'told', 'ann bob', '{"by":["u1","Ann","~ann","h","Ann",""],"session":"s",
    "to":["u2","Bob","~bob","h","bob",""],"text":"three word","kind":"notice"}'),
(5, 1003, 'told', NULL, '{"by":["u3","guest"],"session":"s","to":["u2","Bob"],"text":"four word","kind":"message"}'),
(7, 1004, 'topic', '#room', '{"by":["u1","Ann"],"room":"#Room","topic":"old"}'),
(8, 1005, 'modes', '#room', '{"by":["u1","Ann"],"room":"#Room","changes":[{"adding":true,"letter":"i"},
    {"adding":true,"letter":"o","parameter":"Bob","subject":["u2","Bob","~bob","h","bob",""]},
    {"adding":true,"letter":"v","parameter":"guest","subject":["u3","guest","~g","h",null,""]}]}'),
(9, 1006, 'topic', '#room', '{"by":["u1","Ann"],"room":"#Room","topic":"new"}')
"""
"""Rows as version 1 wrote them."""

VERSION_2 = f"""{VERSION_1.rstrip()},
(10, 1007, 'roomrenamed', '#hall', '{{"by":["u1","Ann"],"room":"#Room","origin":"#room","name":"#Hall"}}'),
(11, 1008, 'said', '#hall', '{{"by":["u1","Ann"],"room":"#Hall","session":"s","text":"five word"}}')
"""
"""Rows as version 2 wrote them."""


class EarlierTestCase(DiskTestCase):
    """
    A journal of an earlier version of the schema.

    @cvar version: the version.
    @cvar rows: the rows that it wrote.
    @cvar also: further statements that it ran.
    """

    version: ClassVar[int]
    rows: ClassVar[str]
    also: ClassVar[str] = ""

    def openJournal(self, *arguments: Any, **keywords: Any) -> None:
        """Write the file as that version does."""
        if not self.path.exists():
            connection = sqlite3.connect(self.path, isolation_level=None)
            migrate(connection, self.path, lambda: "name", schema()[: self.version])
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"INSERT INTO entry (sequence, time, kind, conversation, body) VALUES {self.rows}")
            connection.executescript(f"UPDATE journal SET reserved = 100; {self.also}")
            connection.close()
            self.early = self.asConsole()
        super().openJournal(*arguments, **keywords)

    def asConsole(self, room: str = "#room") -> list[str]:
        """Read the file as the console does."""
        reader = HistoryReader.open(self.path)
        try:
            return list(map(str, export(reader, room)))
        finally:
            reader.close()

    def found(self, room: str, account: str | None = None) -> list[int]:
        """Search for a word, and return the sequence numbers."""
        searching = self.history.search(Search("word", 9, {room: 0}, account))
        self.settle()
        return [entry.sequence for entry in self.successResultOf(searching)]


class Version1Tests(EarlierTestCase):
    """A journal of version 1."""

    version = 1
    rows = VERSION_1

    def test_read(self) -> None:
        """All entries can be read and found, and those that hold keys are applied."""
        ann = Source("u1", "Ann", "~ann", "h", "Ann")
        bob = Source("u2", "Bob", "~bob", "h", "bob")
        by = Source("u1", "Ann")
        kept = ModesSet(by, "#Room", (ModeChange(True, "i"),))
        self.assertEqual([entry.event for entry in self.applied], [kept, TopicSet(by, "#Room", "new")])
        entries = self.read(Span("#room", 9))
        self.assertEqual(entries[0], Entry(1, "name-1", 1000, RoomMessage(ann, "#Room", "s", "one word")))
        self.assertEqual([entry.sequence for entry in entries], [1, 2, 7, 8, 9])
        told = self.read(Span(pair("ann", "bob"), 9))
        self.assertEqual([entry.event for entry in told], [PrivateMessage(ann, "s", bob, "three word", "notice")])
        self.assertEqual(self.onDisk("PRAGMA user_version"), [len(schema())])
        self.assertTrue(self.path.with_name("journal.sqlite.version1").exists())

    def test_goesOn(self) -> None:
        """Redactions, renames and retention work for entries of version 1."""
        self.append(RoomRenamed(ANN, "#room", "#hall"), RoomMessageRedacted(ANN, "#hall", 1, "name-1"))
        self.assertEqual([entry.sequence for entry in self.read(Span("#hall", 9))][:4], [2, 7, 8, 9])
        self.assertEqual(self.found("#hall"), [2])
        self.checkWords()
        self.closeJournal()
        self.openJournal()
        self.assertEqual([entry.sequence for entry in self.applied], [8, 9, 101])

    def test_consoleBeforeServer(self) -> None:
        """The console reads the file before it is migrated."""
        self.assertEqual(len(self.early), 5)
        self.assertEqual(self.early, self.asConsole())

    def test_words(self) -> None:
        """All old texts are in the index, once.  New texts are indexed later, and both are found."""
        self.assertEqual(self.onDisk("SELECT indexed FROM journal"), [9])
        self.checkWords()
        (entry,) = self.append(said("six word"))
        self.assertEqual(self.found("#room", "bob"), [1, 2, 4, entry.sequence])
        self.assertEqual(self.onDisk("SELECT count(*) FROM word WHERE word MATCH 'six'"), [0])
        self.index()
        self.assertEqual(self.found("#room", "bob"), [1, 2, 4, entry.sequence])
        self.checkWords()


class Version2Tests(EarlierTestCase):
    """A journal of version 2, with a renamed room whose entries were not moved yet."""

    version = 2
    rows = VERSION_2
    also = "DELETE FROM renaming; DELETE FROM entry WHERE sequence = 2;"

    def test_words(self) -> None:
        """All texts are indexed, and found in the right room before and after they are moved."""
        self.assertEqual(self.onDisk("SELECT indexed FROM journal"), [11])
        self.checkWords()
        self.assertEqual(len(self.onDisk("SELECT origin FROM moving")), 1)
        (entry,) = self.append(said("six word", "#hall"))
        self.assertEqual(self.found("#hall"), [1, 11, entry.sequence])
        self.assertEqual(self.onDisk("SELECT origin FROM moving"), [])
        self.assertEqual(self.found("#hall", "ann"), [1, 4, 11, entry.sequence])
        self.checkWords()

    def test_takenBack(self) -> None:
        """A redacted text leaves the index, and a merge removes it from the file."""
        self.append(RoomMessageRedacted(ANN, "#hall", 11, "name-11"), PrivateMessageRedacted(ANN, BOB, 4, "name-4"))
        self.assertEqual(self.found("#hall", "ann"), [1])
        self.assertEqual(self.onDisk("SELECT unmerged FROM journal"), [1])
        while self.history.writer.merge(32):
            pass
        self.store.checkpoint(whole=True)
        for word in (b"five", b"three"):
            self.assertNotIn(word, self.path.read_bytes())
        self.checkWords()

    def test_consoleBeforeServer(self) -> None:
        """The console reads the file before it is migrated."""
        self.assertEqual(len(self.early), 0)
        copy = self.path.with_name("journal.sqlite.version2")
        reader = HistoryReader.open(copy)
        self.addCleanup(reader.close)
        self.assertEqual(list(export(reader, "#hall")), self.asConsole("#hall"))
        again = self.path.with_name("again.sqlite")
        reader.copyTo(again)
        self.assertTrue(again.exists())


class Version3Tests(Version2Tests):
    """A journal of version 3, all of whose texts are indexed."""

    version = 3
    also = f"{Version2Tests.also} UPDATE journal SET indexed = 11;"

    def test_consoleBeforeServer(self) -> None:
        """The console reads the file before it is migrated."""
        self.assertEqual(self.early, self.asConsole())


class Version4Tests(EarlierTestCase):
    """A journal of version 4, in which triggers updated the table C{holding}."""

    version = 4
    rows = f"""{VERSION_2.rstrip()},
(12, 1009, 'modes', '#hall', '{{"by":["u1","Ann"],"room":"#Hall","changes":[{{"adding":true,"letter":"k",
    "parameter":"one"}},{{"adding":true,"letter":"b","parameter":"x!*@*"}},{{"adding":false,"letter":"t"}}]}}'),
(13, 1010, 'banned', NULL, '{{"by":["u1","Ann"],"mask":"192.0.2.0/24","reason":"spam","until":null}}'),
(14, 1011, 'banned', NULL, '{{"by":["u1","Ann"],"mask":"x!*@*","reason":"spam","until":null}}'),
(15, 1012, 'unbanned', NULL, '{{"by":["u1","Ann"],"mask":"x!*@*"}}')
"""
    also = """
        UPDATE holding SET conversation = '#hall' WHERE conversation = '#room';
        INSERT INTO holding VALUES ('#hall', 'renamed 10', 10);
        DELETE FROM renaming;
        UPDATE entry SET checksum = checksum(
            sequence, CAST(time AS INTEGER), CAST(kind AS BLOB), CAST(conversation AS BLOB), CAST(body AS BLOB)
        );
    """

    HELD: ClassVar = [
        " ban 192.0.2.0/24 13",
        "#hall b x!*@* 12",
        "#hall i  8",
        "#hall k 12",
        "#hall o bob 8",
        "#hall renamed 10 10",
        "#hall t  12",
        "#hall topic 9",
    ]

    def held(self) -> list[str]:
        """The rows of the table C{holding}."""
        return self.onDisk("SELECT conversation || ' ' || key || ' ' || sequence AS line FROM holding ORDER BY line")

    def test_kept(self) -> None:
        """The table keeps its rows, the triggers are gone, and the entries are applied."""
        self.assertEqual(self.held(), self.HELD)
        triggers = "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND sql LIKE '%holding%'"
        self.assertEqual(self.onDisk(triggers), [0])
        self.assertEqual([entry.sequence for entry in self.applied], [8, 9, 10, 12, 13])

    def test_goesOn(self) -> None:
        """This version continues the table: it sets, releases and moves keys."""
        self.append(
            ModesSet(ANN, "#Hall", (ModeChange(True, "k", "two"), ModeChange(False, "i"))),
            ServerBanLifted(ANN, "192.0.2.0/24"),
            ServerBanSet(ANN, "y!*@*", "spam"),
            RoomRenamed(ANN, "#Hall", "#Room"),
        )
        self.assertEqual(
            self.held(),
            [
                " ban y!*@* 103",
                "#room b x!*@* 12",
                "#room i  101",
                "#room k 101",
                "#room o bob 8",
                "#room renamed 10 10",
                "#room renamed 104 104",
                "#room t  12",
                "#room topic 9",
            ],
        )


class Version11Tests(EarlierTestCase):
    """A journal of version 11, which had acts of administrators and no index of them."""

    version = 11
    rows = """
(1, 1000, 'act', NULL, '{"by":["u1","Ann"],"act":"kill","who":"Ann","target":"bob"}'),
(2, 1001, 'said', '#room', '{"by":["u1","Ann"],"room":"#Room","session":"s","text":"x"}')
"""
    also = """
        UPDATE entry SET checksum = checksum(
            sequence, CAST(time AS INTEGER), CAST(kind AS BLOB), CAST(conversation AS BLOB), CAST(body AS BLOB)
        );
    """

    def asConsole(self, room: str = "#room") -> list[str]:
        """Read the acts as the console does."""
        reader = HistoryReader.open(self.path)
        try:
            return list(map(str, readActs(reader, Acts(9, who="ann"))))
        finally:
            reader.close()

    def test_acts(self) -> None:
        """The acts can be read, before the migration and after it."""
        act = Entry(1, "name-1", 1000, AdministrativeAct(Source("u1", "Ann"), "kill", "Ann", "bob"))
        self.assertEqual(self.early, [str(act)])
        self.assertEqual(self.asConsole(), [str(act)])
        self.assertEqual(self.onDisk("SELECT count(*) FROM entry INDEXED BY entry_act WHERE kind = 'act'"), [1])


class MigrationTests(SynchronousTestCase):
    """Migrations."""

    def setUp(self) -> None:
        """Make an empty file."""
        self.path = Path(temporary(self), "journal.sqlite")
        self.connection = sqlite3.connect(self.path, isolation_level=None)
        self.addCleanup(self.connection.close)

    def migrate(self, *scripts: str) -> None:
        """Run these migrations."""
        migrate(self.connection, self.path, lambda: "name", scripts)

    def state(self) -> Sequence[int]:
        """The application id and the version."""
        queries = ("PRAGMA application_id", "PRAGMA user_version")
        return [self.connection.execute(query).fetchone()[0] for query in queries]

    def beside(self) -> list[str]:
        """The other files in the directory."""
        return sorted(path.name for path in self.path.parent.iterdir() if path != self.path)

    def test_fresh(self) -> None:
        """An empty file gets every step and a name, and is not copied."""
        self.migrate(ONE, TWO)
        self.assertEqual(self.state(), [APPLICATION_ID, 2])
        self.assertEqual(self.connection.execute("SELECT name FROM journal").fetchall(), [("name",)])
        self.assertEqual(self.beside(), [])

    def test_steps(self) -> None:
        """A journal is copied, gets the missing steps, and keeps its name."""
        self.migrate(ONE)
        self.connection.execute("INSERT INTO entry VALUES (21)")
        self.connection.execute("UPDATE journal SET name = 'first'")
        self.migrate(ONE, TWO, THREE)
        self.assertEqual(self.state(), [APPLICATION_ID, 3])
        self.assertEqual(self.connection.execute("SELECT x, y FROM entry").fetchall(), [(21, 42)])
        self.assertEqual(self.connection.execute("SELECT name FROM journal").fetchall(), [("first",)])
        self.assertEqual(self.beside(), ["journal.sqlite.version1"])
        copy = self.path.with_name("journal.sqlite.version1")
        self.assertEqual(stat.S_IMODE(copy.stat().st_mode), 0o600)
        backup = sqlite3.connect(copy)
        self.addCleanup(backup.close)
        self.assertEqual(backup.execute("SELECT * FROM entry").fetchall(), [(21,)])
        self.assertEqual(backup.execute("PRAGMA user_version").fetchone(), (1,))

    def test_current(self) -> None:
        """A journal of this version is not changed."""
        self.migrate(ONE)
        self.connection.execute("PRAGMA query_only = ON")
        self.migrate(ONE)
        self.assertEqual(self.beside(), [])

    def test_failure(self) -> None:
        """If a step fails, the steps before it stay."""
        self.migrate(ONE)
        self.assertRaises(sqlite3.Error, self.migrate, ONE, THREE, f"{TWO} INSERT INTO nowhere VALUES (1);")
        self.assertEqual(self.state(), [APPLICATION_ID, 2])
        self.assertEqual(len(self.connection.execute("SELECT * FROM entry LIMIT 0").description), 1)
        self.migrate(ONE, THREE, TWO)
        self.assertEqual(self.state(), [APPLICATION_ID, 3])

    def test_freshFailure(self) -> None:
        """If a step of a new file fails, the file stays empty, and the next start makes it."""
        self.assertRaises(sqlite3.Error, self.migrate, ONE, "INSERT INTO nowhere VALUES (1);")
        self.assertEqual(self.state(), [0, 0])
        self.assertEqual(self.connection.execute("SELECT count(*) FROM sqlite_schema").fetchone(), (0,))
        self.migrate(ONE, TWO)
        self.assertEqual(self.state(), [APPLICATION_ID, 2])
        self.assertEqual(self.beside(), [])

    def test_newer(self) -> None:
        """A newer journal is refused."""
        self.migrate(ONE, TWO)
        error = self.assertRaises(JournalUnusable, self.migrate, ONE)
        self.assertIn("(its schema is version 2, and this one knows 1)", str(error))

    def test_schema(self) -> None:
        """The package contains its scripts, numbered from 1 without gaps, and they work."""
        scripts = schema()
        self.assertIn("CREATE TABLE entry", scripts[0])
        self.migrate(*scripts)
        self.assertEqual(self.connection.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
