"""Passes stored entries to the followers of a log, page by page.  Between two pages the server continues."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.logger import Logger
from twisted.python.failure import Failure

if TYPE_CHECKING:
    from twistchat.chat.model.events import Entry
    from twistchat.journal.following import Following
    from twistchat.journal.sqlite.writing.committing import Committer


class Replays:
    """The replays of one log."""

    _log = Logger()

    __slots__ = ("_source",)

    def __init__(self, source: Committer) -> None:
        """
        @param source: applies the entries of the log.
        """
        self._source = source

    def begin(self, following: Following, after: int) -> None:
        """
        Pass the entries that are stored now to a follower.  It gets later ones as usual.

        @param after: the sequence number after which it wants entries.
        """
        self._continue(following, after, self._source.applied)

    def _continue(self, following: Following, after: int, last: int) -> None:
        if after >= last:
            following.join()
            return

        def replay(page: tuple[list[Entry], int]) -> None:
            entries, end = page
            following.replay(entries)
            if following.active:
                self._continue(following, end, last)

        def stop(failure: Failure) -> None:
            if not self._source.closed:
                self._log.failure(
                    "The journal could not be read for a follower, which receives no more entries", failure
                )
            following.stop()

        refused, size = self._source.refused(), self._source.limits.page
        reading = self._source.read(lambda reader: reader.page(after, last, size, refused))
        reading.addCallbacks(replay, stop)
