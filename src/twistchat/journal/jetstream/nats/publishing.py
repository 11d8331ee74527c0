"""Publishing: one message, with tries until the brokers acknowledge it or the time is over."""

from __future__ import annotations

import asyncio

from twistchat.interfaces.stream import NotPublished
from twistchat.journal.jetstream.nats.answers import TEMPORARY, Refused, Unreachable, answerIn
from twistchat.journal.jetstream.nats.connection import Connection

TIMEOUT = 2.0
"""How many seconds a message has to be acknowledged."""

RESEND = 0.7
"""
After how many seconds a message is sent again, with the same id.

A broker that leads the stream and dies takes the message with it; its successor gets the message this way within the
timeout.  If the message is there already, it is acknowledged and not stored again.
"""

AGAIN = 0.05
"""How many seconds pass before a message is sent again that could not be sent, or was refused for the moment."""


async def publish(connection: Connection, subject: str, stream: str, data: bytes, id: str, last: int | None) -> int:
    """
    Append a message to the stream.

    @param stream: the stream that the subject must belong to.
    @param id: the id by which the brokers ignore a second message.
    @param last: the number that the last message of the stream must have; C{None} for any.
    @return: the number of the message.
    @raise NotPublished: it was not acknowledged within L{TIMEOUT} seconds, or the stream has another last message.
    """
    headers = {"Nats-Msg-Id": id, "Nats-Expected-Stream": stream}
    if last is not None:
        headers["Nats-Expected-Last-Sequence"] = str(last)
    loop = asyncio.get_running_loop()
    deadline = loop.time() + TIMEOUT
    why = "there was no time to send it"
    while (left := deadline - loop.time()) > 0:
        try:
            answer = answerIn(await connection.request(subject, data, headers, min(left, RESEND)))
            return int(answer["seq"])
        except Refused as e:
            why = f"the stream refuses: {e}"
            if e.code not in TEMPORARY:
                break
        except Unreachable as e:
            why = str(e)
        except (KeyError, ValueError, TypeError):
            why = "the broker's acknowledgement cannot be read"
        await asyncio.sleep(min(AGAIN, max(0.0, deadline - loop.time())))
    raise NotPublished(why)
