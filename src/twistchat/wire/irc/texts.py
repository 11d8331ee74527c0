"""
What people say, in as many lines as it takes: one PRIVMSG or NOTICE for most, a batch or several for long texts and
those of several lines (draft/multiline).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from twistchat.chat.events import Kind, Source
from twistchat.wire.irc.cleaning import cleanName, cleanText, mask
from twistchat.wire.irc.message import MAX_LINE
from twistchat.wire.irc.wrapping import wrap

COMMANDS: Final[dict[Kind, str]] = {"message": "PRIVMSG", "action": "PRIVMSG", "notice": "NOTICE"}
"""The command for each kind of text."""

_ACTION: Final = "\x01ACTION "
_ACTION_END: Final = "\x01"

_LEAST: Final = 32
"""Bytes that a line has to have left for its text; otherwise it is given less of the source."""


@lru_cache(4096)
def _head(nick: str, username: str, host: str, target: str, kind: Kind) -> bytes:
    """
    What stands before a text.  It is remembered: most texts are from people who have just said something there.

    @return: empty where something in it has to be replaced.
    """
    names = (nick, username, host, target)
    if any(name != cleanName(name) for name in names):
        return b""
    return f":{nick}!{username}@{host} {COMMANDS[kind]} {target} :{_ACTION if kind == 'action' else ''}".encode()


def writeText(tags: bytes, source: Source, target: str, text: str, kind: Kind) -> bytes:
    """
    Write a text in one line, where it needs nothing but that.

    This is done for each text and dialect: it looks for what must not be, and replaces nothing.

    @param tags: with their C{@} and space, or empty.
    @return: empty where it needs more than one line, or something in it has to be replaced: L{split} does that.
    """
    head = _head(source.nick, source.username, source.host, target, kind)
    if not head or not text or "\n" in text or "\r" in text or "\0" in text:
        return b""
    end = b"\r\n"
    if kind == "action":
        if _ACTION_END in text:
            return b""
        end = b"\x01\r\n"
    try:
        said = text.encode()
    except UnicodeEncodeError:
        return b""
    if len(head) + len(said) + len(end) > MAX_LINE:
        return b""
    return b"".join((tags, head, said, end))


@dataclass(frozen=True, slots=True)
class Pieces:
    """
    A text cut into lines, which have no tags yet.

    @ivar source: where they come from.
    @ivar target: where they go.
    @ivar lines: for each line of the text, the lines that it takes here: none for one that is empty.
    @ivar blank: a line with an empty text.
    """

    source: str
    target: str
    lines: list[list[bytes]]
    blank: bytes


def split(source: Source, target: str, text: str, kind: Kind) -> Pieces | None:
    """
    Write any text.

    Where names leave a line too little room for it, the source is the nick alone.

    @return: C{None} where not even that leaves room for a text.
    """
    target = cleanName(target)
    before, after = (_ACTION, _ACTION_END) if kind == "action" else ("", "")
    for shown in (mask(source), cleanName(source.nick)):
        head = f":{shown} {COMMANDS[kind]} {target} :{before}".encode()
        size = MAX_LINE - 2 - len(head) - len(after)
        if size >= _LEAST:
            break
    else:
        return None
    tail = f"{after}\r\n".encode()
    lines = []
    for line in text.split("\n"):
        line = cleanText(line.removesuffix("\r"))
        if kind == "action":
            line = line.replace(_ACTION_END, "")
        lines.append([head + piece.encode() + tail for piece in wrap(line, size)] if line else [])
    return Pieces(shown, target, lines, head + tail)
