"""The followers of a log: they get the stored entries, then every entry that is applied."""

from __future__ import annotations

from collections.abc import Callable

from twisted.logger import Logger
from zope.interface import implementer

from twistchat.chat.model.events import Entry
from twistchat.interfaces import IFollowing

log = Logger()


@implementer(IFollowing)
class Following:
    """
    One follower of a log.

    @ivar start: the first sequence number that it gets.
    @ivar receive: passes an applied entry to it.  During the replay of stored entries this puts the entry aside.
    """

    __slots__ = ("_aside", "_receive", "_stopped", "receive", "start")

    def __init__(self, start: int, receive: Callable[[Entry], None], stopped: Callable[[Following], None]) -> None:
        """
        @param receive: called with each entry.
        @param stopped: called when it gets no more entries.
        """
        self.start = start
        self._receive = receive
        self._stopped = stopped
        self._aside: list[Entry] = []
        self.receive: Callable[[Entry], None] = self._aside.append

    @property
    def active(self) -> bool:
        """Whether it still gets entries."""
        return self.receive is not _ignore

    def stop(self) -> None:
        """See L{IFollowing.stop}."""
        if self.active:
            self.receive = _ignore
            self._stopped(self)

    def fail(self) -> None:
        """Log the exception that the follower raised, and stop.  Call this in C{except}."""
        log.failure("A follower of the journal failed, and receives no more entries")
        self.stop()

    def replay(self, entries: list[Entry]) -> None:
        """Pass stored entries to it, without those before its start."""
        try:
            for entry in entries:
                if not self.active:
                    return
                if entry.sequence >= self.start:
                    self._receive(entry)
        except Exception:
            self.fail()

    def join(self) -> None:
        """End the replay: pass on the entries that were put aside, and from now on each entry at once."""
        while self._aside and self.active:
            aside, self._aside[:] = list(self._aside), []
            self.replay(aside)
        if self.active:
            self.receive = self._first

    def _first(self, entry: Entry) -> None:
        """Pass on an entry if it is not before the start.  After the first one, no check is needed."""
        if entry.sequence >= self.start:
            self.receive = self._receive
            self._receive(entry)


class Followers:
    """
    All followers of a log.

    @ivar active: the followers.  Pass each applied entry to C{receive} of each, and call C{fail} if that raises.  The
        list is replaced, never changed, so that a loop over it is safe.
    """

    __slots__ = ("active",)

    def __init__(self) -> None:
        self.active: list[Following] = []

    def add(self, start: int, receive: Callable[[Entry], None]) -> Following:
        """Add a follower.  Entries are put aside until L{Following.join} is called."""
        following = Following(start, receive, self._remove)
        self.active = [*self.active, following]
        return following

    def _remove(self, following: Following) -> None:
        self.active = [other for other in self.active if other is not following]


def _ignore(entry: Entry) -> None:
    """Drop an entry: the follower has stopped."""
