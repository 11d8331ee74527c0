"""The server under test, as a process with four doors, and the canary that talks beside a scenario."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.certificate import selfSigned
from bench.fire.beside import Beside
from bench.fire.scenario import Setup
from bench.servers import STARTING, STOPPING, TWISTD, NotStarted, Server, environment, freePort, listens, pinned

DOORS = ("irc", "tls", "line", "web")
"""The doors: C{tls} is the IRC door behind TLS."""

CONFIGURATION = "twistchat.toml"
"""The file with the configuration, in the server's working directory."""

SETTLING = 3.0
"""How long the server may take to close the descriptors of clients that have gone, in seconds."""

DIE = f"import ctypes; ctypes.CDLL(None).prctl(1, {int(signal.SIGTERM)}); "
"""Code that lets the server end when the thread that started it ends: PR_SET_PDEATHSIG is 1 (prctl(2))."""


@dataclass(slots=True)
class Life:
    """
    What was measured of one process of the server, from the time when the canary was there.

    @ivar before: its resident memory at the beginning, in MiB.
    @ivar opened: its open descriptors then.
    @ivar spent: its CPU time then, in seconds.
    @ivar began: the time, by C{time.monotonic}.
    @ivar peak: its maximum memory, in MiB.
    @ivar cpu: the CPU time that it used, in seconds.
    @ivar seconds: how long it was measured.
    """

    before: float
    opened: int
    spent: float
    began: float
    peak: float = 0.0
    cpu: float = 0.0
    seconds: float = 0.0


