"""Answers that are lists: shared out over as many lines as they take."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from twisted.internet.task import deferLater

from twistchat.doors.irc.words import packed
from twistchat.wire.irc.message import room, serialize

if TYPE_CHECKING:
    from twistchat.doors.irc.protocol import IrcConnection
    from twistchat.doors.irc.reply import Reply

PATIENCE = 0.1
"""Seconds until it is looked again whether a client has read what waits for it."""


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
        reply.write(serialize(code, (client.nick, *before, line), client.server, colon=True))


async def rest(client: IrcConnection, reply: Reply) -> bool:
    """
    Send what there is of a long answer, and let others have their turn; and the client the time to read it, so that
    the answer never is what makes it too slow a reader.

    @return: whether the client is still there.
    """
    clock, half = client.backstage.clock, client.settings.limits.sendq // 2
    reply.flush()
    await deferLater(clock, 0)
    while client.outbox.waiting > half and not client.ending:
        await deferLater(clock, PATIENCE)
    return not client.ending
