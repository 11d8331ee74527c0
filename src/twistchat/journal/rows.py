"""Entries as rows: what the journal's one statement a batch is made of."""

from __future__ import annotations

import json
from json.encoder import encode_basestring
from typing import TypeAlias

from twistchat.chat.events import Entry, Said, Source
from twistchat.chat.history import conversation
from twistchat.journal.encoding import encode, fromSource

Row: TypeAlias = tuple[int, int, str, str | None, str]
"""Sequence number, time, kind, conversation, and body, which is JSON; all of it can be encoded as UTF-8."""

KNOWN = 4096
"""Sessions of which it is remembered how what they say begins."""

_write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_writeAscii = json.JSONEncoder(separators=(",", ":")).encode


class RowWriter:
    """
    Writes rows.

    A plain message, which is what nearly every entry is, is put together from the text of its fields; what is in front
    of its text is the same as in the last that its session said, most of the time, and is remembered.  That is a tenth
    of the time that the general way takes, and gives the same JSON.
    """

    __slots__ = ("_heads",)

    def __init__(self) -> None:
        self._heads: dict[str, tuple[Source, str, str | None, str]] = {}

    def row(self, entry: Entry) -> Row:
        """Write an entry."""
        event = entry.event
        if type(event) is not Said or event.rank or event.tags:
            return self._general(entry)
        head = self._heads.get(event.session)
        if head is None or head[0] is not event.source or head[1] != event.room:
            head = self._remember(event)
        body = f'{head[3]}{encode_basestring(event.text)},"kind":"{event.kind}"}}'
        if body.isascii() or _isUtf8(body):
            return (entry.sequence, entry.time, "said", head[2], body)
        return self._general(entry)

    def _remember(self, event: Said) -> tuple[Source, str, str | None, str]:
        """How what a session says in a room begins; and its conversation."""
        if len(self._heads) >= KNOWN:
            self._heads.clear()
        start = (
            f'{{"by":{_write(fromSource(event.source))},"room":{_write(event.room)},'
            f'"session":{_write(event.session)},"text":'
        )
        head = self._heads[event.session] = (event.source, event.room, _encodable(conversation(event)), start)
        return head

    def _general(self, entry: Entry) -> Row:
        kind, fields = encode(entry.event)
        body = _write(fields)
        if not _isUtf8(body):
            body = _writeAscii(fields)
        return (entry.sequence, entry.time, kind, _encodable(conversation(entry.event)), body)


def _encodable(name: str | None) -> str | None:
    """The name of a conversation, as far as it can be written down; all names of rooms and accounts can."""
    return name if name is None or _isUtf8(name) else name.encode("utf-8", "replace").decode()


def _isUtf8(text: str) -> bool:
    """Whether a text can be encoded as UTF-8: it has no lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
