"""Executes a command on the data of a server: through the server if it runs, and on its journal otherwise."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

from twistchat.console.client import ask, connect
from twistchat.console.options import Refused
from twistchat.journal.sqlite.files import FILE, JournalLocked

if TYPE_CHECKING:
    from twistchat.config import Settings
    from twistchat.console.client import Part

ATTEMPTS = 60
"""
The number of attempts to reach the server or the journal.  Another command may use the journal, or the server may be
starting.
"""

INTERVAL = 0.05
"""Seconds between two attempts."""


def perform(
    settings: Settings,
    command: str,
    arguments: Mapping[str, object],
    receive: Part = lambda part: None,
    creates: bool = False,
    wait: Callable[[float], None] = time.sleep,
) -> Mapping[str, Any]:
    """
    Execute a command.

    @param receive: gets each part of a long answer.
    @param creates: whether to make a journal, if there is none.
    @param wait: waits for some seconds.
    @return: the answer.
    @raise ControlError: the command is refused.
    @raise Refused: there is neither a server nor a journal.
    """
    directory, locked = Path(settings.server.data).absolute(), ""
    for _ in range(ATTEMPTS):
        connection = connect(directory)
        if connection is not None:
            with connection:
                return ask(connection, command, arguments, receive)
        _checkJournal(settings, creates)
        # Only this needs the chat, whose import takes as long as all else.
        from twistchat.console.offline import executeOffline

        try:
            return executeOffline(settings, command, arguments, receive)
        except JournalLocked as e:
            locked = str(e)
        wait(INTERVAL)
    raise Refused(f"{locked}, because no command can reach it while it runs; its log says why")


def askServer(
    settings: Settings,
    command: str,
    arguments: Mapping[str, object],
    receive: Part = lambda part: None,
    advice: str = "",
    named: bool = False,
) -> Mapping[str, Any]:
    """
    Let a running server execute a command.

    @param receive: gets each part of a long answer.
    @param advice: what else somebody can do if no server runs, with a comma and a space at its end.
    @param named: whether C{--data} names the directory.
    @return: the answer.
    @raise ControlError: the command is refused.
    @raise Refused: no server uses the data directory, or it does not answer.
    """
    directory = Path(settings.server.data).absolute()
    connection = connect(directory)
    if connection is None:
        if settings.journal.kind == "memory":
            raise Refused("commands do not reach a server whose journal is in memory; see journal.kind")
        other = "" if named else ", or name its directory with --data"
        raise Refused(
            f"no server runs with its data in {directory}; {advice}start it with twistd twistchat --data"
            f" {quote(str(directory))}{other}"
        )
    with connection:
        return ask(connection, command, arguments, receive)


def _checkJournal(settings: Settings, creates: bool) -> None:
    """Check that a command can open the journal of a server that does not run."""
    kind, data = settings.journal.kind, settings.server.data
    if kind == "memory":
        raise Refused("the journal is in memory, so it has no accounts that last; see journal.kind")
    if kind != "sqlite":
        raise Refused(f"this command cannot open a journal of the kind {kind}; start the server first")
    if not creates and not Path(data, FILE).exists():
        raise Refused(f"there is no journal in {data}; name its directory with --data")
