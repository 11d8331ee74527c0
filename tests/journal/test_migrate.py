"""Tests of L{twistchat.journal.migrate}."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Sequence
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.journal.disk import temporary
from twistchat.journal.migrate import APPLICATION_ID, JournalUnusable, migrate, schema

ONE = "CREATE TABLE journal (id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE entry (x);"
TWO = "ALTER TABLE entry ADD COLUMN y; UPDATE entry SET y = x * 2;"
THREE = "CREATE TABLE later (z);"


class MigrationTests(SynchronousTestCase):
    """From one schema to the next."""

    def setUp(self) -> None:
        """Have an empty file."""
        self.path = Path(temporary(self), "journal.sqlite")
        self.connection = sqlite3.connect(self.path, isolation_level=None)
        self.addCleanup(self.connection.close)

    def migrate(self, *scripts: str) -> None:
        """Bring it to the last of these."""
        migrate(self.connection, self.path, lambda: "name", scripts)

    def state(self) -> Sequence[int]:
        """The application id, and the version."""
        queries = ("PRAGMA application_id", "PRAGMA user_version")
        return [self.connection.execute(query).fetchone()[0] for query in queries]

    def beside(self) -> list[str]:
        """What lies beside the file."""
        return sorted(path.name for path in self.path.parent.iterdir() if path != self.path)

    def test_fresh(self) -> None:
        """An empty file gets every step, a name, and no copy beside it."""
        self.migrate(ONE, TWO)
        self.assertEqual(self.state(), [APPLICATION_ID, 2])
        self.assertEqual(self.connection.execute("SELECT name FROM journal").fetchall(), [("name",)])
        self.assertEqual(self.beside(), [])

    def test_steps(self) -> None:
        """A journal gets the steps that it has not had, keeps its name, and is copied as it was first."""
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
        """A journal of this version is left as it is."""
        self.migrate(ONE)
        self.connection.execute("PRAGMA query_only = ON")
        self.migrate(ONE)
        self.assertEqual(self.beside(), [])

    def test_failure(self) -> None:
        """A step that fails leaves the version before it, and the steps before it done."""
        self.migrate(ONE)
        self.assertRaises(sqlite3.Error, self.migrate, ONE, THREE, f"{TWO} INSERT INTO nowhere VALUES (1);")
        self.assertEqual(self.state(), [APPLICATION_ID, 2])
        self.assertEqual(len(self.connection.execute("SELECT * FROM entry LIMIT 0").description), 1)
        self.migrate(ONE, THREE, TWO)
        self.assertEqual(self.state(), [APPLICATION_ID, 3])

    def test_newer(self) -> None:
        """A newer journal is refused."""
        self.migrate(ONE, TWO)
        error = self.assertRaises(JournalUnusable, self.migrate, ONE)
        self.assertIn("(its schema is version 2, and this one knows 1)", str(error))

    def test_schema(self) -> None:
        """The package has its scripts, numbered from 1 without gap, and they work."""
        scripts = schema()
        self.assertIn("CREATE TABLE entry", scripts[0])
        self.migrate(*scripts)
        self.assertEqual(self.connection.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
