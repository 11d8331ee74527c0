"""Tests of L{twistchat.services.backups.schedule}."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from twisted.internet.task import Clock
from twisted.logger import ILogObserver, LogEvent, LogLevel, formatEvent, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from tests.journal.disk import temporary
from tests.services.backups.test_files import NOON
from tests.services.backups.test_making import STRANGE, Copying
from twistchat.config import Settings
from twistchat.interfaces import CopyFailed
from twistchat.services.backups.files import Backup, nameAt
from twistchat.services.backups.schedule import RETRY, SOON, STOP_TIMEOUT, BackupFailure, Backups
from twistchat.testing.workers import HeldWorker

HOUR = 3600


class BackupsTests(SynchronousTestCase):
    """L{Backups}, with a thread that works when the test says so."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.wall = float(NOON)
        self.data = Path(temporary(self))
        self.path = self.data / "backups"
        self.copying = Copying()
        self.settings = Settings()
        self.configure(every=float(HOUR), keep=3)
        self.start()
        self.events: list[LogEvent] = []
        observer = cast(ILogObserver, self.events.append)
        globalLogPublisher.addObserver(observer)
        self.addCleanup(globalLogPublisher.removeObserver, observer)

    def configure(self, **keys: Any) -> None:
        """Change the settings."""
        self.settings = replace(self.settings, backup=replace(self.settings.backup, **keys))

    def start(self) -> None:
        """Make the object of a new process."""
        self.worker = HeldWorker()
        self.backups = Backups(
            self.clock, lambda: self.wall, lambda: self.settings, self.data, self.copying, lambda name: self.worker
        )

    def advance(self, seconds: float) -> None:
        """Let time pass in small steps, on both clocks, and let the thread work."""
        end = self.clock.seconds() + seconds
        while self.clock.seconds() < end:
            step = min(5.0, end - self.clock.seconds())
            self.wall += step
            self.clock.advance(step)
            self.worker.run()

    def names(self) -> list[str]:
        """The files in the directory of backups."""
        return sorted(path.name for path in self.path.iterdir()) if self.path.exists() else []

    def begin(self) -> None:
        """Begin the schedule, and let the thread look for backups."""
        self.backups.begin()
        self.worker.run()

    def failWith(self, error: Exception) -> None:
        """Let copies fail from now on."""

        def during(progress: Callable[[float], None]) -> None:
            raise error

        self.copying.during = during

    def lines(self, level: LogLevel) -> list[str]:
        """The log's lines of a level."""
        return [formatEvent(event) for event in self.events if event["log_level"] is level]

    def test_off(self) -> None:
        """By default no backups are made."""
        self.configure(every=0.0)
        self.begin()
        self.assertEqual([], self.clock.getDelayedCalls())
        self.assertIsNone(self.backups.last)

    def test_schedule(self) -> None:
        """The first backup is made soon after the start, then one each hour.  The oldest are removed."""
        self.begin()
        self.advance(SOON)
        first = nameAt(NOON + int(SOON))
        self.assertEqual([first], self.names())
        self.assertEqual(Backup(self.path / first, NOON + int(SOON), 10), self.backups.last)
        self.advance(HOUR - 5)
        self.assertEqual(1, len(self.names()))
        self.advance(5)
        self.assertEqual(2, len(self.names()))
        self.advance(2 * HOUR)
        self.assertEqual(3, len(self.names()))
        self.assertNotIn(first, self.names())
        self.assertEqual((4, 0), (self.backups.made, self.backups.failed))
        self.assertIn(f"{first}, 10 bytes; old backups removed: 0", self.lines(LogLevel.info)[0])

    def test_restart(self) -> None:
        """The schedule goes on after a restart, and what an interrupted backup left is removed."""
        self.path.mkdir()
        (self.path / nameAt(NOON - HOUR + 600)).write_text("x")
        (self.path / f"{nameAt(NOON - 5)}.part").write_text("x")
        self.begin()
        self.assertEqual([nameAt(NOON - HOUR + 600)], self.names())
        self.assertEqual(NOON - HOUR + 600, self.backups.last and self.backups.last.time)
        self.advance(595)
        self.assertEqual(1, len(self.names()))
        self.advance(5)
        self.assertEqual(2, len(self.names()))

    def test_clockBack(self) -> None:
        """If the wall clock goes back, the next backup is made on time, and it is the newest."""
        self.begin()
        self.advance(SOON)
        self.wall -= 10 * 86400
        self.advance(HOUR)
        self.assertEqual(2, self.backups.made)
        self.advance(3 * HOUR)
        self.assertNotIn(nameAt(NOON + int(SOON)), self.names())

    def test_clockBackLater(self) -> None:
        """If the wall clock goes back before the first backup of this process, one is made soon."""
        self.path.mkdir()
        (self.path / nameAt(NOON - 5)).write_text("x")
        self.begin()
        self.wall -= 10 * 86400
        self.advance(60)
        self.assertEqual(1, self.backups.made)

    def test_clockForward(self) -> None:
        """If the wall clock goes forward, as after a sleep, one backup is made, and the schedule goes on."""
        self.begin()
        self.advance(SOON)
        self.wall += 10 * 86400
        self.advance(60)
        self.assertEqual(2, self.backups.made)
        self.advance(HOUR - 120)
        self.assertEqual(2, self.backups.made)

    def test_future(self) -> None:
        """A backup from the future is from a time when the clock was wrong, and does not stop the schedule."""
        self.path.mkdir()
        (self.path / nameAt(NOON + 10**8)).write_text("x")
        self.begin()
        self.assertIsNone(self.backups.last)
        self.advance(SOON)
        self.assertEqual(1, self.backups.made)

    def test_failure(self) -> None:
        """A failed backup is logged and tried again in an hour.  Older ones stay."""
        self.begin()
        self.advance(SOON)
        kept, last = self.names(), self.backups.last
        self.configure(every=4.0 * HOUR, keep=1)
        self.failWith(CopyFailed("the disk is too full"))
        self.advance(4 * HOUR)
        self.assertEqual((kept, last), (self.names(), self.backups.last))
        self.assertEqual(["A backup could not be made: the disk is too full"], self.lines(LogLevel.error))
        self.assertEqual(BackupFailure(NOON + SOON + 4 * HOUR, "the disk is too full"), self.backups.failure)
        described = self.backups.described()
        self.assertEqual(str(self.path / kept[0]), described["path"])
        self.assertEqual((10, "the disk is too full"), (described["size"], described["failure"]))
        self.assertIsNone(described["making"])
        self.advance(RETRY - 5)
        self.assertEqual(1, self.backups.failed)
        self.copying.during = lambda progress: None
        self.advance(5)
        self.assertIsNone(self.backups.failure)
        self.assertEqual((2, 1, 1), (self.backups.made, self.backups.failed, len(self.names())))

    def test_bad(self) -> None:
        """A copy that is not good is reported at level critical."""
        self.begin()
        self.failWith(CopyFailed("the copy is damaged", bad=True))
        self.advance(SOON)
        (line,) = self.lines(LogLevel.critical)
        self.assertIn("A backup was made and is not good, so it was removed: the copy is damaged.", line)

    def test_damaged(self) -> None:
        """A backup of a damaged journal is kept, and pushes out no good one.  One line says so, at level critical."""
        self.configure(keep=1)
        self.begin()
        self.advance(SOON)
        (good,), last = self.names(), self.backups.last
        self.copying.damaged = 2
        self.advance(3 * HOUR)
        self.assertEqual(4, self.backups.made)
        self.assertEqual([good, nameAt(NOON + int(SOON) + 3 * HOUR, True)], self.names())
        (line,) = self.lines(LogLevel.critical)
        self.assertIn("has the same damage: 2 problems.  Good backups are not removed", line)
        self.assertEqual(last, self.backups.last)
        self.assertIn("the journal itself is damaged", self.backups.failure.why if self.backups.failure else "")
        self.start()
        self.begin()
        self.assertEqual(last, self.backups.last)
        self.copying.damaged = 0
        self.advance(HOUR)
        self.assertEqual([nameAt(NOON + int(SOON) + 4 * HOUR)], self.names())
        self.assertIsNone(self.backups.failure)

    def test_strange(self) -> None:
        """A file that is no backup of this journal delays none, stays, and is named once."""
        self.path.mkdir()
        strange = self.path / nameAt(NOON)
        strange.write_text(STRANGE)
        self.configure(keep=1)
        self.begin()
        self.assertIsNone(self.backups.last)
        self.advance(SOON + HOUR)
        self.assertEqual(2, self.backups.made)
        self.assertEqual(2, len(self.names()))
        (line,) = self.lines(LogLevel.warn)
        self.assertIn(f"{strange} has the name of a backup, but is none of this journal", line)

    def test_error(self) -> None:
        """An unexpected error is logged, and the schedule goes on."""
        self.begin()
        self.failWith(ZeroDivisionError("oops"))
        self.advance(SOON)
        self.assertEqual(1, len(self.flushLoggedErrors(ZeroDivisionError)))
        self.copying.during = lambda progress: None
        self.advance(HOUR)
        self.assertEqual(1, self.backups.made)

    def test_notRemoved(self) -> None:
        """If an old backup cannot be removed, the new one counts, and the log has a warning."""
        self.begin()
        directory = type(self.backups.directory)

        def prune(self: object, keep: int, newest: Backup) -> list[Path]:
            raise OSError(13, "Permission denied", "old")

        self.patch(directory, "prune", prune)
        self.advance(SOON)
        self.assertEqual(1, self.backups.made)
        self.assertEqual(["An old backup cannot be removed: old: Permission denied"], self.lines(LogLevel.warn))

    def test_notListed(self) -> None:
        """If the directory cannot be read, the log says so, and backups are made."""
        directory = type(self.backups.directory)

        def listed(self: object) -> list[Backup]:
            raise PermissionError(13, "Permission denied", "backups")

        self.patch(directory, "all", listed)
        self.begin()
        self.assertEqual(1, len(self.lines(LogLevel.error)))
        self.advance(SOON)
        self.assertEqual(1, self.backups.made)

    def test_reload(self) -> None:
        """A reload turns the schedule on and off, and changes the directory."""
        self.configure(every=0.0)
        self.begin()
        self.advance(2 * SOON)
        self.configure(every=float(HOUR))
        self.backups.reload()
        self.worker.run()
        self.advance(5)
        self.assertEqual(1, self.backups.made)
        self.configure(directory=str(self.data / "elsewhere"))
        self.backups.reload()
        self.worker.run()
        self.advance(5)
        self.assertEqual(self.data / "elsewhere", self.backups.last and self.backups.last.path.parent)
        self.configure(every=0.0)
        self.backups.reload()
        self.worker.run()
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_asked(self) -> None:
        """One backup is made at a time: who asks meanwhile gets the same.  The schedule counts it."""
        self.begin()
        making = self.backups.make()
        self.assertIs(making, self.backups.make())
        self.worker.run()
        self.assertEqual(self.backups.last, making.outcome)
        self.assertIsNone(self.backups.making)
        self.advance(HOUR - 5)
        self.assertEqual(1, self.backups.made)
        self.advance(5)
        self.assertEqual(2, self.backups.made)

    def test_stop(self) -> None:
        """The end abandons a backup at its next step, and waits for that."""
        self.begin()
        making = self.backups.make()
        stopping = self.backups.stop()
        self.assertNoResult(stopping)
        self.worker.run()
        self.successResultOf(stopping)
        self.assertIsInstance(making.outcome, CopyFailed)
        self.assertEqual(([], True), (self.names(), self.worker.stopped))
        self.assertEqual([], self.clock.getDelayedCalls())
        self.assertEqual([], self.lines(LogLevel.error))

    def test_stopIdle(self) -> None:
        """Without a backup that is being made, the end does not wait."""
        self.begin()
        self.successResultOf(self.backups.stop())
        self.assertEqual([], self.clock.getDelayedCalls())
        self.backups.reload()
        self.assertEqual(0, len(self.worker))

    def test_stopHanging(self) -> None:
        """The end does not wait long for a disk that hangs, and removes the unfinished file."""
        self.begin()
        stopping = []

        def hang(progress: Callable[[float], None]) -> None:
            stopping.append(self.backups.stop())
            self.clock.advance(STOP_TIMEOUT)
            self.assertEqual([], self.names())
            progress(0.5)

        self.copying.during = hang
        self.backups.make()
        self.worker.run()
        self.successResultOf(stopping[0])
