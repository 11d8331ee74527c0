"""The import of an exported journal, into that of a server that does not run."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from twistchat.chat.fanout.audience import Broadcast
from twistchat.chat.state import State
from twistchat.console.offline import NoSessions
from twistchat.console.options import Refused
from twistchat.console.progress import showProgress
from twistchat.importing.journals import Copied, JournalFile, copyJournal
from twistchat.importing.records import ImportProblem
from twistchat.journal.history.writing import HistoryWriter
from twistchat.journal.sqlite.constants import KEY_SIZE
from twistchat.journal.sqlite.files import FILE
from twistchat.journal.sqlite.maintenance.checking import check
from twistchat.journal.sqlite.maintenance.loading import Loader
from twistchat.journal.sqlite.writing.writer import Writer

if TYPE_CHECKING:
    from twistchat.config import Settings

INDEXED = 4096
"""The number of entries that are indexed at a time."""


def importJournal(settings: Settings, source: Path) -> None:
    """
    Import an export of a journal, and print what was done.

    @raise ImportProblem: a line of it is wrong, or the journal has other entries.
    """
    copied = Copied()
    with (
        showProgress("Importing") as progress,
        closing(JournalFile(source, progress)) as file,
        openLoader(settings, emptyState(), file.name) as loader,
    ):
        copyJournal(file, loader, lambda: secrets.token_hex(8), copied)
    _printCopied(copied, Path(settings.server.data, FILE))


def _printCopied(copied: Copied, path: Path) -> None:
    if not copied.added:
        print(f"{path} has all entries of the export already ({copied.present:,}); nothing was added")
    else:
        print(f"Entries added to {path}: {copied.added:,}; there already: {copied.present:,}")
    if copied.credentials:
        print(
            f"Credentials left out: {copied.credentials:,}, because an export has no passwords, tokens or keys.  People"
            " set a new password with a code that is mailed to them, or an administrator sets it: twistchat account"
            " password NAME"
        )
    if copied.rekeyed:
        print(f"Rooms with new keys, which their members can see: {', '.join(sorted(copied.rekeyed))}")


def emptyState() -> State:
    """The state of a chat without entries, which nobody listens to."""
    return State(Broadcast(lambda call: call(), NoSessions()))


@contextmanager
def openLoader(
    settings: Settings, state: State, name: str | None = None, directory: Path | None = None
) -> Iterator[Loader]:
    """
    Open the journal of a server that does not run, or make one.  At the end new texts are indexed, and the journal is
    closed and checked.

    @param state: gets what the journal holds.
    @param name: the name of a new journal; C{None} for a random one.
    @param directory: the data directory; C{None} for that of the configuration.
    @raise JournalUnusable: it cannot be opened, for example because a server uses it.
    @raise Fault: it cannot be read or written.
    @raise Refused: it is damaged.
    """
    if directory is None:
        directory = Path(settings.server.data).absolute()
    writer = Writer(
        str(directory),
        settings.journal.durability,
        lambda: name or secrets.token_hex(4),
        lambda: secrets.token_bytes(KEY_SIZE),
    )
    try:
        loader = Loader(writer, int(time.time() * 1000), state.apply)
        try:
            yield loader
        except ImportProblem:
            loader.flush()
            raise
        loader.flush()
        _index(loader)
    except BaseException:
        writer.abandon()
        raise
    loader.close()
    if loader.stored:
        _check(writer.path)


def _index(loader: Loader) -> None:
    """Put the new texts into the word index, so that the server need not."""
    if not loader.stored:
        return
    history = HistoryWriter(loader.writer)
    more, first = True, loader.sequence - loader.stored
    with showProgress("Indexing") as progress:
        done = 0
        while more:
            taken, more = history.index(loader.sequence, INDEXED)
            done += taken
            progress(min(done / max(loader.sequence - first, 1), 1.0))
            loader.writer.checkpoint()


def _check(path: Path) -> None:
    """
    Check a journal into which entries were imported.

    @raise Refused: it is damaged.
    """
    with showProgress("Checking") as progress:
        findings = check(path, progress)
    if not findings.good:
        raise Refused(f"{path} is damaged; twistchat check says more")
