"""Executes the messages of a client, and sends each reply when its command has taken effect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from twistchat.chat.errors import ChatError
from twistchat.protocols.irc.commands.texts.batches import addBatchLine
from twistchat.protocols.irc.replies.formatting import middle
from twistchat.protocols.irc.replies.reply import Reply
from twistchat.wire.irc import numerics as n

if TYPE_CHECKING:
    from twistchat.protocols.irc.commands.table import Command
    from twistchat.protocols.irc.protocol import IrcConnection
    from twistchat.wire.irc.message import Message

LABEL: Final = 64
"""The most bytes of a label (IRCv3 labeled-response)."""


def execute(client: IrcConnection, message: Message, command: Command | None) -> Deferred[Any] | None:
    """
    Execute a message, and send the reply when the command has taken effect.

    @param command: the command of the message; C{None} if it is unknown.
    @return: C{None} if the command has taken effect.
    """
    # A node that is lost loses all its users at once, and closes their connections a few at a time.
    if client.ending or (client.session is not None and client.session.left is not None):
        return None
    reply = replyTo(client, message.command, message.tags.get("label") if message.tags else None)
    try:
        outcome = _run(client, message, command, reply)
    except ChatError as e:
        reply.error(e, _context(message))
        outcome = None
    if outcome is None:
        finish(client, reply)
        return None
    done = outcome if isinstance(outcome, Deferred) else Deferred.fromCoroutine(outcome)
    if done is not outcome or reply.label is not None or not (command is not None and command.concurrent):
        done.addBoth(_completed, client, reply, message)
    elif not done.called or done.paused or isinstance(done.result, Failure):
        done.addErrback(_completed, client, reply, message)
    return done


def replyTo(client: IrcConnection, command: str, label: str | None) -> Reply:
    """
    Begin the reply to a command.

    @param label: its label, which is ignored if it is too long, in use, or the client has no labelled responses.
    """
    if not label or "labeled-response" not in client.capabilities:
        return Reply(client, command)
    if len(label.encode()) > LABEL or label in client.replies:
        return Reply(client, command)
    reply = client.replies[label] = Reply(client, command, label)
    return reply


def finish(client: IrcConnection, reply: Reply) -> None:
    """Send a reply, unless it was postponed."""
    if reply.postponed:
        return
    reply.finish()
    if reply.label is not None:
        del client.replies[reply.label]


def _run(client: IrcConnection, message: Message, command: Command | None, reply: Reply) -> Any:
    """Check whether the client can give a command now, and run it."""
    if client.registration is not None and not client.entrance.countLine():
        return None
    if (client.batch is not None or "batch" in message.tags) and client.registration is None:
        if addBatchLine(client, message, reply):
            return None
    if command is None:
        if client.registration is not None:
            reply.numeric(n.ERR_NOTREGISTERED, "You have not registered")
        else:
            reply.numeric(n.ERR_UNKNOWNCOMMAND, middle(message.command), "Unknown command")
        return None
    if client.registration is not None and not command.early:
        reply.numeric(n.ERR_NOTREGISTERED, "You have not registered")
        return None
    if len(message.params) < command.minParams:
        reply.numeric(n.ERR_NEEDMOREPARAMS, command.name, f"Not enough parameters: {command.parameters}")
        return None
    if command.privilege:
        client.context.chat.operators.requirePrivilege(client.openSession, command.privilege)
    return command.run(client, message, reply)


def _completed(result: Any, client: IrcConnection, reply: Reply, message: Message) -> Any:
    """Send the reply of a command that has taken effect or failed."""
    if isinstance(result, Failure):
        if not isinstance(result.value, ChatError):
            finish(client, reply)
            return result
        reply.error(result.value, _context(message))
    finish(client, reply)
    return None


def _context(message: Message) -> str:
    """Get the target that an error of a message refers to: the first parameter up to its first comma."""
    return message.params[0].split(",")[0] if message.params else ""
