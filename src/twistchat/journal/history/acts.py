"""Reads the audit trail in the journal's file.  Everything here blocks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from twistchat.chat.model.names import fold
from twistchat.chat.model.spans import At, following
from twistchat.journal.sqlite.faults import faults
from twistchat.journal.sqlite.reading import ACTS, LAST
from twistchat.journal.sqlite.rows import COLUMNS

if TYPE_CHECKING:
    from twistchat.chat.model.spans import Acts, Kept
    from twistchat.journal.history.reader import HistoryReader

# See Acts.fits, which does the same for events.  The folding of names is that of ASCII, as in SQLite.
_WHO = "{0} IN (lower(json_extract(body, '$.who')), lower(json_extract(body, '$.by[4]')))"
_ACT = "instr('.' || lower(json_extract(body, '$.act')) || '.', '.' || {0} || '.') > 0"
_TARGET = "lower(coalesce(json_extract(body, '$.target'), '')) = {0}"
_MATCHING = f"coalesce({_WHO}, 0) OR {_ACT} OR {_TARGET}"

_FILTERS = " AND ".join(
    f"(:{name} IS NULL OR {test.format(f':{name}')})"
    for name, test in (("who", _WHO), ("act", _ACT), ("target", _TARGET), ("matching", _MATCHING))
)

# A damaged body may not be JSON, and may be any act.
_ACTS = f"""
    SELECT json_group_array(json_array(sequence, time, kind, conversation, checksum, body)) FROM (
        SELECT {COLUMNS} FROM entry {{0}}
        WHERE kind = 'act' AND sequence >= :start AND sequence < :end AND time >= :since AND time < :until
            AND sequence NOT IN (SELECT value FROM json_each(:without))
            AND CASE WHEN typeof(body) = 'text' AND json_valid(body) THEN {_FILTERS} ELSE 1 END
        ORDER BY sequence DESC LIMIT :limit
    )
"""


def readActs(reader: HistoryReader, acts: Acts, before: int = LAST, without: str = "[]") -> Sequence[Kept]:
    """
    Read acts.  See L{IHistory.acts <twistchat.interfaces.IHistory.acts>}.

    @param before: leave out entries with this sequence number or a higher one.
    @param without: further sequence numbers to leave out, as a JSON array.
    @raise Fault: the file cannot be read.
    """
    query = _ACTS.format("INDEXED BY entry_act" if reader.version >= ACTS else "NOT INDEXED")
    words = {name: getattr(acts, name) for name in ("who", "act", "target", "matching")}
    filters = {name: None if word is None else fold(word) for name, word in words.items()}
    with faults():
        after = None if acts.after is None else following(acts.after)
        bounds = {
            "start": after if isinstance(after, int) else 0,
            "end": min(before, acts.before) if isinstance(acts.before, int) else before,
            "since": after.time if isinstance(after, At) else -LAST,
            "until": acts.before.time if isinstance(acts.before, At) else LAST,
            "without": without,
            "limit": acts.limit,
        }
        (text,) = reader.file.execute(query, bounds | filters).fetchone()
    return reader.file.entries(json.loads(text))[::-1]
