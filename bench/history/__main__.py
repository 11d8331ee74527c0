"""C{python -m bench.history}: how long readers wait for the history of a large journal, and others beside them."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType

from bench import machine, picture
from bench.fire.canary import Canary
from bench.fire.results.figures import percentiles
from bench.history.clients import Plan, Question
from bench.history.fill import PASSWORD, READER, prepared, word
from bench.protocols import Refused
from bench.servers import TWISTD, NotStarted, Server, freePort, running

ENTRIES, ROOMS = 1_000_000, 1_000
"""The size of the journal."""

MEMBER = 100
"""The rooms of the account that asks."""

WRITES = 200.0
"""The lines that are written per second meanwhile."""

QUESTIONS = MappingProxyType(
    {
        "LATEST": (Question("CHATHISTORY LATEST #room%d * 50", 1000, 0.01), 0.010),
        "TARGETS": (
            Question(
                "CHATHISTORY TARGETS timestamp=2020-01-01T00:00:00.000Z timestamp=2099-01-01T00:00:00.000Z 500",
                100,
                0.02,
            ),
            0.020,
        ),
        "SEARCH": (Question(r"SEARCH text=%w\s%w", 200, 0.02), 0.050),
    }
)
"""The questions, each with its mark: the maximum of the 99th percentile, in seconds."""

SETTLED = 12.0
"""The seconds that the canary is there before the others come: longer than the server counts its lines as its first."""

RETURNING, SERVED, CANARY = 1000, 10.0, 0.25
"""The clients that come back at once; the marks: seconds until all are served, and the canary's p99 in seconds."""


@dataclass(frozen=True, slots=True)
class Answers:
    """
    The answers to one question.

    @ivar name: the question.
    @ivar lines: the number of lines of the first answer.
    @ivar mark: the maximum of the 99th percentile, in seconds.
    @ivar seconds: the time until each answer was complete, in seconds.
    """

    name: str
    lines: int
    mark: float
    seconds: list[float]

    @property
    def good(self) -> bool:
        """Whether the mark is met."""
        return percentiles(self.seconds)[1] <= self.mark


