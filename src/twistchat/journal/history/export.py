"""A room's entries as JSON lines, for whoever wants to read them with other tools."""

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

PAGE = 500
"""Entries that are read at a time."""

_NAMES = Source.__struct_fields__[1:]

_OWN = frozenset({"session", "origin"})
"""Fields that are for this server."""

_ALWAYS = ("kind", "reason")
"""Fields that are shown where they have their default, too."""


def export(reader: HistoryReader, room: str) -> Iterator[str | Damaged]:
    """
    Read all that is kept of a room, oldest first.

    @param room: its name, in any case.
    @return: one JSON object an entry, with no line end in it nor behind it; or L{Damaged}, if it changed on disk.
    """
    after = 0
    while entries := reader.read(Span(fold(room), PAGE, after=after, oldest=True)):
        for entry in entries:
            yield entry if isinstance(entry, Damaged) else json.dumps(_object(entry), ensure_ascii=False)
        after = entries[-1].sequence


def _object(entry: Entry) -> dict[str, Any]:
    """
    An entry as people and programs elsewhere read it: when it was, who did it and what, with no id of this server's own
    but those of the entry.
    """
    event = _withoutKeys(entry.event)
    kind, body = encode(event)
    when = datetime.fromtimestamp(entry.time / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    shown = {"sequence": entry.sequence, "msgid": entry.msgid, "time": when, "event": kind}
    fields = {name: _value(value) for name, value in json.loads(body).items() if name not in _OWN}
    always = {name: getattr(event, name) for name in _ALWAYS if hasattr(event, name)}
    return shown | fields | always


def _withoutKeys(event: Event) -> Event:
    """An event without the keys of rooms that it names."""
    if not isinstance(event, ModesSet):
        return event
    return replace(event, changes=tuple([replace(c, parameter="*") if c.letter == "k" else c for c in event.changes]))


def _value(value: Any) -> Any:
    """A field of a body, with the names of a source or of tags in place of bare lists."""
    if isinstance(value, list) and value and isinstance(value[0], str):
        names = dict(zip(_NAMES, value[1:], strict=False))
        return names if names.pop("bot", False) is False else names | {"bot": True}
    if isinstance(value, list) and value and isinstance(value[0], list):
        return dict(value)
    if isinstance(value, list):
        return [{name: _value(field) for name, field in item.items()} for item in value]
    return value
