"""Backs up the journal of a running server: copies its file, and reads the copy back."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from twistchat.interfaces import CopyFailed, JournalCopy
from twistchat.journal.sqlite.constants import readConstants
from twistchat.journal.sqlite.faults import Fault, faults
from twistchat.journal.sqlite.files import FILE
from twistchat.journal.sqlite.maintenance.checking import Findings, check
from twistchat.journal.sqlite.maintenance.copying import copyTo
from twistchat.journal.sqlite.migrate import APPLICATION_ID, JournalUnusable
from twistchat.journal.sqlite.reading import CHECKSUMS, connect

COPYING: Final = 0.2
"""The part of the work that is copying.  To read the copy back takes longer."""

RESERVE: Final = 64 * 1024 * 1024
"""The bytes that a copy leaves free on the disk.  A full disk would stop the server, if the journal is there too."""

ENTRIES: Final = 100
"""The number of entries to read back between two pauses: a few milliseconds."""


def copyJournal(directory: Path, path: Path, progress: Callable[[float], None]) -> JournalCopy:
    """See L{IJournalCopying.copyJournal <twistchat.interfaces.IJournalCopying.copyJournal>}."""

    source, damaged = directory / FILE, 0

    def verify(copy: Path) -> None:
        nonlocal damaged
        findings = check(copy, lambda part: progress(COPYING + (1 - COPYING) * part), ENTRIES)
        if findings.good:
            return
        if findings.broken or not _sameDamage(findings, check(source, lambda part: progress(1.0), ENTRIES)):
            raise CopyFailed(f"the copy is damaged; {_first(findings)}", bad=True)
        damaged = findings.damaged.count + findings.unreadable.count + len(findings.faults)

    try:
        _refuseFullDisk(source, path.parent)
        with faults(), closing(connect(source)) as connection:
            copyTo(connection, path, lambda part: progress(COPYING * part), verify)
        return JournalCopy(path.stat().st_size, damaged)
    except Fault as e:
        raise CopyFailed(f"{e.why}: {e.detail}") from e
    except JournalUnusable as e:
        raise CopyFailed(str(e)) from e
    except OSError as e:
        raise CopyFailed(f"{e.filename or path}: {e.strerror or e}") from e


def nameOf(path: Path) -> str | None:
    """
    Read the name of a journal quickly.

    @return: C{None} if the file is no journal of this program, or cannot be read.
    """
    try:
        # The file is not opened for this: when a process closes a file, SQLite's locks on it in that process end.
        if not stat.S_ISREG(path.lstat().st_mode):
            return None
        with faults(), closing(connect(path)) as connection:
            (identity,) = connection.execute("PRAGMA application_id").fetchone()
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if identity != APPLICATION_ID:
                return None
            if version >= CHECKSUMS and (constants := readConstants(connection)) is not None:
                return constants.name
            return str(*connection.execute("SELECT CAST(name AS TEXT) FROM journal").fetchone())
    except (Fault, OSError, TypeError):
        return None


def _sameDamage(copy: Findings, source: Findings) -> bool:
    """Whether a copy has the damage that the journal has, and no other."""
    return (
        not source.broken
        and copy.damaged == source.damaged
        and copy.unreadable == source.unreadable
        and set(copy.faults) <= set(source.faults)
    )


def _refuseFullDisk(source: Path, directory: Path) -> None:
    """
    Check that a disk has enough space for a copy of a journal.

    @raise CopyFailed: it does not.
    """
    needed, free = source.stat().st_size + RESERVE, shutil.disk_usage(directory).free
    if free < needed:
        raise CopyFailed(f"the disk is too full: a copy needs {needed:,} bytes, and {directory} has {free:,} left")


def _first(findings: Findings) -> str:
    """The first problem that a check found."""
    if findings.faults:
        return findings.faults[0]
    if findings.damaged.count:
        return f"entries that changed on disk: {findings.damaged}"
    return f"entries that this version cannot read: {findings.unreadable}"
