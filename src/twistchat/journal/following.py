"""Those who follow a log: they receive what was stored, then every entry that is applied."""

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

    @ivar start: the sequence number from which on it receives entries.
    @ivar receive: takes an applied entry.  While the stored entries are replayed, it puts the entry aside.
    """

    __slots__ = ("_aside", "_receive", "_stopped", "receive", "start")

    def __init__(self, start: int, receive: Callable[[Entry], None], stopped: Callable[[Following], None]) -> None:
        """
        @param receive: takes an entry.
        @param stopped: called when it receives no more.
        """
        self.start = start
        self._receive = receive
        self._stopped = stopped
        self._aside: list[Entry] = []
        self.receive: Callable[[Entry], None] = self._aside.append

    @property
    def active(self) -> bool:
        """Whether it still receives entries."""
        return self.receive is not _ignore

    def stop(self) -> None:
        """See L{IFollowing.stop}."""
        if self.active:
            self.receive = _ignore
            self._stopped(self)

    def fail(self) -> None:
        """Stop it, because it raised the exception that is being handled."""
        log.failure("A follower of the journal failed, and receives no more entries")
        self.stop()

    def replay(self, entries: list[Entry]) -> None:
        """Pass it stored entries.  Entries before its start are left out."""
        try:
            for entry in entries:
                if not self.active:
                    return
                if entry.sequence >= self.start:
                    self._receive(entry)
        except Exception:
            self.fail()

    def join(self) -> None:
        """The stored entries have been replayed: pass it what was applied meanwhile, and then every entry at once."""
        while self._aside and self.active:
            aside, self._aside[:] = list(self._aside), []
            self.replay(aside)
        if self.active:
            self.receive = self._first

    def _first(self, entry: Entry) -> None:
        """Take an entry, if it is not before the start.  From then on, all of them are taken."""
        if entry.sequence >= self.start:
            self.receive = self._receive
            self._receive(entry)


class Followers:
    """
    All followers of a log.

    @ivar active: those to whom an applied entry is passed: for each, call C{receive}, and C{fail} if that raises.  The
        list is never changed, but replaced.
    """

    __slots__ = ("active",)

    def __init__(self) -> None:
        self.active: list[Following] = []

    def add(self, start: int, receive: Callable[[Entry], None]) -> Following:
        """Begin to pass entries to a follower.  It puts them aside until L{Following.join}."""
        following = Following(start, receive, self._remove)
        self.active = [*self.active, following]
        return following

    def _remove(self, following: Following) -> None:
        self.active = [other for other in self.active if other is not following]


def _ignore(entry: Entry) -> None:
    """Take an entry for a follower that has stopped."""
