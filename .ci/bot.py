"""
A chat client on PyPI's C{irc}, which a program controls through its standard input and output.

C{bot.py irc HOST PORT NICK} joins C{#lobby}.  It sends each line of its input there, and prints what others say.
C{/me TEXT} sends an action, and C{/ping TOKEN} sends a PING.  The library's log, with all lines, goes to standard
error.  C{bot.js} is the same on libraries for Node.
"""

from __future__ import annotations

import logging
import os
import select
import sys

from irc.client import Event, Reactor, ServerConnection

LOBBY = "#lobby"

WANTED = ("server-time", "message-tags", "multi-prefix")
"""The capabilities to request.  The library itself requests none."""

STDIN = 0


def show(line: str) -> None:
    """Report to the program that reads the output."""
    print(line, flush=True)


def welcomed(connection: ServerConnection, event: Event) -> None:
    """Report that the bot is in the room."""
    connection.cap("REQ", *WANTED)
    connection.join(LOBBY)


EVENTS = {
    "welcome": welcomed,
    "join": lambda connection, event: show(f"{event.source.nick} has joined {event.target}"),
    "pubmsg": lambda connection, event: show(f"<{event.source.nick}> {event.arguments[0]}"),
    "action": lambda connection, event: show(f" * {event.source.nick} {event.arguments[0]}"),
    "pong": lambda connection, event: show(f"pong {event.arguments[0]}"),
}
"""What it does about the library's events."""


def obey(connection: ServerConnection, line: str) -> None:
    """Execute a line of the input."""
    command, _, rest = line.partition(" ")
    nick = connection.get_nickname()
    if command == "/ping":
        connection.ping(rest)
    elif command == "/me":
        connection.action(LOBBY, rest)
        show(f" * {nick} {rest}")
    else:
        connection.privmsg(LOBBY, line)
        show(f"<{nick}> {line}")


def main() -> int:
    """Parse the arguments and run, until the input or the connection ends."""
    _, host, port, nick = sys.argv[1:]
    logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
    reactor = Reactor()
    connection = reactor.server().connect(host, int(port), nick)
    for event, react in EVENTS.items():
        connection.add_global_handler(event, react)
    waiting = b""
    while connection.is_connected():
        reactor.process_once(0.02)
        if not select.select([STDIN], [], [], 0)[0]:
            continue
        data = os.read(STDIN, 65536)
        if not data:
            connection.disconnect("bye")
            break
        *lines, waiting = (waiting + data).split(b"\n")
        for line in lines:
            obey(connection, line.decode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
