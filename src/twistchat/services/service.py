"""The chat as a Twisted service: it opens the journal, listens at every door, and shuts both down cleanly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from shlex import quote
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.error import ReactorNotRunning
from twisted.logger import Logger
from twisted.python.failure import Failure

from twistchat.chat.phrasing import counted
from twistchat.interfaces import IClusterLog, ILog
from twistchat.net.context import ServerContext
from twistchat.services.backups.schedule import Backups
from twistchat.services.control.socket import ControlSocket
from twistchat.services.draining import Draining
from twistchat.services.failure import StartFailure
from twistchat.services.listening import Listening
from twistchat.services.monitoring.endpoint import MetricsEndpoint
from twistchat.services.systemd import Systemd

log = Logger()

JOURNAL_TIMEOUT = 10.0
"""Seconds that the journal has to write pending proposals when the service stops."""

SHUTTING_DOWN = "The server is shutting down"
"""What clients are told when the service stops."""

FAILED = "The server stops because of a fault; its administrator has to look at it"
"""What clients are told if L{ChatService.fail} stops the service."""


class ChatService(Service):
    """
    The server: its journal, its doors and its ports.

    @ivar listening: the ports at which the doors listen.
    @ivar draining: empties this server before it stops, if it is a node of a cluster.
    """

    def __init__(
        self,
        reactor: Any,
        listening: Listening,
        journal: ILog,
        context: ServerContext,
        isRoot: Callable[[], bool],
        complain: Callable[[str], None] = lambda why: None,
        exitFailed: Callable[[], None] = lambda: None,
        control: ControlSocket | None = None,
        beginLog: Callable[[object], None] = lambda application: None,
        backups: Backups | None = None,
        systemd: Systemd | None = None,
        metrics: MetricsEndpoint | None = None,
    ) -> None:
        """
        @param reactor: stopped if the journal cannot be opened.  It also times the shutdown.
        @param listening: the ports, which are not bound yet.
        @param isRoot: returns whether this process runs as root.
        @param complain: called with one line that says why the server cannot start, before L{StartFailure} is raised.
        @param exitFailed: called before the reactor is stopped: lets the process end with the status of a failed start.
        @param control: the control socket; C{None} if the server has no data directory.
        @param beginLog: called with the application of which this service becomes a part.  C{twistd} has not begun to
            log then.
        @param backups: the backups; C{None} if the journal cannot be copied while the server runs.
        @param systemd: is told when the server has started and when it stops; C{None} to tell nobody.
        @param metrics: serves metrics; C{None} if nobody asked for them.
        """
        self.listening = listening
        self._reactor = reactor
        self._journal = journal
        self._context = context
        self._isRoot = isRoot
        self._complain = complain
        self._exitFailed = exitFailed
        self._control = control
        self._beginLog = beginLog
        self._backups = backups
        self._systemd = systemd or Systemd({}, reactor, 0)
        self._metrics = metrics
        self.draining = Draining(reactor, listening, journal, context.ends, context.chat)
        self._farewell = SHUTTING_DOWN
        self._starting = True
        self._isOpen = False
        self._failure: Failure | None = None

    def setServiceParent(self, parent: Any) -> None:
        """See C{IService.setServiceParent}."""
        super().setServiceParent(parent)
        self._beginLog(parent)

    def privilegedStartService(self) -> None:
        """
        Bind the ports, while the process still has the privilege to bind any port.

        @raise StartFailure: an endpoint cannot listen; then none does.
        """
        with self._complaining():
            self._bind()

    def startService(self) -> None:
        """
        Open the journal, then let the doors accept connections, and log how to connect.

        Opening may take a while.  Until then the ports are bound and the kernel queues connections.  If opening fails
        after this call has returned, the server logs one line and stops, with the exit status of a failed start.

        @raise StartFailure: the journal cannot be opened; or the process runs as root, and other machines can reach it.
        """
        with self._complaining():
            if not self.listening.ports:
                self._bind()
            self._refuseRoot()
            self._open()
        super().startService()

    def stopService(self) -> Deferred[None]:
        """
        Stop listening, write pending proposals, tell every client, and close their connections.

        @return: fires when that is done.  Timeouts bound the wait for slow clients and slow disks.
        """
        super().stopService()
        self._systemd.stopping()
        self._context.figures.stop()
        return Deferred.fromCoroutine(self._stop())

    def fail(self, why: str) -> None:
        """
        Stop the server because its journal can show nothing more.  The process ends with the status of a failed start.

        @param why: one line for the administrator.
        """
        log.critical("{why}", why=why)
        self._farewell = FAILED
        self._exitFailed()
        with suppress(ReactorNotRunning):  # it may stop already
            self._reactor.stop()

    @contextmanager
    def _complaining(self) -> Iterator[None]:
        try:
            yield
        except StartFailure as failure:
            self._complain(str(failure))
            raise

    def _bind(self) -> None:
        if self._metrics is not None:
            self._metrics.bind()
        self.listening.bind()

    def _refuseRoot(self) -> None:
        if not self._isRoot():
            return
        if self.listening.isReachable or (self._metrics is not None and self._metrics.isReachable):
            raise StartFailure(
                "a server that other machines reach does not run as root; start it as twistd --uid USER twistchat"
            )
        log.warn("This server runs as root.  Start it with twistd --uid USER twistchat, and it runs as USER.")

    def _open(self) -> None:
        self._starting, self._failure = True, None
        self._systemd.opening()
        opening = maybeDeferred(self._journal.open, self._context.chat.state.apply)
        opening.addCallbacks(self._opened, self._notOpened)
        self._starting = False
        if self._failure is not None:
            raise _cannotOpen(self._failure) from self._failure.value
        if not self._isOpen:
            self.listening.pause()

    def _opened(self, _: None) -> None:
        """The journal is open: let the doors accept connections."""
        self._isOpen = True
        if not self._starting:
            if not self.running:
                return
            self.listening.resume()
        self._context.figures.start()
        self._context.registrar.tend()
        self._context.logins.tend()
        self._context.chat.upkeep.begin()
        log.info("{promise}", promise=self._journal.promise)
        if self._control is not None:
            self._control.open()
        self.listening.announce()
        if self._metrics is not None:
            self._metrics.announce()
        if self._backups is not None:
            self._context.onReload.append(self._backups.reload)
            self._backups.begin()
        elif self._context.settings.backup.every:
            log.warn("This server makes no backups: its kind of journal cannot be copied while the server runs")
        if self._control is not None and self.listening.isReachable and not isAdministered(self._context):
            log.warn(
                "This server has no administrator.  Make one: twistchat account create NAME --admin --data {data}",
                data=quote(str(self._control.path.parent)),
            )
        self._context.reloads.begins = self._systemd.reloading
        self._context.reloads.ended = self._systemd.reloaded
        # Before the reactor runs, a signal would end the process.
        status = f"Is open at {counted(len(self.listening.ports), 'endpoint')}"
        self._reactor.callWhenRunning(self._systemd.ready, status)

    def _notOpened(self, failure: Failure) -> None:
        """The journal cannot be opened.  L{startService} raises the error; if it has returned, stop the server."""
        self._systemd.stopping()
        if self._starting:
            self._failure = failure
        elif self.running:
            why = str(_cannotOpen(failure))
            log.critical("{why}", why=why)
            self._complain(why)
            self._exitFailed()
            self._reactor.stop()

    async def _stop(self) -> None:
        await self.listening.stop()
        if self._control is not None:
            await self._control.stop()
        if self._backups is not None:
            await self._backups.stop()
        if IClusterLog.providedBy(self._journal) and self._isOpen and self._farewell != FAILED:
            await self.draining.drain(SHUTTING_DOWN)
        closing = self._journal.close().addTimeout(JOURNAL_TIMEOUT, self._reactor)
        await closing.addErrback(_logged)
        if self._control is not None:
            self._control.close()
        await self.listening.closeDoors(self._farewell)
        self._context.connections.stop()
        self._context.loginLog.stop()
        self._context.registrar.stop()
        self._context.logins.stop()
        self._context.passwords.stop()
        if self._context.mailer is not None:
            self._context.mailer.stop()
        self._context.upkeep.after(None)
        if self._metrics is not None:
            await self._metrics.stop()


def isAdministered(context: ServerContext) -> bool:
    """Whether a server has an administrator, or can have an operator."""
    return bool(context.settings.operators) or any(account.isAdmin for account in context.chat.state.accounts)


def _cannotOpen(failure: Failure) -> StartFailure:
    return StartFailure(f"the journal cannot be opened: {failure.value}")


def _logged(failure: Failure) -> None:
    log.failure("The journal did not close in good order", failure)
