"""Writes the records of another server's export into a journal."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from twistchat.chat.model.events import (
    Event,
    KeptPrivateTagMessage,
    KeptRoomTagMessage,
    PrivateMessage,
    RoomMessage,
    Source,
    Tags,
)
from twistchat.chat.model.names import fold
from twistchat.chat.model.spans import pair
from twistchat.importing.people import People, Rules
from twistchat.importing.records import LeftOut, Person, Place, Reaction, Record, Room, Text
from twistchat.importing.rooms import Rooms
from twistchat.importing.texts import cleaned, isTooLong, oneLine, parts

if TYPE_CHECKING:
    from twistchat.importing.destination import Destination
    from twistchat.importing.report import Report

PORTION: Final = 1024
"""The number of texts and reactions that are looked up at a time."""

PRIVATE: Final = "a private conversation"
"""The example of something in a private conversation, which nobody else need know of."""

LONGEST_EMOJI: Final = 64
"""The maximum length of a reaction, in characters."""


class Transfer:
    """
    An import.

    Texts keep their times.  Within a conversation time never decreases, so what is older than the newest entry that the
    conversation had before the import is left out.  Texts and reactions contain their source and their id there, in
    place of the id of a session, so a later import knows them.
    """

    def __init__(
        self, destination: Destination, source: str, rules: Rules, report: Report, ids: Callable[[], str]
    ) -> None:
        """
        @param source: the team that made the export.
        @param report: gets what was done.
        @param ids: makes an id of a registration.
        """
        self._destination, self._source = destination, source
        self._limits, self._report = rules.limits, report
        self._people = People(destination, source, rules, report, ids)
        self._rooms = Rooms(destination, source, rules, report, self._people)
        self._waiting: list[Text | Reaction] = []
        self._newest: dict[str, int] = {}
        self._forgotten: dict[str, int] = {}
        self._seen: set[Place] = set()
        self._latest = 0
        self._begun = False

    def run(self, records: Iterable[Record]) -> None:
        """
        Import records.

        @param records: all people, then all rooms, then texts and reactions in ascending time.
        @raise ImportProblem: the export cannot be read, or a room can have no owner.  What was read before is imported.
        @raise Fault: the journal cannot be written.
        """
        for record in records:
            match record:
                case Person():
                    self._people.add(record)
                case Room():
                    self._rooms.add(record)
                case LeftOut():
                    self._report.leaveOut(record.what, record.example)
                case _:
                    self._waiting.append(record)
                    if len(self._waiting) >= PORTION:
                        self._write()
        self._write()
        for id in self._rooms.waiting():
            # A room whose texts are here was dropped since they were imported.
            if id not in self._seen:
                self._rooms.register(id, self._latest or self._destination.now)

    def _begin(self) -> None:
        """Register the people, after all of them and all rooms have been read."""
        self._begun = True
        self._rooms.check()
        if self._people.areKnown:
            self._destination.scan(self._source)
        self._people.register()

    def _write(self) -> None:
        """Write the texts and reactions that wait."""
        if not self._begun:
            self._begin()
        wanted = {self._key(record) for record in self._waiting}
        wanted.update(self._textKey(id) for id in map(_parent, self._waiting) if id is not None)
        known, new = self._destination.find(wanted), dict[str, int]()
        for record in self._waiting:
            key = self._key(record)
            if key in new:
                self._report.leaveOut(f"{_what(record)} that the export has twice", _where(record))
                continue
            if key in known:
                self._report.present += 1
                self._seen.add(record.place)
                continue
            parent = _parent(record)
            parentKey = None if parent is None else self._textKey(parent)
            answered = None if parentKey is None else new.get(parentKey) or known.get(parentKey)
            sequence = self._writeOne(record, key, answered)
            if sequence is not None:
                new[key] = sequence
        self._destination.note(new)
        self._waiting.clear()

    def _writeOne(self, record: Text | Reaction, key: str, answered: int | None) -> int | None:
        """
        Write a text or a reaction.

        @param answered: the sequence number of the text that it answers; C{None} for none.
        @return: its sequence number; C{None} if it is left out.
        """
        where = _where(record)
        text, why = "", None
        if isinstance(record, Text) and isTooLong(record.text):
            why = "text of more than 1 MiB"
        elif isinstance(record, Text):
            text = cleaned(record.text)
        why = why or self._fault(record, text, answered)
        if why is not None:
            self._report.leaveOut(why, where)
            return None
        author = self._people.source(record.author)
        if record.time < self._forgottenOf(author.account or ""):
            self._report.leaveOut(f"{_what(record)} of an account whose texts were erased here", where)
            return None
        if isinstance(record.place, str) and self._rooms.isExposed(record.place):
            name = self._rooms.named(record.place)
            self._report.leaveOut(
                f"{_what(record)} of a private channel that {name} here is open to others (with /mode {name} +si, what"
                " is written there later can be imported)",
                where,
            )
            return None
        target = self._target(record.place, record.author, record.time)
        name = fold(target) if isinstance(target, str) else pair(author.account or "", target.account or "")
        if record.time < self._newestOf(name):
            shown = target if isinstance(target, str) else PRIVATE
            self._report.leaveOut(f"{_what(record)} that is older than what {shown} already has", where)
            return None
        self._newest[name] = record.time
        self._latest = max(self._latest, record.time)
        tags: Tags = () if answered is None else (("draft/reply", self._destination.msgid(answered)),)
        if isinstance(record, Reaction):
            return self._writeReaction(record, author, target, key, tags)
        return self._writeText(record, text, author, target, key, tags)

    def _fault(self, record: Text | Reaction, text: str, answered: int | None) -> str | None:
        """
        Why something cannot be imported.

        @param text: the text, without what no text has.
        @param answered: see L{_writeOne}.
        """
        if not 0 <= record.time <= self._destination.now:
            return f"{_what(record)} with a time in the future, or before 1970"
        if isinstance(record, Reaction) and answered is None:
            return "reaction to a text that is not here"
        if isinstance(record, Text) and not text.strip():
            return "text without content"
        if not self._isPlace(record):
            return f"{_what(record)} in a room that the export does not have"
        return None

    def _writeText(
        self, record: Text, text: str, author: Source, target: str | Source, key: str, tags: Tags
    ) -> int | None:
        """Write a text, in several parts if it is too long."""
        if record.kind == "action":
            text = text.replace("\n", " ")
        if tags:
            self._report.replies += 1
        elif record.replyTo is not None:
            self._report.leaveOut(
                "mark that a text is a reply, because the other text is not here",
                target if isinstance(target, str) else PRIVATE,
            )
        pieces = list(parts(text, self._limits.message, self._limits.lines))
        self._destination.together(len(pieces))
        first: int | None = None
        for piece in pieces:
            event: Event
            if isinstance(target, str):
                event = RoomMessage(author, target, key, piece, record.kind, tags=tags)
            else:
                event = PrivateMessage(author, key, target, piece, record.kind, tags)
            entry = self._destination.store(event, record.time)
            first = entry.sequence if first is None else first
            tags = ()
        self._report.texts += 1
        return first

    def _writeReaction(
        self, record: Reaction, author: Source, target: str | Source, key: str, tags: Tags
    ) -> int | None:
        """Write a reaction."""
        emoji = oneLine(record.emoji, LONGEST_EMOJI)
        tags = (*tags, ("draft/react", emoji))
        event: Event
        if isinstance(target, str):
            event = KeptRoomTagMessage(author, target, key, tags)
        else:
            event = KeptPrivateTagMessage(author, key, target, tags)
        self._report.reactions += 1
        return self._destination.store(event, record.time).sequence

    def _isPlace(self, record: Text | Reaction) -> bool:
        """Whether a text has a place, which may have to be registered."""
        if isinstance(record.place, str):
            return self._rooms.named(record.place) is not None or self._rooms.isKnown(record.place)
        return record.author in record.place

    def _target(self, place: Place, author: str, time: int) -> str | Source:
        """The name of the room, or the names of the other person of a private conversation."""
        if isinstance(place, str):
            return self._rooms.named(place) or self._rooms.register(place, time)
        return self._people.source(place[1] if place[0] == author else place[0])

    def _newestOf(self, name: str) -> int:
        """The time of the newest entry of a conversation."""
        found = self._newest.get(name)
        if found is None:
            found = self._newest[name] = self._destination.newest(name)
        return found

    def _forgottenOf(self, account: str) -> int:
        """The time before which the texts of an account must not come back."""
        found = self._forgotten.get(account)
        if found is None:
            found = self._forgotten[account] = self._destination.forgotten(account)
        return found

    def _key(self, record: Text | Reaction) -> str:
        """The id of a text or a reaction in this journal, which is unique among all sources."""
        if isinstance(record, Text):
            return self._textKey(record.id)
        return self._textKey(f"{record.of}\t{record.author}\t{record.emoji}")

    def _textKey(self, id: str) -> str:
        return f"{self._source} {id}"


def _parent(record: Text | Reaction) -> str | None:
    """The id of the text that something answers."""
    return record.replyTo if isinstance(record, Text) else record.of


def _what(record: Text | Reaction) -> str:
    return "text" if isinstance(record, Text) else "reaction"


def _where(record: Text | Reaction) -> str:
    return record.place if isinstance(record.place, str) else PRIVATE
