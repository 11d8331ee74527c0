"""
Plays buffers to clients that were written for the bouncer ZNC and its module I{playback} (capability
C{znc.in/playback}).

Such a client sends C{PLAY} once, with the time of the last message that it has received, before or after it joins
channels.  It gets what was said from then on and before it heard the channel live.  So nothing is missing and nothing
is shown twice.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Final

from twistchat.chat.errors import ChatError, NotRead
from twistchat.chat.model.bans.masks import Glob
from twistchat.chat.model.names import fold
from twistchat.chat.model.spans import TEXTS, At
from twistchat.protocols.irc.history.rendering import sendHistory

if TYPE_CHECKING:
    from twistchat.protocols.irc.protocol import IrcConnection
    from twistchat.protocols.irc.replies.reply import Reply

PLAYBACK_CAPABILITY: Final = "znc.in/playback"
"""The name of the capability, and of the type of the batches."""

MOST_PATTERNS: Final = 20
"""The most names with wildcards in a request."""

JOINS_WITHIN: Final = 60.0
"""The seconds after a request in which it counts for channels that the client joins."""


class Play:
    """
    A request to play buffers.

    @ivar after: play what was said after this time, in milliseconds since the epoch; C{None} for no limit.
    @ivar before: play what was said before this time; C{None} for no limit.
    @ivar until: when channels that the client joins are no longer played, in seconds on the server's clock.
    @ivar played: the folded names of the channels that were played.  They are not played again when the client returns
        to them.
    """

    __slots__ = ("_exact", "_patterns", "after", "before", "played", "until")

    def __init__(self, buffers: Collection[str], after: int | None, before: int | None, now: float) -> None:
        """
        @param buffers: the names of channels and nicks, in which C{*} and C{?} are wildcards.
        """
        folded = [fold(name) for name in buffers]
        self._exact = frozenset(name for name in folded if not isPattern(name))
        self._patterns = [Glob(name) for name in folded if isPattern(name)]
        self.after, self.before = after, before
        self.until = now + JOINS_WITHIN
        self.played: set[str] = set()

    def names(self, buffer: str) -> bool:
        """Whether the request names a buffer."""
        name = fold(buffer)
        return name in self._exact or any(pattern.matches(name) for pattern in self._patterns)


def isPattern(name: str) -> bool:
    """Whether the name of a buffer has wildcards."""
    return "*" in name or "?" in name


async def playJoined(client: IrcConnection, reply: Reply, name: str, heard: int) -> None:
    """
    Add the history of a room that a client has entered to a reply, if its last request asks for it.

    @param heard: the sequence number of the first entry that the client hears live.
    """
    play = client.play
    if play is None or client.context.clock.seconds() > play.until:
        client.play = None
    elif play.names(name) and fold(name) not in play.played:
        await playBuffer(client, reply, name, play, heard)


async def playBuffer(client: IrcConnection, reply: Reply, name: str, play: Play, heard: int) -> None:
    """
    Add the history of a room or of a private conversation to a reply.  Without any, or without the right to read it,
    nothing is added.

    @param heard: see L{playJoined}.
    """
    reading, session, limit = client.context.chat.reading, client.openSession, client.settings.limits.historyReply
    after = None if play.after is None else At(play.after)
    before = None if play.before is None else At(play.before)
    play.played.add(fold(name))
    try:
        conversation = reading.conversation(session, name)
        kept = [] if before is None else await reading.history(session, name, limit, after, before, kinds=TEXTS)
        if before is None or (kept and kept[-1].sequence >= heard):
            kept = await reading.history(session, name, limit, after, heard, kinds=TEXTS)
    except NotRead as e:
        reply.error(e)
        return
    except ChatError:
        return
    if kept:
        await sendHistory(client, reply, conversation, kept, PLAYBACK_CAPABILITY, stamp=True)
        client.context.chat.inbox.markPage(session, kept)
