"""Tests of L{twistchat.services.control.socket}, with real sockets in a real directory."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any, cast

from twisted.internet.error import CannotListenError
from twisted.internet.task import Clock
from twisted.logger import ILogObserver, LogEvent, formatEvent, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from twistchat.services.control.protocol import ControlFactory
from twistchat.services.control.socket import ControlSocket


class Port:
    """A port that removes its socket when it stops, as Twisted's do."""

    def __init__(self, path: str, listening: socket.socket) -> None:
        self.path = path
        self.listening = listening

    def stopListening(self) -> None:
        """Stop."""
        self.listening.close()
        Path(self.path).unlink()


class Reactor:
    """
    Listens at Unix sockets, as a reactor does.

    @ivar modes: the permissions of each socket before C{chmod}, and the mode that was asked for.
    @ivar fault: raised instead, if it is not C{None}.
    """

    def __init__(self) -> None:
        self.modes: list[tuple[int, int]] = []
        self.fault: Exception | None = None

    def listenUNIX(self, path: str, factory: Any, backlog: int = 50, mode: int = 0o666) -> Port:
        """See C{IReactorUNIX.listenUNIX}."""
        if self.fault is not None:
            raise self.fault
        listening = socket.socket(socket.AF_UNIX)
        try:
            listening.bind(path)
        except OSError as e:
            listening.close()
            raise CannotListenError(None, path, e) from e
        self.modes.append((stat.S_IMODE(Path(path).stat().st_mode), mode))
        listening.listen(backlog)
        return Port(path, listening)


class ControlSocketTests(SynchronousTestCase):
    """Listening, and what prevents it."""

    def setUp(self) -> None:
        self.directory = Path(mkdtemp())
        self.addCleanup(rmtree, self.directory)
        self.path = self.directory / "control"
        self.reactor = Reactor()
        self.events: list[LogEvent] = []
        observer = cast(ILogObserver, self.events.append)
        globalLogPublisher.addObserver(observer)
        self.addCleanup(globalLogPublisher.removeObserver, observer)

    def open(self, directory: Path | None = None) -> ControlSocket:
        """Open a socket."""
        made = ControlSocket(self.reactor, directory or self.directory, ControlFactory(Clock(), {}))
        made.open()
        self.addCleanup(made.stop)
        return made

    def warnings(self) -> list[str]:
        """Return the warnings."""
        return [formatEvent(event) for event in self.events if event["log_namespace"].startswith("twistchat.")]

    def test_mode(self) -> None:
        """Only the owner can connect, from the start, whatever the mask of the process is.  The mask is unchanged."""
        before = os.umask(0)
        try:
            self.open()
            self.assertEqual(0, os.umask(0))
        finally:
            os.umask(before)
        self.assertEqual([(0o600, 0o600)], self.reactor.modes)
        self.assertEqual([], self.warnings())

    def test_stop(self) -> None:
        """The socket is removed when the server stops.  A second call is harmless."""
        control = self.open()
        self.assertTrue(self.path.is_socket())
        self.successResultOf(control.stop())
        self.assertFalse(self.path.exists())
        self.successResultOf(control.stop())

    def test_stale(self) -> None:
        """The socket of a server that was killed is replaced."""
        with socket.socket(socket.AF_UNIX) as left:
            left.bind(str(self.path))
            left.listen()
        self.open()
        self.assertEqual([], self.warnings())
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(self.path))

    def test_live(self) -> None:
        """The socket of a server that runs is left alone."""
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(str(self.path))
            other.listen()
            self.successResultOf(self.open().stop())
            self.assertIn("another server listens there", self.warnings()[0])
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(str(self.path))

    def test_other(self) -> None:
        """A file in its place is left alone, and so is a symbolic link."""
        self.path.write_text("mine")
        self.open()
        self.assertIn(f"cannot listen at {self.path}: it exists and is no socket; move it away", self.warnings()[0])
        self.assertEqual("mine", self.path.read_text())
        self.path.unlink()
        self.path.symlink_to("elsewhere")
        self.open()
        self.assertIn("is no socket", self.warnings()[1])
        self.assertEqual([], self.reactor.modes)

    def test_tooLong(self) -> None:
        """If the path is too long, a warning says so.  The longest possible path works."""
        for length, works in ((107, True), (108, False)):
            directory = self.directory / ("x" * (length - len("/control") - len(str(self.directory)) - 1))
            directory.mkdir()
            self.open(directory)
            self.assertEqual(works, (directory / "control").exists())
        self.assertIn("the path has 108 bytes, and the system allows 107", self.warnings()[0])

    def test_refused(self) -> None:
        """If the system refuses the socket, a warning says why."""
        self.reactor.fault = CannotListenError(None, "control", OSError(95, "Operation not supported"))
        self.open()
        self.reactor.fault = PermissionError(13, "Permission denied")
        self.open()
        first, second = self.warnings()
        self.assertIn("cannot listen at", first)
        self.assertTrue(first.endswith(": Operation not supported"), first)
        self.assertTrue(second.endswith(": Permission denied"), second)
