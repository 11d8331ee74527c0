"""Damaged rows: what is read, what is logged, and what a restart applies."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

from twisted.logger import LogLevel, capturedLogs, formatEvent

from tests.chat.fakes import newState
from tests.journal.disk import DiskTestCase
from twistchat.chat.errors import NotRead
from twistchat.chat.model.events import (
    SERVER,
    AccountDropped,
    AccountEvent,
    AccountRegistered,
    AccountSettingSet,
    AccountSuspended,
    AccountVerified,
    Credential,
    CredentialSet,
    Entry,
    LoginRecorded,
    ModeChange,
    ModesSet,
    NickGrouped,
    PrivateMessage,
    RoomMessageRedacted,
    RoomRenamed,
    ServerBanSet,
    TopicSet,
)
from twistchat.chat.model.spans import Damaged, Kept, Search, Span, pair, shownIn
from twistchat.chat.state import State
from twistchat.journal.kinds import sqliteJournal
from twistchat.journal.sqlite.migrate import JournalUnusable
from twistchat.journal.sqlite.position import SKIP
from twistchat.journal.sqlite.rows import checksum
from twistchat.journal.sqlite.writing.batches import LogLimits
from twistchat.testing.contract import ANN, BOB, said
from twistchat.testing.workers import HeldWorker


class DamageTestCase(DiskTestCase):
    """A journal whose rows are damaged."""

    def change(self, statement: str, *parameters: object) -> None:
        """Change the file from another connection."""
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            connection.execute("PRAGMA recursive_triggers = OFF")
            connection.execute(statement, parameters)

    def damage(self, entry: Entry, column: str = "body", value: str = "replace(body, 'word', 'ward')") -> None:
        """Change a column of an entry's row."""
        self.change("DROP TRIGGER IF EXISTS entry_moved")
        self.change(f"UPDATE entry SET {column} = {value} WHERE sequence = ?", entry.sequence)

    def search(self, words: str = "word", room: str = "#room", account: str | None = None) -> Sequence[Kept]:
        """Search in C{#room}."""
        searching = self.history.search(Search(words, 9, {room: 0}, account))
        self.settle()
        return self.successResultOf(searching)

    @contextmanager
    def critical(self) -> Iterator[list[str]]:
        """The log messages of level critical."""
        lines: list[str] = []
        with capturedLogs() as events:
            yield lines
        lines += [formatEvent(event) for event in events if event["log_level"] is LogLevel.critical]


