"""Entries as rows: what the journal's one statement a batch is made of."""

from __future__ import annotations

import json
from dataclasses import dataclass
from json.encoder import encode_basestring
from struct import Struct
from typing import TypeAlias
from zlib import crc32

from twistchat.chat.model.events import Entry, RoomMessage, Source
from twistchat.chat.model.spans import conversation
from twistchat.journal.codec import encode, fromSource

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
"""Sessions of which it is remembered how what they say begins."""

_pack = Struct("<qq").pack

_write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_writeAscii = json.JSONEncoder(separators=(",", ":")).encode


def checksum(sequence: int, time: int, kind: str, conversation: str | None, body: bytes) -> int:
    """
    The checksum of a row, by which a change of its bytes on disk is detected.

    It is the exclusive-or of L{placed} and the CRC-32 of the rest: the kind, a space, the body, and the sequence number
    and the time of 8 bytes each, little-endian.

    @param body: in UTF-8, or what has become of that.
    """
    start = crc32(f"{kind} ".encode("utf-8", "surrogateescape"))
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


@dataclass(frozen=True, slots=True)
class _Head:
    """
    How the rows of what a session says in a room begin.

    @ivar start: the body, up to the text.
    @ivar checksum: of the kind and the start.
    @ivar placed: see L{placed}.
    """

    source: Source
    room: str
    conversation: str | None
    start: str
    checksum: int
    placed: int


class RowWriter:
    """
    Writes rows.

    A plain message, which is what nearly every entry is, is put together from the text of its fields; what is in front
    of its text is the same as in the last that its session said, most of the time, and is remembered.  That is a tenth
    of the time that the general way takes, and gives the same JSON.
    """

    __slots__ = ("_heads",)

    def __init__(self) -> None:
        self._heads: dict[str, _Head] = {}

    def row(self, entry: Entry) -> Row:
        """Write an entry."""
        event = entry.event
        if type(event) is not RoomMessage or event.rank or event.tags or event.cuts:
            return self._general(entry)
        sequence, time = entry.sequence, entry.time
        rest = f'{encode_basestring(event.text)},"kind":"{event.kind}"}}'
        try:
            head = self._heads.get(event.session)
            if head is None or head.source is not event.source or head.room != event.room:
                head = self._remember(event)
            # This is what the function checksum does; the checksum of the beginning is known.
            check = crc32(rest.encode() + _pack(sequence, time), head.checksum) ^ head.placed
        except UnicodeEncodeError:
            return self._general(entry)
        return (sequence, time, "said", head.conversation, check, head.start + rest)

    def _remember(self, event: RoomMessage) -> _Head:
        """
        How what a session says in a room begins.

        @raise UnicodeEncodeError: it has lone surrogates.
        """
        if len(self._heads) >= KNOWN:
            self._heads.clear()
        start = (
            f'{{"by":{_write(fromSource(event.source))},"room":{_write(event.room)},'
            f'"session":{_write(event.session)},"text":'
        )
        check = crc32(f"said {start}".encode())
        place = conversation(event)
        head = self._heads[event.session] = _Head(event.source, event.room, place, start, check, placed(place))
        return head

    def _general(self, entry: Entry) -> Row:
        kind, fields = encode(entry.event)
        body = _write(fields)
        if not _isUtf8(body):
            body = _writeAscii(fields)
        place = conversation(entry.event)
        place = None if place is None else encodable(place)
        check = checksum(entry.sequence, entry.time, kind, place, body.encode())
        return (entry.sequence, entry.time, kind, place, check, body)


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
