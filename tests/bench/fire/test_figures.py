"""The figures of a scenario, the marks, and the table."""

from __future__ import annotations

from dataclasses import replace

from twisted.trial.unittest import SynchronousTestCase

from bench.fire.canary import Outage
from bench.fire.play import Outcome
from bench.fire.results.figures import Figures, common, missed, percentiles
from bench.fire.results.table import COLUMNS, failed, header, longest, remarks, row
from bench.fire.scenario import GROWTH, LEFT, NEWCOMER, P99, Marks, Scenario, Seen

GOOD = Figures(
    said=200,
    lost=0,
    doubled=0,
    refused=0,
    contradicted=0,
    cutOff=0,
    p50=0.001,
    p99=P99,
    worst=0.3,
    late=0.002,
    cpu=0.5,
    before=50.0,
    grew=GROWTH,
    after=60.0,
    newcomer=NEWCOMER,
    left=LEFT,
    alive=True,
    stopped=False,
    tracebacks=0,
    logged=40,
)
"""Exactly what the marks allow."""

SCENARIO = Scenario("pong", "PONG lines", "", lambda stage, seconds: Seen("nothing"))


class MarkTests(SynchronousTestCase):
    """The marks."""

    def test_percentiles(self) -> None:
        """The median, the 99th percentile and the maximum.  Without values they are infinite."""
        self.assertEqual(percentiles([float(number) for number in range(200, 0, -1)]), (101.0, 199.0, 200.0))
        self.assertEqual(percentiles([]), (float("inf"),) * 3)

    def test_each(self) -> None:
        """A figure that equals a mark holds it; a worse one misses it, and only it."""
        self.assertEqual(missed(GOOD, Marks(cpu=0.5)), [])
        for worse, words in (
            (replace(GOOD, p99=P99 * 1.01), "p99 over 250 ms"),
            (replace(GOOD, lost=1), "1 lines lost"),
            (replace(GOOD, doubled=2), "2 lines doubled"),
            (replace(GOOD, refused=3), "3 lines refused"),
            (replace(GOOD, contradicted=1), "1 refused lines received"),
            (replace(GOOD, cutOff=1), "1 lines cut off"),
            (replace(GOOD, grew=GROWTH + 1), "grew by 33 MiB"),
            (replace(GOOD, newcomer=NEWCOMER * 1.01), "newcomer over 1 s"),
            (replace(GOOD, newcomer=None), "newcomer over 1 s"),
            (replace(GOOD, left=LEFT + 1), "4 descriptors left"),
            (replace(GOOD, cpu=0.51), "CPU over 50 %"),
            (replace(GOOD, tracebacks=1), "1 tracebacks in the log"),
            (replace(GOOD, alive=False), "the server has ended"),
            (replace(GOOD, outages=[Outage(5.0, 5.1, ["ERROR :x"])]), "the canary was disconnected: ERROR :x"),
        ):
            self.assertEqual(missed(worse, Marks(cpu=0.5)), [words])

    def test_lifted(self) -> None:
        """Marks that a scenario lifts do not count."""
        worse = replace(GOOD, p99=9.0, newcomer=None, grew=99.0, left=99, refused=9, cpu=9.0)
        self.assertEqual(missed(worse, Marks(None, None, None, None, refused=True)), [])

    def test_stopped(self) -> None:
        """When a scenario stops the server, the canary may be away until a second after the server listens again."""
        away = replace(GOOD, cutOff=2, downtimes=[(5.0, 6.0)], outages=[Outage(5.1, 7.0, ["x"])])
        self.assertEqual(missed(away, Marks()), [])
        for outage in (Outage(5.1, 7.01, ["x"]), Outage(5.1, None, ["x"])):
            self.assertEqual(
                missed(replace(away, outages=[outage]), Marks()), ["the canary was not back 1 s after the restart"]
            )
        for begin in (4.9, 6.1):
            found = missed(replace(away, outages=[Outage(begin, 6.2, ["x"])]), Marks())
            self.assertEqual(found, ["the canary was disconnected: x"])
        short = replace(away, p99=float("inf"), worst=float("inf"))
        self.assertEqual(missed(short, Marks()), [])
        self.assertEqual(missed(replace(short, downtimes=(), outages=(), cutOff=0), Marks()), ["p99 over 250 ms"])
        ended = replace(away, downtimes=[(5.0, None)], outages=[Outage(5.1, None, [])], alive=False, stopped=True)
        self.assertEqual(missed(replace(ended, newcomer=None), Marks()), [])


class TableTests(SynchronousTestCase):
    """The table."""

    def test_row(self) -> None:
        """A row has a cell for each column, and names what was missed."""
        bad = row(SCENARIO, Outcome(Seen("a|b\nc"), GOOD, ("lost", "late")))
        self.assertEqual({line.count("|") for line in [*header().splitlines(), bad]}, {len(COLUMNS) + 1})
        self.assertEqual(bad, "| pong | PONG lines | as always | a/b c | 250.0 | 300.0 | MISSED: lost; late |")
        self.assertTrue(row(SCENARIO, Outcome(Seen("x"), GOOD, ())).endswith("| good |"))
        self.assertTrue(failed(SCENARIO, "OSError: x").endswith("| ERROR: OSError: x |"))

    def test_remarks(self) -> None:
        """The lines below the table have the server's figures, and what the scenario remarks."""
        first, second = remarks(SCENARIO, Outcome(Seen("x", remarks=["2 heard last: y"]), GOOD, ()))
        self.assertIn("CPU 50 %, memory 50 MiB +32.0, then 60, newcomer 1000 ms, descriptors left 3", first)
        self.assertEqual(second, "pong: 2 heard last: y")

    def test_newcomer(self) -> None:
        """A newcomer is kept out if the server does not answer.  Nobody tries if the scenario has stopped it."""
        self.assertEqual("kept out", common(replace(GOOD, newcomer=None))["newcomer"])
        self.assertEqual("not tried", common(replace(GOOD, newcomer=None, alive=False, stopped=True))["newcomer"])

    def test_longest(self) -> None:
        """The last line names the scenario with the longest wait."""
        outcomes = {name: Outcome(Seen(""), replace(GOOD, worst=worst), ()) for name, worst in (("a", 0.1), ("b", 0.2))}
        self.assertIn("200.0 ms, in b (2 scenarios, 400 lines", longest(outcomes))
        outcomes["b"] = Outcome(Seen(""), replace(GOOD, worst=float("inf")), ())
        self.assertIn("100.0 ms, in a (2 scenarios", longest(outcomes))
        self.assertEqual(longest({}), "No scenario was played to its end, or the canary received nothing.")
