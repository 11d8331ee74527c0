"""Tests of L{twistchat.importing.records}."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

from twisted.trial.unittest import SynchronousTestCase

from twistchat.importing.records import LeftOut, Person, Reaction, Room, Text


class RecordTests(SynchronousTestCase):
    """Records are values."""

    def test_values(self) -> None:
        """Equal records are one key, and no record can be changed."""
        records = (
            Person("U1", "alice"),
            Room("C1", "general"),
            Text("1", "C1", "U1", 5, "tea?"),
            Reaction("1", ("U1", "U2"), "U2", 6, ":tea:"),
            LeftOut("file", "cup.png"),
        )
        self.assertEqual(Text("1", "C1", "U1", 5, "tea?", "message", None), records[2])
        self.assertEqual(5, len({*records, Room("C1", "general", "", False, (), False, None)}))
        for record in records:
            with self.assertRaises(FrozenInstanceError):
                setattr(record, next(iter(type(record).__slots__)), "x")
