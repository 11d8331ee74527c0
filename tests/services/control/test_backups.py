"""Tests of L{twistchat.services.control.backups}."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.services.backups.test_files import NOON
from twistchat.interfaces import CopyFailed
from twistchat.services.backups.files import Backup
from twistchat.services.backups.making import Making
from twistchat.services.control.backups import INTERVAL, BackupCommands
from twistchat.services.control.commands import Answer, execute
from twistchat.services.control.wire import ControlError, Request


class Backups:
    """Makes a backup when the test says so."""

    def __init__(self) -> None:
        self.making = Making(lambda: 0.0)

    def make(self) -> Making:
        """See L{twistchat.services.backups.schedule.Backups.make}."""
        return self.making


class BackupCommandsTests(SynchronousTestCase):
    """C{server.backup}."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.backups: Any = Backups()
        self.parts: list[Answer] = []

    def execute(self) -> Deferred[Answer]:
        """Execute the command."""

        async def report(part: Answer) -> None:
            self.parts.append(part)

        table = BackupCommands(self.clock, self.backups).table
        return Deferred.fromCoroutine(execute(table, Request(1, "server.backup", {}), report))

    def test_made(self) -> None:
        """The command reports the progress, and answers with the backup."""
        answer = self.execute()
        self.backups.making.part = 0.5
        self.clock.advance(INTERVAL)
        self.assertNoResult(answer)
        self.backups.making.outcome = Backup(Path("/b/x"), NOON, 5)
        self.clock.advance(INTERVAL)
        self.assertEqual({"path": "/b/x", "size": 5, "time": NOON, "damaged": 0}, self.successResultOf(answer))
        self.assertEqual([{"part": 0.0}, {"part": 0.5}], self.parts)

    def test_failed(self) -> None:
        """The command is refused if no backup was made, and says why."""
        self.backups.making.outcome = CopyFailed("the disk is too full")
        error = self.failureResultOf(self.execute(), ControlError).value
        self.assertEqual("No backup was made: the disk is too full", str(error))

    def test_none(self) -> None:
        """The command is refused if the journal cannot be copied."""
        self.backups = None
        error: Any = self.failureResultOf(self.execute(), ControlError).value
        self.assertEqual("NO_BACKUPS", error.code)
