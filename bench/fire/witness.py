"""The witness: two clients in a room of their own, who know which texts the server took and which it refused."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Final

from bench.fire.ledger import REFUSED

TIMEOUT: Final = 20.0
"""How long a client waits for an answer, in seconds."""

CAPABILITIES: Final = b"echo-message message-tags server-time batch draft/chathistory"

ROOM: Final = b"#witness"

PAGE: Final = 500
"""The number of texts of one request for history, which is the default of limits.historyReply."""

UNREAD: Final = b" FAIL CHATHISTORY MESSAGE_ERROR "
"""How the server says that the history cannot be read (IRCv3, chathistory, "Errors and Warnings")."""

_SAID: Final = re.compile(rb" PRIVMSG %s :(\S+)$" % ROOM)
_MSGID: Final = re.compile(rb"[@;]msgid=([^; ]+)")
_TIME: Final = re.compile(rb"[@;]time=([^; ]+)")


class Client:
    """
    An IRC client that sends lines and waits for the answers.

    @ivar slowest: the longest time until the answer to a PING, in seconds.
    """

    def __init__(self, port: int, nick: bytes) -> None:
        """
        Connect, register and join L{ROOM}.

        @param port: the port of the IRC door on 127.0.0.1.
        @raise OSError: the server does not answer.
        """
        self.slowest = 0.0
        self._numbers = count(1)
        self._socket = socket.create_connection(("127.0.0.1", port), TIMEOUT)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._input = self._socket.makefile("rb")
        try:
            hello = b"CAP REQ :%s\r\nNICK %s\r\nUSER %s 0 * :witness\r\nCAP END\r\n" % (CAPABILITIES, nick, nick)
            self._socket.sendall(hello)
            answer = self.ask(b"JOIN %s" % ROOM)
            if not any(b" 366 " in line for line in answer):
                raise ConnectionError(f"{nick.decode()} could not join: {answer[-1:]}")
        except OSError:
            self.close()
            raise

    def ask(self, *lines: bytes) -> list[bytes]:
        """
        Send lines and a PING, and return all lines up to the PONG, which overtakes nothing.

        @raise OSError: the server does not answer.
        """
        token = b"w%d" % next(self._numbers)
        began = time.monotonic()
        self._socket.sendall(b"".join(line + b"\r\n" for line in (*lines, b"PING " + token)))
        heard: list[bytes] = []
        for line in self._input:
            if line.startswith(b"PING"):
                self._socket.sendall(b"PONG" + line[4:])
            elif b" PONG " in line and line.rstrip().endswith(token):
                self.slowest = max(self.slowest, time.monotonic() - began)
                return heard
            else:
                heard.append(line.rstrip())
        raise ConnectionError(f"the server ended the connection: {heard[-1:]}")

    def close(self) -> None:
        """Disconnect."""
        self._input.close()
        self._socket.close()


class Witness:
    """
    One client says texts, and the other one listens.

    @ivar taken: the texts of which the sender received the echo, in order.
    @ivar refused: the texts that the server refused.
    @ivar heard: the texts that the listener received, in order.
    @ivar times: the time of each of them (IRCv3, Server Time), which can be compared as bytes.
    @ivar slowest: the longest time until the listener had an answer to a PING, in seconds.  It says nothing itself.
    """

    def __init__(self, port: int, page: int = PAGE) -> None:
        """
        @param port: the port of the IRC door on 127.0.0.1.
        @param page: the number of texts of one request for history.
        @raise OSError: the clients cannot enter.
        """
        self.taken: list[bytes] = []
        self.refused: list[bytes] = []
        self.heard: list[bytes] = []
        self.times: list[bytes] = []
        self._port, self._page = port, page
        self._numbers = count(1)
        self.enter()

    def enter(self) -> None:
        """
        Enter, for the first time or again.

        @raise OSError: the clients cannot enter.
        """
        self._speaker = Client(self._port, b"speaker")
        try:
            self._listener = Client(self._port, b"listener")
        except OSError:
            self._speaker.close()
            raise

    def say(self) -> bool:
        """
        Say the next text.

        @return: whether the server took it.  Otherwise it refused it.
        @raise OSError: the server did neither, or both.
        """
        text = b"w.%d" % next(self._numbers)
        answer = self._speaker.ask(b"PRIVMSG %s :%s" % (ROOM, text))
        taken = text in [found for found, _, _ in _texts(answer)]
        refused = any(REFUSED.search(line) for line in answer)
        if taken is refused:
            raise OSError(f"the server took and refused {text.decode()}, or did neither: {answer}")
        (self.taken if taken else self.refused).append(text)
        return taken

    def listen(self) -> None:
        """Let the listener read what it was sent."""
        for text, _, moment in _texts(self._listener.ask()):
            self.heard.append(text)
            self.times.append(moment)

    @property
    def slowest(self) -> float:
        """See the class."""
        return self._listener.slowest

    def history(self) -> list[tuple[bytes, bytes]] | None:
        """
        Read all texts of the room, page by page.  A page with fewer texts than were asked for is the last one, as most
        clients have it.

        @return: the texts and their times, oldest first; C{None} if the server says that they cannot be read.
        @raise OSError: there is another answer.
        """
        found: list[tuple[bytes, bytes]] = []
        request = b"LATEST %s *" % ROOM
        while True:
            answer = self._listener.ask(b"CHATHISTORY %s %d" % (request, self._page))
            batch = [line for line in answer if b"batch=" in line.partition(b" ")[0]]
            if any(UNREAD in line for line in answer):
                return None
            if not any(b" BATCH +" in line for line in answer):
                raise OSError(f"there is no history: {answer}")
            page = list(_texts(batch))
            found[:0] = [(text, moment) for text, _, moment in page]
            if len(batch) < self._page:
                return found
            (oldest,) = _MSGID.findall(batch[0].partition(b" ")[0])
            request = b"BEFORE %s msgid=%s" % (ROOM, oldest)

    def close(self) -> None:
        """Disconnect both."""
        self._speaker.close()
        self._listener.close()


def _texts(lines: Sequence[bytes]) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Return the texts in some lines, each with its message id and its time."""
    for line in lines:
        said = _SAID.search(line)
        if said is not None:
            tags = line.partition(b" ")[0]
            yield said[1], b"".join(_MSGID.findall(tags)), b"".join(_TIME.findall(tags))
