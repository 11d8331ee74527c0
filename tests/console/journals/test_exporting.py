"""Tests of L{twistchat.console.journals.exporting}."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from io import BufferedWriter, FileIO, StringIO, TextIOWrapper
from pathlib import Path

from tests.console.cases import ALICE, BOB, ConsoleTestCase
from twistchat.chat.model.events import (
    SERVER,
    AccessSet,
    AccountMetadataSet,
    AccountRegistered,
    AdministrativeAct,
    Credential,
    CredentialSet,
    KeptRoomMetadataSet,
    PrivateMessage,
    RoomMessage,
    RoomRegistered,
    Source,
)
from twistchat.console.journals import journal


class ExportTests(ConsoleTestCase):
    """The export of everything that belongs to an account, while the server runs."""

    def setUp(self) -> None:
        """Store data of an account and of others."""
        super().setUp()
        eve = Source("3", "eve", "~line", "e.cloak", "Eve")
        password = Credential("password", "", "$argon2id$secret", "scramsecret")
        self.log = self.serve(
            AccountRegistered(SERVER, "Alice"),
            CredentialSet(SERVER, "Alice", password),
            AccountRegistered(SERVER, "eve"),
            AccessSet(SERVER, "#den", "alice", "o"),
            RoomMessage(ALICE, "#lobby", "1", "from alice"),
            RoomMessage(eve, "#lobby", "1", "from eve"),
            RoomMessage(BOB, "#lobby", "1", "from a guest"),
            PrivateMessage(eve, "1", ALICE, "to alice"),
            PrivateMessage(ALICE, "1", BOB, "to a guest"),
            PrivateMessage(eve, "1", BOB, "between others"),
        )

    def test_export(self) -> None:
        """It has the account's data without secrets, its texts, and both sides of its private conversations."""
        exported = self.command("export", "--data=data", "--account=ALICE")
        lines = [json.loads(line) for line in exported.splitlines()]
        self.assertEqual(
            [line["event"] for line in lines], ["registered", "credential", "access", "said", "told", "told"]
        )
        self.assertEqual([line["text"] for line in lines[3:]], ["from alice", "to alice", "to a guest"])
        self.assertEqual(lines[1]["credential"], {"kind": "password"})
        self.assertEqual(lines[3]["by"]["account"], "alice")
        self.assertNotIn("secret", exported)

    def test_acts(self) -> None:
        """It has what the account's user did as an administrator."""
        for source in (ALICE, BOB):
            act = AdministrativeAct(source, "kill", source.nick, "carol", "spam", "irc")
            self.successResultOf(self.log.append(act))
        exported = self.command("export", "--data=data", "--account=alice")
        (found,) = [line for line in map(json.loads, exported.splitlines()) if line["event"] == "act"]
        self.assertEqual(
            (found["who"], found["act"], found["target"], found["door"]), ("alice", "kill", "carol", "irc")
        )

    def test_metadata(self) -> None:
        """It has the metadata of the account, and what its user set as metadata of rooms; nothing of others."""
        for event in (
            AccountMetadataSet(ALICE, "Alice", "1", "display-name", "Alice Example"),
            AccountMetadataSet(ALICE, "Alice", "1", "avatar", "https://a.example/"),
            AccountMetadataSet(SERVER, "eve", "", "display-name", "Eve Example"),
            RoomRegistered(SERVER, "#den", "eve"),
            KeptRoomMetadataSet(ALICE, "#den", "1", "url", "https://den.example/"),
            AccountMetadataSet(ALICE, "Alice", "1", "avatar", None),
        ):
            self.successResultOf(self.log.append(event))
        exported = self.command("export", "--data=data", "--account=alice")
        lines = [json.loads(line) for line in exported.splitlines()]
        found = [(line["event"], line["key"], line["value"]) for line in lines if "key" in line]
        self.assertEqual(
            found,
            [
                ("accountmetadata", "display-name", "Alice Example"),
                ("keptroommetadata", "url", "https://den.example/"),
                ("accountmetadata", "avatar", None),
            ],
        )
        for gone in ("a.example", "Eve Example"):
            self.assertNotIn(gone, exported)

    def test_file(self) -> None:
        """A new file gets it, which only its owner can read; an existing file is not changed."""
        self.command("export", "--data=data", "--account=alice", "mine")
        self.assertEqual(len(Path("mine").read_text().splitlines()), 6)
        self.assertEqual(Path("mine").stat().st_mode & 0o777, 0o600)
        self.assertIn("exists already", self.refused("export", "--data=data", "--account=alice", "mine"))
        self.command("export", "--data=data", "--room=#lobby", "room")
        self.assertEqual(len(Path("room").read_text().splitlines()), 3)
        self.assertIn("name a room or an account", self.refused("export", "--data=data"))
        self.assertIn("nothing of carol", self.refused("export", "--data=data", "--account=carol", "other"))
        self.assertFalse(Path("other").exists())

    def test_hostile(self) -> None:
        """What a terminal would obey is escaped, and means the same."""
        text = "\x9b2J\u202espam\u2028\x7f"
        self.successResultOf(self.log.append(RoomMessage(ALICE, "#lobby", "1", text)))
        for what in ("--account=alice", "--room=#lobby", "--all"):
            lines = self.command("export", "--data=data", what).split("\n")
            self.assertTrue(all(line.isprintable() for line in lines), what)
            found = json.loads(lines[-2])
            self.assertEqual(text, (found.get("body") or found)["text"])

    def test_fullDisk(self) -> None:
        """If the disk is full, the error names the file, and no file is left."""

        class Full(FileIO):
            """A file on a full disk."""

            def write(self, data: object) -> int:
                """See L{FileIO.write}."""
                raise OSError(28, "No space left on device")

        self.patch(os, "fdopen", lambda number, mode, encoding: TextIOWrapper(BufferedWriter(Full(number, mode))))
        for what in ("--account=alice", "--all"):
            self.assertEqual(
                "twistchat: full.jsonl: No space left on device",
                self.refused("export", "--data=data", what, "full.jsonl"),
            )
        self.assertEqual([self.data], list(self.folder.iterdir()))

    def test_interrupted(self) -> None:
        """Ctrl-C leaves no incomplete file behind."""

        def interrupted(*arguments: object) -> Iterator[str]:
            yield "{}"
            raise KeyboardInterrupt

        self.patch(journal, "exportAccount", interrupted)
        self.patch(journal, "export", interrupted)
        for what in ("--account=alice", "--room=lobby"):
            ended = self.assertRaises(SystemExit, self.command, "export", "--data=data", what, "mine")
            self.assertEqual(130, ended.code)
            self.assertFalse(Path("mine").exists())

    def test_progress(self) -> None:
        """The command shows how far it is, and erases that at the end."""
        for what in ("--account=alice", "--room=lobby"):
            terminal = StringIO()
            self.patch(terminal, "isatty", lambda: True)
            self.patch(sys, "stderr", terminal)
            self.command("export", "--data=data", what)
            self.assertIn(f"Reading [{40 * '#'}] 100 %", terminal.getvalue())
            self.assertTrue(terminal.getvalue().endswith("\r\x1b[K"))

    def test_damaged(self) -> None:
        """Entries that changed on disk are left out and counted, also if nobody can tell whose they were."""
        self.change("UPDATE entry SET body = replace(body, 'from alice', 'from Alice')")
        self.change("UPDATE entry SET body = 'x' WHERE body LIKE '%a guest%' AND kind = 'said'")
        why = self.refused("export", "--data=data", "--account=alice", "mine")
        self.assertIn("entries that changed on disk were left out: 2, of this account or of others", why)
        self.assertEqual(len(Path("mine").read_text().splitlines()), 5)
