"""
A real server for the tests of the page: a C{twistd} process on loopback.

It has a data directory of its own, and the default limits.  It can be killed, and started again at the same ports.  It
ends with the process of the tests, however that ends.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from tests.test_daemon import PATIENCE, Person

ROOT = Path(__file__).resolve().parents[2]

RUN = """
import os, sys, threading
threading.Thread(target=lambda: (os.read(0, 1), os._exit(9)), daemon=True).start()
from twisted.scripts.twistd import run
sys.argv[0] = "twistd"
run()
"""
"""Runs C{twistd}, which ends with the pipe that is its standard input."""

CONSOLE = "import sys; from twistchat.console import main; sys.argv[0] = 'twistchat'; sys.exit(main())"

INVITATIONS = {
    "web": re.compile(r"The web door is open: http://127\.0\.0\.1:(\d+)/"),
    "irc": re.compile(r"The irc door is open: irssi -c 127\.0\.0\.1 -p (\d+)"),
    "line": re.compile(r"The line door is open: nc 127\.0\.0\.1 (\d+)"),
}

EXEMPT = ("--set", 'limits.exempt=["127.0.0.0/8"]')
"""Options without limits of speed, for tests that need many lines quickly and are not about limits."""


class Output:
    """What a process writes.  A thread reads it, so that the process never waits for the tests."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._text = ""
        self._ended = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def text(self) -> str:
        """Return all of it so far."""
        with self._changed:
            return self._text

    def until(self, pattern: re.Pattern[str]) -> re.Match[str]:
        """
        Wait until a pattern matches.

        @raise AssertionError: it does not, in time or until the end.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._ended or pattern.search(self._text), PATIENCE)
            found = pattern.search(self._text)
            if found is None:
                raise AssertionError(f"expected\n  {pattern.pattern}\nfound\n{self._text}")
            return found

    def close(self) -> None:
        """Wait for the end, which comes when the process has ended."""
        self._thread.join(PATIENCE)
        self._stream.close()

    def _read(self) -> None:
        for line in self._stream:
            with self._changed:
                self._text += line
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()


class LiveServer:
    """
    A running server.

    @ivar ports: the ports of its doors, by name: C{web}, C{irc}, C{line}.
    @ivar data: its data directory.
    """

    def __init__(self, *options: str) -> None:
        """
        Start it.

        @param options: further options of C{twistd twistchat}.
        """
        self.directory = Path(mkdtemp(prefix="twistchat-web-"))
        self.data = self.directory / "data"
        self.ports: dict[str, int] = dict.fromkeys(INVITATIONS, 0)
        self._options: Sequence[str] = options
        self._process: subprocess.Popen[str] | None = None
        self.start()

    @property
    def url(self) -> str:
        """Return the address of the page."""
        return f"http://127.0.0.1:{self.ports['web']}/"

    @property
    def log(self) -> str:
        """Return what it has written since it was started last."""
        return self._output.text

    def start(self, options: Sequence[str] | None = None) -> None:
        """
        Start it again, at the same ports and with the same data.

        @param options: what replaces the options so far; C{None} keeps them.
        """
        if options is not None:
            self._options = options
        path = [str(ROOT / "src"), str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        doors = [part for door, port in self.ports.items() for part in (f"--{door}", f"tcp:{port}:interface=127.0.0.1")]
        self._process = subprocess.Popen(
            [sys.executable, "-c", RUN, "-n", "--pidfile=", "twistchat", f"--data={self.data}", *doors, *self._options],
            cwd=self.directory,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path), "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="backslashreplace",
        )
        self._output = Output(self._process.stdout)
        try:
            self.ports = {door: int(self._output.until(pattern)[1]) for door, pattern in INVITATIONS.items()}
        except AssertionError:
            self.kill()
            raise

    def kill(self) -> None:
        """End it as a crash does, if it runs: C{kill -9}."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """
        End it as an administrator does.

        @raise AssertionError: it fails, or it has logged a traceback.
        """
        status = self._end(signal.SIGTERM)
        if status or "Traceback" in self.log:
            raise AssertionError(f"the server ended with status {status}\n{self.log}")

    def close(self) -> None:
        """End it, and remove its files."""
        self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def console(self, *arguments: str, stdin: str = "") -> str:
        """
        Run C{twistchat}.

        @return: its standard output.
        """
        command = [sys.executable, "-c", CONSOLE, *arguments, f"--data={self.data}"]
        path = os.pathsep.join([str(ROOT / "src"), str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        done = subprocess.run(
            command,
            cwd=self.directory,
            env={**os.environ, "PYTHONPATH": path},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        if done.returncode:
            raise AssertionError(f"twistchat {' '.join(arguments)}\n{done.stdout}{done.stderr}")
        return done.stdout

    def journal(self, room: str) -> list[dict[str, Any]]:
        """Return what the journal has of a room, oldest first: see C{twistchat export}."""
        # Not splitlines: a text may have other ends of lines in it.
        return [json.loads(line) for line in self.console("export", f"--room={room}").split("\n") if line]

    def _end(self, number: signal.Signals) -> int:
        if self._process is None:
            return 0
        process, self._process = self._process, None
        process.send_signal(number)
        try:
            status = process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        finally:
            process.wait(PATIENCE)
            assert process.stdin is not None
            process.stdin.close()
            self._output.close()
        return status


class IrcPerson(Person):
    """
    An IRC client.

    @ivar nick: its nick.
    """

    def __init__(self, server: LiveServer, nick: str, *capabilities: str) -> None:
        """
        Connect, and register.

        @param capabilities: what to request.
        """
        super().__init__(server.ports["irc"], None)
        self.nick = nick
        if capabilities:
            self.send(f"CAP REQ :{' '.join(capabilities)}")
        self.send(f"NICK {nick}", f"USER {nick} 0 * :{nick}")
        if capabilities:
            self.send("CAP END")
        self.until(re.compile(r" (376|422) "))

    def join(self, room: str) -> None:
        """Join a room."""
        self.send(f"JOIN {room}")
        self.until(re.compile(rf" 366 \S+ {re.escape(room)} "))

    def settle(self) -> None:
        """Wait until everything that was sent has taken effect."""
        self.send("PING settled")
        self.until(re.compile(r"PONG \S+ :?settled"))


class LinePerson(Person):
    """A client of the line door, in the lobby."""

    def __init__(self, server: LiveServer, nick: str) -> None:
        """Connect, and enter."""
        super().__init__(server.ports["line"], None)
        self.nick = nick
        self.send(nick)
        self.until(f"* {nick} joined #lobby")
