"""Rows: entries as they are stored, with checksums."""

from __future__ import annotations

from struct import Struct
from typing import TypeAlias
from zlib import crc32

from twistchat.chat.model.events import Entry
from twistchat.chat.model.spans import conversation
from twistchat.journal.codec import KINDS, encode

Row: TypeAlias = tuple[int, int, str, str | None, int, str]
"""
Sequence number, time, kind, conversation, L{checksum}, and body, which is JSON.  All texts can be encoded as UTF-8.
"""

COLUMNS = """
    sequence, CAST(time AS INTEGER) AS time, CAST(kind AS TEXT) AS kind, CAST(conversation AS TEXT) AS conversation,
    CAST(checksum AS INTEGER) AS checksum, CAST(body AS TEXT) AS body
"""
"""
The columns of a row, in the order of the arguments of L{isIntact}.  The casts keep a query from failing if damage
changed the type of a column.
"""

_pack = Struct("<qq").pack


def _startChecksum(kind: str) -> int:
    """The checksum of the start of a row: the kind and a space."""
    return crc32(f"{kind} ".encode("utf-8", "surrogateescape"))


_STARTS = {kind: _startChecksum(kind) for kind in KINDS.values()}


def checksum(sequence: int, time: int, kind: str, conversation: str | None, body: bytes) -> int:
    """
    The checksum of a row.  It shows whether the bytes of the row changed on disk.

    It is the exclusive-or of L{conversationChecksum} and the CRC-32 of the rest: the kind, a space, the body, and the
    sequence number and the time as 8 bytes each, little-endian.

    @param body: in UTF-8, unless it is damaged.
    """
    start = _STARTS.get(kind)
    if start is None:
        start = _startChecksum(kind)
    return crc32(_pack(sequence, time), crc32(body, start)) ^ conversationChecksum(conversation)


def isIntact(
    sequence: int, time: int | None, kind: str | None, conversation: str | None, check: int | None, body: str | None
) -> bool:
    """
    Whether a row that was read with L{readText} is the row that was written.

    @param check: the stored L{checksum}.
    """
    if time is None or kind is None or body is None:
        return False
    return check == checksum(sequence, time, kind, conversation, body.encode("utf-8", "surrogateescape"))


def readText(data: bytes) -> str:
    """
    Decode a text of SQLite.  Bytes that are not UTF-8 become lone surrogates, so that a damaged row does not keep other
    rows from being read.
    """
    return data.decode("utf-8", "surrogateescape")


def conversationChecksum(conversation: str | None) -> int:
    """
    The part of a row's checksum that depends on the conversation.

    To move a row to another conversation, the exclusive-or of the checksum, the old part and the new part gives the new
    checksum.  The row is not read for that, so a damaged row stays damaged.
    """
    return 0 if conversation is None else crc32(conversation.encode("utf-8", "surrogateescape"))


class RowWriter:
    """Encodes entries as rows, and caches the checksums of conversations."""

    __slots__ = ("_limit", "_records")

    def __init__(self, limit: int = 4096) -> None:
        """
        @param limit: the maximum number of conversations to cache.
        """
        self._limit = limit
        self._records: dict[str | None, tuple[str | None, int]] = {None: (None, conversationChecksum(None))}

    def row(self, entry: Entry, encoded: tuple[str, bytes] | None = None) -> Row:
        """
        Encode an entry.

        @param encoded: the kind and the body of its event, if they are known; C{None} to encode it.
        """
        event, sequence, time = entry.event, entry.sequence, entry.time
        kind, body = encode(event) if encoded is None else encoded
        name = conversation(event)
        place, bits = self._records.get(name) or self._cache(name)
        check = crc32(_pack(sequence, time), crc32(body, _STARTS[kind])) ^ bits
        return (sequence, time, kind, place, check, body.decode())

    def _cache(self, name: str | None) -> tuple[str | None, int]:
        if len(self._records) >= self._limit:
            self._records.clear()
        place = None if name is None else encodable(name)
        found = self._records[name] = (place, conversationChecksum(place))
        return found


def encodable(name: str) -> str:
    """A name with a question mark for each lone surrogate.  Names of rooms, accounts and masks contain none."""
    return name.encode("utf-8", "replace").decode()
