"""Export of a room as JSON lines, for other tools."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from twistchat.chat.model.events import Entry, Event, ModesSet, Source
from twistchat.chat.model.names import fold
from twistchat.chat.model.spans import Damaged, Span
from twistchat.journal.codec import encode
from twistchat.journal.history.reader import HistoryReader

_NAMES = Source.__struct_fields__[1:]

_INTERNAL = frozenset({"session"})
"""Fields that are not exported."""

_ALWAYS = ("kind", "reason")
"""Fields that are exported even if they have their default."""


def export(reader: HistoryReader, room: str, page: int = 500) -> Iterator[str | Damaged]:
    """
    Read all entries of a room, oldest first.

    @param room: its name, in any case.
    @param page: the number of entries to read at a time.
    @return: for each entry a JSON object without line ends; or L{Damaged}, if the entry changed on disk.
    """
    after = 0
    while entries := reader.read(Span(fold(room), page, after=after, oldest=True)):
        for entry in entries:
            yield entry if isinstance(entry, Damaged) else json.dumps(_object(entry), ensure_ascii=False)
        after = entries[-1].sequence


def _object(entry: Entry) -> dict[str, Any]:
    """The JSON object of an entry.  It contains no ids of this server, except the entry's own."""
    event = _withoutKeys(entry.event)
    kind, body = encode(event)
    when = datetime.fromtimestamp(entry.time / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    shown = {"sequence": entry.sequence, "msgid": entry.msgid, "time": when, "event": kind}
    fields = {name: _value(value) for name, value in json.loads(body).items() if name not in _INTERNAL}
    always = {name: getattr(event, name) for name in _ALWAYS if hasattr(event, name)}
    return shown | fields | always


def _withoutKeys(event: Event) -> Event:
    """Replace the keys of rooms (mode C{k}) in an event by C{*}."""
    if not isinstance(event, ModesSet):
        return event
    return replace(event, changes=tuple([replace(c, parameter="*") if c.letter == "k" else c for c in event.changes]))


def _value(value: Any) -> Any:
    """Convert a field of a body: sources and tags become objects, not lists."""
    if isinstance(value, list) and value and isinstance(value[0], str):
        names = dict(zip(_NAMES, value[1:], strict=False))
        return names if names.pop("bot", False) is False else names | {"bot": True}
    if isinstance(value, list) and value and isinstance(value[0], list):
        return dict(value)
    if isinstance(value, list):
        return [{name: _value(field) for name, field in item.items()} for item in value]
    return value
