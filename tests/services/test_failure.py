"""Tests of L{twistchat.services.failure}."""

from __future__ import annotations

import subprocess
import sys

from twisted.trial.unittest import SynchronousTestCase


class ExitTests(SynchronousTestCase):
    """The exit status of a failed start."""

    def test_status(self) -> None:
        """The process runs to its end, and writes its output; its status is 1, however it ends."""
        for end in ("", "; raise SystemExit(0)", "; sys.exit()"):
            code = f"import sys; from twistchat.services.failure import exitFailed; exitFailed(); print('last'){end}"
            done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
            self.assertEqual((1, "last\n", ""), (done.returncode, done.stdout, done.stderr))
