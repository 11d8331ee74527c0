"""Tests of L{twistchat.journal.sqlite.files} and L{twistchat.journal.sqlite.constants}."""

from __future__ import annotations

import os
import socket
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from pwd import getpwuid
from zlib import crc32

from twisted.logger import LogLevel, capturedLogs, formatEvent

from tests.journal.disk import DiskTestCase, connectionOf
from twistchat.journal.kinds import sqliteJournal
from twistchat.journal.sqlite.constants import Constants, writeConstants
from twistchat.journal.sqlite.files import retireKeyFile, secure
from twistchat.journal.sqlite.migrate import JournalUnusable, migrate, schema
from twistchat.journal.sqlite.writing import writer
from twistchat.testing.workers import HeldWorker, InlineWorker

OLD_KEY = b"an old key of the cloaks, so old"

WARN = LogLevel.warn


class FilesTestCase(DiskTestCase):
    """A closed journal in a directory of its own."""

    def setUp(self) -> None:
        """Make a journal."""
        super().setUp()
        self.closeJournal()
        self.folder = Path(self.directory)

    def start(self, level: LogLevel = WARN) -> list[str]:
        """Open and close the journal.  Return the log messages of a level."""
        with capturedLogs() as events:
            self.openJournal()
            self.closeJournal()
        return [formatEvent(event) for event in events if event["log_level"] is level]

    def unusable(self) -> str:
        """The reason why the journal cannot be opened."""
        journal, _ = sqliteJournal(
            self.directory, lambda: 1.0, lambda: "name", lambda: bytes(32), lambda name: HeldWorker()
        )
        why = str(self.failureResultOf(journal.open(lambda entry, origin: None), JournalUnusable).value)
        self.assertEqual(len(why.splitlines()), 1)
        return why

    def mode(self, name: str = "") -> int:
        """The permissions of a file, or of the directory."""
        return stat.S_IMODE((self.folder / name).stat().st_mode)


