"""
History and live lines join: clients that connect and disconnect at random see each line once, in the journal's order.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from shutil import rmtree
from tempfile import mkdtemp

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.journal.disk import sound
from twistchat.chat.model.events import Entry, RoomMessage
from twistchat.chat.model.spans import Around, Kept, Span
from twistchat.interfaces import Journal
from twistchat.journal.history.memory import MemoryHistory
from twistchat.journal.kinds import sqliteJournal
from twistchat.journal.memory import MemoryLog
from twistchat.journal.stamp import Stamp
from twistchat.testing import LineClient, ManualLog, MemoryServer
from twistchat.testing.server import NOON, SETTINGS
from twistchat.testing.workers import HeldWorker

TEXT = re.compile(r"\[12:00\] <[a-z]+> (line \d+)")


class SlowReader(MemoryHistory):
    """
    A history whose reads take time.


    @ivar readings: the reads that have not finished, and the Deferreds that wait for them.
    """

    def __init__(self, log: MemoryLog) -> None:
        super().__init__(log)
        self.readings: list[tuple[Span | Around, Deferred[Sequence[Kept]]]] = []

    def read(self, span: Span | Around) -> Deferred[Sequence[Kept]]:
        """Start a read.  Its result is read when it finishes."""
        reading: Deferred[Sequence[Kept]] = Deferred()
        self.readings.append((span, reading))
        return reading

    def answer(self) -> None:
        """Finish the oldest read."""
        span, reading = self.readings.pop(0)
        super().read(span).chainDeferred(reading)


class MemoryLag:
    """A journal in memory that lags behind.  The test decides when it writes and reads."""

    def make(self, stamp: Stamp) -> Journal:
        """Make the journal."""
        self._log = ManualLog(stamp)
        self._history = SlowReader(self._log)
        return Journal(self._log, self._history)

    def busy(self) -> bool:
        """Whether a write or read waits."""
        return bool(self._log.waiting or self._history.readings)

    def write(self, random: Random) -> None:
        """Commit a few events, or none."""
        self._log.commit(random.randrange(4))

    def read(self) -> None:
        """Finish a read, if one waits."""
        if self._history.readings:
            self._history.answer()


class SqliteLag:
    """A journal on disk that lags behind."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._workers: list[HeldWorker] = []

    def make(self, stamp: Stamp) -> Journal:
        """Make the journal."""

        def work(name: str) -> HeldWorker:
            self._workers.append(HeldWorker())
            return self._workers[-1]

        return sqliteJournal(self._directory, lambda: NOON, lambda: "j", lambda: bytes(32), work)

    def busy(self) -> bool:
        """Whether a write or read waits."""
        return any(self._workers)

    def write(self, random: Random) -> None:
        """Write a batch to disk, if one waits."""
        writer, _ = self._workers
        if len(writer):
            writer.step()

    def read(self) -> None:
        """Finish a read, if one waits."""
        _, reader = self._workers
        if len(reader):
            reader.step()


def texts(client: LineClient) -> list[str]:
    """Return the messages that a client received, in order."""
    return [found[1] for line in client.raw.decode().splitlines() if (found := TEXT.fullmatch(line))]


class ReplayTests(SynchronousTestCase):
    """
    Many clients talk, disconnect and return while the journal lags behind.  Each connection shows an unbroken span of
    the room's history.
    """

    def test_memory(self) -> None:
        """With the journal in memory."""
        for seed in range(12):
            self.converse(Random(seed), MemoryLag())

    def test_sqlite(self) -> None:
        """With the journal on disk."""
        for seed in range(12):
            directory = mkdtemp()
            self.addCleanup(rmtree, directory)
            self.converse(Random(seed), SqliteLag(directory))

    def converse(self, random: Random, lag: MemoryLag | SqliteLag) -> None:
        """Act at random, then compare."""
        limits = replace(SETTINGS.limits, historyOnJoin=random.choice((1, 10, 500)))
        server = MemoryServer(replace(SETTINGS, limits=limits), lag.make)
        present: dict[str, LineClient] = {}
        every: list[LineClient] = []
        said = 0
        for _ in range(600):
            match random.randrange(8):
                case 0:
                    name = random.choice("abcdefgh") * 3
                    if name in present:
                        present.pop(name).hangUp()
                    else:
                        present[name] = client = server.connect()
                        client.send(name, "/echo on")
                        every.append(client)
                case 1 | 2 | 3 if present:
                    said += 1
                    random.choice(list(present.values())).send(f"line {said}")
                case 4 | 5:
                    lag.write(random)
                    server.pump()
                case 6:
                    lag.read()
                    server.pump()
        kept = self.read(server, lag, random)
        order = [entry.event.text for entry in kept if isinstance(entry.event, RoomMessage)]
        self.assertGreater(len(order), 50)
        whole = 0
        for client in every:
            seen = texts(client)
            if seen:
                start = order.index(seen[0])
                self.assertEqual(order[start : start + len(seen)], seen)
                whole += len(seen)
        for client in present.values():
            if b"* You are " in client.raw:  # else their nick was still in use: its last holder's going waited
                self.assertEqual(order[-1:], texts(client)[-1:])
        self.assertGreater(whole, len(order))
        server.close()
        self.settle(server, lag, random)

    def settle(self, server: MemoryServer, lag: MemoryLag | SqliteLag, random: Random) -> None:
        """Write everything to disk, and finish all reads."""
        while lag.busy():
            lag.write(random)
            lag.read()
            server.pump()

    def read(self, server: MemoryServer, lag: MemoryLag | SqliteLag, random: Random) -> Sequence[Entry]:
        """Return the whole history of the lobby, after everything has been written."""
        self.settle(server, lag, random)
        reading = server.history.read(Span("#lobby", 10_000))
        self.settle(server, lag, random)
        return sound(self.successResultOf(reading))
