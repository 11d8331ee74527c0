"""Publishing: one message, with tries until the brokers acknowledge it or the time is over."""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode

from twistchat.interfaces.stream import NotPublished
from twistchat.journal.jetstream.nats.answers import TEMPORARY, WRONG_LAST, Refused, Unreachable, answerIn
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
            if last is not None and e.code in WRONG_LAST and await _isAt(connection, stream, last + 1, id):
                return last + 1
            if e.code not in TEMPORARY:
                break
        except Unreachable as e:
            why = str(e)
        except (KeyError, ValueError, TypeError):
            why = "the broker's acknowledgement cannot be read"
        await asyncio.sleep(min(AGAIN, max(0.0, deadline - loop.time())))
    raise NotPublished(why)


async def _isAt(connection: Connection, stream: str, number: int, id: str) -> bool:
    """
    Whether the message with a number is the one with an id.

    A broker looks at the expected last number before it looks at the id, so it refuses a message that is sent again.
    """
    try:
        answer = await connection.ask(f"STREAM.MSG.GET.{stream}", json.dumps({"seq": number}).encode(), timeout=1.0)
    except (Refused, Unreachable):
        return False
    lines = b64decode(answer.get("message", {}).get("hdrs", "")).decode(errors="replace").split("\r\n")
    return f"Nats-Msg-Id: {id}" in lines
