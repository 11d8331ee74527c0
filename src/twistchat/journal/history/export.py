"""Export of a room, of everything that belongs to an account, or of the whole journal, as JSON lines."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from heapq import merge
from operator import attrgetter
from typing import Any

from msgspec.structs import replace

from twistchat.chat.model.events import CredentialSet, Entry, Event, ModesSet, Source
from twistchat.chat.model.forgetting import withoutPending
from twistchat.chat.model.names import fold
from twistchat.chat.model.spans import Damaged, Kept, Span, conversationsOf
from twistchat.journal.codec import encode
from twistchat.journal.history.reader import HistoryReader
from twistchat.journal.history.removal.erasing import PENDING
from twistchat.journal.sqlite.faults import faults
from twistchat.journal.sqlite.reading import FORGETS, LATE, RowReader
from twistchat.journal.sqlite.rows import COLUMNS

_LAST = "SELECT coalesce(max(sequence), 0) FROM entry"

# An entry belongs to an account if the account wrote it, if it is about the account, or if it is in a private
# conversation of the account.  A damaged body may not be JSON, and may belong to anyone.
_OF_ACCOUNT = f"""
    SELECT json_group_array(json_array(sequence, time, kind, conversation, checksum, body)) FROM (
        SELECT {COLUMNS} FROM entry
        WHERE sequence > :after AND sequence <= :end AND (
            CASE WHEN typeof(body) = 'text' AND json_valid(body)
                THEN lower(coalesce(json_extract(body, '$.by[4]'), '')) = :account
                    OR lower(coalesce(json_extract(body, '$.account'), '')) = :account
                ELSE 1
            END
            OR conversation LIKE '% %' AND instr(' ' || conversation || ' ', ' ' || :account || ' ') > 0
        )
        ORDER BY sequence
    )
"""

_END = "SELECT max(sequence) FROM (SELECT sequence FROM entry WHERE sequence > ? ORDER BY sequence LIMIT ?)"

_SOURCES = frozenset({"by", "to", "kicked", "invitee", "subject", "killed", "user"})
"""The fields that contain the names of a user."""

_NAMES = Source.__struct_fields__[1:]

_INTERNAL = frozenset({"session"})
"""Fields that are not exported."""

FORMAT = "twistchat journal"
"""The value of C{format} in the first line of an export of the whole journal."""

FORMAT_VERSION = 1
"""The version of this format.  A program that knows a version reads all exports of it."""

_ALL = f"""
    SELECT json_group_array(json_array(sequence, time, kind, conversation, checksum, body)) FROM (
        SELECT {COLUMNS} FROM entry WHERE sequence > ? AND sequence <= ? ORDER BY sequence LIMIT ?
    )
