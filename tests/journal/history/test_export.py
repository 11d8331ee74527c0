"""Tests of L{twistchat.journal.history.export}, in addition to those of the console."""

from __future__ import annotations

import json

from msgspec.structs import replace
from twisted.internet.task import Clock

from tests.journal.disk import DiskTestCase
from twistchat.chat.model.events import (
    SERVER,
    AccessSet,
    AccountRegistered,
    Credential,
    CredentialSet,
    Entry,
    RoomRegistered,
    TextsForgotten,
)
from twistchat.chat.model.holding import holdingChange
from twistchat.chat.model.spans import Damaged
from twistchat.journal.history.export import export, exportAccount
from twistchat.testing.contract import BOB, said


class ExportTests(DiskTestCase):
    """The export of a room that has more entries than are read at a time."""

    def export(self) -> list[str]:
        """Export C{#room} with small pages.  Return the text of each entry, and C{damaged} for each damaged one."""
        lines = export(self.history.reader, "#Room", page=3)
        return ["damaged" if isinstance(line, Damaged) else json.loads(line)["text"] for line in lines]

    def test_pages(self) -> None:
        """The whole room is exported, each entry once."""
        self.append(*(said(f"{number}") for number in range(10)))
        self.assertEqual(self.export(), [f"{number}" for number in range(10)])

    def test_manyDamaged(self) -> None:
        """A page that contains only damaged entries does not end the export."""
        self.append(*(said(f"{number}") for number in range(10)))
        self.connection.execute("UPDATE entry SET time = time + 1 WHERE sequence < 9")
        self.assertEqual(self.export(), ["damaged"] * 8 + ["8", "9"])

    def test_accounts(self) -> None:
        """No export contains an event of an account, whatever name is given.  Registered rooms show no credentials."""
        self.append(
            AccountRegistered(SERVER, "alice"),
            CredentialSet(SERVER, "alice", Credential("password", "", "the-hash", "the-keys"), openedWith="the-trace"),
            RoomRegistered(SERVER, "#room", "alice"),
            AccessSet(SERVER, "#room", "alice", "o"),
        )
        for name in ("alice", "@alice", "", "@", "#room"):
            found = "".join(str(line) for line in export(self.history.reader, name))
            self.assertNotIn("the-", found)
            self.assertEqual(bool(found), name == "#room")

    def test_ranks(self) -> None:
        """The texts to the ranks of a room belong to it, in the order of the journal."""
        self.append(said("a"), replace(said("b"), rank="o"), said("c"), replace(said("d"), rank="v"), said("e"))
        self.assertEqual(self.export(), list("abcde"))

    def test_beingErased(self) -> None:
        """What is being erased is not exported, neither with its room nor with its account."""
        self.append(said("secret"), said("open", source=BOB))
        self.closeJournal()
        self.openJournal(clock=Clock())
        self.append(TextsForgotten(SERVER, "ann"), said("later"))
        self.assertEqual(self.onDisk("SELECT count(*) FROM forgetting"), [1])
        self.assertEqual(self.export(), ["open", "later"])
        lines = "".join(str(line) for line in exportAccount(self.history.reader.file, "ann", lambda part: None))
        self.assertIn("later", lines)
        self.assertNotIn("secret", lines)

    def test_shown(self) -> None:
        """No description of an event, an entry or a change shows a credential."""
        credential = Credential("password", "", "the-hash", "the-keys")
        event = CredentialSet(SERVER, "alice", credential)
        for value in (credential, event, Entry(1, "m", 1, event), holdingChange(event)):
            self.assertNotIn("the-", f"{value!r} {value}")
