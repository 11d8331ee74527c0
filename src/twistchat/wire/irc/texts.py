"""
What people say, in as many lines as it takes: one PRIVMSG or NOTICE for most, a batch or several for long texts and
those of several lines (draft/multiline).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from twistchat.chat.events import Kind
from twistchat.wire.irc.cleaning import cleanName, cleanText
from twistchat.wire.irc.message import MAX_LINE
from twistchat.wire.irc.wrapping import wrap

COMMANDS: Final[dict[Kind, str]] = {"message": "PRIVMSG", "action": "PRIVMSG", "notice": "NOTICE"}
"""The command for each kind of text."""

_ACTION: Final = "\x01ACTION "
_ACTION_END: Final = "\x01"

_LEAST: Final = 32
"""Bytes that a line has to have left for its text; otherwise it is given less of the source."""


def writeText(nick: str, username: str, host: str, target: str, text: str, kind: Kind) -> bytes:
    """
    Write a text in one line, without tags, where it needs nothing but that.

    This is done for each text and dialect: it looks for what must not be, and replaces nothing.

    @return: empty where it needs more than one line, or something in it has to be replaced: L{split} does that.
    """
    head = f":{nick}!{username}@{host} {COMMANDS[kind]} {target} :"
    line = f"{head}{text}\r\n" if kind != "action" else f"{head}{_ACTION}{text}{_ACTION_END}\r\n"
    if (
        line.count("\n") > 1
        or line.count("\r") > 1
        or "\0" in line
        or head.count(" ") != 3
        or head.count(" :") != 1
        or not target
        or not text
        or (kind == "action" and _ACTION_END in text)
    ):
        return b""
    try:
        data = line.encode()
    except UnicodeEncodeError:
        return b""
    return data if len(data) <= MAX_LINE else b""


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


def split(nick: str, username: str, host: str, target: str, text: str, kind: Kind) -> Pieces | None:
    """
    Write any text.

    Where names leave a line too little room for it, the source is the nick alone.

    @return: C{None} where not even that leaves room for a text.
    """
    target = cleanName(target)
    before, after = (_ACTION, _ACTION_END) if kind == "action" else ("", "")
    nick = cleanName(nick)
    for source in (f"{nick}!{cleanName(username)}@{cleanName(host)}", nick):
        head = f":{source} {COMMANDS[kind]} {target} :{before}".encode()
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
    return Pieces(source, target, lines, head + tail)
