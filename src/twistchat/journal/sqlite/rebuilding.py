"""Restores the state of rooms and the bans from the server at start, from the entries in the table C{holding}."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from twisted.logger import Logger

from twistchat.chat.errors import ChatError
from twistchat.chat.model.events import Entry, Event, ServerBanSet
from twistchat.chat.model.holding import keysOf, remaining
from twistchat.journal.codec import Unreadable, decode
from twistchat.journal.sqlite.rows import COLUMNS, encodable, isIntact
from twistchat.journal.stamp import msgid

if TYPE_CHECKING:
    from twistchat.interfaces import Apply

_HELD = f"""
    SELECT {COLUMNS}, (
        SELECT json_group_array(json_array(CAST(conversation AS TEXT), CAST(key AS TEXT)))
        FROM holding WHERE holding.sequence = entry.sequence
    )
    FROM entry WHERE sequence IN (SELECT sequence FROM holding UNION SELECT sequence FROM renaming) ORDER BY sequence
"""

_MISSING = """
    SELECT sequence, CAST(conversation AS TEXT), CAST(key AS TEXT) FROM holding
    WHERE sequence NOT IN (SELECT sequence FROM entry) ORDER BY sequence
"""

log = Logger()


@dataclass(frozen=True, slots=True)
class Held:
    """
    An entry that holds keys of the register, or a pending rename.

    @ivar event: the event to apply; C{None} for none.  It has only the mode changes that are still current, because the
        others could conflict with entries in between.
    @ivar lost: the keys that the entry should hold and does not, because the row, or the table C{holding}, changed on
        disk.
    @ivar error: why this version cannot read the entry, or C{None}.
    """

    sequence: int
    time: int = 0
    event: Event | None = None
    lost: Sequence[str] = ()
    error: Unreadable | None = None


def held(connection: sqlite3.Connection) -> Iterator[Held]:
    """
    Read all entries that hold keys, in order, and the pending rename if there is one.

    @param connection: reads texts with L{readText <twistchat.journal.sqlite.rows.readText>}.
    """
    for *row, holding in connection.execute(_HELD):
        yield _held(row, [(place, key) for place, key in json.loads(holding)])
    for sequence, lost in groupby(connection.execute(_MISSING), lambda row: int(row[0])):
        yield Held(sequence, lost=_shown((place, key) for _, place, key in lost))


def _held(row: Sequence[Any], holding: Sequence[tuple[str, str]]) -> Held:
    """
    Read one entry.

    @param holding: the conversation and the key of everything that it should hold; empty for the pending rename.
    """
    sequence, time, kind, _, _, body = row
    if not isIntact(*row):
        return Held(sequence, lost=_shown(holding) or ["the new name of a room"])
    try:
        event = decode(kind, body)
    except Unreadable as e:
        return Held(sequence, error=e)
    holds = {encodable(key) for key in keysOf(event, sequence)}
    lost = _shown(what for what in holding if what[1] not in holds)
    keys = {key for _, key in holding}
    return Held(sequence, time, remaining(event, sequence, keys) if holding else event, lost)


def _shown(holding: Iterable[tuple[str, str]]) -> list[str]:
    """Describe keys to the administrator, for example C{topic of #lobby}."""
    return [f"{key} of {place}" if place else key for place, key in holding]


def rebuild(entries: Iterable[Held], name: str, now: int, apply: Apply) -> tuple[set[int], list[int]]:
    """
    Apply entries.  Those that cannot be applied are logged, at level critical if they changed on disk.

    @param name: the journal's name.
    @param now: the time, in milliseconds since the epoch.
    @return: the sequence numbers of the entries that were not applied, and those of the bans that have ended.
    """
    refused: set[int] = set()
    over: list[int] = []
    for found in entries:
        sequence, event = found.sequence, found.event
        error: Exception | None = found.error
        if found.lost:
            log.critical(
                "Entry {sequence} of the journal, or what was noted of it, changed on disk, and this is not in force"
                " any more: {lost}.  Set it again; twistchat check reads all of the journal",
                sequence=sequence,
                lost=", ".join(found.lost),
            )
        if isinstance(event, ServerBanSet) and event.until is not None and event.until <= now:
            over.append(sequence)
            continue
        if event is not None:
            try:
                apply(Entry(sequence, msgid(name, sequence), found.time, event), None)
                continue
            except ChatError as e:
                error = e
        refused.add(sequence)
        if error is not None:
            log.warn(
                "Entry {sequence} of the journal changes nothing any more: {error!r}", sequence=sequence, error=error
            )
    return refused, over