"""

# Entries that were stored, and neither applied nor refused yet.
_UNSETTLED = "SELECT min(sequence) FROM (SELECT sequence FROM undecided UNION ALL SELECT sequence FROM renaming)"

_ALWAYS = ("kind", "reason")
"""Fields that are exported even if they have their default."""


def export(
    reader: HistoryReader, room: str, progress: Callable[[float], None] = lambda part: None, page: int = 500
) -> Iterator[str | Damaged]:
    """
    Read all entries of a room, oldest first, with the texts to its ranks.

    @param room: its name, in any case.
    @param progress: called with the part of the journal that was read, from 0 to 1.
    @param page: the number of entries to read at a time.
    @return: for each entry a JSON object without line ends; or L{Damaged}, if the entry changed on disk.
    """
    pending = _pending(reader.file)
    with faults():
        (last,) = reader.file.execute(_LAST).fetchone()
    for entry in merge(
        *[_read(reader, name, page) for name in conversationsOf(fold(room))], key=attrgetter("sequence")
    ):
        progress(min(entry.sequence / last, 1.0))
        yield from _line(entry, pending)
    progress(1.0)


def _read(reader: HistoryReader, name: str, page: int) -> Iterator[Kept]:
    """Read all entries of a conversation, oldest first."""
    after = 0
    while entries := reader.read(Span(name, page, after=after, oldest=True)):
        yield from entries
        after = entries[-1].sequence


def _pending(file: RowReader) -> dict[int, str]:
    """
    The accounts whose texts are being erased, by the sequence number of the entry that asks for it.

    @raise Fault: the file cannot be read.
    """
    if file.version < FORGETS:
        return {}
    with faults():
        (text,) = file.execute(PENDING).fetchone()
    return dict(json.loads(text))


def _line(kept: Kept, pending: Mapping[int, str]) -> Iterator[str | Damaged]:
    """
    The line of an entry, if it has one: without what is being erased.

    @param pending: see L{_pending}.
    """
    left = withoutPending(kept, pending) if isinstance(kept, Entry) else kept
    if left is not None:
        yield left if isinstance(left, Damaged) else json.dumps(_object(left), ensure_ascii=False)


def exportAccount(
    reader: RowReader, account: str, progress: Callable[[float], None], page: int = 2000
) -> Iterator[str | Damaged]:
    """
    Read everything that belongs to an account, oldest first: its registration, settings, nicks, credentials without
    their secrets, read markers, its rooms and its places in the access lists of others; what its users wrote; and its
    private conversations, with what the others wrote.

    @param account: its name, in any case.
    @param progress: called with the part of the journal that was read, from 0 to 1.
    @param page: the number of entries to examine at a time.
    @return: as L{export}.
    @raise Fault: the file cannot be read.
    """
    with faults():
        (last,) = reader.execute(_LAST).fetchone()
    after, pending = 0, _pending(reader)
    while after < last:
        with faults():
            (end,) = reader.execute(_END, (after, page)).fetchone()
            where = {"after": after, "end": end, "account": fold(account)}
            (text,) = reader.execute(_OF_ACCOUNT, where).fetchone()
        for row in json.loads(text):
            entry = reader.entry(row, row[3])
            if entry is not None:
                yield from _line(entry, pending)
        after = end
        progress(min(after / last, 1.0))


def exportAll(reader: RowReader, progress: Callable[[float], None], page: int = 2000) -> Iterator[str | Damaged]:
    """
    Read the whole journal, oldest entry first, for an import into another journal.

    The first line names the format and the journal.  Each further line is an entry: its C{sequence}, C{msgid}, C{time}
    and C{event} as in the other exports, its C{conversation} if it has one, and the C{body} as the journal stores it,
    but for secrets: L{_withoutSecrets}.

    @param progress: called with the part of the journal that was read, from 0 to 1.
    @param page: the number of entries to read at a time.
    @return: for each entry a JSON object without line ends; or L{Damaged}, if the entry changed on disk or cannot be
        read by this version.
    @raise Fault: the file cannot be read.
    """
    head = {"format": FORMAT, "version": FORMAT_VERSION, "journal": reader.name}
    yield json.dumps(head)
    with faults():
        (last,) = reader.execute(_LAST).fetchone()
        (unsettled,) = reader.execute(_UNSETTLED).fetchone() if reader.version >= LATE else (None,)
    end = last if unsettled is None else min(last, unsettled - 1)
    after, pending = 0, _pending(reader)
    while True:
        with faults():
            rows = json.loads(reader.execute(_ALL, (after, end, page)).fetchone()[0])
        if not rows:
            return
        for row in rows:
            entry = reader.entry(row, row[3])
            left = withoutPending(entry, pending) if isinstance(entry, Entry) else Damaged(row[0])
            if left is not None:
                yield left if isinstance(left, Damaged) else _entryLine(left, row[3])
        after = rows[-1][0]
        progress(min(after / end, 1.0))


def _entryLine(entry: Entry, conversation: str | None) -> str:
    """
    The line of an entry in an export of the whole journal.

    @param conversation: where the journal keeps it, which differs from what the event says if the room was renamed.
    """
    kind, body = encode(_withoutSecrets(entry.event))
    head: dict[str, Any] = {
        "sequence": entry.sequence,
        "msgid": entry.msgid,
        "time": _isoTime(entry.time),
        "event": kind,
    }
    if conversation is not None:
        head["conversation"] = conversation
    return f'{json.dumps(head, ensure_ascii=False)[:-1]}, "body": {body.decode()}}}'


def _isoTime(time: int) -> str:
    return datetime.fromtimestamp(time / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _object(entry: Entry) -> dict[str, Any]:
    """The JSON object of an entry.  It contains no ids of this server, except the entry's own."""
    event = _withoutSecrets(entry.event)
    kind, body = encode(event)
    shown = {"sequence": entry.sequence, "msgid": entry.msgid, "time": _isoTime(entry.time), "event": kind}
    fields = {name: _value(value, name) for name, value in json.loads(body).items() if name not in _INTERNAL}
    always = {name: getattr(event, name) for name in _ALWAYS if hasattr(event, name)}
    return shown | fields | always


def _withoutSecrets(event: Event) -> Event:
    """Replace the keys of rooms (mode C{k}) in an event by C{*}, and leave out what proves a login."""
    if isinstance(event, CredentialSet):
        return replace(event, credential=replace(event.credential, secret="", scram=""), openedWith="")
    if not isinstance(event, ModesSet):
        return event
    return replace(event, changes=tuple([replace(c, parameter="*") if c.letter == "k" else c for c in event.changes]))


def _value(value: Any, field: str) -> Any:
    """Convert a field of a body: sources and tags become objects, not lists."""
    if isinstance(value, list) and field in _SOURCES:
        names = dict(zip(_NAMES, value[1:], strict=False))
        return names if names.pop("bot", False) is False else names | {"bot": True}
    if isinstance(value, list) and value and isinstance(value[0], list):
        return dict(value) if field == "tags" else value
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [{name: _value(item, name) for name, item in each.items()} for each in value]
    return value
