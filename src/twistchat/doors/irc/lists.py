"""Answers that are lists: shared out over as many lines as they take."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from twistchat.doors.irc.words import packed
from twistchat.wire.irc.message import room

if TYPE_CHECKING:
    from twistchat.doors.irc.protocol import IrcConnection
    from twistchat.doors.irc.reply import Reply


def tellList(
    client: IrcConnection,
    reply: Reply,
    code: str,
    words: Iterable[str],
    before: Sequence[str] = (),
    separator: str = " ",
) -> None:
    """
    Answer with numerics whose last parameter is a list; with none where it is empty.

    @param before: the parameters in front of it.
    """
    size = room(code, (client.nick, *before), client.server)
    for line in packed(words, separator, size):
        reply.numeric(code, *before, line)
