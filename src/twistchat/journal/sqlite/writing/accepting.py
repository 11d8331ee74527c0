"""
Late changes of the register: they are made when their entry has been applied (L{twistchat.chat.model.holding}).

An entry is stored before anybody knows whether it can be applied.  If its change releases keys of other entries, which
are then deleted, the change must wait until that is known.
"""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING

from twistchat.chat.model.events import AccountEvent
from twistchat.journal.codec import KINDS
from twistchat.journal.sqlite.rows import encodable

if TYPE_CHECKING:
    from twistchat.chat.model.holding import HoldingChange

_ACCOUNTS = json.dumps([kind for event, kind in KINDS.items() if issubclass(event, AccountEvent)])
"""The kinds of events that are deleted when their entry holds no key any more, as a JSON array."""

_SECRETS = frozenset(kind for event, kind in KINDS.items() if issubclass(event, AccountEvent) and event.secret)
"""The kinds of these whose bytes must leave SQLite's log soon."""

_LOSES = """
    conversation = :scope AND sequence < :sequence AND (
        key IN (SELECT value FROM json_each(:keys))
        OR sequence <= :through
            AND EXISTS (SELECT 1 FROM json_each(:prefixes) WHERE substr(holding.key, 1, length(value)) = value)
    )
"""

_LOSERS = f"SELECT json_group_array(DISTINCT sequence) FROM holding WHERE {_LOSES}"

_RELEASE = f"DELETE FROM holding WHERE {_LOSES}"

_SET = "INSERT OR REPLACE INTO holding SELECT :scope, value, :sequence FROM json_each(:sets)"

_DECIDED = "DELETE FROM undecided WHERE sequence = :sequence"

_ERASE = """
    DELETE FROM entry WHERE sequence IN (SELECT value FROM json_each(:losers))
        AND sequence NOT IN (SELECT sequence FROM holding)
        AND kind IN (SELECT value FROM json_each(:kinds))
    RETURNING kind
"""


def accept(connection: sqlite3.Connection, sequence: int, change: HoldingChange) -> bool:
    """
    Make a late change.  Events of accounts that it leaves without a key are deleted.  Call this in a transaction.

    @param sequence: the sequence number of the entry, which has been applied.
    @return: whether a secret was deleted, see L{AccountEvent}.
    """
    sets = [encodable(key) for key in change.keys(sequence)]
    parameters: dict[str, object] = {
        "sequence": sequence,
        "scope": encodable(change.scope),
        "keys": json.dumps([*sets, *map(encodable, change.releases)], ensure_ascii=False),
        "prefixes": json.dumps(change.prefixes),
        "through": sequence if change.through is None else change.through,
        "sets": json.dumps(sets, ensure_ascii=False),
    }
    (losers,) = connection.execute(_LOSERS, parameters).fetchone()
    connection.execute(_RELEASE, parameters)
    connection.execute(_SET, parameters)
    connection.execute(_DECIDED, parameters)
    if losers == "[]":
        return False
    erased = connection.execute(_ERASE, {"losers": losers, "kinds": _ACCOUNTS}).fetchall()
    return any(kind in _SECRETS for (kind,) in erased)
