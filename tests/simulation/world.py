"""A server and its clients, to which the steps of a simulation happen.  After each step, every promise is checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Final

from twisted.internet.address import IPv4Address
from twisted.logger import ILogObserver, LogEvent, formatEvent, globalLogPublisher
from zope.interface import implementer

from tests.simulation.clients.base import Client
from tests.simulation.clients.irc import IrcClient
from tests.simulation.clients.line import LineClient
from tests.simulation.clients.websocket import WebSocketClient
from tests.simulation.disk import FAULTS, Disk, copyJournal
from tests.simulation.ledger import Ledger, Text
from tests.simulation.promises import Broken
from tests.simulation.reactor import SimulatedReactor
from tests.simulation.server import SimulatedServer
from tests.simulation.sockets import SimulatedSocket, SimulatedTransport
from tests.simulation.steps import Step
from twistchat.chat.model.names import fold
from twistchat.chat.model.sessions import Session

NOON: Final = 1_767_268_800.0
"""When every simulation begins: noon of 1 January 2026, UTC, in seconds since the epoch."""

PATIENCE: Final = 150.0
"""The seconds in which a client that reads must get its answers, when nothing else is sent."""

AGAIN: Final = 20.0
"""The seconds after which a client asks again for a sign of life, when nothing else is sent."""

QUIET: Final = 20_000
"""The most turns until everything that was sent has been read."""


@dataclass(slots=True)
class Connection:
    """
    A client, and its connection to the server.

    @ivar client: the client.
    @ivar socket: the server's socket.
    @ivar transport: the server's transport.
    @ivar session: its session, once the ledger has met it.
    """

    client: Client
    socket: SimulatedSocket
    transport: SimulatedTransport
    session: Session | None = None

    @property
    def isOpen(self) -> bool:
        """Whether the server holds the connection."""
        return not self.socket.closed


class World:
    """
    The simulation.

    @ivar reactor: the reactor of the server.
    @ivar server: the running server.
    @ivar disk: its disk.
    @ivar ledger: what its journal applied.
    @ivar connections: the clients that are connected, by slot.
    @ivar steps: the number of steps so far.
    """

    def __init__(self, folder: Path) -> None:
        """
        Start a server with an empty journal.

        @param folder: an empty folder.
        """
        self._folder = folder
        self._folders = count(1)
        self._ids, self._ports, self._pings = count(1), count(40_001), count(1)
        self._shift = 0.0
        self._configuration = ""
        self._failures: list[str] = []
        self._bySession: dict[str, Connection] = {}
        self._byPort: dict[int, Connection] = {}
        self._clients: list[Client] = []
        self.steps = 0
        self.reactor = SimulatedReactor()
        self.disk = Disk()
        self.ledger = Ledger(self._expect, self._entered)
        self.connections: dict[int, Connection] = {}
        self._data = folder / "0"
        self._observer = _Failures(self._failures)
        globalLogPublisher.addObserver(self._observer)
        self.server = self._start()

    def close(self) -> None:
        """Close the files."""
        globalLogPublisher.removeObserver(self._observer)
        self.disk.release()
        self.server.kill()

    def wall(self) -> float:
        """The time that the server sees, in seconds since the epoch.  The clock of the machine may jump."""
        return NOON + self._shift + self.reactor.seconds()

    @property
    def heard(self) -> int:
        """How many texts were heard, by all clients together."""
        return sum([len(client.heard) for client in self._clients])

    @property
    def slowest(self) -> float:
        """The longest time that a client waited for the answer to a ping, in seconds."""
        return max([client.slowest for client in self._clients], default=0.0)

    def do(self, step: Step) -> None:
        """
        Let a step happen, and check every promise.

        @raise Broken: a promise does not hold.
        """
        act: Callable[[Step], None] = getattr(self, f"_{step.action}")
        act(step)
        if step.turn:
            self.reactor.turn()
        self.steps += 1
        self.check()
        connection = self.connections.get(step.slot)
        if connection is not None:
            self._checkClient(connection)

    def check(self) -> None:
        """
        Check the promises that do not depend on a client.

        @raise Broken: one does not hold.
        """
        if self.ledger.broken:
            raise self.ledger.broken[0]
        if self._failures:
            raise Broken("no failure", self._failures[0])

    # The network

    def _connect(self, step: Step) -> None:
        """A client connects.  C{text}: the door, the kind of client and its nick.  C{size}: the send buffer."""
        if step.slot in self.connections:
            return
        door, kind, nick = step.text.split()
        address, port = f"203.0.113.{step.slot + 1}", next(self._ports)
        rest = (step.slot, address, self.ledger, lambda: self.reactor.seconds())
        client: Client
        if door == "line":
            client = LineClient(nick, *rest)
        elif door == "web":
            client = WebSocketClient(kind, nick, *rest)
        else:
            client = IrcClient(kind, nick, *rest)
        self._clients.append(client)
        client.onText = self._checkStored
        protocol = self.server.factories[door].buildProtocol(IPv4Address("TCP", address, port))
        if protocol is None:
            return
        socket = SimulatedSocket(port, step.size)
        transport = SimulatedTransport(socket, protocol, (address, port), self.reactor)
        self.connections[step.slot] = self._byPort[port] = Connection(client, socket, transport)
        protocol.makeConnection(transport)
        client.greet()

    def _send(self, step: Step) -> None:
        """A client sends a line."""
        connection = self.connections.get(step.slot)
        if connection is not None and not connection.socket.finished:
            connection.client.send(step.text)

    def _raw(self, step: Step) -> None:
        """A client sends bytes.  C{text}: the bytes, as characters of Latin-1."""
        connection = self.connections.get(step.slot)
        if connection is not None and not connection.socket.finished:
            connection.client.sendRaw(step.text.encode("latin-1"))

    def _ping(self, step: Step) -> None:
        """A client asks for a sign of life."""
        connection = self.connections.get(step.slot)
        if connection is not None and connection.client.registered and not connection.socket.finished:
            connection.client.ping(f"p{next(self._pings)}")

    def _input(self, step: Step) -> None:
        """The network brings bytes to the server.  C{size}: how many at most."""
        connection = self.connections.get(step.slot)
        if connection is not None:
            outgoing, socket = connection.client.outgoing, connection.socket
            socket.arrived += outgoing[: step.size]
            del outgoing[: step.size]
            if socket.arrived or socket.finished or socket.broken:
                self.reactor.read(connection.transport)

    def _output(self, step: Step) -> None:
        """A client reads what the server has sent.  C{size}: how many bytes at most."""
        connection = self.connections.get(step.slot)
        if connection is not None and not connection.client.stalled:
            self._read(connection, step.size)

    def _read(self, connection: Connection, size: int) -> None:
        socket = connection.socket
        data = bytes(socket.sent[:size])
        del socket.sent[:size]
        if data:
            connection.client.receive(data)
        self.reactor.write(connection.transport)
        if socket.closed and not socket.sent:
            self._forget(connection)

    def _stall(self, step: Step) -> None:
        """A client stops reading, or starts again."""
        connection = self.connections.get(step.slot)
        if connection is not None:
            connection.client.stalled = not connection.client.stalled

    def _cut(self, step: Step) -> None:
        """The connection is reset."""
        connection = self.connections.get(step.slot)
        if connection is not None:
            connection.socket.broken = True
            self.reactor.read(connection.transport)
            self._forget(connection)

    def _finish(self, step: Step) -> None:
        """A client closes its sending side."""
        connection = self.connections.get(step.slot)
        if connection is not None and not connection.client.outgoing:
            connection.socket.finished = True
            self.reactor.read(connection.transport)

    def _forget(self, connection: Connection) -> None:
        """The client is gone.  Another may come in its place."""
        self.connections.pop(connection.client.slot, None)

    # The machine

    def _turn(self, step: Step) -> None:
        """Nothing happens but a turn of the reactor."""

    def _sleep(self, step: Step) -> None:
        """Time passes.  C{size}: milliseconds."""
        self.reactor.sleep(step.size / 1000)

    def _jump(self, step: Step) -> None:
        """The clock of the machine is set.  C{size}: by how many seconds."""
        self._shift += step.size

    def _work(self, step: Step) -> None:
        """A thread does something.  C{text}: its name."""
        worker = self.server.worker(step.text)
        if worker is not None:
            worker.work()

    def _report(self, step: Step) -> None:
        """The reactor learns of something that a thread did.  C{text}: its name."""
        worker = self.server.worker(step.text)
        if worker is not None:
            worker.report()

    def _fault(self, step: Step) -> None:
        """A fault of the disk begins, or ends.  C{text}: its name, from L{FAULTS}; empty for none."""
        self.disk.fault = step.text if step.text in FAULTS else ""

    def _reload(self, step: Step) -> None:
        """The administrator changes the configuration.  C{text}: what it has besides the usual, as TOML."""
        self.server.configuration = step.text
        reloading = self.server.context.rehash("the simulation")
        reloading.addCallbacks(lambda _: setattr(self, "_configuration", step.text), lambda failure: None)

    def _crash(self, step: Step) -> None:
        """The server is killed, and starts again.  All connections are lost."""
        for connection in self.connections.values():
            connection.socket.broken = connection.socket.closed = True
        self.connections.clear()
        self._bySession.clear()
        self._byPort.clear()
        old, self._data = self._data, self._folder / str(next(self._folders))
        before = self.server.lasting() if self.server.isIdle and self.server.log.isIdle() else None
        copyJournal(old, self._data)
        self.disk.fault = ""
        self.server.kill()
        self.reactor = SimulatedReactor(self.reactor.seconds())
        self.server = self._start()
        following = self.server.log.follow(self.ledger.sequence + 1, self.ledger.found)
        while not self.server.isIdle:
            self._workAll()
        following.stop()
        after = self.server.lasting()
        if before is not None and before != after:
            raise Broken("restart from the journal", _difference(before, after))

    def _start(self) -> SimulatedServer:
        return SimulatedServer(
            self._data,
            self.reactor,
            self.wall,
            lambda: f"s{next(self._ids)}",
            self.disk,
            self.ledger,
            self._configuration,
        )

    def _workAll(self) -> None:
        for worker in list(self.server.workers.values()):
            worker.work()
            worker.report()

    # Everything comes to rest

    def _settle(self, step: Step) -> None:
        """
        The disk is repaired, all clients read, and nothing more is sent, until everybody has got everything.

        @raise Broken: somebody waits in vain.
        """
        self.disk.fault = ""
        for connection in self.connections.values():
            connection.client.stalled = False
        self._asked: dict[int, float] = {}
        until = self.reactor.seconds() + PATIENCE
        for _ in range(QUIET):
            busy = self._carryAll()
            if busy:
                continue
            self._checkAll()
            waiting = [each for each in self.connections.values() if self._isWaiting(each)]
            if not waiting:
                break
            if self.reactor.seconds() > until:
                names = ", ".join(str(each.client.slot) for each in waiting)
                raise Broken("nobody waits in vain", f"clients {names} waited for {PATIENCE:g} seconds")
            self.reactor.sleep(0.5)
        else:
            raise Broken("nobody waits in vain", "the server does not come to rest")
        for connection in list(self.connections.values()):
            if connection.client.awaits:
                raise Broken("no gaps", f"client {connection.client.slot} never heard {connection.client.awaits}")

    def _isWaiting(self, connection: Connection) -> bool:
        """
        Whether a client awaits an answer, or the end of its connection.

        It asks for an answer in each rest, and again if it has waited for long.
        """
        client = connection.client
        if connection.socket.finished:
            return True
        if client.ended or not client.registered:
            return False
        asked, now = self._asked.get(client.slot), self.reactor.seconds()
        if asked is None or (client.pings and now >= asked + AGAIN):
            self._asked[client.slot] = now
            client.ping(f"p{next(self._pings)}")
        return bool(client.pings)

    def _carryAll(self) -> bool:
        """Run a turn in which every thread works, and every connection moves its bytes.  Return whether any did."""
        busy = not self.server.isIdle or self.reactor.isBusy
        self._workAll()
        for connection in list(self.connections.values()):
            client, socket = connection.client, connection.socket
            if client.outgoing or (socket.arrived and connection.transport in self.reactor.reading):
                busy = True
            socket.arrived += client.outgoing
            client.outgoing.clear()
            if socket.arrived or socket.finished:
                self.reactor.read(connection.transport)
            if socket.sent or connection.transport in self.reactor.writing or socket.closed:
                busy = True
                self._read(connection, len(socket.sent))
        self.reactor.turn()
        self.check()
        return busy

    # Promises

    def _connectionOf(self, session: Session) -> Connection | None:
        connection = self._bySession.get(session.id)
        if connection is None:
            outlet: Any = session.outlet
            connection = self._byPort.get(outlet.carrier.transport.getPeer().port)
            if connection is not None:
                self._bySession[session.id] = connection
                connection.session = session
        return connection

    def _expect(self, session: Session, text: Text) -> None:
        connection = self._connectionOf(session)
        if connection is not None:
            connection.client.expect(text)

    def _entered(self, session: Session, room: str, earlier: int) -> None:
        connection = self._connectionOf(session)
        if connection is not None:
            connection.client.entered.setdefault(room, []).append(earlier)
            connection.client.account = session.currentAccount is not None

    def _checkStored(self, text: Text) -> None:
        """A client sees a text: it must be on disk, unless it was redacted meanwhile."""
        if not text.redacted and not text.stored:
            if not self.disk.has(text.sequence):
                raise Broken("durable before visible", f"t{text.number} is shown, and is not on disk")
            text.stored = True

    def _checkClient(self, connection: Connection) -> None:
        """If a client has read everything, it must know what the server knows of its rooms."""
        session, client = connection.session, connection.client
        if session is not None:
            client.ignored |= session.ignored.keys()
        if (
            session is None
            or session.closed
            or session.user is None
            or not isinstance(client, IrcClient)
            or connection.socket.sent
            or connection.socket.closed
            or self.reactor.isBusy
            or connection.transport in self.reactor.writing
        ):
            return
        outlet: Any = session.outlet
        if outlet.outbox.waiting or client._rest:
            return
        if client.awaits:
            raise Broken("no gaps", f"client {client.slot} was sent everything but {client.awaits}")
        rooms = session.user.rooms
        if not client.registered:
            return
        if fold(client.nick) != fold(session.user.nick):
            raise Broken("clients agree", f"client {client.slot} is {session.user.nick} and was told {client.nick}")
        if client.rooms.keys() != rooms.keys():
            raise Broken("clients agree", f"client {client.slot} is in {[*rooms]} and was told {[*client.rooms]}")
        for key, told in client.rooms.items():
            if not told.complete:
                continue
            members = {fold(member.user.nick): member.ranks for member in rooms[key].members.values()}
            if members.keys() != told.members.keys():
                raise Broken("clients agree", f"{key} has {[*members]}; client {client.slot} knows {[*told.members]}")
            for nick, ranks in members.items():
                known = told.members[nick]
                if known != set(ranks) and (client.kind != "plain" or bool(known) != bool(ranks)):
                    raise Broken("clients agree", f"{nick} is {ranks!r} in {key}; client {client.slot} knows {known}")

    def _checkAll(self) -> None:
        for connection in list(self.connections.values()):
            self._checkClient(connection)


@implementer(ILogObserver)
class _Failures:
    """Collects the failures that are logged."""

    def __init__(self, failures: list[str]) -> None:
        self._failures = failures

    def __call__(self, event: LogEvent) -> None:
        failure = event.get("log_failure")
        if failure is not None:
            self._failures.append(f"{formatEvent(event)}: {failure.getTraceback()}")


def _difference(before: dict[str, Any], after: dict[str, Any]) -> str:
    """Describe the first difference of two states."""
    for name, was in before.items():
        if was != after[name]:
            return f"{name} was {was!r} and is {after[name]!r}"
    return "nothing"
