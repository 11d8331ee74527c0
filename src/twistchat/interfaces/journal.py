"""A journal: a log and its history; and the plugins that make journals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from zope.interface import Attribute, Interface

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.internet.interfaces import IReactorTime

    from twistchat.interfaces.history import IHistory
    from twistchat.interfaces.log import ILog
    from twistchat.worker import Worker


class Journal(NamedTuple):
    """
    A log, and the history that follows it.

    @ivar log: records events.
    @ivar history: reads what the log has recorded.
    """

    log: ILog
    history: IHistory


@dataclass(frozen=True, slots=True)
class JournalContext:
    """
    What a journal is made with.

    @ivar settings: the section C{[journal]} of the configuration, as a L{JournalSettings
        <twistchat.config.JournalSettings>}.
    @ivar own: the section C{[journal.NAME]} of this kind, as L{IJournalKind.settings}; C{None} if it has none.
    @ivar directory: the absolute path of the server's data directory, which may not exist yet.
    @ivar now: the time of day, in seconds since the epoch.
    @ivar name: makes a random name, in letters and digits: it tells one journal's message ids from those of others.
    @ivar key: makes a random key of 32 bytes for the cloaks.
    @ivar worker: starts a thread, from a name for it.
    @ivar clock: the reactor's timers.
    """

    settings: Any
    own: Any
    directory: str
    now: Callable[[], float]
    name: Callable[[], str]
    key: Callable[[], bytes]
    worker: Callable[[str], Worker]
    clock: IReactorTime


class IJournalKind(Interface):
    """
    A kind of journal, which the administrator chooses by its name: C{journal.kind}.

    The server finds kinds with C{twisted.plugin.getPlugins(IJournalKind)}.  Put an instance that also provides
    C{twisted.plugin.IPlugin} into a module of C{twisted.plugins}.
    """

    name = Attribute("str: the value of C{journal.kind}, C{sqlite} for one; lower-case letters and digits.")
    summary = Attribute("str: one line for people who choose.")
    settings = Attribute(
        "type | None: a frozen dataclass that has the keys of the section C{[journal.NAME]}, each with a default."
    )
    onDisk = Attribute("bool: whether it keeps files in the data directory.")

    def make(context: JournalContext) -> Journal:
        """Make the journal.  Do not open it, start no thread and touch no file: the process may become another."""
