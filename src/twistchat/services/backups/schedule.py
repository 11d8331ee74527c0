"""Makes backups on schedule, and when an administrator asks for one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from twistchat.chat.phrasing import counted
from twistchat.config.toml import printable
from twistchat.interfaces import CopyFailed
from twistchat.services.backups.files import Backup, BackupDirectory
from twistchat.services.backups.making import Making

if TYPE_CHECKING:
    from twistchat.config import Settings
    from twistchat.interfaces import IJournalCopying
    from twistchat.worker import Worker

SOON: Final = 10.0
"""The seconds after the start until a backup is made that is due already."""

LOOK: Final = 60.0
"""The maximum number of seconds between two looks at the clock.  The clock may be set, and the machine may sleep."""

RETRY: Final = 3600.0
"""The maximum number of seconds from a failed backup to the next attempt."""

STOP_TIMEOUT: Final = 2.0
"""The seconds that a backup which was abandoned has to end."""

T = TypeVar("T")

log = Logger()


@dataclass(frozen=True, slots=True)
class BackupFailure:
    """
    Why the last backup was not made.

    @ivar time: the time of the attempt, in seconds since the epoch.
    @ivar why: the reason, in one line.
    """

    time: float
    why: str


@dataclass(frozen=True, slots=True)
class _Made:
    """
    What the thread did.

    @ivar removed: the old backups that it removed.
    @ivar trouble: why an old backup could not be removed; C{None} if all is well.
    """

    backup: Backup
    removed: list[Path]
    trouble: str | None


class Backups:
    """
    The backups of a server.

    One is made at a time.  The schedule is kept in the names of the files, so it survives a restart.

    @ivar last: the newest good backup in the directory; C{None} if there is none, or if it is not known yet.
    @ivar failure: why the last attempt failed, or made a damaged backup; C{None} if all is well.
    @ivar making: the backup that is being made; C{None} if none is.
    @ivar made: the number of backups that this process has made.
    @ivar failed: the number of attempts of this process that failed.
    """

    def __init__(
        self,
        clock: IReactorTime,
        wall: Callable[[], float],
        settings: Callable[[], Settings],
        data: Path,
        copying: IJournalCopying,
        worker: Callable[[str], Worker],
    ) -> None:
        """
        @param clock: the timers, of a clock that never goes back.  C{seconds} is also called in another thread.
        @param wall: returns the time in seconds since the epoch.
        @param settings: returns the settings in effect.
        @param data: the absolute path of the data directory.
        @param copying: copies the journal.
        @param worker: starts a thread with this name.
        """
        self._clock = clock
        self._wall = wall
        self._settings = settings
        self._data = data
        self._copying = copying
        self._worker = worker
        self._timer: IDelayedCall | None = None
        self._running = False
        self._earliest = 0.0
        self._begun: float | None = None
        self._ended: Deferred[None] | None = None
        self._thread: Worker | None = None
        self._newest: Backup | None = None
        self._again = False
        self._damaged = 0
        self._ignored: set[Path] = set()
        self.last: Backup | None = None
        self.failure: BackupFailure | None = None
        self.making: Making | None = None
        self.made = self.failed = 0

    @property
    def directory(self) -> BackupDirectory:
        """The directory that the settings name."""
        isCopy = lambda path: self._copying.isCopy(str(self._data), str(path))  # noqa: E731
        return BackupDirectory(self._data / self._settings().backup.directory, isCopy)

    def described(self) -> dict[str, object]:
        """
        Describe the last backup, as a value for JSON.

        @return: C{path} and C{size} of the last backup; C{failure}, why the last attempt failed, and C{failed}, when,
            in seconds since the epoch; C{making}, the part that is done of a backup that is being made.  A value that
            there is not is C{None}.
        """
        last, failure = self.last, self.failure
        return {
            "path": None if last is None else str(last.path),
            "size": None if last is None else last.size,
            "failure": None if failure is None else failure.why,
            "failed": None if failure is None else failure.time,
            "making": None if self.making is None else self.making.part,
        }

    def begin(self) -> None:
        """Find the newest backup, and begin the schedule.  Call this after the journal was opened."""
        self._running = True
        self._earliest = self._clock.seconds() + SOON
        self._survey()

    def reload(self) -> None:
        """Apply changed settings."""
        if self._running:
            self._survey()

    def stop(self) -> Deferred[None]:
        """
        End the schedule, and abandon a backup that is not finished.

        @return: fires when no thread works on one any more, or after L{STOP_TIMEOUT}.  No unfinished file is left.
        """
        self._running = False
        self._cancel()
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.stop()
        done: Deferred[None] = Deferred()
        making = self.making
        if making is None:
            done.callback(None)
            return done
        making.abandon()
        self._ended = done

        def late(failure: Failure) -> None:
            failure.trap(TimeoutError)
            if making.path is not None:
                making.path.with_name(f"{making.path.name}.part").unlink(missing_ok=True)

        return done.addTimeout(STOP_TIMEOUT, self._clock).addErrback(late)

    def make(self) -> Making:
        """
        Make a backup now, or find the one that is being made.

        @return: its C{outcome} tells when it is done.
        """
        if self.making is not None:
            return self.making
        self._cancel()
        making = self.making = Making(self._clock.seconds)
        time, keep, directory = self._wall(), self._settings().backup.keep, self.directory
        self._begun = self._clock.seconds()

        def work() -> _Made:
            backup = making.run(self._copying, self._data, directory, time)
            try:
                return _Made(backup, directory.prune(keep, backup), None)
            except OSError as e:
                return _Made(backup, [], f"{e.filename}: {e.strerror or e}")

        def done(outcome: _Made | Failure) -> None:
            self.making = None
            making.outcome = self._done(outcome, time, making.damaged)
            self._warnOf(directory.ignored)
            ended, self._ended = self._ended, None
            if ended is not None:
                ended.callback(None)
            self._schedule()

        self._submit(work, done)
        return making

    def _done(self, outcome: _Made | Failure, time: float, damaged: int) -> Backup | CopyFailed:
        """
        Log the outcome of a backup, and remember it.

        @param damaged: the number of problems that the journal has, and so the backup.
        """
        self._again = isinstance(outcome, Failure)
        if isinstance(outcome, Failure):
            error = outcome.value
            if not self._running:
                return CopyFailed("the server stops")
            if not isinstance(error, CopyFailed):
                log.failure("A backup failed", outcome)
                error = CopyFailed(f"the server has an error: {error!r}")
            self.failed += 1
            self.failure = BackupFailure(time, str(error))
            if error.bad:
                log.critical(
                    "A backup was made and is not good, so it was removed: {why}.  See what twistchat check says of the"
                    " journal",
                    why=str(error),
                )
            else:
                log.error("A backup could not be made: {why}", why=str(error))
            return error
        self.made += 1
        self._newest = outcome.backup
        before, self._damaged = self._damaged, damaged
        if damaged:
            path = str(outcome.backup.path)
            self.failure = BackupFailure(time, f"the journal itself is damaged, and so is {path}")
            if damaged != before:
                log.critical(
                    "The journal is damaged, and so is its backup {path}, which has the same damage: {problems}."
                    "  Good backups are not removed for it.  See what twistchat check says of the journal",
                    path=path,
                    problems=counted(damaged, "problem"),
                    damaged=damaged,
                )
        else:
            self.last, self.failure = outcome.backup, None
        log.info(
            "The journal was backed up and the copy read back: {path}, {size:,} bytes; old backups removed: {removed}",
            path=str(outcome.backup.path),
            size=outcome.backup.size,
            removed=len(outcome.removed),
        )
        if outcome.trouble is not None:
            log.warn("An old backup cannot be removed: {why}", why=outcome.trouble)
        return outcome.backup

    def _survey(self) -> None:
        """Look for the newest backup in the directory, then schedule the next one."""
        directory = self.directory

        def work() -> list[Backup]:
            directory.removeUnfinished()
            return directory.all()

        def done(outcome: list[Backup] | Failure) -> None:
            if isinstance(outcome, Failure):
                log.error("The backups cannot be listed: {why}", why=outcome.getErrorMessage())
            else:
                now = self._wall()
                found = [backup for backup in outcome if backup.time <= now]
                good = [backup for backup in found if not backup.isDamaged]
                self._newest = found[-1] if found else None
                self.last = good[-1] if good else None
                self._warnOf(directory.ignored)
            self._schedule()

        self._submit(work, done)

    def _warnOf(self, ignored: set[Path]) -> None:
        """Log once for each file that is no backup of this journal."""
        for path in sorted(ignored - self._ignored):
            log.warn(
                "{path} has the name of a backup, but is none of this journal; it is left alone.  Each server needs a"
                " backup.directory of its own",
                path=printable(str(path)),
            )
        self._ignored |= ignored

    def _submit(self, work: Callable[[], T], done: Callable[[T | Failure], None]) -> None:
        """Run work in the thread, which starts with the first work and does one after the other."""
        if self._thread is None:
            self._thread = self._worker("twistchat backups")
        self._thread.submit(work, done)

    def _schedule(self) -> None:
        """Set the timer."""
        self._cancel()
        wait = self._wait()
        if wait is not None:
            self._timer = self._clock.callLater(min(wait, LOOK), self._look)

    def _look(self) -> None:
        """Make a backup, if it is time."""
        self._timer = None
        wait = self._wait()
        if wait is not None and wait <= 0:
            self.make()
        else:
            self._schedule()

    def _wait(self) -> float | None:
        """
        The seconds until the next backup; C{None} if none is scheduled.

        The time since a backup of this process is measured with the clock that never goes back.  Only the time since
        older ones depends on the wall clock.
        """
        every = self._settings().backup.every
        if not every or not self._running or self.making is not None:
            return None
        now, wall = self._clock.seconds(), self._wall()
        waits: list[float] = []
        if self._begun is not None and self._again:
            waits.append(self._begun + min(every, RETRY) - now)
        elif self._newest is not None:
            if self._begun is not None:
                waits.append(self._begun + every - now)
            if self._newest.time <= wall:
                waits.append(self._newest.time + every - wall)
        return max(0.0, min(waits, default=0.0), self._earliest - now)

    def _cancel(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None and timer.active():
            timer.cancel()
