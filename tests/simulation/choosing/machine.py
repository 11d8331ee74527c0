"""Chooses what the network, the threads, the disk and the administrator do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.simulation.machine.disk import FAULTS
from tests.simulation.machine.server import CONFIGURATION
from tests.simulation.steps import Step

if TYPE_CHECKING:
    from tests.simulation.choosing.picks import Picks, Surroundings

NONSENSE: Final = (
    *("", " ", ":", "@", "\x01", "\xff\xfe", "\x00", "\xff\xfd\x01", "x" * 700, "@a=b", "\xe9" * 300),
    *("\n" * 900, "PONG\r\n" * 300),
)
ENDS: Final = ("", "\n", "\r\n", "\r\n\r\n")

CONFIGURATIONS: Final = (
    "",
    CONFIGURATION,
    CONFIGURATION,
    CONFIGURATION + '[irc]\nmotd = "hello"\n',
    CONFIGURATION + "[limits]\nsendq = 65536\n",
    CONFIGURATION + "[limits]\nsendq = 32768\n",
    CONFIGURATION + "[limits]\nhistoryOnJoin = 10\n",
    CONFIGURATION + "[limits]\nmistake = 1\n",
    CONFIGURATION + 'alwaysOn = "opt-out"\n',
    CONFIGURATION + 'claimTime = "20s"\nprotection = "prompt"\n',
)
"""What the administrator writes into the configuration.  One of them has a mistake."""


class Machine:
    """Chooses steps that no client takes.  Each method makes a step; C{None} if there is nothing to do."""

    def __init__(self, picks: Picks, world: Surroundings) -> None:
        self._picks, self._world = picks, world

    def input(self) -> Step | None:
        """The network brings bytes to the server."""
        one = self._picks.someone(lambda each: bool(each.client.outgoing or each.socket.arrived))
        return None if one is None else Step("input", one.client.slot, self._amount(), turn=self._picks.chance(0.6))

    def output(self) -> Step | None:
        """A client reads."""
        one = self._picks.someone(lambda each: bool(each.socket.sent or each.socket.closed))
        return None if one is None else Step("output", one.client.slot, self._amount(), turn=self._picks.chance(0.8))

    def _amount(self) -> int:
        random = self._picks.random
        return random.choice((1, random.randrange(1, 60), random.randrange(1, 600), 4096, 65536, 65536))

    def carry(self) -> Step | None:
        """All threads and connections work once."""
        return Step("carry")

    def work(self) -> Step | None:
        """A thread does something."""
        waiting = [worker.name for worker in self._world.server.workers.values() if worker.waiting]
        return Step("work", text=self._picks.one(waiting), turn=False) if waiting else None

    def report(self) -> Step | None:
        """The reactor learns of something that a thread did."""
        done = [worker.name for worker in self._world.server.workers.values() if worker.done]
        return Step("report", text=self._picks.one(done)) if done else None

    def turn(self) -> Step | None:
        """A turn of the reactor."""
        return Step("turn")

    def sleep(self) -> Step | None:
        """Time passes."""
        random = self._picks.random
        return Step("sleep", size=random.choice((1, 10, 100, random.randrange(2000), random.randrange(10_000))))

    def jump(self) -> Step | None:
        """The clock of the machine is set."""
        return Step("jump", size=self._picks.one((-3600, 3600, -1, 1, 86_400, -86_400)))

    def fault(self) -> Step | None:
        """A fault of the disk begins, or ends."""
        return Step("fault", text=self._picks.one(("", "", "", *FAULTS)))

    def reload(self) -> Step | None:
        """The administrator changes the configuration."""
        return Step("reload", text=self._picks.one(CONFIGURATIONS))

    def crash(self) -> Step | None:
        """The server is killed, and starts again."""
        return Step("crash", text=self._picks.one(("", "", "", "spoiled")))

    def stop(self) -> Step | None:
        """The server stops in order, and starts again."""
        return Step("stop")

    def desert(self) -> Step | None:
        """All clients leave."""
        return Step("desert")

    def settle(self) -> Step | None:
        """Everything comes to rest."""
        return Step("settle")

    def stall(self) -> Step | None:
        """A client stops reading, or starts again."""
        return self._to("stall")

    def cut(self) -> Step | None:
        """A connection is reset."""
        return self._to("cut")

    def finish(self) -> Step | None:
        """A client closes its sending side."""
        return self._to("finish")

    def raw(self) -> Step | None:
        """A client sends nonsense."""
        return self._to("raw", self._picks.one(NONSENSE) + self._picks.one(ENDS), turn=False)

    def ping(self) -> Step | None:
        """A client asks for a sign of life."""
        return self._to("ping", turn=False)

    def _to(self, action: str, text: str = "", turn: bool = True) -> Step | None:
        one = self._picks.someone()
        return None if one is None else Step(action, one.client.slot, text=text, turn=turn)
