"""Erases the texts of accounts from the journal's file.  Everything here blocks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from twistchat.chat.model.forgetting import remainder
from twistchat.journal.codec import Unreadable, decode, encode
from twistchat.journal.sqlite.rows import COLUMNS, checksum, isIntact

if TYPE_CHECKING:
    from twistchat.journal.sqlite.writing.writer import Writer

_Statement: TypeAlias = tuple[str, tuple[object, ...]]

PENDING = "SELECT json_group_array(json_array(sequence, account)) FROM forgetting"
"""Selects the accounts whose texts are being erased, with the sequence number of the entry that asks for it."""

_DECIDED = f"{PENDING} WHERE sequence NOT IN (SELECT sequence FROM undecided)"

SCANNED = 0.9
"""The part of the work after which only the word index and SQLite's log are left."""

BUSY = 0.99
"""The part of the work after which only SQLite's log is left, while another connection reads it."""

_NEXT = "SELECT sequence, account, examined FROM forgetting ORDER BY sequence LIMIT 1"

_END = "SELECT max(sequence) FROM (SELECT sequence FROM entry WHERE sequence > ? AND sequence < ? LIMIT ?)"

# The source of an event is a list, whose fifth item is the account.  A damaged body may not be JSON.  The folding of
# names is that of ASCII, as in SQLite.
_BY = f"""
    SELECT json_group_array(json_array(sequence, time, kind, conversation, checksum, body, held)) FROM (
        SELECT {COLUMNS}, sequence IN (SELECT sequence FROM holding) AS held FROM entry
        WHERE sequence > :after AND sequence <= :end
            AND CASE WHEN typeof(body) = 'text' AND json_valid(body)
                THEN lower(json_extract(body, '$.by[4]')) = :account END
        ORDER BY sequence LIMIT :count
    )
"""

_GONE = tuple(
    f"DELETE FROM {table} WHERE sequence IN (SELECT value FROM json_each(?))" for table in ("entry", "holding")
)

_REWRITE = "UPDATE entry SET body = ?, checksum = ? WHERE sequence = ?"

# The new checksum is the old one, exclusive-or the change: see rows.conversationChecksum.
_REWRITE_IN_ROOMS = "UPDATE roomentry SET checksum = (checksum | ?) - (checksum & ?) WHERE sequence = ?"

# The word index keeps the words of a deleted text until it merges its segments.
_UNMERGED = "UPDATE journal SET unmerged = 1"

_EXAMINED = "UPDATE forgetting SET examined = ? WHERE sequence = ?"

_OVER = "DELETE FROM forgetting WHERE sequence = ?"


class Erased(NamedTuple):
    """
    The result of a step.

    @ivar sequence: the sequence number of the entry that asks for the erasure.
    @ivar part: the part of the entries that was examined, from 0 to 1.
    @ivar changed: the number of entries that were changed.
    """

    sequence: int
    part: float
    changed: int


def eraseSome(file: Writer, scan: int, count: int) -> Erased | None:
    """
    Take a step of the oldest erasure, as one transaction.

    @param scan: the maximum number of entries to examine.
    @param count: the maximum number of entries to change.
    @return: C{None} if no erasure is left.
    @raise Fault: nothing was changed.
    """
    found = file.query(_NEXT)
    if found is None:
        return None
    sequence, account, examined = found
    (end,) = file.query(_END, (examined, sequence, scan))
    if end is None:
        return Erased(sequence, 1.0, 0)
    (text,) = file.query(_BY, {"after": examined, "end": end, "account": account, "count": count})
    rows = json.loads(text)
    if len(rows) == count:
        end = rows[-1][0]
    statements = _changes(rows)
    file.transact(*statements, (_EXAMINED, (end, sequence)))
    return Erased(sequence, end / sequence, len(rows) if statements else 0)


def finishErasure(file: Writer, sequence: int) -> bool:
    """
    End an erasure, after the word index was merged: remove the bytes from SQLite's log.

    @param sequence: the sequence number of the entry that asks for it.
    @return: whether this was possible; otherwise try again.
    @raise Fault: the file cannot be written.
    """
    file.erased = True
    if not file.scrub():
        return False
    file.change(_OVER, (sequence,))
    return True


def pendingErasures(file: Writer) -> dict[int, str]:
    """
    The accounts whose texts are being erased, by the sequence number of the entry that asks for it, if that was
    applied.
    """
    (text,) = file.query(_DECIDED)
    return dict(json.loads(text))


def _changes(rows: list[list[Any]]) -> list[_Statement]:
    """The statements that erase what the author of these rows wrote."""
    gone: list[int] = []
    statements: list[_Statement] = []
    for sequence, time, kind, conversation, check, body, held in rows:
        left, event = None, None
        if isIntact(sequence, time, kind, conversation, check, body):
            try:
                event = decode(kind, body)
            except Unreadable:
                continue
            left = remainder(event, bool(held))
        elif held:
            continue
        if left is None:
            gone.append(sequence)
        elif left is not event:
            fresh = encode(left)[1]
            changed = checksum(sequence, time, kind, conversation, fresh)
            statements.append((_REWRITE, (fresh.decode(), changed, sequence)))
            change = check ^ changed
            statements.append((_REWRITE_IN_ROOMS, (change, change, sequence)))
    if gone:
        # The trigger of the word index needs the rows, so they are the first to go.
        statements += [(statement, (json.dumps(gone),)) for statement in _GONE]
        statements.append((_UNMERGED, ()))
    return statements
