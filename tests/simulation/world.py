"""A server and its clients, to which the steps of a simulation happen.  After each step, every promise is checked."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any, Final

from twisted.internet.address import IPv4Address

from tests.simulation.canary import Canary
from tests.simulation.clients.base import Client, Memory, Playback
from tests.simulation.clients.making import makeClient
from tests.simulation.ledger import Ledger, Text
from tests.simulation.life import Life
from tests.simulation.machine.connection import Connection
from tests.simulation.machine.disk import FAULTS, Disk
from tests.simulation.machine.reactor import SimulatedReactor
from tests.simulation.machine.server import CONFIGURATION
from tests.simulation.machine.sockets import SimulatedSocket, SimulatedTransport
from tests.simulation.promises.agreement import Agreement
from tests.simulation.promises.answers import Answers
from tests.simulation.promises.bounds import Bounds
from tests.simulation.promises.determinism import Determinism
from tests.simulation.promises.durability import Durability
from tests.simulation.promises.emptiness import Emptiness
from tests.simulation.promises.failures import Failures
from tests.simulation.promises.integrity import Integrity
from tests.simulation.promises.order import Order
from tests.simulation.promises.promise import Promise
from tests.simulation.promises.reading import Reading
from tests.simulation.promises.reload import Reload
from tests.simulation.promises.restart import Restart
from tests.simulation.promises.secrecy import Secrecy
from tests.simulation.rest import Rest
from tests.simulation.steps import Step
from twistchat.chat.errors import ChatError
from twistchat.chat.model.events import Entry
from twistchat.chat.model.sessions import Session
from twistchat.chat.state import State

NOON: Final = 1_767_268_800.0
"""When every simulation begins: noon of 1 January 2026, UTC, in seconds since the epoch."""


class World:
    """
    The simulation.

    @ivar reactor: the reactor of the server.
    @ivar server: the running server.
    @ivar disk: its disk.
    @ivar ledger: what its journal applied.
    @ivar connections: the clients that are connected, by slot.
    @ivar clients: all clients so far.
    @ivar configuration: the configuration in force, as TOML.
    @ivar canary: a polite client.
    @ivar isStopping: whether the server is stopping.
    @ivar promises: what must hold.
    @ivar steps: the number of steps so far.
    @ivar digest: the hash of all bytes that clients have read, in order.  The same steps give the same bytes.
    """

    def __init__(self, folder: Path) -> None:
        """
        Start a server with an empty journal.

        @param folder: an empty folder.
        """
        self._ports, self._pings = count(40_001), count(1)
        self._shift = 0.0
        self.configuration = CONFIGURATION
        self._bySession: dict[str, Connection] = {}
        self._byPort: dict[int, Connection] = {}
        self.clients: list[Client] = []
        self._memories: dict[int, Memory] = {}
        self.steps = 0
        self.digest = sha256()
        self.reactor = SimulatedReactor()
        self.disk = Disk()
        self.ledger = Ledger(self._expect, self._entered, self._begins, self._applied, self._loggedIn)
        self.connections: dict[int, Connection] = {}
        self._life = Life(self, folder)
        self.canary, self.isStopping = Canary(self), False
        self._failures, self._durability, self._bounds = Failures(self), Durability(self), Bounds(self)
        self._reloads = Reload(self)
        self.promises: tuple[Promise, ...] = (
            Order(self),
            self._failures,
            self._durability,
            Agreement(self),
            Restart(self),
            Determinism(self),
            Integrity(self),
            Emptiness(self),
            Answers(self),
            Secrecy(self),
            self._bounds,
            self._reloads,
            Reading(self),
        )
        self.server = self._life.start()
        for promise in self.promises:
            promise.started()
        self.canary.connect()

    def close(self) -> None:
        """Close the files."""
        self._failures.close()
        self._bounds.close()
        self.disk.release()
        self.server.kill()

    def wall(self) -> float:
        """The time that the server sees, in seconds since the epoch.  The clock of the machine may jump."""
        return NOON + self._shift + self.reactor.seconds()

    def _seconds(self) -> float:
        return self.reactor.seconds()

    def nextPing(self) -> str:
        """Return the token of another ping."""
        return f"p{next(self._pings)}"

    @property
    def applied(self) -> int:
        """How many entries were applied."""
        return self.ledger.applied

    @property
    def texts(self) -> int:
        """How many texts these had."""
        return len(self.ledger.texts)

    @property
    def heard(self) -> int:
        """How many texts were heard, by all clients together."""
        return sum([len(client.heard) for client in self.clients])

    @property
    def slowest(self) -> float:
        """The longest time that a client waited for the answer to a ping, in seconds."""
        return max([client.slowest for client in self.clients], default=0.0)

    def do(self, step: Step) -> None:
        """
        Let a step happen, and check every promise.

        @raise Broken: a promise does not hold.
        """
        act: Callable[[Step], None] = getattr(self, f"_{step.action}")
        act(step)
        if step.turn:
            self.turn()
        self.steps += 1
        self.check()
        connection = self.connections.get(step.slot)
        if connection is not None:
            self._checkReader(connection)

    def turn(self) -> None:
        """Run a turn of the reactor.  The polite client acts after it."""
        self.reactor.turn()
        self.canary.turn()

    def check(self) -> None:
        """
        Check the promises that do not depend on a client.

        @raise Broken: one does not hold.
        """
        for promise in self.promises:
            promise.stepped()

    def checkReaders(self) -> None:
        """
        Check the promises about the clients that have read everything.

        @raise Broken: one does not hold.
        """
        for connection in list(self.connections.values()):
            self._checkReader(connection)

    def _checkReader(self, connection: Connection) -> None:
        session = connection.session
        if session is None:
            return
        connection.client.ignored |= session.ignored.keys()
        isAttached = not session.closed and session.user is not None and not connection.socket.closed
        if isAttached and not connection.hasWaiting and not self.reactor.isBusy:
            for promise in self.promises:
                promise.read(connection)

    # The network

    def _connect(self, step: Step) -> None:
        """A client connects.  C{text}: see L{makeClient}.  C{size}: the send buffer."""
        if step.slot in self.connections:
            return
        address, port = f"203.0.113.{step.slot + 1}", next(self._ports)
        memory = self.memoryOf(step.slot)
        door, client = makeClient(step.text, step.slot, address, self.ledger, self._seconds, memory)
        self.clients.append(client)
        protocol = self.server.factories[door].buildProtocol(IPv4Address("TCP", address, port))
        if protocol is None:
            return
        socket = SimulatedSocket(port, step.size)
        transport = SimulatedTransport(socket, protocol, (address, port), self.reactor)
        self.connections[step.slot] = self._byPort[port] = connection = Connection(client, socket, transport)
        self._observe(connection)
        protocol.makeConnection(transport)
        client.greet()

    def memoryOf(self, slot: int) -> Memory:
        """What the clients of a slot know, one after the other."""
        return self._memories.setdefault(slot, Memory())

    def _observe(self, connection: Connection) -> None:
        """Let the promises learn what a client sends and reads."""
        client, promises = connection.client, self.promises
        for promise in promises:
            promise.connected(connection)

        def send(line: str) -> None:
            for promise in promises:
                promise.sent(connection, line)

        def sendRaw(data: bytes) -> None:
            for promise in promises:
                promise.sentRaw(connection, data)

        def read(line: str) -> None:
            for promise in promises:
                promise.heard(connection, line)

        client.onSend, client.onSendRaw, client.onLine = send, sendRaw, read

        def play(playback: Playback) -> None:
            for promise in promises:
                promise.played(connection, playback)

        client.onPlayback = play
        client.onText = self._durability.seen

    def _send(self, step: Step) -> None:
        """A client sends lines."""
        connection = self.connections.get(step.slot)
        if connection is not None and not connection.socket.finished:
            for line in step.text.split("\n"):
                connection.client.send(line)

    def _greed(self, step: Step) -> None:
        """A client asks for something many times, and reads nothing.  C{size}: how many times."""
        connection = self.connections.get(step.slot)
        if connection is not None and not connection.socket.finished:
            connection.client.stalled = True
            for _ in range(step.size):
                connection.client.send(step.text)

    def _login(self, step: Step) -> None:
        """A client logs in.  C{text}: the name of the account and the password."""
        connection = self.connections.get(step.slot)
        if connection is not None and not connection.socket.finished:
            connection.client.login(*step.text.split())

    def _page(self, step: Step) -> None:
        """A client reads a room page by page.  C{text}: the room.  C{size}: the texts on a page."""
        connection = self.connections.get(step.slot)
        if connection is not None and not connection.socket.finished:
            connection.client.page(step.text, step.size)

    def _raw(self, step: Step) -> None:
        """A client sends bytes.  C{text}: the bytes, as characters of Latin-1."""
        connection = self.connections.get(step.slot)
        if connection is not None and not connection.socket.finished:
            connection.client.sendRaw(step.text.encode("latin-1"))

    def _ping(self, step: Step) -> None:
        """A client asks for a sign of life."""
        connection = self.connections.get(step.slot)
        if connection is not None and connection.client.registered and not connection.socket.finished:
            connection.client.ping(self.nextPing())

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
            self.read(connection, step.size)

    def read(self, connection: Connection, size: int) -> None:
        """
        Let a client read what the server has sent.

        @param size: how many bytes at most.
        """
        socket = connection.socket
        if connection.session is not None:
            connection.client.ignored |= connection.session.ignored.keys()
        data = bytes(socket.sent[:size])
        del socket.sent[:size]
        if data:
            self.digest.update(b"%d %d " % (connection.client.slot, len(data)) + data)
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
            self._hangUp(connection)

    def _hangUp(self, connection: Connection) -> None:
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
        connection.client.unobserve()

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
        """The reactor learns of something that a thread did.  C{text}: its name.  If it did nothing, it does now."""
        worker = self.server.worker(step.text)
        if worker is not None:
            if not worker.done:
                worker.work()
            worker.report()

    def _carry(self, step: Step) -> None:
        """Every thread works, and every connection moves its bytes."""
        Rest(self).carry()

    def _fault(self, step: Step) -> None:
        """A fault of the disk begins, or ends.  C{text}: its name, from L{FAULTS}; empty for none."""
        self.disk.fault = step.text if step.text in FAULTS else ""
        self.ledger.wasStuck = self.ledger.wasStuck or bool(self.disk.fault)

    def _reload(self, step: Step) -> None:
        """The administrator changes the configuration.  C{text}: what it has besides the usual, as TOML."""
        self._reloads.reload(step.text)

    def _crash(self, step: Step) -> None:
        """The server is killed, and starts again.  C{text}: C{"spoiled"} if its file cannot be opened at first."""
        self._life.crash(step.text == "spoiled")

    def _stop(self, step: Step) -> None:
        """The server stops in order, and starts again."""
        self._life.stop()

    def _desert(self, step: Step) -> None:
        """
        All clients leave, and time passes.

        @raise Broken: something of them stays in the server.
        """
        Rest(self).come()
        self.canary.leave()
        while self.connections:
            self._hangUp(next(iter(self.connections.values())))
        self._bySession.clear()
        self._byPort.clear()
        Rest(self).pass_()
        for promise in self.promises:
            promise.deserted()
        self.canary.connect()

    def cutAll(self) -> None:
        """All connections are lost, because the server has ended."""
        for connection in self.connections.values():
            connection.socket.broken = connection.socket.closed = True
            connection.client.unobserve()
        self.connections.clear()
        self._bySession.clear()
        self._byPort.clear()

    def workAll(self) -> None:
        """Let each thread do and report one thing."""
        for worker in list(self.server.workers.values()):
            worker.work()
            worker.report()

    def _settle(self, step: Step) -> None:
        """
        Everything comes to rest.

        @raise Broken: somebody waits in vain.
        """
        Rest(self).come()
        if not self.disk.broken:
            Rest(self).speak()
        for promise in self.promises:
            promise.rested()

    # What the ledger tells

    def connectionOf(self, session: Session) -> Connection | None:
        """Return the connection of a session; C{None} if its client is gone, or is the polite one."""
        connection = self._bySession.get(session.id)
        if connection is None:
            outlet: Any = session.outlet
            connection = self._byPort.get(outlet.carrier.transport.getPeer().port)
            if connection is not None:
                self._bySession[session.id] = connection
                connection.session = session
        return connection

    def _expect(self, session: Session, text: Text) -> None:
        connection = self.connectionOf(session)
        if connection is not None:
            connection.client.expect(text)

    def _begins(self, state: State) -> None:
        for promise in self.promises:
            promise.begins(state)

    def _applied(self, entry: Entry, refused: ChatError | None) -> None:
        for promise in self.promises:
            promise.applied(entry, refused)

    def _entered(self, session: Session, room: str, sequence: int) -> None:
        connection = self.connectionOf(session)
        if connection is not None:
            connection.client.entered.setdefault(room, []).append(sequence)

    def _loggedIn(self, session: Session, account: str) -> None:
        connection = self.connectionOf(session)
        if connection is not None:
            connection.client.accounts.add(account)
