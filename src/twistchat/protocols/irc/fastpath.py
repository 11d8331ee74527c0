"""
The fast path: a plain text for one channel, without tags.

Most lines are such texts.  The fast path proposes them with less work than the general path.  It leaves all other lines
to the general path, and also refused texts, so that the general path words the refusal.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from twistchat.chat.errors import ChatError
from twistchat.wire.irc.message import MAX_LINE, Message
from twistchat.wire.irc.texts import capacity

if TYPE_CHECKING:
    from twistchat.protocols.irc.protocol import IrcConnection

PREFIX: Final = b"PRIVMSG #"
"""The first bytes of every line on the fast path."""

COMMAND: Final = len("PRIVMSG ")
CTCP: Final = 1
"""The first byte of a CTCP text, for example an action."""


def read(line: bytes, limit: int) -> tuple[str, str] | None:
    """
    Parse a line for the fast path.

    @param line: begins with L{PREFIX}.
    @param limit: the most bytes of a line, with its terminator.
    @return: the channel and the text, which may contain CR or NUL; C{None} if the general path must parse the line.
        Over a carrier of messages, a line may contain LF.  In a text that would begin another line, so the general path
        refuses it.
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
    Parse the channel of a line.  The cache lets all lines to a channel share one string, so each keeps only its text.

    @param head: the line before its text.
    @return: C{None} if it names several channels, or contains an invalid byte.
    """
    name = head[COMMAND:]
    if any(delimiter in name for delimiter in b" ,\0\r"):
        return None
    try:
        return name.decode()
    except UnicodeDecodeError:
        return None


CAPACITY: Final = MAX_LINE - len(":!@ PRIVMSG  :\r\n")
"""The most bytes of the names and the text of a line."""


def say(client: IrcConnection, name: str, text: str) -> bool:
    """
    Propose a text now.

    @param client: has registered and has no open batch; its pipeline is open.
    @return: whether the text was proposed, or the client was told about a fault of the server; if not, nothing has
        happened.
    """
    session = client.session
    if session is None or session.user is None:
        return False
    source = session.user.source
    names = len(source.nick) + len(source.username) + len(source.host) + len(name)
    # A character has at most four bytes.  This estimate needs no call, and suffices for nearly every text.
    if 4 * names + (len(text) if text.isascii() else 4 * len(text)) > CAPACITY:
        if len(text.encode()) > capacity(source, name, "message"):
            return False
    try:
        client.post(name, text)
    except ChatError:
        return False
    except Exception:
        client.refused(None, Failure())
    return True


def sayLater(client: IrcConnection, name: str, text: str) -> Deferred[Any] | None:
    """Propose a text that has waited in the pipeline."""
    if client.batch is None and not client.ending and say(client, name, text):
        return None
    return client.execute(Message({}, "", "PRIVMSG", (name, text)))
