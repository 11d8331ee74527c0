"""
SQL that selects entries of one conversation, in order and without a scan.

The index C{entry_place} has the entries of each conversation and kind in order.  So each kind is read up to the limit,
and the results are merged.  The index skips from one kind to the next.
"""

from __future__ import annotations

from typing import Final

from twistchat.chat.model.spans import SHARED
from twistchat.journal.codec import KINDS

SHARED_KINDS: Final = ", ".join(sorted([f"'{KINDS[event]}'" for event in SHARED]))
"""The kinds of entries in the table C{roomentry}, as a list of SQL."""


def kindsOf(name: str) -> str:
    """
    A recursive table C{present}: the kinds of the entries of a conversation, and NULL.

    @param name: the name of the conversation, as an expression of SQL.
    """
    return f"""present (kind) AS (
        SELECT min(kind) FROM entry WHERE conversation = {name}
        UNION ALL
        SELECT (SELECT min(kind) FROM entry WHERE conversation = {name} AND kind > present.kind)
        FROM present WHERE present.kind IS NOT NULL
    )"""


def sequences(name: str, condition: str, order: str, limit: str, kinds: str = "present") -> str:
    """
    A query of the sequence numbers of entries of a conversation.

    @param name: the name of the conversation, as an expression of SQL.
    @param condition: a further condition, about the sequence number.
    @param order: C{ASC} or C{DESC}.
    @param limit: the maximum number, as an expression of SQL.
    @param kinds: a table with a column C{kind}: the kinds to select.  See L{kindsOf}.
    """
    return f"""SELECT value AS sequence FROM {kinds}, json_each((
        SELECT json_group_array(sequence) FROM (
            SELECT sequence FROM entry WHERE conversation = {name} AND kind = {kinds}.kind AND {condition}
            ORDER BY sequence {order} LIMIT {limit}
        )
    ))
    ORDER BY sequence {order} LIMIT {limit}"""
