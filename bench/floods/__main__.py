"""C{python -m bench.floods}: run each kind of flood against a new server, and measure its effect on the canary."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from bench import machine
from bench.certificate import selfSigned
from bench.floods.attack import Attack
from bench.floods.canary import Canary, newcomer
from bench.floods.figures import NEWCOMER, Figures, combined, header, lastLines, missed, percentiles, row
from bench.floods.kinds import KINDS, QUICK, Kind
from bench.protocols import Refused
from bench.servers import TWISTD, NotStarted, freePort, running

WARM_UP = 0.8
"""How long the canary sends before a flood begins, in seconds.  The attackers' process starts in this time."""

EXIT_TIMEOUT = 10.0
"""How long the attackers' process may take to end after a flood, in seconds."""

SETTLE_TIME = 0.5
"""How long to wait after a flood before the server's memory and descriptors are read, in seconds."""


def serverCommand(folder: Path, ports: dict[str, int], journal: str, exempt: bool) -> list[str]:
    """
    Prepare the server's folder.

    @param folder: the folder.
    @param ports: the ports named C{irc}, C{line}, C{tls} and C{web}.
    @param journal: the kind of journal.
    @param exempt: whether the attackers are exempt from the limits on rates, as the canary is.
    @return: the command that starts the server in that folder.
    """
    key, certificate = selfSigned()
    (folder / "key.pem").write_bytes(key)
    (folder / "cert.pem").write_bytes(certificate)
    network = "127.0.0.0/8" if exempt else "127.0.0.1/32"
    return [
        *(sys.executable, "-c", TWISTD, "-n", "--pidfile=", "twistchat"),
        f"--irc=tcp:{ports['irc']}:interface=127.0.0.1",
        f"--irc=ssl:{ports['tls']}:interface=127.0.0.1:privateKey=key.pem:certKey=cert.pem",
        f"--line=tcp:{ports['line']}:interface=127.0.0.1",
        f"--web=tcp:{ports['web']}:interface=127.0.0.1",
        *(f"--journal={journal}", "--data=data", f'--set=limits.exempt=["{network}"]'),
    ]


@contextmanager
def attacking(plan: Attack) -> Iterator[subprocess.Popen[str]]:
    """Run the attackers as a process in this context."""
    command = [sys.executable, "-m", "bench.floods.attack", json.dumps(asdict(plan))]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def measure(
    kind: Kind,
    place: Path,
    seconds: float,
    journal: str = "memory",
    exempt: bool = False,
    deaf: bool = False,
    cores: Iterable[int] | None = None,
) -> Figures:
    """
    Start a server, and flood it once.

    @param kind: the kind of flood.
    @param place: the folder for the server's temporary folder.
    @param seconds: the duration of the flood.
    @param journal: the kind of journal.
    @param exempt: whether the attackers are exempt from the limits on rates.
    @param deaf: whether the attackers stop reading after their login.
    @param cores: the processors on which the server runs; C{None} for any.
    @raise NotStarted: the server does not start.
    @raise Refused: the canary could not log in.
    @raise OSError: the server has ended.
    """
    ports = {door: freePort() for door in ("irc", "line", "tls", "web")}
    with (
        tempfile.TemporaryDirectory(prefix="floods", dir=place) as folder,
        running(serverCommand(Path(folder), ports, journal, exempt), ports["irc"], Path(folder), cores) as server,
        ThreadPoolExecutor(2) as threads,
    ):
        canary = Canary(ports["irc"], ports["line"])
        try:
            before, opened = server.memory(), server.descriptors()
            server.resetPeak()
            begin = time.monotonic() + WARM_UP
            with attacking(Attack(kind.name, ports[kind.door], begin, seconds, deaf)) as attackers:
                canary.talk(begin)
                start, began = server.cpu(), time.monotonic()
                canary.talk(begin + seconds)
                cpu, taken = server.cpu() - start, time.monotonic() - began
                doors = ("irc", "line")
                coming = [threads.submit(newcomer, door, ports[door], NEWCOMER) for door in doors]
                canary.drain()
                arrived = [one.result() for one in coming]
                output, _ = attackers.communicate(timeout=EXIT_TIMEOUT)
            time.sleep(SETTLE_TIME)
            report = json.loads(output)
            p50, p99, worst = percentiles(canary.ledger.latencies(begin))
            return Figures(
                said=canary.said,
                lost=canary.ledger.missing + canary.ledger.doubled,
                p50=p50,
                p99=p99,
                worst=worst,
                late=canary.late,
                cpu=cpu / taken,
                before=before,
                peak=server.peak(),
                after=server.memory(),
                newcomer=None if None in arrived else max(each for each in arrived if each is not None),
                connections=report["connections"],
                dropped=report["dropped"],
                leaked=server.descriptors() - opened,
                sent=report["sent"],
                last=report["last"],
                disconnected=canary.disconnected,
            )
        finally:
            canary.close()