class AccessTests(FilesTestCase):
    """Owners and permissions of the files."""

    def test_open(self) -> None:
        """A file that others can read is made private, with a warning that has its old permissions."""
        names = ("journal.sqlite", "journal.lock", "journal.sqlite.version3", "cloak.key.old")
        for name in names:
            (self.folder / name).touch()
            (self.folder / name).chmod(0o644)
        self.folder.chmod(0o755)
        lines = self.start()
        wanted = [f"{self.folder} was open to others (mode 0755), and is closed to them now"]
        wanted += [f"{self.folder / name} was open to others (mode 0644), and is closed to them now" for name in names]
        self.assertEqual(sorted(lines), sorted(wanted))
        self.assertEqual((self.mode(), *map(self.mode, names)), (0o700, *len(names) * (0o600,)))
        self.assertEqual(self.start(), [])

    def test_anyUmask(self) -> None:
        """New files are private, whatever the umask is."""
        earlier = os.umask(0)
        self.addCleanup(os.umask, earlier)
        self.directory += "/new/data"
        self.folder = Path(self.directory)
        self.openJournal()
        self.assertEqual(self.mode(), 0o700)
        names = ("journal.lock", "journal.sqlite", "journal.sqlite-shm", "journal.sqlite-wal")
        self.assertEqual(
            {path.name: self.mode(path.name) for path in self.folder.iterdir()}, dict.fromkeys(names, 0o600)
        )

    def test_shared(self) -> None:
        """A directory that others can read and that has other files is refused."""
        folder = self.folder / "home"
        folder.mkdir()
        folder.chmod(0o755)
        (folder / "letter").touch()
        self.directory = str(folder)
        why = "is open to others (mode 0755), and not only the journal uses it; name a directory of its own with --data"
        self.assertEqual(self.unusable(), f"{folder} {why}")
        (folder / "letter").unlink()
        folder.chmod(0o1777)
        self.assertIn("(mode 1777), and not only the journal uses it", self.unusable())
        self.assertEqual(list(folder.iterdir()), [])
        folder.chmod(0o775)
        self.folder = folder
        self.assertEqual(len(self.start()), 1)
        self.assertEqual(self.mode(), 0o700)

    def foreign(self, user: int) -> str:
        """The reason why the directory cannot be used by this user."""
        return str(self.assertRaises(JournalUnusable, secure, self.folder, user))

    def test_foreign(self) -> None:
        """A directory of another user is refused, and both users are named."""
        owner, user = getpwuid(os.getuid()).pw_name, os.getuid() + 54_321
        advice = f"let root give everything in it to the user {user}: chown -R {user} {self.folder}"
        why = f"belongs to {owner}, and this server runs as the user {user}; {advice}"
        self.assertEqual(self.foreign(user), f"{self.folder} {why}")
        self.patch(os, "geteuid", lambda: user)
        self.assertEqual(self.unusable(), f"{self.folder} {why}")

    def test_foreignFile(self) -> None:
        """A file of another user is refused too."""
        user = os.getuid() + 54_321

        def lstat(path: Path) -> os.stat_result:
            found = list(os.lstat(path))
            found[stat.ST_UID] = user
            return os.stat_result(found)

        self.patch(Path, "lstat", lstat)
        why = self.foreign(os.getuid())
        self.assertIn(f"{self.folder}/journal.lock belongs to the user {user}, ", why)
        if os.getuid() != 0:
            self.assertTrue(why.endswith(f" {self.folder}"))

    def test_foreignToRoot(self) -> None:
        """Root gets advice how to run as the owner."""
        if os.getuid() == 0:
            os.chown(self.folder, 54_321, -1)
        self.assertIn(", and this server runs as root; start it as twistd --uid ", self.foreign(0))

    def test_types(self) -> None:
        """A path that is not a regular file is refused, and its type is named."""
        (self.folder / "real").touch()

        def bind(path: Path) -> None:
            with socket.socket(socket.AF_UNIX) as made:
                made.bind(str(path))

        makers: dict[str, Callable[[Path], None]] = {
            "a directory": lambda path: path.mkdir(),
            "a symbolic link": lambda path: path.symlink_to("real"),
            "a named pipe": os.mkfifo,
            "a socket": bind,
        }
        for name in ("journal.lock", "journal.sqlite", "cloak.key"):
            path = self.folder / name
            path.unlink(missing_ok=True)
            for what, make in makers.items():
                make(path)
                why = f"{path} is {what}, and not a regular file; move it away"
                self.assertEqual(self.unusable(), why)
                (path.rmdir if path.is_dir() else path.unlink)()

    def test_link(self) -> None:
        """The path of the directory may be a link."""
        link = self.folder / "link"
        data = self.folder / "data"
        data.mkdir(0o700)
        link.symlink_to(data)
        self.directory = str(link)
        self.assertEqual(self.start(), [])
        self.assertTrue((data / "journal.sqlite").exists())


