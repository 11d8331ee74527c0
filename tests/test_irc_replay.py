"""
History and live messages join at the IRC door: clients that disconnect and return at random get every text once.

A room has fifty texts a second.  The journal lags behind, clients stop reading for a while, and the default limits
apply.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random
from shutil import rmtree
from tempfile import mkdtemp

from twisted.trial.unittest import SynchronousTestCase

from tests.test_replay import MemoryLag, SqliteLag
from twistchat.chat.model.events import RoomMessage
from twistchat.chat.model.spans import TEXTS, Span
from twistchat.interfaces import Journal
from twistchat.journal.kinds import sqliteJournal
from twistchat.journal.stamp import Stamp
from twistchat.testing import IrcClient, MemoryServer
from twistchat.testing.server import NOON, settingsOf
from twistchat.testing.workers import HeldWorker

LINE = re.compile(r"(?:@(?P<tags>\S+) )?:(?P<source>\S+) (?P<command>\S+)(?: (?P<rest>.*))?")
TICKS = 480
"""
The length of a test: each tick is a text, and 20 ms.  There are fewer texts than C{limits.historyReply}, the most that
a bouncer's client is played.
"""


class TimedSqliteLag(SqliteLag):
    """A journal on disk that lags behind, with the server's clock."""

    def make(self, stamp: Stamp) -> Journal:
        """See L{SqliteLag.make}."""

        def work(name: str) -> HeldWorker:
            self._workers.append(HeldWorker())
            return self._workers[-1]

        now = stamp._now  # private: the server's own clock
        return sqliteJournal(self._directory, now, lambda: "j", lambda: bytes(32), work)


class Reader:
    """
    A client program: it connects again and again, and keeps what it was shown.

    @cvar capabilities: the capabilities that it requests.
    @ivar seen: the numbers of the texts that it has shown to its user.
    """

    capabilities: tuple[str, ...] = ()

    def __init__(self, server: MemoryServer, name: str, address: str, random: Random) -> None:
        self.server, self.name, self.address, self.random = server, name, address, random
        self.seen: list[int] = []
        self.client: IrcClient | None = None
        self.connections = 0

    def connect(self) -> None:
        """Connect, and register."""
        self.connections += 1
        self.nick = f"{self.name}{self.connections}"
        self.client = self.server.connectIrc(self.address)
        self.begin()
        requests = ["CAP LS 302", f"CAP REQ :{' '.join(self.capabilities)}", "CAP END"] if self.capabilities else []
        self.send(*requests, f"NICK {self.nick}", f"USER {self.nick} 0 * :x")

    def send(self, *lines: str) -> None:
        """Write lines.  The caller processes them later."""
        assert self.client is not None and self.client.transport is not None
        if not self.client.gone:
            self.client.transport.write("".join(f"{line}\r\n" for line in lines).encode())

    def cut(self) -> None:
        """Lose the connection, in the middle of anything."""
        assert self.client is not None
        self.read()
        client, self.client = self.client, None
        client.link.stalled = False
        client.hangUp()
        self.end()

    def read(self) -> None:
        """Process what has arrived, up to the last whole line."""
        client = self.client
        if client is None:
            return
        end = client.raw.rfind(b"\n") + 1
        start = client._read  # private: only whole lines are taken, and the client would take all
        client._read = max(end, start)  # private: as above
        data = client.raw[start:end].decode()
        for line in data.splitlines():
            matched = LINE.fullmatch(line)
            if matched is None:
                continue
            tags = dict(tag.partition("=")[::2] for tag in (matched["tags"] or "").split(";"))
            command, rest = matched["command"], matched["rest"] or ""
            if command == "001":
                self.entered()
            elif command in ("437", "263"):
                self.server.clock.callLater(1, self.again, client)
            elif command == "JOIN" and matched["source"].startswith(f"{self.nick}!"):
                self.joined(tags)
            elif command == "PRIVMSG" and (number := re.search(r"line (\d+)$", rest)) is not None:
                self.heard(int(number[1]), tags)
            else:
                self.other(command, rest, tags)

    def again(self, client: IrcClient) -> None:
        """Join again, because too many were joining."""
        if client is self.client:
            self.send("JOIN #tea")

    # Programs differ in these

    def begin(self) -> None:
        """A connection begins."""

    def end(self) -> None:
        """A connection has ended."""

    def entered(self) -> None:
        """The server has welcomed the client."""
        self.send("JOIN #tea")

    def joined(self, tags: dict[str, str]) -> None:
        """The client is in the room."""

    def heard(self, number: int, tags: dict[str, str]) -> None:
        """A text has arrived, in a batch or not."""

    def other(self, command: str, rest: str, tags: dict[str, str]) -> None:
        """Another line has arrived."""


