"""
The fast path: what most lines are, a text for one channel without tags, on its way into the chat.

It proposes what the command does, and does no more than this kind of line needs.  A line that is anything else,
and whatever is refused, it leaves to the general path, which words the refusal.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from twisted.internet.defer import Deferred

from twistchat.chat.errors import ChatError
from twistchat.wire.irc.message import MAX_LINE, Message
from twistchat.wire.irc.texts import capacity

if TYPE_CHECKING:
    from twistchat.protocols.irc.protocol import IrcConnection

BEGINNING: Final = b"PRIVMSG #"
"""How such a line begins."""

COMMAND: Final = len("PRIVMSG ")
CTCP: Final = 1
"""The first byte of a text that is more than that: an action, say."""


def read(line: bytes, limit: int) -> tuple[str, str] | None:
    """
    Read a line.

    @param line: begins with L{BEGINNING}.
    @param limit: bytes that it may have, with its end.
    @return: the channel and the text, which may have CR or NUL in it; C{None} if the line is, or may be, anything else.
        LF, which a carrier of messages may pass, would begin another line of a text: the general path refuses it.
    """
    head, _, said = line.partition(b" :")
    name = _channel(head)
    if name is None or not said or said[0] == CTCP or b"\n" in said or len(line) + 2 > limit:
        return None
    try:
        return name, said.decode()
    except UnicodeDecodeError:
        return None


@lru_cache(4096)
def _channel(head: bytes) -> str | None:
    """
    The name of the one channel that a line is for.  Its lines share one object, so each holds no more than its text.

    @param head: the line in front of its text.
    @return: C{None} if these are several channels, or no name.
    """
    name = head[COMMAND:]
    if any(delimiter in name for delimiter in b" ,\0\r"):
        return None
    try:
        return name.decode()
    except UnicodeDecodeError:
        return None


SURE: Final = MAX_LINE - len(":!@ PRIVMSG  :\r\n")
"""Bytes that a line has for names and a text."""


def say(client: IrcConnection, name: str, text: str) -> bool:
    """
    Say a text now.

    @param client: it has come in, has no batch open, and its pipeline is open.
    @return: whether that was done; where not, nothing has happened.
    """
    session = client.session
    if session is None or session.user is None:
        return False
    source = session.user.source
    names = len(source.nick) + len(source.username) + len(source.host) + len(name)
    # No character takes more than four bytes.  This needs no call, and is enough for nearly every text.
    if 4 * names + (len(text) if text.isascii() else 4 * len(text)) > SURE:
        if len(text.encode()) > capacity(source, name, "message"):
            return False
    try:
        client.post(name, text)
    except ChatError:
        return False
    return True


def sayLater(client: IrcConnection, name: str, text: str) -> Deferred[Any] | None:
    """Say a text when its turn in the pipeline has come."""
    if client.batch is None and not client.ending and say(client, name, text):
        return None
    return client.execute(Message({}, "", "PRIVMSG", (name, text)))
