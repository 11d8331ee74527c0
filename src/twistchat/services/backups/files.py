"""The directory of the backups: their names, the newest one, and those that are too many.  Everything here blocks."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from twistchat.directories import makeDirectory

_FORMAT: Final = "%Y-%m-%dT%H%M%SZ"

_NAME: Final = re.compile(r"journal-(\d{4}-\d\d-\d\dT\d{6}Z)(\.damaged)?\.sqlite")

_UNFINISHED: Final = re.compile(rf"{_NAME.pattern}\.part(-journal|-wal|-shm)?")


@dataclass(frozen=True, slots=True)
class Backup:
    """
    A backup that was read back.

    @ivar path: its file.
    @ivar time: when it was begun, in seconds since the epoch.
    @ivar size: its size in bytes.
    @ivar isDamaged: whether it has the damage that the journal had at that time.  Otherwise it is good.
    """

    path: Path
    time: int
    size: int
    isDamaged: bool = False


class BackupDirectory:
    """
    The directory of the backups.  Only files that have the name of a backup, and are one of this journal, are listed or
    removed.

    @ivar path: its path.
    @ivar ignored: the files that have the name of a backup and are none of this journal, as far as they were found.
    """

    def __init__(self, path: Path, isCopy: Callable[[Path], bool]) -> None:
        """
        @param isCopy: tells whether a file is a copy of this journal.  It raises no error.
        """
        self.path = path
        self.ignored: set[Path] = set()
        self._isCopy = isCopy

    def make(self) -> None:
        """
        Make the directory, if it does not exist.

        @raise OSError: it cannot be made.
        """
        makeDirectory(self.path)

    def all(self) -> list[Backup]:
        """
        List the backups, oldest first.

        @return: none, if the directory does not exist.
        @raise OSError: the directory cannot be read.
        """
        return sorted(self._found(), key=lambda backup: backup.time)

    def removeUnfinished(self) -> None:
        """
        Remove what a server left that ended while it made a backup.

        @raise OSError: it cannot be removed.
        """
        if self.path.is_dir():
            for file in self.path.iterdir():
                if _UNFINISHED.fullmatch(file.name) and _isRegular(file):
                    file.unlink(missing_ok=True)

    def free(self, time: float) -> tuple[Path, int]:
        """Find the path of a new backup, and its time: C{time}, or the first second after it without a backup."""
        whole = int(time)
        while any([os.path.lexists(self.path / nameAt(whole, isDamaged)) for isDamaged in (False, True)]):
            whole += 1
        return self.path / nameAt(whole), whole

    def prune(self, keep: int, newest: Backup) -> list[Path]:
        """
        Remove the oldest backups.

        A backup of a time after C{newest} was made while the clock was wrong.  It counts as older than all others.  If
        C{newest} is damaged, no good one is removed for it, only damaged ones.

        @param keep: the number of backups to keep.
        @param newest: the backup made last, which is kept.
        @return: the removed files.
        @raise OSError: a file cannot be removed.
        """
        counted = [backup for backup in self._found() if backup.isDamaged or not newest.isDamaged]
        ordered = sorted(counted, key=lambda backup: (backup.time <= newest.time, backup.time))
        removed = [backup.path for backup in ordered[: max(0, len(ordered) - keep)] if backup.path != newest.path]
        for path in removed:
            path.unlink(missing_ok=True)
        return removed

    def _found(self) -> Iterator[Backup]:
        if not self.path.is_dir():
            return
        for file in self.path.iterdir():
            time = timeOf(file.name)
            if time is None or not _isRegular(file):
                continue
            if self._isCopy(file):
                yield Backup(file, time, file.stat().st_size, file.name == nameAt(time, True))
            else:
                self.ignored.add(file)


def _isRegular(file: Path) -> bool:
    """Whether a file is neither a directory nor a symbolic link nor a special file."""
    return file.is_file() and not file.is_symlink()


def nameAt(time: int, isDamaged: bool = False) -> str:
    """The name of a backup of this time, as in C{journal-2026-11-30T040000Z.sqlite}; a damaged one says so."""
    return f"journal-{datetime.fromtimestamp(time, UTC).strftime(_FORMAT)}{'.damaged' * isDamaged}.sqlite"


def timeOf(name: str) -> int | None:
    """The time of a backup, in seconds since the epoch; C{None} if this is not the name of a backup."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    try:
        return int(datetime.strptime(found[1], _FORMAT).replace(tzinfo=UTC).timestamp())
    except ValueError:
        return None
