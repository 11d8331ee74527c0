"""Lines of the IRC protocol (modern.ircdocs.horse, "Message Format")."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

LINE: Final = re.compile(r"(?:@(\S+) )?(?::(\S+) +)?(\S+)(?: +(.*))?", re.DOTALL)


@dataclass(slots=True)
class Message:
    """
    A line.

    @ivar tags: its tags, as they were sent.
    @ivar nick: the nick of its source, or the server's name; C{""} without one.
    @ivar command: the command, or the number of the numeric.
    @ivar params: the parameters.
    @ivar line: the line.
    """

    tags: dict[str, str]
    nick: str
    command: str
    params: list[str]
    line: str


def readMessage(line: str) -> Message | None:
    """Read a line.  Return C{None} if it is not valid."""
    matched = LINE.fullmatch(line)
    if matched is None:
        return None
    tags, source, command, rest = matched.groups()
    middle, colon, trailing = f" {rest or ''}".partition(" :")
    params = middle.split() + ([trailing] if colon else [])
    return Message(_tags(tags) if tags else {}, (source or "").partition("!")[0], command, params, line)


def _tags(data: str) -> dict[str, str]:
    return dict([tag.partition("=")[::2] for tag in data.split(";") if tag])
