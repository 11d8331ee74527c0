"""Tests of L{twistchat.console.imports.others}, and of the command as a whole."""

from __future__ import annotations

import csv
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from pwd import getpwuid
from typing import Any
from unittest import skipUnless
from zipfile import ZipFile

from tests.console.cases import ConsoleTestCase
from twistchat.console.imports.others import READERS
from twistchat.importing import transfer
from twistchat.importing.records import ImportProblem, LeftOut, Person, Record, Room, Text

NOBODY = 65_534

NOW = 1_700_000_000_000

RECORDS: tuple[Record, ...] = (
    Person("U1", "alice", "Alice \x1b[31mArcher", "alice@example.org"),
    Person("U2", "bob.baker"),
    Room("C1", "Team Talk", creator="U1"),
    LeftOut("file", "\x1b[31mcup.png"),
    Text("1", "C1", "U1", NOW, "hello"),
    Text("2", "C1", "U2", NOW + 1, "hi", replyTo="1"),
)


class ImportTests(ConsoleTestCase):
    """C{twistchat import --from}."""

    def setUp(self) -> None:
        """Let the reader of Slack's exports read records of this test."""
        super().setUp()
        self.records = RECORDS
        Path("export.zip").write_text("")
        self.patch(READERS["slack"], "read", self.read)
        self.patch(READERS["slack"], "sourceOf", lambda path: "slack T1")

    def read(self, path: Path, progress: Callable[[float], None]) -> Iterator[Record]:
        """Read the records."""
        progress(1.0)
        yield from self.records

    def move(self, *options: str) -> str:
        """Import the export, and keep it for ever."""
        return self.command(*self.arguments(*options))

    def arguments(self, *options: str, retention: str = "0") -> list[str]:
        """The arguments of an import."""
        retained = f"--set=journal.retention={retention}"
        return ["import", "--data=data", retained, "--from=slack", *options, "export.zip"]

    def bodies(self, kind: str) -> list[Any]:
        """The bodies of entries of a kind."""
        with closing(sqlite3.connect("data/journal.sqlite")) as connection:
            rows = connection.execute("SELECT body FROM entry WHERE kind = ? ORDER BY sequence", (kind,))
            return [json.loads(body) for (body,) in rows]

    def test_import(self) -> None:
        """It prints what was imported, which names changed, and what was left out, without control characters."""
        printed = self.move("--report=report.json")
        for line in (
            "Imported from slack T1:",
            "2 new accounts",
            "1 room\n",
            "2 texts, 1 of them replies",
            "bob.baker is bob_baker",
            "Team Talk is #team-talk",
            "1 x file, such as",
        ):
            self.assertIn(line, printed)
        self.assertNotIn("\x1b", printed)
        self.assertEqual(["hello", "hi"], [body["text"] for body in self.bodies("said")])
        (act,) = self.bodies("act")
        self.assertEqual(
            ("import", "slack T1", "export.zip", "console"), tuple(act[n] for n in ("act", "target", "detail", "door"))
        )
        report = json.loads(Path("report.json").read_text())
        self.assertEqual(2, report["imported"]["texts"])
        self.assertEqual({"Team Talk": "#team-talk"}, report["names"]["rooms"])
        self.assertEqual([{"what": "file", "count": 1, "example": "\x1b[31mcup.png"}], report["leftOut"])
        self.assertIn("is good", self.command("check", "--data=data"))
        again = self.move()
        self.assertIn("There is nothing new in this export of slack T1", again)
        self.assertIn("2 were there already (texts and reactions)", again)
        self.assertEqual(1, len(self.bodies("act")))

    def test_indexed(self) -> None:
        """The texts are in the word index, so that the server need not index them."""
        self.move()
        with closing(sqlite3.connect("data/journal.sqlite")) as connection:
            self.assertEqual(
                [(1,)], connection.execute("SELECT count(*) FROM word WHERE word MATCH 'hello'").fetchall()
            )

    def test_retention(self) -> None:
        """Texts that the server would delete are not imported unless that is asked for."""
        why = self.refused(*self.arguments(retention='"90d"'))
        self.assertIn("2 of 2 texts and reactions are older than journal.retention (90 days)", why)
        self.assertIn("no configuration file was read; name the server's, in which it is 0", why)
        self.assertIn("--config; or add --keep-retention", why)
        self.assertFalse(Path("data").exists())
        why = self.refused(*self.arguments("--set=journal.retentionCount=1"))
        self.assertIn("journal.retentionCount keeps 1 entries", why)
        printed = self.command(*self.arguments("--keep-retention", retention='"90d"'))
        self.assertIn("Imported from", printed)
        self.assertIn("Note: 2 of 2", printed)

    def test_configuration(self) -> None:
        """The file that has the retention is named, and another one is read with C{--config}."""
        for name, retention in (("twistchat.toml", '"30d"'), ("other.toml", "0")):
            Path(name).write_text(f"[journal]\nretention = {retention}\n")
        arguments = ["import", "--data=data", "--from=slack", "export.zip"]
        why = self.refused(*arguments)
        self.assertIn(f"set it to 0 in {Path.cwd()}/twistchat.toml to keep texts for ever", why)
        self.assertIn("Imported from", self.command(*arguments, "--config=other.toml"))

    def test_dry(self) -> None:
        """A dry run writes nothing, but the report."""
        printed = self.move("--dry-run", "--report=report.json", "--claims=claims.csv")
        self.assertIn("This would be imported from slack T1", printed)
        self.assertTrue(Path("report.json").exists())
        self.assertFalse(Path("data").exists() or Path("claims.csv").exists())
        self.move()
        with closing(sqlite3.connect("data/journal.sqlite")) as connection:
            (before,) = connection.execute("SELECT count(*) FROM entry").fetchone()
        self.records = (*RECORDS, Text("3", "C1", "U1", NOW + 2, "new"))
        self.assertIn("1 text\n", self.move("--dry-run"))
        with closing(sqlite3.connect("data/journal.sqlite")) as connection:
            self.assertEqual((before,), connection.execute("SELECT count(*) FROM entry").fetchone())

    def test_claims(self) -> None:
        """The codes are in a private file, and only their hashes are in the journal."""
        self.move("--claims=claims.csv")
        self.assertEqual(0o600, Path("claims.csv").stat().st_mode & 0o777)
        self.assertNotIn(b"\r", Path("claims.csv").read_bytes())
        with Path("claims.csv").open(newline="") as file:
            rows = list(csv.reader(file))
        self.assertEqual(["account", "name", "email", "code"], rows[0])
        self.assertEqual([("alice", "alice@example.org"), ("bob_baker", "")], [(row[0], row[2]) for row in rows[1:]])
        stored = self.bodies("credential")
        self.assertEqual([("code", "reset")] * 2, [(s["credential"]["kind"], s["credential"]["name"]) for s in stored])
        self.assertNotIn(rows[1][3], str(stored))
        self.assertIn("exists already", self.refused(*self.arguments("--claims=claims.csv")))

    def test_inaccessible(self) -> None:
        """An export that cannot be read, and a report that cannot be written, are refused before anything is done."""
        self.data.mkdir()
        me, here = getpwuid(os.getuid()).pw_name, Path.cwd()
        self.patch(os, "access", lambda path, mode: path.name != "export.zip")
        why = f"{here}/export.zip: {me} cannot read it; the import runs as the owner of {self.data}"
        self.assertEqual(f"twistchat: {why}", self.refused(*self.arguments()))
        self.patch(os, "access", lambda path, mode: mode == os.R_OK)
        why = f"{here}: {me} cannot write report.json in it; the import runs as the owner of {self.data}"
        self.assertEqual(f"twistchat: {why}", self.refused(*self.arguments("--report=report.json")))
        self.data.rmdir()
        self.assertTrue(self.refused(*self.arguments("--claims=claims.csv")).endswith("cannot write claims.csv in it"))

    def test_claimsKept(self) -> None:
        """The codes of accounts that a broken import made stay.  The next one makes new codes, which replace them."""

        def broken(path: Path, progress: Callable[[float], None]) -> Iterator[Record]:
            yield from RECORDS
            raise ImportProblem("export.zip is broken")

        self.patch(transfer, "PORTION", 1)
        self.patch(READERS["slack"], "read", broken)
        self.refused(*self.arguments("--claims=claims.csv"))
        self.patch(READERS["slack"], "read", self.read)
        self.move("--claims=more.csv")
        kept, more = (Path(name).read_text().splitlines() for name in ("claims.csv", "more.csv"))
        for lines in (kept, more):
            self.assertEqual(["account", "alice", "bob_baker"], [line.partition(",")[0] for line in lines])
        self.assertNotEqual(kept[1], more[1])
        self.assertEqual(2, len(self.bodies("credential")))

    def test_claimsCells(self) -> None:
        """A spreadsheet takes no cell of the codes for a formula."""
        self.records = (Person("U1", "alice", ' =HYPERLINK("x")', "+a@example.org"), Person("U2", "bob", "@SUM(1)"))
        self.move("--claims=claims.csv")
        with Path("claims.csv").open(newline="") as file:
            cells = [row[1:3] for row in csv.reader(file)][1:]
        self.assertEqual([['\' =HYPERLINK("x")', "'+a@example.org"], ["'@SUM(1)", ""]], cells)

    def test_reportFirst(self) -> None:
        """A report that cannot be written is refused before anything is imported, and one of no import is removed."""
        self.refused(*self.arguments("--report=nowhere/report.json"))
        self.assertFalse(self.data.exists())
        self.refused(*self.arguments("--report=report.json", "--owner=nobody", "--set=journal.retentionCount=1"))
        self.assertFalse(Path("report.json").exists())

    def test_problems(self) -> None:
        """Wrong arguments, a server that runs, and a broken export are one line each."""
        for arguments, why in (
            (["import", "--from=irc", "export.zip"], "the readers are mattermost and slack"),
            (["import", "--owner=alice", "export.zip"], "--owner needs --from"),
            (["import", "--from=slack", "nothere.zip"], "there is no nothere.zip"),
            (["import", "--from=slack"], "the argument FILE is missing"),
        ):
            self.assertIn(why, self.refused(*arguments))
        self.records = (Room("C1", "general"), Text("1", "C1", "U1", NOW, "hello"))
        self.assertIn("no administrator", self.refused(*self.arguments()))

        def broken(path: Path, progress: Callable[[float], None]) -> Iterator[Record]:
            yield from RECORDS
            raise ImportProblem("export.zip: users.json is broken")

        self.patch(READERS["slack"], "read", broken)
        self.assertEqual("twistchat: export.zip: users.json is broken", self.refused(*self.arguments()))
        self.serve()
        self.patch(READERS["slack"], "read", self.read)
        self.records = RECORDS
        self.assertIn("stop it first", self.refused(*self.arguments()))

    def test_interrupted(self) -> None:
        """Ctrl-C ends an import, which the next one continues."""

        def interrupted(path: Path, progress: Callable[[float], None]) -> Iterator[Record]:
            yield from RECORDS
            raise KeyboardInterrupt

        self.patch(READERS["slack"], "read", interrupted)
        self.assertEqual(130, self.assertRaises(SystemExit, self.move).code)
        self.patch(READERS["slack"], "read", self.read)
        self.move()
        self.assertEqual(["hello", "hi"], [body["text"] for body in self.bodies("said")])