class KeyTests(FilesTestCase):
    """The key of the cloaks."""

    def key(self) -> bytes:
        """The key in the journal."""
        self.openJournal()
        try:
            return self.journal.cloakKey()
        finally:
            self.closeJournal()

    def earlier(self) -> None:
        """Make a journal of a version that kept its key in a file."""
        for path in self.folder.iterdir():
            path.unlink()
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            migrate(connection, self.path, lambda: "name", schema()[:3])
        (self.folder / "cloak.key").write_bytes(OLD_KEY)
        (self.folder / "cloak.key").chmod(0o600)

    def change(self, statement: str, *parameters: object) -> None:
        """Change the journal's file."""
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            connection.execute(statement, parameters)

    def test_kept(self) -> None:
        """The key is made once, and never changes."""
        journal, _ = sqliteJournal(
            self.directory, lambda: 1.0, lambda: "x", lambda: b"x" * 32, lambda name: InlineWorker()
        )
        self.successResultOf(journal.open(lambda entry, origin: None))
        self.assertEqual(journal.cloakKey(), bytes(32))
        self.successResultOf(journal.close())
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), ["journal.lock", "journal.sqlite"])

    def test_migrated(self) -> None:
        """The first start moves the key of an earlier version into the journal, and renames the file of the key."""
        self.earlier()
        (line,) = [line for line in self.start(LogLevel.info) if "key" in line]
        self.assertIn("The key of the cloaks is in the journal now", line)
        self.assertFalse((self.folder / "cloak.key").exists())
        self.assertEqual((self.folder / "cloak.key.old").read_bytes(), OLD_KEY)
        self.assertEqual(self.key(), OLD_KEY)

    def test_interrupted(self) -> None:
        """If that start ends before the renaming, the next start renames the file."""
        self.earlier()
        self.start()
        (self.folder / "cloak.key.old").rename(self.folder / "cloak.key")
        self.assertEqual(self.key(), OLD_KEY)
        self.assertFalse((self.folder / "cloak.key").exists())

    def test_syncedFirst(self) -> None:
        """The key is synced to disk before the file is renamed, with any durability."""
        self.earlier()
        steps: list[object] = []

        def writing(connection: sqlite3.Connection, constants: Constants) -> None:
            steps.extend(connection.execute("PRAGMA synchronous").fetchone())
            writeConstants(connection, constants)

        def retiring(directory: Path, key: bytes) -> None:
            steps.extend(self.onDisk("SELECT value FROM constant WHERE name = 'cloak key'"))
            retireKeyFile(directory, key)

        self.patch(writer, "writeConstants", writing)
        self.patch(writer, "retireKeyFile", retiring)
        store = writer.Writer(self.directory, "relaxed", lambda: "name", lambda: bytes(32))
        self.addCleanup(store.abandon)
        self.assertEqual(steps, [2, OLD_KEY])
        self.assertEqual(connectionOf(store).execute("PRAGMA synchronous").fetchone(), (1,))

    def test_another(self) -> None:
        """A file with another key is not used, and every start logs a warning."""
        path = self.folder / "cloak.key"
        path.write_bytes(OLD_KEY)
        path.chmod(0o600)
        wanted = [f"{path} is not used: the journal has another key of the cloaks.  Remove it"]
        self.assertEqual(self.start(), wanted)
        self.assertEqual(self.start(), wanted)
        self.assertEqual(self.key(), bytes(32))

    def test_badFile(self) -> None:
        """A file of another size stops the start, and the journal is not changed."""
        self.earlier()
        path = self.folder / "cloak.key"
        for size in (0, 1, 31, 33, 100):
            path.write_bytes(OLD_KEY[:1] * size)
            why = self.unusable()
            self.assertTrue(
                why.startswith(f"{path} has {size} bytes, and the key of the cloaks has 32; restore it"), why
            )
        self.assertEqual(self.onDisk("PRAGMA user_version"), [3])
        path.unlink()
        self.assertEqual(self.key(), bytes(32))

    def test_damaged(self) -> None:
        """A damaged key or name stops the start."""
        data = f"--data {self.directory}"
        why = (
            "the journal's file is damaged: its name or the key of the cloaks changed on disk;"
            f" twistchat check {data} says more; to restore a backup, move journal.sqlite and the files beside it away,"
            f" and use twistchat restore {data} FILE"
        )
        for statement in (
            "UPDATE constant SET value = x'00' WHERE name = 'cloak key'",
            "UPDATE constant SET checksum = checksum + 1 WHERE name = 'name'",
            "DELETE FROM constant WHERE name = 'cloak key'",
            "UPDATE constant SET name = 'cloak kex' WHERE name = 'cloak key'",
            "UPDATE constant SET value = CAST('nama' AS BLOB) WHERE name = 'name'",
        ):
            whole = self.path.read_bytes()
            self.change(statement)
            self.assertEqual(self.unusable(), f"{self.path}: {why}", statement)
            self.path.write_bytes(whole)
        short = b"x" * 31
        self.change("UPDATE constant SET value = ?, checksum = ? WHERE name = 'cloak key'", short, crc32(short))
        self.assertEqual(self.unusable(), f"{self.path}: {why}")

    def test_name(self) -> None:
        """The name with a checksum is used, not the one without."""
        self.change("UPDATE journal SET name = 'nama'")
        self.openJournal()
        self.assertEqual(self.history.locate("name-7"), 7)
