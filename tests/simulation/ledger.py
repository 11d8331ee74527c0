"""What the journal applied, in order, and which text each client must hear: from the state, not from the bytes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from tests.simulation.broken import Broken
from tests.simulation.readable import Readable
from twistchat.chat.errors import ChatError
from twistchat.chat.model.events import (
    AccountSet,
    Entered,
    Entry,
    Joined,
    PrivateMessage,
    PrivateMessageRedacted,
    RoomMessage,
    RoomMessageRedacted,
    RoomRenamed,
    SessionMoved,
    SessionStarted,
)
from twistchat.chat.model.modes.room import RANK_BY_LETTER
from twistchat.chat.model.names import fold

if TYPE_CHECKING:
    from twistchat.chat.model.sessions import Origin, Session
    from twistchat.chat.model.users import User
    from twistchat.chat.state import State

NUMBER: Final = re.compile(r"\bt(\d+)\b")
"""The number of a text.  Each text that a client sends has one of its own."""

PASSWORD: Final = "pw-secret"
"""Part of every password of a client."""

PRIVATE: Final = "private"
"""The place of private texts."""


@dataclass(slots=True)
class Text:
    """
    A text that was applied.

    @ivar number: its number.
    @ivar sequence: the sequence number of its entry.
    @ivar msgid: the message id of its entry.
    @ivar place: the room, as an object of the state; L{PRIVATE} if it is private.
    @ivar author: the folded nick of its author.
    @ivar people: the uids of the two users of a private conversation.
    @ivar redactedAt: the sequence number of its redaction; 0 for none.
    @ivar left: the folded name of the account for which it waits until its user logs in; C{""} if it was delivered.
    @ivar stored: whether it was found on disk.
    @ivar isRequest: whether it is a CTCP request, which some histories leave out.
    @ivar room: the folded name that its room has now, if it is in the room's history; for a private text, the folded
        names of the two accounts, with a space between them.
    @ivar names: all folded names that its room has had since then.
    """

    number: int
    sequence: int
    msgid: str
    place: Any
    author: str = ""
    people: frozenset[str] = frozenset()
    redactedAt: int = 0
    left: str = ""
    stored: bool = False
    room: str = ""
    names: set[str] = field(default_factory=set)
    isRequest: bool = False

    @property
    def redacted(self) -> bool:
        """Whether it was redacted."""
        return self.redactedAt > 0


@dataclass(slots=True)
class Ledger:
    """
    The ledger of all entries, over restarts of the server.

    @ivar texts: all texts, by number.
    @ivar history: the numbers of the texts of each room, oldest first, by the folded name that it has now.
    @ivar readable: which of them their members must be able to read.
    @ivar names: all folded names that each of these rooms has had.
    @ivar expect: called with a session and a text that it must hear.
    @ivar entered: called with a session, the folded name of a room, and the sequence number of the entry, when the
        session has joined it.
    @ivar begins: called with the state of a server that starts.
    @ivar tell: called with each entry after it was applied, also when a server restores its state; and with the error
        if it could not be applied.
    @ivar loggedIn: called with a session that is logged in from now on, and the folded name of its account.
    @ivar applied: how many entries were applied.
    @ivar times: the time of the last entry of each room, by its folded name.
    @ivar broken: the promises that an entry broke.  The log would only report an exception that is raised here.
    @ivar sequence: the sequence number of the last entry.
    @ivar blurted: whether somebody at the line door typed a password as a text, because the prompt for it had ended.
    @ivar wasStuck: whether the disk has had a fault, so that the server may not have noted what it has shown.
    @ivar isRestoring: whether the server restores its state.
    """

    expect: Callable[[Session, Text], None]
    entered: Callable[[Session, str, int], None]
    begins: Callable[[State], None]
    tell: Callable[[Entry, ChatError | None], None]
    loggedIn: Callable[[Session, str], None]
    texts: dict[int, Text] = field(default_factory=dict)
    history: dict[str, list[int]] = field(default_factory=dict)
    names: dict[str, set[str]] = field(default_factory=dict)
    applied: int = 0
    times: dict[str, int] = field(default_factory=dict)
    broken: list[Broken] = field(default_factory=list)
    _state: State | None = None
    readable: Readable = field(init=False)
    _storedTimes: dict[str, int] = field(default_factory=dict)
    sequence: int = 0
    blurted: bool = False
    isRestoring: bool = False
    wasStuck: bool = False

    def __post_init__(self) -> None:
        """Watch what may be hidden of the history."""
        self.readable = Readable(self.history)

    def begin(self, state: State) -> None:
        """Watch the state of a server that starts.  First its journal restores the state from stored entries."""
        self._state = state
        self.begins(state)
        self.isRestoring = True
        self.readable.restart()
        self.times = {**self._storedTimes}

    def apply(self, entry: Entry, origin: Origin | None = None) -> None:
        """
        Apply an entry, and note what follows from it.

        @raise ChatError: see L{State.apply <twistchat.chat.state.State.apply>}.
        """
        assert self._state is not None
        if self.isRestoring:
            self._pass(entry, origin)
            return
        if entry.sequence <= self.sequence:
            self._break("one order", f"entry {entry.sequence} was applied after entry {self.sequence}")
        self.sequence = entry.sequence
        self._pass(entry, origin)
        self.applied += 1
        event = entry.event
        room = getattr(event, "room", None)
        if room is not None:
            self._note(entry, fold(room))
        if type(event) is RoomMessage:
            self._said(entry, event)
        elif type(event) is PrivateMessage:
            self._told(entry, event)
        elif type(event) is Joined:
            self._joined(event)
        elif type(event) is RoomRenamed:
            self.renamed(event)
        elif isinstance(event, (RoomMessageRedacted, PrivateMessageRedacted)):
            for text in self.texts.values():
                if text.msgid == event.msgid:
                    text.redactedAt = entry.sequence
        elif isinstance(event, (AccountSet, Entered, SessionStarted, SessionMoved)):
            self._came(event, entry.sequence)
        self.readable.note(event, self._state)

    def renamed(self, event: RoomRenamed) -> None:
        """Note that the texts of a room have another name from now on."""
        old, new = fold(event.room), fold(event.name)
        moved = self.history.pop(old, []) + self.history.pop(new, [])
        self.history[new] = sorted(moved, key=lambda number: self.texts[number].sequence)
        self.names[new] = self.names.pop(old, {old}) | self.names.get(new, {new})
        for number in moved:
            self.texts[number].room = new
            self.texts[number].names.add(new)
        for times in (self.times, self._storedTimes):
            times[new] = max(times.pop(old, 0), times.get(new, 0))

    def _pass(self, entry: Entry, origin: Origin | None) -> None:
        """Apply an entry, and tell its outcome."""
        assert self._state is not None
        refused: ChatError | None = None
        try:
            self._state.apply(entry, origin)
        except ChatError as error:
            refused = error
            raise
        finally:
            try:
                self.tell(entry, refused)
            except Broken as broken:
                self.broken.append(broken)

    def found(self, entry: Entry) -> None:
        """Note an entry that was stored, and that a server which was killed did not apply."""
        event = entry.event
        self.blurted = self.blurted or PASSWORD in getattr(event, "text", "")
        if type(event) is RoomMessage and (number := numberOf(event.text)) is not None:
            text = self._add(Text(number, entry.sequence, entry.msgid, None, fold(event.source.nick)))
            if not event.rank:
                self._keep(text, fold(event.room), event.text)
        elif type(event) is PrivateMessage and (number := numberOf(event.text)) is not None:
            people = frozenset((event.source.uid, event.recipient.uid))
            text = self._add(Text(number, entry.sequence, entry.msgid, PRIVATE, fold(event.source.nick), people))
            text.left = fold(event.recipient.account or "")
            self._keepPrivate(text, event)
        elif isinstance(event, RoomMessageRedacted | PrivateMessageRedacted):
            for redacted in self.texts.values():
                if redacted.sequence == event.sequence:
                    redacted.redactedAt = entry.sequence
        assert self._state is not None
        self.readable.note(event, self._state)
        self.readable.restart()
        self.sequence = max(self.sequence, entry.sequence)

    def _break(self, promise: str, seen: str) -> None:
        self.broken.append(Broken(promise, seen))

    def _note(self, entry: Entry, key: str) -> None:
        if entry.time < self.times.get(key, 0):
            self._break("time never decreases", f"entry {entry.sequence} of {key} is older than the one before it")
        self.times[key] = entry.time
        if entry.event.durable:
            self._storedTimes[key] = entry.time

    def _said(self, entry: Entry, event: RoomMessage) -> None:
        assert self._state is not None
        self.blurted = self.blurted or PASSWORD in event.text
        number = numberOf(event.text)
        room = self._state.rooms.get(event.room)
        if number is None:
            return
        if room is None:
            # Somebody outside spoke, and the last member left.  Nobody hears it, and the history has it.
            text = self._add(Text(number, entry.sequence, entry.msgid, None, fold(event.source.nick)))
            self._keep(text, fold(event.room), event.text)
            return
        text = self._add(Text(number, entry.sequence, entry.msgid, room, fold(event.source.nick)))
        if not event.rank:
            self._keep(text, room.key, event.text)
        least = RANK_BY_LETTER[event.rank].level if event.rank else 0
        for member in room.members.values():
            if member.level >= least or member.user.source.uid == event.source.uid:
                self._expectAll(member.user, event, text)
        sender = self._state.users.get(event.source.uid)
        if sender is not None and event.source.uid not in room.members:
            own = [session for session in sender.sessions.values() if session.id == event.session]
            self._expect(own, event, text)

    def _told(self, entry: Entry, event: PrivateMessage) -> None:
        assert self._state is not None
        self.blurted = self.blurted or PASSWORD in event.text
        number = numberOf(event.text)
        if number is None:
            return
        people = frozenset((event.source.uid, event.recipient.uid))
        text = self._add(Text(number, entry.sequence, entry.msgid, PRIVATE, fold(event.source.nick), people))
        self._keepPrivate(text, event)
        users = [self._state.users.get(uid) for uid in (event.recipient.uid, event.source.uid)]
        if users[0] is None or users[0].detached is not None:
            text.left = fold(event.recipient.account or "")
        for user in dict.fromkeys(users):
            if user is not None:
                self._expectAll(user, event, text)
        if len(people) == 1 and users[0] is not None:
            # Who writes to themselves hears it as the recipient, and as the echo.
            for session in users[0].sessions.values():
                if session.id == event.session and fold(event.source.nick) not in session.ignored:
                    self.expect(session, text)

    def _came(self, event: AccountSet | Entered | SessionStarted | SessionMoved, sequence: int) -> None:
        """Note to whom a session belongs from now on."""
        assert self._state is not None
        names = event.user if isinstance(event, SessionMoved) else event.source
        user = self._state.users.get(names.uid)
        if user is None:
            return
        if user.source.account is not None:
            for session in user.sessions.values():
                self.loggedIn(session, fold(user.source.account))
        if isinstance(event, (SessionStarted, SessionMoved)) and event.session in user.sessions:
            for key in user.rooms:
                self.entered(user.sessions[event.session], key, sequence)

    def _joined(self, event: Joined) -> None:
        assert self._state is not None
        user = self._state.users.get(event.source.uid)
        key = fold(event.room)
        if user is not None:
            for session in user.sessions.values():
                self.entered(session, key, self.sequence)

    def _keep(self, text: Text, room: str, words: str) -> None:
        text.names.add(room)
        text.room, text.isRequest = room, words.startswith("\x01")
        self.history.setdefault(room, []).append(text.number)
        self.names.setdefault(room, {room})

    def _keepPrivate(self, text: Text, event: PrivateMessage) -> None:
        """Keep a private text.  The history has it if both users have an account."""
        one, two = event.source.account, event.recipient.account
        if one is not None and two is not None:
            self._keep(text, " ".join(sorted((fold(one), fold(two)))), event.text)

    def _add(self, text: Text) -> Text:
        if text.number in self.texts:
            self._break("no duplicates", f"text {text.number} was applied twice")
        self.texts[text.number] = text
        return text

    def _expectAll(self, user: User, event: RoomMessage | PrivateMessage, text: Text) -> None:
        self._expect(user.sessions.values(), event, text)

    def _expect(self, sessions: Iterable[Session], event: RoomMessage | PrivateMessage, text: Text) -> None:
        for session in sessions:
            if session.closed:
                continue
            if session.id == event.session:
                if session.echo:
                    self.expect(session, text)
            elif fold(event.source.nick) not in session.ignored:
                self.expect(session, text)


def numberOf(text: str) -> int | None:
    """Return the number in a text."""
    found = NUMBER.search(text)
    return None if found is None else int(found[1])
