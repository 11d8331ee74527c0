"""Medians, ratios, the table, and the targets."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from bench.contestants import Contestant
from bench.protocols import ChatProtocol, Plain
from bench.results import Results, Target, verdicts
from bench.scenarios import SCENARIOS, Figures, Scenario


@dataclass(frozen=True)
class Named(Contestant):
    """A server that cannot be started."""

    name: str
    title: str
    protocol: ChatProtocol = field(default_factory=Plain)
    slow: bool = False
    maxConnections: int | None = None
    reason: str | None = None

    def unavailable(self) -> str | None:
        """Return the given reason."""
        return self.reason

    def command(self, folder: Path, port: int) -> list[str]:
        """Fail: it is never started."""
        raise AssertionError


def figures(rate: int, peak: float = 10.0) -> Figures:
    """
    Make the figures of a run with a number of deliveries and 100 logins, each in one CPU second, and 1 MiB of growth.
    """
    return Figures(100, rate, 1.0, 1.0, 0.5, 2.0, 5.0, 6.0, peak)


class ResultsTests(SynchronousTestCase):
    """The results of three rounds."""

    def setUp(self) -> None:
        self.results = Results(
            [SCENARIOS["burst"], SCENARIOS["idle"]],
            [Named("ngircd", "ngIRCd"), Named("irc", "ours"), Named("ergo", "Ergo", reason="it is not here")],
        )
        self.put("burst", "ngircd", 1000, 4000, 2000)
        self.put("burst", "irc", 3000, 4000, 5000)

    def put(self, scenario: str, name: str, *rates: int) -> None:
        """Set the rounds of a server."""
        self.results.series(scenario, name).rounds[:] = [figures(rate) for rate in rates]

    def test_median(self) -> None:
        """The median of the rounds; C{None} after a failed round or without rounds."""
        series = self.results.series("burst", "ngircd")
        self.assertEqual(series.median("rate"), 2000)
        series.fail("Lost: 3 of 4 came")
        self.assertIsNone(series.median("rate"))
        self.assertIsNone(self.results.series("idle", "ngircd").median("perClient"))

    def test_ratio(self) -> None:
        """The median of the ratios of each round, which is not the ratio of the medians."""
        self.assertEqual(self.results.ratio("burst", "rate", "irc", "ngircd"), 2.5)
        self.assertIsNone(self.results.ratio("burst", "rate", "irc", "ergo"))
        self.assertIsNone(self.results.ratio("steady", "rate", "irc", "ngircd"))

    def test_figures(self) -> None:
        """A client's memory is the growth divided by the clients; rates are per CPU second."""
        self.assertEqual(figures(7).perClient, 1024 / 100)
        self.assertEqual((figures(7).rate, figures(7).logins), (7.0, 100.0))

    def test_table(self) -> None:
        """The table has a row for each server, with ratios, and below it the reasons for missing figures."""
        self.results.series("burst", "ergo").reason = "it is not here"
        self.results.series("idle", "ngircd").reason = "it has one room"
        self.results.series("idle", "irc").fail("Lost: 3 of 4 came")
        self.assertEqual(
            self.results.table(dict.fromkeys(self.results.contestants, "ngircd")).splitlines(),
            [
                "| server | burst | peak MiB in the burst | KiB an idle client | clients let in |",
                "| --- | --- | --- | --- | --- |",
                "| ngIRCd | 2,000 | 10.0 | — | — |",
                "| ours | 4,000 (2.50) | 10.0 (1.00) | error | error |",
                "| Ergo | not here | not here | not here | not here |",
                "",
                "- ngIRCd: it has one room",
                "- ours, idle: Lost: 3 of 4 came",
                "- Ergo: it is not here",
            ],
        )

    def test_document(self) -> None:
        """The document contains everything, and is JSON."""
        self.results.series("idle", "irc").fail("Lost: 3 of 4 came")
        document = json.loads(json.dumps(self.results.document()))
        burst = document["burst"]["servers"]["ngircd"]
        self.assertEqual(burst["medians"]["rate"], 2000)
        self.assertEqual([each["deliveries"] for each in burst["rounds"]], [1000, 4000, 2000])
        self.assertEqual(document["idle"]["servers"]["irc"]["rounds"], [None])

    def test_targets(self) -> None:
        """A target is met, missed, or not measured.  Only a missed target is a failure."""
        least = Target("burst", "rate", "irc", 2.5, "ngircd")
        more = Target("burst", "rate", "irc", 2.6, "ngircd")
        most = Target("burst", "peak", "irc", 9.0, lowerIsBetter=True)
        unknown = Target("burst", "rate", "irc", 1.0, "ergo")
        self.assertEqual(
            verdicts(self.results, [least, unknown]),
            (
                [
                    "- met: burst: deliveries of irc at least 2.5 × ngircd: 2.50",
                    "- not measured: burst: deliveries of irc at least 1 × ergo",
                ],
                True,
            ),
        )
        for target in (more, most):
            lines, good = verdicts(self.results, [target])
            self.assertTrue(lines[0].startswith("- MISSED: burst: "), lines)
            self.assertFalse(good)

    def test_errorMisses(self) -> None:
        """A server that lost a text misses every target of that scenario."""
        self.results.series("burst", "irc").fail("Lost: 3 of 4 came")
        self.assertFalse(Target("burst", "rate", "irc", 0.1, "ngircd").met(self.results))


class ScenarioTests(SynchronousTestCase):
    """Which servers take part in which scenarios."""

    def test_unfit(self) -> None:
        """A server with one room, a slow server, and one with few connections are left out of some scenarios."""
        plain = Named("a", "A")
        slow = Named("b", "B", slow=True)
        few = Named("c", "C", maxConnections=300)
        reasons = {
            name: [scenario.excludes(named) for named in (plain, slow, few)] for name, scenario in SCENARIOS.items()
        }
        many = "it takes 300 connections at most"
        self.assertEqual(
            reasons,
            {
                "burst": [None, "it would take minutes", None],
                "burst100": [None, None, None],
                "steady": [None, None, many],
                "small": ["it has one room"] * 3,
                "idle": [None, None, many],
            },
        )

    def test_numbers(self) -> None:
        """The scenarios have the sizes of published benchmarks of other servers."""

        def described(scenario: Scenario) -> tuple[int, int, int]:
            load = scenario.load
            return scenario.members, scenario.rooms, load.senders * load.lines * scenario.rooms if load else 0

        self.assertEqual(
            {name: described(scenario) for name, scenario in SCENARIOS.items()},
            {
                "burst": (200, 1, 20_000),
                "burst100": (200, 1, 2_000),
                "steady": (500, 1, 500),
                "small": (4, 125, 50_000),
                "idle": (100, 100, 0),
            },
        )
