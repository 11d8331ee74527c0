"""The plugin: a kind of journal that the administrator can choose."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from twisted.plugin import IPlugin
from zope.interface import implementer

from linejournal.log import LineLog
from twistchat.interfaces import IJournalKind, Journal, JournalContext
from twistchat.journal.history.memory import MemoryHistory


@dataclass(frozen=True, slots=True)
class LineSettings:
    """
    The section C{[journal.lines]}.

    @ivar file: the name of the file in the data directory.
    @ivar keep: how many entries are kept for history.
    """

    file: str = "journal.lines"
    keep: int = 10_000


@implementer(IPlugin, IJournalKind)
class LineKind:
    """Journals that keep entries as lines of JSON."""

    name = "lines"
    summary = "Keeps the journal on disk, as lines of JSON."
    settings = LineSettings
    onDisk = True

    def make(self, context: JournalContext) -> Journal:
        """See L{IJournalKind.make}."""
        own: LineSettings = context.own
        log = LineLog(Path(context.directory, own.file), context.now, context.name, context.key)
        return Journal(log, MemoryHistory(log, own.keep))
