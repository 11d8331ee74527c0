"""Tests of L{twistchat.journal.kinds}."""

from __future__ import annotations

import sys
from subprocess import run

from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from twistchat.interfaces import IJournalCopying, IJournalKind
from twistchat.journal.kinds import BUILT_IN, JetStreamKind

ALONE = """
import sys
from twistchat.options import chatOptions, installedDoors, installedJournals
from twistchat.tap import makeJournal
from twisted.internet.testing import MemoryReactorClock
for kind in ("memory", "sqlite"):
    options = chatOptions(installedDoors(), installedJournals())
    options.parseOptions(["--journal", kind])
    makeJournal(options.settings, MemoryReactorClock(), installedJournals())
print(*[name for name in sys.modules if name.startswith(("nats", "nkeys", "twistchat.journal.jetstream"))])
"""
"""Makes journals without a cluster, and prints the modules that only a cluster needs."""


class KindTests(SynchronousTestCase):
    """The kinds that need no plugin."""

    def test_kinds(self) -> None:
        """Each is a kind, and those with a file can be copied."""
        for kind in BUILT_IN:
            verifyObject(IJournalKind, kind)
            self.assertEqual(kind.onDisk, IJournalCopying.providedBy(kind))
        verifyObject(IJournalCopying, JetStreamKind())

    def test_alone(self) -> None:
        """A server that is alone imports nothing of a cluster."""
        found = run([sys.executable, "-c", ALONE], capture_output=True, text=True, check=False, timeout=60)
        self.assertEqual(("\n", ""), (found.stdout, found.stderr))
