"""
C{BATCH}: texts of several lines, which clients send as a batch (IRCv3 multiline).

A client has one batch open at a time, and sends no other message meanwhile.  The first error of a batch is its reply,
and its further lines are ignored until it is closed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from twisted.internet.interfaces import IDelayedCall

from twistchat.chat.errors import ChatError
from twistchat.chat.model.events import Cuts, Tags
from twistchat.chat.model.names import fold
from twistchat.net.client.table import CommandTable
from twistchat.protocols.irc.commands.table import Command, Outcome
from twistchat.protocols.irc.commands.texts.messages import clientTags, sendText
from twistchat.protocols.irc.replies.formatting import middle
from twistchat.wire.irc import numerics as n

if TYPE_CHECKING:
    from twistchat.protocols.irc.protocol import IrcConnection
    from twistchat.protocols.irc.replies.reply import Reply
    from twistchat.wire.irc.message import Message

MULTILINE: Final = "draft/multiline"
CONCAT: Final = "draft/multiline-concat"

DEADLINE: Final = 30.0
"""Seconds within which a client must close its batch."""

DURING_BATCH: Final = frozenset({"BATCH", "PING", "PONG", "QUIT"})
"""The commands that are allowed while a batch is open."""

REFERENCE = re.compile(r"[A-Za-z0-9-]+")
"""A valid reference tag (IRCv3 batch, "The BATCH verb")."""

INVALID_REFERENCE: Final = "A batch is opened with + or closed with -, and a reference of letters, digits and hyphens"

table = CommandTable(Command)


class TextBatch:
    """
    An open batch.

    @ivar reference: the client's reference tag.
    @ivar target: the target of the text.
    @ivar tags: the client-only tags of the text.
    @ivar command: PRIVMSG or NOTICE, from the first line; C{""} before that.
    @ivar reply: the reply to the opening BATCH.  It is postponed until the batch is closed.
    @ivar refused: whether the reply was an error.
    @ivar inner: the reference tag of a batch that was opened in this one, which made it invalid; C{""} for none.
    """

    __slots__ = (
        "_client",
        "_cuts",
        "_deadline",
        "_length",
        "_lines",
        "_pieces",
        "_size",
        "command",
        "inner",
        "reference",
        "refused",
        "reply",
        "tags",
        "target",
    )

    def __init__(self, client: IrcConnection, reference: str, target: str, tags: Tags, reply: Reply) -> None:
        self._client = client
        self.reference = reference
        self.target = target
        self.tags = tags
        self.command = self.inner = ""
        self.reply = reply
        self.refused = False
        self._pieces: list[str] = []
        self._cuts: list[int] = []
        self._length = 0
        self._lines = 0
        self._size = 0
        reply.postponed = True
        self._deadline: IDelayedCall | None = client.context.clock.callLater(DEADLINE, self._expire)

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self._pieces)

    @property
    def cuts(self) -> Cuts:
        """The offsets at which the client split long lines, and marked the parts to be joined."""
        return tuple(self._cuts)

    def add(self, message: Message) -> None:
        """Add a line, or reply with an error ("Batch types", "Message tags")."""
        if self.refused:
            return
        params, tags = message.params, message.tags
        joined = CONCAT in tags
        if message.command not in ("PRIVMSG", "NOTICE") or self.command not in ("", message.command):
            self.invalid("Only PRIVMSG can be in this batch")
        elif len(params) < 2:
            self.invalid("A line in a batch needs a target and a text")
        elif fold(params[0]) != fold(self.target):
            context = (middle(self.target), middle(params[0]))
            self.refuse("MULTILINE_INVALID_TARGET", *context, "A line is for another target than its batch")
        elif not tags.keys() <= {"batch", CONCAT}:
            self.invalid("Tags belong to the BATCH that opens it, not to its lines")
        elif joined and not params[1]:
            self.invalid("A blank line has nothing to be joined to the line before")
        else:
            self.command = message.command
            self._append(params[1], joined)

    def _append(self, text: str, joined: bool) -> None:
        limits = self._client.settings.limits
        if self._lines and joined:
            self._cuts.append(self._length)
        elif self._lines:
            text = f"\n{text}"
        self._lines += 1
        self._length += len(text)
        self._size += len(text.encode())
        if self._size > limits.message:
            self.refuse("MULTILINE_MAX_BYTES", str(limits.message), f"The text is over {limits.message} bytes")
        elif self._lines > limits.lines:
            self.refuse("MULTILINE_MAX_LINES", str(limits.lines), f"The text is over {limits.lines} lines")
        else:
            self._pieces.append(text)

    def isComplete(self) -> bool:
        """
        Check the text of a closed batch.

        @return: whether the text may be sent; if not, the reply was an error.
        """
        if not self.refused and not self._lines:
            self.invalid("There is no line in the batch")
        elif not self.refused and not self.text.strip("\n"):
            self.invalid("All lines of the batch are blank")
        return not self.refused

    def invalid(self, text: str) -> None:
        """Reply that the batch is invalid ("Errors")."""
        self.refuse("MULTILINE_INVALID", text)

    def refuse(self, code: str, *rest: str) -> None:
        """Reply with an error, unless one has been sent.  The arguments are those of C{FAIL}."""
        if not self.refused:
            self.refused = True
            self._pieces = []
            self.cancelDeadline()
            self.reply.fail(code, *rest)
            self._client.sendPostponed(self.reply)

    def refuseOpening(self, text: str) -> None:
        """Reply to the opening BATCH, which is still being executed, that the batch is invalid."""
        self.refused = True
        self.cancelDeadline()
        self.reply.postponed = False
        self.reply.fail("MULTILINE_INVALID", text)

    def cancelDeadline(self) -> None:
        """Cancel the deadline of the batch."""
        if self._deadline is not None and self._deadline.active():
            self._deadline.cancel()
        self._deadline = None

    def _expire(self) -> None:
        self.invalid(f"The batch was not closed within {DEADLINE:g} s")


def addBatchLine(client: IrcConnection, message: Message, reply: Reply) -> bool:
    """
    Add a message to the client's batch, if it is a line of a batch.

    A command that is not allowed while a batch is open makes the batch invalid ("Batch types"), and is executed.

    @return: whether the message was a line of a batch, so that it is not executed as a command.
    """
    if MULTILINE not in client.capabilities:
        return False
    batch, reference = client.batch, message.tags.get("batch")
    if message.command == "BATCH":
        return False
    if reference is None:
        if batch is not None and message.command not in DURING_BATCH:
            batch.invalid(f"{middle(message.command)} came while the batch was open")
        return False
    if batch is not None and reference == batch.reference:
        batch.add(message)
    elif batch is not None:
        batch.invalid("A line is for another batch than the one that is open")
    else:
        reply.command = "BATCH"
        reply.fail("MULTILINE_INVALID", "No batch of this reference is open")
    return True


@table.command(
    "BATCH",
    "+<reference> draft/multiline <target> | -<reference>",
    "say something in several lines",
    "IRCv3 multiline",
    concurrent=True,
)
def batch(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """
    C{BATCH}: opens or closes a batch.  The text of a closed batch is sent; the result is the reply to the opening
    BATCH.
    """
    if MULTILINE not in client.capabilities:
        reply.numeric(n.ERR_UNKNOWNCOMMAND, "BATCH", "Unknown command")
        return None
    given = message.params[0] if message.params else ""
    sign, reference = given[:1], given[1:]
    if sign == "-":
        return _close(client, reference, reply)
    if sign != "+" or not reference:
        reply.fail("MULTILINE_INVALID", INVALID_REFERENCE)
    else:
        _open(client, message, reference, reply)
    return None


def _open(client: IrcConnection, message: Message, reference: str, reply: Reply) -> None:
    """
    Open a batch.  If another one is open, that becomes invalid.

    A batch that is invalid from the beginning is open too, so that its lines are ignored, and not refused one by one.
    """
    before, outer = client.batch, message.tags.get("batch")
    if before is not None:
        before.invalid("Another batch was opened before this one was closed")
        if outer == before.reference:
            before.inner = reference
            return
    _, kind, target, *_ = (*message.params, "", "")
    batch = client.batch = TextBatch(client, reference, target, clientTags(client, message), reply)
    if REFERENCE.fullmatch(reference) is None:
        batch.refuseOpening(INVALID_REFERENCE)
    elif outer is not None:
        batch.refuseOpening("A batch of lines is in no other batch")
    elif kind != MULTILINE:
        batch.refuseOpening(f"The only batches that are taken are of the type {MULTILINE}")
    elif not target or "," in target:
        batch.refuseOpening("A batch has one target")


def _close(client: IrcConnection, reference: str, reply: Reply) -> Outcome:
    """Close the batch, and send its text."""
    batch = client.batch
    if batch is not None and batch.inner == reference:
        batch.inner = ""
        return None
    if batch is None or batch.reference != reference:
        reply.fail("MULTILINE_INVALID", f"The batch {middle(reference)} is not open")
        return None
    client.batch = None
    batch.cancelDeadline()
    return _say(client, batch) if batch.isComplete() else None


async def _say(client: IrcConnection, batch: TextBatch) -> None:
    reply = batch.reply
    try:
        outcome = sendText(client, reply, batch.target, batch.text, batch.command, batch.tags, batch.cuts)
        if outcome is not None:
            await outcome
    except ChatError as e:
        reply.error(e, batch.target)
    finally:
        client.sendPostponed(reply)
