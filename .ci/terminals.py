"""Programs in terminals, in a tmux server, with typed input."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import time
from pathlib import Path

from smoke import ANSWER, Failed

TICK = 0.05
"""Seconds until it is looked again."""

SCREEN = ("-x", "400", "-y", "100")
"""Wide enough that no line is broken."""


class Terminals:
    """A tmux server with a session for each client."""

    def __init__(self, folder: Path) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TMUX")}
        self._environment = {
            **environment,
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
            "TERM": "screen",
            "TMUX_TMPDIR": str(folder),
        }
        self._pids: dict[str, int] = {}

    def start(self, name: str, command: list[str]) -> None:
        """Start a program at a terminal."""
        self._tmux("-f", "/dev/null", "new-session", "-d", *SCREEN, "-s", name, f"exec {shlex.join(command)}")
        self._pids[name] = int(self._tmux("list-panes", "-t", name, "-F", "#{pane_pid}"))

    def type(self, name: str, line: str) -> None:
        """Type a line, and press Enter."""
        self._tmux("send-keys", "-t", name, "-l", line)
        self._tmux("send-keys", "-t", name, "Enter")

    def screen(self, name: str) -> str:
        """Return the text on the screen; nothing if the program has ended."""
        return self._tmux("capture-pane", "-p", "-t", name) if self.runs(name) else ""

    def runs(self, name: str) -> bool:
        """Whether the program still runs."""
        runs = name in self._tmux("list-sessions", "-F", "#{session_name}", check=False).split()
        if not runs:
            self._pids.pop(name, None)
        return runs

    def close(self) -> None:
        """Kill them all."""
        self._tmux("kill-server", check=False)
        deadline = time.monotonic() + ANSWER
        while (left := [pid for pid in self._pids.values() if _lives(pid)]) and time.monotonic() < deadline:
            time.sleep(TICK)
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _tmux(self, *arguments: str, check: bool = True) -> str:
        done = subprocess.run(
            ("tmux", "-u", "-L", "clients", *arguments),
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=ANSWER,
            check=False,
        )
        if check and done.returncode:
            raise Failed(f"tmux {arguments[0]} says: {done.stderr.strip()}")
        return done.stdout


def _lives(pid: int) -> bool:
    """Whether a process exists and has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
