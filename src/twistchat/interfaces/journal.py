"""Journals (a log and its history), and the plugins that create them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from zope.interface import Attribute, Interface

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from twisted.internet.interfaces import IReactorTime

    from twistchat.interfaces.history import IHistory
    from twistchat.interfaces.log import ILog
    from twistchat.interfaces.replica import IReplica
    from twistchat.worker import Worker


class Journal(NamedTuple):
    """
    A log and the history that follows it.

    @ivar log: records events.
    @ivar history: reads what the log has recorded.
    """

    log: ILog
    history: IHistory


@dataclass(frozen=True, slots=True)
class JournalContext:
    """
    The values and functions that a journal is created with.

    @ivar settings: the section C{[journal]} of the configuration, as a L{JournalSettings
        <twistchat.config.JournalSettings>}.
    @ivar own: the section C{[journal.NAME]} of this kind, as L{IJournalKind.settings}; C{None} if it has none.
    @ivar directory: the absolute path of the server's data directory, which may not exist yet.
    @ivar now: returns the seconds since the epoch.
    @ivar name: returns a random name of letters and digits.  It distinguishes message ids of different journals.
    @ivar key: returns a random key of 32 bytes for the cloaks.
    @ivar worker: starts a thread with this name.
    @ivar clock: the reactor's timers.
    @ivar retentions: returns the rooms whose entries are kept for another time than C{journal.retention}: for each
        folded name, the seconds, or 0 for no limit.  Call it only after the log was opened.
    @ivar cluster: the section C{[cluster]} of the configuration; C{None} if there is none.
    @ivar replica: returns the chat, for a journal that several processes share.  Call it when the log is opened.
    @ivar stop: ends the process with a failed status, after one line for the administrator: see
        L{ChatService.fail <twistchat.services.service.ChatService.fail>}.  For a log that finds while it runs that it
        must show nothing more.  It then refuses all proposals, and closes without publishing anything.
    @ivar agreed: values of the configuration that must be equal on all processes that share a journal, by their keys.
    """

    settings: Any
    own: Any
    directory: str
    now: Callable[[], float]
    name: Callable[[], str]
    key: Callable[[], bytes]
    worker: Callable[[str], Worker]
    clock: IReactorTime
    retentions: Callable[[], Mapping[str, float]] = dict
    cluster: Any = None
    replica: Callable[[], IReplica] | None = None
    agreed: Mapping[str, str] = field(default_factory=dict)
    stop: Callable[[str], None] = lambda why: None


class JournalUnavailable(Exception):
    """A kind of journal cannot be used in this process.  C{str} gives the reason in one line, for the administrator."""


class IJournalKind(Interface):
    """
    A kind of journal.  The administrator selects it by its name in C{journal.kind}.

    The server finds kinds with C{twisted.plugin.getPlugins(IJournalKind)}.  Put an instance that also provides
    C{twisted.plugin.IPlugin} into a module of C{twisted.plugins}.
    """

    name = Attribute("str: the value of C{journal.kind}, for example C{sqlite}; lower-case letters and digits.")
    summary = Attribute("str: one line that describes it to administrators.")
    settings = Attribute(
        "type or None: a frozen dataclass with the keys of the section C{[journal.NAME]}, each with a default."
    )
    onDisk = Attribute("bool: whether it keeps files in the data directory.")

    def make(context: JournalContext) -> Journal:
        """
        Create the journal.  Do not open it, start threads or touch files yet, because the process may still fork.

        @raise JournalUnavailable: it cannot be created.
        """


class CopyFailed(Exception):
    """
    A journal was not copied.  C{str} gives the reason in one line, for the administrator.

    @ivar bad: whether the copy was made, and is damaged.  Then the journal itself may be damaged.
    """

    def __init__(self, why: str, bad: bool = False) -> None:
        super().__init__(why)
        self.bad = bad


@dataclass(frozen=True, slots=True)
class JournalCopy:
    """
    A copy of a journal that was read back.

    @ivar size: the size of the file in bytes.
    @ivar damaged: the number of problems that the journal itself has, and so the copy: entries that changed on disk,
        and others.  0 if all is well.
    """

    size: int
    damaged: int = 0


class IJournalCopying(Interface):
    """
    What an L{IJournalKind} can also provide: its journals can be copied while a server uses them.

    The server needs it for C{[backup]} and C{twistchat backup}.
    """

    def copyJournal(directory: str, path: str, progress: Callable[[float], None]) -> JournalCopy:
        """
        Copy the journal of a server to a new file, read the whole copy back, and compare it with its checksums.

        If the journal itself has damaged entries, a copy with the same damage is kept: it has all that is left.

        This blocks, and is called in a thread of its own.  Reading and writing of the server go on meanwhile.

        @param directory: the absolute path of the server's data directory.
        @param path: the new file, which only its owner can read.  It gets this name when it is complete, on disk and
            known to be good.  Until then its name is this with C{.part} appended.
        @param progress: called often, with the part of all the work that is done, from 0 to 1.  It sleeps, so that the
            copy leaves time to the server.  If it raises an error, the copy is abandoned, and no file is left.
        @raise CopyFailed: there is no copy, or it has other damage than the journal.  No file is left.
        """

    def isCopy(directory: str, path: str) -> bool:
        """
        Find out quickly whether a file is a copy of the journal of a server, and not of another one, or something else.

        This blocks, and is called in a thread.  It raises no error, whatever the file is.

        @param directory: as for L{copyJournal}.
        @param path: a file in the directory of the backups.
        """
