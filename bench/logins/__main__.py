"""C{python -m bench.logins}: what logins cost, and how long well-behaved people wait beside many of them."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType

from bench import machine
from bench.fire.canary import Canary
from bench.fire.results.figures import percentiles
from bench.load import percentile
from bench.logins.accounts import PASSWORD, prepare
from bench.logins.clients import Plan
from bench.protocols import Refused
from bench.servers import TWISTD, NotStarted, freePort, running

P99, GROWTH = 0.05, 64.0
"""The marks: the maximum p99 of the canary in seconds, and the growth of the server in MiB."""

SENDERS = ("127.0.0.2", "127.0.0.3", "127.0.0.4")
"""The addresses of the clients.  The limits apply to them, but not to the canary."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """
    A number of logins at the same moment.

    @ivar logins: how many clients log in.
    @ivar password: what they send.
    @ivar limits: whether the limits on failures of one address apply; otherwise the number of logins that may wait is
        the only limit.
    @ivar seconds: for how long the canary is measured.
    @ivar entering: how long the clients may take to enter before they log in, in seconds.
    """

    logins: int
    password: str
    limits: bool
    seconds: float
    entering: float = 4.0


SCENARIOS = MappingProxyType(
    {
        "rate": Scenario(32, PASSWORD, False, 3.0),
        "500": Scenario(500, PASSWORD, True, 5.0),
        "wrong": Scenario(300, "wrong horse", True, 5.0),
    }
)
"""
The scenarios: as many right passwords as may wait, which shows the logins per second; 500 right ones at once; and 300
wrong ones from three addresses.
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """
    The results of one scenario.

    @ivar outcomes: how many clients got each outcome.
    @ivar rate: the logins per second.
    @ivar told: the 99th percentile of the delays until the others had an answer, in seconds.
    @ivar cpu: the CPU time of the server for each client, in seconds.
    @ivar p50: the canary's median delay, in seconds.
    @ivar p99: the 99th percentile.
    @ivar worst: the largest delay.
    @ivar late: the largest delay of the canary itself, in seconds.  More than a few ms show that the machine is busy.
    @ivar lost: the canary's lines that were lost.
    @ivar grew: the growth of the server's memory, in MiB.
    """

    outcomes: dict[str, int]
    rate: float
    told: float
    cpu: float
    p50: float
    p99: float
    worst: float
    late: float
    lost: int
    grew: float
    samples: list[str]

    @property
    def good(self) -> bool:
        """Whether the canary and the memory are within the marks."""
        return self.p99 <= P99 and self.grew <= GROWTH and not self.lost


def measure(scenario: Scenario, place: Path) -> Figures:
    """
    Start a server, and let clients log in to it.

    @raise NotStarted: the server does not start.
    @raise Refused: the canary could not log in.
    """
    irc, line = freePort(), freePort()
    with tempfile.TemporaryDirectory(prefix="logins", dir=place) as name:
        folder = Path(name)
        prepare(folder / "data", scenario.logins)
        exempt = '["127.0.0.1/32"]' if scenario.limits else '["127.0.0.0/8"]'
        command = [
            *(sys.executable, "-c", TWISTD, "-n", "--pidfile=", "twistchat", "--data=data"),
            f"--irc=tcp:{irc}:interface=127.0.0.1:backlog=1024",
            f"--line=tcp:{line}:interface=127.0.0.1",
            f"--set=limits.exempt={exempt}",
        ]
        with running(command, irc, folder, None) as server, closing(Canary(irc, line)) as canary:
            begin = time.monotonic() + scenario.entering
            names = tuple(f"user{number}" for number in range(scenario.logins))
            plan = Plan(irc, begin, names, scenario.password, SENDERS)
            arguments = [sys.executable, "-m", "bench.logins.clients", json.dumps(asdict(plan))]
            with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as clients:
                canary.talk(begin - 0.1)
                server.resetPeak()
                before, spent = server.memory(), server.cpu()
                canary.talk(begin + scenario.seconds)
                canary.drain()
                output, _ = clients.communicate()
            spent = server.cpu() - spent
            report = json.loads(output)
            p50, p99, worst = percentiles(canary.ledger.latencies(begin))
            loggedIn, others = report["loggedIn"], report["others"]
            return Figures(
                report["outcomes"],
                len(loggedIn) / loggedIn[-1] if loggedIn else 0.0,
                percentile(others, 0.99) if others else 0.0,
                spent / scenario.logins,
                p50,
                p99,
                worst,
                canary.late,
                canary.ledger.missing + canary.ledger.doubled,
                server.peak() - before,
                report["samples"],
            )


def described(figures: Figures) -> str:
    """Describe the results in one line."""
    outcomes = ", ".join(f"{number} {outcome}" for outcome, number in sorted(figures.outcomes.items()))
    canary = [f"{1000 * delay:.1f}" for delay in (figures.p50, figures.p99, figures.worst, figures.late)]
    return (
        f"{outcomes}; {figures.rate:.0f} logins/s; the others had an answer within {1000 * figures.told:.0f} ms (p99);"
        f" {1000 * figures.cpu:.1f} ms of CPU each; canary p50 {canary[0]}, p99 {canary[1]}, max {canary[2]} ms,"
        f" itself late by {canary[3]} ms,"
        f" {figures.lost} lost; memory +{figures.grew:.1f} MiB{'' if figures.good else '; a mark is MISSED'}"
    )


def main(arguments: Sequence[str]) -> int:
    """
    Measure, and print the results.

    @return: the exit status: 1 if a mark was missed or a run failed.
    """
    machine.requireLinux()
    parser = argparse.ArgumentParser(
        prog="python -m bench.logins", description="Measure logins, and their effect on others."
    )
    parser.add_argument("--scenarios", nargs="+", choices=SCENARIOS, default=list(SCENARIOS), help="which to run [all]")
    parser.add_argument("--dir", type=Path, default=Path(tempfile.gettempdir()), help="the folder for servers' data")
    chosen = parser.parse_args(arguments)
    machine.raiseDescriptors()
    good = True
    for name in chosen.scenarios:
        try:
            figures = measure(SCENARIOS[name], chosen.dir)
        except (NotStarted, Refused, OSError) as e:
            print(f"{name}: {type(e).__name__}: {e}")
            good = False
            continue
        good &= figures.good
        print(f"{name}: {described(figures)}")
        for sample in figures.samples:
            print(f"    {sample}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
