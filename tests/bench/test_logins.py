"""The bench of logins: its figures, its clients, and one run with few of them."""

from __future__ import annotations

import sys
from base64 import b64encode
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from bench.logins.__main__ import GROWTH, P99, SCENARIOS, Figures, Scenario, described, measure
from bench.logins.accounts import PASSWORD
from bench.logins.clients import Plan, plans
from bench.logins.ways import BUSY, TOO_FAST, WRONG, finalOf, outcomeOf

GOOD = Figures({"logged in": 2}, 20.0, 0.0, 0.03, 0.001, P99, 0.06, 0.002, 0, GROWTH, [])
"""Exactly what the marks allow."""


class FiguresTests(SynchronousTestCase):
    """The marks."""

    def test_marks(self) -> None:
        """A run is good up to the marks, and not beyond any of them."""
        self.assertTrue(GOOD.good)
        for worse in (replace(GOOD, p99=P99 * 1.01), replace(GOOD, grew=GROWTH * 1.01), replace(GOOD, lost=1)):
            self.assertFalse(worse.good)
            self.assertIn("a mark is MISSED", described(worse))

    def test_described(self) -> None:
        """The line has the outcomes and the delays in milliseconds."""
        self.assertIn("2 logged in; 20 logins/s", described(GOOD))
        self.assertIn("canary p50 1.0, p99 50.0, max 60.0 ms", described(GOOD))

    def test_plan(self) -> None:
        """A plan can be read from the JSON that it is passed as."""
        text = '{"port": 1, "begin": 2.5, "names": ["a"], "password": "p", "addresses": ["127.0.0.2"], "timeout": 3.0}'
        self.assertEqual([Plan(1, 2.5, ("a",), "p", ("127.0.0.2",), 3.0)], list(plans(text)))


class WayTests(SynchronousTestCase):
    """The ways to log in."""

    def test_outcomes(self) -> None:
        """The outcome is in the words of the answer, at any door.  Other answers are returned."""
        for answer, outcome in (
            (":x 904 a :SASL authentication failed: The account or the password is wrong", WRONG),
            ("! You log in too fast.  Try again in 20 s.", TOO_FAST),
            ("! Too fast: you may send 5 lines at once", TOO_FAST),
            ('{"error": "The server has too many passwords to check just now."}', BUSY),
            ("! What?", "! What?"),
        ):
            self.assertEqual(outcome, outcomeOf(answer))

    def test_scram(self) -> None:
        """The proof is that of the example (RFC 7677, section 3)."""
        nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
        challenge = f"r={nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
        line = f":server AUTHENTICATE {b64encode(challenge.encode()).decode()}"
        final = finalOf("n=user,r=rOprNGfwEbeRWgbNEkqO", line, "pencil")
        self.assertEqual(f"c=biws,r={nonce},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", final)


class RunTests(SynchronousTestCase):
    """A run against a real server."""

    def test_few(self) -> None:
        """Right passwords log in, and wrong ones do not.  No line of the canary is lost."""
        if not sys.platform.startswith("linux"):
            raise SkipTest("it reads /proc")
        with TemporaryDirectory() as folder:
            right = measure(Scenario(3, PASSWORD, False, 1.0, 1.5), Path(folder))
            wrong = measure(replace(SCENARIOS["wrong"], logins=3, seconds=1.0, entering=1.5), Path(folder))
        self.assertEqual(({"logged in": 3}, 0), (right.outcomes, right.lost))
        self.assertEqual(({"refused": 3}, 0), (wrong.outcomes, wrong.lost))
