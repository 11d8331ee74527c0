"""Tests of L{twistchat.journal.history.acts}, with a journal on disk."""

from __future__ import annotations

from collections.abc import Sequence

from twisted.internet.task import Clock

from tests.journal.disk import DiskTestCase, connectionOf, readerOf
from twistchat.chat.errors import SearchTooBroad
from twistchat.chat.model.events import AdministrativeAct
from twistchat.chat.model.spans import Acts, Damaged, Kept
from twistchat.journal.history.acts import readActs
from twistchat.journal.history.reader import HistoryReader
from twistchat.testing.contract import ANN, said

KILL = AdministrativeAct(ANN, "kill", "Ann", "bob")


class SlowClock(Clock):
    """
    A clock by which every look at it may take a while.

    @ivar step: the seconds that a look takes.
    """

    step = 0.0

    def seconds(self) -> float:
        """See L{Clock.seconds}."""
        self.rightNow += self.step
        return self.rightNow


class ActsTests(DiskTestCase):
    """Reading acts from the file.  L{twistchat.testing.contract} has what all journals do."""

    def acts(self, **filters: str) -> Sequence[Kept]:
        """Read acts."""
        reading = self.history.acts(Acts(9, **filters))  # type: ignore[arg-type]  # filters are texts
        self.settle()
        acts: Sequence[Kept] = self.successResultOf(reading)
        return acts

    def test_damaged(self) -> None:
        """An act that changed on disk is shown as damaged, whatever the filters are."""
        kept = self.append(KILL, KILL, KILL)
        change = self.connection.execute
        change("UPDATE entry SET body = replace(body, 'bob', 'rob') WHERE sequence = ?", (kept[0].sequence,))
        change("UPDATE entry SET body = 'not JSON' WHERE sequence = ?", (kept[1].sequence,))
        wanted = [kept[2], Damaged(kept[1].sequence), Damaged(kept[0].sequence)]
        self.assertEqual(self.acts(), wanted)
        self.assertEqual(self.acts(act="ban"), wanted[1:2])
        self.flushLoggedErrors()

    def test_restart(self) -> None:
        """A start does not read acts.  They can be read afterwards."""
        kept = self.append(KILL, said("x"), KILL)
        self.closeJournal()
        self.openJournal()
        self.assertEqual(self.applied, [])
        self.assertEqual(self.onDisk("SELECT count(*) FROM holding"), [0])
        self.assertEqual(self.acts(), [kept[2], kept[0]])

    def test_index(self) -> None:
        """Acts are found by their index, so the other entries are not read."""
        self.append(KILL)
        queries: list[str] = []
        connection = connectionOf(readerOf(self.journal))
        connection.set_trace_callback(queries.append)
        self.acts(who="ann")
        connection.set_trace_callback(None)
        (query,) = queries
        plan = [step for *_, step in connection.execute(f"EXPLAIN QUERY PLAN {query}")]
        self.assertIn("SEARCH entry USING INDEX entry_act (kind=? AND rowid>? AND rowid<?)", plan)
        self.assertFalse([step for step in plan if "TEMP B-TREE" in step])

    def test_bounded(self) -> None:
        """Reading takes no longer than a search may take."""
        self.closeJournal()
        clock = SlowClock()
        self.openJournal(clock=clock)
        self.append(*[KILL] * 1000)
        clock.step = 0.3
        reading = self.history.acts(Acts(9, who="nobody"))
        self.settle()
        self.failureResultOf(reading, SearchTooBroad)

    def test_console(self) -> None:
        """Another process reads acts, while the server uses the file and afterwards."""
        kept = self.append(KILL, said("x"))
        for _ in range(2):
            reader = HistoryReader.open(self.path)
            self.addCleanup(reader.close)
            self.assertEqual(readActs(reader, Acts(9)), [kept[0]])
            self.closeJournal()
            self.openJournal()
