"""
The straight path: what most lines are, a text for one channel without tags, on its way into the chat.

It calls the same verb as the commands do, and does no more than this kind of line needs.  A line that is anything else,
and whatever is refused, it leaves to the general path, which words the refusal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from twisted.python.failure import Failure

from twistchat.chat.errors import ChatError
from twistchat.doors.irc.reply import Reply

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred

    from twistchat.doors.irc.protocol import IrcConnection

BEGINNING: Final = b"PRIVMSG #"
"""How such a line begins."""

COMMAND: Final = len("PRIVMSG ")


def say(client: IrcConnection, line: bytes) -> bool:
    """
    Say a text, where the line is one.

    @param client: it has come in, has no batch open, and its lane is open.
    @param line: begins with L{BEGINNING}.
    @return: whether that was done; where not, nothing has happened.
    """
    receipt = begin(client, line)
    if receipt is None:
        return False
    if not receipt.called or receipt.paused or isinstance(receipt.result, Failure):
        client.lane.follow(receipt)
    return True


def begin(client: IrcConnection, line: bytes) -> Deferred[Any] | None:
    """
    Begin to say a text, where the line is one.

    @param line: begins with L{BEGINNING}.
    @return: fires when it has been said, or is refused and that has been answered; C{None} where nothing has happened.
    """
    head, _, said = line.partition(b" :")
    limit = client.backstage.settings.limits.ircLine
    if not said or said[0] == 1 or len(line) + 2 > limit or b" " in head[COMMAND:] or b"," in head:
        return None
    try:
        name, text = head[COMMAND:].decode(), said.decode()
        receipt = client.backstage.chat.say(client.openSession, name, text)
    except (UnicodeDecodeError, ChatError):
        return None
    if receipt.called and not receipt.paused and not isinstance(receipt.result, Failure):
        return receipt

    def refused(failure: Failure) -> None:
        if not isinstance(failure.value, ChatError):
            failure.raiseException()
        else:
            reply = Reply(client, "PRIVMSG")
            reply.error(failure.value, name)
            reply.finish()

    return receipt.addErrback(refused)
