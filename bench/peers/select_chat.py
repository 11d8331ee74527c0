"""A chat with select and non-blocking sockets.  Run it as C{python -m bench.peers.select_chat PORT}."""

from __future__ import annotations

import select
import socket
import sys
from typing import Any


class Client:
    """One connection, with its incomplete line and its unsent output."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.name = b""
        self.received = b""
        self.unsent = b""

    def fileno(self) -> int:
        """Return the descriptor, for select."""
        return self.connection.fileno()


class Server:
    """The chat."""

    def __init__(self, port: int) -> None:
        self.listening = socket.create_server(("127.0.0.1", port), backlog=1024)
        self.clients: list[Client] = []

    def serve(self) -> None:
        """Serve sockets as they become ready."""
        while True:
            readers: list[Any] = [self.listening, *self.clients]
            writers = [client for client in self.clients if client.unsent]
            readable, writable, _ = select.select(readers, writers, [])
            for client in writable:
                client.unsent = client.unsent[client.connection.send(client.unsent) :]
            for client in readable:
                if client is self.listening:
                    self.accept()
                else:
                    self.read(client)

    def accept(self) -> None:
        """Accept a client."""
        connection, _ = self.listening.accept()
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.clients.append(Client(connection))

    def read(self, client: Client) -> None:
        """Read from a client, and process its lines."""
        try:
            data = client.connection.recv(4096)
        except ConnectionError:
            data = b""
        if not data:
            self.clients.remove(client)
            client.connection.close()
            return
        *lines, client.received = (client.received + data).split(b"\n")
        for line in lines:
            if client.name:
                self.say(client, b"#[" + client.name + b"]>> " + line + b"\n")
            else:
                client.name = line
                client.unsent += b"Welcome, " + line + b"!\n"

    def say(self, speaker: Client, text: bytes) -> None:
        """Send a line to all other clients."""
        for client in self.clients:
            if client is not speaker and client.name:
                client.unsent += text


if __name__ == "__main__":
    Server(int(sys.argv[1])).serve()