class Asker(Reader):
    """
    A program that asks for what it missed, with CHATHISTORY from the last message id up to that of its own JOIN.

    @ivar last: the id of the last message before which nothing is missing.
    """

    capabilities = ("batch", "draft/chathistory", "message-tags", "server-time")
    last = ""

    def begin(self) -> None:
        """See L{Reader.begin}."""
        self.live: list[tuple[int, str]] = []
        self.page: list[tuple[int, str]] = []
        self.here = ""
        self.complete = False

    def joined(self, tags: dict[str, str]) -> None:
        """Ask for the first page, or begin here."""
        self.here = tags["msgid"]
        if self.last:
            self.ask()
        else:
            self.complete = True

    def ask(self) -> None:
        """Ask for a page."""
        self.page = []
        self.send(f"CHATHISTORY BETWEEN #tea msgid={self.last} msgid={self.here} 40")

    def heard(self, number: int, tags: dict[str, str]) -> None:
        """Put a message of a page, or a live one, aside until everything before it is there."""
        if "batch" in tags:
            self.page.append((number, tags["msgid"]))
            return
        self.live.append((number, tags["msgid"]))
        self.show()

    def show(self) -> None:
        """Show the live messages, if nothing before them is missing."""
        if self.complete and self.live:
            self.seen += [number for number, _ in self.live]
            self.last = self.live[-1][1]
            self.live = []

    def other(self, command: str, rest: str, tags: dict[str, str]) -> None:
        """At the end of a batch, show the page, and ask for the next."""
        if command == "BATCH" and rest.startswith("-"):
            if self.page:
                self.seen += [number for number, _ in self.page]
                self.last = self.page[-1][1]
                self.ask()
            else:
                self.complete = True
                self.show()


class Bouncer(Reader):
    """
    A program for bouncers: it asks to play from the time of the last message on, before or after it joins.

    Several messages may have the same time.  So it asks for those of this time again, and knows their ids.

    @ivar time: the time of the last message before which nothing is missing, in milliseconds.
    @ivar known: the ids of the messages of this time.
    """

    capabilities = ("batch", "message-tags", "server-time", "znc.in/playback")
    time = 0
    token = 0
    known: frozenset[str] = frozenset()

    def begin(self) -> None:
        """See L{Reader.begin}."""
        self.aside: list[tuple[int, int, str]] = []
        self.twice = set[str]()
        self.complete = False

    def entered(self) -> None:
        """Ask, and join.  PONG says that the answer is complete."""
        start = self.time - 1
        requests = [f"PRIVMSG *playback :PLAY * {start // 1000}.{start % 1000:03}"] if self.time else []
        if self.random.random() < 0.5:
            self.send(*requests, "JOIN #tea", self.ping())
        else:
            self.send("JOIN #tea", *requests, self.ping())

    def ping(self) -> str:
        """Make a PING of its own."""
        self.token += 1
        return f"PING t{self.token}"

    def heard(self, number: int, tags: dict[str, str]) -> None:
        """Put a message aside until nothing before it is missing.  No connection gets it twice."""
        id = tags["msgid"]
        if id in self.twice:
            raise AssertionError(f"{id} came twice")
        self.twice.add(id)
        if id not in self.known:
            self.aside.append((number, self.milliseconds(tags["time"]), id))
            self.show()

    def milliseconds(self, text: str) -> int:
        """Read a time of this day."""
        hours, minutes, seconds = text[11:-1].split(":")
        return int(NOON - 12 * 3600) * 1000 + round((int(hours) * 60 + int(minutes)) * 60000 + float(seconds) * 1000)

    def show(self) -> None:
        """Show what is complete."""
        if self.complete and self.aside:
            self.aside.sort()
            self.seen += [number for number, _, _ in self.aside]
            before, self.time = self.time, self.aside[-1][1]
            latest = frozenset(id for _, time, id in self.aside if time == self.time)
            self.known = latest | self.known if before == self.time else latest
            self.aside = []

    def other(self, command: str, rest: str, tags: dict[str, str]) -> None:
        """Wait for the PONG."""
        if command == "PONG" and rest.endswith(f" t{self.token}"):
            self.complete = True
            self.show()

    def again(self, client: IrcClient) -> None:
        """Join again.  The server still knows what to play."""
        if client is self.client:
            self.complete = False
            self.send("JOIN #tea", self.ping())


