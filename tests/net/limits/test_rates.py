"""Tests of L{twistchat.net.limits.rates}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twistchat.config.limits import Limits
from twistchat.net.limits.rates import MINOR_BURST, MINOR_RATE, REFUSALS, Rates


class RatesTests(SynchronousTestCase):
    """The rates of one connection, on a clock that the test moves."""

    now = 0.0

    def rates(self, exempt: bool = False) -> Rates:
        """The rates of a new connection."""
        return Rates(Limits(floodBurst=2, floodRate=0.5), exempt, lambda: self.now)

    def test_line(self) -> None:
        """So many lines at once, then one every so many seconds."""
        rates = self.rates()
        self.assertEqual([0.0, 0.0, 2.0], [rates.line() for _ in range(3)])
        self.now += 2
        self.assertEqual([0.0, 2.0], [rates.line() for _ in range(2)])

    def test_minor(self) -> None:
        """Many more lines that ask for nothing, which do not count as lines."""
        rates = self.rates()
        self.assertEqual([0.0] * 2 * MINOR_BURST, [rates.minor() for _ in range(2 * MINOR_BURST)])
        self.assertEqual(1 / (0.5 * MINOR_RATE), rates.minor())
        self.assertEqual(0.0, rates.line())

    def test_refusal(self) -> None:
        """A client is told of so many refusals, and then goes."""
        rates = self.rates()
        self.assertEqual([True] * REFUSALS + [False], [rates.refusal() for _ in range(REFUSALS + 1)])
        self.now += 2
        self.assertTrue(rates.refusal())

    def test_exempt(self) -> None:
        """An exempt connection may send what it likes."""
        rates = self.rates(exempt=True)
        self.assertEqual({0.0}, {rates.line() for _ in range(1000)} | {rates.minor() for _ in range(1000)})
