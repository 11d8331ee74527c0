"""An open journal for each test of the contract, and shortcuts to use it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.model.events import Entry, Event, Kind, PrivateMessage, RoomMessage, Source
from twistchat.chat.model.sessions import Origin
from twistchat.chat.model.spans import Around, Search, Span, conversation, shownIn
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
    A journal that is opened before each test and closed after it.

    @ivar time: the time of the journal's clock, in seconds since the epoch.
    @ivar log: the log.
    @ivar history: the history.
    @ivar applied: the entries that were applied, unless the test opened the journal with another C{apply}.
    @ivar origins: the origin of each entry that was passed to C{apply}.
    """

    def makeJournal(self, now: Callable[[], float]) -> Journal:
        """
        Make an empty journal.  Do not open it.

        @param now: returns the seconds since the epoch.
        """
        raise AssertionError("implement makeJournal")

    def settle(self) -> None:
        """Let the journal finish all pending work, if it needs more than a call."""

    def setUp(self) -> None:
        """Make and open a journal."""
        self.time = 1000.0
        self.applied: list[Entry] = []
        self.origins: list[Origin | None] = []
        self.log, self.history = self.makeJournal(lambda: self.time)
        self.openJournal(self.applied.append)

    def openJournal(self, apply: Callable[[Entry], None]) -> None:
        """Open the journal, and close it after the test."""

        def receive(entry: Entry, origin: Origin | None) -> None:
            self.origins.append(origin)
            apply(entry)

        opened = self.log.open(receive)
        self.settle()
        self.successResultOf(opened)
        self.addCleanup(self.closeJournal)

    def closeJournal(self) -> None:
        """Close the journal."""
        closed = self.log.close()
        self.settle()
        self.successResultOf(closed)

    def reopen(self, apply: Callable[[Entry], None]) -> None:
        """Open a new, empty journal with another C{apply}."""
        self.closeJournal()
        self.log, self.history = self.makeJournal(lambda: self.time)
        self.openJournal(apply)

    def result(self, waiting: Deferred[Any]) -> Any:
        """The result of a Deferred."""
        self.settle()
        return self.successResultOf(waiting)

    def append(self, *events: Event) -> list[Entry]:
        """Append events, each after the one before has been applied."""
        return [self.result(self.log.append(event)) for event in events]

    def read(self, span: Span | Around) -> list[Entry]:
        """Read a range.  The entries have the present name of its room."""
        found = list(self.result(self.history.read(span)))
        entries = [entry for entry in found if isinstance(entry, Entry)]
        self.assertEqual(entries, [shownIn(entry, span.conversation) for entry in entries])
        return found

    def texts(self, span: Span | Around) -> list[str]:
        """The texts in a range."""
        return [entry.event.text for entry in self.read(span) if isinstance(entry.event, (RoomMessage, PrivateMessage))]

    def search(self, words: str, limit: int = 10, room: str = "#room", **filters: Any) -> list[str]:
        """
        Search a room.

        @param filters: further fields of L{Search}.
        @return: the texts.
        """
        found = self.found(Search(words, limit, {room: 0}, **filters))
        return [entry.event.text for entry in found if isinstance(entry.event, (RoomMessage, PrivateMessage))]

    def found(self, search: Search) -> list[Entry]:
        """Search.  The texts have the present names of their rooms."""
        found = list(self.result(self.history.search(search)))
        texts = [entry.event for entry in found if isinstance(entry, Entry) and isinstance(entry.event, RoomMessage)]
        rooms = {conversation(text) for text in texts}
        self.assertLessEqual(rooms, set(search.places))
        return found

    def at(self, entry: Entry) -> list[Entry]:
        """Read an entry by its message id."""
        sequence = self.history.locate(entry.msgid)
        where = conversation(entry.event)
        assert sequence is not None and where is not None
        return [found for found in self.read(Around(where, 1, sequence)) if found.msgid == entry.msgid]
