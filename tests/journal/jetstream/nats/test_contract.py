"""
The contract of all journals at real brokers: on one node with one broker, and on three nodes with three brokers.

The brokers start with the first test that needs them, and run until the module is over.  They and the copies are in
memory, if the system has a folder there.  Each test has a stream of its own, and deletes it.  The messages have the
time of the test, see L{PacedStream <tests.journal.jetstream.nats.nodes.PacedStream>}.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from unittest import SkipTest

from tests.journal.disk import inMemory, memoryFolder
from tests.journal.jetstream import test_log as simulated
from tests.journal.jetstream.nats.brokers import Broker, launch, reasonToSkip, single, three
from tests.journal.jetstream.nats.nodes import Journals, LoopNode
from twistchat.chat.model.events import Entry
from twistchat.chat.model.sessions import Origin
from twistchat.interfaces import Journal
from twistchat.journal.sqlite.maintenance.comparing import digest

_running: dict[int, list[Broker]] = {}


def running(number: int) -> list[Broker]:
    """One broker, or a cluster of three.  They are started if they do not run."""
    if number not in _running:
        folder = Path(mkdtemp(prefix="brokers", dir=memoryFolder()))
        atexit.register(rmtree, folder, ignore_errors=True)
        brokers = [single(folder)] if number == 1 else three(folder)
        if number == 1:
            brokers[0].configure()
        for broker in brokers:
            atexit.register(broker.kill)
        launch(brokers)
        _running[number] = brokers
    return _running[number]


def tearDownModule() -> None:
    """End the brokers.  Under trial, which knows no end of a module, they end with the process."""
    for brokers in _running.values():
        for broker in brokers:
            broker.kill()
    _running.clear()


class OneBrokerTests(simulated.ContractTests):
    """The contract on one node with one broker."""

    brokers = 1
    others: Sequence[str] = ()

    def setUp(self) -> None:
        """Make a loop."""
        if (reason := reasonToSkip()) is not None:
            raise SkipTest(reason)
        self.addresses = running(self.brokers)
        self.base = inMemory(self)
        self.loop = asyncio.new_event_loop()
        self.addCleanup(self.loop.close)
        self.all: list[Journals] = []
        self.addCleanup(self.checkLoop)
        super().setUp()

    def checkLoop(self) -> None:
        """Nothing may be left that runs."""
        self.assertEqual(set(), asyncio.all_tasks(self.loop))

    def makeJournal(self, now: Callable[[], float]) -> Journal:
        """See L{JournalContract.makeJournal}."""
        journals = Journals(self.loop, self.addresses, self.base, now)
        self.all.append(journals)
        made = journals.add("a")
        self.directory = str(made.copy.path.parent)
        self.isDamaged = False
        return Journal(made.log, made.history)

    def settle(self) -> None:
        """See L{JournalContract.settle}."""
        for journals in self.all:
            journals.settle()

    def openJournal(self, apply: Callable[[Entry], None]) -> None:
        """Let the other nodes be there already.  They are compared with the first when it was closed."""
        journals = self.all[-1]
        time, self.time = self.time, 0.0
        applied: dict[str, list[Entry]] = {name: [] for name in ("a", *self.others)}
        refused: dict[int, Exception] = {}

        def applyFirst(entry: Entry) -> None:
            try:
                apply(entry)
            except Exception as e:
                refused[entry.sequence] = e
                raise
            applied["a"].append(entry)

        def follow(node: LoopNode, found: list[Entry]) -> None:
            def applyLater(entry: Entry, origin: Origin | None) -> None:
                if entry.sequence in refused:
                    raise refused[entry.sequence]
                if not isinstance(entry.event, simulated.NODES):
                    found.append(entry)

            opened = node.log.open(applyLater)
            journals.settle()
            self.successResultOf(opened)

        self.addCleanup(self.finish, journals, applied)
        for name in self.others:
            follow(journals.add(name), applied[name])
        journals.leader = journals.nodes["a"]
        super().openJournal(applyFirst)
        self.time = time

    def finish(self, journals: Journals, applied: dict[str, list[Entry]]) -> None:
        """Compare the other nodes with the first, which has been closed.  Then close them, and delete the stream."""
        try:
            journals.settle()
            for name in self.others:
                self.compare(journals, name, applied)
        finally:
            journals.leader = None
            for name in self.others:
                closed = journals.nodes[name].log.close()
                journals.settle()
                self.successResultOf(closed)
            self.loop.run_until_complete(self.delete(journals))

    def compare(self, journals: Journals, name: str, applied: dict[str, list[Entry]]) -> None:
        """Check that another node has applied what the first has applied, and that their copies are equal."""
        first, node = journals.nodes["a"], journals.nodes[name]
        self.assertEqual([], node.stopped)
        if not self.isDamaged:
            self.assertEqual(applied["a"], applied[name])
            self.assertEqual(first.log.overview()["entry"], node.log.overview()["entry"])
            self.assertEqual(digest(first.copy.path), digest(node.copy.path))

    async def delete(self, journals: Journals) -> None:
        """Delete the streams of a journal, if the brokers are not too busy for it: they end with the tests anyhow."""
        import nats

        from twistchat.journal.jetstream.nats.settings import bucketOf

        settings = journals.settings
        client = await nats.connect(list(settings.servers))
        with contextlib.suppress(nats.errors.Error):
            for stream in (settings.stream, f"KV_{bucketOf(settings)}"):
                await client.jetstream().delete_stream(stream)
        await client.close()

    def damage(self, entry: Entry) -> bool:
        """See L{JournalContract.damage}.  The copies differ after that."""
        self.isDamaged = True
        return super().damage(entry)


class ThreeBrokersTests(OneBrokerTests):
    """The contract on one of three nodes with three brokers.  The two others apply and store the same entries."""

    brokers = 3
    others = ("b", "c")
