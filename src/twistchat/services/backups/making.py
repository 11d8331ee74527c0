"""Makes one backup, in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Final

from twistchat.interfaces import CopyFailed
from twistchat.services.backups.files import Backup, BackupDirectory, nameAt

if TYPE_CHECKING:
    from twistchat.interfaces import IJournalCopying

REST: Final = 2.0
"""The seconds that the thread sleeps for each second of work.  So it takes a third of a processor, and of the disk."""

LONGEST_REST: Final = 1.0
"""The maximum number of seconds that the thread sleeps after one step."""


class Abandoned(Exception):
    """The server stops, and the backup is not finished."""


class Making:
    """
    A backup that is being made.

    @ivar part: the part of the work that is done, from 0 to 1.
    @ivar path: the file that it will be; C{None} before it is known.
    @ivar outcome: the backup, or why there is none; C{None} until it is known.
    @ivar damaged: the number of problems that the journal has, and so the backup; 0 if it is good.
    """

    def __init__(self, seconds: Callable[[], float], rest: float = REST) -> None:
        """
        @param seconds: returns the time of a clock that never goes back.  It is called in the thread.
        @param rest: see L{REST}.
        """
        self.part = 0.0
        self.path: Path | None = None
        self.damaged = 0
        self.outcome: Backup | CopyFailed | None = None
        self._seconds = seconds
        self._rest = rest
        self._worked = 0.0
        self._abandoned = Event()

    def abandon(self) -> None:
        """Let the thread stop soon."""
        self._abandoned.set()

    def run(self, copying: IJournalCopying, data: Path, directory: BackupDirectory, time: float) -> Backup:
        """
        Make the backup.  This blocks.

        @param data: the data directory of the server.
        @param directory: gets the backup.
        @param time: the time of the backup, in seconds since the epoch.
        @raise CopyFailed: it was not made.
        @raise Abandoned: L{abandon} was called.
        """
        self._worked = self._seconds()
        try:
            directory.make()
            self.path, whole = directory.free(time)
        except OSError as e:
            raise CopyFailed(f"{e.filename or directory.path}: {e.strerror or e}") from e
        copy = copying.copyJournal(str(data), str(self.path), self._progress)
        self.damaged = copy.damaged
        if not copy.damaged:
            return Backup(self.path, whole, copy.size)
        try:
            self.path = self.path.rename(directory.path / nameAt(whole, True))
        except OSError as e:
            raise CopyFailed(f"{self.path}: {e.strerror or e}") from e
        return Backup(self.path, whole, copy.size, True)

    def _progress(self, part: float) -> None:
        """Note the progress, and sleep."""
        self.part = part
        worked = self._seconds() - self._worked
        if self._abandoned.wait(min(worked * self._rest, LONGEST_REST)):
            raise Abandoned
        self._worked = self._seconds()
