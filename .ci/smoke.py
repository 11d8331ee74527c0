#!/usr/bin/env python3
"""
Start a server as a user would, hold a conversation at its line door, stop it, and see that it ended well.

C{smoke.py [--nc NC] [--start SECONDS] COMMAND...}: each C{{port}} in the command becomes a free port.  The server is
started in the current folder.  Three people come in: two by socket and, where C{--nc} names a netcat, one by that.
Every wait is bounded, and no process outlives this one.  Needs the standard library only.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import re
import select
import shlex
import signal
import socket
import subprocess
import sys
import time
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HOST = "127.0.0.1"

ANSWER = 10.0
"""How long the server may take to answer, in seconds; a loaded machine included."""

STOP = 15.0
"""How long it may take to end after SIGTERM, in seconds."""

LOG = Path("smoke.log")
"""What the server writes to its standard output and error."""

PID_FILE = Path("twistd.pid")
"""Where twistd writes its process id."""

BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""The characters that turn the direction of a text around (UAX #9, section 2), which can make it read as another."""

PORT = re.compile(r"\{(port|irc|tls)\}")
"""A place in a command where a port is to stand: of the line door, of the IRC door, and of that with TLS."""

PORTS = range(20_000, 30_000)
"""Where free ports are looked for."""


class Failed(Exception):
    """What should have happened did not."""


class Person:
    """
    One who is connected: what they sent, and what they see.

    @ivar name: the name they give.
    @ivar seen: every byte the server sent them.
    """

    def __init__(self, name: str, readFrom: int, writeTo: int, hangUp: Callable[[], None] = lambda: None) -> None:
        """
        @param readFrom: the file descriptor on which the server's bytes arrive.
        @param writeTo: the file descriptor that takes bytes for the server.
        @param hangUp: what has to be done before the end of the connection can be seen.
        """
        self.name = name
        self.seen = b""
        self._readFrom = readFrom
        self._writeTo = writeTo
        self._hangUp = hangUp
        self._looked = 0
        self._ended = False

    def say(self, line: str) -> None:
        """Send one line."""
        os.write(self._writeTo, f"{line}\n".encode())

    def sees(self, pattern: str) -> str:
        """
        Wait for a whole line, after the last one waited for, that matches.

        @return: the line.
        """
        deadline = time.monotonic() + ANSWER
        while True:
            while (end := self.seen.find(b"\n", self._looked)) >= 0:
                line = self.seen[self._looked : end].decode("utf-8", "backslashreplace").removesuffix("\r")
                self._looked = end + 1
                if re.search(pattern, line):
                    return line
            if self._ended:
                raise Failed(f"{self.name} was to see /{pattern}/, and the connection ended")
            if not self._read(deadline):
                raise Failed(f"{self.name} was to see /{pattern}/ within {ANSWER:.0f} s, and did not")

    def seesTheEnd(self) -> None:
        """Wait until the server has closed the connection."""
        self._hangUp()
        deadline = time.monotonic() + ANSWER
        while not self._ended:
            if not self._read(deadline):
                raise Failed(f"{self.name}'s connection was to be closed within {ANSWER:.0f} s, and is open")

    def comeIn(self) -> None:
        """Wait to be asked for a name, and give it; then wait to be let in."""
        self.sees(r"^\* ")
        self.say(self.name)
        self.sees(rf"^\* .*({self.name}|#lobby)")

    def transcript(self) -> str:
        """What they saw, with everything unprintable escaped."""
        lines = self.seen.decode("utf-8", "backslashreplace").splitlines()
        return "\n".join(f"  {self.name:<6}| {ascii(line)[1:-1]}" for line in lines)

    def _read(self, deadline: float) -> bool:
        """Take what has arrived.  False where nothing came, nor the end, until C{deadline}."""
        ready, _, _ = select.select([self._readFrom], [], [], max(0.0, deadline - time.monotonic()))
        if ready:
            try:
                data = os.read(self._readFrom, 65536)
            except ConnectionResetError:
                data = b""
            self.seen += data
            self._ended = not data
        return bool(ready)


def freePorts(count: int) -> list[int]:
    """
    Find ports that nobody uses.

    They are below those that the kernel gives to whoever connects somewhere: it may take a while until the server
    listens, and meanwhile nobody else on this machine gets them; nor does who looks whether it listens meet themselves.
    """
    found: list[int] = []
    for port in random.sample(PORTS, len(PORTS)):
        if len(found) == count:
            break
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((HOST, port))
            found.append(port)
    return found


