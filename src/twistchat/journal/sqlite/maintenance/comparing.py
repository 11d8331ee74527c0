"""Compares the databases of two nodes of a cluster, which must have the same content."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from hashlib import blake2b
from pathlib import Path

from twistchat.journal.sqlite.faults import faults
from twistchat.journal.sqlite.reading import connect

# The conversation that a row belongs to, see the view "belonging" in the schema.
_SHARED = """
    SELECT sequence, CAST(kind AS BLOB), CAST((
        WITH RECURSIVE way (step, name) AS (
            SELECT 0, roomentry.conversation
            UNION ALL
            SELECT moving.sequence, moving.target FROM way JOIN moving ON moving.sequence = (
                SELECT min(later.sequence) FROM moving AS later
                WHERE later.origin = way.name AND later.sequence > way.step AND later.sequence > roomentry.sequence
            ) AND moving.origin = way.name
        )
        SELECT name FROM way ORDER BY step DESC LIMIT 1
    ) AS BLOB) AS place
    FROM roomentry WHERE sequence > :after ORDER BY sequence, place
"""

_TABLES: Mapping[str, str] = {
    "constant": "SELECT CAST(name AS BLOB), value FROM constant ORDER BY name",
    "entry": """
        SELECT entry.sequence, time, CAST(entry.kind AS BLOB), CAST(belonging.conversation AS BLOB), CAST(body AS BLOB)
        FROM entry JOIN belonging USING (sequence) WHERE entry.sequence > :after ORDER BY entry.sequence
    """,
    "roomentry": _SHARED,
    "holding": """
        SELECT CAST(conversation AS BLOB), CAST(key AS BLOB), sequence FROM holding ORDER BY conversation, key
    """,
    "correspondent": """
        SELECT CAST(account AS BLOB), CAST(conversation AS BLOB) FROM correspondent
        WHERE :after = 0 ORDER BY account, conversation
    """,
    "undecided": "SELECT sequence FROM undecided ORDER BY sequence",
    "renaming": """
        SELECT sequence, CAST(origin AS BLOB), CAST(target AS BLOB) FROM renaming ORDER BY sequence
    """,
    "forgetting": "SELECT sequence, CAST(account AS BLOB) FROM forgetting ORDER BY sequence",
}


def digest(path: Path, after: int = 0) -> Mapping[str, str]:
    """
    Hash the content of a journal's file, which a server may use meanwhile.

    Two files with the same hashes have the same entries and the same register.  The hashes do not depend on what each
    node does at its own pace and without a difference to readers: the word index, the entries of renamed rooms that
    still have to move, and the snapshot.  They do depend on the entries that retention deletes, and on the texts of an
    account that are being erased, while that work goes on.

    @param path: the file.
    @param after: leave out the entries up to this sequence number, because retention deletes them at its own pace; then
        the lists of private conversations are left out too.
    @return: the hash of each table, in hexadecimal.
    @raise Fault: the file cannot be read.
    """
    with faults(), closing(connect(path)) as connection:
        connection.execute("BEGIN")
        return {table: _hash(connection, query, after) for table, query in _TABLES.items()}


def differences(one: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    """The tables in which two results of L{digest} differ, in order."""
    return sorted(table for table in {*one, *other} if one.get(table) != other.get(table))


def _hash(connection: sqlite3.Connection, query: str, after: int) -> str:
    """Hash the rows of a query.  They contain numbers, bytes and C{None} only."""
    found = blake2b(digest_size=16)
    for row in connection.execute(query, {"after": after} if ":after" in query else ()):
        found.update(repr(row).encode("ascii"))
    return found.hexdigest()