class RootTests(ConsoleTestCase):
    """Root imports into the data directory of another user."""

    @skipUnless(os.geteuid() == 0, "only root can become another user")
    def test_owner(self) -> None:
        """Root becomes the owner, in a dry run too; the audit trail names root; and a later import adds to it."""
        self.folder.chmod(0o755)
        for folder in (self.data, Path("out")):
            folder.mkdir()
            os.chown(folder, NOBODY, NOBODY)
        people = [{"id": "U1", "name": "alice", "team_id": "T1", "profile": {}}]
        text = {"type": "message", "user": "U1", "text": "hello", "ts": "1700000000.000100"}
        rooms = [{"id": "C1", "name": "general", "created": 1, "creator": "U1", "members": ["U1"]}]
        with ZipFile("export.zip", "w") as file:
            for name, value in (("users", people), ("channels", rooms), ("general/2023-11-14", [text])):
                file.writestr(f"{name}.json", json.dumps(value))
        fixed = ["import", "--data=data", "--set=journal.retention=0", "--from=slack"]
        for options in (["--dry-run"], ["--report=out/report", "--claims=out/claims"]):
            child = os.fork()
            if not child:
                status = 1
                try:
                    self.command(*fixed, *options, "export.zip")
                    status = 0
                finally:
                    os._exit(status)  # private: it is public, and the child must not run the other tests
            self.assertEqual(0, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), options)
        files = [*self.data.iterdir(), *Path("out").iterdir()]
        self.assertLessEqual({"journal.sqlite", "report", "claims"}, {file.name for file in files})
        self.assertEqual({NOBODY}, {file.stat().st_uid for file in files})
        with closing(sqlite3.connect("data/journal.sqlite")) as connection:
            ((act,),) = connection.execute("SELECT body FROM entry WHERE kind = 'act'")
        self.assertIn("root", act)
