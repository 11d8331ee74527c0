"""
SQL that finds a time in a conversation.

Time never decreases within a conversation.  In the journal as a whole it may: imported texts have the times at which
they were written elsewhere, and come after entries that are newer.
"""

from __future__ import annotations

from typing import Final

from twistchat.journal.sqlite.places import SHARED_KINDS, kindsOf
from twistchat.journal.sqlite.reading import LAST

_KINDS = f"""
    {kindsOf(":name")},
    shared (kind) AS (VALUES {", ".join(f"({kind})" for kind in SHARED_KINDS.split(", "))})
"""


def _timeOf(table: str, kind: str, condition: str, order: str = "ASC") -> str:
    """The time of the first entry of a conversation and kind that fits a condition about C{place.sequence}."""
    return f"""(
        SELECT time FROM entry AS timed WHERE timed.sequence = (
            SELECT place.sequence FROM {table} AS place
            WHERE place.conversation = :name AND place.kind = {kind} AND {condition}
            ORDER BY place.sequence {order} LIMIT 1
        )
    )"""


def _misplaced(table: str, kinds: str) -> str:
    """Whether the guess has an entry of the conversation on the wrong side."""
    kind = f"{kinds}.kind"
    return f"""EXISTS (
        SELECT 1 FROM {kinds}, guess WHERE {kind} IS NOT NULL AND (
            {_timeOf(table, kind, "place.sequence < start", "DESC")} >= :time
            OR {_timeOf(table, kind, "place.sequence >= start")} < :time
        )
    )"""


GUESS: Final = f"""
    WITH RECURSIVE {_KINDS},
    guess (start) AS (
        SELECT coalesce((SELECT sequence FROM entry WHERE time >= :time ORDER BY time, sequence LIMIT 1), {LAST})
    )
    SELECT start, {_misplaced("entry", "present")} OR {_misplaced("roomentry", "shared")}, EXISTS (SELECT 1 FROM moving)
    FROM guess
"""
"""
The sequence number of the first entry of the journal at a time or later; whether this number does not divide the
conversation; and whether entries of renamed rooms have not been moved yet.  In a journal without imports, it divides
every conversation.
"""


def _halving(name: str, table: str, kinds: str) -> str:
    """A recursive table that halves the stretch in which the time begins, for each kind, until nothing is left."""
    middle = f"({name}.low + {name}.high) / 2"
    # The first entry of the upper half if it is too early, and NULL otherwise.
    early = f"""(
        SELECT CASE WHEN (SELECT time FROM entry AS timed WHERE timed.sequence = place.sequence) < :time
            THEN place.sequence END
        FROM {table} AS place
        WHERE place.conversation = :name AND place.kind = {name}.kind
            AND place.sequence >= {middle} AND place.sequence < {name}.high
        ORDER BY place.sequence LIMIT 1
    )"""
    return f"""{name} (kind, low, high) AS (
        SELECT kind, :start, min(:end, (SELECT coalesce(max(sequence), 0) + 1 FROM entry))
        FROM {kinds} WHERE kind IS NOT NULL
        UNION ALL
        SELECT kind, coalesce({early} + 1, low), CASE WHEN {early} IS NULL THEN {middle} ELSE high END
        FROM {name} WHERE low < high
    )"""


FIRST: Final = f"""
    WITH RECURSIVE {_KINDS}, {_halving("own", "entry", "present")}, {_halving("others", "roomentry", "shared")}
    SELECT coalesce(max(low), 0) FROM (SELECT low FROM own UNION ALL SELECT low FROM others) WHERE low > :start
"""
"""
The sequence number after the last entry of a part of a conversation that is before a time; 0 if there is none.  It
takes two look-ups for each bit of a sequence number and each kind.
"""
