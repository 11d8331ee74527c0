"""One node over all its runs, with its disk, its connection to the broker and its clients."""

from __future__ import annotations

from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.simulation.broken import Broken
from tests.simulation.clients.base import Memory
from tests.simulation.cluster.promises import UnsureAnswers
from tests.simulation.cluster.server import ClusterServer
from tests.simulation.ledger import Ledger
from tests.simulation.machine.disk import FAULTS, Disk, copyJournal
from tests.simulation.machine.reactor import SimulatedReactor
from tests.simulation.promises.agreement import Agreement
from tests.simulation.promises.durability import Durability
from tests.simulation.promises.order import Order
from tests.simulation.promises.promise import Promise
from tests.simulation.rest import Rest
from tests.simulation.steps import Step
from tests.simulation.world import World
from twistchat.chat.errors import ChatError
from twistchat.chat.model.events import Entry, RoomRenamed
from twistchat.journal.jetstream.participation import Node
from twistchat.journal.sqlite.files import FILE
from twistchat.testing.streams import MemoryStream

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred

    from tests.simulation.cluster.world import ClusterWorld
    from twistchat.chat.model.sessions import Origin
    from twistchat.interfaces import Apply

UNKNOWN = 5.0
"""The seconds in which a user learns that a proposal was refused, or that its outcome is not known."""


