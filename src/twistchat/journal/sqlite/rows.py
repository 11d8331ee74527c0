"""Entries as rows: what the journal's one statement a batch is made of."""

from __future__ import annotations

from struct import Struct
from typing import TypeAlias
from zlib import crc32

from twistchat.chat.model.events import Entry
from twistchat.chat.model.spans import conversation
from twistchat.journal.codec import KINDS, encode

Row: TypeAlias = tuple[int, int, str, str | None, int, str]
"""
Sequence number, time, kind, conversation, L{checksum}, and body, which is JSON; all of it can be encoded as UTF-8.
"""

COLUMNS = """
    sequence, CAST(time AS INTEGER) AS time, CAST(kind AS TEXT) AS kind, CAST(conversation AS TEXT) AS conversation,
    CAST(checksum AS INTEGER) AS checksum, CAST(body AS TEXT) AS body
"""
"""
The columns of a row, in the order of the arguments of L{isIntact}.  Damage may have changed the type of a column; this
keeps it from failing the query.
"""

KNOWN = 4096
"""Conversations whose checksums are remembered."""

_pack = Struct("<qq").pack


def _started(kind: str) -> int:
    """The checksum of the beginning of a row: its kind, and a space."""
    return crc32(f"{kind} ".encode("utf-8", "surrogateescape"))


_STARTS = {kind: _started(kind) for kind in KINDS.values()}


def checksum(sequence: int, time: int, kind: str, conversation: str | None, body: bytes) -> int:
    """
    The checksum of a row, by which a change of its bytes on disk is detected.

    It is the exclusive-or of L{placed} and the CRC-32 of the rest: the kind, a space, the body, and the sequence number
    and the time of 8 bytes each, little-endian.

    @param body: in UTF-8, or what has become of that.
    """
    start = _STARTS.get(kind)
    if start is None:
        start = _started(kind)
    return crc32(_pack(sequence, time), crc32(body, start)) ^ placed(conversation)


def isIntact(
    sequence: int, time: int | None, kind: str | None, conversation: str | None, check: int | None, body: str | None
) -> bool:
    """
    Whether a row, as it was read from disk by L{readText}, is the row that was written.

    @param check: its L{checksum}, as it was read too.
    """
    if time is None or kind is None or body is None:
        return False
    return check == checksum(sequence, time, kind, conversation, body.encode("utf-8", "surrogateescape"))


def readText(data: bytes) -> str:
    """
    Decode a text of SQLite.  Damage must not keep the rows beside it from being read, so bytes that are not UTF-8
    become lone surrogates.
    """
    return data.decode("utf-8", "surrogateescape")


def placed(conversation: str | None) -> int:
    """
    The part of a row's checksum that stands for its conversation.

    The rest of the checksum does not depend on it.  So a row is moved from one conversation to another without being
    read: exclusive-or takes the old part out of the checksum and puts the new one in.  A damaged row stays damaged.
    """
    return 0 if conversation is None else crc32(conversation.encode("utf-8", "surrogateescape"))


class RowWriter:
    """Writes rows.  It remembers the checksums of conversations, up to L{KNOWN} of them."""

    __slots__ = ("_records",)

    def __init__(self) -> None:
        self._records: dict[str | None, tuple[str | None, int]] = {None: (None, placed(None))}

    def row(self, entry: Entry) -> Row:
        """Write an entry."""
        event, sequence, time = entry.event, entry.sequence, entry.time
        kind, body = encode(event)
        name = conversation(event)
        place, bits = self._records.get(name) or self._remember(name)
        check = crc32(_pack(sequence, time), crc32(body, _STARTS[kind])) ^ bits
        return (sequence, time, kind, place, check, body.decode())

    def _remember(self, name: str | None) -> tuple[str | None, int]:
        if len(self._records) >= KNOWN:
            self._records.clear()
        place = None if name is None else encodable(name)
        found = self._records[name] = (place, placed(place))
        return found


def encodable(name: str) -> str:
    """A name as far as UTF-8 can encode it; all names of rooms, accounts and masks can be encoded."""
    return name if _isUtf8(name) else name.encode("utf-8", "replace").decode()


def _isUtf8(text: str) -> bool:
    """Whether a text can be encoded as UTF-8: it has no lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
