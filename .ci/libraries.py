"""Client libraries: a program on each (C{bot.py}, C{bot.js}), and their tests."""

from __future__ import annotations

import contextlib
import re
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from conversation import BURST, LOBBY, burst, talk
from smoke import ANSWER, HOST, Failed, Person, bySocket

GONE = 30.0
"""Seconds within which a client is out of NAMES whose program was killed while the server still held lines of it."""


INTERPRETERS = ("python", "node")


class Library(NamedTuple):
    """
    A client library.

    @ivar name: its name in its registry.
    @ivar nick: its nick.
    @ivar interpreter: the one of L{INTERPRETERS} that it needs.
    @ivar program: the program that uses it.
    """

    name: str
    nick: str
    interpreter: str
    program: str


LIBRARIES = (
    Library("irc", "pia", "python", "bot.py"),
    Library("irc-framework", "nia", "node", "bot.js"),
    Library("matrix-org-irc", "mia", "node", "bot.js"),
)


class Bot:
    """
    A program on a client library, which says what it is told to, and shows what others say.

    @ivar name: its nick.
    """

    def __init__(self, library: Library, interpreter: str, port: int) -> None:
        self.name = library.nick
        self._library = library.name
        self._log = Path(f"{self.name}.log")
        program = Path(__file__).parent / library.program
        command = [interpreter, str(program), library.name, HOST, str(port), self.name]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, bufsize=0
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._person = Person(self.name, self._process.stdout.fileno(), self._process.stdin.fileno())

    def say(self, line: str) -> None:
        """Let it send a line."""
        self._person.say(line)

    def sees(self, place: str, pattern: str) -> str:
        """Wait for a matching line in its output.  See L{Person.sees}; there is one place."""
        return self._person.sees(pattern)

    def describe(self) -> str:
        """Return the library's version and the granted capabilities, from its log."""
        log = self._log.read_text("utf-8", "backslashreplace")
        granted = sorted(" ".join(re.findall(r" CAP \S+ ACK :?(.*)", log)).split())
        return f"{self.name}, on {self._library}: {' '.join(granted) or 'no capabilities'}"

    def transcript(self) -> str:
        """Return its output, and the end of the library's log."""
        lines = self._log.read_text("utf-8", "backslashreplace").splitlines()[-40:]
        return "\n".join([self._person.transcript(), f"{self._log}:", *(f"  | {ascii(line)[1:-1]}" for line in lines)])

    def kill(self) -> None:
        """Kill the program."""
        self._process.kill()
        self._process.communicate()


@contextlib.contextmanager
def started(libraries: Sequence[Library], interpreters: Mapping[str, str], port: int) -> Iterator[list[Bot]]:
    """
    Run a bot on each library in this context.

    @param interpreters: the command for each of L{INTERPRETERS} that is needed.
    """
    with contextlib.ExitStack() as stack:
        bots = []
        for library in libraries:
            bots.append(Bot(library, interpreters[library.interpreter], port))
            stack.callback(bots[-1].kill)
        yield bots


def tryLibraries(bots: Sequence[Bot], port: int, cat: Person) -> None:
    """
    Let bots talk with each other and with a client of the line door.

    Each sends many lines at once, which all others see, and gets an answer afterwards.  Then each does so once more and
    is killed while the server still holds its lines, and is soon gone.
    """
    for bot in bots:
        bot.sees(LOBBY, rf"^{bot.name} has joined {LOBBY}$")
    talk(bots, cat)
    for bot in bots:
        print(f"clients: {bot.describe()}")
        burst(bot, [other for other in bots if other is not bot], cat)
        bot.say(f"/ping {bot.name}-is-here")
        bot.sees(LOBBY, rf"^pong {bot.name}-is-here$")
    with bySocket("eve", port) as eve:
        eve.say("NICK eve")
        eve.say("USER eve 0 * :Eve")
        eve.sees(" (376|422) ")
        if missing := {bot.name for bot in bots} - inLobby(eve):
            raise Failed(f"these are not in {LOBBY}: {', '.join(sorted(missing))}")
        for bot in bots:
            for number in range(BURST):
                bot.say(f"the last {number}")
            bot.sees(LOBBY, rf"\bthe last {BURST - 1}$")
            bot.kill()
        deadline = time.monotonic() + GONE
        while left := {bot.name for bot in bots} & inLobby(eve):
            if time.monotonic() > deadline:
                raise Failed(f"killed {GONE:.0f} s ago, and still in {LOBBY}: {', '.join(sorted(left))}")
            time.sleep(1.0)


def inLobby(eve: Person) -> set[str]:
    """Return the users in the lobby, by NAMES."""
    eve.say(f"NAMES {LOBBY}")
    names: set[str] = set()
    deadline = time.monotonic() + ANSWER
    while time.monotonic() < deadline:
        line = eve.sees(" (353|366) ")
        if " 366 " in line:
            return names
        names |= {name.lstrip("~&@%+") for name in line.rpartition(" :")[2].split()}
    raise Failed(f"NAMES had no end within {ANSWER:.0f} s")
