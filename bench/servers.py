"""Servers to be measured, each a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TWISTD = "import sys; from twisted.scripts.twistd import run; sys.exit(run())"
"""What the console script C{twistd} does."""


@dataclass(frozen=True, slots=True)
class Server:
    """
    A server that runs.

    @ivar pid: its process.
    @ivar port: where its line door listens, on 127.0.0.1.
    """

    pid: int
    port: int

    def cpu(self) -> float:
        """CPU seconds that its process has used, all threads together."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> float:
        """The most memory that its process has had, in MiB."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
        assert found is not None
        return int(found[1]) / 1024


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
            raise RuntimeError("the server did not start:\n" + "".join(said))
        pid = int((folder / "pid").read_text())
        yield Server(pid, int(found[1]))
        os.kill(pid, signal.SIGTERM)
    finally:
        try:
            process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
