"""Restores accounts, rooms and the bans from the server at start, from the entries in the table C{holding}."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any

from twisted.logger import Logger

from twistchat.chat.errors import ChatError
from twistchat.chat.model.events import Entry, Event, ServerBanSet
from twistchat.chat.model.holding import HoldingChange, holdingChange, keysOf, remaining
from twistchat.journal.codec import Unreadable, decode
from twistchat.journal.sqlite.rows import COLUMNS, encodable, isIntact
from twistchat.journal.stamp import msgid

if TYPE_CHECKING:
    from twistchat.interfaces import Apply

_HELD = f"""
    SELECT {COLUMNS}, (
        SELECT json_group_array(json_array(CAST(conversation AS TEXT), CAST(key AS TEXT)))
        FROM holding WHERE holding.sequence = entry.sequence
    ), sequence IN (SELECT sequence FROM undecided)
    FROM entry WHERE sequence IN (
        SELECT sequence FROM holding UNION SELECT sequence FROM renaming UNION SELECT sequence FROM undecided
    ) ORDER BY sequence
"""

_MISSING = """
    SELECT sequence, CAST(conversation AS TEXT), CAST(key AS TEXT) FROM holding
    WHERE sequence NOT IN (SELECT sequence FROM entry)
    UNION SELECT sequence, '', 'a change' FROM undecided WHERE sequence NOT IN (SELECT sequence FROM entry)
    ORDER BY sequence
"""

log = Logger()


@dataclass(frozen=True, slots=True)
class Held:
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
    for *row, holding, undecided in connection.execute(_HELD):
        yield _held(row, [(place, key) for place, key in json.loads(holding)], bool(undecided))
    for sequence, lost in groupby(connection.execute(_MISSING), lambda row: int(row[0])):
        yield Held(sequence, lost=_shown((place, key) for _, place, key in lost))


def _held(row: Sequence[Any], holding: Sequence[tuple[str, str]], undecided: bool) -> Held:
    """
    Read one entry.

    @param holding: the conversation and the key of everything that it should hold; empty for the pending rename, and
        for undecided entries.
    """
    sequence, time, kind, _, _, body = row
    if not isIntact(*row):
        lost = _shown(holding) or ["a change" if undecided else "the new name of a room"]
        return Held(sequence, lost=lost, undecided=undecided)
    try:
        event = decode(kind, body)
    except Unreadable as e:
        return Held(sequence, error=e, undecided=undecided)
    holds = {encodable(key) for key in keysOf(event, sequence)}
    lost = _shown(what for what in holding if what[1] not in holds)
    keys = {key for _, key in holding}
    return Held(sequence, time, remaining(event, sequence, keys) if holding else event, lost, undecided=undecided)


def _shown(holding: Iterable[tuple[str, str]]) -> list[str]:
    """Describe keys to the administrator, for example C{topic of #lobby}."""
    return [f"{key} of {place}" if place else key for place, key in holding]


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
