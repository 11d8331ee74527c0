"""The processes of a cluster: they start, are stopped, killed or held up, and leave an output."""

from __future__ import annotations

import asyncio
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from bench.servers import STARTING, STOPPING, NotStarted, Server, environment, pinned

_T = TypeVar("_T")

PORTS = range(10_000, 32_000)
"""Ports that the system gives to no connection: a process that is started again needs its port again."""

POLL = 0.02
"""The time between two looks at a process, in seconds."""


class Process:
    """
    One process of a cluster, which may be started again after its end.

    @ivar name: its name in the cluster.
    @ivar folder: its working directory.  The file C{output} there gets its output.
    @ivar port: its main port on 127.0.0.1.
    @ivar cores: the processors on which it runs; C{None} for any.
    """

    def __init__(self, name: str, folder: Path, port: int) -> None:
        self.name, self.folder, self.port = name, folder, port
        self.cores: set[int] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._printed = 0
        folder.mkdir(parents=True, exist_ok=True)

    def command(self) -> Sequence[str]:
        """Return the command that starts it in the foreground."""
        raise NotImplementedError

    def isReady(self) -> bool:
        """Whether it has started."""
        raise NotImplementedError

    def launch(self) -> None:
        """Start it, and do not wait.  Ctrl-C does not reach it: this process ends it."""
        with (self.folder / "output").open("ab") as said, pinned(self.cores):
            self._printed = said.tell()
            self._process = subprocess.Popen(
                self.command(),
                cwd=self.folder,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                process_group=0,
            )

    async def ready(self, within: float = STARTING) -> float:
        """
        Wait until it has started.

        @param within: the time limit in seconds.
        @return: how long that took from now, in seconds.
        @raise NotStarted: it has ended, or takes too long.
        """
        began = time.monotonic()
        while not await asyncio.to_thread(self.isReady):
            if not self.alive:
                raise NotStarted(f"{self.name} has ended: {self.lastWords()}")
            if time.monotonic() > began + within:
                raise NotStarted(f"{self.name} does not listen after {within:g} s: {self.lastWords()}")
            await asyncio.sleep(POLL)
        return time.monotonic() - began

    @property
    def alive(self) -> bool:
        """Whether it runs.  A process that is held up runs, too."""
        return self._process is not None and self._process.poll() is None

    @property
    def server(self) -> Server:
        """Its costs."""
        assert self._process is not None
        return Server(self._process.pid, self.port)

    def hold(self) -> None:
        """Hold it up, with SIGSTOP."""
        self.send(signal.SIGSTOP)

    def go(self) -> None:
        """Let it go on, with SIGCONT."""
        self.send(signal.SIGCONT)

    def send(self, number: int) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it with kill -9, if it runs."""
        if self._process is not None and self.alive:
            self._process.kill()
            self._process.wait()

    async def ended(self, within: float = STOPPING) -> int | None:
        """
        Wait until it has ended.

        @return: its exit status; C{None} if it still runs then.
        """
        assert self._process is not None
        return await until(self._process.poll, within)

    async def stop(self) -> int | None:
        """
        Stop it with SIGTERM.

        @return: its exit status; C{None} if it still ran after L{STOPPING} and was killed.
        """
        if self.alive:
            self.send(signal.SIGCONT)
            self.send(signal.SIGTERM)
            status = await self.ended()
            self.kill()
            return status
        return None

    def output(self, life: bool = False) -> str:
        """
        Return what it has printed.

        @param life: whether to leave out what it printed before its last start.
        """
        path = self.folder / "output"
        if not path.exists():
            return ""
        with path.open("rb") as file:
            file.seek(self._printed if life else 0)
            return file.read().decode(errors="replace")

    def lastWords(self) -> str:
        """Return the last line that it printed."""
        return (self.output().strip().splitlines() or ["it printed nothing"])[-1]


def lastingPort() -> int:
    """Find a port of L{PORTS} on 127.0.0.1 at which nothing listens."""
    while True:
        port = random.choice(PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


async def until(ask: Callable[[], _T | None], within: float) -> _T | None:
    """
    Ask again and again until there is an answer.

    @param ask: returns C{None} while there is none.  It does not block.
    @param within: the time limit in seconds.
    @return: the answer; C{None} after the time limit.
    """
    end = time.monotonic() + within
    while (answer := ask()) is None and time.monotonic() < end:  # noqa: ASYNC110 - a process fires no event
        await asyncio.sleep(POLL)
    return answer
