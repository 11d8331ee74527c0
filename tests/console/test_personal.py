"""Tests of L{twistchat.console.personal}."""

from __future__ import annotations

import builtins
import json
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

from tests.console.cases import ALICE, BOB, ConsoleTestCase
from twistchat.chat.model.events import (
    SERVER,
    AccessSet,
    AccountMetadataSet,
    AccountRegistered,
    Credential,
    CredentialSet,
    KeptRoomMetadataSet,
    PrivateMessage,
    RoomMessage,
    RoomRegistered,
    Source,
)
from twistchat.console import personal


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
        self.assertIn("an argument too many", self.refused("export", "--data=data", "--room=#lobby", "mine2"))
        self.assertIn("name a room or an account", self.refused("export", "--data=data"))
        self.assertIn("nothing of carol", self.refused("export", "--data=data", "--account=carol", "other"))
        self.assertFalse(Path("other").exists())

    def test_interrupted(self) -> None:
        """Ctrl-C leaves no incomplete file behind."""

        def interrupted(*arguments: object) -> Iterator[str]:
            yield "{}"
            raise KeyboardInterrupt

        self.patch(personal, "exportAccount", interrupted)
        self.assertRaises(SystemExit, self.command, "export", "--data=data", "--account=alice", "mine")
        self.assertFalse(Path("mine").exists())

    def test_damaged(self) -> None:
        """Entries that changed on disk are left out and counted, also if nobody can tell whose they were."""
        self.change("UPDATE entry SET body = replace(body, 'from alice', 'from Alice')")
        self.change("UPDATE entry SET body = 'x' WHERE body LIKE '%a guest%' AND kind = 'said'")
        why = self.refused("export", "--data=data", "--account=alice", "mine")
        self.assertIn("entries that changed on disk were left out: 2, of this account or of others", why)
        self.assertEqual(len(Path("mine").read_text().splitlines()), 5)


class ForgetTests(ConsoleTestCase):
    """The erasure of the texts of an account, while no server runs."""

    def setUp(self) -> None:
        """Store a text of an account and one of a guest."""
        super().setUp()
        log = self.serve(
            AccountRegistered(SERVER, "alice"),
            RoomMessage(ALICE, "#lobby", "1", "uniqueword of alice"),
            RoomMessage(BOB, "#lobby", "1", "hello"),
        )
        self.successResultOf(log.close())
        self.errors = StringIO()
        self.patch(sys, "stderr", self.errors)

    def inFiles(self) -> bool:
        """Whether a file contains the account's text."""
        return any(b"uniqueword" in path.read_bytes() for path in self.data.iterdir() if path.is_file())

    def test_forget(self) -> None:
        """The texts are gone from all files, and those of others are not.  Earlier copies are named."""
        Path("data/journal.sqlite.version3").write_bytes(b"")
        self.assertTrue(self.inFiles())
        self.assertEqual(
            self.command("forget", "--data=data", "--account=ALICE", "--yes"), "What alice wrote is erased\n"
        )
        self.assertFalse(self.inFiles())
        exported = self.command("export", "--data=data", "--room=#lobby")
        self.assertIn("hello", exported)
        self.assertNotIn("uniqueword", exported)
        self.assertIn("journal.sqlite.version3 is an earlier copy that still has it; delete it", self.errors.getvalue())

    def test_metadata(self) -> None:
        """Earlier metadata is gone from all files.  That of the account, and the current one of rooms, stays."""
        log = self.serve(
            RoomRegistered(SERVER, "#den", "alice"),
            KeptRoomMetadataSet(ALICE, "#den", "1", "url", "uniqueword of a room"),
            KeptRoomMetadataSet(ALICE, "#den", "1", "url", "https://den.example/"),
            AccountMetadataSet(ALICE, "alice", "1", "display-name", "uniqueword of an account"),
            AccountMetadataSet(ALICE, "alice", "1", "display-name", "Alice Example"),
        )
        self.successResultOf(log.close())
        self.command("forget", "--data=data", "--account=alice", "--yes")
        self.assertFalse(self.inFiles())
        exported = self.command("export", "--data=data", "--account=alice")
        self.assertIn("Alice Example", exported)
        self.assertIn("https://den.example/", exported)

    def test_mistakes(self) -> None:
        """An account must be named, and must have existed; and the command must be certain."""
        self.assertIn("name an account", self.refused("forget", "--data=data"))
        self.assertIn("There is no account eve", self.refused("forget", "--data=data", "--account=eve", "--yes"))
        self.assertIn("add --yes", self.refused("forget", "--data=data", "--account=alice"))

    def test_asks(self) -> None:
        """At a terminal it asks, and only yes erases."""
        for answer, erases in (("", False), ("n", False), (EOFError, False), (KeyboardInterrupt, False), ("yes", True)):
            self.typed()

            def ask(prompt: str, answer: str | type[BaseException] = answer) -> str:
                if isinstance(answer, type):
                    raise answer
                return answer

            self.patch(builtins, "input", ask)
            if erases:
                self.assertIn("is erased", self.command("forget", "--data=data", "--account=alice"))
            else:
                why = self.refused("forget", "--data=data", "--account=alice")
                self.assertEqual(why, "twistchat: nothing was erased")
            self.assertEqual(self.inFiles(), not erases)
