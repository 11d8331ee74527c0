"""Clients of the server under test, for scenarios that need a few of them."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress

from bench.fire.canary import arrive
from bench.protocols import ChatProtocol, Irc, Line
from bench.traffic import READ_SIZE
from bench.websocket import WebSocket

PROTOCOLS: Mapping[str, ChatProtocol] = {
    "irc": Irc(),
    "tls": Irc(),
    "line": Line(),
    "web": WebSocket(Irc(), "/socket"),
}
"""The protocol of each door."""

EXEMPT, LIMITED = "127.0.0.1", "127.0.0.2"
"""An address that is exempt from the limits on rates, and one that is not."""

FIRST = 10
"""The number of the first client of a scenario.  Lower numbers, and room 0, belong to the canary."""

PATIENCE = 10.0
"""How long a client waits for the server, in seconds."""


def connect(port: int, address: str = LIMITED, patience: float = PATIENCE, buffer: int | None = None) -> socket.socket:
    """
    Connect to a door.  Nothing is sent.

    @param port: the port of the door on 127.0.0.1.
    @param address: the client's address.
    @param patience: the time limit of each later operation, in seconds.
    @param buffer: the size of the receive buffer in bytes; C{None} for the system's default.
    @raise OSError: the server does not accept it.
    """
    connection = socket.socket()
    try:
        if buffer is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        connection.settimeout(patience)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.bind((address, 0))
        connection.connect(("127.0.0.1", port))
    except OSError:
        connection.close()
        raise
    return connection


def encrypt(connection: socket.socket) -> ssl.SSLSocket:
    """
    Make the TLS handshake, and trust any certificate.

    @raise OSError: it fails, or takes too long.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(connection)


def enter(
    port: int,
    door: str,
    number: int,
    room: int,
    address: str = LIMITED,
    patience: float = PATIENCE,
    buffer: int | None = None,
) -> socket.socket:
    """
    Connect to a door, log in as client C{number}, and join a room.

    @param port: the port of the door on 127.0.0.1.
    @param door: its name.
    @param address: the client's address.
    @param patience: the time limit of each operation, in seconds.
    @param buffer: the size of the receive buffer in bytes; C{None} for the system's default.
    @raise Refused: the server refuses the client.
    @raise OSError: the server does not accept it, or does not answer.
    """
    connection = connect(port, address, patience, buffer)
    try:
        if door == "tls":
            connection = encrypt(connection)
        arrive(connection, PROTOCOLS[door].login(number, room))
    except Exception:
        connection.close()
        raise
    return connection


def rest(connection: socket.socket, within: float) -> tuple[bytes, bool]:
    """
    Read until a connection ends, and close it.

    @param within: the time limit in seconds.
    @return: what arrived, and whether the server ended the connection.
    """
    until, heard = time.monotonic() + within, b""
    ended = False
    with connection, suppress(TimeoutError):
        try:
            while (left := until - time.monotonic()) > 0:
                connection.settimeout(left)
                data = connection.recv(READ_SIZE)
                if not data:
                    ended = True
                    break
                heard += data
        except (ConnectionError, ssl.SSLError):
            ended = True
    return heard, ended
