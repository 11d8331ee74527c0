"""Tests of L{twistchat.console.journals.personal}."""

from __future__ import annotations

import builtins
import sys
from io import StringIO
from pathlib import Path

from tests.console.cases import ALICE, BOB, ConsoleTestCase
from twistchat.chat.model.events import (
    SERVER,
    AccountMetadataSet,
    AccountRegistered,
    KeptRoomMetadataSet,
    RoomMessage,
    RoomRegistered,
)


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
