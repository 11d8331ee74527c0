"""Tests of L{twistchat.console.client}, with a server that is a thread."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from threading import Thread
from typing import Any

from tests.console.cases import CommandTestCase
from twistchat.console import client
from twistchat.console.client import ask, connect
from twistchat.console.options import Refused
from twistchat.services.control.wire import ControlError

LONG = 30.0
"""Seconds after which a test that hangs is over."""


class ClientTestCase(CommandTestCase):
    """A data directory, in which a server may listen."""

    def setUp(self) -> None:
        self.directory = Path(mkdtemp()).resolve()
        self.addCleanup(rmtree, self.directory)
        self.requests: list[Any] = []

    def serve(self, *replies: bytes, reads: bool = True) -> None:
        """
        Answer one client with these bytes, and disconnect it.

        @param reads: whether to read a request first.
        """
        listening = socket.socket(socket.AF_UNIX)
        listening.settimeout(LONG)
        listening.bind(str(self.directory / "control"))
        listening.listen()

        def run() -> None:
            with listening, listening.accept()[0] as connection:
                connection.settimeout(LONG)
                if reads:
                    self.requests.append(json.loads(connection.makefile("rb").readline()))
                connection.sendall(b"".join(replies))

        thread = Thread(target=run, daemon=True)
        thread.start()
        self.addCleanup(thread.join, LONG)


class ClientTests(ClientTestCase):
    """Connecting, asking, and what can go wrong."""

    def ask(self, *replies: bytes, reads: bool = True) -> Any:
        """Return the answer of a server with these replies."""
        self.serve(*replies, reads=reads)
        connection = connect(self.directory)
        assert connection is not None
        self.parts: list[Any] = []
        with connection:
            return ask(connection, "account.show", {"name": "alice"}, self.parts.append)

    def test_answer(self) -> None:
        """The client sends a request, and returns the parts and the answer."""
        answer = self.ask(b'{"progress": {"n": 1}}\n{"progress": {"n"', b': 2}}\n{"answer": {"name": "alice"}}\n')
        self.assertEqual(({"name": "alice"}, [{"n": 1}, {"n": 2}]), (answer, self.parts))
        expected = {"version": 1, "command": "account.show", "arguments": {"name": "alice"}}
        self.assertEqual([expected], self.requests)

    def test_refused(self) -> None:
        """A refusal is raised, also if the server does not read the request."""
        reply = b'{"error": {"code": "TOO_MANY_CLIENTS", "text": "Try again"}}\n'
        error = self.assertRaises(ControlError, self.ask, reply, reads=False)
        self.assertEqual(("TOO_MANY_CLIENTS", "Try again"), (error.code, error.text))

    def test_noAnswer(self) -> None:
        """A server that closes the connection, within a reply too, has not answered."""
        for reply in (b"", b'{"progress": {}}\n', b'{"answer": {'):
            error = self.assertRaises(ControlError, self.ask, reply)
            self.assertIn(error.code, ("NO_ANSWER", "BAD_REPLY"))
            (self.directory / "control").unlink()

    def test_timeout(self) -> None:
        """A server that does not answer in time is given up."""
        self.patch(client, "TIMEOUT", 0.01)
        listening = socket.socket(socket.AF_UNIX)
        self.addCleanup(listening.close)
        listening.bind(str(self.directory / "control"))
        listening.listen()
        connection = connect(self.directory)
        assert connection is not None
        with connection:
            why = self.assertRaises(Refused, ask, connection, "x", {}, self.requests.append)
        self.assertIn("has not answered", str(why))

    def test_nobody(self) -> None:
        """Without a server there is no connection: no directory, no socket, a stale socket, or too long a path."""
        self.assertIsNone(connect(self.directory / "none"))
        self.assertIsNone(connect(self.directory))
        self.assertIsNone(connect(self.directory / ("x" * 100)))
        with socket.socket(socket.AF_UNIX) as stale:
            stale.bind(str(self.directory / "control"))
        self.assertIsNone(connect(self.directory))
        (self.directory / "file").write_text("")
        self.assertIsNone(connect(self.directory / "file"))

    def test_forbidden(self) -> None:
        """If this user may not connect, the error says what to do."""

        def refuse(self: object, path: str) -> None:
            raise PermissionError(13, "Permission denied")

        self.patch(socket.socket, "connect", refuse)
        why = str(self.assertRaises(Refused, connect, self.directory))
        self.assertEqual(
            f"{self.directory}/control cannot be reached: Permission denied; run this as the user of the server", why
        )
