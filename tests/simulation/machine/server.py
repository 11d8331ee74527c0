"""A server of the simulation: the real doors, chat, accounts and journal on disk, on a simulated reactor."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from twisted.internet.defer import Deferred, gatherResults
from twisted.python.failure import Failure

from tests.journal.disk import kill
from tests.simulation.ledger import Ledger
from tests.simulation.machine.disk import Disk, SimulatedWorker
from tests.simulation.machine.reactor import SimulatedReactor
from twistchat.chat.chat import Chat
from twistchat.chat.snapshot import takeSnapshot
from twistchat.config import Settings, SettingsBuilder
from twistchat.doors.irc import IrcDoor
from twistchat.doors.line import LineDoor
from twistchat.doors.web import site
from twistchat.doors.web.door import WebDoor
from twistchat.doors.web.pages import Pages
from twistchat.interfaces import IDoor
from twistchat.journal.history.removal.retention import Retention
from twistchat.journal.kinds import sqliteJournal
from twistchat.journal.sqlite.files import FILE
from twistchat.journal.sqlite.log import SqliteLog
from twistchat.services.assembly import assemble
from twistchat.services.service import JOURNAL_TIMEOUT
from twistchat.testing.accounts import cheapVerifier, randomness

SETTINGS: Final = """
[server]
name = "sim.example"
[line]
timezone = "UTC"
"""
"""The configuration of every server: the default limits, and what would depend on the machine otherwise."""

CONFIGURATION: Final = "[accounts]\nplaintext = true\n"
"""What the administrator has added at first: clients may log in, though their connections are not encrypted."""

LASTING_OF_ROOMS: Final = ("name", "founder", "topic", "modes", "lists", "granted", "settings", "metadata")
"""The fields of a registered room that outlive its members."""


@cache
def readSettings(text: str) -> Settings:
    """
    Read settings.

    @param text: what to add to L{SETTINGS}, as TOML.
    @raise ConfigError: it has a mistake.
    """
    builder = SettingsBuilder({door.name: door.settings for door in doors()})
    builder.readFile((SETTINGS + text).encode(), "twistchat.toml")
    return builder.finish()


pages: Final = cache(Pages)
"""Compresses the files of the page once, and not for each server."""


def doors() -> tuple[IDoor, ...]:
    """The doors of each server."""
    return LineDoor(), IrcDoor(), WebDoor()


class SimulatedServer:
    """
    One run of the server, from its start to its end.

    @ivar workers: its threads, by name.
    @ivar restored: no entry that was there at its start has a higher sequence number.
    @ivar log: the log of its journal.
    @ivar history: the history of its journal.
    @ivar factories: the factories of its doors, by name.
    @ivar killed: whether its files are closed.
    @ivar configuration: the text that it reads when it reloads its settings.
    """

    def __init__(
        self,
        folder: Path,
        reactor: SimulatedReactor,
        wall: Callable[[], float],
        ids: Callable[[], str],
        disk: Disk,
        ledger: Ledger,
        configuration: str = "",
    ) -> None:
        """
        Start a server, which continues the journal of its folder.

        @param folder: the data folder.
        @param wall: returns the seconds since the epoch.
        @param ids: returns a new id at each call.
        @param disk: the disk of the journal.
        @param ledger: learns of each entry that is applied.
        """
        self.killed = False
        self.workers: dict[str, SimulatedWorker] = {}
        self.configuration = configuration
        settings = readSettings(configuration)
        retention = Retention(reactor, wall, settings.journal.retention, settings.journal.retentionCount)
        journal = sqliteJournal(
            str(folder), wall, lambda: "j", lambda: bytes(32), self._makeWorker, retention=retention, clock=reactor
        )
        assert isinstance(journal.log, SqliteLog)
        self.log, self.history = journal.log, journal.history
        self._assemble(settings, reactor, wall, ids)
        ledger.begin(self.chat.state)
        opened = self.log.open(ledger.apply)
        assert opened.called, "the journal opens at once"
        faults: list[Failure] = []
        opened.addErrback(faults.append)
        for fault in faults:
            fault.raiseException()
        ledger.isRestoring = False
        self.restored = self.log.applied
        disk.watch(self.log, folder / FILE)
        self._begin()

    def _assemble(
        self, settings: Settings, reactor: SimulatedReactor, wall: Callable[[], float], ids: Callable[[], str]
    ) -> None:
        """Build the chat and the doors on the log and its history."""
        passwords = cheapVerifier(lambda: self._makeWorker("passwords"), settings.limits.passwordQueue)
        self.context = assemble(
            settings,
            self.log,
            self.history,
            reactor,
            wall,
            ids,
            lambda: b"key",
            passwords,
            lambda: readSettings(self.configuration),
            randomness(),
        )
        with patch.object(site, "Pages", pages):
            self.factories: dict[str, Any] = {door.name: door.factory(self.context) for door in doors()}

    def _begin(self) -> None:
        """Do what a server does when its log is open."""
        self.context.registrar.tend()
        self.context.logins.tend()
        self.chat.upkeep.begin()

    @property
    def chat(self) -> Chat:
        """The verbs, and the state behind them."""
        return self.context.chat

    @property
    def isIdle(self) -> bool:
        """Whether no thread has anything to do or to report."""
        return all(worker.isIdle for worker in self.workers.values())

    def _makeWorker(self, name: str) -> SimulatedWorker:
        worker = self.workers[name] = SimulatedWorker(name.rpartition(" ")[2])
        return worker

    def worker(self, name: str) -> SimulatedWorker | None:
        """Return a thread by the last word of its name; C{None} if there is none."""
        return next((worker for worker in self.workers.values() if worker.name == name), None)

    def lasting(self) -> dict[str, Any]:
        """Describe the part of the state that outlives every connection."""
        snapshot = json.loads(takeSnapshot(self.chat.state, ""))
        registered = [
            {name: room[name] for name in LASTING_OF_ROOMS} for room in snapshot["rooms"] if room.get("founder")
        ]
        rooms = sorted(registered, key=lambda room: str(room["name"]))
        for account in snapshot["accounts"]:
            account.pop("presence", None)  # it changes when the server starts: nobody is connected
        accounts = sorted(snapshot["accounts"], key=lambda account: str(account["name"]))
        return {"accounts": accounts, "rooms": rooms, "serverBans": snapshot["serverBans"]}

    def stop(self) -> Deferred[None]:
        """
        Stop as L{ChatService <twistchat.services.service.ChatService>} does.

        @return: fires when everybody is told, and all connections are closed.
        """
        return Deferred.fromCoroutine(self._stop())

    async def _stop(self) -> None:
        context = self.context
        try:
            await self.log.close().addTimeout(JOURNAL_TIMEOUT, context.clock)
            self.killed = True
        except Exception:
            self.kill()  # the service logs it
        doors = [factory.close("The server is shutting down") for factory in self.factories.values()]
        await gatherResults(doors)
        for part in (context.connections, context.loginLog, context.registrar, context.logins, context.passwords):
            part.stop()
        context.upkeep.after(None)

    def kill(self) -> None:
        """End without closing anything in order.  A second call does nothing."""
        if not self.killed:
            self.killed = True
            kill(self.log)
