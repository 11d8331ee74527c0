#!/usr/bin/env python3
"""
Start a server as a user would, and let irssi, WeeChat and a person at the line door talk there.

C{clients.py COMMAND...}: in the command C{{port}}, C{{irc}} and C{{tls}} become free ports; with the last it is to use
the files C{key.pem} and C{cert.pem}, which are made here.  The server is started in the current folder, and the clients
have their homes and their logs there.  They run in a tmux of their own, and are typed into as people type.

There are two rounds of what C{conversation.py} holds: in each, one client comes over TCP and the other over TLS.  What
anyone is to see is looked for in what the client wrote into its logs, or has on its screen.  Every wait is bounded, and
no process outlives this one.
Needs irssi, weechat, tmux and openssl, and of Python the standard library only.
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
from typing import TYPE_CHECKING, NoReturn

from conversation import comeIn, govern, leave, talk, talkApart
from ircclients import ChatClient, Irssi, WeeChat
from smoke import HOST, Failed, Person, Server, bySocket, ended
from terminals import Terminals

if TYPE_CHECKING:
    from collections.abc import Iterator

NEEDED = ("irssi", "weechat", "tmux", "openssl")

BOUND = 90
"""Seconds for all of it."""


@contextlib.contextmanager
def bounded(seconds: int) -> Iterator[None]:
    """Let what takes too long fail."""

    def tooLong(number: int, frame: object) -> NoReturn:
        raise Failed(f"that took more than {seconds} s")

    signal.signal(signal.SIGALRM, tooLong)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def certify() -> None:
    """Make a certificate that nobody has signed."""
    openssl = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={HOST}")
    files = ("-keyout", "key.pem", "-out", "cert.pem")
    done = subprocess.run((*openssl, *files), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"clients: FAILED: openssl made no certificate: {done.stderr}")


def main() -> int:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description="Start a chat server, and let irssi and WeeChat talk there.")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="the server; {port}, {irc}, {tls} become free ports")
    command = parser.parse_args().command
    command = command[1:] if command[:1] == ["--"] else command
    if not command:
        parser.error("no command to start the server with")
    if missing := [name for name in NEEDED if shutil.which(name) is None]:
        parser.error(f"these are missing: {', '.join(missing)}")
    if any(Path.cwd().iterdir()):
        parser.error("run this in an empty folder")
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, ended)

    certify()
    people: list[Person | ChatClient] = []
    server = Server(command)
    terminals = Terminals(Path.cwd())
    try:
        with bounded(BOUND):
            server.waitUntilItListens(20.0)
            with bySocket("cat", server.port) as cat:
                people.append(cat)
                cat.comeIn()
                for turn, annByTls in enumerate((False, True)):
                    ann = Irssi(terminals, "ann", Path.cwd() / f"irssi{turn}")
                    wes = WeeChat(terminals, "wes", Path.cwd() / f"weechat{turn}")
                    people[1:] = [ann, wes]
                    comeIn(ann, server.ports["tls" if annByTls else "irc"], annByTls, [], cat)
                    comeIn(wes, server.ports["irc" if annByTls else "tls"], not annByTls, [ann], cat)
                    for part in (talk, govern, talkApart, leave):
                        part(ann, wes, cat)
            server.stop()
            server.waitUntilItEnded()
    except (Failed, OSError, subprocess.SubprocessError) as error:
        print(f"clients: FAILED: {error}", "what they saw:", *(person.transcript() for person in people), sep="\n")
        print(f"what {shlex.join(command)} wrote, its last lines:", *server.log().splitlines()[-40:], sep="\n")
        return 1
    finally:
        terminals.close()
        server.kill()
    print("clients: irssi, WeeChat and a person at the line door talked, over TCP and TLS, and the server ended well")
    return 0


if __name__ == "__main__":
    sys.exit(main())
