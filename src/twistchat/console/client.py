"""Sends a request to a running server, through its control socket."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from twistchat.console.options import Refused
from twistchat.services.control.wire import MAX_PATH, SOCKET, ControlError, readReply, writeRequest

TIMEOUT = 75.0
"""Seconds without a reply after which the server has failed.  It is longer than the server's own timeouts."""

Part = Callable[[Mapping[str, Any]], None]
"""Gets a part of a long answer."""


def connect(directory: Path) -> socket.socket | None:
    """
    Connect to the server that uses a data directory.

    @return: the connection; C{None} if no server listens there.
    @raise Refused: this user may not connect.
    """
    path = directory / SOCKET
    if len(os.fsencode(path)) > MAX_PATH:
        return None
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(TIMEOUT)
    try:
        connection.connect(str(path))
    except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
        connection.close()
        return None
    except OSError as e:
        connection.close()
        raise Refused(f"{path} cannot be reached: {e.strerror or e}; run this as the user of the server") from None
    return connection


def ask(connection: socket.socket, command: str, arguments: Mapping[str, object], receive: Part) -> Mapping[str, Any]:
    """
    Send a request, and read the replies.

    @param receive: gets each part of a long answer.
    @return: the answer.
    @raise ControlError: the request is refused.
    @raise Refused: the server does not answer.
    """
    # The server may refuse a client before it reads the request.  Its reply says why.
    with suppress(BrokenPipeError, ConnectionResetError):
        connection.sendall(writeRequest(command, arguments))
    try:
        with connection.makefile("rb") as replies:
            for line in replies:
                last, value = readReply(line)
                if last:
                    return value
                receive(value)
    except TimeoutError:
        raise Refused(f"the server has not answered for {TIMEOUT:.0f} seconds") from None
    except ConnectionError:
        pass
    raise ControlError("NO_ANSWER", "The server closed the connection without an answer; its log may say why")
