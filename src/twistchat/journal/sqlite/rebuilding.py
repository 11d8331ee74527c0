"""What rooms keep, and the bans from the server, read back at a start: the entries that the table C{holding} names."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeAlias

from twisted.logger import Logger

from twistchat.chat.errors import ChatError
from twistchat.chat.model.events import Entry, Event, ServerBanSet
from twistchat.chat.model.holding import RENAMED, HoldingChange, keysOf, remaining
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

# There was no room of the new name, so all that was held by that name has been released.  Entries that hold something
# of the room know it by the names that it had then: so those that renamed it later are to be applied again, too.
# This is what L{Holding <twistchat.chat.model.holding.Holding>} does in memory.
RENAME = (
    "DELETE FROM holding WHERE conversation = :target AND :origin <> :target",
    "UPDATE holding SET conversation = :target WHERE conversation = :origin",
    "INSERT INTO holding VALUES (:target, :key, :sequence)",
    f"""
    DELETE FROM holding WHERE conversation = :target AND key GLOB '{RENAMED}*' AND sequence < coalesce(
        (SELECT min(sequence) FROM holding WHERE conversation = :target AND key NOT GLOB '{RENAMED}*'), 9e18
    )
    """,
    "DELETE FROM renaming WHERE sequence = :sequence",
)
"""Move what a room holds to its new name."""

_SET = """
    INSERT OR REPLACE INTO holding
    SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]') FROM json_each(?)
"""

_RELEASE = """
    DELETE FROM holding WHERE (conversation, key) IN (
        SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?)
    )
"""

HeldKeys: TypeAlias = "dict[tuple[str, str], int | None]"
"""What a batch does to what holds: by conversation and key, the entry that holds it now, or C{None} if nothing does."""

log = Logger()


def note(held: HeldKeys, change: HoldingChange, sequence: int) -> None:
    """
    Add what an entry does to what its batch does.

    A room's new name is left to L{RENAME}, which is carried out when it is known that the room has that name.
    """
    room = encodable(change.room)
    for key in change.sets:
        held[room, encodable(key)] = sequence
    for key in change.releases:
        held[room, encodable(key)] = None


def holdingStatements(held: HeldKeys) -> Iterator[tuple[str, Sequence[object]]]:
    """The statements, with their parameters, that write down what a batch does to what holds."""
    sets = [(*key, sequence) for key, sequence in held.items() if sequence is not None]
    releases = [key for key, sequence in held.items() if sequence is None]
    if sets:
        yield _SET, (json.dumps(sets, ensure_ascii=False),)
    if releases:
        yield _RELEASE, (json.dumps(releases, ensure_ascii=False),)


@dataclass(frozen=True, slots=True)
class Held:
    """
    An entry that holds something a room keeps, or a ban from the server.

    @ivar event: what is to be applied: of changes of modes, those that still hold.  What was taken back since would do
        its work again, and might stand in the way of what comes between.  C{None}: nothing.
    @ivar lost: what it is to hold and does not, because the entry, or the table of what it holds, changed on disk.
    @ivar error: why this version cannot read it, or C{None}.
    """

    sequence: int
    time: int = 0
    event: Event | None = None
    lost: Sequence[str] = ()
    error: Unreadable | None = None


def held(connection: sqlite3.Connection) -> Iterator[Held]:
    """
    Read every entry that holds something, in order; and the room's new name of which nobody knows whether it was given,
    if there is one.

    @param connection: reads texts with L{readText <twistchat.journal.sqlite.rows.readText>}.
    """
    for *row, holding in connection.execute(_HELD):
        yield _held(row, [(place, key) for place, key in json.loads(holding)])
    for sequence, lost in groupby(connection.execute(_MISSING), lambda row: int(row[0])):
        yield Held(sequence, lost=_shown((place, key) for _, place, key in lost))


def _held(row: Sequence[Any], holding: Sequence[tuple[str, str]]) -> Held:
    """
    Read one of them.

    @param holding: the conversation and the key of all that it is to hold.  If it is none, the entry is a room's new
        name.
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
    """What is held, for people: each is a mode's letter and its parameter, C{topic}, or a ban."""
    return [f"{key} of {place}" if place else key for place, key in holding]


def rebuild(entries: Iterable[Held], name: str, now: int, apply: Apply) -> tuple[set[int], list[int]]:
    """
    Apply what holds.  The log has what cannot be applied, at level critical if it changed on disk.

    @param name: the journal's.
    @param now: the time, in milliseconds since the epoch.
    @return: the sequence numbers of the entries that were not applied; and those of bans from the server that have
        ended, which were not applied either.
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
