"""
The late changes of a log: the changes of the register that wait until their entry has been applied.

L{twistchat.journal.sqlite.writing.accepting} says why they wait.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twistchat.chat.model.events import TextsForgotten

if TYPE_CHECKING:
    from twistchat.chat.model.events import Entry
    from twistchat.chat.model.holding import HoldingChange
    from twistchat.journal.sqlite.writing.committing import Committer


class LateChanges:
    """
    The late changes of one log.

    @ivar waiting: the changes of entries that are stored and not yet settled, by the sequence number of the entry.
    """

    __slots__ = ("_committer", "_due", "waiting")

    def __init__(self, committer: Committer) -> None:
        """
        @param committer: applies the entries of the log.
        """
        self._committer = committer
        self.waiting: dict[int, HoldingChange] = {}
        self._due: list[tuple[int, HoldingChange]] = []

    def applied(self, entry: Entry, change: HoldingChange) -> None:
        """Let L{make} make the change of an entry that was applied."""
        self._due.append((entry.sequence, change))
        if isinstance(entry.event, TextsForgotten):
            self._committer.sharer.forgotten(entry.sequence, entry.event.account)

    def make(self) -> None:
        """Make the changes of the entries that were applied since the last call."""
        if self._due:
            due, self._due = self._due, []
            committer = self._committer
            committer.threads.write(lambda writer: writer.accept(due)).addErrback(committer.ignoreFault)
            committer.sharer.erased()
