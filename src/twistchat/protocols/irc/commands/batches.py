"""BATCH: texts of several lines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from twistchat.chat.errors import ChatError
from twistchat.protocols.irc.batches import MULTILINE, TextBatch
from twistchat.protocols.irc.commands.messages import clientTags, sendText
from twistchat.protocols.irc.table import Outcome, Table
from twistchat.protocols.irc.words import shown
from twistchat.wire.irc import numerics as n

if TYPE_CHECKING:
    from twistchat.protocols.irc.protocol import IrcConnection
    from twistchat.protocols.irc.reply import Reply
    from twistchat.wire.irc.message import Message

REFERENCE = re.compile(r"[A-Za-z0-9-]+")
"""What a batch may be called (IRCv3 batch, "The BATCH verb")."""

table = Table()


@table.command(
    "BATCH",
    "+<reference> draft/multiline <target> | -<reference>",
    "say something in several lines",
    "IRCv3 multiline",
    concurrent=True,
)
def batch(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """C{BATCH}: opens one, or closes it; then its text is said, which answers the opening."""
    if MULTILINE not in client.capabilities:
        reply.numeric(n.ERR_UNKNOWNCOMMAND, "BATCH", "Unknown command")
        return None
    given = message.params[0] if message.params else ""
    sign, reference = given[:1], given[1:]
    if sign == "-":
        return _close(client, reference, reply)
    if sign != "+" or REFERENCE.fullmatch(reference) is None:
        text = "A batch is opened with + or closed with -, and a reference of letters, digits and hyphens"
        reply.fail("MULTILINE_INVALID", text)
    else:
        _open(client, message, reference, reply)
    return None


def _open(client: IrcConnection, message: Message, reference: str, reply: Reply) -> None:
    """Open a batch.  One that is open already is no good any more: there is one at a time."""
    if client.batch is not None:
        client.batch.invalid("Another batch was opened before this one was closed")
        client.batch = None
    if "batch" in message.tags:
        reply.fail("MULTILINE_INVALID", "A batch of lines is in no other batch")
    elif len(message.params) < 2 or message.params[1] != MULTILINE:
        reply.fail("MULTILINE_INVALID", f"The only batches that are taken are of the type {MULTILINE}")
    elif len(message.params) < 3 or not message.params[2] or "," in message.params[2]:
        reply.fail("MULTILINE_INVALID", "A batch has one target")
    else:
        client.batch = TextBatch(client, reference, message.params[2], clientTags(client, message), reply)


def _close(client: IrcConnection, reference: str, reply: Reply) -> Outcome:
    """Close the batch, and say its text."""
    batch = client.batch
    if batch is None or batch.reference != reference:
        reply.fail("MULTILINE_INVALID", f"The batch {shown(reference)} is not open")
        return None
    client.batch = None
    batch.forget()
    return _say(client, batch) if batch.isSound() else None


async def _say(client: IrcConnection, batch: TextBatch) -> None:
    reply = batch.reply
    try:
        outcome = sendText(client, reply, batch.target, batch.text, batch.command, batch.tags, batch.cuts)
        if outcome is not None:
            await outcome
    except ChatError as e:
        reply.error(e, batch.target)
    finally:
        client.conclude(reply)
