"""Tests of L{twistchat.journal.sqlite.copy}."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import LogLevel, capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from tests.journal.copies import KEY, NAME, Node, anyEvent, entries
from tests.journal.disk import sqliteParts, temporary
from twistchat.chat.errors import NoSuchNick
from twistchat.chat.model.events import (
    SERVER,
    AccountRegistered,
    Credential,
    CredentialSet,
    Entry,
    Event,
    Joined,
    RoomRenamed,
    TextsForgotten,
    TopicSet,
)
from twistchat.chat.model.spans import Damaged, Span
from twistchat.interfaces import CopyFailed
from twistchat.journal.sqlite.faults import Fault
from twistchat.journal.sqlite.maintenance.backup import copyJournal
from twistchat.journal.sqlite.maintenance.checking import check
from twistchat.journal.sqlite.maintenance.comparing import differences
from twistchat.journal.sqlite.migrate import JournalUnusable
from twistchat.journal.sqlite.writing.writer import Writer
from twistchat.testing.contract import ANN, said
from twistchat.testing.workers import InlineWorker


class CopyTestCase(SynchronousTestCase):
    """A node with a copy."""

    def setUp(self) -> None:
        """Make a node."""
        self.node = self.makeNode()

    def makeNode(self, *refusing: int) -> Node:
        """Make a node in a directory of its own, and open its copy."""
        node = Node(temporary(self), frozenset(refusing))
        node.open()
        self.addCleanup(node.close)
        return node

    def save(self, node: Node | None = None) -> None:
        """Save a snapshot."""
        node = node or self.node
        saved = node.save()
        node.settle()
        self.successResultOf(saved)

    def take(self, found: Sequence[Entry], node: Node | None = None) -> None:
        """Take entries, and run all pending work."""
        node = node or self.node
        for entry in found:
            node.copy.take(entry)
        node.settle()

    def expected(self, found: Sequence[Entry], *refusing: int) -> Mapping[str, str]:
        """The digest of a node that takes entries one by one."""
        node = self.makeNode(*refusing)
        for entry in found:
            self.take([entry], node)
        return node.digest()

    def assertSame(self, one: Mapping[str, str], other: Mapping[str, str]) -> None:
        """Two digests are equal."""
        self.assertEqual(differences(one, other), [])

    def change(self, statement: str) -> None:
        """Change the file of a copy that is not open."""
        with closing(sqlite3.connect(self.node.path, isolation_level=None)) as connection:
            self.assertEqual(connection.execute(statement).rowcount, 1)


class OpenTests(CopyTestCase):
    """A copy is opened."""

    def test_missing(self) -> None:
        """Nothing is made as long as nobody says what it is to be."""
        directory = temporary(self)
        node = Node(directory)
        self.assertIsNone(node.copy.open())
        self.assertEqual(list(Path(directory).iterdir()), [])
        self.assertEqual(node.copy.open(NAME, KEY), (NAME, KEY, 0, 0, None))
        self.assertEqual(node.copy.cloakKey(), KEY)
        node.copy.close()
        node.make()
        self.assertEqual(node.copy.open(), (NAME, KEY, 0, 0, None), "it knows both itself")
        node.copy.close()

    def test_incomplete(self) -> None:
        """A file that was not made completely counts as missing, and is completed."""
        directory = temporary(self)
        Path(directory, "journal.sqlite").touch(0o600)
        node = Node(directory)
        self.assertIsNone(node.copy.open())
        self.assertEqual(node.copy.open(NAME, KEY), (NAME, KEY, 0, 0, None))
        node.copy.close()

    def test_position(self) -> None:
        """The position is that of the last batch after a crash, and of the last entry after a clean end."""
        found = entries([said("a"), said("b"), Joined(ANN, "#room")])
        self.take(found)
        self.assertEqual(self.node.applied, found)
        self.node.kill()
        self.node.open()
        self.assertEqual(self.node.position, (NAME, KEY, 2, 2000, None))
        self.take(found[2:])
        self.node.close()
        self.node.open()
        self.assertEqual(self.node.position, (NAME, KEY, 3, 3000, None))

    def test_single(self) -> None:
        """The journal of a single server becomes a copy, with its state.  Then a single server does not use it."""
        directory = temporary(self)
        arguments = (directory, lambda: 1000.0, lambda: NAME, lambda: KEY, lambda name: InlineWorker())
        log, _ = sqliteParts(*arguments)
        self.successResultOf(log.open(lambda entry, origin: None))
        topic = self.successResultOf(log.append(TopicSet(ANN, "#room", "topic")))
        self.successResultOf(log.append(said("text")))
        self.successResultOf(log.close())
        node = Node(directory)
        self.assertEqual(node.open(), 2)
        self.assertEqual(node.applied, [topic])
        self.assertEqual(node.position.time, 1_000_000)
        self.save(node)
        self.take(entries([said("more")], 2), node)
        node.close()
        log, _ = sqliteParts(*arguments)
        why = self.failureResultOf(log.open(lambda entry, origin: None), JournalUnusable).getErrorMessage()
        self.assertIn("it is the copy of a node of a cluster", why)

    def test_damagedSnapshot(self) -> None:
        """A snapshot that changed on disk is refused in one line, and found by the check."""
        self.save()
        self.assertTrue(check(self.node.path, lambda part: None).good)
        self.node.close()
        self.change("UPDATE snapshot SET data = CAST('1' AS BLOB)")
        node = Node(self.node.directory)
        error = self.assertRaises(JournalUnusable, node.copy.open)
        self.assertIn("the snapshot of the state changed on disk", str(error))
        self.assertNotIn("\n", str(error))
        findings = check(self.node.path, lambda part: None)
        self.assertEqual((findings.faults, findings.broken), (["the snapshot of the state changed on disk"], True))
        path = self.node.path.with_name("backup")
        self.assertRaises(CopyFailed, copyJournal, path.parent, path, lambda part: None)

    def test_damagedPosition(self) -> None:
        """A position that changed on disk is refused: nobody knows what is in the file."""
        self.take(entries([said("a")]))
        self.node.close()
        self.change("UPDATE journal SET reserved = reserved + 1")
        error = self.assertRaises(JournalUnusable, Node(self.node.directory).copy.open)
        self.assertIn("what it notes of its last entry changed on disk", str(error))

    def test_backup(self) -> None:
        """A backup has the snapshot, so a node can start with it."""
        self.take(entries([said("a"), TopicSet(ANN, "#room", "topic")]))
        self.save()
        other = Node(temporary(self))
        copyJournal(self.node.path.parent, other.path, lambda part: None)
        self.assertEqual(other.open(), 2)
        self.assertEqual(other.applied, [])
        self.assertSame(other.digest(), self.node.digest())
        other.close()


class TakeTests(CopyTestCase):
    """Entries are taken."""

    def test_stored(self) -> None:
        """An entry is in the file before it is applied, with the position."""
        (entry,) = entries([said("a")])
        receipt: Deferred[Entry] = Deferred()
        self.node.copy.take(entry, None, receipt)
        self.assertEqual((self.node.applied, self.node.copy.waiting), ([], 1))
        self.node.settle()
        self.assertEqual((self.node.applied, self.node.copy.waiting), ([entry], 0))
        self.assertIs(self.successResultOf(receipt), entry)
        reading = self.node.history.read(Span("#room", limit=10))
        self.node.settle()
        self.assertEqual(self.successResultOf(reading), [entry])
        self.assertEqual(self.node.copy.locate(entry.msgid), 1)

    def test_refused(self) -> None:
        """A refused entry is deleted."""
        node = self.makeNode(1)
        receipt: Deferred[Entry] = Deferred()
        node.copy.take(entries([said("a")])[0], None, receipt)
        node.settle()
        self.failureResultOf(receipt, NoSuchNick)
        self.assertSame(node.digest(), self.makeNode().digest())

    def test_boundaries(self) -> None:
        """The batches make no difference."""
        events = [said("a"), TopicSet(ANN, "#a", "one"), RoomRenamed(ANN, "#a", "#b"), TopicSet(ANN, "#b", "two")]
        found = entries([*events, AccountRegistered(SERVER, "alice"), *[said(str(n)) for n in range(20)]])
        self.take(found)
        self.assertSame(self.node.digest(), self.expected(found))

    def test_follow(self) -> None:
        """A follower gets the stored entries, and each entry once, also while entries are taken again."""
        found = entries([said(text) for text in "abcd"])
        self.take(found[:1])
        self.save()
        self.take(found[1:3])
        self.node.kill()
        self.node.make()
        got: list[Entry] = []
        make = self.node.make
        self.node.make = lambda: None  # type: ignore[method-assign]  # this copy has a follower
        self.node.copy.follow(0, got.append)
        self.assertEqual(self.node.open(), 1)
        self.take(found[1:])
        self.assertEqual(got, found)
        self.node.make = make  # type: ignore[method-assign]


class AgainTests(CopyTestCase):
    """The process ends between two steps, and the entries are taken again."""

    def crash(self, found: Sequence[Entry], *refusing: int, steps: int = 1) -> Node:
        """
        Kill a node after the first steps of its writing thread, when nothing of that is applied, and open it again.

        @return: the node, which has taken the entries again.
        """
        node = self.makeNode(*refusing)
        self.save(node)
        for entry in found:
            node.copy.take(entry)
        for _ in range(steps):
            work, _done = node.writer.queue.popleft()
            work()
        node.kill()
        self.assertEqual(node.open(), 0)
        self.take(found, node)
        return node

    def check(self, events: Sequence[Event], *refusing: int) -> None:
        """Check that a crash makes no difference."""
        found = entries(events)
        for last in range(1, len(found) + 1):
            # Otherwise only the first entry were in the batch that is stored.
            ahead = [*found[:last]]
            node = self.crash(ahead, *refusing)
            self.assertSame(node.digest(), self.expected(ahead, *refusing))
            node.close()

    def test_text(self) -> None:
        """An entry that is in the file is applied, and not stored again."""
        self.check([said("a"), said("b")])

    def test_refused(self) -> None:
        """A refused entry is deleted when it is refused again."""
        self.check([said("a")], 1)

    def test_undecided(self) -> None:
        """A late change is made when its entry is applied again, and dropped when it is refused again."""
        events = [CredentialSet(SERVER, "alice", Credential("password", "", "one")), TextsForgotten(SERVER, "alice")]
        for event in events:
            self.check([event])
            self.check([event], 1)

    def test_rename(self) -> None:
        """A rename moves the keys of the room when it is applied again, and does not when it is refused again."""
        for refusing in ((), (2,)):
            node = self.makeNode(*refusing)
            found = entries([TopicSet(ANN, "#a", "one"), RoomRenamed(ANN, "#a", "#b"), TopicSet(ANN, "#c", "two")])
            self.take(found[:1], node)
            self.save(node)
            for entry in found[1:]:
                node.copy.take(entry)
            work, _ = node.writer.queue.popleft()
            work()
            node.kill()
            self.assertEqual(node.open(), 1)
            self.take(found[1:], node)
            self.assertSame(node.digest(), self.expected(found, *refusing))
            node.close()

    def test_closedTooEarly(self) -> None:
        """A node that closes before it took everything again does not store it a second time."""
        found = entries([said(text) for text in "abc"])
        self.node = self.makeNode(3)
        self.save()
        self.take(found)
        self.node.kill()
        self.node.open()
        self.take(found[:1])
        self.node.close()
        self.assertEqual(self.node.open(), 0)
        self.assertEqual(self.node.position.stored, 3)
        self.take(found)
        self.assertSame(self.node.digest(), self.expected(found, 3))

    def test_anything(self) -> None:
        """Any crash, batches and refusals: the content is that of a node that took the entries one by one."""
        for seed in range(10):
            random = Random(seed)
            found = entries([anyEvent(random, number) for number in range(1, 41)])
            refusing = [entry.sequence for entry in found if random.random() < 0.15]
            node = self.makeNode(*refusing)
            self.save(node)
            position, crashes = 0, 0
            while position < len(found):
                choice = random.random()
                if choice < 0.6:
                    node.copy.take(found[position])
                    position += 1
                elif choice < 0.9 and node.writer:
                    node.writer.step()
                elif choice < 0.94:
                    node.save()
                elif crashes < 8:
                    if node.writer and random.random() < 0.5:
                        work, _ = node.writer.queue.popleft()
                        work()
                    node.kill()
                    position, crashes = node.open(), crashes + 1
            node.settle()
            self.assertEqual((seed, differences(node.digest(), self.expected(found, *refusing))), (seed, []))
            self.assertEqual(node.failures, [])
            self.assertTrue(check(node.path, lambda part: None).good)
            node.close()


class SaveTests(CopyTestCase):
    """Snapshots are saved."""

    def test_order(self) -> None:
        """A snapshot is made when everything before it has been applied, and written after that."""
        (entry,) = entries([CredentialSet(SERVER, "alice", Credential("password", "", "one"))])
        self.node.copy.take(entry)
        saved: list[None] = []
        self.node.save().addCallback(saved.append)
        while not saved:
            self.node.writer.step()
        self.node.kill()
        self.assertEqual(self.node.open(), 1)
        with closing(sqlite3.connect(self.node.path)) as connection:
            self.assertEqual(connection.execute("SELECT count(*) FROM undecided").fetchone(), (0,))

    def test_failing(self) -> None:
        """What the snapshot raises is reported."""
        saved = self.node.copy.save(lambda: b"%d" % int("x"))
        self.failureResultOf(saved, ValueError)

    def test_closing(self) -> None:
        """A snapshot is saved before a copy that is being closed is closed."""
        self.node.copy.take(entries([said("a")])[0])
        saved = self.node.save()
        self.node.close()
        self.successResultOf(saved)
        self.assertEqual(self.node.open(), 1)


class FaultTests(CopyTestCase):
    """The disk fails, or is damaged."""

    def failWrites(self) -> None:
        """Let every write fail from now on."""
        connection = self.node.copy.committer.threads.writer
        self.patch(connection, "write", _failing)

    def test_write(self) -> None:
        """After a failed write nothing is applied, and the node is told once."""
        found = entries([said(text) for text in "abc"])
        self.take(found[:1])
        self.failWrites()
        receipt: Deferred[Entry] = Deferred()
        self.node.copy.take(found[1], None, receipt)
        saved = self.node.save()
        with _lines(LogLevel.error):
            self.node.settle()
        self.failureResultOf(saved, Fault)
        self.assertEqual((self.node.applied, self.node.failures), (found[:1], ["the disk is full"]))
        self.take(found[2:])
        self.take(entries([Joined(ANN, "#room")], 3))
        self.assertEqual((self.node.applied, self.node.failures), (found[:1], ["the disk is full"]))
        self.failureResultOf(self.node.save(), Fault)
        self.assertNoResult(receipt)
        self.node.close()
        self.node.open()
        self.assertEqual(self.node.position.stored, 1)

    def test_earlierBatch(self) -> None:
        """A batch that was stored before the failed one is in the file, applied or not."""
        found = entries([said(str(number)) for number in range(20)])
        self.save()
        self.take(found[:8])
        self.failWrites()
        self.node.copy.take(found[8])
        with _lines(LogLevel.error):
            self.node.settle()
        self.node.close()
        self.assertEqual(self.node.open(), 0)
        self.assertEqual(self.node.position.stored, 8)
        self.take(found)
        self.assertSame(self.node.digest(), self.expected(found))

    def test_brokenElsewhere(self) -> None:
        """The node ends too if any other write, such as that of retention, leaves the content of the disk unknown."""
        writer = self.node.copy.committer.threads.writer

        def fail(writer: Writer) -> None:
            writer.broken = "the disk failed"
            raise Fault("the disk failed", "fsync")

        written = self.node.copy.write(fail)
        with _lines(LogLevel.critical):
            self.node.settle()
        self.failureResultOf(written, Fault)
        self.assertEqual((self.node.failures, writer.broken), (["the disk failed"], "the disk failed"))

    def test_deleting(self) -> None:
        """The node ends too if a refused entry cannot be deleted, because the stream has refused it everywhere."""
        self.node = self.makeNode(1)
        self.patch(self.node.copy.committer.threads.writer, "forget", _failing)
        with _lines(LogLevel.error):
            self.take(entries([said("a"), said("b")]))
        self.assertEqual(self.node.failures, ["the disk is full"])

    def test_damagedRow(self) -> None:
        """The node is told once when a row is read that changed on disk."""
        self.take(entries([said("a"), said("b")]))
        self.change("UPDATE entry SET body = replace(body, '\"a\"', '\"x\"') WHERE sequence = 1")
        for _ in range(2):
            reading = self.node.history.read(Span("#room", limit=10))
            with _lines(LogLevel.critical):
                self.node.settle()
            self.assertEqual(self.successResultOf(reading)[0], Damaged(1))
        self.assertEqual(self.node.damage, ["entry 1 changed on disk"])


def _failing(*arguments: object) -> None:
    """
    Fail.

    @raise Fault: always.
    """
    raise Fault("the disk is full", "no room")


@contextmanager
def _lines(level: Any = LogLevel.warn) -> Iterator[list[str]]:
    """Collect the lines of the log of a level."""
    lines: list[str] = []
    with capturedLogs() as events:
        yield lines
    lines += [formatEvent(event) for event in events if event["log_level"] is level]
