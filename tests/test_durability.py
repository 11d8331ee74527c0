"""
The order of writes to disk and to the network, as the kernel sees it: C{strace} watches a real server.

C{strace} also simulates a disk that fails.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from tempfile import mkdtemp
from unittest import skipIf

from twisted.trial.unittest import SynchronousTestCase

ROOT = Path(__file__).parent.parent

STRACE = shutil.which("strace")

LONG = 60.0
"""Seconds after which a test that hangs is over."""

RESUMED = re.compile(r"<\.\.\. \w+ resumed>(.*)")


def usable() -> bool:
    """Whether C{strace} is installed and may trace here."""
    if STRACE is None:
        return False
    return (
        subprocess.run([STRACE, "-D", "-qq", "-o", os.devnull, "true"], check=False, capture_output=True).returncode
        == 0
    )


class Client:
    """A client of the line door."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(LONG)
        try:
            self._socket.connect(str(path))
        except OSError:
            self._socket.close()
            raise
        self._lines = self._socket.makefile("rb")

    def say(self, *lines: str) -> None:
        """Send lines."""
        self._socket.sendall("".join(f"{line}\n" for line in lines).encode())

    def until(self, wanted: str) -> list[str]:
        """Return the lines up to the first that contains this."""
        seen = []
        while True:
            line = self._lines.readline().decode()
            seen.append(line.rstrip("\n"))
            if wanted in line:
                return seen
            if not line:
                raise AssertionError(f"expected {wanted!r}, found {seen}")

    def close(self) -> None:
        """Disconnect."""
        self._lines.close()
        self._socket.close()


@skipIf(not usable(), "there is no strace here that may trace")
class StraceTests(SynchronousTestCase):
    """A real C{twistd}, with the journal on disk."""

    def setUp(self) -> None:
        """Make a directory for the data."""
        self.directory = Path(mkdtemp())
        self.addCleanup(shutil.rmtree, self.directory)
        self.door = self.directory / "door"
        self.log = b""

    def start(self, *watched: str) -> subprocess.Popen[bytes]:
        """Start a server under a command that watches it, and wait until it listens."""
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
        server = [sys.executable, "-m", "twisted", "twistchat"]
        arguments = ["--journal", "sqlite", "--data", str(self.directory / "data"), "--line", f"unix:{self.door}"]
        process = subprocess.Popen(
            [*watched, *server, *arguments], cwd=self.directory, env=environment, stdout=subprocess.DEVNULL
        )
        self.addCleanup(self.stop, process)
        deadline = time.monotonic() + LONG
        while True:
            try:
                self.person("probe").close()
            except (FileNotFoundError, ConnectionRefusedError):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return process

    def stop(self, process: subprocess.Popen[bytes]) -> None:
        """End a server, if it still runs."""
        if process.poll() is None:
            process.terminate()
        process.wait(LONG)

    def person(self, nick: str) -> Client:
        """Connect a client that receives its own messages."""
        client = Client(self.door)
        self.addCleanup(client.close)
        client.say(nick, "/echo on")
        client.until("* Echo is on")
        return client

    def test_order(self) -> None:
        """A message is written to the log, then the log is synced, and only then a socket gets the message."""
        trace = self.directory / "trace"
        calls = "trace=pwrite64,pwritev,write,writev,fdatasync,fsync,sendto,sendmsg"
        assert STRACE is not None
        process = self.start(STRACE, "-D", "-f", "-y", "-s", "100000", "-o", str(trace), "-e", calls)
        ann, bob = self.person("Ann"), self.person("Bob")
        for number in range(5):
            ann.say(f"durable {number} end")
            for client in (ann, bob):
                client.until(f"durable {number} end")
        self.stop(process)
        ended = re.compile(rf"^{process.pid} +\+\+\+ exited", re.MULTILINE)
        deadline = time.monotonic() + LONG
        while not ended.search(lines := trace.read_text("utf-8", "replace")):
            self.assertLess(time.monotonic(), deadline, "strace does not say that the server has ended")
            time.sleep(0.01)
        happened = completed(lines.splitlines())
        for number in range(5):
            text = f"durable {number} end"
            written = next(place for place, call in enumerate(happened) if "-wal>" in call and text in call)
            synced = next(
                place
                for place, call in enumerate(happened)
                if place > written and call.startswith(("fdatasync", "fsync")) and re.search(r"-wal>\).* = 0$", call)
            )
            sent = [place for place, call in enumerate(happened) if "<socket:" in call and text in call]
            self.assertEqual(len(sent), 2)
            self.assertGreater(min(sent), synced)

    def test_failedSync(self) -> None:
        """
        After a failed sync, the sender gets an error and nobody gets the message.  Until a restart the server accepts
        nothing, even if the disk works again, but reading works.  After the restart every acknowledged message is
        there.
        """
        assert STRACE is not None
        # strace counts the calls of each thread.  A new journal needs fewer than 50 in one thread: four for each
        # version of its schema, and some more.
        inject = "inject=fdatasync,fsync:error=EIO:when=50"
        process = self.start(STRACE, "-D", "-f", "-qq", "-o", os.devnull, "-e", "trace=fdatasync,fsync", "-e", inject)
        ann, bob = self.person("Ann"), self.person("Bob")
        taken, refused = [], []
        for number in range(60):
            ann.say(f"message {number}", "/who")
            answer = ann.until("in #lobby: ")
            if any(f"<Ann> message {number}" in line for line in answer):
                taken.append(number)
            else:
                refused.append(number)
                self.assertIn(
                    "! That was not taken, and nobody has seen it:"
                    " the disk failed, and the server must be restarted.  Try again later.",
                    answer,
                )
        self.assertEqual((taken, refused), (list(range(len(taken))), list(range(len(taken), 60))))
        self.assertTrue(taken)
        self.assertTrue(refused)
        bob.say("/history", "/who")
        heard = [line for line in bob.until("in #lobby: ") if "<Ann>" in line]
        texts = [f"message {number}" for number in taken]
        self.assertEqual([line.partition("<Ann> ")[2] for line in heard], texts + texts)
        self.stop(process)
        self.start()
        carol = self.person("Carol")
        carol.say("works again")
        carol.until("works again")
        # She was shown the newest page when she came in, and now goes back from there.
        carol.say("/history #lobby 200", "/who")
        kept = [line for line in carol.until("in #lobby: ") if "<Ann>" in line]
        self.assertEqual([line.partition("<Ann> ")[2] for line in kept][: len(texts)], texts)


def completed(lines: list[str]) -> list[str]:
    """
    Return the calls of a trace with their results, in the order in which they ended.  Calls that send to a socket are
    in the order in which they began, because the data may be seen before the call returns.
    """
    calls: list[str] = []
    begun: dict[str, str] = {}
    for line in lines:
        thread, _, call = line.partition(" ")
        call = call.strip()
        if call.endswith("<unfinished ...>"):
            begun[thread] = call.removesuffix("<unfinished ...>")
            if "<socket:" in call:
                calls.append(begun.pop(thread))
        elif resumed := RESUMED.match(call):
            if thread in begun:
                calls.append(begun.pop(thread) + resumed[1])
        else:
            calls.append(call)
    return calls
