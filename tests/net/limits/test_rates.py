"""Tests of L{twistchat.net.limits.rates}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twistchat.config.limits import Limits
from twistchat.net.limits.rates import MINOR_BURST, MINOR_RATE, REFUSALS, Rates


class RatesTests(SynchronousTestCase):
    """The rate limits of one connection, on a fake clock."""

    now = 0.0

    def rates(self, exempt: bool = False) -> Rates:
        """Make the rate limits of a new connection."""
        return Rates(Limits(floodBurst=2, floodRate=0.5), exempt, lambda: self.now)

    def test_line(self) -> None:
        """A burst of lines passes, then one line per interval."""
        rates = self.rates()
        self.assertEqual([0.0, 0.0, 2.0], [rates.line() for _ in range(3)])
        self.now += 2
        self.assertEqual([0.0, 2.0], [rates.line() for _ in range(2)])

    def test_minor(self) -> None:
        """Lines without a command have a higher limit, and do not count as lines."""
        rates = self.rates()
        self.assertEqual([0.0] * 2 * MINOR_BURST, [rates.minor() for _ in range(2 * MINOR_BURST)])
        self.assertEqual(1 / (0.5 * MINOR_RATE), rates.minor())
        self.assertEqual(0.0, rates.line())

    def test_refusal(self) -> None:
        """A client receives a bounded number of refusals, then it is disconnected."""
        rates = self.rates()
        self.assertEqual([True] * REFUSALS + [False], [rates.refusal() for _ in range(REFUSALS + 1)])
        self.now += 2
        self.assertTrue(rates.refusal())

    def test_exempt(self) -> None:
        """An exempt connection has no rate limit."""
        rates = self.rates(exempt=True)
        self.assertEqual({0.0}, {rates.line() for _ in range(1000)} | {rates.minor() for _ in range(1000)})
