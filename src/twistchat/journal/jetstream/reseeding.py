"""
Begins a new stream that continues the journal of a copy, after the brokers have lost the old one or damaged it.

An administrator decides this, because entries that no copy has are lost.  All nodes are stopped.  The node with the
longest copy begins the new stream.  The others can follow it if their copies end with the same entry.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twisted.internet.defer import Deferred

from twistchat.interfaces import NotPublished
from twistchat.journal.jetstream.batches import encodeMessage
from twistchat.journal.jetstream.leases import EVERY, WATCHER, renewed
from twistchat.journal.jetstream.opening import CannotFollow, checkpointOf, continuing

if TYPE_CHECKING:
    from twistchat.interfaces import IStream
    from twistchat.journal.jetstream.batches import Genesis
    from twistchat.journal.sqlite.copy import CopyPosition, SqliteCopy

SKIP: Final = 1_000_000
"""The number of sequence numbers that are left out.  The old stream may have used some of them for events that no copy
stores, whose message ids must not come again."""


@dataclass(frozen=True, slots=True)
class Reseeding:
    """
    What a new stream would mean.

    @ivar stored: the sequence number of the last entry of the copy.
    @ivar time: its time, in milliseconds since the epoch.
    @ivar followed: the number of the last message of the old stream that is in the last checkpoint of the copy; 0 if
        there is none.  The copy may have followed some more.
    @ivar first: the number of the first message that the old stream has.
    @ivar last: that of its last message.
    @ivar alive: the ids of nodes that are running.
    """

    stored: int
    time: int
    followed: int
    first: int
    last: int
    alive: tuple[str, ...]


def opened(copy: SqliteCopy) -> CopyPosition:
    """
    Open the copy of this node.

    @raise CannotFollow: there is none.
    @raise JournalUnusable: see L{SqliteCopy.open <twistchat.journal.sqlite.copy.SqliteCopy.open>}.
    """
    position = copy.open()
    if position is None:
        raise CannotFollow("this node has no copy of the journal; use the node with the longest copy")
    return position


async def examine(stream: IStream, position: CopyPosition, wait: Callable[[float], Deferred[None]]) -> Reseeding:
    """
    Find out what a new stream would mean.  This changes nothing.

    @param stream: the stream, which is not open yet.
    @param position: what the copy of this node has.
    @param wait: returns a Deferred that fires in this many seconds.
    @raise CannotFollow: the leases cannot be read.
    @raise StreamUnusable: see L{IStream.open}.
    """
    checkpoint = checkpointOf(position)
    status = await stream.open()
    try:
        before = await stream.renew(WATCHER)
        await wait(3 * EVERY)
        after = await stream.renew(WATCHER)
    except NotPublished as e:
        raise CannotFollow(f"it is not known which nodes are running, because the leases cannot be read: {e}") from e
    await stream.release(WATCHER)
    followed = 0 if checkpoint is None else checkpoint.known[0]
    return Reseeding(position.stored, position.time, followed, status.first, status.last, tuple(renewed(before, after)))


async def reseed(stream: IStream, position: CopyPosition, copy: SqliteCopy, id: str) -> Genesis:
    """
    Replace the stream with a new one that continues the journal of a copy.

    This is one of two places that need a fence: the first message is accepted only if the new stream is empty.

    @param stream: the stream, which L{examine} has opened.
    @param position: what the copy of this node has.
    @param copy: the copy.
    @param id: random letters and digits: the id of the new stream.
    @return: the first message of the new stream.
    @raise CannotFollow: the new stream could not be begun.
    @raise StreamUnusable: the stream cannot be replaced.
    """
    genesis = continuing(position, copy, id, SKIP)
    await stream.replaceStream()
    try:
        await stream.publish(encodeMessage(genesis), f"genesis:{id}", 0)
    except NotPublished as e:
        raise CannotFollow(f"the new stream is empty, and could not be begun ({e}); run this command again") from e
    return genesis
