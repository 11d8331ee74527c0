"""The constants of a journal: its name and the key of the cloaks."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from zlib import crc32

from twistchat.journal.sqlite.faults import Fault

_READ = "SELECT CAST(name AS TEXT), CAST(value AS BLOB), CAST(checksum AS INTEGER) FROM constant"

_WRITE = "INSERT INTO constant (name, value, checksum) VALUES (?, ?, ?)"

_NAMES = ("cloak key", "name")

KEY_SIZE = 32
"""The size of the key of the cloaks, in bytes."""


@dataclass(frozen=True, slots=True)
class Constants:
    """
    The constants.

    @ivar name: letters and digits that distinguish the message ids of different journals.
    @ivar key: the key of the cloaks, L{KEY_SIZE} random bytes.
    """

    name: str
    key: bytes


def readConstants(connection: sqlite3.Connection) -> Constants | None:
    """
    Read the constants.

    @return: C{None} if the journal has none yet, because it is new or was just migrated to version 4.
    @raise Fault: they changed on disk.
    """
    rows = connection.execute(_READ).fetchall()
    if not rows:
        return None
    values = {name: value for name, value, checksum in rows if crc32(value) == checksum}
    if tuple(sorted(values)) != _NAMES or len(values["cloak key"]) != KEY_SIZE:
        raise Fault(
            "the journal's file is damaged",
            "its name or the key of the cloaks changed on disk",
        )
    return Constants(values["name"].decode("ascii"), values["cloak key"])


def writeConstants(connection: sqlite3.Connection, constants: Constants) -> None:
    """
    Write the constants, all or none.

    @param connection: it must be in autocommit mode, with C{PRAGMA synchronous = FULL}.
    """
    connection.execute("BEGIN IMMEDIATE")
    values = (constants.key, constants.name.encode("ascii"))
    connection.executemany(_WRITE, [(name, value, crc32(value)) for name, value in zip(_NAMES, values, strict=True)])
    connection.execute("COMMIT")
