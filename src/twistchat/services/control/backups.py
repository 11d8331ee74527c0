"""The command that makes a backup."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater

from twistchat.interfaces import CopyFailed
from twistchat.services.control.commands import Answer, Command, Commands, Nothing, Report
from twistchat.services.control.wire import ControlError

if TYPE_CHECKING:
    from twistchat.services.backups.schedule import Backups

INTERVAL: Final = 0.25
"""Seconds between two reports of the progress."""


class BackupCommands:
    """The command that makes a backup."""

    def __init__(self, clock: IReactorTime, backups: Backups | None) -> None:
        """
        @param backups: makes backups; C{None} if the journal cannot be copied while the server runs.
        """
        self._clock = clock
        self._backups = backups

    @property
    def table(self) -> Commands:
        """The commands by their names."""
        return {"server.backup": Command(Nothing, self.backUp)}

    async def backUp(self, arguments: Nothing, report: Report) -> Answer:
        """Make a backup, or wait for the one that is being made.  If the client leaves, the server continues."""
        if self._backups is None:
            raise ControlError("NO_BACKUPS", "This kind of journal cannot be copied while the server runs")
        making = self._backups.make()
        while making.outcome is None:
            await report({"part": making.part})
            await deferLater(self._clock, INTERVAL)
        if isinstance(making.outcome, CopyFailed):
            raise ControlError("NOT_BACKED_UP", f"No backup was made: {making.outcome}")
        made = making.outcome
        return {"path": str(made.path), "size": made.size, "time": made.time, "damaged": making.damaged}
