"""One run of a node: a whole server whose journal follows the simulated stream."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from sqlite3 import ProgrammingError
from typing import TYPE_CHECKING, Any, Final

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from tests.journal.disk import kill
from tests.simulation.machine.disk import Disk, SimulatedWorker
from tests.simulation.machine.reactor import SimulatedReactor
from tests.simulation.machine.server import SimulatedServer, readSettings
from twistchat.chat.replica import Replica
from twistchat.journal.history.removal.retention import Retention
from twistchat.journal.history.sqlite import SqliteHistory
from twistchat.journal.jetstream.log import ReplicatedLog
from twistchat.journal.jetstream.participation import Node
from twistchat.journal.jetstream.publishing import ENDINGS
from twistchat.journal.sqlite.copy import SqliteCopy
from twistchat.journal.sqlite.files import FILE

if TYPE_CHECKING:
    from twistchat.chat.model.events import Entry, Event
    from twistchat.chat.model.sessions import Origin
    from twistchat.interfaces import Apply, IStream
    from twistchat.journal.jetstream.batches import Batch

CONFIGURATION: Final = "[accounts]\nplaintext = true\n"
"""The configuration of all nodes."""


class WatchedCopy(SqliteCopy):
    """
    The copy of a node, which writes through a simulated disk.

    @ivar began: called when its threads start.
    """

    began: Callable[[], None]

    def _start(self, *arguments: Any) -> None:
        """See L{SqliteCopy}."""
        super()._start(*arguments)  # private: subclasses of it are told when the threads start
        self.began()


class WatchedLog(ReplicatedLog):
    """
    The log of a node, which notes whose outcome is not known yet.

    @ivar pending: when each event that can be refused was proposed, and the event, by its receipt.
    @ivar landed: when the last batch of this node came back.
    """

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.pending: dict[Deferred[Entry], tuple[float, Event]] = {}
        self.landed = 0.0

    def append(self, event: Event, origin: Origin | None = None) -> Deferred[Entry]:
        """See L{ReplicatedLog.append}."""
        receipt = super().append(event, origin)
        if receipt.called or isinstance(event, ENDINGS):
            return receipt
        self.pending[receipt] = self._clock.seconds(), event

        def decided(outcome: Any) -> Any:
            self.pending.pop(receipt, None)
            return outcome

        return receipt.addBoth(decided)

    def _own(self, batch: Batch) -> Any:  # private: only this tells when a batch has come back
        items = super()._own(batch)
        if items is not None:
            self.landed = self._clock.seconds()
        return items


class ClusterServer(SimulatedServer):
    """
    One run of a node, from its start to its end.

    @ivar copy: its database.
    @ivar isOpen: whether the log is open, so that clients can connect.
    @ivar failure: why the log could not be opened, or had to stop; C{None} if all is well.
    @ivar position: how far the stream has been followed and applied; C{None} if something is on its way.
    """

    log: Any

    def __init__(  # not super().__init__(): that one opens a journal of its own
        self,
        folder: Path,
        reactor: SimulatedReactor,
        wall: Callable[[], float],
        ids: Callable[[], str],
        disk: Disk,
        stream: IStream,
        node: Node,
        apply: Callable[[ClusterServer], Apply],
    ) -> None:
        """
        Start to open the log of a node, which continues the copy in its folder.

        @param folder: the data folder.
        @param wall: returns the seconds since the epoch.
        @param ids: returns a new id at each call.
        @param disk: the disk of the copy.
        @param stream: the stream.
        @param node: what the node is.
        @param apply: called with this server, returns what applies the entries.
        """
        self.killed = self.isOpen = False
        self.failure: str | None = None
        self.workers: dict[str, SimulatedWorker] = {}
        self.configuration = CONFIGURATION
        settings = readSettings(CONFIGURATION)
        folder.mkdir(exist_ok=True)
        self.copy = copy = WatchedCopy(str(folder), wall, self._makeWorker, clock=reactor, failed=self._fail)
        copy.began = lambda: disk.watch(copy, folder / FILE)
        self.log = WatchedLog(
            stream,
            copy,
            reactor,
            lambda: Replica(self.chat),
            node,
            lambda: "j",
            lambda: bytes(32),
            self._stopped,
            "The journal is that of a simulated cluster.",
        )
        retention = Retention(reactor, wall, settings.journal.retention, settings.journal.retentionCount)
        self.history = SqliteHistory(copy, retention, reactor)
        self._assemble(settings, reactor, wall, ids)
        self.log.open(apply(self)).addCallbacks(self._opened, self._notOpened)

    @property
    def position(self) -> int | None:
        """See the class."""
        found: int = self.log.overview()["position"]
        return None if self.copy.waiting else found

    @property
    def takesPart(self) -> bool:
        """Whether the log is open, and the node is a member that accepts what users propose."""
        state = self.chat.state
        return self.isOpen and self.log.trouble is None and state.nodes.own in state.nodes.live

    def take(self) -> bytes:
        """Encode the state, as for a checkpoint."""
        return Replica(self.chat).take()

    def kill(self) -> None:
        """End without closing anything in order.  A second call does nothing."""
        if not self.killed:
            self.killed = True
            if hasattr(self.copy.committer, "threads"):
                with suppress(OSError, ProgrammingError):  # a copy that failed has closed its files itself
                    kill(self.copy)
            else:
                self.copy.close()

    def _opened(self, _: object) -> None:
        self._begin()
        self.isOpen = True

    def _notOpened(self, failure: Failure) -> None:
        self.failure = failure.getErrorMessage()

    def _stopped(self, why: str) -> None:
        self.failure = why

    def _fail(self, why: str) -> None:
        self.log.fail(why)
