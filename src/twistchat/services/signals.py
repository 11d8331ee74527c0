"""Reacts to the signals that an administrator sends to a running server."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from twistchat.config import ConfigError
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
    Read the configuration again, and log the result in one line.

    A signal does nothing if a reload waits already: that reads the same files.
    """
    if not context.reloads.waiting:
        Deferred.fromCoroutine(_reloaded(context))


async def _reloaded(context: ServerContext) -> None:
    context.chat.audit.recordOutside("signal", SENDER, "reload").addErrback(_notRecorded)
    try:
        reloaded = await context.rehash()
    except ConfigError as e:
        log.error("The configuration has a mistake, and nothing was changed: {mistake}", mistake=e)
    except Exception:
        log.failure("The configuration could not be read again")
    else:
        log.info("The configuration was read again; {reloaded}", reloaded=reloaded)


def _notRecorded(failure: Failure) -> None:
    log.warn("The journal did not record the reload: {why}", why=failure.getErrorMessage())
