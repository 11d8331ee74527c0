"""The scenarios, and the measurement of one server in one scenario."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from bench.contestants import Contestant
from bench.servers import Server, freePort, running
from bench.traffic import Load, Traffic

IDLE_AFTER = 1.0
"""How long the server must send nothing before its clients count as idle, in seconds."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """
    The clients, the rooms and the load of a run.

    @ivar name: its name in options and results.
    @ivar title: its name in tables.
    @ivar members: the number of members of each room.
    @ivar rooms: the number of rooms.
    @ivar load: the messages that clients send; C{None} if they send none.
    @ivar skipSlow: whether slow servers do not take part.
    """

    name: str
    title: str
    members: int
    rooms: int = 1
    load: Load | None = None
    skipSlow: bool = False

    def excludes(self, contestant: Contestant) -> str | None:
        """Return why a server does not take part; C{None} if it does."""
        if self.rooms > 1 and not contestant.protocol.rooms and self.load is not None:
            return "it has one room"
        if self.skipSlow and contestant.slow:
            return "it would take minutes"
        if contestant.maxConnections is not None and self.members * self.rooms > contestant.maxConnections:
            return f"it takes {contestant.maxConnections:,} connections at most"
        return None


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("burst", "burst: 200 in a room, 20 send 1,000 lines each", 200, load=Load(20, 1000), skipSlow=True),
        Scenario("burst100", "short burst: 200 in a room, 20 send 100 lines each", 200, load=Load(20, 100)),
        Scenario("steady", "steady: 500 in a room, 50 lines a second", 500, load=Load(20, 25, rate=50)),
        Scenario("small", "small rooms: 125 of 4, all send 100 lines", 4, 125, Load(4, 100)),
        Scenario("idle", "10,000 clients in 100 rooms", 100, 100),
    )
}
"""All scenarios, by name."""


def shorter(scenario: Scenario) -> Scenario:
    """Return a short version of a scenario, which checks that everything works."""
    if scenario.load is None:
        return replace(scenario, members=20, rooms=25, title="500 clients in 25 rooms")
    if scenario.load.rate:
        return replace(scenario, load=replace(scenario.load, lines=2), title=f"{scenario.title}, for 0.8 s")
    return replace(scenario, load=replace(scenario.load, lines=20), title=f"{scenario.title}, cut to 20")


@dataclass(frozen=True, slots=True)
class Figures:
    """
    The results of one run.

    @ivar clients: the number of clients.
    @ivar deliveries: how many texts all clients received in total.  All of them were checked.
    @ivar loginCpu: CPU seconds of the server for connecting, registering and joining all clients.
    @ivar messageCpu: CPU seconds of the server from the first text to the last delivery.
    @ivar generatorCpu: CPU seconds of the load generator in that time.
    @ivar seconds: the duration of that time.
    @ivar before: the server's memory after its start, in MiB.
    @ivar idle: its memory when all clients are in and nothing happens, in MiB.
    @ivar peak: its maximum memory, in MiB.
    """

    clients: int
    deliveries: int
    loginCpu: float
    messageCpu: float
    generatorCpu: float
    seconds: float
    before: float
    idle: float
    peak: float

    @property
    def rate(self) -> float:
        """Deliveries per CPU second of the server; 0 without messages."""
        return self.deliveries / self.messageCpu if self.deliveries else 0.0

    @property
    def logins(self) -> float:
        """Clients let in per CPU second of the server."""
        return self.clients / self.loginCpu

    @property
    def perClient(self) -> float:
        """The server's memory for one idle client, in KiB."""
        return (self.idle - self.before) * 1024 / self.clients


def measure(scenario: Scenario, contestant: Contestant, place: Path, cores: Iterable[int] | None) -> Figures:
    """
    Start a server and run a scenario on it once.

    @param scenario: the scenario.
    @param contestant: the server.
    @param place: the folder for the server's temporary folder.
    @param cores: the processors on which the server runs; C{None} for any.
    @raise NotStarted: the server does not start.
    @raise Lost: not all messages arrived, or the server closed a connection.
    """
    with tempfile.TemporaryDirectory(prefix="bench", dir=place) as folder:
        port = freePort()
        command = contestant.command(Path(folder), port)
        with running(command, port, Path(folder), cores) as server:
            traffic = Traffic(port, contestant.protocol, scenario.members, scenario.rooms, contestant.backlog)
            try:
                start, before = server.cpu(), server.memory()
                traffic.arrive()
                loginCpu = server.cpu() - start
                if scenario.load is None:
                    traffic.rest(IDLE_AFTER)
                idle = server.memory()
                spent = Spent(server)
                deliveries = 0 if scenario.load is None else traffic.talk(scenario.load, spent.stop)
                clients = scenario.members * scenario.rooms
                return Figures(clients, deliveries, loginCpu, *spent.figures, before, idle, server.peak())
            finally:
                traffic.close()


class Spent:
    """
    Measures the cost of a load, from its creation until L{stop}.

    @ivar figures: CPU seconds of the server, CPU seconds of the load generator, and the duration; zeros before L{stop}.
    """

    figures = (0.0, 0.0, 0.0)

    def __init__(self, server: Server) -> None:
        self._server = server
        self._start = self._now()

    def stop(self) -> None:
        """Stop, and set the figures."""
        server, load, seconds = (now - then for now, then in zip(self._now(), self._start, strict=True))
        self.figures = server, load, seconds

    def _now(self) -> tuple[float, float, float]:
        return self._server.cpu(), time.process_time(), time.monotonic()
