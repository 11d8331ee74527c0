"""What is in copies, and whether they are equal."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from twisted.trial.unittest import SynchronousTestCase

from bench.cluster import copies
from bench.cluster.messages import write
from bench.cluster.nodes import Node


@dataclass
class Place:
    """What L{copies.settle} needs of a node."""

    name: str
    copy: Path


def fill(path: Path, texts: list[tuple[int, int]], name: str = "j") -> None:
    """Make a copy with texts."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE journal (name TEXT)")
        connection.execute(
            "CREATE TABLE entry (sequence INTEGER PRIMARY KEY, time, kind, conversation, checksum, body TEXT)"
        )
        connection.execute("INSERT INTO journal VALUES (?)", (name,))
        for sequence, text in enumerate(texts, 3):
            body = json.dumps({"text": write(text).decode()})
            connection.execute("INSERT INTO entry VALUES (?, 5, 'said', '#r0', 1, ?)", (sequence, body))
        connection.execute("INSERT INTO entry VALUES (1, 5, 'topic', '#r0', 1, '{}')")


class CopyTests(SynchronousTestCase):
    """Two copies."""

    def setUp(self) -> None:
        """Make two equal copies, and places for them."""
        folder = Path(self.mktemp())
        folder.mkdir()
        self.one, self.other = folder / "one.sqlite", folder / "other.sqlite"
        fill(self.one, [(0, 1), (1, 1)])

    def settle(self) -> tuple[float, object]:
        """Compare them, without patience."""
        places = [cast(Node, Place("a", self.one)), cast(Node, Place("b", self.other))]
        return asyncio.run(copies.settle(places, 0.0, copies.digest))

    def test_equal(self) -> None:
        """Equal copies have one digest and no difference, and their texts are read with their message ids."""
        fill(self.other, [(0, 1), (1, 1)])
        self.assertEqual(copies.digest(self.one), copies.digest(self.other))
        self.assertEqual(copies.firstDifference(self.one, self.other), "")
        self.assertEqual(copies.rooms(self.one), {"#r0": [("j-3", (0, 1)), ("j-4", (1, 1))]})
        self.assertEqual(copies.last(self.one), (4, 3))
        self.assertLess(self.settle()[0], 5.0)

    def test_other(self) -> None:
        """Another text, another order, another end and another name are found."""
        for number, (texts, name) in enumerate(
            (([(0, 1), (1, 2)], "j"), ([(1, 1), (0, 1)], "j"), ([(0, 1)], "j"), ([(0, 1), (1, 1)], "k"))
        ):
            self.other = self.one.with_name(f"other{number}.sqlite")
            fill(self.other, texts, name)
            self.assertNotEqual(copies.digest(self.one), copies.digest(self.other))
            self.assertEqual(bool(copies.firstDifference(self.one, self.other)), name == "j")
            self.assertEqual(self.settle()[0], float("inf"))

    def test_missing(self) -> None:
        """A copy that is not there has no entries."""
        self.assertEqual(copies.last(self.other), (0, 0))
