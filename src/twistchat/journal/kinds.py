"""The kinds of journals that come with twistchat, as plugins."""

from __future__ import annotations

from twisted.plugin import IPlugin
from zope.interface import implementer

from twistchat.interfaces import IJournalKind, Journal, JournalContext
from twistchat.journal.history.retention import Retention
from twistchat.journal.memory import memoryJournal
from twistchat.journal.sqlite.log import SqliteJournal
from twistchat.journal.stamp import Stamp


@implementer(IPlugin, IJournalKind)
class MemoryKind:
    """The journal in memory."""

    name = "memory"
    summary = "Keeps the journal in memory; it is gone when the server stops."
    settings = None
    onDisk = False

    def make(self, context: JournalContext) -> Journal:
        """See L{IJournalKind.make}."""
        return memoryJournal(Stamp(context.now, context.name()), context.settings.keep, context.key())


@implementer(IPlugin, IJournalKind)
class SqliteKind:
    """The journal on disk, in an SQLite database."""

    name = "sqlite"
    summary = "Keeps the journal on disk, in the data directory."
    settings = None
    onDisk = True

    def make(self, context: JournalContext) -> Journal:
        """See L{IJournalKind.make}."""
        chosen = context.settings
        kept = SqliteJournal(
            context.directory,
            context.now,
            context.name,
            context.key,
            context.worker,
            chosen.durability,
            chosen.keepPassing,
            Retention(context.clock, context.now, chosen.retention, chosen.retentionCount),
            context.clock,
        )
        return Journal(kept, kept)