class Stage:
    """
    A server under test, and its canary.

    The attackers connect from 127.0.0.2 or higher, so that the limits on rates hold for them.  Only 127.0.0.1, from
    where the canary connects, is exempt.

    @ivar folder: the server's working directory.
    @ivar data: its data directory.
    @ivar setup: how it is started.
    @ivar ports: the port of each of L{DOORS} on 127.0.0.1.
    @ivar server: its process.
    @ivar canary: the process of the canary.
    @ivar lives: what was measured of each process of the server.
    @ivar downtimes: when a scenario stopped the server, and when the server listened again (C{None} if it did not), by
        C{time.monotonic}.
    """

    server: Server
    canary: Beside

    def __init__(self, folder: Path, setup: Setup, cores: Iterable[int] | None = None) -> None:
        """
        Prepare the folder.  Nothing runs yet.

        @param folder: an empty folder.
        @param setup: how to start the server.
        @param cores: the processors on which the server runs; C{None} for any.
        """
        self.folder, self.data = folder, folder / "data"
        self.ports = {door: freePort() for door in DOORS}
        self.lives: list[Life] = []
        self.downtimes: list[tuple[float, float | None]] = []
        self.setup, self._cores = setup, cores
        self._process: subprocess.Popen[bytes] | None = None
        self.installCertificate()
        self.configure({})

    def installCertificate(self) -> None:
        """Write a new self-signed certificate and its key, which the server reads at its start and on SIGHUP."""
        key, certificate = selfSigned()
        (self.folder / "key.pem").write_bytes(key)
        (self.folder / "cert.pem").write_bytes(certificate)

    def configure(self, settings: Mapping[str, object]) -> None:
        """
        Replace the configuration file.  The server reads it at its start and on SIGHUP.

        @param settings: keys and values that differ from those of the setup.
        """
        mine = {"server.data": "data", **self.listening(), "limits.exempt": ["127.0.0.1/32"]}
        new = self.folder / f"{CONFIGURATION}.new"
        new.write_text(toml({**mine, **self.setup.settings, **settings}))
        new.replace(self.folder / CONFIGURATION)

    def listening(self) -> dict[str, list[str]]:
        """Return where the doors listen, unless the setup has other endpoints: the keys of C{[listen]}."""
        port, local = self.ports, "interface=127.0.0.1"
        encrypted = f"ssl:{port['tls']}:{local}:privateKey=key.pem:certKey=cert.pem"
        return {
            "listen.irc": [f"tcp:{port['irc']}:{local}", encrypted],
            "listen.line": [f"tcp:{port['line']}:{local}"],
            "listen.web": [f"tcp:{port['web']}:{local}"],
        }

    def start(self) -> None:
        """
        Start the server, and wait until it listens at all doors.

        Ctrl-C does not reach it, or any other process of a scenario: this process ends them.

        @raise NotStarted: it does not listen in time.
        """
        command = [*self.setup.before, sys.executable, "-c", DIE + TWISTD, "-n", "--pidfile=", "twistchat"]
        with (self.folder / "output").open("ab") as said, pinned(self._cores):
            self._process = subprocess.Popen(
                [*command, f"--config={CONFIGURATION}"],
                cwd=self.folder,
                env={**environment(), **self.setup.environment},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                process_group=0,
            )
        until = time.monotonic() + STARTING
        while not all(listens(port) for port in self.ports.values()):
            if self._process.poll() is not None or time.monotonic() > until:
                raise NotStarted(self.log().strip() or "the server printed nothing")
            time.sleep(0.02)
        self.server = Server(self._process.pid, self.ports["irc"])
        if self.downtimes and self.downtimes[-1][1] is None:
            self.downtimes[-1] = (self.downtimes[-1][0], time.monotonic())
            self.measure()

    def admit(self) -> None:
        """
        Let the canary in.

        @raise Refused: it cannot enter.
        """
        self.canary = Beside(self.ports["irc"], self.ports["line"])

    def measure(self) -> None:
        """Begin to measure the server's process."""
        server = self.server
        server.resetPeak()
        self.lives.append(Life(server.memory(), server.descriptors(), server.cpu(), time.monotonic()))

    def measured(self) -> None:
        """Update the measurements of the server's process.  Nothing changes if it has ended."""
        if self.alive and self.lives:
            life = self.lives[-1]
            life.peak, life.seconds = self.server.peak(), time.monotonic() - life.began
            life.cpu = self.server.cpu() - life.spent

    def left(self, most: int | None) -> int:
        """
        Return how many more descriptors than at the beginning of its process the server has open.

        @param most: how many are fine; the server has L{SETTLING} to close others.  C{None} for any number.
        """
        until = time.monotonic() + (0.0 if most is None else SETTLING)
        while (left := self.server.descriptors() - self.lives[-1].opened) > (most or 0) and time.monotonic() < until:
            time.sleep(0.05)
        return left

    @property
    def alive(self) -> bool:
        """Whether the server's process runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def stopped(self) -> bool:
        """Whether the scenario has stopped the server, and not started it again."""
        return bool(self.downtimes) and self.downtimes[-1][1] is None

    def log(self) -> str:
        """Return what the server has logged since its first start."""
        return (self.folder / "output").read_text(errors="replace")

    def sendSignal(self, number: int) -> None:
        """Send a signal that does not end the server, such as SIGHUP."""
        os.kill(self.server.pid, number)

    def end(self, number: int = signal.SIGTERM, within: float = STOPPING) -> int | None:
        """
        End the server with a signal, and wait until its process has ended.

        @param number: the signal.
        @param within: how long to wait, in seconds.
        @return: its exit status, which is negative if a signal ended it; C{None} if it still ran and was killed.
        """
        assert self._process is not None
        self.measured()
        self.downtimes.append((time.monotonic(), None))
        self._process.send_signal(number)
        try:
            return self._process.wait(within)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            return None

    def close(self) -> None:
        """End the canary and the server."""
        if hasattr(self, "canary"):
            self.canary.close()
        if self._process is not None and self.alive:
            self.end()

    def command(self, *arguments: str) -> str:
        """
        Run the command C{twistchat} on the server's configuration.

        @param arguments: its arguments, such as C{export} and C{--all}.
        @return: its output.
        @raise OSError: it fails.
        """
        code = "from twistchat.console import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            cwd=self.folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise OSError(f"twistchat {' '.join(arguments)}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout


def toml(settings: Mapping[str, object]) -> str:
    """Write a configuration.  TOML has the same texts, lists, numbers and truth values as JSON."""
    sections: dict[str, list[str]] = {}
    for key, value in settings.items():
        section, _, name = key.rpartition(".")
        sections.setdefault(section, []).append(f"{name} = {json.dumps(value)}\n")
    return "".join(f"[{section}]\n{''.join(lines)}" for section, lines in sections.items())
