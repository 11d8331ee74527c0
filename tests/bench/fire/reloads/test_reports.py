"""What the log of a server says about reloads."""

from __future__ import annotations

import signal
from typing import cast

from twisted.trial.unittest import SynchronousTestCase

from bench.fire.reloads import reports
from bench.fire.reloads.reports import Reports
from bench.fire.stage import Stage

READ = "2026-01-01 [reloading#info] The configuration was read again; changed: irc.network\n"
WRONG = "2026-01-01 [reloading#error] The configuration has a mistake, and nothing was changed: chat.toml:1: no\n"


class FakeStage:
    """
    A stage whose server logs some text for each signal.

    @ivar answers: what it logs, in turn.
    """

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self._log = WRONG

    def log(self) -> str:
        """See L{Stage.log}."""
        return self._log

    def sendSignal(self, number: int) -> None:
        """See L{Stage.sendSignal}."""
        assert number == signal.SIGHUP
        self._log += self.answers.pop(0)


class ReportsTests(SynchronousTestCase):
    """The reports."""

    def test_reload(self) -> None:
        """Only what the log says after the beginning is reported, each line once, and no part of a line."""
        found = Reports(cast(Stage, FakeStage(READ, f"other\n{WRONG}{READ}", WRONG + READ[:60], READ[60:])))
        self.assertEqual(["changed: irc.network"], found.reload())
        self.assertEqual(["chat.toml:1: no", "changed: irc.network"], found.reload())
        self.assertEqual(["chat.toml:1: no"], found.reload())
        self.assertEqual(["changed: irc.network"], found.reload())
        self.assertEqual([], found.fresh())

    def test_silence(self) -> None:
        """If nothing is logged in time, nothing is reported."""
        self.patch(reports, "WITHIN", 0.0)
        self.assertEqual([], Reports(cast(Stage, FakeStage(""))).reload())
