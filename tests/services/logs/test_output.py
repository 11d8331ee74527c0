"""Tests of L{twistchat.services.logs.output}."""

from __future__ import annotations

import json
import os
import signal
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

from twisted.application.app import AppLogger
from twisted.application.service import Application
from twisted.logger import ILogObserver, Logger, LogLevel, globalLogBeginner
from twisted.python.components import Componentized

from tests.commandlines import CommandLineTestCase
from twistchat.config import LogSettings
from twistchat.services.logs.output import LogOutput


class Reactor:
    """Makes the calls of other threads at once."""

    def callFromThread(self, call: Any) -> None:
        """Make a call."""
        call()


class OutputTests(CommandLineTestCase):
    """The observer, and how C{twistd} and C{twist} find it."""

    def setUp(self) -> None:
        """Run in an empty directory, without a handler of SIGUSR1."""
        super().setUp()
        self.closeLogs()
        self.addCleanup(signal.signal, signal.SIGUSR1, signal.getsignal(signal.SIGUSR1))
        signal.signal(signal.SIGUSR1, signal.SIG_DFL)

    def attached(self, **options: Any) -> ILogObserver | None:
        """Attach an output to an application, and return its observer."""
        application: Componentized = Application("twistchat")
        LogOutput(LogSettings()).attach(application, options, Reactor())
        found: ILogObserver | None = application.getComponent(ILogObserver, None)
        return found

    def test_levels(self) -> None:
        """The level and the format change at once."""
        file = BytesIO()
        output = LogOutput(LogSettings(level="warn"))
        log = Logger("a.test", observer=output.observer(file))
        for level in LogLevel.iterconstants():
            log.emit(level, "one")
        output.apply(LogSettings(level="debug", format="json"))
        log.debug("two {nick}", nick="bjørn")
        *lines, last = file.getvalue().decode().splitlines()
        self.assertEqual(["warn: one", "error: one", "critical: one"], [line.split(" ", 1)[1] for line in lines])
        self.assertEqual("two bjørn", json.loads(last)["message"])

    def test_terminal(self) -> None:
        """In the foreground the lines go to the terminal, in UTF-8 whatever its encoding."""
        raw = BytesIO()
        self.patch(sys, "stdout", TextIOWrapper(raw, "ascii"))
        for options in ({"nodaemon": True}, {"nodaemon": True, "logfile": "-"}, {"debug": True}):
            observer = self.attached(**options)
            assert observer is not None
            Logger("a.test", observer=observer).info("bjørn")
        self.assertEqual(3, raw.getvalue().count("bjørn\n".encode()))
        self.assertEqual([], list(self.directory.iterdir()))

    def test_file(self) -> None:
        """A daemon logs to a file, which the signal SIGUSR1 rotates."""
        for name, options in (("twistd.log", {}), ("own.log", {"logfile": "own.log", "nodaemon": True})):
            signal.signal(signal.SIGUSR1, signal.SIG_DFL)
            observer = self.attached(**options)
            assert observer is not None
            log = Logger("a.test", observer=observer)
            log.info("one")
            os.kill(os.getpid(), signal.SIGUSR1)
            log.info("two")
            self.assertIn("one", Path(f"{name}.1").read_text())
            self.assertNotIn("one", Path(name).read_text())

    def test_otherSignal(self) -> None:
        """Whoever uses SIGUSR1 already keeps it, as with twistd."""
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        self.attached()
        self.assertEqual(signal.SIG_IGN, signal.getsignal(signal.SIGUSR1))

    def test_daemonTerminal(self) -> None:
        """A daemon has no terminal to log to."""
        self.assertIn("Daemons cannot log", str(self.assertRaises(SystemExit, self.attached, logfile="-")))

    def test_noFile(self) -> None:
        """If the file cannot be opened, one line says why."""
        text = str(self.assertRaises(SystemExit, self.attached, logfile="none/own.log"))
        self.assertEqual("twistchat: the log none/own.log cannot be opened: No such file or directory", text)

    def test_chosenOtherwise(self) -> None:
        """C{--logger} and C{--syslog} choose another log; then no file is opened."""
        self.assertEqual([None, None], [self.attached(logger=print), self.attached(syslog=True)])
        self.assertEqual([], list(self.directory.iterdir()))

    def test_twist(self) -> None:
        """C{twist} takes the observer from its options."""
        raw = BytesIO()
        options: dict[str, Any] = {"fileLogObserverFactory": None}
        self.attached(**options)  # another dictionary: this only must not raise an error
        LogOutput(LogSettings(format="json")).attach(Application("twistchat"), options, Reactor())
        Logger("a.test", observer=options["fileLogObserverFactory"](raw)).info("hello")
        self.assertEqual("hello", json.loads(raw.getvalue())["message"])

    def test_twistd(self) -> None:
        """C{twistd} logs to the observer from its first line on, and removes it at the end."""
        application = Application("twistchat")
        options = {"nodaemon": True, "logfile": "own.log"}
        LogOutput(LogSettings(format="json")).attach(application, options, Reactor())
        began: list[ILogObserver] = []
        self.patch(globalLogBeginner, "beginLoggingTo", began.extend)
        logger = AppLogger(options)
        logger.start(application)
        self.assertEqual([application.getComponent(ILogObserver)], began)
