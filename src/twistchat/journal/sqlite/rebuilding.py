"""Restores accounts, rooms and the bans from the server at start, from the entries in the table C{holding}."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import merge
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from twisted.logger import Logger

from twistchat.chat.errors import ChatError
from twistchat.chat.model.events import Entry, Event, ServerBanSet
from twistchat.chat.model.holding import DIVISIBLE, HoldingChange, describe, holdingChange, remaining
from twistchat.journal.codec import Unreadable, decode
from twistchat.journal.sqlite.rows import COLUMNS, checksum, encodable
from twistchat.journal.stamp import msgid

if TYPE_CHECKING:
    from twistchat.interfaces import Apply

_COLUMNS = COLUMNS.replace("CAST(body AS TEXT)", "CAST(body AS BLOB)")

# In the order of the index holding_sequence, so that nothing is sorted.
_HELD = f"""
    SELECT {_COLUMNS}, CAST(place AS TEXT), CAST(key AS TEXT)
    FROM (SELECT sequence, conversation AS place, key FROM holding) AS held CROSS JOIN entry USING (sequence)
    ORDER BY held.sequence
"""

_DUE = f"""
    SELECT {_COLUMNS}, sequence IN (SELECT sequence FROM undecided)
    FROM entry WHERE sequence IN (SELECT sequence FROM renaming UNION SELECT sequence FROM undecided)
    ORDER BY sequence
"""

_MISSING = """
    SELECT sequence, CAST(conversation AS TEXT), CAST(key AS TEXT) FROM holding
    WHERE sequence NOT IN (SELECT sequence FROM entry)
    UNION SELECT sequence, '', 'a change' FROM undecided WHERE sequence NOT IN (SELECT sequence FROM entry)
    ORDER BY sequence
"""

log = Logger()


class Held(Struct, frozen=True, gc=False):
    """
    An entry that holds keys of the register, an undecided one, or a pending rename.

    @ivar event: the event to apply; C{None} for none.  It has only the mode changes that are still current, because the
        others could conflict with entries in between.
    @ivar lost: the keys that the entry should hold and does not, because the row, or the table C{holding}, changed on
        disk.
    @ivar error: why this version cannot read the entry, or C{None}.
    @ivar undecided: whether its late change has not been made.
    """

    sequence: int
    time: int = 0
    event: Event | None = None
    lost: Sequence[str] = ()
    error: Unreadable | None = None
    undecided: bool = False


@dataclass(slots=True)
class Rebuilding:
    """
    The result of L{rebuild}.

    @ivar refused: the sequence numbers of the entries that were not applied.
    @ivar over: those of the bans that have ended.
    @ivar accepted: the undecided entries that were applied, with their late changes, in order.
    @ivar undecided: the sequence numbers of all undecided entries.
    """

    refused: set[int] = field(default_factory=set)
    over: list[int] = field(default_factory=list)
    accepted: list[tuple[int, HoldingChange]] = field(default_factory=list)
    undecided: set[int] = field(default_factory=set)


def held(connection: sqlite3.Connection) -> Iterator[Held]:
    """
    Read all entries that hold keys, in order, with the undecided ones, and the pending rename if there is one.

    @param connection: reads texts with L{readText <twistchat.journal.sqlite.rows.readText>}.
    """
    due = [_due(row, bool(undecided)) for *row, undecided in connection.execute(_DUE)]
    yield from merge(_holding(connection), due, key=attrgetter("sequence")) if due else _holding(connection)
    for sequence, lost in groupby(connection.execute(_MISSING), lambda row: int(row[0])):
        yield Held(sequence, lost=_shown((place, key) for _, place, key in lost))


def _holding(connection: sqlite3.Connection) -> Iterator[Held]:
    """Read the entries that hold keys, in order."""
    row: Sequence[Any] = ()
    holding: list[tuple[str, str]] = []
    for *next, place, key in connection.execute(_HELD):
        if holding and next[0] == row[0]:
            holding.append((place, key))
            continue
        if holding:
            yield _held(row, holding)
        row, holding = next, [(place, key)]
    if holding:
        yield _held(row, holding)


def _held(row: Sequence[Any], holding: Sequence[tuple[str, str]]) -> Held:
    """
    Read one entry.

    @param holding: the conversation and the key of everything that it should hold.
    """
    sequence, time, kind, _, _, body = row
    if not _isIntact(*row):
        return Held(sequence, lost=_shown(holding))
    try:
        event = decode(kind, body)
    except Unreadable as e:
        return Held(sequence, error=e)
    change = holdingChange(event)
    holds = () if change is None else change.keys(sequence)
    lost = [what for what in holding if what[1] not in holds]
    if lost:
        stored = {encodable(key) for key in holds}
        lost = [what for what in lost if what[1] not in stored]
    current: Event | None = event
    if isinstance(event, DIVISIBLE):
        current = remaining(event, sequence, {key for _, key in holding})
    elif len(lost) == len(holding):
        current = None
    return Held(sequence, time, current, _shown(lost) if lost else ())


def _due(row: Sequence[Any], undecided: bool) -> Held:
    """Read one entry that was stored, and neither applied nor refused."""
    sequence, time, kind, _, _, body = row
    if not _isIntact(*row):
        return Held(sequence, lost=["a change" if undecided else "the new name of a room"], undecided=undecided)
    try:
        return Held(sequence, time, decode(kind, body), undecided=undecided)
    except Unreadable as e:
        return Held(sequence, error=e, undecided=undecided)


def _isIntact(
    sequence: int, time: int | None, kind: str | None, place: str | None, check: int | None, body: bytes | None
) -> bool:
    """See L{isIntact <twistchat.journal.sqlite.rows.isIntact>}.  The body was not decoded."""
    if time is None or kind is None or body is None:
        return False
    return check == checksum(sequence, time, kind, place, body)


def _shown(holding: Iterable[tuple[str, str]]) -> list[str]:
    """Describe keys to the administrator, for example C{topic of #lobby}."""
    return [describe(place, key) for place, key in holding]


def rebuild(entries: Iterable[Held], name: str, now: int, apply: Apply) -> Rebuilding:
    """
    Apply entries.  Those that cannot be applied are logged, at level critical if they changed on disk.

    @param name: the journal's name.
    @param now: the time, in milliseconds since the epoch.
    """
    result = Rebuilding()
    for found in entries:
        sequence, event = found.sequence, found.event
        error: Exception | None = found.error
        if found.undecided:
            result.undecided.add(sequence)
        if found.lost:
            log.critical(
                "Entry {sequence} of the journal, or what was noted of it, changed on disk, and this is not in force"
                " any more: {lost}.  Set it again; twistchat check reads all of the journal",
                sequence=sequence,
                lost=", ".join(found.lost),
            )
        if isinstance(event, ServerBanSet) and event.until is not None and event.until <= now:
            result.over.append(sequence)
            continue
        if event is not None:
            try:
                apply(Entry(sequence, msgid(name, sequence), found.time, event), None)
            except ChatError as e:
                error = e
            else:
                change = holdingChange(event) if found.undecided else None
                if change is not None:
                    result.accepted.append((sequence, change))
                continue
        result.refused.add(sequence)
        if error is not None:
            log.warn(
                "Entry {sequence} of the journal changes nothing any more: {error!r}", sequence=sequence, error=error
            )
    return result
