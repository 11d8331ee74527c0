"""Executes a command on the journal of a server that does not run."""

from __future__ import annotations

import os
import secrets
import shlex
import signal
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred

from twistchat.accounts.logins import resultOf
from twistchat.chat.chat import Chat
from twistchat.journal.kinds import sqliteJournal
from twistchat.journal.sqlite.constants import KEY_SIZE
from twistchat.services.control.accounts import AccountCommands
from twistchat.services.control.commands import Answer, execute
from twistchat.services.control.peer import userNamed
from twistchat.services.control.wire import VERSION, Request
from twistchat.worker import DirectWorker

if TYPE_CHECKING:
    from twistchat.chat.model.sessions import Session
    from twistchat.config import Settings
    from twistchat.console.client import Part

INTERRUPTIONS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""The signals that wait until a command is done."""


class NoSessions:
    """The departures of a chat without sessions."""

    def broken(self, what: object, sessions: Iterable[Session], error: Exception) -> None:
        """Do nothing, because there are no sessions."""

    def disconnect(self, sessions: Iterable[Session], reason: str) -> None:
        """Do nothing, because there are no sessions."""


def executeOffline(
    settings: Settings, command: str, arguments: Mapping[str, object], receive: Part
) -> Mapping[str, Any]:
    """
    Open the journal, execute a command, and close the journal.

    Ctrl-C does not interrupt the command itself.

    @param receive: gets each part of a long answer.
    @return: the answer.
    @raise ControlError: the command is refused.
    @raise JournalUnusable: the journal cannot be opened, for example because another process has locked it.
    """
    directory, who = Path(settings.server.data).absolute(), userNamed(os.getuid())
    becomeOwner(directory)
    log, history = sqliteJournal(
        str(directory),
        time.time,
        lambda: secrets.token_hex(4),
        lambda: secrets.token_bytes(KEY_SIZE),
        lambda name: DirectWorker(),
        settings.journal.durability,
        settings.journal.keepPassing,
    )
    chat = Chat(
        log,
        history,
        lambda call: call(),
        NoSessions(),
        time.monotonic,
        time.time,
        lambda: secrets.token_hex(8),
        settings.limits,
        settings.chat.reserved,
        settings.chat.lobby,
        inherits=settings.accounts.succession == "next",
    )

    async def report(part: Answer) -> None:
        receive(part)

    resultOf(log.open(chat.state.apply))
    with _uninterrupted():
        try:
            request = Request(VERSION, command, dict(arguments))
            record = partial(chat.audit.recordOutside, "console", who)
            return resultOf(Deferred.fromCoroutine(execute(AccountCommands(chat).table, request, report, record)))
        finally:
            resultOf(log.close())


def becomeOwner(directory: Path) -> None:
    """
    If root runs this, become the owner of a data directory, so that new files in it belong to its server.

    @param directory: the directory; nothing happens if it does not exist.
    """
    if os.geteuid() != 0 or not directory.is_dir():
        return
    owner = directory.stat()
    if owner.st_uid != 0:
        os.setgroups([])
        os.setgid(owner.st_gid)
        os.setuid(owner.st_uid)


def adviseOwner(directory: Path) -> None:
    """
    If root runs this, and a data directory belongs to root, say how its server gets it.

    @param directory: the directory; nothing is printed if it does not exist.
    """
    if os.geteuid() != 0 or not directory.is_dir() or directory.stat().st_uid != 0:
        return
    print(
        f"{directory} belongs to root.  Give it to the user of the server, who cannot open it otherwise:"
        f" chown -R USER {shlex.quote(str(directory))}"
    )


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let L{INTERRUPTIONS} wait until the end, and then take effect."""
    received: list[int] = []
    before = {number: signal.signal(number, lambda number, frame: received.append(number)) for number in INTERRUPTIONS}
    try:
        yield
    finally:
        for number, reaction in before.items():
            signal.signal(number, reaction)
        for got in received:
            signal.raise_signal(got)