class ReadTests(DamageTestCase):
    """Reading and searching."""

    def test_everyColumn(self) -> None:
        """A change of any column, even of its type, makes the row C{Damaged}."""
        changes = (
            ("body", "replace(body, 'word', 'ward')"),
            ("body", "CAST(replace(body, 'word', 'ward') AS BLOB)"),
            ("body", "CAST(x'ff' || body AS TEXT)"),
            ("body", "substr(body, 1, 20)"),
            ("body", "''"),
            ("time", "time + 1"),
            ("time", "x'00'"),
            ("time", "1e300"),
            ("kind", "'told'"),
            ("kind", "x'ff'"),
            ("checksum", "checksum + 1"),
            ("checksum", "NULL"),
            ("checksum", "x'00'"),
        )
        entries = self.append(*(said("word") for _ in range(len(changes) + 1)))
        for entry, (column, value) in zip(entries, changes, strict=False):
            self.damage(entry, column, value)
        wanted: list[Kept] = [*map(Damaged, (entry.sequence for entry in entries[:-1])), entries[-1]]
        self.assertEqual(self.readAll(Span("#room", 99)), wanted)

    def test_type(self) -> None:
        """A row is shown if only a column's type changed, and not its bytes."""
        (entry,) = self.append(said("word"))
        self.damage(entry, "body", "CAST(body AS BLOB)")
        self.assertEqual(self.read(Span("#room", 9)), [entry])

    def test_anotherRoom(self) -> None:
        """A row whose conversation changed is C{Damaged} in the room that it names now, and shown nowhere."""
        entries = self.append(said("word"), said("word", "#other"))
        self.damage(entries[0], "conversation", "'#other'")
        self.assertEqual(self.readAll(Span("#other", 9)), [Damaged(entries[0].sequence), entries[1]])
        self.assertEqual(self.readAll(Span("#room", 9)), [])

    def test_anotherNumber(self) -> None:
        """A row whose sequence number changed is C{Damaged} at its new place."""
        entries = self.append(said("one word"), said("two words"))
        self.change("UPDATE entry SET sequence = 99999 WHERE sequence = ?", entries[0].sequence)
        self.change("UPDATE entry SET sequence = ? WHERE sequence = ?", entries[0].sequence, entries[1].sequence)
        self.assertEqual(self.readAll(Span("#room", 9)), [Damaged(entries[0].sequence)])

    def test_search(self) -> None:
        """A search compares checksums too, for texts that are indexed and texts that are not."""
        entries = self.append(*(said("word tea") for _ in range(4)))
        self.history.writer.index(entries[1].sequence, 9)
        for entry in (entries[0], entries[2]):
            self.damage(entry, value="replace(body, 'tea', 'pea')")
        kept = [entries[1], entries[3]]
        damaged = [Damaged(entry.sequence) for entry in (entries[0], entries[2])]
        self.assertEqual(self.search(), [damaged[0], kept[0], damaged[1], kept[1]])
        self.assertEqual(self.search("tea"), [damaged[0], *kept])
        # The index has the original words.  A search of texts that are not indexed uses the damaged row.
        self.assertEqual(self.search("pea"), [damaged[1]])

    def test_wrongIndex(self) -> None:
        """If the word index points to an entry of another conversation, that is logged, and the entry is not shown."""
        elsewhere, told, here = self.append(
            said("word", "#secret"), PrivateMessage(ANN, "s", BOB, "word"), said("word")
        )
        self.index()
        self.change("INSERT INTO word (word) VALUES ('delete-all')")
        place = f"r{b'#room'.hex()}"
        for entry in (elsewhere, told, here):
            self.change("INSERT INTO word (rowid, place, text) VALUES (?, ?, 'word')", entry.sequence, place)
        with self.critical() as lines:
            self.assertEqual(self.search(), [here])
            self.assertEqual(self.search(account="carol"), [here])
            self.assertEqual(self.search(account="BOB"), [told, here])
        self.assertEqual(len(lines), 2, lines)
        self.assertIn(f"entry {elsewhere.sequence} was found where it is not", "".join(lines))

    def test_wrongPlace(self) -> None:
        """If the index of conversations points to a row of another conversation, the row becomes C{Damaged}."""
        moved, other = self.append(said("word"), said("word", "#other"))
        # SQLite does not update an index that is missing in its schema.
        with closing(sqlite3.connect(self.path)) as connection:
            connection.execute("PRAGMA writable_schema = ON")
            query = "SELECT type, name, tbl_name, rootpage, sql FROM sqlite_schema WHERE name = 'entry_place'"
            index = connection.execute(query).fetchone()
            connection.execute("DELETE FROM sqlite_schema WHERE name = 'entry_place'")
            connection.commit()
        body = str(self.onDisk("SELECT body FROM entry")[0]).encode()
        check = checksum(moved.sequence, moved.time, "said", "#secret", body)
        self.damage(moved, "conversation", f"'#secret', checksum = {check}")
        with closing(sqlite3.connect(self.path)) as connection:
            connection.execute("PRAGMA writable_schema = ON")
            connection.execute("INSERT INTO sqlite_schema VALUES (?, ?, ?, ?, ?)", index)
            connection.commit()
        self.assertEqual(self.readAll(Span("#room", 9)), [Damaged(moved.sequence)])
        self.assertEqual(self.read(Span("#other", 9)), [other])

    def test_indexTwice(self) -> None:
        """If the index of conversations points to a row twice, the read fails."""
        entries = self.append(said("one"), said("two"))
        found = self.history.reader.found

        def wrong(*arguments: Any) -> Any:
            rows, moving = found(*arguments)
            return json.dumps(json.loads(rows)[:1] * 2), moving

        self.patch(self.history.reader, "found", wrong)
        self.assertEqual(len(entries), 2)
        reading = self.history.read(Span("#room", 9))
        self.settle()
        self.assertEqual(self.failureResultOf(reading, NotRead).value.why, "the journal's file is damaged")

    def test_log(self) -> None:
        """Each damaged row is logged once, in the reactor's thread."""
        entries = self.append(said("word"), said("word"))
        for entry in entries:
            self.damage(entry)
        with self.critical() as lines:
            reading = self.history.read(Span("#room", 9))
            work, done = self.reader.queue.popleft()
            with self.critical() as early:
                outcome = work()
            self.assertEqual(early, [])
            done(outcome)
            self.successResultOf(reading)
            self.readAll(Span("#room", 9))
            self.search("ward")
        wanted = [f"Entry {entry.sequence} of the journal changed on disk, and is not shown" for entry in entries]
        self.assertEqual(sorted(line.partition(".")[0] for line in lines), wanted)

    def test_moved(self) -> None:
        """A moved row stays intact, and a damaged one stays damaged."""
        entries = self.append(*(said("word") for _ in range(3)), PrivateMessage(ANN, "s", BOB, "word"))
        self.index()
        self.change("UPDATE entry SET body = substr(body, 1, 20) WHERE sequence = ?", entries[1].sequence)
        (renamed,) = self.append(RoomRenamed(ANN, "#room", "#hall"))
        self.assertEqual(self.onDisk("SELECT count(*) FROM moving"), [0])
        first, last = (shownIn(entry, "#hall") for entry in (entries[0], entries[2]))
        self.assertEqual(self.readAll(Span("#hall", 9)), [first, Damaged(entries[1].sequence), last, renamed])
        self.assertEqual(self.read(Span(pair("ann", "bob"), 9)), entries[3:])

    def test_indexing(self) -> None:
        """A body that is not JSON does not stop indexing, redaction or retention."""
        entries = self.append(*(said("word") for _ in range(4)))
        self.damage(entries[0], "body", "substr(body, 1, 20)")
        self.damage(entries[1], "body", "CAST(x'ff' AS TEXT) || body")
        self.index()
        self.assertEqual(self.onDisk("SELECT indexed FROM journal"), [entries[3].sequence])
        self.damage(entries[2], "body", "'{'")
        self.append(*(RoomMessageRedacted(ANN, "#room", entry.sequence, entry.msgid) for entry in entries[:3]))
        self.history.writer.expire((0, 0), (entries[2].time, entries[2].sequence + 1), 99)
        self.assertEqual(self.search(), [entries[3]])
        self.assertNotIn(entries[0].sequence, self.onDisk())


