"""History and live lines meet: whoever comes and goes at random sees each line once, in the journal's order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from random import Random

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.events import Entry, Said
from twistchat.chat.history import Around, Span
from twistchat.journal.stamp import Stamp
from twistchat.testing import HeldJournal, LineClient, MemoryServer
from twistchat.testing.server import SETTINGS

TEXT = re.compile(r"\[12:00\] <[a-z]+> (line \d+)")


class SlowJournal(HeldJournal):
    """
    A journal that is slow to write and slow to read.

    @ivar entries: all that was applied.
    @ivar readings: what is being read, and who waits for it.
    """

    def __init__(self, stamp: Stamp) -> None:
        super().__init__(stamp)
        self.readings: list[tuple[Span | Around, Deferred[Sequence[Entry]]]] = []

    def read(self, span: Span | Around) -> Deferred[Sequence[Entry]]:
        """Read later: when C{answer} says so, and what is there then."""
        reading: Deferred[Sequence[Entry]] = Deferred()
        self.readings.append((span, reading))
        return reading

    def answer(self) -> None:
        """Let the oldest reading come back."""
        span, reading = self.readings.pop(0)
        super().read(span).chainDeferred(reading)


def texts(client: LineClient) -> list[str]:
    """The lines that a client has seen said, in order."""
    return [found[1] for line in client.raw.decode().splitlines() if (found := TEXT.fullmatch(line))]


class ReplayTests(SynchronousTestCase):
    """Many clients, who talk, hang up and come back while the journal lags behind."""

    def test_withoutGapOrDouble(self) -> None:
        """What each connection shows is one unbroken stretch of what the journal has of the room."""
        for seed in range(12):
            self.converse(Random(seed))

    def converse(self, random: Random) -> None:
        """Let things happen at random, then compare."""
        limits = replace(SETTINGS.limits, historyOnJoin=random.choice((1, 10, 500)))
        journals: list[SlowJournal] = []

        def make(stamp: Stamp) -> SlowJournal:
            journals.append(SlowJournal(stamp))
            return journals[0]

        server = MemoryServer(replace(SETTINGS, limits=limits), make)
        (journal,) = journals
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
                    journal.commit(random.randrange(4))
                    server.settle()
                case 6 if journal.readings:
                    journal.answer()
                    server.settle()
        while journal.waiting or journal.readings:
            journal.commit()
            server.settle()
            if journal.readings:
                journal.answer()
                server.settle()

        kept = self.successResultOf(HeldJournal.read(journal, Span("#lobby", 10_000)))
        order = [entry.event.text for entry in kept if isinstance(entry.event, Said)]
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
