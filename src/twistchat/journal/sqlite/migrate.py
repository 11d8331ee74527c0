"""Migrates a journal's file to the schema of this version."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path

from twistchat.journal.sqlite.maintenance.copying import copyTo
from twistchat.journal.sqlite.rows import checksum, readText

APPLICATION_ID = 0x54774368
"""The value of SQLite's C{PRAGMA application_id} in a journal: "TwCh"."""


class JournalUnusable(Exception):
    """A journal cannot be opened.  The message is one line, for the administrator."""


def schema() -> Sequence[str]:
    """All migrations, oldest first: the first makes version 1 from an empty database, the next makes version 2."""
    folder = files("twistchat.journal.sqlite") / "schema"
    names = sorted(item.name for item in folder.iterdir() if item.name.endswith(".sql"))
    return [(folder / name).read_text(encoding="utf-8") for name in names]


def migrate(connection: sqlite3.Connection, path: Path, name: Callable[[], str], scripts: Sequence[str]) -> None:
    """
    Migrate a journal to the newest schema.

    An existing file is copied first.  Then each step is one transaction, so that the steps before a failed one stay.  A
    new file gets all steps in one transaction, because each transaction waits for the disk several times.

    @param connection: the only connection to the file, in autocommit mode.
    @param path: the file.
    @param name: returns the name of a new journal: letters and digits.
    @param scripts: see L{schema}.
    @raise JournalUnusable: the file is not a journal, or a newer version wrote it.
    """
    (identity,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    fresh = not (identity or version or tables)
    if identity != APPLICATION_ID and not fresh:
        raise JournalUnusable(f"{path} is a database, but not a journal of twistchat")
    newest = len(scripts)
    if version > newest:
        raise JournalUnusable(
            f"{path} was written by a newer twistchat (its schema is version {version}, and this one knows {newest});"
            " run that version, or restore a backup"
        )
    if version < newest and not fresh:
        copyTo(connection, path.with_name(f"{path.name}.version{version}"))
    connection.create_function("checksum", 5, _checksum, deterministic=True)
    steps = [
        f"{script}\nPRAGMA user_version = {number};\nPRAGMA application_id = {APPLICATION_ID};\n"
        for number, script in enumerate(scripts[version:], version + 1)
    ]
    for step in ["".join(steps)] if fresh else steps:
        try:
            connection.executescript(f"BEGIN IMMEDIATE;\n{step}COMMIT;")
        except sqlite3.Error:
            if connection.in_transaction:
                connection.rollback()
            raise
    if not connection.execute("SELECT id FROM journal").fetchall():
        connection.execute("INSERT INTO journal (id, name) VALUES (1, ?)", (name(),))


def _checksum(sequence: int, time: int, kind: bytes, conversation: bytes | None, body: bytes) -> int:
    """The L{checksum} of a row that may contain bytes that are not UTF-8."""
    place = None if conversation is None else readText(conversation)
    return checksum(sequence, time, readText(kind), place, body)