class Site(World):
    """
    A node: the world of its clients.  All that concerns several nodes is in L{ClusterWorld}.

    @ivar name: the name of the node.
    @ivar stream: its connection to the broker.
    @ivar isRunning: whether its process runs.
    @ivar cuts: what its connection to the broker does not let through, as names of attributes of the stream.
    @ivar wasHurt: whether something happened to this run that may stop it, or keep it from starting.
    """

    server: Any

    def __init__(self, name: str, folder: Path, cluster: ClusterWorld) -> None:
        """
        @param folder: an empty folder.
        """
        self.name, self._cluster, self._parent = name, cluster, folder
        self._folders, self._runs, self._ids = count(1), count(1), count(1)
        self._folder = folder / "0"
        self._ports, self._pings = count(40_001), count(1)
        self._bySession, self._byPort, self.connections = {}, {}, {}
        self.clients, self.steps, self.digest = [], 0, sha256()
        self.reactor, self.disk = SimulatedReactor(), Disk()
        self.ledger = self._newLedger()
        self._durability = Durability(self)
        self.promises: tuple[Promise, ...] = Order(self), self._durability, Agreement(self), UnsureAnswers(self)
        self.server = None
        self.isRunning = self.wasHurt = False
        self.cuts: set[str] = set()
        self._ending: Deferred[None] | None = None
        self._last = 0
        self.stream: MemoryStream

    # The process

    def start(self) -> None:
        """Start the process, if it does not run."""
        if self.isRunning:
            return
        self.isRunning, self.wasHurt = True, False
        self._last = 0
        self.ledger = self._newLedger()
        self.reactor = SimulatedReactor(self._cluster.reactor.seconds())
        self.stream = self._cluster.broker.connect(self.name)
        for cut in sorted(self.cuts):
            setattr(self.stream, cut, True)
        if self.cuts or not self._cluster.broker.isUp:
            self.hurt()
        self.server = ClusterServer(
            self._folder,
            self.reactor,
            self.wall,
            lambda: f"{self.name}{next(self._ids)}",
            self.disk,
            self.stream,
            Node(self.name, lambda: str(next(self._runs)), "sim"),
            self._beginLedger,
        )

    def kill(self) -> None:
        """End the process as kill -9 does.  What it has sent to the broker may still get there."""
        if not self.isRunning:
            return
        old, self._folder = self._folder, self._parent / str(next(self._folders))
        copyJournal(old, self._folder)
        self.server.kill()
        self._ended()

    def leave(self) -> None:
        """Begin to stop the process, as C{SIGTERM} does."""
        if self.isRunning and self._ending is None:
            self.server.isOpen = False
            self._ending = self.server.stop()

    @property
    def file(self) -> Path:
        """The path of the copy."""
        return self._folder / FILE

    @property
    def isEnding(self) -> bool:
        """Whether the process is stopping."""
        return self._ending is not None

    def _ended(self) -> None:
        self.stream.die()
        self.disk.fault = ""
        self.disk.release()
        self.cutAll()
        # A process that is gone does nothing more, but its coroutines would run when they are collected.
        self._cluster.graves.append(self.server)
        self.isRunning, self._ending = False, None

    def close(self) -> None:
        """Close the files."""
        if self.isRunning:
            self.server.kill()
            self._ended()

    def told(self) -> str:
        """Tell how the node is."""
        if not self.isRunning:
            return "it does not run"
        return f"it {'stops' if self.isEnding else 'runs'}; {self.server.failure or self.server.log.overview()}"

    def hurt(self) -> None:
        """Note that something happens that may stop the process."""
        self.wasHurt = True

    # Steps

    def cut(self, how: str) -> None:
        """Let something no longer through to the broker, or from it, see C{cuts}."""
        self.cuts.add(how)
        if self.isRunning:
            setattr(self.stream, how, True)
            self.hurtIfStarting()

    def heal(self) -> None:
        """Let everything through again."""
        self.cuts.clear()
        if self.isRunning:
            self.stream.heal()

    def hurtIfStarting(self) -> None:
        """A node that cannot reach the broker while it starts may stop."""
        if self.isRunning and not self.server.isOpen:
            self.hurt()

    def act(self, step: Step) -> None:
        """Let a step happen that concerns this node only."""
        if step.action == "connect" and not (self.isRunning and self.server.isOpen):
            return
        if self.isRunning:
            getattr(self, f"_{step.action}")(step)

    def damage(self, fault: str) -> None:
        """Let a fault of the disk begin, or end."""
        if fault in FAULTS:
            self.hurt()
        self.disk.fault = fault if fault in FAULTS else ""

    def memoryOf(self, slot: int) -> Memory:
        """A person comes back at any node."""
        return self._cluster.memories.setdefault(slot // len(self._cluster.sites), Memory())

    def wall(self) -> float:
        """The time that the node sees, in seconds since the epoch."""
        return self._cluster.wall()

    def turn(self) -> None:
        """Run a turn of the reactor, and notice when the process ends."""
        if not self.isRunning:
            return
        self.reactor.turn()
        server = self.server
        if server.failure is not None and self._ending is None:
            if not self.wasHurt:
                raise Broken("no node stops", f"{self.name} has stopped: {server.failure}")
            self.leave()
        if self._ending is not None and self._ending.called and server.isIdle:
            self._ended()

    def carry(self) -> bool:
        """Let every thread and every connection work once.  Return whether any did."""
        return self.isRunning and Rest(self).carry()

    def workAll(self) -> None:
        """Let each thread do and report one thing."""
        if self.isRunning:
            super().workAll()

    def check(self) -> None:
        """
        Check the promises that do not depend on a client.

        @raise Broken: one does not hold.
        """
        super().check()
        if not self.isRunning or self.wasHurt:
            return
        now, log = self.reactor.seconds(), self.server.log
        for began, event in log.pending.values():
            # What waits behind a batch that comes back late has its own time after that.
            if now - max(began, log.landed) > UNKNOWN:
                raise Broken("an answer in 5 seconds", f"{self.name} has waited {now - began:.1f} s for {event}")
            break  # they are in order

    def hangUpAll(self) -> None:
        """All clients leave."""
        while self.connections:
            self._hangUp(next(iter(self.connections.values())))

    # What is applied

    def _newLedger(self) -> Ledger:
        ledger = Ledger(self._expect, self._entered, self._begins, self._applied, self._loggedIn)
        ledger.wasStuck = True  # another node may not know yet what this one has shown
        return ledger

    def _beginLedger(self, server: ClusterServer) -> Apply:
        self.ledger.begin(server.chat.state)
        self.ledger.isRestoring = False

        def apply(entry: Entry, origin: Origin | None = None) -> None:
            if self.server is not server or not self.isRunning:
                return
            if not self._last:
                self._restored(entry.sequence - 1)
            self.ledger.apply(entry, origin)

        return apply

    def _restored(self, sequence: int) -> None:
        """Let the ledger know the entries that are in the checkpoint with which the process has started."""
        self._last = sequence
        for entry, refused in self._cluster.truth.entries[:sequence]:
            if not refused:
                self.ledger.found(entry)
                if isinstance(entry.event, RoomRenamed):
                    self.ledger.renamed(entry.event)

    def _applied(self, entry: Entry, refused: ChatError | None) -> None:
        if entry.sequence != self._last + 1:
            raise Broken("one order", f"{self.name} applies entry {entry.sequence} after entry {self._last}")
        self._last = entry.sequence
        self._cluster.truth.applied(self.name, entry, refused)
        super()._applied(entry, refused)  # private: this class is a kind of world

    @property
    def last(self) -> int:
        """The sequence number of the last entry that was applied."""
        return self._last
