"""Tests of L{twistchat.journal.sqlite.maintenance.checking}, and of the commands that check and restore a journal."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, ClassVar

from tests.console.cases import ALICE, BOB, ConsoleTestCase
from twistchat.chat.model.events import AdministrativeAct, ModeChange, ModesSet, RoomMessage, ServerBanSet, TopicSet
from twistchat.console import main
from twistchat.interfaces import ILog
from twistchat.journal.sqlite.maintenance import checking
from twistchat.journal.sqlite.migrate import migrate, schema
from twistchat.journal.sqlite.rows import checksum
from twistchat.net.limits.admission import cloak

PATH = "data/journal.sqlite"


class CheckTestCase(ConsoleTestCase):
    """A journal that the command checks."""

    def check(self, *arguments: str) -> tuple[int, list[str]]:
        """Run a check, and return the exit status and the lines of output."""
        printed = StringIO()
        status = 0
        with redirect_stdout(printed):
            try:
                main(["check", *(arguments or ("--data=data",))])
            except SystemExit as e:
                status = int(e.code or 0)
        return status, printed.getvalue().splitlines()

    def fill(self, count: int = 10, size: int = 0) -> ILog:
        """Open a journal with texts, a topic and a mode."""
        return self.serve(
            *(RoomMessage(ALICE, "#lobby", "1", f"word {number} {size * 'x'}") for number in range(count)),
            TopicSet(BOB, "#lobby", "a topic"),
            ModesSet(ALICE, "#lobby", (ModeChange(True, "m"),)),
        )

    def earlier(self) -> None:
        """Make a closed journal of version 3."""
        self.data.mkdir(0o700)
        with closing(sqlite3.connect(PATH, isolation_level=None)) as connection:
            migrate(connection, Path(PATH), lambda: "j", schema()[:3])
            body = '{"by":["u","a"],"room":"#lobby","session":"s","text":"x"}'
            connection.execute(
                "INSERT INTO entry (sequence, time, kind, conversation, body) VALUES (1, 2, 'said', '#lobby', ?)",
                (body,),
            )


class CheckTests(CheckTestCase):
    """C{twistchat check}."""

    def test_good(self) -> None:
        """A good journal is reported as good: while its server runs, after it has stopped, and as a backup."""
        journal = self.fill()
        self.assertEqual((0, [f"{PATH} is good: 12 entries read"]), self.check())
        self.command("backup", "--data=data", "backup.db")
        self.successResultOf(journal.close())
        self.assertEqual((0, [f"{PATH} is good: 12 entries read"]), self.check())
        self.assertEqual((0, ["backup.db is good: 12 entries read"]), self.check("backup.db"))

    def test_empty(self) -> None:
        """An empty journal is good."""
        self.serve()
        self.assertEqual((0, [f"{PATH} is good: 0 entries read"]), self.check())

    def test_changed(self) -> None:
        """Changed entries are counted, the first ones are listed, and the keys that rooms lose are named."""
        self.fill(60)
        self.change("UPDATE entry SET time = time + 1 WHERE sequence > 30")
        status, lines = self.check()
        numbers = ", ".join(str(number) for number in range(31, 51))
        self.assertEqual(
            [
                f"{PATH} is damaged.  Good entries: 30.  Problems:",
                "  not in force after the next start: topic of #lobby (entry 61)",
                "  not in force after the next start: m  of #lobby (entry 62)",
                f"  32 entries changed on disk: sequence numbers {numbers} and 12 more",
            ],
            lines,
        )
        self.assertEqual(1, status)
        self.change("UPDATE entry SET time = time - 1 WHERE sequence > 31")
        self.assertEqual((1, "  1 entry changed on disk: sequence number 31"), (self.check()[0], self.check()[1][-1]))

    def test_unreadable(self) -> None:
        """An unchanged entry that this version cannot read is reported separately."""
        self.fill()
        check = checksum(99, 1, "painted", "#lobby", b"{}")
        self.change(f"INSERT INTO entry VALUES (99, 1, 'painted', '#lobby', '{{}}', {check})")
        self.assertEqual(
            (1, "  1 entry this version cannot read: sequence number 99"), (self.check()[0], self.check()[1][-1])
        )

    def test_constants(self) -> None:
        """A damaged key is found, and so is a row of C{holding} without an entry."""
        self.fill()
        self.change("UPDATE holding SET sequence = 777 WHERE key = 'topic'")
        self.assertEqual(
            (1, "  not in force after the next start: topic of #lobby (entry 777)"),
            (self.check()[0], self.check()[1][-1]),
        )
        self.change("UPDATE journal SET time = time + 1")
        self.assertIn("  what was noted of the last sequence number changed on disk", self.check()[1])
        self.change("UPDATE constant SET checksum = checksum + 1")
        self.assertIn("the key of the cloaks changed on disk", self.check()[1][-1])

    def test_acts(self) -> None:
        """The index of the acts of administrators is compared with the entries."""
        self.serve(AdministrativeAct(ALICE, "kill", "alice", "bob"), AdministrativeAct(ALICE, "ban", "alice", "bob"))
        self.assertEqual(self.check(), (0, [f"{PATH} is good: 2 entries read"]))
        self.change("DROP INDEX entry_act")
        self.change("CREATE INDEX entry_act ON entry (kind) WHERE kind = 'ban'")
        with closing(sqlite3.connect(PATH, isolation_level=None)) as connection:
            connection.execute("PRAGMA writable_schema = ON")
            connection.execute("UPDATE sqlite_schema SET sql = replace(sql, 'ban', 'act') WHERE name = 'entry_act'")
        self.assertEqual(
            self.check(),
            (
                1,
                [
                    f"{PATH} is damaged.  Good entries: 2.  Problems:",
                    "  the list of administrators' acts changed on disk: it has 0, and the journal 2",
                ],
            ),
        )

    def damagePages(self, *places: float) -> None:
        """Overwrite the start of some pages with rows, chosen by fractions of their number."""
        data = bytearray(Path(PATH).read_bytes())
        pages = [page for page in range(1, len(data) // 4096) if b"word" in data[page * 4096 : (page + 1) * 4096]]
        for place in places:
            page = pages[int(place * len(pages))]
            data[page * 4096 : page * 4096 + 64] = b"\xff" * 64
        Path(PATH).write_bytes(data)

    def test_pages(self) -> None:
        """Unreadable pages are reported, with the numbers of their entries.  All other entries are read."""
        self.successResultOf(self.fill(300, 700).close())
        self.damagePages(0.3, 0.6)
        status, lines = self.check()
        self.assertEqual(1, status)
        ranges = re.findall(r"entries from (\d+) to (\d+) cannot be read: database disk image is malformed", str(lines))
        lost = sum(int(end) - int(start) + 1 for start, end in ranges)
        self.assertEqual(2, len(ranges), lines)
        self.assertLess(lost, 100)
        self.assertEqual(f"{PATH} is damaged.  Good entries: {302 - lost:,}.  Problems:", lines[0])
        self.assertTrue(lines[1].startswith("  quick_check: "), lines)

    def test_lastPage(self) -> None:
        """Damage at the end of the journal is reported in the same way."""
        self.successResultOf(self.fill(300, 700).close())
        self.damagePages(0.999)
        status, lines = self.check()
        self.assertEqual(1, status)
        self.assertRegex("\n".join(lines), "entries from [0-9]+ to [0-9]+ cannot be read")

    def test_unusable(self) -> None:
        """A file that is not a journal, or has a newer version, is refused in one line."""
        self.fill()
        for statement, why in (
            ("PRAGMA user_version = 1000", "was written by a newer twistchat; check it with that version"),
            ("PRAGMA application_id = 7", "is not a journal of twistchat"),
        ):
            self.change(statement)
            self.assertEqual(f"twistchat: {PATH} {why}", self.refused("check", "--data=data"))
        Path("text").write_text("hello " * 1000)
        self.assertIn("twistchat: text: the journal's file is damaged: ", self.refused("check", "text"))
        self.assertEqual("twistchat: there is no file nothing", self.refused("check", "nothing"))
        self.assertIn("there is no journal in nowhere", self.refused("check", "--data=nowhere"))

    def test_earlier(self) -> None:
        """A journal of an earlier version is read, without checksums."""
        self.earlier()
        status, lines = self.check()
        self.assertEqual((0, f"{PATH} is good: 1 entry read"), (status, lines[0]))
        self.assertIn("no checksums", lines[1])
        self.change("UPDATE entry SET body = '{'")
        self.assertEqual(
            (1, "  1 entry this version cannot read: sequence number 1"), (self.check()[0], self.check()[1][-1])
        )

    def test_migrated(self) -> None:
        """After the first start, entries of an earlier version have checksums."""
        self.earlier()
        self.successResultOf(self.serve().close())
        self.assertEqual((0, [f"{PATH} is good: 1 entry read"]), self.check())

    def test_migratedDamaged(self) -> None:
        """A row that was damaged before the migration does not keep the server from starting."""
        self.earlier()
        self.change("UPDATE entry SET body = CAST(x'ff7b' AS TEXT), kind = CAST(x'ff' AS TEXT), time = x'00'")
        self.successResultOf(self.serve().close())
        self.assertEqual(1, self.check()[0])

    def test_unfinished(self) -> None:
        """A journal whose making was interrupted is not damaged: the next start completes it."""
        self.data.mkdir(0o700)
        with closing(sqlite3.connect(PATH, isolation_level=None)) as connection:
            migrate(connection, Path(PATH), lambda: "j", schema())
            connection.execute("DELETE FROM journal")
        repairs = "something that was written to the journal is incomplete; the next start of the server repairs it"
        self.assertEqual(
            self.refused("check", "--data=data"), f"twistchat: {PATH}: {repairs}: the journal has no position"
        )
        self.assertEqual(
            self.refused("export", "--all", "--data=data"), f"twistchat: {repairs}: the journal has no name"
        )
        self.serve().close()
        self.assertEqual(self.check(), (0, [f"{PATH} is good: 0 entries read"]))

    def test_rollback(self) -> None:
        """The same if a migration was interrupted, which SQLite undoes with its rollback journal."""
        self.earlier()
        with closing(sqlite3.connect(PATH, isolation_level=None)) as connection:
            connection.execute("PRAGMA cache_size = 1")
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("CREATE TABLE other AS SELECT zeroblob(100000) AS body")
            files = {path.name: path.read_bytes() for path in self.data.iterdir()}
            connection.execute("ROLLBACK")
        self.assertEqual(sorted(files), ["journal.sqlite", "journal.sqlite-journal"])
        for name, content in files.items():
            (self.data / name).write_bytes(content)
        self.assertIn("the next start of the server repairs it", self.refused("check", "--data=data"))
        self.serve().close()
        self.assertEqual(self.check()[0], 0)

    def test_progress(self) -> None:
        """A terminal shows a progress bar, which is erased at the end."""
        self.fill(498)
        self.change(
            "WITH RECURSIVE more AS (SELECT 501 AS x UNION ALL SELECT x + 1 FROM more WHERE x < 1500)"
            " INSERT INTO entry (sequence, time, kind, checksum, body) SELECT x, 1, 'said', 0, '{}' FROM more"
        )
        terminal = StringIO()
        self.patch(terminal, "isatty", lambda: True)
        self.patch(sys, "stderr", terminal)
        self.check()
        *shown, end = terminal.getvalue().split("\r")[1:]
        self.assertEqual(["  0 %", " 33 %", " 66 %", "100 %"], [text[-5:] for text in shown])
        self.assertEqual(f"Reading [{13 * '#':40}]  33 %", shown[1])
        self.assertEqual("\x1b[K", end)

    def test_locked(self) -> None:
        """A lock by another process is not reported as damage."""

        def fail(*arguments: Any) -> Any:
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorcode, error.sqlite_errorname = sqlite3.SQLITE_BUSY, "SQLITE_BUSY"
            raise error

        self.fill()
        for step in ("_read", "_bounds"):
            self.patch(checking._Checking, step, fail)  # private: each step of the check may be refused
            why = f"twistchat: {PATH}: another process has the journal locked"
            self.assertIn(why, self.refused("check", "--data=data"))

    def test_interrupted(self) -> None:
        """Ctrl-C ends a check at once, even within a statement of SQLite, without a traceback."""
        self.fill()
        endless = "WITH RECURSIVE n (x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"
        program = (
            "import sys; from twistchat import console; from twistchat.journal.sqlite.maintenance import checking;"
            f"endless = {endless!r};"
            "checking._Checking.structure = lambda self: (print('on', flush=True), self._connection.execute(endless));"
            "console.main(['check', '--data=data'])"
        )
        path = os.pathsep.join(entry for entry in sys.path if entry)
        with subprocess.Popen(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONPATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            try:
                assert process.stdout is not None
                self.assertEqual(b"on\n", process.stdout.readline())
                process.send_signal(signal.SIGINT)
                _, errors = process.communicate(timeout=30)
            finally:
                process.kill()
        self.assertEqual((-signal.SIGINT, b""), (process.returncode, errors))


class RestoreTests(CheckTestCase):
    """C{twistchat restore}."""

    key: ClassVar[bytes] = bytes(range(32))

    def backup(self) -> None:
        """Make a backup of a journal with entries, and delete the journal."""
        journal = self.fill()
        self.successResultOf(journal.append(ServerBanSet(ALICE, f"*!*@{self.host(journal)}", "spam")))
        self.host0 = self.host(journal)
        self.command("backup", "--data=data", "backup.db")
        self.successResultOf(journal.close())
        self.data.rename("gone")

    def host(self, journal: ILog) -> str:
        """The cloak of an address."""
        return cloak(journal.cloakKey)("192.0.2.1")

    def opened(self) -> tuple[ILog, list[Any]]:
        """Open the journal of the data directory with another new key.  Return it and the applied entries."""
        applied: list[Any] = []
        journal = self.journal(b"another key, that is not to be..")
        self.successResultOf(journal.open(lambda entry, origin: applied.append(entry)))
        self.addCleanup(journal.close)
        return journal, [entry.event for entry in applied]

    def test_restored(self) -> None:
        """After a restore, entries, cloaks and bans are as before."""
        self.backup()
        said = self.command("restore", "--data=data", "backup.db").splitlines()
        self.assertEqual(f"{PATH} is the journal now, restored from backup.db", said[0])
        self.assertEqual((0o700, 0o600), (self.data.stat().st_mode & 0o777, Path(PATH).stat().st_mode & 0o777))
        self.assertEqual(["journal.lock", "journal.sqlite"], sorted(path.name for path in self.data.iterdir()))
        self.assertEqual(0, self.check()[0])
        journal, applied = self.opened()
        self.assertEqual(self.host0, self.host(journal))
        self.assertEqual(f"*!*@{self.host0}", applied[-1].mask)
        self.assertIn("word 7", self.command("export", "--data=data", "--room=#lobby"))

    def test_there(self) -> None:
        """A directory with a journal, or the remains of one, is refused and not changed."""
        self.backup()
        self.data.mkdir(0o700)
        for name in ("journal.sqlite", "journal.sqlite-wal", "journal.sqlite-shm", "journal.sqlite-journal"):
            file = self.data / name
            file.write_text("mine")
            why = f"twistchat: data/{name} exists already; name another directory, or move it away"
            self.assertEqual(why, self.refused("restore", "--data=data", "backup.db"))
            self.assertEqual("mine", file.read_text())
            file.unlink()
            self.assertEqual(["journal.lock"], [path.name for path in self.data.iterdir()])

    def test_running(self) -> None:
        """A directory that a server uses is refused, even if the journal was moved away."""
        self.backup()
        self.serve()
        Path(PATH).rename("elsewhere")
        why = self.refused("restore", "--data=data", "backup.db")
        self.assertTrue(why.startswith("twistchat: another command or a server (process "), why)
        self.assertIn(" uses data; stop it first, or ", why)

    def test_notDirectory(self) -> None:
        """A path that is not a directory is refused, and named."""
        self.backup()
        Path("file").touch()
        self.assertEqual(
            "twistchat: file is not a directory; name one with --data",
            self.refused("restore", "--data=file", "backup.db"),
        )
        self.assertEqual(
            "twistchat: file/data: Not a directory", self.refused("restore", "--data=file/data", "backup.db")
        )

    def test_bad(self) -> None:
        """A backup that is damaged, missing or not a journal is refused, and no files are left."""
        self.backup()
        Path("text").write_text("hello " * 1000)
        self.change("UPDATE entry SET time = time + 1 WHERE sequence = 3", "backup.db")
        for name, why in (
            ("backup.db", "backup.db is damaged, and was not restored; twistchat check backup.db says more"),
            ("text", "text: the journal's file is damaged: "),
            ("nothing", "there is no file nothing"),
        ):
            self.assertTrue(self.refused("restore", "--data=data", name).startswith(f"twistchat: {why}"))
        self.assertFalse(self.data.exists())

    def test_failed(self) -> None:
        """A copy that fails leaves no journal, and another attempt succeeds."""
        self.backup()
        self.data.mkdir(0o700)
        sync = os.fsync

        def fail(descriptor: int) -> None:
            raise OSError(28, "No space left on device")

        self.patch(os, "fsync", fail)
        self.assertIn("No space left on device", self.refused("restore", "--data=data", "backup.db"))
        self.assertEqual(["journal.lock"], [path.name for path in self.data.iterdir()])
        self.patch(os, "fsync", sync)
        self.command("restore", "--data=data", "backup.db")

    def test_synced(self) -> None:
        """The file is synced before it is renamed, and the directory after that."""
        self.backup()
        self.data.mkdir(0o700)
        synced: list[str] = []
        sync = os.fsync

        def note(descriptor: int) -> None:
            synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
            sync(descriptor)

        self.patch(os, "fsync", note)
        self.command("restore", "--data=data", "backup.db")
        self.assertEqual(["journal.sqlite.part", "data"], synced)

    def test_owner(self) -> None:
        """Root gives the restored files to the owner of the directory."""
        self.backup()
        given: list[tuple[str, int, int]] = []
        self.patch(os, "geteuid", lambda: 0)
        self.patch(os, "chown", lambda path, user, group: given.append((path.name, user, group)))
        self.command("restore", "--data=data", "backup.db")
        owner = self.data.stat()
        wanted = [(name, owner.st_uid, owner.st_gid) for name in ("journal.sqlite", "journal.lock")]
        self.assertEqual(wanted, given)

    def test_earlier(self) -> None:
        """A backup of an earlier version is restored, and the command asks for the file of the key."""
        self.earlier()
        self.command("backup", "--data=data", "backup.db")
        said = StringIO()
        self.patch(sys, "stderr", said)
        self.command("restore", "--data=new", "backup.db")
        self.assertIn("put the cloak.key of that time beside new/journal.sqlite", said.getvalue())
        Path("other").mkdir(0o700)
        Path("other/cloak.key").write_bytes(self.key)
        Path("other/cloak.key").chmod(0o600)
        said.truncate(0)
        self.command("restore", "--data=other", "backup.db")
        self.assertEqual("", said.getvalue().strip("\0"))
        self.data = Path("other")
        journal, _ = self.opened()
        self.assertEqual(self.key, journal.cloakKey())


class KeyInterruptTests(CheckTestCase):
    """Ctrl-C in any command."""

    def test_interrupted(self) -> None:
        """A command ends with the status of an interrupted process, without a traceback."""

        def interrupt(*arguments: Any) -> Any:
            raise KeyboardInterrupt

        self.fill()
        self.patch(checking, "connect", interrupt)
        self.assertEqual((130, []), self.check())
