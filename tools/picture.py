"""
Draw C{docs/conversation.svg}: two people in one room, one with C{nc}, the other with an IRC client.

The conversation takes place on a server in memory, so the picture shows what the server really sends.  It has its own
background, so it is readable on light and on dark pages.  Run this after a change of the server's words::

    python tools/picture.py > docs/conversation.svg
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from twistchat.config import Settings
from twistchat.protocols.line.settings import LineSettings
from twistchat.testing import Client, MemoryServer
from twistchat.testing.server import NOON
from twistchat.wire.irc.message import Message, parse

COLUMNS = 54
"""Characters in one row of a terminal.  Longer lines are wrapped."""

ADVANCE, ROW, FONT = 7.8, 19, 13
"""The width of a character, the height of a row and the size of the font, in pixels."""

FAMILY = "ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace"

PADDING, GAP, BAR = 12, 14, 30
"""The space around the text, between the terminals, and for the title of a terminal, in pixels."""

PANEL, EDGE, TITLE = "#1b2230", "#5b677a", "#aab4c4"
"""The colours of a terminal's background, border and title."""

INPUT, MESSAGE, NOTICE = "#8ee6a0", "#f2efe6", "#93b8ea"
"""The colours of what a person types, of messages, and of everything else."""

STEPS = (
    ("bob", "/join #lobby"),
    ("alice", "tea?"),
    ("bob", "always"),
    ("alice", "/me puts the kettle on"),
    ("alice", "/topic tea at four"),
    ("alice", "/quit"),
)
"""Who types what, in order, once both are connected."""


@dataclass(frozen=True, slots=True)
class Row:
    """
    One row of a terminal.

    @ivar text: its text.
    @ivar colour: the colour of the text.
    """

    text: str = ""
    colour: str = NOTICE


# The conversation


def _nick(message: Message) -> str:
    return message.source.partition("!")[0]


def _text(message: Message) -> str:
    text = message.params[-1]
    if text.startswith("\x01ACTION "):
        return f" * {_nick(message)} {text[8:].rstrip(chr(1))}"
    return f"<{_nick(message)}> {text}"


SHOWN: Mapping[str, Callable[[Message], str]] = {
    "001": lambda message: f"-!- {message.params[-1]}",
    "353": lambda message: f"-!- {message.params[-2]}: {message.params[-1]}",
    "JOIN": lambda message: f"-!- {_nick(message)} has joined {message.params[0]}",
    "PRIVMSG": _text,
    "QUIT": lambda message: f"-!- {_nick(message)} has quit",
    "TOPIC": lambda message: f"-!- {_nick(message)} changed the topic of {message.params[0]} to: {message.params[1]}",
}
"""How the IRC client shows a message, in the manner of irssi.  It shows no others."""


def _lineRows(line: str) -> Iterator[Row]:
    """Show a line from the line door, as C{nc} does."""
    colour = MESSAGE if line.startswith("[") else NOTICE
    yield from (Row(part, colour) for part in textwrap.wrap(line, COLUMNS, subsequent_indent="  "))


def _ircRows(line: str) -> Iterator[Row]:
    """Show a line from the IRC door."""
    message = parse(line.encode())
    if message.command in SHOWN:
        text = SHOWN[message.command](message)
        colour = MESSAGE if message.command == "PRIVMSG" else NOTICE
        indent = " " * (len(text) - len(text.lstrip()))
        yield from (Row(part, colour) for part in textwrap.wrap(text, COLUMNS, subsequent_indent=indent + "    "))


def play() -> tuple[list[Row], list[Row]]:
    """
    Hold the conversation.

    @return: the rows of Alice's terminal and of Bob's.  Rows at the same index appear at the same time.
    """
    settings = Settings(doors={"line": LineSettings(timezone="UTC")})
    server = MemoryServer(settings, start=NOON + 7_320)
    alice, bob = server.connect(), server.connectIrc()
    left, right = [Row("$ nc 127.0.0.1 6623", INPUT)], [Row("$ irssi -c 127.0.0.1 -n bob", INPUT)]

    def take(client: Client) -> list[str]:
        server.pump()
        return client.lines()

    def show() -> None:
        left.extend(row for line in take(alice) for row in _lineRows(line))
        right.extend(row for line in take(bob) for row in _ircRows(line))
        height = max(len(left), len(right))
        for rows in (left, right):
            rows.extend([Row()] * (height - len(rows)))

    bob.send("NICK bob", "USER bob 0 * :bob")
    left.extend(row for line in take(alice) for row in _lineRows(line))
    left.append(Row("alice", INPUT))
    alice.send("alice")
    show()
    for who, typed in STEPS:
        if who == "alice":
            left.append(Row(typed, INPUT))
            alice.send(typed)
        else:
            command, _, room = typed.partition(" ")
            said = command != "/join"
            right.append(Row(f"<bob> {typed}" if said else typed, INPUT))
            bob.send(f"PRIVMSG #lobby :{typed}" if said else f"JOIN {room}")
        show()
    return left, right


# The picture


def _terminal(title: str, rows: Sequence[Row], left: float, width: float, height: float) -> Iterator[str]:
    yield (
        f'<rect x="{left + 0.5:g}" y="0.5" width="{width - 1:g}" height="{height - 1:g}" rx="8" '
        f'fill="{PANEL}" stroke="{EDGE}"/>'
    )
    yield (
        f'<text x="{left + width / 2:g}" y="20" fill="{TITLE}" text-anchor="middle" '
        f'font-family="sans-serif" font-size="{FONT}">{escape(title)}</text>'
    )
    yield f'<path d="M{left + 0.5:g} {BAR}h{width - 1:g}" stroke="{EDGE}"/>'
    for number, row in enumerate(rows):
        if row.text:
            # textLength makes the text fit with any font; U+00A0 keeps spaces that a renderer would join.
            yield (
                f'<text x="{left + PADDING:g}" y="{BAR + PADDING + FONT + number * ROW:g}" fill="{row.colour}" '
                f'textLength="{len(row.text) * ADVANCE:g}">{escape(row.text).replace(" ", chr(160))}</text>'
            )


def draw() -> str:
    """Return the picture, as SVG."""
    terminals = dict(zip(("Alice: nc", "Bob: an IRC client"), play(), strict=True))
    width = COLUMNS * ADVANCE + 2 * PADDING
    height = BAR + 2 * PADDING + ROW * max(map(len, terminals.values()))
    whole = 2 * width + GAP
    lines = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole:g}" height="{height:g}" '
            f'viewBox="0 0 {whole:g} {height:g}" font-family="{FAMILY}" '
            f'font-size="{FONT}" role="img">'
        ),
        "<title>Alice, who uses nc, and Bob, who uses an IRC client, talk in the room #lobby</title>",
    ]
    for number, (title, rows) in enumerate(terminals.items()):
        lines += _terminal(title, rows, number * (width + GAP), width, height)
    return "\n".join([*lines, "</svg>", ""])


if __name__ == "__main__":
    sys.stdout.write(draw())
