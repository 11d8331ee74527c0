"""The clients of a scenario: writers, and readers who write down what they are shown."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count

from bench.cluster.checks import Rooms
from bench.cluster.client import PATIENCE, IrcClient, LineClient
from bench.cluster.messages import Message, read, spoken, verdict, write
from bench.cluster.nodes import READERS, WRITERS, Node
from bench.cluster.observed import Fate, Heard, Leaving, Observations, Outage, Stream
from bench.cluster.processes import until
from bench.protocols import Refused

ROOMS = ("#r0", "#r1", "#r2")
"""The rooms."""

RATE = 200.0
"""How many texts all writers together send in a second."""

EACH, LISTENERS = 4, 2
"""How many writers, and how many IRC clients that only read, each node has."""

RETRY = 0.25
"""How long a client waits before it tries to come back, in seconds."""

DRAIN = 15.0
"""How long the writers wait for answers at the end, in seconds."""


class Witness:
    """
    A client that comes back whenever its connection ends.

    @ivar name: its name.  Each connection has a nick of its own, since a lost one may still have the old.
    @ivar nick: the nick of the last connection.
    @ivar arrivals: how often it has come in.
    @ivar present: set while it is in its rooms.
    @ivar error: why the last attempt to come in failed.
    """

    def __init__(self, name: str, node: Node, observations: Observations) -> None:
        self.name, self.node, self.observations = name, node, observations
        self.nick = ""
        self.arrivals = 0
        self.present = asyncio.Event()
        self.error = ""
        self._task: asyncio.Task[None] | None = None
        self._lives = count(1)

    def start(self) -> None:
        """Come in, and come back, until L{stop}."""
        self._task = asyncio.create_task(self._live())

    def stop(self) -> None:
        """Leave."""
        if self._task is not None:
            self._task.cancel()

    def newNick(self) -> str:
        """Return the nick of the next connection."""
        self.nick = f"{self.name}x{next(self._lives)}"
        return self.nick

    async def visit(self) -> asyncio.Event:
        """
        Come in, and fill the gap since the last time.

        @return: fires when the connection has ended.
        @raise Refused: the server refuses it.
        @raise OSError: the server does not answer.
        """
        raise NotImplementedError

    def left(self) -> None:
        """Clean up after the connection has ended."""

    async def _live(self) -> None:
        gone = 0.0
        while True:
            try:
                ended = await self.visit()
            except (OSError, Refused) as e:
                self.error = str(e)
                self.left()
                await asyncio.sleep(RETRY)
                continue
            except asyncio.CancelledError:
                self.left()
                raise
            self.arrivals += 1
            if gone:
                self.observations.outages.append(Outage(self.name, self.node.name, gone, time.monotonic()))
            self.present.set()
            try:
                await ended.wait()
            finally:
                gone = time.monotonic()
                self.present.clear()
                self.left()


class Reader(Witness):
    """An IRC client that reads all rooms, and asks for what it missed."""

    address = READERS

    def __init__(self, name: str, node: Node, observations: Observations, rooms: tuple[str, ...] = ROOMS) -> None:
        super().__init__(name, node, observations)
        self.rooms = rooms
        self._last: dict[str, str] = {}
        self._filled = False
        self._client: IrcClient | None = None
        self._streams: dict[bytes, Stream] = {}

    async def visit(self) -> asyncio.Event:
        """See L{Witness.visit}."""
        self._filled = False
        self._streams = {room.encode(): self._stream(room, "live") for room in self.rooms}
        client = self._client = IrcClient(self.newNick(), self.heard)
        await client.enter(self.node.ports["irc"], self.address, self.rooms)
        for stream in self._streams.values() if self.arrivals else ():
            missed = self._stream(stream.room, "history")
            missed.heard += texts(await client.history(stream.room, self._last.get(stream.room, "")))
            if missed.heard:
                self._last[stream.room] = missed.heard[-1][0]
        for stream in self._streams.values():
            if stream.heard:
                self._last[stream.room] = stream.heard[-1][0]
        self._filled = True
        return client.ended

    def left(self) -> None:
        """See L{Witness.left}.  What was shown before it was in all rooms for the first time does not count."""
        if self._client is not None:
            self._client.close()
        if not self.arrivals:
            for stream in self._streams.values():
                stream.heard.clear()

    def heard(self, message: Message) -> None:
        """Write down a text, or that somebody left."""
        if message.command == b"QUIT" and self.rooms == ROOMS and self._filled:
            after = {stream.room: stream.heard[-1][1] for stream in self._streams.values() if stream.heard}
            left = Leaving(self.name, message.source.decode(), time.monotonic(), after)
            self.observations.leavings.append(left)
            return
        stream = self._streams.get(message.parameters[0]) if message.command == b"PRIVMSG" else None
        text = read(message.last) if stream is not None else None
        if stream is not None and text is not None:
            msgid = message.tags.get(b"msgid", b"").decode()
            stream.heard.append((msgid, text))
            if self._filled:
                self._last[stream.room] = msgid

    def _stream(self, room: str, kind: str) -> Stream:
        stream = Stream(self.name, self.node.name, room, kind)
        self.observations.streams.append(stream)
        return stream


class Writer(Reader):
    """
    An IRC client that sends texts to one room at a steady rate, and reads the room.

    @ivar rate: texts per second.
    """

    address = WRITERS

    def __init__(self, number: int, node: Node, observations: Observations, room: str, rate: float) -> None:
        super().__init__(f"w{number}", node, observations, (room,))
        self.number, self.rate = number, rate
        self._texts = count(1)
        self._open: dict[bytes, Fate] = {}
        self._talking: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Come in, and send texts whenever it is in its room."""
        super().start()
        self._talking = asyncio.create_task(self._talk())

    def silence(self) -> None:
        """Send nothing more."""
        if self._talking is not None:
            self._talking.cancel()

    def stop(self) -> None:
        """See L{Witness.stop}."""
        self.silence()
        super().stop()

    @property
    def waiting(self) -> int:
        """How many texts have no answer yet."""
        return len(self._open)

    def left(self) -> None:
        """Texts without an answer are cut off."""
        super().left()
        now = time.monotonic()
        for fate in self._open.values():
            fate.answer, fate.at = "cut", now
        self._open.clear()

    def heard(self, message: Message) -> None:
        """Write down what became of a text."""
        super().heard(message)
        fate = self._open.pop(message.tags.get(b"label", b""), None)
        if fate is not None:
            fate.at = time.monotonic()
            if message.command == b"PRIVMSG":
                fate.answer, fate.msgid = "taken", message.tags.get(b"msgid", b"").decode()
            else:
                fate.answer, fate.words = verdict(message), message.last.decode(errors="replace")

    async def _talk(self) -> None:
        due = time.monotonic()
        while True:
            if not self.present.is_set():
                await self.present.wait()
                due = time.monotonic()
            now = time.monotonic()
            if now < due:
                await asyncio.sleep(due - now)
                continue
            self.observations.late = max(self.observations.late, now - due)
            due += 1 / self.rate
            text = self.number, next(self._texts)
            label = b"t%d" % text[1]
            (room,) = self.rooms
            self._open[label] = self.observations.say(text, room, self.node.name, now)
            assert self._client is not None
            self._client.send(b"@label=%s PRIVMSG %s :%s" % (label, room.encode(), write(text)))


