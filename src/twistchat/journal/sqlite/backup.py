"""Backs up the journal of a running server: copies its file, and reads the copy back."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from twistchat.interfaces import CopyFailed
from twistchat.journal.sqlite.checking import Findings, check
from twistchat.journal.sqlite.copying import copyTo
from twistchat.journal.sqlite.faults import Fault, faults
from twistchat.journal.sqlite.files import FILE
from twistchat.journal.sqlite.migrate import JournalUnusable
from twistchat.journal.sqlite.reading import connect

COPYING: Final = 0.2
"""The part of the work that is copying.  To read the copy back takes longer."""

RESERVE: Final = 64 * 1024 * 1024
"""The bytes that a copy leaves free on the disk.  A full disk would stop the server, if the journal is there too."""

ENTRIES: Final = 100
"""The number of entries to read back between two pauses: a few milliseconds."""


def copyJournal(directory: Path, path: Path, progress: Callable[[float], None]) -> int:
    """See L{IJournalCopying.copyJournal <twistchat.interfaces.IJournalCopying.copyJournal>}."""

    def verify(copy: Path) -> None:
        findings = check(copy, lambda part: progress(COPYING + (1 - COPYING) * part), ENTRIES)
        if not findings.good:
            raise CopyFailed(f"the copy is damaged; {_first(findings)}", bad=True)

    source = directory / FILE
    try:
        _refuseFullDisk(source, path.parent)
        with faults(), closing(connect(source)) as connection:
            copyTo(connection, path, lambda part: progress(COPYING * part), verify)
        return path.stat().st_size
    except Fault as e:
        raise CopyFailed(f"{e.why}: {e.detail}") from e
    except JournalUnusable as e:
        raise CopyFailed(str(e)) from e
    except OSError as e:
        raise CopyFailed(f"{e.filename or path}: {e.strerror or e}") from e


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
