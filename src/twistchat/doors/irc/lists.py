"""Answers that are long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.internet.task import deferLater

if TYPE_CHECKING:
    from twistchat.doors.irc.protocol import IrcConnection
    from twistchat.doors.irc.reply import Reply

PATIENCE = 0.1
"""Seconds until it is looked again whether a client has read what waits for it."""


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
