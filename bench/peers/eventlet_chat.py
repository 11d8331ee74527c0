"""A chat with a green thread per connection, on eventlet.  Run it as C{python -m bench.peers.eventlet_chat PORT}."""

from __future__ import annotations

import socket
import sys
from typing import Any

import eventlet

names: dict[Any, bytes] = {}
"""The names of connections."""


def converse(connection: Any, address: object) -> None:
    """Read a name, then lines, and send each line to all other clients."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection, connection.makefile("rb") as lines:
        try:
            name = lines.readline().rstrip(b"\n")
            connection.sendall(b"Welcome, " + name + b"!\n")
            names[connection] = name
            for line in lines:
                say(connection, b"#[" + name + b"]>> " + line)
        except OSError:
            pass
        finally:
            names.pop(connection, None)


def say(speaker: Any, text: bytes) -> None:
    """Send a line to all other clients."""
    for connection in list(names):
        if connection is not speaker:
            try:
                connection.sendall(text)
            except OSError:
                names.pop(connection, None)


if __name__ == "__main__":
    eventlet.serve(eventlet.listen(("127.0.0.1", int(sys.argv[1])), backlog=1024), converse, concurrency=100_000)