class StartTests(DamageTestCase):
    """Damage to the entries that a restart needs."""

    def restart(self) -> list[str]:
        """Restart, and return the log messages of level critical."""
        with self.critical() as lines:
            self.openJournal()
        return lines

    def test_skipped(self) -> None:
        """A damaged topic, mode or ban is not applied.  The log names what is lost, and the rest is applied."""
        topic, ban, modes, other = self.append(
            TopicSet(ANN, "#room", "a word"),
            ServerBanSet(ANN, "*!*@192.0.2.1", "a word"),
            ModesSet(ANN, "#room", (ModeChange(True, "i"), ModeChange(True, "k", "word"))),
            TopicSet(ANN, "#other", "else"),
        )
        for entry in (topic, ban, modes):
            self.damage(entry)
        self.closeJournal()
        lines = self.restart()
        self.assertEqual(self.applied, [other])
        for entry, lost in ((topic, "topic of #room"), (ban, "ban *!*@192.0.2.1"), (modes, "i  of #room, k of #room")):
            start = f"Entry {entry.sequence} of the journal, or what was noted of it, changed on disk"
            (line,) = [line for line in lines if line.startswith(start)]
            self.assertIn(f": {lost}.", line)
        self.assertEqual(len(lines), 3)

    def test_schema(self) -> None:
        """Damage to the description of the tables keeps the server from starting, with a line for the administrator."""
        self.append(said("hello"))
        self.closeJournal()
        data = self.path.read_bytes()
        self.assertIn(b"unicode61", data)
        self.path.write_bytes(data.replace(b"unicode61", b"\xff\xfe\xfdcode61"))
        log = sqliteJournal(self.directory, lambda: 0.0, lambda: "j", lambda: bytes(32), lambda name: HeldWorker()).log
        why = str(self.failureResultOf(log.open(lambda entry, origin: None), JournalUnusable).value)
        self.assertIn(f"{self.path}: the journal's file is damaged: UnicodeEncodeError: ", why)
        self.assertIn("twistchat check --data ", why)
        self.path.write_bytes(data)
        self.openJournal()

    def test_noJson(self) -> None:
        """A body that is not JSON does not keep the server from starting."""
        entries = self.append(
            ServerBanSet(ANN, "*!*@192.0.2.1", "spam", 10), ModesSet(ANN, "#room", (ModeChange(True, "i"),))
        )
        for entry in entries:
            self.damage(entry, "body", "CAST(x'ff' AS TEXT) || substr(body, 1, 20)")
        self.closeJournal()
        self.assertEqual(len(self.restart()), 2)
        self.assertEqual(self.applied, [])

    def test_notes(self) -> None:
        """Damage to the table C{holding} is logged, and nothing wrong is applied."""
        entries = self.append(
            TopicSet(ANN, "#a", "a"),
            TopicSet(ANN, "#b", "b"),
            ModesSet(ANN, "#a", (ModeChange(True, "i"), ModeChange(True, "m"))),
            said("a word"),
        )
        self.change("UPDATE holding SET sequence = 12345 WHERE conversation = '#a' AND key = 'topic'")
        self.change("UPDATE holding SET sequence = ? WHERE conversation = '#b'", entries[3].sequence)
        self.change("UPDATE holding SET key = 'j ' WHERE conversation = '#a' AND key = 'i '")
        self.closeJournal()
        lines = self.restart()
        self.assertEqual([entry.event for entry in self.applied], [ModesSet(ANN, "#a", (ModeChange(True, "m"),))])
        for text in ("Entry 12345 of", "topic of #a", "topic of #b", "j  of #a"):
            self.assertIn(text, "".join(lines))
        self.assertEqual(len(lines), 3)

    def test_unsettledRename(self) -> None:
        """A damaged rename that was not applied yet is dropped."""
        (entry,) = self.append(said("word"))
        self.journal.append(RoomRenamed(ANN, "#room", "#word"))
        work, _ = self.writer.queue.popleft()
        work()
        self.die()
        self.change("UPDATE entry SET body = replace(body, 'word', 'ward') WHERE kind = 'roomrenamed'")
        self.assertEqual(len(self.restart()), 1)
        self.assertEqual(self.applied, [])
        self.assertEqual(self.read(Span("#room", 9)), [entry])

    def test_lastTime(self) -> None:
        """A time or a sequence number that changed to one far ahead is not continued."""
        entries = self.append(said("a"), said("b"))
        self.change("UPDATE entry SET time = time + (1 << 40) WHERE sequence = ?", entries[1].sequence)
        self.change("UPDATE entry SET sequence = sequence + (1 << 40) WHERE sequence = ?", entries[0].sequence)
        self.closeJournal()
        self.restart()
        (later,) = self.append(said("c"))
        self.assertEqual((later.time, later.sequence), (entries[0].time, entries[1].sequence + 1))

    def test_position(self) -> None:
        """If the position is damaged, sequence numbers do not repeat, and time does not go back."""
        entries = self.append(said("a"), said("b"))
        for change in ("reserved = 1", "reserved = 1 << 40", "time = 1 << 50", "time = x'00'", "checksum = 1"):
            self.closeJournal()
            self.change(f"UPDATE journal SET {change}")
            (line,) = self.restart()
            self.assertIn("What the journal notes of its last sequence number changed on disk", line)
            entries += self.append(said("c"))
            last, later = entries[-2:]
            self.assertEqual(later.time, last.time)
            self.assertTrue(last.sequence + LogLimits().reserved < later.sequence < last.sequence + 2 * SKIP)

    def test_lastPage(self) -> None:
        """If the newest entries cannot be read, the server starts from the position, and older entries are read."""
        entries = self.append(*(said("word " + 3000 * "x") for _ in range(20)))
        self.closeJournal()
        data = bytearray(self.path.read_bytes())
        pages = [page for page in range(1, len(data) // 4096) if b"word" in data[page * 4096 : (page + 1) * 4096]]
        place = pages[-1] * 4096
        data[place : place + 64] = b"\xff" * 64
        self.path.write_bytes(data)
        self.openJournal()
        self.assertEqual(self.read(Span("#room", 5, oldest=True)), entries[:5])
        receipt = self.journal.append(said("later"))
        self.settle()
        self.assertEqual(self.refused(receipt), "the journal's file is damaged")
        self.assertEqual(self.history.locate("name-1"), 1)
        self.assertEqual(self.store.position().time, entries[-1].time)


class AccountTests(DamageTestCase):
    """Entries of accounts that are missing, or changed on disk.  The server starts, and the rest is in force."""

    EVENTS: Sequence[AccountEvent] = (
        AccountRegistered(SERVER, "alice", 10**12),
        AccountVerified(SERVER, "alice"),
        CredentialSet(SERVER, "alice", Credential("password", "", "the-hash")),
        CredentialSet(SERVER, "alice", Credential("token", "phone", "the-hash")),
        CredentialSet(SERVER, "alice", Credential("certificate", "ab", "")),
        CredentialSet(SERVER, "alice", Credential("sshkey", "SHA256:x", "the-hash")),
        CredentialSet(SERVER, "alice", Credential("code", "verify", "the-hash")),
        LoginRecorded(SERVER, "alice", "password", "", "place"),
        AccountSettingSet(SERVER, "alice", "email", "alice@example.org"),
        NickGrouped(SERVER, "alice", "al"),
        AccountSuspended(SERVER, "alice", "spam"),
        AccountRegistered(SERVER, "bob"),
        AccountDropped(SERVER, "carol"),
    )
    LOST = (
        "the registration of the account alice",
        "the verification of the account alice",
        "the password of the account alice",
        "the token phone of the account alice",
        "the certificate ab of the account alice",
        "the SSH key SHA256:x of the account alice",
        "the code verify of the account alice",
        "a known place of the account alice, the last use of the password of the account alice",
        "the setting email of the account alice",
        "the nick al of the account alice",
        "the suspension of the account alice",
        "the registration of the account bob",
        "the end of the account carol",
    )

    def start(self) -> tuple[State, list[str], str]:
        """Restart.  Return the state, the messages of level critical, and everything that was logged."""
        self.closeJournal()
        state = newState()
        with capturedLogs() as events:
            self.openJournal(state.apply)
        lines = [formatEvent(event) for event in events if event["log_level"] is LogLevel.critical]
        return state, lines, "\n".join(map(formatEvent, events)) + repr(events)

    def test_lost(self) -> None:
        """Each entry in turn is deleted, or changed, or has a body of another kind."""
        self.assertEqual(len(self.EVENTS), len(self.LOST))
        entries = self.append(*self.EVENTS)
        for entry, lost in zip(entries, self.LOST, strict=True):
            for damage in (
                "DELETE FROM entry WHERE sequence = ?",
                "UPDATE entry SET body = replace(body, '\"by\"', '\"bY\"') WHERE sequence = ?",
            ):
                self.closeJournal()
                with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
                    rows = connection.execute("SELECT * FROM entry WHERE sequence = ?", (entry.sequence,)).fetchall()
                    held = connection.execute("SELECT * FROM holding").fetchall()
                    connection.execute(damage, (entry.sequence,))
                self.openJournal()
                state, lines, everything = self.start()
                self.assertEqual(len(lines), 1, lines)
                self.assertIn(f"this is not in force any more: {lost}.", lines[0])
                self.assertNotIn("the-hash", everything)
                bob = state.accounts.get("bob")
                self.assertEqual(bob is None, "bob" in lost)
                alice = state.accounts.get("alice")
                self.assertEqual(alice is None, lost == self.LOST[0])
                if alice is not None:
                    self.assertEqual(len(alice.credentials), 4 if isinstance(entry.event, CredentialSet) else 5)
                with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
                    connection.execute("DELETE FROM entry WHERE sequence = ?", (entry.sequence,))
                    connection.executemany("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?)", rows)
                    self.assertEqual(connection.execute("SELECT * FROM holding").fetchall(), held)
        state, lines, everything = self.start()
        self.assertEqual(lines, [])

    def test_nothingOfAnAccount(self) -> None:
        """If an account's registration left no trace at all, the rest of the account is refused, with a warning."""
        entries = self.append(*self.EVENTS)
        self.change("DELETE FROM entry WHERE sequence = ?", entries[0].sequence)
        self.change("DELETE FROM holding WHERE sequence = ?", entries[0].sequence)
        state, lines, everything = self.start()
        self.assertEqual(lines, [])
        self.assertIsNone(state.accounts.get("alice"))
        self.assertIsNotNone(state.accounts.get("bob"))
        self.assertIn("changes nothing any more: NoSuchAccount(account='alice')", everything)
        self.assertNotIn("the-hash", everything)

    def test_unreadable(self) -> None:
        """A credential of a kind that this version does not know is not logged."""
        (_, entry) = self.append(AccountRegistered(SERVER, "alice"), self.EVENTS[2])
        body = '{"by":["",""],"account":"alice","credential":{"kind":"password","secret":["the-hash"]}}'
        check = checksum(entry.sequence, entry.time, "credential", None, body.encode())
        self.change("UPDATE entry SET body = ?, checksum = ? WHERE sequence = ?", body, check, entry.sequence)
        state, _, everything = self.start()
        self.assertEqual(state.accounts.named("alice").credentials, ())
        self.assertIn("Unreadable", everything)
        self.assertNotIn("the-hash", everything)
