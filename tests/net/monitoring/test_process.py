"""Tests of L{twistchat.net.monitoring.process}."""

from __future__ import annotations

import resource
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from twistchat.net.monitoring.process import cpuTime, descriptors, memory, mostDescriptors


class ProcessTests(SynchronousTestCase):
    """What the system tells."""

    def test_memory(self) -> None:
        """The memory is that of the second field, in pages."""
        file = Path(self.mktemp())
        file.write_bytes(b"100 7 3 1 0 9 0\n")
        self.assertEqual(memory(file), 7 * resource.getpagesize())

    def test_withoutProc(self) -> None:
        """Where there is no such file, the largest size of the process is told, and no descriptors."""
        missing = Path(self.mktemp())
        self.assertGreater(memory(missing), 1 << 20)
        self.assertEqual(descriptors(missing), 0)
        missing.write_bytes(b"?")
        self.assertGreater(memory(missing), 1 << 20)

    def test_descriptors(self) -> None:
        """An open file is a descriptor more."""
        before = descriptors()
        with Path(__file__).open("rb"):
            self.assertEqual(descriptors(), before + 1)
        self.assertGreater(mostDescriptors(), before)

    def test_cpuTime(self) -> None:
        """It grows."""
        before = cpuTime()
        self.assertGreater(before, 0.0)
        while cpuTime() == before:
            sum(range(1000))
