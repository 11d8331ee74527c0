"""Tests of L{twistchat.journal.sqlite.writing.sideeffects}, beside those of redactions and restarts."""

from __future__ import annotations

import json

from tests.journal.disk import DiskTestCase
from twistchat.chat.model.events import (
    Entry,
    PrivateMessage,
    PrivateMessageRedacted,
    RoomMessageRedacted,
    RoomRenamed,
    Source,
    TopicSet,
)
from twistchat.journal.sqlite.writing.sideeffects import SideEffects
from twistchat.testing.contract import ANN, BOB, said


class SideEffectTests(DiskTestCase):
    """The changes that a batch makes to other rows."""

    def test_none(self) -> None:
        """A text has no side effects, so a batch of texts is one statement."""
        effects = SideEffects()
        self.assertFalse(effects.note(Entry(1, "j-1", 1, said("x"))))
        self.assertEqual(effects.statements(), [])

    def test_correspondents(self) -> None:
        """Each pair of accounts is noted once in a batch.  Texts of guests are not."""
        effects = SideEffects()
        guest = Source("u9", "guest")
        texts = [(ANN, BOB), (BOB, ANN), (ANN, ANN), (ANN, guest), (guest, ANN)]
        for number, (source, recipient) in enumerate(texts):
            self.assertFalse(effects.note(Entry(number, "", 1, PrivateMessage(source, "s1", recipient, "x"))))
        ((statement, parameters),) = effects.statements()
        self.assertIn("INTO correspondent", statement)
        pairs = [["ann", "ann ann"], ["ann", "ann bob"], ["bob", "ann bob"]]
        self.assertEqual((json.dumps(pairs),), parameters)

    def test_taken(self) -> None:
        """A conversation is not listed if a redaction in the same batch leaves no text in it."""
        first = self.append(said("start"))[0].sequence
        text, taken = first + 1, f"name-{first + 1}"
        self.append(PrivateMessage(ANN, "s1", BOB, "x"), PrivateMessageRedacted(ANN, BOB, text, taken))
        self.assertEqual(self.onDisk("SELECT count(*) FROM entry WHERE kind = 'told'"), [0])
        self.assertEqual(self.onDisk("SELECT account FROM correspondent"), [])

    def test_rename(self) -> None:
        """A rename ends its batch, and its statements come last, because redactions use the old places."""
        effects = SideEffects()
        self.assertFalse(effects.note(Entry(2, "j-2", 1, RoomMessageRedacted(ANN, "#a", 1, "j-1"))))
        self.assertFalse(effects.note(Entry(3, "j-3", 1, TopicSet(ANN, "#a", "tea"))))
        self.assertTrue(effects.note(Entry(4, "j-4", 1, RoomRenamed(ANN, "#a", "#b"))))
        verbs = [" ".join(statement.split()[:3]) for statement, _ in effects.statements()]
        self.assertEqual(
            verbs,
            [
                "INSERT OR REPLACE",
                "DELETE FROM entry",
                "UPDATE journal SET",
                "INSERT INTO renaming",
                "INSERT INTO moving",
            ],
        )

    def test_redactedInBatch(self) -> None:
        """A redaction deletes an earlier text of its own batch, and no later text, even if it names one."""
        first = self.append(said("start"))[0].sequence
        redactions = [RoomMessageRedacted(ANN, "#room", first + step, f"name-{first + step}") for step in (1, 4)]
        entries = self.append(said("gone"), *redactions, said("stays"))
        self.assertEqual(self.onDisk("SELECT sequence FROM entry WHERE kind = 'said'"), [first, entries[-1].sequence])