@dataclass(frozen=True, slots=True)
class Return:
    """
    Clients that come back at once.

    @ivar name: which rooms they are in.
    @ivar clients: how many they are.
    @ivar served: the seconds until each client was served, sorted.
    @ivar canary: when each line of the canary was sent, in seconds since the beginning, and its delay in seconds.
    @ivar lost: the canary's lines that were lost.
    @ivar late: the largest delay of the canary itself, in seconds.  More than a few ms show that the machine is busy.
    @ivar cpu: the CPU time of the server for each client, in seconds.
    @ivar grew: the growth of the server's memory, in MiB.
    """

    name: str
    clients: int
    served: list[float]
    canary: list[tuple[float, float]]
    lost: int
    late: float
    cpu: float
    grew: float

    @property
    def good(self) -> bool:
        """Whether the marks are met."""
        everyone = len(self.served) == self.clients and self.served[-1] <= SERVED
        return everyone and self._percentiles[1] <= CANARY and not self.lost

    @property
    def _percentiles(self) -> tuple[float, float, float]:
        last = self.served[-1] if self.served else 0.0
        return percentiles([delay for at, delay in self.canary if at <= last])

    def describe(self) -> str:
        """Describe the results in one line."""
        times = [self.served[len(self.served) // 2], self.served[-1]] if self.served else [0.0, 0.0]
        p50, p99, worst = (1000 * delay for delay in self._percentiles)
        return (
            f"{self.name}: {len(self.served)} of {self.clients} served, half of them within {times[0]:.1f} s and all"
            f" within {times[1]:.1f} s; {1000 * self.cpu:.1f} ms of CPU each; canary p50 {p50:.1f}, p99 {p99:.1f}, max"
            f" {worst:.1f} ms, itself late by {1000 * self.late:.1f} ms, {self.lost} lost; memory +{self.grew:.0f} MiB"
        )


@contextmanager
def serving(data: Path) -> Iterator[tuple[Server, int]]:
    """
    Run a server on a journal, without limits for loopback.

    @return: the server, whose port is that of the IRC door; and the port of the line door.
    """
    irc, line = freePort(), freePort()
    command = [
        *(sys.executable, "-c", TWISTD, "-n", "--pidfile=", "twistchat", f"--data={data.absolute()}"),
        f"--irc=tcp:{irc}:interface=127.0.0.1:backlog=2048",
        f"--line=tcp:{line}:interface=127.0.0.1",
        '--set=limits.exempt=["127.0.0.0/8"]',
    ]
    with tempfile.TemporaryDirectory(prefix="history") as folder, running(command, irc, Path(folder)) as server:
        yield server, line


def carryOut(plan: Plan) -> subprocess.Popen[str]:
    """Start the clients of a plan."""
    arguments = [sys.executable, "-m", "bench.history.clients", json.dumps(asdict(plan))]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)


def ask(data: Path, questions: dict[str, Question], marks: dict[str, float], rooms: int) -> list[Answers]:
    """Ask questions, one after the other, while lines are written."""
    # Words of middling frequency: each of them is in some percent of the texts of a room.
    words = tuple(word(number) for number in range(20, 400))
    account, member = (READER, PASSWORD), min(MEMBER, rooms)
    with serving(data) as (server, _):
        writes = carryOut(Plan(server.port, rooms, writes=WRITES, seconds=600.0))
        plan = Plan(server.port, rooms, account=account, member=member, questions=questions, words=words)
        with writes, carryOut(plan) as clients:
            output, _ = clients.communicate()
            writes.terminate()
    report = json.loads(output)
    for name, why in report["refusals"].items():
        print(f"{name}: {why}", file=sys.stderr)
    return [Answers(name, report["lines"].get(name, 0), marks[name], report["answered"][name]) for name in questions]


def comeBack(data: Path, rooms: int, count: int, together: bool, settled: float = SETTLED) -> Return:
    """
    Let clients come back at once, beside a canary.

    @param together: whether all of them are in the same rooms.
    @param settled: the seconds that the canary is there before.
    """
    name = "in the same 5 rooms" if together else "in 5 rooms each, with 4 others"
    with serving(data) as (server, line), closing(Canary(server.port, line)) as canary:
        begin = time.monotonic() + settled
        with carryOut(Plan(server.port, rooms, returning=count, together=together, begin=begin)) as clients:
            canary.talk(begin - 0.1)
            server.resetPeak()
            replayed = canary.ledger.doubled  # what the canary of an earlier run said
            before, spent = server.memory(), server.cpu()
            while clients.poll() is None:
                canary.talk(time.monotonic() + 0.1)
            canary.drain()
            output, _ = clients.communicate()
        report, spent, grew = json.loads(output), server.cpu() - spent, server.peak() - before
    heard = [(at - begin, delay) for at, delay in canary.ledger.heard(begin)]
    lost = canary.ledger.missing + canary.ledger.doubled - replayed
    return Return(name, count, report["served"], heard, lost, canary.late, spent / count, grew)


def main(arguments: Sequence[str]) -> int:
    """
    Measure, print the results, and draw the clients that come back.

    @return: the exit status: 1 if a mark was missed or a run failed.
    """
    machine.requireLinux()
    parser = argparse.ArgumentParser(prog="python -m bench.history", description=__doc__)
    parser.add_argument("--entries", type=int, default=ENTRIES, help="the texts in the journal")
    parser.add_argument("--rooms", type=int, default=ROOMS, help="the rooms in the journal")
    parser.add_argument("--returning", type=int, default=RETURNING, help="the clients that come back at once")
    parser.add_argument("--questions", nargs="*", choices=QUESTIONS, default=list(QUESTIONS), help="what to ask [all]")
    parser.add_argument("--out", type=Path, default=Path("bench-results"), help="a folder for the journal and results")
    chosen = parser.parse_args(arguments)
    machine.raiseDescriptors()
    chosen.out.mkdir(parents=True, exist_ok=True)
    data = prepared(chosen.out, chosen.entries, chosen.rooms)
    try:
        answers = []
        if chosen.questions:
            questions = {name: QUESTIONS[name][0] for name in chosen.questions}
            answers = ask(data, questions, {name: QUESTIONS[name][1] for name in questions}, chosen.rooms)
        returned = [comeBack(data, chosen.rooms, chosen.returning, together) for together in (False, True)]
    except (NotStarted, Refused, OSError) as e:
        print(f"{type(e).__name__}: {e}")
        return 1
    print(f"{chosen.entries:,} entries in {chosen.rooms:,} rooms, {WRITES:.0f} lines a second written meanwhile\n")
    print("| question | lines | p50 ms | p99 ms | max ms | mark |\n| --- | --- | --- | --- | --- | --- |")
    for each in answers:
        p50, p99, worst = (f"{1000 * delay:.1f}" for delay in percentiles(each.seconds))
        missed = "" if each.good else ", MISSED"
        print(f"| {each.name} | {each.lines} | {p50} | {p99} | {worst} | {1000 * each.mark:.0f}{missed} |")
    print(f"\n{chosen.returning:,} clients come back at once, and ask for 50 lines in 5 rooms each\n")
    for case in returned:
        print(f"- {case.describe()}{'' if case.good else '; a mark is MISSED'}")
    document = {"machine": machine.describe(), "answers": [*map(asdict, answers)], "returns": [*map(asdict, returned)]}
    (chosen.out / "history.json").write_text(json.dumps(document, indent=1))
    if picture.possible():
        served = {case.name: case.served for case in returned}
        title = f"{chosen.returning:,} clients come back at once, and ask for 50 lines in 5 rooms each"
        picture.returns(title, served, {case.name: case.canary for case in returned}, chosen.out / "history.png")
    else:
        print("No picture: matplotlib is not installed.")
    good = all(each.good for each in answers) and all(case.good for case in returned)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
