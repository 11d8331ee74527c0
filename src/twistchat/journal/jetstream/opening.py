"""Decides where a node begins to follow the stream, from what its copy has and what the stream has."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from twisted.internet.defer import Deferred

from twistchat.interfaces import NotPublished, StreamMessage
from twistchat.journal.codec import Unreadable
from twistchat.journal.jetstream.batches import Genesis, NoMessage, decodeMessage, encodeMessage
from twistchat.journal.jetstream.chain import Chain
from twistchat.journal.jetstream.checkpoints import Checkpoint, decodeCheckpoint
from twistchat.journal.sqlite.maintenance.comparing import digest

if TYPE_CHECKING:
    from twistchat.interfaces import Apply, IReplica, IStream
    from twistchat.journal.jetstream.following import Follower
    from twistchat.journal.sqlite.copy import CopyPosition, SqliteCopy

COMPARED: Final = 10_000
"""The number of sequence numbers at the end of a copy whose entries L{endOf} compares."""

ANOTHER_COPY: Final = "stop another node, and start this one with a copy of its journal.sqlite (or with a backup of it)"


class CannotFollow(Exception):
    """This node cannot follow the stream.  C{str} is one line for the administrator."""


class NoAnswer(CannotFollow):
    """The brokers did not answer in time.  It may be possible later."""


async def begin(
    stream: IStream,
    copy: SqliteCopy,
    replica: IReplica,
    follower: Follower,
    apply: Apply,
    name: Callable[[], str],
    key: Callable[[], bytes],
) -> int:
    """
    Open the stream and the copy, and restore the state.

    @param name: returns the name of a new journal.
    @param key: returns the key of the cloaks of a new journal.
    @return: the number of the last message of the stream.  The follower has to be given those after its position.
    @raise CannotFollow: the copy and the stream do not belong together, or one of them lacks what the other needs.
    @raise StreamUnusable: see L{IStream.open}.
    """
    status = await stream.open()
    position = copy.open()
    first, last = status.first, status.last
    checkpoint = checkpointOf(position)
    if not last:
        if checkpoint is not None:
            raise CannotFollow(
                f"the stream is empty, but this copy has followed it to message {checkpoint.known[0]}; if the stream is"
                " lost, run twistchat cluster reseed on the node with the longest copy"
            )
        first, last = 1, await _found(stream, position, copy, name, key)
    genesis = await readGenesis(stream) if first == 1 else None
    if genesis is not None and (checkpoint is None or checkpoint.stream != genesis.id):
        _beginAt(genesis, position, copy)
        follower.begin(genesis)
        copy.rebuild(apply)
        await follower.save()  # without it, the entries that come now could not be taken again
        return last
    if position is None or checkpoint is None:
        raise CannotFollow(f"the stream no longer has its beginning; {ANOTHER_COPY}")
    if checkpoint.known[0] > last:
        raise CannotFollow(
            f"the stream ends with message {last}, and this copy has followed one to message {checkpoint.known[0]}."
            f"  If the others use a new stream, {ANOTHER_COPY}; if not, the brokers have lost messages: see twistchat"
            " cluster reseed"
        )
    if max(1, checkpoint.known[0]) < first:
        raise CannotFollow(
            f"this copy ends at message {checkpoint.known[0]}, and the stream begins with message {first};"
            f" {ANOTHER_COPY}"
        )
    follower.restore(checkpoint, position.name)
    await _checkPlace(stream, follower.chain)
    replica.restore(bytes(checkpoint.state))
    copy.resume(apply, checkpoint.sequence)
    return last


async def readGenesis(stream: IStream) -> Genesis:
    """
    Read the first message of a stream.

    @raise CannotFollow: it cannot be read.
    """
    message = await _read(stream, 1)
    try:
        genesis = decodeMessage(message.data)
    except (Unreadable, NoMessage) as e:
        raise CannotFollow(f"the first message of the stream cannot be read: {e}") from e
    if not isinstance(genesis, Genesis):
        raise CannotFollow("the first message of the stream does not begin a journal")
    return genesis


async def _read(stream: IStream, number: int) -> StreamMessage:
    """Read one message of a stream."""
    read: Deferred[StreamMessage] = Deferred()
    reading = stream.read(
        number - 1,
        lambda message: None if read.called else read.callback(message),
        lambda why: None if read.called else read.errback(CannotFollow(why)),
    )
    try:
        return await read
    finally:
        reading.stop()


async def _checkPlace(stream: IStream, chain: Chain) -> None:
    """
    Check that the stream still has the message that this copy has followed last, before the other nodes hear of it.

    @raise CannotFollow: it has another one: the copy is of another cluster, or the brokers have lost messages.
    """
    if chain.sequence and not chain.isLast(await _read(stream, chain.sequence)):
        raise CannotFollow(
            f"message {chain.sequence} of the stream is not the one that this copy has followed: it is the stream of"
            f" another cluster, or the brokers have lost messages; {ANOTHER_COPY}"
        )


def checkpointOf(position: CopyPosition | None) -> Checkpoint | None:
    """
    The checkpoint in a copy; C{None} if it has none.

    @raise CannotFollow: it cannot be read.
    """
    if position is None or position.snapshot is None:
        return None
    try:
        return decodeCheckpoint(position.snapshot)
    except Unreadable as e:
        raise CannotFollow(f"the checkpoint in the copy cannot be read: {e}; {ANOTHER_COPY}") from e


def endOf(copy: SqliteCopy, stored: int) -> str:
    """
    Hash the end of a copy, and what the state is made of at start.  Copies with the same hash can follow the same
    stream.  This blocks.

    @param stored: the sequence number of the last entry.  Much earlier entries are left out, because each node deletes
        old entries at its own pace.
    """
    found = digest(copy.path, max(0, stored - COMPARED))
    return blake2b(f"{found['entry']} {found['holding']}".encode(), digest_size=16).hexdigest()


def continuing(position: CopyPosition, copy: SqliteCopy, id: str, skip: int = 0) -> Genesis:
    """
    The first message of a stream that continues the journal of a copy.

    @param id: the id of the stream.
    @param skip: how many sequence numbers are left out.
    """
    stored = position.stored
    return Genesis(position.name, position.key, stored, endOf(copy, stored), stored + skip, position.time, id)


async def _found(
    stream: IStream,
    position: CopyPosition | None,
    copy: SqliteCopy,
    name: Callable[[], str],
    key: Callable[[], bytes],
) -> int:
    """
    Write the first message of a stream.  If several nodes do this at once, one of them succeeds.

    This is one of two places that need a fence (the other is the command that replaces a stream): the message is
    accepted only if the stream is empty.

    @return: the number of the last message.
    """
    if position is None:
        genesis = Genesis(name(), key(), id=name())
    else:
        genesis = continuing(position, copy, name())
    try:
        return await stream.publish(encodeMessage(genesis), f"genesis:{genesis.id}", 0)
    except NotPublished:
        return 1  # another node was first; if none was, there is nothing to read


def _beginAt(genesis: Genesis, position: CopyPosition | None, copy: SqliteCopy) -> None:
    """Check that a copy stands at the beginning of a stream, or create it."""
    if position is None:
        if genesis.stored:
            raise CannotFollow(f"the stream continues a journal, and this node has no copy of it; {ANOTHER_COPY}")
        copy.open(genesis.name, genesis.key)
        return
    if position.name != genesis.name:
        raise CannotFollow(
            "the journal in the data directory is another one than that of the cluster; move it away, or give this"
            " node another directory"
        )
    if genesis.stored and endOf(copy, genesis.stored) != genesis.digest:
        raise CannotFollow(
            f"this copy, which ends at entry {position.stored}, differs from the one that the stream continues after"
            f" entry {genesis.stored}; {ANOTHER_COPY}"
        )
    if position.stored and not genesis.stored:
        raise CannotFollow(
            f"this copy ends at entry {position.stored}, and the stream begins the journal; {ANOTHER_COPY}"
        )