class Plain(Reader):
    """
    A program that cannot ask.

    @ivar spans: what each connection showed.
    """

    def begin(self) -> None:
        """See L{Reader.begin}."""
        self.span: list[int] = []
        self.spans = getattr(self, "spans", [])
        self.spans.append(self.span)

    def heard(self, number: int, tags: dict[str, str]) -> None:
        """Show a text."""
        self.span.append(number)


class Batched(Plain):
    """A program that cannot ask, and has batches and times."""

    capabilities = ("batch", "message-tags", "server-time")


class ReplayTests(SynchronousTestCase):
    """Programs of each kind return at random."""

    def test_memory(self) -> None:
        """With the journal in memory."""
        for seed in range(3):
            self.converse(Random(seed), MemoryLag())

    def test_sqlite(self) -> None:
        """With the journal on disk."""
        for seed in range(3):
            directory = mkdtemp()
            self.addCleanup(rmtree, directory)
            self.converse(Random(seed), TimedSqliteLag(directory))

    def converse(self, random: Random, lag: MemoryLag | SqliteLag) -> None:
        """Act at random, then compare."""
        server = MemoryServer(settingsOf("[irc]\n"), lag.make)
        self.settle(server, lag, random)
        writer = server.connectIrc()
        writer.send("NICK writer", "USER w 0 * :w", "JOIN #tea")
        self.settle(server, lag, random)
        session = next(iter(server.chat.identity.find("writer").sessions.values()))
        kinds: list[Callable[..., Reader]] = [Asker, Bouncer, Plain, Batched]
        readers = [kinds[index % 4](server, f"r{index}x", f"192.0.2.{index + 1}", random) for index in range(8)]
        away = dict.fromkeys(readers, 0)
        for tick in range(TICKS):
            server.clock.advance(0.02)
            server.chat.speaking.say(session, "#tea", f"line {tick}")
            for _ in range(random.randrange(1, 4)):
                lag.write(random)
            if random.random() < 0.5:
                lag.read()
            server.pump()
            for reader in readers:
                reader.read()
                client = reader.client
                if client is None:
                    away[reader] -= 1
                    if away[reader] <= 0:
                        reader.connect()
                elif random.random() < 0.012 or client.gone:
                    reader.cut()
                    away[reader] = random.randrange(1, 100)
                elif random.random() < 0.02:
                    client.link.stalled = not client.link.stalled
            writer.send("PONG x")
        for reader in readers:
            if reader.client is None:
                reader.connect()
            assert reader.client is not None
            reader.client.link.stalled = False
        for _ in range(200):
            server.clock.advance(0.25)
            self.settle(server, lag, random)
            for reader in readers:
                reader.read()
        whole = list(range(TICKS))
        self.assertEqual(self.texts(server, lag, random), whole)
        for reader in readers:
            self.assertGreater(reader.connections, 1)
            if isinstance(reader, Plain):
                spans = [span for span in reader.spans if span]
                self.assertGreater(len(spans), 1)
                for span in spans:
                    self.assertEqual(span, whole[span[0] : span[0] + len(span)], type(reader))
                self.assertEqual(spans[-1][-1], TICKS - 1)
            else:
                self.assertEqual(reader.seen, whole[reader.seen[0] :], type(reader))

    def texts(self, server: MemoryServer, lag: MemoryLag | SqliteLag, random: Random) -> list[int]:
        """The numbers of the texts in the journal."""
        reading = server.history.read(Span("#tea", 10_000, kinds=TEXTS))
        self.settle(server, lag, random)
        return [
            int(entry.event.text.split(" ")[1])
            for entry in self.successResultOf(reading)
            if isinstance(entry.event, RoomMessage)
        ]

    def settle(self, server: MemoryServer, lag: MemoryLag | SqliteLag, random: Random) -> None:
        """Write everything to disk, and finish all reads."""
        server.pump()
        while lag.busy():
            lag.write(random)
            lag.read()
            server.pump()
