"""Tests of L{twistchat.console.imports.journals}, and of the export that it reads."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.console.cases import ALICE, BOB, ConsoleTestCase
from twistchat.chat.model.events import (
    SERVER,
    AccountRegistered,
    AccountSettingSet,
    Credential,
    CredentialSet,
    Event,
    ModeChange,
    ModesSet,
    PrivateMessage,
    RoomMessage,
    RoomMessageRedacted,
    RoomRegistered,
    RoomRenamed,
    ServerBanSet,
    Source,
    TopicSet,
)

EVE = Source("3", "eve", "~line", "e.cloak", "Eve")

EVENTS: tuple[Event, ...] = (
    AccountRegistered(SERVER, "alice"),
    CredentialSet(SERVER, "alice", Credential("password", "", "$argon2id$secret", "scramsecret")),
    CredentialSet(SERVER, "alice", Credential("totp", "", "totpsecret")),
    AccountSettingSet(SERVER, "alice", "email", "alice@example.org"),
    AccountRegistered(SERVER, "Eve"),
    RoomRegistered(SERVER, "#den", "alice"),
    ModesSet(ALICE, "#den", (ModeChange(True, "k", "thekey"), ModeChange(True, "s"))),
    TopicSet(ALICE, "#den", "tea"),
    RoomMessage(ALICE, "#den", "s1", "one\ntwo ☕", tags=(("draft/reply", "x"), ("a", ""))),
    PrivateMessage(EVE, "s1", ALICE, "psst"),
    PrivateMessage(EVE, "s1", BOB, "to a guest"),
    RoomRenamed(ALICE, "#den", "#teahouse"),
    RoomMessage(ALICE, "#teahouse", "s1", "later"),
    ServerBanSet(SERVER, "bad!*@*", "spam"),
)

SECRETS = ("secret", "thekey")


class CopyTestCase(ConsoleTestCase):
    """A journal that is exported and imported."""

    def rows(self, name: str, statement: str = "SELECT sequence, time, kind, body FROM entry") -> list[Any]:
        """The rows of a journal."""
        with closing(sqlite3.connect(self.folder / name / "journal.sqlite")) as connection:
            return connection.execute(f"{statement} ORDER BY 1").fetchall()

    def export(self, file: str) -> list[str]:
        """Export the journal.  Return the lines of the file."""
        self.assertEqual("", self.command("export", "--data=data", "--all", file))
        return Path(file).read_text().splitlines()


class ExportTests(CopyTestCase):
    """The export."""

    def test_lines(self) -> None:
        """The first line names the journal.  The others are its entries, without secrets."""
        self.serve(*EVENTS)
        lines = self.export("all")
        self.assertEqual([], [path.name for path in self.folder.iterdir() if path.name.endswith(".part")])
        self.assertEqual({"format": "twistchat journal", "version": 1, "journal": "j"}, json.loads(lines[0]))
        found = [json.loads(line) for line in lines[1:]]
        self.assertEqual(len(EVENTS), len(found))
        self.assertEqual(
            {
                "sequence": 9,
                "msgid": "j-9",
                "time": "2026-01-01T12:00:00.250Z",
                "event": "said",
                "conversation": "#teahouse",
                "body": {
                    "by": ["1", "alice", "~line", "a.cloak", "alice", "Alice", False],
                    "room": "#den",
                    "session": "s1",
                    "text": "one\ntwo ☕",
                    "tags": [["draft/reply", "x"], ["a", ""]],
                },
            },
            found[8],
        )
        self.assertEqual([], [secret for secret in SECRETS if any(secret in line for line in lines)])
        self.assertEqual(self.command("export", "--data=data", "--all").splitlines(), lines)

    def test_damaged(self) -> None:
        """Damaged entries are left out, and the error counts them.  The file is there."""
        self.serve(*EVENTS)
        self.change("UPDATE entry SET time = time + 1 WHERE sequence = 9")
        self.assertIn("were left out: 1;", self.refused("export", "--data=data", "--all", "all"))
        self.assertEqual(len(EVENTS), len(Path("all").read_text().splitlines()))

    def test_refused(self) -> None:
        """A file is not overwritten, and there is one thing to export."""
        self.serve(*EVENTS)
        Path("all").write_text("x")
        self.assertIn("exists already", self.refused("export", "--data=data", "--all", "all"))
        self.assertIn("or --all", self.refused("export", "--data=data", "--all", "--room=#den"))


class ImportTests(CopyTestCase):
    """The import of the same."""

    def setUp(self) -> None:
        """Export a journal."""
        super().setUp()
        self.log = self.serve(*EVENTS)
        self.lines = self.export("all")

    def copy(self, file: str = "all") -> str:
        """Import a file."""
        return self.command("import", "--data=copy", file)

    def test_copied(self) -> None:
        """Entries keep everything but their secrets.  A key of a room is replaced, so that the room stays locked."""
        printed = self.copy()
        self.assertIn("Entries added", printed)
        self.assertIn(f": {len(EVENTS) - 2}; there already: 0", printed)
        self.assertIn("Credentials left out: 2, because an export has no passwords", printed)
        self.assertIn("new keys, which their members can see: #den", printed)
        exported, copied = self.rows("data"), self.rows("copy")
        kept = [row for row in exported if row[2] != "credential"]
        self.assertEqual([row[:3] for row in kept], [row[:3] for row in copied])
        changed = [(old, new) for old, new in zip(kept, copied, strict=True) if old != new]
        self.assertEqual(["modes"], [new[2] for _, new in changed])
        key = json.loads(changed[0][1][3])["changes"][0]["parameter"]
        self.assertNotIn(key, ("*", "thekey"))
        for table in ("correspondent", "moving", "undecided"):
            self.assertEqual(self.rows("data", f"SELECT * FROM {table}"), self.rows("copy", f"SELECT * FROM {table}"))
        holding = "SELECT * FROM holding WHERE key NOT LIKE 'credential%'"
        self.assertEqual(self.rows("data", holding), self.rows("copy", holding))
        self.assertIn("is good", self.command("check", "--data=copy"))

    def test_again(self) -> None:
        """A second import adds nothing.  A later export adds what is new, and its redactions take effect."""
        self.copy()
        self.assertIn(f"has all entries of the export already ({len(EVENTS) - 2}); nothing was added", self.copy())
        for event in (
            RoomMessage(ALICE, "#teahouse", "s1", "new"),
            RoomMessageRedacted(ALICE, "#teahouse", 13, "j-13"),
        ):
            self.successResultOf(self.log.append(event))
        self.export("later")
        self.assertIn("added to", self.copy("later"))
        self.assertEqual([row[0] for row in self.rows("copy")], [1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15, 16])
        self.assertIn("nothing was added", self.copy("later"))
        self.assertIn("nothing was added", self.copy("later"))

    def test_wrongLines(self) -> None:
        """An error names the file and the line.  The lines before it are imported, and it can be continued."""
        entry = json.loads(self.lines[9])
        wrong = [
            ("{", "not a JSON object"),
            ("[]", "not a JSON object"),
            ("[" * 100_000, "not a JSON object"),
            (json.dumps(entry | {"sequence": "9"}), "no sequence number"),
            (json.dumps(entry | {"sequence": 10**30}), "no sequence number"),
            (json.dumps(entry | {"msgid": "k-9"}), "message id"),
            (json.dumps(entry | {"time": 5}), "no time"),
            (json.dumps(entry | {"time": "yesterday"}), "no time"),
            (json.dumps(entry | {"time": "1969-01-01T00:00:00Z"}), "no time"),
            (json.dumps(entry | {"conversation": ["#den"]}), "conversation is not a text"),
            (json.dumps(entry | {"event": "sung"}), "no event of the kind"),
            (json.dumps(entry | {"body": {}}), "not that of an event"),
            (json.dumps(entry | {"body": None}), "not that of an event"),
            (json.dumps(entry | {"conversation": "alice eve"}), "conversation is not one of this event"),
            (json.dumps(entry | {"conversation": "@#den"}), "conversation is not one of this event"),
            (json.dumps(entry | {"body": entry["body"] | {"room": "#x\r\ny"}}), "the room is not valid"),
            (json.dumps(entry | {"body": entry["body"] | {"text": "a\rb"}}), "the text has a carriage return"),
            (self.lines[8], "not above"),
        ]
        for number, (line, why) in enumerate(wrong):
            lines = [*self.lines[:9], line, *self.lines[10:]]
            Path("wrong").write_text("\n".join(lines))
            data = f"--data=wrong{number}"
            error = self.refused("import", data, "wrong")
            self.assertIn("wrong, line 10: ", error)
            self.assertIn(why, error)
            self.assertEqual([1, 4, 5, 6, 7, 8], [row[0] for row in self.rows(f"wrong{number}")])
        self.command("import", "--data=wrong0", "all")
        self.assertEqual(12, len(self.rows("wrong0")))

    def test_wrongFile(self) -> None:
        """A file that is no export is refused, and so is one of a newer version."""
        for head, why in (
            ("", "not a JSON object"),
            ("{}", "twistchat export --all FILE makes one"),
            ('{"format": "twistchat journal", "version": 2, "journal": "j"}', "newer"),
            ('{"format": "twistchat journal", "version": 1, "journal": "../j"}', "letters and digits"),
        ):
            Path("wrong").write_text(head)
            error = self.refused("import", "--data=copy", "wrong")
            self.assertIn("wrong, line 1: ", error)
            self.assertIn(why, error)
        self.assertIn("nothere", self.refused("import", "--data=copy", "nothere"))
        self.assertFalse(Path("copy").exists())

    def test_others(self) -> None:
        """A journal with other entries is refused, and so is one that a server uses."""
        self.assertIn("uses", self.refused("import", "--data=data", "all"))
        other = [line.replace('"j-', '"k-') for line in self.lines]
        Path("other").write_text("\n".join([other[0].replace('"j"', '"k"'), *other[1:]]))
        self.copy()
        self.assertIn("of another server", self.refused("import", "--data=copy", "other"))
        with closing(sqlite3.connect("copy/journal.sqlite")) as connection:
            connection.execute("UPDATE entry SET sequence = 20 WHERE sequence = 14")
            connection.commit()
        self.assertIn("entries that the export does not have, such as 20", self.refused("import", "--data=copy", "all"))
        later = self.lines[-1].replace('"sequence": 14', '"sequence": 21').replace('"j-14"', '"j-21"')
        Path("later").write_text("\n".join([*self.lines, later]))
        self.assertIn(
            "entries that the export does not have, such as 20", self.refused("import", "--data=copy", "later")
        )
        self.assertNotIn(21, [row[0] for row in self.rows("copy")])
        changed = self.lines[9].replace("one", "two")
        Path("changed").write_text("\n".join([*self.lines[:9], changed]))
        self.assertIn(
            "changed, line 10: the journal has another entry", self.refused("import", "--data=copy", "changed")
        )

    def test_kind(self) -> None:
        """A journal in memory cannot be written."""
        self.assertIn("journal.kind is memory", self.refused("import", '--set=journal.kind="memory"', "all"))
