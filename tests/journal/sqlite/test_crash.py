"""A killed process: acknowledged messages are stored, once and in order."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from twisted.trial.unittest import SynchronousTestCase

from tests.journal.disk import connectionOf, sound, sqliteParts, writerOf
from twistchat.chat.model.events import Entry, RoomMessage
from twistchat.chat.model.spans import Span
from twistchat.testing.workers import InlineWorker

ROOT = Path(__file__).parents[3]

ROUNDS = 3
"""The number of kills, each at another moment."""


class KillTests(SynchronousTestCase):
    """C{kill -9}."""

    def test_kill(self) -> None:
        """
        Every acknowledged message is stored once, in order.  A message in flight is stored once or not at all.  The
        file is good, and the next process repeats no sequence number.
        """
        directory = mkdtemp()
        self.addCleanup(rmtree, directory)
        last = 0
        for number in range(ROUNDS):
            acknowledged = self.acknowledgedUntilKilled(directory, 150 + random.Random(number).randrange(300))
            self.assertGreater(acknowledged[0][1], last)
            kept = self.kept(directory, last)
            wanted = [(f"message {number}", sequence) for number, sequence in acknowledged]
            texts = [entry.event.text for entry in kept if isinstance(entry.event, RoomMessage)]
            found = [(text, entry.sequence) for text, entry in zip(texts, kept, strict=True)]
            self.assertEqual(found[: len(wanted)], wanted)
            self.assertEqual(len(set(texts)), len(texts))
            # Messages in flight come after these, in order.
            self.assertEqual(texts, [f"message {number}" for number in range(len(texts))])
            last = kept[-1].sequence

    def acknowledgedUntilKilled(self, directory: str, count: int) -> list[tuple[int, int]]:
        """Run a process and kill it after so many acknowledgements.  Return the acknowledgements."""
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
        with subprocess.Popen(
            [sys.executable, "-m", "tests.journal.appender", directory],
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env=environment,
        ) as process:
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(count)]
            process.kill()
            lines += process.stdout.read().splitlines(keepends=True)
        pairs = [line.split() for line in lines if line.endswith(b"\n")]
        return [(int(number), int(sequence)) for number, sequence in pairs]

    def kept(self, directory: str, after: int) -> list[Entry]:
        """Open the journal again, check the file, and return the entries after C{after}."""
        log, history = sqliteParts(
            directory, lambda: 1.0, lambda: "other", lambda: bytes(32), lambda name: InlineWorker()
        )
        self.successResultOf(log.open(lambda entry, origin: None))
        check = connectionOf(writerOf(log)).execute("PRAGMA integrity_check").fetchall()
        self.assertEqual(check, [("ok",)])
        kept: list[Entry] = []
        while page := self.successResultOf(
            history.read(Span("#room", 500, kept[-1].sequence if kept else after, None, oldest=True))
        ):
            kept += sound(page)
        self.successResultOf(log.close())
        return kept
