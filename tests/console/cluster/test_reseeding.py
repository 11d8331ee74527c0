"""Tests of L{twistchat.console.cluster.reseeding}."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from unittest import SkipTest

from tests.console.cases import ConsoleTestCase
from tests.journal.jetstream.nats.brokers import reasonWithoutClient
from twistchat.chat.model.events import RoomMessage, Source
from twistchat.console.cluster.reseeding import lines
from twistchat.journal.jetstream.reseeding import Reseeding

FOUND = Reseeding(stored=1234, time=1_767_268_800_000, followed=90, first=1, last=100, alive=())

CONFIGURATION = """
[server]
data = "data"
[journal]
kind = "jetstream"
[cluster]
node = "a"
servers = "nats://127.0.0.1:1"
"""


class LinesTests(ConsoleTestCase):
    """What the command says."""

    def test_before(self) -> None:
        """Without --yes it says what would be lost, and that nothing was changed."""
        self.assertEqual(
            [
                "The new stream would continue after entry 1,234 of 2026-01-01 12:00:00 UTC",
                (
                    "The old stream has messages 1 to 100.  This copy has those up to 90, and perhaps some more; "
                    "what it does not have would be lost"
                ),
                "Nothing was changed.  Add --yes to replace the stream",
            ],
            list(lines(FOUND, False)),
        )

    def test_after(self) -> None:
        """With --yes it says what to do next."""
        shown = list(lines(replace(FOUND, followed=100), True))
        self.assertIn("continues after entry 1,234", shown[0])
        self.assertEqual("This copy has followed the old stream to its end, message 100", shown[1])
        self.assertIn("Start this node first", shown[2])

    def test_empty(self) -> None:
        """A stream that is lost has nothing more to lose."""
        self.assertIn("The old stream has no messages", list(lines(replace(FOUND, first=0, last=0), False)))


class ReseedTests(ConsoleTestCase):
    """The command as a whole."""

    def setUp(self) -> None:
        # The modules of this process, from any directory.
        paths = os.pathsep.join(str(Path(path).resolve()) for path in sys.path if path)
        self.environment = {**os.environ, "PYTHONPATH": paths}
        super().setUp()

    def test_alone(self) -> None:
        """A server that is alone has no stream."""
        wanted = "twistchat: this server is no node of a cluster; see journal.kind"
        self.assertEqual(wanted, self.refused("cluster", "reseed"))

    def test_noCopy(self) -> None:
        """A node without a copy has nothing to continue."""
        Path("twistchat.toml").write_text(CONFIGURATION)
        self.assertIn("there is no journal in data", self.refused("cluster", "reseed"))

    def test_damaged(self) -> None:
        """A damaged copy is not continued."""
        Path("twistchat.toml").write_text(CONFIGURATION)
        journal = self.serve(RoomMessage(Source("1", "alice"), "#a", "1", "hello"))
        journal.close()
        self.change("UPDATE entry SET body = replace(body, 'hello', 'hallo')")
        self.assertIn("is damaged; twistchat check says more", self.refused("cluster", "reseed"))

    def test_noBroker(self) -> None:
        """
        If no broker answers, one line says so, and nothing is changed.  This is a process of its own, because it needs
        another reactor.
        """
        if (reason := reasonWithoutClient()) is not None:
            raise SkipTest(reason)
        Path("twistchat.toml").write_text(CONFIGURATION)
        journal = self.serve(RoomMessage(Source("1", "alice"), "#a", "1", "hello"))
        self.successResultOf(journal.close())
        code = "from twistchat.console import main; main(['cluster', 'reseed', '--yes'])"
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=240, env=self.environment
        )
        self.assertIn("is good: 1 entry read", done.stdout)
        self.assertIn("twistchat: no broker can be reached", done.stderr)
        self.assertEqual((1, 1), (done.returncode, len(done.stderr.splitlines())))