def main(arguments: Sequence[str]) -> int:
    """
    Measure, print the table, and write the results.

    @return: the exit status: 1 if a mark was missed or a run failed.
    """
    machine.requireLinux()
    chosen = _parse(arguments)
    machine.raiseDescriptors()
    described = machine.describe()
    shared = machine.share()
    if shared is not None:
        os.sched_setaffinity(0, shared[1])
    options = (chosen.seconds, chosen.journal, chosen.exempt, chosen.deaf)
    print(", ".join(f"{key} {value}" for key, value in described.items()))
    attackers = ", attackers exempt" * chosen.exempt + ", attackers deaf" * chosen.deaf
    print(f"journal {chosen.journal}, {chosen.seconds:g} s each{attackers}\n\n{header()}")

    good = True
    remarks: list[str] = []
    document: dict[str, object] = {}
    for name in chosen.kinds:
        cores = shared and shared[0]
        try:
            rounds = [measure(KINDS[name], chosen.dir, *options, cores=cores) for _ in range(chosen.rounds)]
        except (NotStarted, Refused, OSError, subprocess.TimeoutExpired) as e:
            good = False
            print(f"| {name} | error |", flush=True)
            remarks.append(f"{name}: {type(e).__name__}: {e}")
            document[name] = {"error": str(e)}
            continue
        figures = combined(rounds)
        good &= not missed(figures)
        print(row(name, figures), flush=True)
        remarks += lastLines(name, figures)
        document[name] = {"rounds": [asdict(one) for one in rounds], "missed": missed(figures)}
    print("\n" + "\n".join([f"{name}: {KINDS[name].title}" for name in chosen.kinds] + ["", *remarks]))
    if chosen.json is not None:
        keys = ("seconds", "journal", "exempt", "deaf", "rounds")
        taken = {key: getattr(chosen, key) for key in keys}
        chosen.json.write_text(json.dumps({"machine": described, "options": taken, "kinds": document}, indent=1))
    return 0 if good else 1


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the arguments.  A mistake ends the process with a message."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.floods",
        description="Flood a server from sixteen connections, and measure what a well-behaved client notices.",
    )
    parser.add_argument(
        "--kinds", nargs="+", choices=KINDS, metavar="KIND", help=f"the kinds of floods [all: {', '.join(KINDS)}]"
    )
    parser.add_argument("--seconds", type=float, help="the duration of each flood [10]")
    parser.add_argument("--rounds", type=int, default=1, help="the number of rounds; the table shows medians [1]")
    parser.add_argument("--journal", default="memory", choices=("memory", "sqlite"), help="the journal [memory]")
    parser.add_argument("--exempt", action="store_true", help="exempt the attackers from the limits on rates")
    parser.add_argument("--deaf", action="store_true", help="let the attackers stop reading after their login")
    parser.add_argument("--quick", action="store_true", help="run a few kinds for one second each, as a test")
    parser.add_argument("--json", type=Path, help="a file for all measurements")
    parser.add_argument("--dir", type=Path, default=Path(tempfile.gettempdir()), help="the folder for servers' data")
    chosen = parser.parse_args(arguments)
    chosen.kinds = chosen.kinds or list(QUICK if chosen.quick else KINDS)
    if chosen.seconds is None:
        chosen.seconds = 1.0 if chosen.quick else 10.0
    if chosen.rounds < 1:
        parser.error(f"--rounds: {chosen.rounds} is too few; the minimum is 1")
    if not 0.5 <= chosen.seconds <= 60:
        parser.error(f"--seconds: {chosen.seconds:g} is not between 0.5 and 60")
    if not chosen.dir.is_dir():
        parser.error(f"--dir: {chosen.dir} is not a folder")
    return chosen


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
