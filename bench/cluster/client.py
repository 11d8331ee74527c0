"""An IRC client and a client of the line door, on asyncio."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from itertools import count

from bench.cluster.messages import Message, parse
from bench.protocols import Refused

CAPABILITIES = b"echo-message message-tags server-time batch labeled-response standard-replies draft/chathistory"
"""What an IRC client asks for."""

PATIENCE = 10.0
"""How long a client waits for an answer, in seconds."""

PAGE = 500
"""The number of texts of one request for history."""

LIMIT = 1 << 20
"""The maximum number of bytes that a client reads ahead."""


class Client:
    """
    A connection that sends and receives lines.

    @ivar ended: fires when the connection has ended.
    @ivar last: the last line that it received.
    """

    def __init__(self) -> None:
        self.ended = asyncio.Event()
        self.last = b""

    async def connect(self, port: int, address: str) -> None:
        """
        Connect, and read from now on.

        @param port: the port of the door on 127.0.0.1.
        @param address: the client's address.
        @raise OSError: the server does not accept it.
        """
        async with asyncio.timeout(PATIENCE):
            reader, self._writer = await asyncio.open_connection(
                "127.0.0.1", port, local_addr=(address, 0), limit=LIMIT
            )
        self._writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._reading = asyncio.create_task(self._read(reader))

    def send(self, *lines: bytes) -> None:
        """Send lines.  Nothing happens if the connection has ended."""
        if not self._writer.is_closing():
            self._writer.write(b"".join(line + b"\r\n" for line in lines))

    def received(self, line: bytes) -> None:
        """Process a line without its line end."""
        raise NotImplementedError

    def lost(self) -> None:
        """Clean up when the connection has ended.  It may be called twice."""

    def close(self) -> None:
        """End the connection."""
        if hasattr(self, "_writer"):
            self._writer.transport.abort()
            self._reading.cancel()
        self.ended.set()
        self.lost()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        rest = b""
        try:
            while data := await reader.read(1 << 16):
                whole, newline, rest = (rest + data).rpartition(b"\n")
                if newline:
                    for line in whole.split(b"\n"):
                        self.last = line = line.rstrip(b"\r")
                        self.received(line)
        except OSError:
            pass
        finally:
            self._writer.transport.abort()
            self.ended.set()
            self.lost()


class IrcClient(Client):
    """
    An IRC client, which can ask and wait for the answer.

    @ivar nick: its nick.
    @ivar heard: called with each message that is no part of an answer to L{ask}.
    """

    def __init__(self, nick: str, heard: Callable[[Message], None] = lambda message: None) -> None:
        super().__init__()
        self.nick = nick
        self.heard = heard
        self._labels = count(1)
        self._asked: dict[bytes, tuple[list[Message], asyncio.Future[list[Message]]]] = {}
        self._batches: dict[bytes, bytes] = {}

    async def enter(self, port: int, address: str, rooms: tuple[str, ...] = (), line: bytes = b"") -> None:
        """
        Connect, register, and join rooms.  A room that has too many joins now is tried again.

        @param line: a line to send during the registration.
        @raise Refused: the server refused the client.
        @raise OSError: the server does not answer.
        """
        await self.connect(port, address)
        nick = self.nick.encode()
        greeting = [b"CAP REQ :" + CAPABILITIES, b"NICK " + nick, b"USER " + nick + b" 0 * :witness"]
        self.send(*greeting, *([line] if line else []), b"CAP END")
        await self.ask(b"PING entering")
        for room in rooms:
            await self.join(room)

    async def join(self, room: str) -> None:
        """
        Join a room.

        @raise Refused: the server still refuses it after L{PATIENCE}.
        """
        said = b""
        for _ in range(int(PATIENCE)):
            answer = await self.ask(b"JOIN " + room.encode())
            if any(message.command == b"366" for message in answer):
                return
            said = answer[-1].last if answer else b""
            await asyncio.sleep(1.0)
        raise Refused(f"{self.nick} cannot join {room}: {said.decode(errors='replace')}")

    async def ask(self, line: bytes, within: float = PATIENCE) -> list[Message]:
        """
        Send a command with a label (IRCv3, labeled-response), and return the answer, which may be a batch.

        @raise OSError: the connection ended, or there is no answer in time.
        """
        label = b"q%d" % next(self._labels)
        answer: asyncio.Future[list[Message]] = asyncio.get_running_loop().create_future()
        self._asked[label] = [], answer
        self.send(b"@label=%s %s" % (label, line))
        if self.ended.is_set():
            self.lost()
        try:
            async with asyncio.timeout(within):
                return await answer
        except OSError as e:
            why = "the connection ended" if self.ended.is_set() else "there is no answer"
            raise ConnectionError(f"{self.nick}: {line.decode(errors='replace')}: {why}: {self.last!r}") from e
        finally:
            self._asked.pop(label, None)

    def lost(self) -> None:
        """Questions have no answer."""
        for _, answer in self._asked.values():
            if not answer.done():
                answer.set_exception(ConnectionError("the connection ended"))

    async def history(self, room: str, after: str = "") -> list[Message]:
        """
        Ask for the texts of a room, oldest first.

        @param after: the message id after which to begin; empty for all texts.
        @raise OSError: the server does not answer, or refuses.
        """
        found: list[Message] = []
        while True:
            if after:
                request = f"CHATHISTORY AFTER {room} msgid={after} {PAGE}"
            elif found:
                request = f"CHATHISTORY BEFORE {room} msgid={found[0].tags[b'msgid'].decode()} {PAGE}"
            else:
                request = f"CHATHISTORY LATEST {room} * {PAGE}"
            answer = await self.ask(request.encode())
            if failed := [message for message in answer if message.command == b"FAIL"]:
                raise OSError(f"{self.nick}: {request}: {failed[0].last.decode(errors='replace')}")
            page = [message for message in answer if b"msgid" in message.tags]
            if after:
                found += page
            else:
                found[:0] = page
            if len(page) < PAGE:
                return found
            if after:
                after = page[-1].tags[b"msgid"].decode()

    def received(self, line: bytes) -> None:
        """Answer a PING, collect the answers to L{ask}, and pass on the rest."""
        message = parse(line)
        label = message.tags.get(b"label", b"")
        inner = self._batches.get(message.tags.get(b"batch", b""), b"")
        if message.command == b"PING":
            self.send(b"PONG :" + message.last)
        elif message.command == b"BATCH":
            self._batch(message, label or inner)
        elif inner:
            self._collect(inner, message)
        elif label in self._asked:
            self._collect(label, message)
            self._finish(label)
        else:
            self.heard(message)

    def _batch(self, message: Message, label: bytes) -> None:
        """Open or close a batch.  A batch within an answer belongs to the answer."""
        if not message.parameters:
            return
        sign, reference = message.parameters[0][:1], message.parameters[0][1:]
        if sign == b"+" and label in self._asked:
            self._batches[reference] = label
        elif sign == b"-" and (of := self._batches.pop(reference, None)) is not None:
            if of not in self._batches.values():
                self._finish(of)

    def _collect(self, label: bytes, message: Message) -> None:
        if label in self._asked:
            self._asked[label][0].append(message)

    def _finish(self, label: bytes) -> None:
        if label in self._asked:
            messages, answer = self._asked[label]
            if not answer.done():
                answer.set_result(messages)


class LineClient(Client):
    """
    A client of the line door, which reads one room.

    @ivar heard: called with each line, once it has joined the room.
    """

    def __init__(self, nick: str, heard: Callable[[bytes], None]) -> None:
        super().__init__()
        self.nick = nick
        self.heard = heard
        self._entered: asyncio.Future[None] | None = None
        self._room = b""

    async def enter(self, port: int, address: str, room: str) -> None:
        """
        Connect, and go to a room.

        @raise OSError: the server does not answer.
        """
        self._room = room.encode()
        self._entered = asyncio.get_running_loop().create_future()
        await self.connect(port, address)
        self.send(self.nick.encode(), b"/leave #lobby", b"/join " + self._room)
        try:
            async with asyncio.timeout(PATIENCE):
                await self._entered
        except TimeoutError as e:
            raise ConnectionError(f"{self.nick} cannot join {room}: {self.last!r}") from e

    def received(self, line: bytes) -> None:
        """Wait for the notice of the join, then pass lines on."""
        assert self._entered is not None
        if self._entered.done():
            self.heard(line)
        elif line == b"* %s joined %s" % (self.nick.encode(), self._room):
            self._entered.set_result(None)
