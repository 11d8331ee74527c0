"""Reacts to the signals that an administrator sends to a running server."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

from twisted.logger import Logger
from twisted.python.failure import Failure

from twistchat.chat.model.events import REFUSED
from twistchat.chat.rules.audit import MAX_DETAIL
from twistchat.net.context import ServerContext

log = Logger()

SENDER = "root or the user of the server"
"""Who can send a signal to this process.  A signal does not say who sent it."""


def ignoreHangup() -> None:
    """Ignore SIGHUP until L{installSignals} is called.  It would end the process, which has just read its files."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def installSignals(reactor: Any, context: ServerContext) -> None:
    """
    Shut down cleanly with exit status 0 on SIGTERM and SIGINT, and read the configuration again on SIGHUP.

    Twisted's own runners end the process with the signal after the shutdown.  A supervisor takes that for a crash.

    @param reactor: the reactor, which must be running: it installs signal handlers of its own when it starts.
    """
    stop = _stopOnce(reactor)

    def reload() -> None:
        _reload(context)

    def caught(number: int, frame: object) -> None:
        reactor.callFromThread(stop)

    signal.signal(signal.SIGTERM, caught)
    signal.signal(signal.SIGINT, caught)
    signal.signal(signal.SIGHUP, lambda number, frame: reactor.callFromThread(reload))


def _stopOnce(reactor: Any) -> Callable[[], None]:
    """
    Return a function that stops the reactor once, however often it is called.

    C{reactor.running} stays true until the reactor has stopped, and a second C{reactor.stop} raises an error.
    """
    stopping = False

    def stop() -> None:
        nonlocal stopping
        if reactor.running and not stopping:
            stopping = True
            reactor.stop()

    return stop


def _reload(context: ServerContext) -> None:
    """
    Read the configuration again.  The log has a line about the result.

    A signal does nothing if a reload waits already: that reads the same files.
    """
    if not context.reloads.waiting:
        context.chat.audit.recordOutside("signal", SENDER, "reload").addErrback(_notRecorded)
        context.rehash().addErrback(_failed, context)


def _failed(failure: Failure, context: ServerContext) -> None:
    """Record that nothing was changed.  The log says why."""
    why = f"Nothing has changed: {failure.getErrorMessage()}"[:MAX_DETAIL]
    context.chat.audit.recordOutside("signal", SENDER, f"reload.{REFUSED}", "", why).addErrback(_notRecorded)


def _notRecorded(failure: Failure) -> None:
    log.warn("The journal did not record the reload: {why}", why=failure.getErrorMessage())
