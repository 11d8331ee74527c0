"""History and live lines meet: whoever comes and goes at random sees each line once, in the journal's order."""

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
    A history that is slow to read.

    @ivar readings: what is being read, and who waits for it.
    """

    def __init__(self, log: MemoryLog) -> None:
        super().__init__(log)
        self.readings: list[tuple[Span | Around, Deferred[Sequence[Kept]]]] = []

    def read(self, span: Span | Around) -> Deferred[Sequence[Kept]]:
        """Read later, what is there then."""
        reading: Deferred[Sequence[Kept]] = Deferred()
        self.readings.append((span, reading))
        return reading

    def answer(self) -> None:
        """Let the oldest reading come back."""
        span, reading = self.readings.pop(0)
        super().read(span).chainDeferred(reading)


class MemoryLag:
    """A journal in memory that lags behind: the test says when something is written, and when something is read."""

    def make(self, stamp: Stamp) -> Journal:
        """Make the journal."""
        self._log = ManualLog(stamp)
        self._history = SlowReader(self._log)
        return Journal(self._log, self._history)

    def busy(self) -> bool:
        """Whether anything waits to be written or read."""
        return bool(self._log.waiting or self._history.readings)

    def write(self, random: Random) -> None:
        """Let a few events happen, or none."""
        self._log.commit(random.randrange(4))

    def read(self) -> None:
        """Let a reading come back, if there is one."""
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
        """Whether anything waits to be written or read."""
        return any(self._workers)

    def write(self, random: Random) -> None:
        """Let a batch reach the disk, if there is one."""
        writer, _ = self._workers
        if len(writer):
            writer.step()

    def read(self) -> None:
        """Let a reading come back, if there is one."""
        _, reader = self._workers
        if len(reader):
            reader.step()


def texts(client: LineClient) -> list[str]:
    """The lines that a client has seen said, in order."""
    return [found[1] for line in client.raw.decode().splitlines() if (found := TEXT.fullmatch(line))]


class ReplayTests(SynchronousTestCase):
    """
    Many clients, who talk, hang up and come back while the journal lags behind: what each connection shows is one
    unbroken stretch of what the journal has of the room.
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
        """Let things happen at random, then compare."""
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
        """Let everything reach the disk, and be read."""
        while lag.busy():
            lag.write(random)
            lag.read()
            server.pump()

    def read(self, server: MemoryServer, lag: MemoryLag | SqliteLag, random: Random) -> Sequence[Entry]:
        """All that the journal has of the lobby, when everything has reached it."""
        self.settle(server, lag, random)
        reading = server.history.read(Span("#lobby", 10_000))
        self.settle(server, lag, random)
        return sound(self.successResultOf(reading))
