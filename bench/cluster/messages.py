"""The lines of IRC and of the line door, as far as a witness needs them.  Sans-I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass

Text = tuple[int, int]
"""A text of a writer: the number of the writer, and its own number."""

SAID = re.compile(rb"~(\d+)\.(\d+)~")

REFUSED, UNKNOWN = b"nobody has seen it", b"OUTCOME_UNKNOWN"
"""What the server says of a text that was not taken, and of one of which that is not known."""

_SPOKEN = re.compile(rb"^\[[^]]*\] <[^>]*> (.*)$")


@dataclass(frozen=True, slots=True)
class Message:
    """
    A line of IRC.

    @ivar tags: its tags (IRCv3, Message Tags), not unescaped: the values of this bench need no escapes.
    @ivar source: the nick or the server that it comes from; empty if it has none.
    @ivar command: the command or numeric.
    @ivar parameters: the parameters.
    """

    tags: dict[bytes, bytes]
    source: bytes
    command: bytes
    parameters: tuple[bytes, ...]

    @property
    def last(self) -> bytes:
        """The last parameter; empty if there is none."""
        return self.parameters[-1] if self.parameters else b""


def parse(line: bytes) -> Message:
    """Parse a line without its line end (modern IRC, "Message Format")."""
    tags: dict[bytes, bytes] = {}
    source = b""
    if line.startswith(b"@"):
        words, _, line = line[1:].partition(b" ")
        for word in words.split(b";"):
            key, _, value = word.partition(b"=")
            tags[key] = value
    if line.startswith(b":"):
        prefix, _, line = line[1:].partition(b" ")
        source = prefix.partition(b"!")[0]
    front, colon, trailing = line.partition(b" :")
    command, *parameters = front.split()
    return Message(tags, source, command, (*parameters, trailing) if colon else tuple(parameters))


def write(text: Text) -> bytes:
    """Return the words of a text, which is as long as people's texts are."""
    return b"~%d.%d~ the quick brown fox jumps over the lazy dog" % text


def read(words: bytes) -> Text | None:
    """Return the text that these words are; C{None} for others."""
    found = SAID.search(words)
    return None if found is None else (int(found[1]), int(found[2]))


def spoken(line: bytes) -> Text | None:
    """Return the text that a line of the line door shows; C{None} if it shows none."""
    found = _SPOKEN.match(line)
    return None if found is None else read(found[1])


def verdict(answer: Message) -> str:
    """
    Return what an answer to a text says: C{"refused"} if nobody has seen the text, C{"unknown"} if that is not known,
    and C{"denied"} if the text was refused by a rule or a limit.

    @param answer: an answer that is no echo.
    """
    words = b" ".join(answer.parameters)
    if REFUSED in words:
        return "refused"
    return "unknown" if UNKNOWN in words else "denied"
