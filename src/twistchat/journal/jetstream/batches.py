"""
The messages of the stream: the genesis, and batches of events.

A message is a JSON object.  Fields added later have defaults, and unknown fields are ignored.  What changes the meaning
of a message for an older version changes L{FORMAT}.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeAlias

import msgspec
from msgspec import Raw, Struct

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

Known: TypeAlias = "tuple[int, str]"
"""The sequence number of a message, and the hash of the chain after it (L{twistchat.journal.jetstream.chain})."""


class Genesis(Struct, frozen=True, tag="genesis"):
    """
    The first message of a stream.

    @ivar name: the name of the journal, from which its message ids are made.
    @ivar key: the key of the cloaks.
    @ivar stored: the sequence number of the last entry that a copy must have stored to follow this stream; 0 if the
        stream begins the journal.
    @ivar sequence: the number after which the sequence numbers of entries continue.
    @ivar time: the time of the last entry, in milliseconds since the epoch.
    @ivar epoch: how many streams the journal has had before this one.
    """

    name: str
    key: bytes
    stored: int = 0
    sequence: int = 0
    time: int = 0
    epoch: int = 0
    format: int = FORMAT


class Batch(Struct, frozen=True, tag="batch"):
    """
    The events that one node proposed at once.

    @ivar node: the id of the node.
    @ivar number: counts the batches of this node, from 1.
    @ivar attempt: counts the messages with this number, from 0.  Only the first of them in the stream counts.
    @ivar known: what the node had read last.
    @ivar events: the kind and the body of each event (L{twistchat.journal.codec}).
    """

    node: str
    number: int
    attempt: int
    known: Known
    events: tuple[tuple[str, Raw], ...] = ()
    format: int = FORMAT


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Genesis | Batch)


class _Format(Struct, frozen=True):
    format: int = 0


def encodeEvent(event: Event) -> tuple[str, Raw]:
    """Encode an event for L{Batch.events}."""
    kind, body = encode(event)
    return kind, Raw(body)


def decodeEvents(events: Iterable[tuple[str, Raw]]) -> list[Event]:
    """
    Decode the events of a batch.

    @raise Unreadable: this version does not know an event.
    """
    return [decode(kind, bytes(body)) for kind, body in events]


def encodeMessage(message: Genesis | Batch) -> bytes:
    """Encode a message."""
    return _encoder.encode(message)


def decodeMessage(data: bytes) -> Genesis | Batch:
    """
    Decode a message.

    @raise Unreadable: it is not a message, or is of a format that this version does not read.
    """
    try:
        message = _decoder.decode(data)
    except (msgspec.MsgspecError, RecursionError) as e:
        raise Unreadable(_otherFormat(data) or f"it is not a message of twistchat ({e})") from e
    if message.format > FORMAT:
        raise Unreadable(_ofFormat(message.format))
    return message


def _otherFormat(data: bytes) -> str | None:
    try:
        format = msgspec.json.decode(data, type=_Format).format
    except (msgspec.MsgspecError, RecursionError):
        return None
    return _ofFormat(format) if format > FORMAT else None


def _ofFormat(format: int) -> str:
    return f"it has the format {format}, and this version of twistchat reads the formats up to {FORMAT}"
