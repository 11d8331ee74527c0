"""The history of a journal in memory."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Collection, Sequence
from itertools import islice
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Protocol, TypeVar

from twisted.internet.defer import Deferred, succeed
from zope.interface import implementer

from twistchat.chat.model.events import (
    AdministrativeAct,
    Entry,
    Event,
    KeptPrivateTagMessage,
    KeptRoomTagMessage,
    PrivateMessage,
    PrivateMessageRedacted,
    RoomMessage,
    RoomMessageRedacted,
    RoomRenamed,
    Source,
    TextsForgotten,
)
from twistchat.chat.model.forgetting import withoutTexts
from twistchat.chat.model.names import fold
from twistchat.chat.model.spans import (
    TEXTS,
    Acts,
    Around,
    At,
    Count,
    Kept,
    Latest,
    Point,
    Search,
    Span,
    conversation,
    conversationsOf,
    inRoom,
    roomsOf,
    shownIn,
)
from twistchat.interfaces import IHistory
from twistchat.journal.history.search.words import matches, matchesAny, splitWords, wantedPhrases

if TYPE_CHECKING:
    from twistchat.interfaces import IFollowing

T = TypeVar("T")


class Followed(Protocol):
    """The methods of a log that this history needs.  L{MemoryLog <twistchat.journal.memory.MemoryLog>} has them."""

    def follow(self, sequence: int, receive: Callable[[Entry], None]) -> IFollowing:
        """See L{ILog.follow <twistchat.interfaces.ILog.follow>}."""

    def locate(self, msgid: str) -> int | None:
        """See L{IHistory.locate <twistchat.interfaces.IHistory.locate>}."""

    def forget(self, sequence: int) -> None:
        """Delete an entry whose text was redacted.  The log may not have it any more."""


class _Conversation:
    """
    The kept entries of one conversation.

    @ivar name: its name.
    @ivar entries: oldest first.
    @ivar mergedInto: the conversation that has its entries now, after a rename of the room.
    """

    __slots__ = ("entries", "mergedInto", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.entries: deque[Entry] = deque()
        self.mergedInto: _Conversation | None = None

    def current(self) -> _Conversation:
        """The conversation that has the entries now."""
        conversation = self
        while conversation.mergedInto is not None:
            conversation = conversation.mergedInto
        return conversation


@implementer(IHistory)
class MemoryHistory:
    """
    Follows a log, and keeps its newest entries by conversation.
    """

    def __init__(self, log: Followed, keep: int = 10_000, keepPassing: bool = False) -> None:
        """
        @param log: the log to follow.  It need not be open yet.
        @param keep: the maximum number of entries to keep, of all conversations together; and of acts.
        @param keepPassing: whether to keep passing events that the history of rooms shows, too.
        """
        self._keep = keep
        self._keepPassing = keepPassing
        self._log = log
        self._conversations: dict[str, _Conversation] = {}
        self._order: deque[_Conversation] = deque()  # for each kept entry, oldest first, its conversation
        self._acts: deque[Entry] = deque(maxlen=keep)
        log.follow(0, self._receive)

    def read(self, span: Span | Around) -> Deferred[Sequence[Kept]]:
        """See L{IHistory.read}."""
        found = select(list(self._entries(span.conversation)), span)
        return succeed([shownIn(entry, span.conversation) for entry in found])

    def search(self, search: Search) -> Deferred[Sequence[Kept]]:
        """See L{IHistory.search}.  It examines the entries in order until it has found enough."""
        words = splitWords(search.words)
        if search.words.strip() and not any(words):
            return succeed([])
        places = dict(search.places)
        if search.account is not None:
            places |= dict.fromkeys(self._privateOf(search.account), 0)
        entries: list[Entry] = []
        for name, first in places.items():
            if name in self._conversations:
                span = Span(name, self._keep, search.after, search.before, kinds=TEXTS, first=first)
                entries += [shownIn(entry, name) for entry in select(list(self._conversations[name].entries), span)]
        entries.sort(key=attrgetter("sequence"), reverse=not search.oldest)
        sender = None if search.sender is None else fold(search.sender)
        found = (
            entry
            for entry in entries
            if isinstance(entry.event, (RoomMessage, PrivateMessage))
            and (sender is None or sender in _names(entry.event.source))
            and matches(entry.event.text, words)
        )
        return succeed(sorted(islice(found, search.limit), key=attrgetter("sequence")))

    def latest(
        self, conversations: Collection[str], account: str | None = None, limit: int = 1000
    ) -> Deferred[Sequence[Latest]]:
        """See L{IHistory.latest}."""
        names = set(conversations)
        if account is not None:
            names.update(self._privateOf(account))
        newest = [
            next(
                (Latest(name, entry.sequence, entry.time) for entry in reversed(self._entries(name)) if _isText(entry)),
                None,
            )
            for name in names
        ]
        found = sorted([latest for latest in newest if latest is not None], key=attrgetter("sequence"))
        return succeed(found[-limit:])

    def count(
        self,
        conversation: str,
        after: Point,
        limit: int,
        phrases: Sequence[str] = (),
        without: str | None = None,
        first: int = 0,
    ) -> Deferred[Count]:
        """See L{IHistory.count}."""
        found = select(
            list(self._entries(conversation)), Span(conversation, self._keep, after, kinds=TEXTS, first=first)
        )
        own = None if without is None else fold(without)
        counted, oldest = _textsOfOthers(found[-limit:], own), _textsOfOthers(found[: limit + 1], own)
        wanted = wantedPhrases(phrases)
        matching = sum(matchesAny(text, wanted) for _, text in counted)
        since = [*oldest, *counted][:1]
        return succeed(Count(len(counted), matching, len(found) > limit, since[0][0] if since else 0))

    def acts(self, acts: Acts) -> Deferred[Sequence[Kept]]:
        """See L{IHistory.acts}."""
        entries = list(self._acts)
        start = 0 if acts.after is None else _position(entries, acts.after, bisect_right)
        end = len(entries) if acts.before is None else _position(entries, acts.before, bisect_left)
        found = (entry for entry in reversed(entries[start:end]) if acts.fits(entry.event))
        return succeed(list(islice(found, acts.limit)))

    def forgetting(self, account: str) -> Deferred[float]:
        """See L{IHistory.forgetting}.  Nothing is left as soon as the entry was applied."""
        return succeed(1.0)

    def locate(self, msgid: str) -> int | None:
        """See L{IHistory.locate}."""
        return self._log.locate(msgid)

    def _entries(self, name: str) -> deque[Entry]:
        """The entries of a conversation, oldest first."""
        found = self._conversations.get(name)
        return deque() if found is None else found.entries

    def _privateOf(self, account: str) -> list[str]:
        """The names of the private conversations of an account."""
        return [name for name in self._conversations if fold(account) in name.split(" ")]

    def _receive(self, entry: Entry) -> None:
        """Keep an entry, if it is durable or passing events are kept, in each conversation that shows it."""
        event = entry.event
        if not (event.durable or self._keepPassing):
            return
        name = conversation(event)
        names: Sequence[str] = (name,) if name is not None else roomsOf(event)
        if name is None:
            if isinstance(event, TextsForgotten):
                self._forget(fold(event.account))
            elif isinstance(event, AdministrativeAct):
                self._acts.append(entry)
            entry = inRoom(entry)
        elif not isinstance(event, RoomMessage):
            self._rearrange(event, name)
        for name in names:
            place = self._conversations.get(name)
            if place is None:
                place = self._conversations[name] = _Conversation(name)
            place.entries.append(entry)
            self._order.append(place)
            if len(self._order) > self._keep:
                oldest = self._order.popleft().current()
                oldest.entries.popleft()
                self._dropIfEmpty(oldest)

    def _rearrange(self, event: Event, name: str) -> None:
        """Apply a redaction or a rename to the entries before it."""
        if isinstance(event, (RoomMessageRedacted, PrivateMessageRedacted)):
            self._redact(event, name)
        elif isinstance(event, RoomRenamed) and fold(event.room) != name:
            for origin, target in zip(conversationsOf(fold(event.room)), conversationsOf(name), strict=True):
                self._move(origin, target)

    def _redact(self, event: RoomMessageRedacted | PrivateMessageRedacted, name: str) -> None:
        """Delete a redacted text, if it belongs to this conversation."""
        for found in conversationsOf(fold(event.room)) if isinstance(event, RoomMessageRedacted) else [name]:
            place = self._conversations.get(found)
            if place is None:
                continue
            index = bisect_left(place.entries, event.sequence, key=attrgetter("sequence"))
            if index == len(place.entries) or place.entries[index].sequence != event.sequence:
                continue
            if isinstance(place.entries[index].event, _REDACTABLE[type(event)]):
                self._drop(place, index)
                self._dropIfEmpty(place)
                self._log.forget(event.sequence)
            return

    def _forget(self, account: str) -> None:
        """Erase the texts of an account.  The log erases its own."""
        for place in list(self._conversations.values()):
            place.entries = deque(withoutTexts(place.entries, account))
            self._dropIfEmpty(place)
        kept = [(entry.sequence, place) for place in self._conversations.values() for entry in place.entries]
        self._order = deque([place for _, place in sorted(kept, key=itemgetter(0))])

    def _move(self, origin: str, target: str) -> None:
        """Move all entries of a conversation to another."""
        moved = self._conversations.pop(origin, None)
        if moved is None:
            return
        place = self._conversations.get(target)
        if place is None:
            moved.name = target
            self._conversations[target] = moved
            return
        there = {entry.sequence for entry in place.entries}
        for index in reversed(range(len(moved.entries))):
            if moved.entries[index].sequence in there:  # both rooms show the same entry
                self._drop(moved, index)
        place.entries = deque(sorted([*place.entries, *moved.entries], key=attrgetter("sequence")))
        moved.entries, moved.mergedInto = deque(), place

    def _drop(self, place: _Conversation, index: int) -> None:
        """Drop the entry at an index of a conversation."""
        del place.entries[index]
        positions = (at for at, other in enumerate(self._order) if other.current() is place)
        del self._order[next(islice(positions, index, None))]

    def _dropIfEmpty(self, place: _Conversation) -> None:
        if not place.entries:
            del self._conversations[place.name]


_REDACTABLE = {
    RoomMessageRedacted: (RoomMessage, KeptRoomTagMessage),
    PrivateMessageRedacted: (PrivateMessage, KeptPrivateTagMessage),
}
"""The events that each redaction deletes."""


def _isText(entry: Entry) -> bool:
    return type(entry.event) in TEXTS


def _textsOfOthers(entries: Sequence[Entry], own: str | None) -> list[tuple[int, str]]:
    """
    The time and the text of each entry that is a text.

    @param own: the folded name of an account whose texts are left out; C{None} for none.
    """
    return [
        (entry.time, entry.event.text)
        for entry in entries
        if isinstance(entry.event, (RoomMessage, PrivateMessage))
        and (own is None or entry.event.source.account is None or fold(entry.event.source.account) != own)
    ]


def select(entries: Sequence[Entry], span: Span | Around) -> Sequence[Entry]:
    """
    Select a range of a conversation.

    @param entries: all entries of the conversation, oldest first.
    """
    if span.first:
        entries = entries[_position(entries, span.first, bisect_left) :]
    if span.kinds:
        entries = [entry for entry in entries if type(entry.event) in span.kinds]
    if isinstance(span, Around):
        return nearest(entries, _position(entries, span.point, bisect_left), span.limit)
    start = 0 if span.after is None else _position(entries, span.after, bisect_right)
    end = len(entries) if span.before is None else _position(entries, span.before, bisect_left)
    if span.oldest:
        return entries[start : min(end, start + span.limit)]
    return entries[max(start, end - span.limit) : max(start, end)]


def _names(author: Source) -> tuple[str, ...]:
    """The folded names by which a search finds an author."""
    return (fold(author.nick), fold(author.account)) if author.account is not None else (fold(author.nick),)


def nearest(entries: Sequence[T], place: int, limit: int) -> Sequence[T]:
    """
    Select what L{Around} describes.

    @param entries: in order.  There are as many as the limit on each side of the place, if they exist.
    @param place: the index of the first entry that is not before the point.
    """
    start = max(0, place - limit // 2)
    return entries[max(0, min(start, len(entries) - limit)) : start + limit]


def _position(entries: Sequence[Entry], point: Point, bisect: Callable[..., int]) -> int:
    """The index of a point among entries: before entries at the point, or after them, depending on C{bisect}."""
    if isinstance(point, At):
        return bisect(entries, point.time, key=lambda entry: entry.time)
    return bisect(entries, point, key=lambda entry: entry.sequence)
