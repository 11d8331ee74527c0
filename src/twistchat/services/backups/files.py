"""The directory of the backups: their names, the newest one, and those that are too many.  Everything here blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

_FORMAT: Final = "%Y-%m-%dT%H%M%SZ"

_NAME: Final = re.compile(r"journal-(\d{4}-\d\d-\d\dT\d{6}Z)\.sqlite")

_UNFINISHED: Final = re.compile(rf"{_NAME.pattern}\.part(-journal)?")


@dataclass(frozen=True, slots=True)
class Backup:
    """
    A backup that was read back and is good.

    @ivar path: its file.
    @ivar time: when it was begun, in seconds since the epoch.
    @ivar size: its size in bytes.
    """

    path: Path
    time: int
    size: int


class BackupDirectory:
    """
    The directory of the backups.  Only files whose names are those of backups are read or removed.

    @ivar path: its path.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def make(self) -> None:
        """
        Make the directory, if it does not exist.

        @raise OSError: it cannot be made.
        """
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)

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
                if _UNFINISHED.fullmatch(file.name):
                    file.unlink(missing_ok=True)

    def free(self, time: float) -> tuple[Path, int]:
        """Find the path of a new backup, and its time: C{time}, or the first second after it without a backup."""
        whole = int(time)
        while (path := self.path / nameAt(whole)).exists():
            whole += 1
        return path, whole

    def prune(self, keep: int, newest: Backup) -> list[Path]:
        """
        Remove the oldest backups.

        A backup of a time after C{newest} was made while the clock was wrong.  It counts as older than all others.

        @param keep: the number of backups to keep.
        @param newest: the backup made last, which is kept.
        @return: the removed files.
        @raise OSError: a file cannot be removed.
        """
        ordered = sorted(self._found(), key=lambda backup: (backup.time <= newest.time, backup.time))
        removed = [backup.path for backup in ordered[: max(0, len(ordered) - keep)] if backup.path != newest.path]
        for path in removed:
            path.unlink(missing_ok=True)
        return removed

    def _found(self) -> Iterator[Backup]:
        if not self.path.is_dir():
            return
        for file in self.path.iterdir():
            time = timeOf(file.name)
            if time is not None and file.is_file() and not file.is_symlink():
                yield Backup(file, time, file.stat().st_size)


def nameAt(time: int) -> str:
    """The name of a backup of this time, as in C{journal-2026-11-30T040000Z.sqlite}."""
    return f"journal-{datetime.fromtimestamp(time, UTC).strftime(_FORMAT)}.sqlite"


def timeOf(name: str) -> int | None:
    """The time of a backup, in seconds since the epoch; C{None} if this is not the name of a backup."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    try:
        return int(datetime.strptime(found[1], _FORMAT).replace(tzinfo=UTC).timestamp())
    except ValueError:
        return None
