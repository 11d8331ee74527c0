"""What is measured: who is there, who talks, and what one run of it costs a server."""

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
"""Seconds in which nobody hears anything, after which everybody is idle."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """
    Who is there, and who talks.

    @ivar name: what it is called in options and results.
    @ivar title: what it is called in tables.
    @ivar members: of each room.
    @ivar load: who says how much; C{None} where nobody says anything.
    @ivar skipSlow: whether servers that are slow are left out.
    """

    name: str
    title: str
    members: int
    rooms: int = 1
    load: Load | None = None
    skipSlow: bool = False

    def excludes(self, contestant: Contestant) -> str | None:
        """Why this server has no part in it; C{None} where it has."""
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
"""All of them, by name."""


def shorter(scenario: Scenario) -> Scenario:
    """The same in little, to see that everything works."""
    if scenario.load is None:
        return replace(scenario, members=20, rooms=25, title="500 clients in 25 rooms")
    if scenario.load.rate:
        return replace(scenario, load=replace(scenario.load, lines=2), title=f"{scenario.title}, for 0.8 s")
    return replace(scenario, load=replace(scenario.load, lines=20), title=f"{scenario.title}, cut to 20")


@dataclass(frozen=True, slots=True)
class Figures:
    """
    What one run has cost.

    @ivar clients: how many came in.
    @ivar deliveries: how many texts were heard, by all together; each has been accounted for.
    @ivar loginCpu: CPU seconds of the server for letting everyone in: connection, registration, joining.
    @ivar messageCpu: CPU seconds of the server from the first text until the last was heard.
    @ivar generatorCpu: CPU seconds of the load generator in that time.
    @ivar seconds: how long that took.
    @ivar before: MiB of memory that the server had when it was started.
    @ivar idle: MiB that it had when all were in, and nothing went on.
    @ivar peak: the most MiB that it had at any time.
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
        """Deliveries a CPU second of the server; 0 where nobody talked."""
        return self.deliveries / self.messageCpu if self.deliveries else 0.0

    @property
    def logins(self) -> float:
        """Clients that came in, a CPU second of the server."""
        return self.clients / self.loginCpu

    @property
    def perClient(self) -> float:
        """KiB of the server's memory for one client that is idle."""
        return (self.idle - self.before) * 1024 / self.clients


def measure(scenario: Scenario, contestant: Contestant, place: Path, cores: Iterable[int] | None) -> Figures:
    """
    Run a scenario once, on a server that was started for it.

    @param place: where the server's folder is made, which is removed.
    @param cores: the processors on which the server runs.
    @raise NotStarted: there is no server.
    @raise Lost: not everything arrived.
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
    What a load takes, from when this is made until it is stopped.

    @ivar figures: CPU seconds of the server and of the load generator, and seconds; nothing before it is stopped.
    """

    figures = (0.0, 0.0, 0.0)

    def __init__(self, server: Server) -> None:
        self._server = server
        self._start = self._now()

    def stop(self) -> None:
        """It is over."""
        server, load, seconds = (now - then for now, then in zip(self._now(), self._start, strict=True))
        self.figures = server, load, seconds

    def _now(self) -> tuple[float, float, float]:
        return self._server.cpu(), time.process_time(), time.monotonic()
