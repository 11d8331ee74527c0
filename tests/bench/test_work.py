"""No message costs more work than before.  The tests count calls and measure no time."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from bench.work import CASES, Cost, Work, excess, observe, price
from twistchat.chat.fanout.audience import Audience
from twistchat.chat.fanout.delivery import passesFilter
from twistchat.chat.model.events import Entry
from twistchat.chat.model.names import fold
from twistchat.net.output.outbox import Outbox


class WorkTests(SynchronousTestCase):
    """The bounds of every door."""

    def test_bounds(self) -> None:
        """No message costs more than the bounds of its door allow."""
        for case in CASES.values():
            self.assertEqual(excess(price(case), case.bounds), [], f"{case.name} door; python -m bench.work shows all")

    def test_shared(self) -> None:
        """
        There is one rendering per event, one write per listener and turn, and no call per delivery, for any number of
        listeners.
        """
        for case in CASES.values():
            for listeners, lines in ((1, 1), (3, 5), (40, 7)):
                work = observe(case, listeners, lines)
                self.assertEqual((work.renders, work.writes), (lines, listeners), case.name)
            self.assertEqual(price(case).delivery, Work(0, 0, 0), case.name)

    def test_again(self) -> None:
        """The same conversation costs the same work."""
        for case in CASES.values():
            self.assertEqual(observe(case, 4, 3), observe(case, 4, 3))


class RegressionTests(SynchronousTestCase):
    """The guard detects changes that would make a server slower."""

    def found(self) -> str:
        """Return what the guard reports about the line door as it is now."""
        case = CASES["line"]
        return "\n".join(excess(price(case), case.bounds))

    def test_renderingPerListener(self) -> None:
        """It detects that each listener gets its own rendering."""

        def flush(self: Audience) -> None:  # private: it takes the place of a method
            delivery, self._delivery = self._delivery, None
            for dialect, group in self._groups.items():
                for session in group.sessions.values():
                    for entry in delivery.entries if delivery is not None else ():
                        if passesFilter(session, entry):
                            session.outlet.deliver(dialect.render(entry))

        self.patch(Audience, "flush", flush)
        self.assertIn("renders for a delivery: 1, and not 0 at most", self.found())
        self.assertIn("calls for a delivery", self.found())

    def test_writingPerMessage(self) -> None:
        """It detects that each message is sent in its own write."""
        deliver = Outbox.deliver

        def eager(self: Outbox, data: bytes) -> None:
            for line in data.splitlines(keepends=True):
                deliver(self, line)
                self.flush()

        self.patch(Outbox, "deliver", eager)
        self.assertIn("writes for a delivery: 1, and not 0 at most", self.found())

    def test_callingPerDelivery(self) -> None:
        """It detects a call for each listener and line, even if nothing is rendered twice."""

        def flush(self: Audience) -> None:  # private: it takes the place of a method
            delivery, self._delivery = self._delivery, None
            entries = [] if delivery is None else delivery.entries
            for dialect, group in self._groups.items():
                chunks = {entry.sequence: dialect.render(entry) for entry in entries}
                for session in group.sessions.values():
                    session.outlet.deliver(b"".join(chunks[e.sequence] for e in entries if passesFilter(session, e)))

        self.patch(Audience, "flush", flush)
        found = self.found()
        self.assertIn("calls for a delivery", found)
        self.assertNotIn("renders", found)

    def test_moreForAMessage(self) -> None:
        """It detects that a message takes a few more calls."""
        publish = Audience.publish

        def slower(self: Audience, entry: Entry, *rest: Any) -> None:
            for _ in range(8):
                fold(entry.event.source.nick)
            publish(self, entry, *rest)

        self.patch(Audience, "publish", slower)
        self.assertIn("calls for a message", self.found())


class ExcessTests(SynchronousTestCase):
    """What the guard reports."""

    def test_excess(self) -> None:
        """Each figure above its bound is reported with the bound; a figure at its bound is not."""
        one, two = Work(1, 1, 1), Work(1, 2.5, 1)
        bounds = Cost(one, one, one, one)
        self.assertEqual(excess(bounds, bounds), [])
        self.assertEqual(excess(Cost(one, two, one, one), bounds), ["writes for a listener: 2.5, and not 1 at most"])