class LineReader(Witness):
    """A client of the line door that reads one room.  The door shows it the last texts whenever it comes."""

    def __init__(self, name: str, node: Node, observations: Observations, room: str) -> None:
        super().__init__(name, node, observations)
        self.room = room
        self._client: LineClient | None = None

    async def visit(self) -> asyncio.Event:
        """See L{Witness.visit}."""
        stream = Stream(self.name, self.node.name, self.room, "live")
        self.observations.streams.append(stream)

        def heard(line: bytes) -> None:
            text = spoken(line)
            if text is not None:
                stream.heard.append(("", text))

        self._client = LineClient(self.newNick(), heard)
        await self._client.enter(self.node.ports["line"], READERS, self.room)
        return self._client.ended

    def left(self) -> None:
        """See L{Witness.left}."""
        if self._client is not None:
            self._client.close()


class Crowd:
    """
    All clients of a scenario.

    @ivar observations: what they write down.
    @ivar writers: those who write.
    @ivar witnesses: all of them.
    @ivar ceased: when the writers stopped, by C{time.monotonic}.
    @ivar waited: until when they waited for answers.
    """

    def __init__(self, nodes: Sequence[Node], rate: float = RATE, each: int = EACH) -> None:
        """
        @param nodes: the nodes to which they connect.
        @param rate: how many texts per second all writers together send.
        @param each: the number of writers of each node.
        """
        self.observations = noted = Observations()
        self.nodes = nodes
        self.ceased = self.waited = float("inf")
        self.writers = [
            Writer(number, node, noted, ROOMS[number % len(ROOMS)], rate / (each * len(nodes)))
            for number, node in enumerate([node for node in nodes for _ in range(each)])
        ]
        readers = [Reader(f"r{node.name}{number}", node, noted) for node in nodes for number in range(LISTENERS)]
        lines = [
            LineReader(f"l{node.name}", node, noted, ROOMS[place % len(ROOMS)]) for place, node in enumerate(nodes)
        ]
        self.witnesses: list[Witness] = [*readers, *lines, *self.writers]

    def start(self) -> None:
        """Let all come in, and let the writers write."""
        for witness in self.witnesses:
            witness.start()

    async def present(self, within: float = 3 * PATIENCE) -> None:
        """
        Wait until all are in their rooms.

        @raise Refused: one cannot come in.
        """
        try:
            async with asyncio.timeout(within):
                for witness in self.witnesses:
                    await witness.present.wait()
        except TimeoutError as e:
            missing = [witness for witness in self.witnesses if not witness.present.is_set()]
            first = missing[0]
            raise Refused(
                f"{len(missing)} clients cannot come in: {first.name} on {first.node.name}: {first.error}"
            ) from e

    async def cease(self) -> None:
        """Let the writers stop, and wait for the answers to their last texts."""
        self.ceased = time.monotonic()
        for writer in self.writers:
            writer.silence()
        await until(lambda: None if any(writer.waiting for writer in self.writers) else True, DRAIN)
        self.waited = time.monotonic()

    def stop(self) -> None:
        """Let all leave."""
        for witness in self.witnesses:
            witness.stop()

    @property
    def fates(self) -> Sequence[Fate]:
        """The fates of all texts, in the order of sending."""
        return list(self.observations.fates.values())


async def histories(nodes: Iterable[Node]) -> Mapping[str, Rooms]:
    """
    Ask each node for everything that was said, as a client without limits on rates.

    @return: the texts of each room, by the names of the nodes.
    @raise Refused: the server refuses the client.
    @raise OSError: the server does not answer.
    """
    found: dict[str, Rooms] = {}
    for node in nodes:
        client = IrcClient(f"historian{node.name}")
        try:
            await client.enter(node.ports["irc"], WRITERS, ROOMS)
            found[node.name] = {room: list(texts(await client.history(room))) for room in ROOMS}
        finally:
            client.close()
    return found


def texts(messages: Iterable[Message]) -> Iterator[Heard]:
    """Return the texts of writers among some messages, with their message ids."""
    for message in messages:
        text = read(message.last) if message.command == b"PRIVMSG" else None
        if text is not None:
            yield message.tags[b"msgid"].decode(), text
