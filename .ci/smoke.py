#!/usr/bin/env python3
"""
Start a server as a user would, hold a conversation at its line door, stop it, and check that it ended cleanly.

C{smoke.py [--nc NC] [--start SECONDS] COMMAND...} replaces each C{{port}} in the command by a free port, and starts the
server in the current folder.  Two clients connect with sockets, and a third one with netcat if C{--nc} names it.  Every
wait has a time limit, and no process outlives this one.  The program needs only the standard library.
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
    """The server did not do what it should."""


class Person:
    """
    A client: what it sent, and what it sees.

    @ivar name: the client's nick.
    @ivar seen: every byte from the server.
    """

    def __init__(self, name: str, readFrom: int, writeTo: int, hangUp: Callable[[], None] = lambda: None) -> None:
        """
        @param readFrom: the file descriptor on which the server's bytes arrive.
        @param writeTo: the file descriptor that takes bytes for the server.
        @param hangUp: must be called before the end of the connection can be seen.
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
        Wait for a whole matching line, after the last one waited for.

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
        """Wait for the question for a name, send it, and wait until the server lets the client in."""
        self.sees(r"^\* ")
        self.say(self.name)
        self.sees(rf"^\* .*({self.name}|#lobby)")

    def transcript(self) -> str:
        """Return what the client saw, with unprintable characters escaped."""
        lines = self.seen.decode("utf-8", "backslashreplace").splitlines()
        return "\n".join(f"  {self.name:<6}| {ascii(line)[1:-1]}" for line in lines)

    def _read(self, deadline: float) -> bool:
        """Read what has arrived.  Return whether anything, or the end, arrived before C{deadline}."""
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
    Find unused ports.

    They are below the ports that the kernel gives to outgoing connections.  So nobody else on this machine gets them
    before the server listens, and a check whether the server listens does not connect to itself.
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

    @ivar ports: its ports, by their names in the command.
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
        """Return the port of its line door."""
        return self.ports["port"]

    def waitUntilItListens(self, seconds: float) -> None:
        """Wait until its line door accepts connections."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if (status := self._process.poll()) is not None:
                raise Failed(f"the server ended with status {status} before it listened")
            with contextlib.suppress(OSError), socket.create_connection((HOST, self.port), timeout=1):
                return
            time.sleep(0.1)
        raise Failed(f"the server does not listen on port {self.port} after {seconds:.0f} s")

    def stop(self) -> None:
        """Stop it: send SIGTERM to the process in twistd.pid, which may be behind a shell, or to our child process."""
        os.kill(int(PID_FILE.read_text()) if PID_FILE.exists() else self._process.pid, signal.SIGTERM)

    def waitUntilItEnded(self) -> None:
        """Wait for its end, and check that it was clean."""
        try:
            status = self._process.wait(STOP)
        except subprocess.TimeoutExpired:
            raise Failed(f"the server still runs {STOP:.0f} s after SIGTERM") from None
        if status != 0:
            raise Failed(f"the server ended with status {status}")
        if "Traceback (most recent call last)" in self.log():
            raise Failed("the server logged a traceback")

    def log(self) -> str:
        """Return its output so far."""
        return LOG.read_text("utf-8", "backslashreplace")

    def kill(self) -> None:
        """Kill it and all its children."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


@contextlib.contextmanager
def bySocket(name: str, port: int) -> Iterator[Person]:
    """Connect with a socket."""
    with socket.create_connection((HOST, port), timeout=ANSWER) as connection:
        yield Person(name, connection.fileno(), connection.fileno())


@contextlib.contextmanager
def byNetcat(name: str, port: int, nc: str) -> Iterator[Person]:
    """Connect with netcat."""
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
    """Return the control characters in a text, except line ends."""
    text = text.replace("\r\n", "\n").replace("\n", "")
    return {character for character in text if unicodedata.category(character) == "Cc" or character in BIDI}


def converse(server: Server, people: list[Person]) -> None:
    """Hold the conversation, and check that each client sees exactly what it should."""
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
    """Raise an exception for a signal, so that everything is cleaned up."""
    raise SystemExit(128 + number)


def main() -> int:
    """Parse the arguments and run."""
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
