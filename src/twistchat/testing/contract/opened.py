"""A journal that is open, for each test of the contract: who speaks there, and short ways to use it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.model.events import Entry, Event, Kind, PrivateMessage, RoomMessage, Source
from twistchat.chat.model.sessions import Origin
from twistchat.chat.model.spans import Around, Span, conversation
from twistchat.interfaces import Journal

ANN = Source("u1", "Ann", "~ann", "ann.cloak", "Ann", "Ann O'Nym")
BOB = Source("u2", "Bob", "~bob", "bob.cloak", "bob")
GUEST = Source("u3", "guest")


def said(text: str, room: str = "#Room", source: Source = ANN, kind: Kind = "message") -> RoomMessage:
    """A text in a room."""
    return RoomMessage(source, room, "s1", text, kind)


if TYPE_CHECKING:
    _Base = SynchronousTestCase
else:
    _Base = object


class OpenedJournal(_Base):
    """
    A journal that is made and opened before each test and closed after it, and what the tests do with it.

    @ivar time: what the journal's clock shows, in seconds since the epoch.
    @ivar log: the log that the test is about.
    @ivar history: its history.
    @ivar applied: the entries that it has applied, where the test did not open it otherwise.
    @ivar origins: the origin of each entry that it has passed to C{apply}.
    """

    def makeJournal(self, now: Callable[[], float]) -> Journal:
        """
        Make a journal that keeps nothing yet, and do not open it.

        @param now: its clock: the time of day, in seconds since the epoch.
        """
        raise AssertionError("a test of a journal says how it is made")

    def settle(self) -> None:
        """Let the journal finish what it is about, where that takes more than the call."""

    def setUp(self) -> None:
        """Make a journal and open it."""
        self.time = 1000.0
        self.applied: list[Entry] = []
        self.origins: list[Origin | None] = []
        self.log, self.history = self.makeJournal(lambda: self.time)
        self.openJournal(self.applied.append)

    def openJournal(self, apply: Callable[[Entry], None]) -> None:
        """Open the journal that the test is about; close it when the test is over."""

        def receive(entry: Entry, origin: Origin | None) -> None:
            self.origins.append(origin)
            apply(entry)

        opened = self.log.open(receive)
        self.settle()
        self.successResultOf(opened)
        self.addCleanup(self.closeJournal)

    def closeJournal(self) -> None:
        """Close it."""
        closed = self.log.close()
        self.settle()
        self.successResultOf(closed)

    def reopen(self, apply: Callable[[Entry], None]) -> None:
        """Open a new journal, where the one of the test was set up with another C{apply}."""
        self.closeJournal()
        self.log, self.history = self.makeJournal(lambda: self.time)
        self.openJournal(apply)

    def result(self, waiting: Deferred[Any]) -> Any:
        """What a Deferred fires with."""
        self.settle()
        return self.successResultOf(waiting)

    def append(self, *events: Event) -> list[Entry]:
        """Append events, one after the other."""
        return [self.result(self.log.append(event)) for event in events]

    def read(self, span: Span | Around) -> list[Entry]:
        """Read a stretch."""
        return list(self.result(self.history.read(span)))

    def texts(self, span: Span | Around) -> list[str]:
        """The texts of a stretch."""
        return [entry.event.text for entry in self.read(span) if isinstance(entry.event, (RoomMessage, PrivateMessage))]

    def search(self, words: str, limit: int = 10, before: int | None = None, account: str | None = None) -> list[str]:
        """The texts found in C{#room}."""
        found = self.result(self.history.search(["#room"], words, limit, before, account))
        return [entry.event.text for entry in found]

    def at(self, entry: Entry) -> list[Entry]:
        """What is read of an entry when one asks for it by its message id."""
        sequence = self.history.locate(entry.msgid)
        where = conversation(entry.event)
        assert sequence is not None and where is not None
        return [found for found in self.read(Around(where, 1, sequence)) if found.msgid == entry.msgid]
