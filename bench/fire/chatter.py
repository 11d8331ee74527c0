"""Clients that say texts which occur once, as fast as the server acknowledges them."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from threading import Thread

from bench.fire.ledger import REFUSED
from bench.traffic import MARK

TIMEOUT = 20.0
"""How long a client waits for an answer, in seconds."""

CAPABILITIES = b"echo-message message-tags server-time batch draft/chathistory"

COUNT = 4
"""The number of clients that talk."""

ROOM = b"#chatter"
"""The room of all of them."""


class Chatter(Thread):
    """
    An IRC client in a thread.  In each round it says some texts in L{ROOM}, one to its neighbour and one as a topic.
    Then it waits for a PONG, which does not overtake them.

    @ivar refused: the number of texts that the server refused.
    @ivar error: why it ended early, or C{None}.
    """

    def __init__(
        self, number: int, neighbour: int, port: int, until: float, texts: int = 4, pause: float = 0.02
    ) -> None:
        """
        @param number: its number, one digit.
        @param neighbour: the number of its neighbour, which may be its own.
        @param port: the port of the IRC door on 127.0.0.1.
        @param until: when to stop, by C{time.monotonic}.
        @param texts: the number of texts for the room in each round.
        @param pause: the seconds between two rounds.
        """
        super().__init__(daemon=True)
        self.refused = 0
        self.error: str | None = None
        self._number, self._neighbour, self._port, self._until = number, neighbour, port, until
        self._texts, self._pause = texts, pause

    def run(self) -> None:
        """Talk until the time is over, or the connection ends."""
        try:
            with socket.create_connection(("127.0.0.1", self._port), TIMEOUT) as connection:
                self._talk(connection)
        except OSError as e:
            self.error = str(e)

    def _talk(self, connection: socket.socket) -> None:
        nick, own, said = b"c%d" % self._number, b"#own%d" % self._number, 0
        self._input = connection.makefile("rb")
        hello = b"CAP REQ :%s\r\nNICK %s\r\nUSER %s 0 * :load\r\nCAP END\r\n" % (CAPABILITIES, nick, nick)
        connection.sendall(hello + b"JOIN %s,%s\r\n" % (own, ROOM))
        self._wait(connection, b" 366 %s %s " % (nick, ROOM))
        while time.monotonic() < self._until:
            lines = [b"TOPIC %s :%st%d.%d" % (own, MARK, self._number, said)]
            if self._neighbour != self._number:
                lines.append(b"PRIVMSG c%d :%sp%d.%d" % (self._neighbour, MARK, self._number, said))
            for _ in range(self._texts):
                said += 1
                lines.append(b"PRIVMSG %s :%sc%d.%d" % (ROOM, MARK, self._number, said))
            connection.sendall(b"".join(line + b"\r\n" for line in lines) + b"PING %d\r\n" % said)
            self._wait(connection, b" PONG ")
            time.sleep(self._pause)

    def _wait(self, connection: socket.socket, wanted: bytes) -> None:
        """
        Read up to a line that contains C{wanted}, and answer each PING.

        @raise OSError: the connection ended.
        """
        for line in self._input:
            if line.startswith(b"PING"):
                connection.sendall(b"PONG" + line[4:])
            self.refused += REFUSED.search(line) is not None
            if wanted in line:
                return
        raise ConnectionError("the server ended the connection")


def chatter(port: int, seconds: float, halfway: Callable[[], object] = lambda: None, first: int = 0) -> list[Chatter]:
    """
    Let some clients talk.

    @param port: the port of the IRC door on 127.0.0.1.
    @param halfway: called when half of the time is over.
    @param first: the number of the first client, so that others than in an earlier call say other texts.
    @return: the clients, which have stopped.
    @raise OSError: a client could not talk until the end.
    """
    until = time.monotonic() + seconds
    clients = [Chatter(first + number, first + max(0, number - 1), port, until) for number in range(COUNT)]
    for client in clients:
        client.start()
    time.sleep(seconds / 2)
    halfway()
    for client in clients:
        client.join()
    errors = [client.error for client in clients if client.error is not None]
    if errors:
        raise OSError(f"{len(errors)} of {COUNT} clients could not talk: {errors[0]}")
    return clients
