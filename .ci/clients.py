#!/usr/bin/env python3
"""
Start a server as a user would, and let IRC clients and a client of the line door talk there.

C{clients.py [--terminals] [--python PYTHON] [--node NODE] -- COMMAND...} replaces C{{port}}, C{{irc}} and C{{tls}} in
the command by free ports.  With C{{tls}}, the command uses the files C{key.pem} and C{cert.pem}, which this program
makes.  It starts the server in the current folder, where the clients have their logs.  The server must have the default
limits, which this tests.  Every wait has a time limit, and no process outlives this one.

C{--terminals} tests irssi and WeeChat, in two rounds of C{conversation.py}.  In each round, one client connects over
TCP and the other over TLS.  In the second round they log in with SASL.  They run in a tmux server, and get typed input.
Their output comes from their logs and screens.  This needs irssi, weechat, tmux and openssl.

C{--python} and C{--node} test client libraries, as C{libraries.py} does, with interpreters that find them: PyPI's
C{irc}, and npm's C{irc-framework} and C{matrix-org-irc}.
"""

from __future__ import annotations

import argparse
import contextlib
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, Protocol

from conversation import LOBBY, burst, comeIn, govern, leave, talk, talkApart
from ircclients import Irssi, Login, WeeChat
from libraries import INTERPRETERS, LIBRARIES, started, tryLibraries
from smoke import HOST, Failed, Person, Server, bySocket, ended
from terminals import Terminals

if TYPE_CHECKING:
    from collections.abc import Iterator

NEEDED = ("irssi", "weechat", "tmux", "openssl")

PASSWORD = "correct-horse"
"""The password of the clients' accounts."""

BOUND = 200
"""Seconds for all of it; most of them go by while lines wait for the flood limit."""


class Transcribed(Protocol):
    """A participant."""

    def transcript(self) -> str:
        """Return what the participant saw."""


@contextlib.contextmanager
def bounded(seconds: int) -> Iterator[None]:
    """Fail if it takes too long."""

    def tooLong(number: int, frame: object) -> NoReturn:
        raise Failed(f"that took more than {seconds} s")

    signal.signal(signal.SIGALRM, tooLong)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def certify() -> None:
    """Make a self-signed certificate."""
    openssl = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={HOST}")
    files = ("-keyout", "key.pem", "-out", "cert.pem")
    done = subprocess.run((*openssl, *files), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"clients: FAILED: openssl made no certificate: {done.stderr}")


def register(port: int, *names: str) -> None:
    """Register accounts (IRCv3 account-registration)."""
    for name in names:
        with bySocket(name, port) as person:
            for line in (f"NICK {name}", f"USER {name} 0 * :{name}", f"REGISTER * * {PASSWORD}"):
                person.say(line)
            person.sees(f"^:[^ ]+ REGISTER SUCCESS {name} ")
            person.say("QUIT")
            person.seesTheEnd()


def tryTerminals(terminals: Terminals, ports: dict[str, int], cat: Person, people: list[Transcribed]) -> None:
    """
    Run two rounds with irssi and WeeChat.

    In the first they are guests, and each also sends many lines at once.  In the second they have accounts.
    """
    for turn, annByTls in enumerate((False, True)):
        logins: tuple[Login | None, Login | None] = (None, None)
        if turn:
            register(ports["irc"], "ann", "wes")
            logins = Login("PLAIN", PASSWORD), Login("scram-sha-256", PASSWORD)
        ann = Irssi(terminals, "ann", Path.cwd() / f"irssi{turn}", logins[0])
        wes = WeeChat(terminals, "wes", Path.cwd() / f"weechat{turn}", logins[1])
        people[1:] = [ann, wes]
        comeIn(ann, ports["tls" if annByTls else "irc"], annByTls, [], cat)
        comeIn(wes, ports["irc" if annByTls else "tls"], not annByTls, [ann], cat)
        talk((ann, wes), cat)
        if not turn:
            burst(ann, [wes], cat)
            burst(wes, [ann], cat)
        else:
            wes.reconnect(Login("plain", PASSWORD))
            ann.sees(LOBBY, rf"\bwes .*has joined {LOBBY}")
            cat.sees(rf"^\* wes joined {LOBBY}$")
        for part in (govern, talkApart, leave):
            part(ann, wes, cat)


def main() -> int:
    """Parse the arguments and run."""
    parser = argparse.ArgumentParser(description="Start a chat server, and let IRC clients talk there.")
    parser.add_argument("--terminals", action="store_true", help="try irssi and WeeChat")
    for name in INTERPRETERS:
        parser.add_argument(f"--{name}", help=f"a {name} that finds client libraries, to try them")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="the server; {port}, {irc}, {tls} become free ports")
    arguments = parser.parse_args()
    interpreters = {name: getattr(arguments, name) for name in INTERPRETERS}
    tried = [library for library in LIBRARIES if interpreters[library.interpreter]]
    command = arguments.command[1:] if arguments.command[:1] == ["--"] else arguments.command
    if not command:
        parser.error("no command to start the server with")
    if not arguments.terminals and not tried:
        parser.error("no client to try: name --terminals, or an interpreter")
    if missing := [name for name in NEEDED if arguments.terminals and shutil.which(name) is None]:
        parser.error(f"these are missing: {', '.join(missing)}")
    if any(Path.cwd().iterdir()):
        parser.error("run this in an empty folder")
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, ended)

    if arguments.terminals:
        certify()
    people: list[Transcribed] = []
    server = Server(command)
    terminals = Terminals(Path.cwd())
    try:
        with bounded(BOUND):
            server.waitUntilItListens(20.0)
            with bySocket("cat", server.port) as cat:
                people.append(cat)
                cat.comeIn()
                if arguments.terminals:
                    tryTerminals(terminals, server.ports, cat, people)
                with started(tried, interpreters, server.ports["irc"]) as bots:
                    people[1:] = bots
                    tryLibraries(bots, server.ports["irc"], cat)
            server.stop()
            server.waitUntilItEnded()
    except (Failed, OSError, subprocess.SubprocessError) as error:
        print(f"clients: FAILED: {error}", "what they saw:", *(person.transcript() for person in people), sep="\n")
        print(f"what {shlex.join(command)} wrote, its last lines:", *server.log().splitlines()[-40:], sep="\n")
        return 1
    finally:
        terminals.close()
        server.kill()
    names = [*(["irssi", "WeeChat"] if arguments.terminals else []), *(library.name for library in tried)]
    print(f"clients: {', '.join(names)} and a person at the line door talked, and the server ended well")
    return 0


if __name__ == "__main__":
    sys.exit(main())
