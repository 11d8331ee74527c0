"""
The language of the control socket: JSON objects, one per line.

A client sends one request, C{{"version": 1, "command": "account.show", "arguments": {"name": "alice"}}}, and reads
replies until the last one.  A reply has one key:

  - C{progress}: a part of a long answer; more replies follow;
  - C{answer}: the request was done;
  - C{error}: it was refused; the value has a C{code} for programs and a C{text} for people.

Then the server closes the connection.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from twistchat.interfaces import CommandRefused

VERSION: Final = 1
"""The version of this language.  A server answers requests of its own version only."""

MAX_LINE: Final = 65_536
"""The maximum length of a request, in bytes, including its line end."""

SOCKET: Final = "control"
"""The name of the socket in the data directory."""

MAX_PATH: Final = 107
"""The maximum length of the path of a Unix socket, in bytes (unix(7): C{sun_path} has 108, including a NUL)."""


class ControlError(CommandRefused):
    """A request is refused."""


class Request(Struct, frozen=True, forbid_unknown_fields=True):
    """
    A request.

    @ivar version: the L{VERSION} of the client.
    @ivar command: the name of a command.
    @ivar arguments: its arguments.  They may contain credentials.
    """

    version: int
    command: str
    arguments: dict[str, Any] = {}

    def __repr__(self) -> str:
        """Describe the request without its arguments, which may be secret."""
        return f"Request(version={self.version!r}, command={self.command!r})"


class _Reply(Struct, frozen=True, forbid_unknown_fields=True):
    """A reply as the client reads it.  One of its fields is set."""

    progress: dict[str, Any] | None = None
    answer: dict[str, Any] | None = None
    error: dict[str, str] | None = None


_decodeRequest = msgspec.json.Decoder(Request).decode
_decodeReply = msgspec.json.Decoder(_Reply).decode


def readRequest(line: bytes) -> Request:
    """
    Read a request.

    @raise ControlError: it is no request, or has another version.
    """
    try:
        request = _decodeRequest(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as e:
        raise ControlError("BAD_REQUEST", f"This is not a request: {e}") from None
    if request.version != VERSION:
        raise ControlError(
            "OTHER_VERSION",
            f"The server understands version {VERSION} of requests, and this one has version {request.version};"
            " use the command twistchat of the same version as the server",
        )
    return request


def writeRequest(command: str, arguments: Mapping[str, object]) -> bytes:
    """Write a request, with its line end."""
    return msgspec.json.encode(Request(VERSION, command, dict(arguments))) + b"\n"


def writeReply(kind: str, value: Mapping[str, object]) -> bytes:
    """
    Write a reply, with its line end.

    @param kind: C{progress}, C{answer} or C{error}.
    """
    return msgspec.json.encode({kind: value}) + b"\n"


def writeError(error: ControlError) -> bytes:
    """Write the reply that refuses a request."""
    return writeReply("error", {"code": error.code, "text": error.text})


def readReply(line: bytes) -> tuple[bool, dict[str, Any]]:
    """
    Read a reply.

    @return: whether it is the last one, and its value.
    @raise ControlError: the request was refused; or this is no reply.
    """
    try:
        reply = _decodeReply(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as e:
        raise ControlError("BAD_REPLY", f"The server's reply is not understood: {e}") from None
    if reply.error is not None:
        raise ControlError(reply.error.get("code", ""), reply.error.get("text", ""))
    return reply.progress is None, (reply.answer if reply.progress is None else reply.progress) or {}
