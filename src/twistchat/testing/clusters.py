"""A whole cluster in memory: several servers with one stream, on one clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path

from twisted.internet.task import Clock

from twistchat.config import Settings
from twistchat.interfaces import IReplica, Journal
from twistchat.journal.history.sqlite import SqliteHistory
from twistchat.journal.jetstream.batches import Genesis, encodeMessage
from twistchat.journal.jetstream.log import ReplicatedLog
from twistchat.journal.jetstream.participation import Node
from twistchat.journal.sqlite.copy import SqliteCopy
from twistchat.testing.server import NOON, SETTINGS, MemoryServer
from twistchat.testing.streams import MemoryBroker, MemoryStream
from twistchat.testing.workers import InlineWorker


class MemoryNode:
    """
    A node of a cluster in memory.

    @ivar name: its name.
    @ivar stream: the stream as it sees it, which can be cut off.
    @ivar server: the server, while it runs.
    @ivar stopped: why the node stopped, if it could not follow the stream any more.
    """

    def __init__(self, name: str, stream: MemoryStream) -> None:
        self.name = name
        self.stream = stream
        self.stopped: str | None = None
        self.server: MemoryServer

    @property
    def log(self) -> ReplicatedLog:
        """The log of its server."""
        log: ReplicatedLog = self.server.log
        return log


class MemoryCluster:
    """
    Several servers in memory that act as one.

    @ivar clock: the clock of all of them.
    @ivar broker: keeps the stream.
    @ivar nodes: the nodes, by name.
    @ivar settings: the settings of nodes that start from now on.
    @ivar messages: whether their clients use WebSockets.
    """

    def __init__(
        self,
        directory: str,
        names: Sequence[str] = ("a", "b", "c"),
        settings: Settings = SETTINGS,
        delay: Callable[[], float] = lambda: 0.0,
        clock: Clock | None = None,
        messages: bool = False,
    ) -> None:
        """
        Start all nodes, one after the other.

        The first event that is not about a node gets the sequence number 1, as in a journal of a single server.

        @param directory: the copies of the nodes are in directories below it.
        @param names: the names of the nodes.
        @param settings: the settings of all nodes.
        @param delay: see L{MemoryBroker}.
        @param clock: the clock; C{None} for a new one.
        @param messages: whether clients use WebSockets.
        """
        self.messages = messages
        self.clock = Clock() if clock is None else clock
        self.broker = MemoryBroker(self.clock, lambda: NOON + self.clock.seconds(), delay)
        self.nodes: dict[str, MemoryNode] = {}
        self._directory = directory
        self.settings = settings
        self._runs, self._ids = count(1), count(1)
        self.broker.store(encodeMessage(Genesis("test", bytes(32), sequence=-len(names))), "genesis", 0)
        for name in names:
            self.start(name)

    def __getitem__(self, name: str) -> MemoryServer:
        """The server of a node."""
        return self.nodes[name].server

    def start(self, name: str) -> MemoryNode:
        """Start a node.  It continues the copy of an earlier node with the same name."""
        node = self.nodes[name] = MemoryNode(name, self.broker.connect(name))
        node.server = MemoryServer(
            self.settings,
            clock=self.clock,
            messages=self.messages,
            ids=self._ids,
            replicated=lambda replica: self._journal(node, replica),
        )
        return node

    def path(self, name: str) -> Path:
        """The directory of the copy of a node."""
        return Path(self._directory, name)

    def copy(self, name: str, failed: Callable[[str], None] = lambda why: None) -> SqliteCopy:
        """
        Make the copy of a node.  Do not open it yet.

        @param failed: called with the reason if it fails, or has been damaged.
        """
        return SqliteCopy(
            str(self.path(name)),
            lambda: NOON + self.clock.seconds(),
            lambda name: InlineWorker(),
            clock=self.clock,
            failed=failed,
            damaged=failed,
        )

    def crash(self, name: str) -> None:
        """End a node as kill -9 does: it says nothing to anybody."""
        node = self.nodes.pop(name)
        node.stream.isCut = True
        node.log.fail("the process was killed")
        node.log.close()

    def stop(self, name: str) -> None:
        """Stop a node in good order."""
        self.nodes[name].server.close()
        self.pump()
        del self.nodes[name]

    def pump(self) -> None:
        """Process everything that is due now on all nodes, until nothing moves any more."""
        for _ in range(3 * max(1, len(self.nodes))):
            for node in list(self.nodes.values()):
                node.server.pump()

    def advance(self, seconds: float, step: float = 0.25) -> None:
        """Let time pass on all nodes."""
        while seconds > 0:
            self.clock.advance(min(step, seconds))
            seconds -= step
            self.pump()

    def _journal(self, node: MemoryNode, replica: Callable[[], IReplica]) -> Journal:
        def stopped(why: str) -> None:
            node.stopped = why

        copy = self.copy(node.name, lambda why: log.fail(why))
        log = ReplicatedLog(
            node.stream,
            copy,
            self.clock,
            replica,
            Node(node.name, lambda: str(next(self._runs)), "test"),
            lambda: "test",
            lambda: bytes(32),
            stopped,
            "The journal is that of a cluster in memory.",
        )
        return Journal(log, SqliteHistory(copy, None, self.clock))