class Server:
    """
    The process under test.

    @ivar ports: where it listens, by the names that stand for that in its command.
    """

    def __init__(self, command: list[str]) -> None:
        names = {"port", *PORT.findall(" ".join(command))}
        self.ports: dict[str, int] = dict(zip(sorted(names), freePorts(len(names)), strict=True))
        self._command = [PORT.sub(lambda match: str(self.ports[match[1]]), part) for part in command]
        with LOG.open("wb") as log:
            # A session, and so a process group, of its own: whatever it starts can be ended with it.
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    @property
    def port(self) -> int:
        """Where its line door listens."""
        return self.ports["port"]

    def waitUntilItListens(self, seconds: float) -> None:
        """Wait until its line door takes connections."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if (status := self._process.poll()) is not None:
                raise Failed(f"the server ended with status {status} before it listened")
            with contextlib.suppress(OSError), socket.create_connection((HOST, self.port), timeout=1):
                return
            time.sleep(0.1)
        raise Failed(f"the server does not listen on port {self.port} after {seconds:.0f} s")

    def stop(self) -> None:
        """Ask it to end: SIGTERM to the process that twistd.pid names, which a shell may stand before, or to ours."""
        os.kill(int(PID_FILE.read_text()) if PID_FILE.exists() else self._process.pid, signal.SIGTERM)

    def waitUntilItEnded(self) -> None:
        """Wait for its end, and see that it was a good one."""
        try:
            status = self._process.wait(STOP)
        except subprocess.TimeoutExpired:
            raise Failed(f"the server still runs {STOP:.0f} s after SIGTERM") from None
        if status != 0:
            raise Failed(f"the server ended with status {status}")
        if "Traceback (most recent call last)" in self.log():
            raise Failed("the server logged a traceback")

    def log(self) -> str:
        """What it has written so far."""
        return LOG.read_text("utf-8", "backslashreplace")

    def kill(self) -> None:
        """End it, and all it started, for certain."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


@contextlib.contextmanager
def bySocket(name: str, port: int) -> Iterator[Person]:
    """Connect as a program would."""
    with socket.create_connection((HOST, port), timeout=ANSWER) as connection:
        yield Person(name, connection.fileno(), connection.fileno())


@contextlib.contextmanager
def byNetcat(name: str, port: int, nc: str) -> Iterator[Person]:
    """Connect as somebody at a terminal would."""
    command = [nc, HOST, str(port)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            # A netcat ends when both sides have: the server, and what it reads itself.
            yield Person(name, process.stdout.fileno(), process.stdin.fileno(), process.stdin.close)
        finally:
            process.kill()


def controls(text: str) -> set[str]:
    """The characters of a text that a terminal would obey rather than show, but for the ends of lines."""
    text = text.replace("\r\n", "\n").replace("\n", "")
    return {character for character in text if unicodedata.category(character) == "Cc" or character in BIDI}


def converse(server: Server, people: list[Person]) -> None:
    """Hold the conversation, and see that each sees what is for them and nothing else."""
    alice, bob = people[:2]
    for latest, person in enumerate(people):
        person.comeIn()
        for other in people[:latest]:
            other.sees(rf"^\* .*{person.name}")
    for speaker in people:
        speaker.say(f"this is {speaker.name}, can you read me?")
        for other in people:
            if other is not speaker:
                other.sees(rf"^\[\d\d:\d\d\] <{speaker.name}> this is {speaker.name}, can you read me\?$")
    alice.say("\x1b]0;pwned\x07\x1b[31mdisguised\x1b[0m \x9b2J\u202e")
    alice.say("and that was it")
    for other in people[1:]:
        other.sees(r"^\[\d\d:\d\d\] <alice> and that was it$")
    bob.say("/wibble")
    bob.sees("^! ")
    server.stop()
    for person in people:
        person.sees(r"^[*!] .*[Ss]hut")
        person.seesTheEnd()
    server.waitUntilItEnded()
    for person in people:
        try:
            text = person.seen.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Failed(f"what {person.name} saw is not UTF-8: {error}") from None
        if found := controls(text):
            raise Failed(f"{person.name} was sent control characters: {sorted(found)!a}")
        if f"<{person.name}>" in text:
            raise Failed(f"{person.name} was sent their own line, and had not asked for it")
    if "disguised" not in bob.seen.decode() and "\n! " not in alice.seen.decode():
        raise Failed("alice's line with an escape sequence was neither shown without it nor refused")


def ended(number: int, frame: object) -> NoReturn:
    """Let a signal unwind the stack, so that everything is ended on the way."""
    raise SystemExit(128 + number)


def main() -> int:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description="Start a chat server, hold a conversation, stop it.")
    parser.add_argument("--nc", help="a netcat, for the third person")
    parser.add_argument("--start", type=float, default=20.0, help="how long the server may take to listen, in seconds")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="the server; {port} becomes a free port")
    arguments = parser.parse_args()
    command = arguments.command[1:] if arguments.command[:1] == ["--"] else arguments.command
    if not command:
        parser.error("no command to start the server with")
    if PID_FILE.exists():
        parser.error(f"there is a {PID_FILE} here, of another server: run this in an empty folder")
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, ended)

    people: list[Person] = []
    server = Server(command)
    try:
        server.waitUntilItListens(arguments.start)
        with contextlib.ExitStack() as stack:
            people += [stack.enter_context(bySocket(name, server.port)) for name in ("alice", "bob")]
            if arguments.nc:
                people.append(stack.enter_context(byNetcat("carol", server.port, arguments.nc)))
            converse(server, people)
    except (Failed, OSError) as error:
        print(f"smoke: FAILED: {error}", "what they saw:", *(person.transcript() for person in people), sep="\n")
        print(f"what {shlex.join(command)} wrote, its last lines:", *server.log().splitlines()[-40:], sep="\n")
        return 1
    finally:
        server.kill()
    print(f"smoke: {len(people)} people talked, and the server ended well")
    return 0


if __name__ == "__main__":
    sys.exit(main())
