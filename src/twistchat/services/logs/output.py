"""Writes the log of a server that C{twistd} or C{twist} runs, as the section C{[log]} says."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, MutableMapping
from typing import IO, Any, Final

from twisted.logger import (
    FileLogObserver,
    FilteringLogObserver,
    ILogObserver,
    LogEvent,
    LogLevel,
    LogLevelFilterPredicate,
)
from twisted.python.components import Componentized
from twisted.python.logfile import LogFile

from twistchat.config import LogSettings
from twistchat.config.toml import printable, shortened
from twistchat.services.logs.lines import asJson, asText
from twistchat.services.logs.refusals import FewRefusals

FORMATS: Final[dict[str, Callable[[LogEvent], str | None]]] = {"text": asText, "json": asJson}
"""The functions that write an event, by C{log.format}."""

DEFAULT_FILE: Final = "twistd.log"
"""The file to which a daemon logs without C{--logfile}, as C{twistd} does."""


class LogOutput:
    """Makes the observer that writes the log.  Its format and its level can change while the server runs."""

    def __init__(self, settings: LogSettings) -> None:
        self._predicate = LogLevelFilterPredicate()
        self.apply(settings)

    def apply(self, settings: LogSettings) -> None:
        """Use other settings from now on."""
        self._format = FORMATS[settings.format]
        self._predicate.setLogLevelForNamespace("", LogLevel.levelWithName(settings.level))

    def observer(self, file: IO[Any]) -> ILogObserver:
        """
        Make an observer.

        @param file: takes the lines: text, or bytes in UTF-8.
        """
        written = FileLogObserver(file, lambda event: self._format(event))
        return FewRefusals(FilteringLogObserver(written, [self._predicate]))

    def attach(self, application: object, runner: MutableMapping[str, Any], reactor: Any) -> None:
        """
        Let the program that runs this server use the observer.

        C{twistd} makes the service first, and asks the application for an observer when it begins to log.  C{twist}
        takes the function that makes an observer from its options.  With C{--logger} or C{--syslog}, C{twistd} logs as
        these say.

        @param application: the application that the service has become a part of.
        @param runner: the options of the program.
        @param reactor: rotates the file when the signal SIGUSR1 arrives.
        """
        if "fileLogObserverFactory" in runner:
            runner["fileLogObserverFactory"] = self.observer
        elif isinstance(application, Componentized) and not (runner.get("logger") or runner.get("syslog")):
            application.setComponent(ILogObserver, self.observer(_fileOf(runner, reactor)))


def _fileOf(runner: MutableMapping[str, Any], reactor: Any) -> Any:
    """
    Open the file that C{twistd} would log to.  See C{UnixAppLogger} in C{twisted.scripts._twistd_unix}.

    @raise SystemExit: a daemon cannot log to the terminal, or the file cannot be opened.
    """
    name, foreground = runner.get("logfile"), runner.get("nodaemon") or runner.get("debug")
    if name == "-" and not foreground:
        raise SystemExit("Daemons cannot log to stdout, exiting!")
    if name == "-" or (foreground and not name):
        return getattr(sys.stdout, "buffer", sys.stdout)  # its text may be in another encoding than UTF-8
    name = name or DEFAULT_FILE
    try:
        file = LogFile.fromFullPath(name)
    except OSError as e:
        raise SystemExit(f"twistchat: the log {shortened(printable(name))} cannot be opened: {e.strerror}") from None
    if not signal.getsignal(signal.SIGUSR1):
        signal.signal(signal.SIGUSR1, lambda number, frame: reactor.callFromThread(file.rotate))
    return file
