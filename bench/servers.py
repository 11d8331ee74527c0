"""Run the measured servers as processes, and read their costs from C{/proc}."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TWISTD = "import sys; from twisted.scripts.twistd import run; sys.exit(run())"
"""The code of the console script C{twistd}."""

STARTING = 30.0
"""How long a server may take until it listens, in seconds."""

STOPPING = 20.0
"""How long a server may take to stop, in seconds."""


class NotStarted(Exception):
    """The server did not start.  The message is its output."""


@dataclass(frozen=True, slots=True)
class Server:
    """
    A running server.

    @ivar pid: the id of its process.
    @ivar port: its port on 127.0.0.1.
    """

    pid: int
    port: int

    def cpu(self) -> float:
        """
        Return the CPU seconds used by its process, with all threads, and by its children.

        For running processes this reads the process's CPU clock (clock_getcpuclockid(3)), which counts nanoseconds.
        For children that have ended it reads C{/proc/PID/stat}.
        """
        spent = time.clock_gettime(~self.pid << 3 | 2)
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        spent += (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")
        return spent + sum(Server(child, self.port).cpu() for child in _children(self.pid))

    def memory(self) -> float:
        """Return the resident memory of its process and its children, in MiB."""
        return self._status("VmRSS") + sum(Server(child, self.port).memory() for child in _children(self.pid))

    def peak(self) -> float:
        """Return the sum of the maximum resident memory of its process and of each of its children, in MiB."""
        return self._status("VmHWM") + sum(Server(child, self.port).peak() for child in _children(self.pid))

    def descriptors(self) -> int:
        """Return the number of open descriptors of its process."""
        return sum(1 for _ in Path(f"/proc/{self.pid}/fd").iterdir())

    def resetPeak(self) -> None:
        """Reset the maximum memory of its process, but not of its children (proc(5), C{clear_refs})."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def _status(self, key: str) -> float:
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(rf"^{key}:\s+(\d+) kB", status, re.MULTILINE)
        assert found is not None
        return int(found[1]) / 1024


def _children(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").iterdir():
        yield from map(int, (task / "children").read_text().split())


def freePort() -> int:
    """Find a port of 127.0.0.1 at which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def pinned(cores: Iterable[int] | None) -> Iterator[None]:
    """
    Run this process, and the processes that it starts in this context, on some processors.

    @param cores: the processors; C{None} for any.
    """
    before = os.sched_getaffinity(0)
    if cores is not None:
        os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def running(command: Sequence[str], port: int, folder: Path, cores: Iterable[int] | None = None) -> Iterator[Server]:
    """
    Run a server in this context.

    @param command: the command that starts it in the foreground.
    @param port: the port on 127.0.0.1 at which it will listen.
    @param folder: its working directory.  The file C{output} there gets its output.
    @param cores: the processors on which it runs; C{None} for any.
    @raise NotStarted: it does not listen in time.
    """
    output = folder / "output"
    with output.open("wb") as said, pinned(cores):
        process = subprocess.Popen(
            command, cwd=folder, env=environment(), stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )
    try:
        until = time.monotonic() + STARTING
        while not listens(port):
            if process.poll() is not None or time.monotonic() > until:
                raise NotStarted(output.read_text(errors="replace").strip() or f"{command[0]} printed nothing")
            time.sleep(0.05)
        yield Server(process.pid, port)
    finally:
        process.terminate()
        try:
            process.wait(STOPPING)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def environment() -> dict[str, str]:
    """Return the environment of this process, with absolute paths in C{PYTHONPATH}."""
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return os.environ | {"PYTHONPATH": os.pathsep.join(str(Path(path).absolute()) for path in paths if path)}


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionError:
        return False
    return True


@contextmanager
def twistchat(folder: Path, options: Sequence[str], before: Sequence[str] = ()) -> Iterator[Server]:
    """
    Run C{twistd -n twistchat} in this context, without limits for loopback, and stop it with SIGTERM.

    @param folder: its working directory, and the folder for its data.
    @param options: further options.
    @param before: a command that runs the server's command.
    @raise NotStarted: it does not start.
    """
    command = [*before, sys.executable, "-c", TWISTD, "-n", "--pidfile=pid", "twistchat"]
    command.append("--line=tcp:0:interface=127.0.0.1:backlog=1024")
    command += ['--set=limits.exempt=["127.0.0.0/8"]', "--data=data", *options]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if found := re.search(r"nc 127\.0\.0\.1 (\d+)", line):
                break
        else:
            raise NotStarted("the server did not start:\n" + "".join(said))
        pid = int((folder / "pid").read_text())
        yield Server(pid, int(found[1]))
        os.kill(pid, signal.SIGTERM)
    finally:
        try:
            process.communicate(timeout=STOPPING)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
