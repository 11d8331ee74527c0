"""Tests of L{twistchat.services.control.wire}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twistchat.services.control.wire import (
    ControlError,
    Request,
    readReply,
    readRequest,
    writeError,
    writeReply,
    writeRequest,
)


class WireTests(SynchronousTestCase):
    """Requests and replies."""

    def test_request(self) -> None:
        """A request is one line, and is read as it was written."""
        line = writeRequest("account.show", {"name": "a\nb"})
        self.assertEqual((1, b"\n"), (line.count(b"\n"), line[-1:]))
        self.assertEqual(Request(1, "account.show", {"name": "a\nb"}), readRequest(line))

    def test_secret(self) -> None:
        """The repr of a request does not show its arguments."""
        self.assertNotIn("hunter2", repr(Request(1, "account.create", {"password": "hunter2"})))

    def test_badRequest(self) -> None:
        """Anything else is refused, and the error does not repeat it."""
        for line in (
            b"",
            b"hunter2\n",
            b"[]\n",
            b"{}\n",
            b"\xff\n",
            b'{"version": 1, "command": "x", "secret": "hunter2"}\n',
            b'{"version": 1, "command": 5}\n',
            b'{"version": 1, "command": "x", "arguments": "hunter2"}\n',
            b'{"version": 1, "command": "x", "arguments": {"secret": ' + b"[" * 50_000 + b"\n",
        ):
            error = self.assertRaises(ControlError, readRequest, line)
            self.assertEqual("BAD_REQUEST", error.code)
            self.assertNotIn("hunter2", error.text)

    def test_otherVersion(self) -> None:
        """A request of another version is refused, and the error names both versions."""
        error = self.assertRaises(ControlError, readRequest, b'{"version": 2, "command": "x"}\n')
        self.assertEqual("OTHER_VERSION", error.code)
        self.assertIn("version 1 of requests, and this one has version 2", error.text)

    def test_reply(self) -> None:
        """A reply is a part, or the answer, or an error, which is raised."""
        self.assertEqual((False, {"n": 1}), readReply(writeReply("progress", {"n": 1})))
        self.assertEqual((True, {"n": 2}), readReply(writeReply("answer", {"n": 2})))
        error = self.assertRaises(ControlError, readReply, writeError(ControlError("CODE", "Why")))
        self.assertEqual(("CODE", "Why", "Why"), (error.code, error.text, str(error)))

    def test_badReply(self) -> None:
        """The client does not fail on a reply that it does not understand."""
        for line in (b"\n", b"[]\n", b'{"other": {}}\n', b"\xff\n", b'{"answer": {"x": ' + b"[" * 50_000 + b"\n"):
            self.assertEqual("BAD_REPLY", self.assertRaises(ControlError, readReply, line).code)
