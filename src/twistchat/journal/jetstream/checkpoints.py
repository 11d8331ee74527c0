"""
Checkpoints: the state of a node after a message of the stream.

A node that starts restores its last checkpoint and reads the stream from there.  The checkpoint is in the database of
the node, so a backup of it has one too.
"""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct

from twistchat.journal.codec import Unreadable
from twistchat.journal.jetstream.batches import Known
from twistchat.journal.jetstream.chain import BEGINNING
from twistchat.journal.jetstream.members import Member

VERSION = 1
"""The version of the format.  Another version cannot be read."""


class Checkpoint(Struct, frozen=True):
    """
    The state of a node.

    @ivar known: the number of the last message that was read, and the hash of the chain after it.
    @ivar stream: the id of the stream, see L{Genesis <twistchat.journal.jetstream.batches.Genesis>}.
    @ivar sequence: the last sequence number of an entry.
    @ivar time: the last time of an entry.
    @ivar members: the members.
    @ivar before: the hash of the chain before that message.
    @ivar node: the id of the node whose copy has the checkpoint; C{""} if it has not taken part yet.
    @ivar state: the state of the chat, see L{IReplica.take <twistchat.interfaces.IReplica.take>}.
    """

    known: Known
    stream: str
    sequence: int
    time: int
    members: tuple[Member, ...]
    state: Raw
    before: str = BEGINNING
    node: str = ""
    version: int = VERSION


class _Version(Struct, frozen=True):
    version: int


_encoder = msgspec.json.Encoder()


def encodeCheckpoint(checkpoint: Checkpoint) -> bytes:
    """Encode a checkpoint."""
    return _encoder.encode(checkpoint)


def decodeCheckpoint(data: bytes) -> Checkpoint:
    """
    Decode a checkpoint.

    @raise Unreadable: the bytes are not a checkpoint of this version.
    """
    try:
        version = msgspec.json.decode(data, type=_Version).version
        if version != VERSION:
            raise Unreadable(f"it has version {version}, and this server reads version {VERSION}")
        return msgspec.json.decode(data, type=Checkpoint)
    except (msgspec.MsgspecError, RecursionError) as e:
        raise Unreadable(f"it is not a checkpoint: {e}") from e
