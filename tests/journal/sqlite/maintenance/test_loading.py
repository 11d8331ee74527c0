"""Tests of L{twistchat.journal.sqlite.maintenance.loading} and L{twistchat.journal.sqlite.restoring}."""

from __future__ import annotations

import contextlib
import json

from tests.journal.disk import DiskTestCase, connectionOf
from twistchat.chat.errors import AccountExists
from twistchat.chat.model.events import (
    SERVER,
    AccountRegistered,
    AccountSettingSet,
    Entry,
    Event,
    PrivateMessage,
    RoomMessageRedacted,
    RoomRenamed,
    TopicSet,
)
from twistchat.journal.sqlite.faults import Fault
from twistchat.journal.sqlite.maintenance.loading import CHECKPOINT, Loader
from twistchat.journal.sqlite.rows import RowWriter
from twistchat.journal.sqlite.writing.batches import LogLimits
from twistchat.journal.sqlite.writing.writer import Writer
from twistchat.testing.contract import ANN, BOB, said


class LoaderTests(DiskTestCase):
    """A journal into which entries with stamps are stored."""

    def setUp(self) -> None:
        """Make a journal with an entry, and close its log."""
        super().setUp()
        self.append(said("first"))
        self.closeJournal()
        self.load()

    def load(self, entries: int = 3, **limits: int) -> None:
        """Open the loader."""
        self.restored: list[Entry] = []
        writer = Writer(self.directory, "relaxed", lambda: "other", lambda: bytes(32))
        self.addCleanup(self.abandon, writer)
        apply = self.restored.append
        self.loader = Loader(writer, 9000, lambda entry, origin: apply(entry), LogLimits(entries=entries, **limits))

    def abandon(self, writer: Writer) -> None:
        """Close a writer, which may be closed already."""
        with contextlib.suppress(OSError):
            writer.abandon()

    def add(self, *events: Event, time: int = 5000) -> None:
        """Add entries that have these events."""
        for event in events:
            entry = Entry(self.loader.sequence + 1, "", time, event)
            self.loader.add(entry, RowWriter().row(entry))

    def test_stored(self) -> None:
        """Entries get the side effects of the log, and the log continues behind them."""
        self.assertEqual(("name", 1, 1_000_000), (self.loader.name, self.loader.sequence, self.loader.time))
        self.add(
            said("second"),
            PrivateMessage(ANN, "s", BOB, "psst"),
            AccountRegistered(SERVER, "ann"),
            AccountSettingSet(SERVER, "ann", "email", "a@example.org"),
            AccountSettingSet(SERVER, "ann", "email", "b@example.org"),
            TopicSet(ANN, "#room", "tea"),
            RoomMessageRedacted(ANN, "#room", 2, "name-2"),
            RoomRenamed(ANN, "#room", "#new"),
            said("after"),
        )
        self.assertEqual(9 - 1, self.loader.stored)
        self.loader.flush()
        self.loader.close()
        # The redacted text is gone, and so is the setting that another one replaced.
        self.assertEqual([1, 3, 4, 6, 7, 8, 9, 10], self.onDisk())
        self.assertEqual(
            ["@ann", "@ann", "#new", "#new"], self.onDisk("SELECT conversation FROM holding ORDER BY sequence")
        )
        self.assertEqual(["ann bob", "ann bob"], self.onDisk("SELECT conversation FROM correspondent"))
        self.assertEqual([], self.onDisk("SELECT sequence FROM undecided UNION SELECT sequence FROM renaming"))
        self.now = 1.0
        self.openJournal()
        self.assertEqual([4, 6, 7, 9], [entry.sequence for entry in self.applied])
        (entry,) = self.append(said("last"))
        self.assertEqual((11, "name-11", 1_000_000), (entry.sequence, entry.msgid, entry.time))

    def test_batches(self) -> None:
        """A full batch is stored, by the number or the size of its entries; the rest waits for the flush."""
        self.add(*(said(str(number)) for number in range(7)))
        self.assertEqual((6, 7), (self.loader.stored, len(self.onDisk())))
        self.loader.flush()
        self.loader.flush()
        self.assertEqual((7, 8), (self.loader.stored, len(self.onDisk())))
        self.loader.close()
        self.load(99, size=300)
        self.add(*(said("x" * 100) for _ in range(3)))
        self.assertEqual(2, self.loader.stored)

    def test_together(self) -> None:
        """Entries for which there is room are stored in one transaction."""
        self.add(said("a"), said("b"))
        self.loader.reserve(1)
        self.assertEqual(0, self.loader.stored)
        self.loader.reserve(2)
        self.assertEqual(2, self.loader.stored)

    def test_checkpoints(self) -> None:
        """SQLite's log does not grow without end."""
        for _ in range(CHECKPOINT):
            self.add(said("x"))
            self.loader.flush()
        log = self.path.with_name(f"{self.path.name}-wal").stat().st_size
        for _ in range(CHECKPOINT):
            self.add(said("x"))
            self.loader.flush()
        self.assertLess(self.path.with_name(f"{self.path.name}-wal").stat().st_size, 1.5 * log)

    def test_fault(self) -> None:
        """A batch that cannot be stored is not counted, and the file is as before."""
        self.add(said("a"))
        connectionOf(self.loader.writer).execute(
            "CREATE TEMP TRIGGER refuse BEFORE INSERT ON main.entry BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
        self.assertRaises(Fault, self.loader.flush)
        self.assertEqual((0, [1]), (self.loader.stored, self.onDisk()))

    def test_undecided(self) -> None:
        """What the last process left undecided is applied, or deleted, before anything is stored."""
        self.add(AccountRegistered(SERVER, "ann"), AccountRegistered(SERVER, "bob"))
        self.loader.flush()
        connection = connectionOf(self.loader.writer)
        connection.execute("DELETE FROM holding")
        connection.execute("INSERT INTO undecided SELECT value FROM json_each(?)", (json.dumps([2, 3]),))
        self.loader.writer.abandon()
        seen: list[int] = []

        def apply(entry: Entry, origin: object) -> None:
            if seen:
                raise AccountExists("ann")
            seen.append(entry.sequence)

        writer = Writer(self.directory, "relaxed", lambda: "other", lambda: bytes(32))
        self.addCleanup(self.abandon, writer)
        Loader(writer, 9000, apply)
        self.assertEqual(([2], [1, 2]), (seen, self.onDisk()))
        self.assertEqual([2], self.onDisk("SELECT sequence FROM holding"))
        self.assertEqual([], self.onDisk("SELECT sequence FROM undecided"))
