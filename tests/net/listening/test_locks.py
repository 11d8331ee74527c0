"""Tests of L{twistchat.net.listening.locks}."""

from __future__ import annotations

import gc
import os
import shutil
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from warnings import catch_warnings, simplefilter

from twisted.internet import reactor as installed
from twisted.internet.error import CannotListenError
from twisted.internet.protocol import ServerFactory
from twisted.trial.unittest import TestCase

from twistchat.net.listening.endpoints import endpointOf

reactor: Any = installed


class LockedEndpointTests(TestCase):
    """UNIX sockets that can or cannot be bound."""

    def setUp(self) -> None:
        self.folder = Path(mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.path = self.folder / "chat.sock"
        self.lock = self.folder / "chat.sock.lock"

    def listen(self) -> Any:
        """Listen at the path."""
        endpoint, _ = endpointOf(reactor, f"unix:{self.path}")
        return endpoint.listen(ServerFactory())

    def refused(self) -> str:
        """Check that nobody can listen at the path, and return the reason."""
        with catch_warnings():
            simplefilter("ignore", ResourceWarning)  # Twisted leaves the socket to the garbage collector
            why = str(self.failureResultOf(self.listen(), CannotListenError).value.socketError)
            gc.collect()
        return why

    async def test_failure(self) -> None:
        """The lock of a socket that cannot be bound is removed, so a later try does better."""
        self.path.write_text("a file that is not a socket")
        for _ in range(2):
            self.assertIn("Address already in use", self.refused())
            self.assertEqual([self.path], list(self.folder.iterdir()))
        self.path.unlink()
        port = await self.listen()
        self.assertEqual(str(os.getpid()), str(self.lock.readlink()))
        await port.stopListening()
        self.assertEqual([], list(self.folder.iterdir()))

    async def test_ours(self) -> None:
        """The lock of another socket of this process, at the same path, stays."""
        port = await self.listen()
        self.assertIn("Cannot acquire lock", self.refused())
        self.assertTrue(self.lock.is_symlink())
        await port.stopListening()

    def test_others(self) -> None:
        """The lock of another process stays."""
        self.lock.symlink_to(str(os.getppid()))
        self.assertIn("Cannot acquire lock", self.refused())
        self.assertTrue(self.lock.is_symlink())

    def test_missing(self) -> None:
        """Without the directory there is no lock either; the error is Twisted's."""
        self.path = self.folder / "none" / "chat.sock"
        self.failureResultOf(self.listen(), FileNotFoundError)
