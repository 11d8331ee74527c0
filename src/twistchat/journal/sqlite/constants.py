"""What a journal has from its beginning and never changes: its name, and the key of the cloaks."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from zlib import crc32

from twistchat.journal.sqlite.faults import Fault

_READ = "SELECT CAST(name AS TEXT), CAST(value AS BLOB), CAST(checksum AS INTEGER) FROM constant"

_WRITE = "INSERT INTO constant (name, value, checksum) VALUES (?, ?, ?)"

_NAMES = ("cloak key", "name")

KEY_SIZE = 32
"""Bytes of the key of the cloaks."""


@dataclass(frozen=True, slots=True)
class Constants:
    """
    The values.

    @ivar name: tells the journal's message ids from those of any other journal; letters and digits.
    @ivar key: what makes the cloaks of one server unlike those of another, L{KEY_SIZE} random bytes.
    """

    name: str
    key: bytes


def readConstants(connection: sqlite3.Connection) -> Constants | None:
    """
    Read the values.

    @return: C{None} if the journal has none yet: its schema was just made, or brought to version 4.
    @raise Fault: they changed on disk.
    """
    rows = connection.execute(_READ).fetchall()
    if not rows:
        return None
    values = {name: value for name, value, checksum in rows if crc32(value) == checksum}
    if tuple(sorted(values)) != _NAMES or len(values["cloak key"]) != KEY_SIZE:
        raise Fault(
            "the journal's file is damaged",
            "its name or the key of the cloaks changed on disk; restore a backup",
        )
    return Constants(values["name"].decode("ascii"), values["cloak key"])


def writeConstants(connection: sqlite3.Connection, constants: Constants) -> None:
    """
    Write the values, all or none.

    @param connection: in autocommit mode, and with C{PRAGMA synchronous = FULL}.
    """
    connection.execute("BEGIN IMMEDIATE")
    values = (constants.key, constants.name.encode("ascii"))
    connection.executemany(_WRITE, [(name, value, crc32(value)) for name, value in zip(_NAMES, values, strict=True)])
    connection.execute("COMMIT")
