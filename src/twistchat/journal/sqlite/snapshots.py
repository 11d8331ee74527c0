"""
The snapshot of the state in the database of a node of a cluster.

The node restores it at its next start, and replays the stream from there.  A server that uses the journal alone refuses
a file that has one.
"""

from __future__ import annotations

import sqlite3
from hashlib import blake2b
from typing import TYPE_CHECKING

from twistchat.journal.sqlite.faults import DAMAGED, Fault

if TYPE_CHECKING:
    from twistchat.journal.sqlite.writing.sideeffects import Statement

_READ = "SELECT CAST(data AS BLOB), CAST(checksum AS BLOB) FROM snapshot"

_SAVE = "INSERT OR REPLACE INTO snapshot (id, data, checksum) VALUES (1, ?, ?)"

HAS = "SELECT id FROM snapshot"
"""Has a row if there is a snapshot."""

DROP = "DELETE FROM snapshot"
"""Deletes the snapshot."""


def readSnapshot(connection: sqlite3.Connection) -> bytes | None:
    """
    Read the snapshot.

    @return: C{None} if there is none.
    @raise Fault: it changed on disk.
    """
    found = connection.execute(_READ).fetchone()
    if found is None:
        return None
    data, checksum = found
    if not isinstance(data, bytes) or _checksum(data) != checksum:
        raise Fault(DAMAGED, "the snapshot of the state changed on disk")
    return data


def saving(data: bytes) -> Statement:
    """The statement that replaces the snapshot."""
    return _SAVE, (data, _checksum(data))


def _checksum(data: bytes) -> bytes:
    """The checksum of a snapshot."""
    return blake2b(data, digest_size=16).digest()
