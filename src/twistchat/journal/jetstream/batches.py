"""
The messages of the stream: the genesis, and batches of events.

A message has lines with LF between them.  The first is a JSON object, the header.  In a batch, each further line is an
event: its kind, a space, and its body (L{twistchat.journal.codec}).  Fields of the header that are added later have
defaults, and unknown fields are ignored.  What changes the meaning of a message for an older version changes L{FORMAT}.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import msgspec
from msgspec import Struct

from twistchat.chat.model.events import Event
from twistchat.journal.codec import Unreadable, decode, encode

FORMAT: Final = 1
"""The highest format that this version reads and writes."""

SPEAKS: Final = (1, FORMAT)
"""The lowest and the highest format with which this version can take part in a cluster."""

MOST_EVENTS: Final = 2048
"""The maximum number of events in a batch."""

MOST_BYTES: Final = 512 * 1024
"""The size of its events in bytes after which a batch is full.  NATS accepts messages of up to 1 MiB by default."""


class NoMessage(Exception):
    """Bytes in the stream that no node of twistchat has written."""


Known: TypeAlias = "tuple[int, str]"
"""The sequence number of a message, and the hash of the chain after it (L{twistchat.journal.jetstream.chain})."""


class Genesis(Struct, frozen=True, tag="genesis"):
    """
    The first message of a stream.

    @ivar name: the name of the journal, from which its message ids are made.
    @ivar key: the key of the cloaks.
    @ivar stored: the sequence number of the last entry that the stream continues; 0 if it begins the journal.
    @ivar digest: the L{endOf <twistchat.journal.jetstream.opening.endOf>} of a copy that can follow the stream; C{""}
        if it begins the journal.
    @ivar sequence: the number after which the sequence numbers of entries continue.
    @ivar time: the time of the last entry, in milliseconds since the epoch.
    @ivar id: random letters and digits, which distinguish the stream from others that the journal has had.
    """

    name: str
    key: bytes
    stored: int = 0
    digest: str = ""
    sequence: int = 0
    time: int = 0
    id: str = ""
    format: int = FORMAT


class Header(Struct, frozen=True, tag="batch"):
    """The header of a batch, with fields as in L{Batch}."""

    node: str
    number: int
    attempt: int
    known: Known
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class Batch:
    """
    The events that one node proposed at once.

    @ivar node: the id of the node.
    @ivar number: counts the batches of this node, from 1.
    @ivar attempt: counts the messages with this number, from 0.  Only the first of them in the stream counts.
    @ivar known: what the node had read last.
    @ivar events: the encoded events, see L{encodeEvent}.
    @ivar format: the format of the message: one that all members read.
    """

    node: str
    number: int
    attempt: int
    known: Known
    events: Sequence[bytes] = ()
    format: int = FORMAT


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Genesis | Header)


class _Format(Struct, frozen=True):
    format: int = 0


def encodeEvent(event: Event) -> bytes:
    """Encode an event for L{Batch.events}."""
    kind, body = encode(event)
    return b"%s %s" % (kind.encode(), body)


def splitEvent(encoded: bytes) -> tuple[str, bytes]:
    """The kind and the body of an encoded event."""
    kind, _, body = encoded.partition(b" ")
    return kind.decode("utf-8", "replace"), body


def decodeEvents(events: Iterable[tuple[str, bytes]]) -> list[Event]:
    """
    Decode events.

    @param events: their kinds and bodies.
    @raise Unreadable: this version does not know an event.
    """
    return [decode(kind, body) for kind, body in events]


def encodeMessage(message: Genesis | Batch) -> bytes:
    """Encode a message."""
    if isinstance(message, Genesis):
        return _encoder.encode(message)
    header = Header(message.node, message.number, message.attempt, message.known, message.format)
    return b"\n".join([_encoder.encode(header), *message.events])


def decodeMessage(data: bytes) -> Genesis | Batch:
    """
    Decode a message.

    @raise Unreadable: it is of a format that this version does not read.
    @raise NoMessage: it is not a message of twistchat.
    """
    first, *events = data.split(b"\n")
    try:
        header = _decoder.decode(first)
    except (msgspec.MsgspecError, RecursionError) as e:
        other = _otherFormat(first)
        raise NoMessage(str(e)) if other is None else Unreadable(other) from e
    if header.format > FORMAT:
        raise Unreadable(_ofFormat(header.format))
    if isinstance(header, Genesis):
        return header
    return Batch(header.node, header.number, header.attempt, header.known, events, header.format)


def _otherFormat(data: bytes) -> str | None:
    try:
        format = msgspec.json.decode(data, type=_Format).format
    except (msgspec.MsgspecError, RecursionError):
        return None
    return _ofFormat(format) if format > FORMAT else None


def _ofFormat(format: int) -> str:
    return f"it has the format {format}, and this version of twistchat reads the formats up to {FORMAT}"
