"""The kinds of journals that come with twistchat."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from twisted.internet.interfaces import IReactorTime
from zope.interface import implementer

from twistchat.interfaces import IJournalCopying, IJournalKind, Journal, JournalContext, JournalCopy, JournalUnavailable
from twistchat.journal.history.memory import MemoryHistory
from twistchat.journal.history.removal.retention import Retention
from twistchat.journal.history.search.searching import SEARCH_TIME
from twistchat.journal.history.sqlite import SqliteHistory
from twistchat.journal.memory import MemoryLog
from twistchat.journal.sqlite.files import FILE
from twistchat.journal.sqlite.log import SqliteLog
from twistchat.journal.sqlite.maintenance.backup import copyJournal, nameOf
from twistchat.journal.stamp import Stamp
from twistchat.worker import Worker


@implementer(IJournalKind)
class MemoryKind:
    """The journal in memory."""

    name = "memory"
    summary = "Keeps the journal in memory; it is gone when the server stops."
    settings = None
    onDisk = False

    def make(self, context: JournalContext) -> Journal:
        """See L{IJournalKind.make}."""
        return memoryJournal(
            Stamp(context.now, context.name()), context.settings.keep, context.key(), context.settings.keepPassing
        )


@implementer(IJournalKind, IJournalCopying)
class SqliteKind:
    """The journal on disk, in an SQLite database."""

    name = "sqlite"
    summary = "Keeps the journal on disk, in the data directory."
    settings = None
    onDisk = True

    def make(self, context: JournalContext) -> Journal:
        """See L{IJournalKind.make}."""
        chosen = context.settings
        return sqliteJournal(
            context.directory,
            context.now,
            context.name,
            context.key,
            context.worker,
            chosen.durability,
            chosen.keepPassing,
            retentionOf(context),
            context.clock,
            chosen.searchTime,
        )

    def copyJournal(self, directory: str, path: str, progress: Callable[[float], None]) -> JournalCopy:
        """See L{IJournalCopying.copyJournal <twistchat.interfaces.IJournalCopying.copyJournal>}."""
        return copyJournal(Path(directory), Path(path), progress)

    def isCopy(self, directory: str, path: str) -> bool:
        """See L{IJournalCopying.isCopy <twistchat.interfaces.IJournalCopying.isCopy>}."""
        name = nameOf(Path(path))
        return name is not None and name == nameOf(Path(directory, FILE))


class JetStreamKind(SqliteKind):
    """
    The journal of a cluster: a stream of NATS JetStream, and a copy of it on disk.

    Its parts are imported when it is chosen.  The copy is an SQLite database, as the journal of a single server.
    """

    name = "jetstream"
    summary = "Shares the journal with the other nodes of a cluster, and keeps a copy on disk."

    def make(self, context: JournalContext) -> Journal:
        """See L{IJournalKind.make}."""
        try:
            from twistchat.journal.jetstream.kind import makeJournal
        except ModuleNotFoundError as missing:
            if (missing.name or "").partition(".")[0] not in PACKAGES:
                raise
            raise JournalUnavailable("the journal jetstream needs pip install 'twistchat[cluster]'") from None
        return makeJournal(context)


PACKAGES: Final = ("nats", "nkeys")
"""The packages of the extra C{cluster}."""

BUILT_IN: Final = (MemoryKind(), SqliteKind(), JetStreamKind())
"""The kinds that need no plugin."""


def retentionOf(context: JournalContext) -> Retention:
    """The retention of a journal on disk, as its settings have it."""
    chosen = context.settings
    return Retention(
        context.clock,
        context.now,
        chosen.retention,
        chosen.retentionCount,
        rooms=context.retentions,
        acts=chosen.auditRetention,
    )


def memoryJournal(stamp: Stamp, keep: int = 10_000, key: bytes | None = None, keepPassing: bool = False) -> Journal:
    """
    Make a journal in memory.

    @param stamp: stamps the events.
    @param keep: the maximum number of entries to keep, of all conversations together.
    @param key: the key of the cloaks; C{None} if it is not needed.
    @param keepPassing: whether to keep passing events that the history of rooms shows, too.
    """
    log = MemoryLog(stamp, keep, key)
    return Journal(log, MemoryHistory(log, keep, keepPassing))


def sqliteJournal(
    directory: str,
    now: Callable[[], float],
    name: Callable[[], str],
    key: Callable[[], bytes],
    worker: Callable[[str], Worker],
    durability: str = "full",
    keepPassing: bool = False,
    retention: Retention | None = None,
    clock: IReactorTime | None = None,
    searchTime: float = SEARCH_TIME,
) -> Journal:
    """Make a journal on disk.  See L{SqliteLog} and L{SqliteHistory} for the arguments."""
    log = SqliteLog(directory, now, name, key, worker, durability, keepPassing, clock=clock)
    return Journal(log, SqliteHistory(log, retention, clock, searchTime=searchTime))
