"""A reactor whose turns run when a step says so.  Twisted's own transports run on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet import error
from twisted.internet.interfaces import IHalfCloseableDescriptor
from twisted.internet.task import Clock
from twisted.python.failure import Failure


class SimulatedReactor(Clock):
    """
    The timers and the file descriptors of a server.

    C{Clock.advance} also runs the calls that other calls schedule without delay.  A reactor leaves these for its next
    turn, and so does L{turn}.

    @ivar reading: the descriptors that wait for input.
    @ivar writing: the descriptors that wait until they can send.
    """

    def __init__(self, now: float = 0.0) -> None:
        """
        @param now: the time, in seconds.
        """
        super().__init__()
        self.rightNow = now
        self.reading: set[Any] = set()
        self.writing: set[Any] = set()

    def turn(self) -> None:
        """Run the timers that are due, but not those that they schedule."""
        now = self.rightNow
        due = [call for call in self.calls if call.getTime() <= now]
        for call in due:
            if call.active():
                self.calls.remove(call)
                call.called = 1
                call.func(*call.args, **call.kw)

    def sleep(self, seconds: float) -> None:
        """Let time pass.  Timers that become due run in the next L{turn}."""
        self.rightNow += seconds

    @property
    def isBusy(self) -> bool:
        """Whether a timer is due."""
        now = self.rightNow
        return any(call.getTime() <= now for call in self.calls)

    def addReader(self, descriptor: Any) -> None:
        """See C{IReactorFDSet.addReader}."""
        self.reading.add(descriptor)

    def removeReader(self, descriptor: Any) -> None:
        """See C{IReactorFDSet.removeReader}."""
        self.reading.discard(descriptor)

    def addWriter(self, descriptor: Any) -> None:
        """See C{IReactorFDSet.addWriter}."""
        self.writing.add(descriptor)

    def removeWriter(self, descriptor: Any) -> None:
        """See C{IReactorFDSet.removeWriter}."""
        self.writing.discard(descriptor)

    def read(self, descriptor: Any) -> None:
        """Let a descriptor read, if it waits for input."""
        if descriptor in self.reading:
            self._serve(descriptor, descriptor.doRead, True)

    def write(self, descriptor: Any) -> None:
        """Let a descriptor send, if it waits for that."""
        if descriptor in self.writing:
            self._serve(descriptor, descriptor.doWrite, False)

    def _serve(self, descriptor: Any, serve: Callable[[], Any], reads: bool) -> None:
        """Do what C{PosixReactorBase._disconnectSelectable} does with the outcome of C{doRead} and C{doWrite}."""
        why = serve()
        if not why:
            return
        self.removeReader(descriptor)
        if isinstance(why, error.ConnectionDone) and reads and IHalfCloseableDescriptor.providedBy(descriptor):
            descriptor.readConnectionLost(Failure(why))
            return
        self.removeWriter(descriptor)
        descriptor.connectionLost(Failure(why))
