"""The server side of the control socket: reads a request of each client, and writes the replies."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IAddress, IDelayedCall, IPushProducer, IReactorTime
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from twistchat.services.control.commands import Answer, Arguments, execute, logCommand
from twistchat.services.control.peer import peerOf
from twistchat.services.control.wire import MAX_LINE, ControlError, readRequest, writeError, writeReply

if TYPE_CHECKING:
    from twistchat.interfaces import Receipt
    from twistchat.services.control.commands import Commands

MAX_CLIENTS: Final = 16
"""The maximum number of connections at one time."""

REQUEST_TIMEOUT: Final = 10.0
"""The seconds that a client has to send its request."""

COMMAND_TIMEOUT: Final = 60.0
"""The seconds that a command may take until its next reply, and that a client has to read a reply."""

log = Logger()


class Gone(Exception):
    """The client disconnected while its command ran."""


@implementer(IPushProducer)
class ControlProtocol(Protocol):
    """One connection: one request and its replies."""

    factory: ControlFactory

    def __init__(self, clock: IReactorTime, commands: Commands) -> None:
        self._clock = clock
        self._commands = commands
        self._received: bytes | None = b""
        self._running: Deferred[None] | None = None
        self._timeout: IDelayedCall | None = None
        self._drained: Deferred[None] | None = None
        self._paused = self._gone = False

    # Protocol

    def connectionMade(self) -> None:
        """Wait for the request; or refuse the client, if there are too many."""
        clients = self.factory.clients
        if len(clients) >= MAX_CLIENTS:
            self._refuse(ControlError("TOO_MANY_CLIENTS", f"{MAX_CLIENTS} commands use the server now; try again"))
            return
        clients.add(self)
        self._limit(REQUEST_TIMEOUT, self._noRequest)

    def dataReceived(self, data: bytes) -> None:
        """Read the request.  Everything after its first line is ignored."""
        if self._received is None:
            return
        line, end, _ = data.partition(b"\n")
        self._received += line
        if len(self._received) >= MAX_LINE:
            self._refuse(ControlError("TOO_LONG", f"A request has {MAX_LINE:,} bytes at most"))
        elif end:
            received, self._received = self._received, None
            self._limit(COMMAND_TIMEOUT, self._takesLong)
            self._running = Deferred.fromCoroutine(self._answer(received))
            self._running.addErrback(self._failed)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Stop listing.  A command that changes something is finished."""
        self._gone, self._received = True, None
        self._limit(None)
        self.factory.clients.discard(self)
        self.resumeProducing()

    # IPushProducer: the transport says whether the client reads

    def pauseProducing(self) -> None:
        """The client does not read."""
        self._paused = True

    def resumeProducing(self) -> None:
        """The client has read what was sent."""
        self._paused = False
        drained, self._drained = self._drained, None
        if drained is not None:
            drained.callback(None)

    def stopProducing(self) -> None:
        """The connection is lost."""

    def close(self) -> None:
        """Disconnect the client, because the server stops."""
        self._transport.abortConnection()

    @property
    def _transport(self) -> Any:
        return self.transport

    async def _answer(self, line: bytes) -> None:
        self._transport.registerProducer(self, True)
        try:
            request = readRequest(line)
            who, record = peerOf(self._transport), self.factory.record

            def note(arguments: Arguments, refused: str) -> None:
                logCommand(who, "", request.command, arguments.target, refused)

            recorded = None if record is None else partial(record, who)
            asker = f"{who} at the console"
            reply = writeReply("answer", await execute(self._commands, request, self._report, recorded, note, asker))
        except ControlError as e:
            reply = writeError(e)
        self._end(reply)

    async def _report(self, part: Answer) -> None:
        """
        Send a part of an answer, then wait for a later turn in which the client has read it.

        @raise Gone: the client disconnected.
        """
        if not self._gone:
            self._transport.write(writeReply("progress", part))
            await deferLater(self._clock, 0)
        if self._paused and not self._gone:
            self._drained = Deferred()
            await self._drained
        if self._gone:
            raise Gone
        self._limit(COMMAND_TIMEOUT, self._takesLong)

    def _end(self, reply: bytes) -> None:
        """Send the last reply, and close the connection after it."""
        self._received = None
        if not self._gone:
            self._transport.write(reply)
            self._transport.unregisterProducer()
            self._transport.loseConnection()

    def _refuse(self, error: ControlError) -> None:
        """Refuse the request, or the client."""
        self._received = None
        self._transport.write(writeError(error))
        self._transport.loseConnection()

    def _failed(self, failure: Failure) -> None:
        """A command failed, took too long, or lost its client."""
        if failure.check(CancelledError):
            self._end(writeError(ControlError("TOO_SLOW", "This takes too long; it may still take effect")))
        elif not failure.check(Gone):
            log.failure("A command of an administrator failed", failure)
            text = "The server could not do that because of an error in it, and has logged the error"
            self._end(writeError(ControlError("FAILED", text)))

    def _noRequest(self) -> None:
        self._refuse(ControlError("TOO_SLOW", "The request did not arrive in time"))

    def _takesLong(self) -> None:
        """End the command.  If it has ended, its client does not read the replies."""
        assert self._running is not None
        self._limit(REQUEST_TIMEOUT, self.close)
        self._running.cancel()

    def _limit(self, seconds: float | None, end: Callable[[], None] = lambda: None) -> None:
        """Call a function after this time, and not the one given before; C{None} calls none."""
        if self._timeout is not None and self._timeout.active():
            self._timeout.cancel()
        self._timeout = None if seconds is None else self._clock.callLater(seconds, end)


class ControlFactory(Factory):
    """
    Makes the protocols of a control socket.

    @ivar clients: the connections.
    @ivar record: records an act of a user of the operating system in the audit trail.  Its arguments are the name of
        the user and those of L{Record <twistchat.services.control.commands.Record>}.  C{None} for no record.
    """

    noisy = False

    def __init__(
        self,
        clock: IReactorTime,
        commands: Commands,
        record: Callable[[str, str, str, str], Receipt] | None = None,
    ) -> None:
        """
        @param clock: measures the timeouts.
        @param commands: the commands that clients may use.
        @param record: see C{record}.
        """
        self._clock = clock
        self._commands = commands
        self.record = record
        self.clients: set[ControlProtocol] = set()

    def buildProtocol(  # type: ignore[override]  # Twisted wants a protocol that accepts any factory
        self, addr: IAddress | None
    ) -> ControlProtocol:
        """See L{Factory.buildProtocol}."""
        protocol = ControlProtocol(self._clock, self._commands)
        protocol.factory = self
        return protocol

    def close(self) -> None:
        """Disconnect all clients."""
        for client in list(self.clients):
            client.close()
