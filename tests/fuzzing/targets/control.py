"""The control socket: requests, and the replies that the command reads."""

from __future__ import annotations

import json
from typing import Any, Final

from twisted.internet.task import Clock

from tests.fuzzing.target import Target, nothingLogged, pieces, words
from tests.services.control.test_protocol import Arguments, Transport
from twistchat.services.control.commands import Answer, Command, Report
from twistchat.services.control.protocol import ControlFactory
from twistchat.services.control.wire import (
    MAX_LINE,
    VERSION,
    ControlError,
    readReply,
    readRequest,
    writeReply,
    writeRequest,
)


async def _look(arguments: Arguments, report: Report) -> Answer:
    """A command that answers with its arguments."""
    return {"name": arguments.name}


COMMANDS: Final = {"look": Command(Arguments, _look), "change": Command(Arguments, _look, changes=True)}
"""The commands of the server."""


def check(data: bytes) -> None:
    """
    Whatever a client sends, it gets one reply, which the command can read, and the connection ends.

    Nothing fails in the server.  Requests and replies are the same after they are written and read.
    """
    with nothingLogged():
        whole, divided = _ask(data), _ask(*pieces(data))
    assert whole == divided or len(data) >= MAX_LINE
    assert whole.endswith(b"\n") and whole.count(b"\n") == 1, whole
    try:
        assert readReply(whole)[0]
    except ControlError as refused:
        assert refused.code != "BAD_REPLY" and refused.text, refused
    _checkRequest(data.partition(b"\n")[0])
    _checkReply(data)


def _ask(*parts: bytes) -> bytes:
    """Send bytes to a new server, and return what it replies."""
    clock = Clock()
    protocol = ControlFactory(clock, COMMANDS).buildProtocol(None)
    transport = Transport()
    transport.protocol = protocol
    protocol.makeConnection(transport)
    for part in parts:
        protocol.dataReceived(part)
    clock.advance(100)
    assert not transport.connected
    received: bytes = transport.value()
    return received


def _checkRequest(line: bytes) -> None:
    try:
        request = readRequest(line)
    except ControlError as refused:
        assert refused.code in ("BAD_REQUEST", "OTHER_VERSION") and refused.text
        return
    json.loads(line)
    assert request.version == VERSION
    assert readRequest(writeRequest(request.command, request.arguments).rstrip()) == request
    assert str(request.arguments) not in repr(request) or len(request.arguments) == 0


def _checkReply(line: bytes) -> None:
    try:
        isLast, value = readReply(line)
    except ControlError:
        return
    kind = "answer" if isLast else "progress"
    found: tuple[bool, dict[str, Any]] = readReply(writeReply(kind, value))
    assert found == (isLast, value)


CONTROL: Final = Target(
    "control",
    check,
    (
        b'{"version": 1, "command": "look", "arguments": {"name": "alice"}}\n',
        b'{"version": 1, "command": "change", "arguments": {"name": "alice", "secret": "x"}}\n{"version": 1}\n',
        b'{"version": 2, "command": ""}\n',
        b'{"progress": {"a": [1, 2.5, null, "\\ud83d\\ude00"]}}',
        b'{"answer": {}}',
        b'{"error": {"code": "X", "text": "y"}}',
        b'{"version": 1, "command": "look", "arguments": {"name": [[[[]]]]}}\n',
    ),
    words(
        '{ } [ ] "version": 1 2 "command": "look" "change" "nope" "arguments": "name": "secret": "answer": "progress":'
    )
    + words(
        '"error": "code": "text": , : null true 1e999 99999999999999999999 "\\ud800" "\\u0000" "\\u001b" "a"',
        b"\n",
        b"\xff",
        b"[" * 3000,
        b"]" * 3000,
        b"x" * 5000,
    ),
    most=MAX_LINE + 10,
    cost=3,
)
"""The control socket."""

TARGETS: Final = (CONTROL,)
"""The targets of this module."""
