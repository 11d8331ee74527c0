"""Servers to be measured, each a process of its own; what it has used is read from Linux's /proc."""

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
"""What the console script C{twistd} does."""

STARTING = 30.0
"""Seconds that a server may take until it listens."""

STOPPING = 20.0
"""Seconds that a server may take to end."""


class NotStarted(Exception):
    """The server does not run; the text is what it said."""


@dataclass(frozen=True, slots=True)
class Server:
    """
    A server that runs.

    @ivar pid: its process.
    @ivar port: where it listens, on 127.0.0.1.
    """

    pid: int
    port: int

    def cpu(self) -> float:
        """
        CPU seconds that its process has used, all threads together, and its children.

        For the process itself it is the sum of utime and stime of C{/proc/PID/stat}, but in nanoseconds, from the
        process's CPU clock (clock_getcpuclockid(3)); for children that have ended, those of C{/proc/PID/stat}.
        """
        spent = time.clock_gettime(~self.pid << 3 | 2)
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        spent += (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")
        return spent + sum(Server(child, self.port).cpu() for child in _children(self.pid))

    def memory(self) -> float:
        """The memory that its process and its children have now, in MiB."""
        return self._status("VmRSS") + sum(Server(child, self.port).memory() for child in _children(self.pid))

    def peak(self) -> float:
        """The most memory that its process and its children have had, each by itself, in MiB."""
        return self._status("VmHWM") + sum(Server(child, self.port).peak() for child in _children(self.pid))

    def descriptors(self) -> int:
        """How many files and sockets its process has open."""
        return sum(1 for _ in Path(f"/proc/{self.pid}/fd").iterdir())

    def resetPeak(self) -> None:
        """Let L{peak} of its process, not of children, count from now on (proc(5), C{clear_refs})."""
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
    """A port of 127.0.0.1 at which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def pinned(cores: Iterable[int] | None) -> Iterator[None]:
    """
    Let this process, and every process that it starts meanwhile, run on these processors.

    @param cores: C{None} changes nothing.
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
    Run a server, and end it.

    @param command: starts it in the foreground, so that its process is the one that is measured.
    @param port: where it will listen, on 127.0.0.1.
    @param folder: its working directory; what it says goes into C{output} there.
    @param cores: the processors it may run on; C{None} for any.
    @raise NotStarted: it does not listen.
    """
    output = folder / "output"
    with output.open("wb") as said, pinned(cores):
        process = subprocess.Popen(
            command, cwd=folder, env=_environment(), stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )
    try:
        until = time.monotonic() + STARTING
        while not _listens(port):
            if process.poll() is not None or time.monotonic() > until:
                raise NotStarted(output.read_text(errors="replace").strip() or f"{command[0]} said nothing")
            time.sleep(0.05)
        yield Server(process.pid, port)
    finally:
        process.terminate()
        try:
            process.wait(STOPPING)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _environment() -> dict[str, str]:
    """This process's, in which a relative PYTHONPATH means the same in another folder."""
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return os.environ | {"PYTHONPATH": os.pathsep.join(str(Path(path).absolute()) for path in paths if path)}


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionError:
        return False
    return True


@contextmanager
def twistchat(folder: Path, options: Sequence[str], before: Sequence[str] = ()) -> Iterator[Server]:
    """
    Run C{twistd -n twistchat}, with loopback exempt from limits, and stop it as an administrator would.

    @param folder: its working directory, and where its data go.
    @param options: more options.
    @param before: a command to run it under.
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
