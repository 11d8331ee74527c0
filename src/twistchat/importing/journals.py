"""The import of a journal that C{twistchat export --all} has written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from twistchat.chat.model.events import CredentialSet, Entry, Event, ModeChange, ModesSet, RoomEvent
from twistchat.chat.model.modes.room import RANK_BY_PREFIX
from twistchat.chat.model.spans import conversation
from twistchat.importing.content import faultOf
from twistchat.importing.records import ImportProblem
from twistchat.journal.codec import Unreadable, decode, encode
from twistchat.journal.history.export import FORMAT, FORMAT_VERSION
from twistchat.journal.sqlite.rows import Row, checksum, encodable
from twistchat.journal.stamp import LOCATED, msgid

if TYPE_CHECKING:
    from twistchat.journal.sqlite.maintenance.loading import Loader

LONGEST: Final = 16 * 1024 * 1024
"""The maximum size of a line, in bytes."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_LAST = "SELECT coalesce(max(sequence), 0) FROM entry"

_PRESENT = """
    SELECT json_group_array(json_array(sequence, time, kind, body)) FROM entry WHERE sequence BETWEEN ? AND ?
"""

PAGE: Final = 500
"""The number of lines that are compared at a time with the entries that the journal has."""


@dataclass(slots=True)
class Copied:
    """
    The result of an import.

    @ivar added: the number of entries that were added.
    @ivar present: the number of entries of the file that the journal had, or had deleted, without credentials.
    @ivar credentials: the number of credentials that were left out, because an export has no secrets.
    @ivar rekeyed: the names of the rooms that got new keys, as exported when the key was set.
    """

    added: int = 0
    present: int = 0
    credentials: int = 0
    rekeyed: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Line:
    """
    An entry of the file.

    @ivar number: the number of the line.
    @ivar entry: the entry.
    @ivar place: its conversation.
    """

    number: int
    entry: Entry
    place: str | None


class JournalFile:
    """
    An export of a whole journal.

    @ivar name: the name of the journal.
    """

    def __init__(self, path: Path, progress: Callable[[float], None]) -> None:
        """
        Open the file, and read its first line.

        @param progress: called with the part of the file that was read, from 0 to 1.
        @raise ImportProblem: it is not such an export.
        @raise OSError: it cannot be read.
        """
        self._path = path
        self._progress = progress
        self._size = max(path.stat().st_size, 1)
        self._file = path.open("rb")
        try:
            self.name = self._readName()
        except BaseException:
            self._file.close()
            raise

    def _readName(self) -> str:
        """Read the first line, and return the name of the journal."""
        head = self._object(1, self._file.readline(LONGEST))
        name = head.get("journal")
        if head.get("format") != FORMAT or not isinstance(name, str):
            raise ImportProblem(
                f"{self._path}, line 1: this is not an export of a journal; twistchat export --all FILE makes one"
            )
        if head.get("version") != FORMAT_VERSION:
            raise ImportProblem(
                f"{self._path}, line 1: a newer twistchat wrote this export; import it with that version"
            )
        if not (name.isascii() and name.isalnum()):
            raise self._problem(1, "the name of the journal is not one of letters and digits")
        return name

    def lines(self) -> Iterator[Line]:
        """
        Read the entries, in order.

        @raise ImportProblem: a line is not an entry, or is out of order.
        """
        sequence = 0
        for number, data in enumerate(iter(lambda: self._file.readline(LONGEST), b""), 2):
            line = self._line(number, data)
            if line.entry.sequence <= sequence:
                raise self._problem(number, "the sequence number is not above that of the line before")
            sequence = line.entry.sequence
            yield line
            if not number % 1000:
                self._progress(min(self._file.tell() / self._size, 1.0))

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _line(self, number: int, data: bytes) -> Line:
        found = self._object(number, data)
        sequence, time, place, body = (found.get(name) for name in ("sequence", "time", "conversation", "body"))
        if type(sequence) is not int or not LOCATED.fullmatch(str(sequence)):
            raise self._problem(number, "there is no sequence number")
        if found.get("msgid") != msgid(self.name, sequence):
            raise self._problem(number, "the message id is not that of this journal and sequence number")
        try:
            when = datetime.fromisoformat(time) if isinstance(time, str) else None
        except ValueError:
            when = None
        if when is None or when.tzinfo is None or when < _EPOCH:
            raise self._problem(number, "there is no time")
        try:
            event = decode(str(found.get("event")), json.dumps(body))
        except Unreadable as e:
            raise self._problem(number, str(e)) from None
        why = faultOf(event)
        if why is not None:
            raise self._problem(number, why)
        if place is not None and not isinstance(place, str):
            raise self._problem(number, "the conversation is not a text")
        if not _fits(place, event):
            raise self._problem(number, "the conversation is not one of this event")
        entry = Entry(sequence, msgid(self.name, sequence), (when - _EPOCH) // timedelta(milliseconds=1), event)
        return Line(number, entry, place)

    def _object(self, number: int, data: bytes) -> dict[str, Any]:
        try:
            found = json.loads(data)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise self._problem(number, "this is not a JSON object")
        return found

    def _problem(self, number: int, why: str) -> ImportProblem:
        return ImportProblem(f"{self._path}, line {number}: {why}; nothing of this line was imported")

    def problemOf(self, line: Line, why: str) -> ImportProblem:
        """The error about an entry of this file."""
        return self._problem(line.number, why)


def _fits(place: str | None, event: Event) -> bool:
    """
    Whether an entry can be in a conversation.  A room has another name after a rename, and earlier versions kept
    some entries in no conversation, or others in a room.
    """
    own = conversation(event)
    if place is None or (own is not None and encodable(own) == place):
        return True
    if not place.removeprefix(_rank(place)).startswith("#"):
        return False
    if own is None:
        return not event.durable
    return isinstance(event, RoomEvent) and _rank(own) == _rank(place)


def _rank(name: str) -> str:
    return name[:1] if name[:1] in RANK_BY_PREFIX else ""


def copyJournal(file: JournalFile, loader: Loader, key: Callable[[], str], copied: Copied) -> None:
    """
    Import an export of a journal, which may have been begun earlier.

    @param loader: stores the entries, in a journal that is empty, or has entries of the exported one only.
    @param key: makes the key of a room (mode C{k}).  An export has none, and the room must not become open.
    @param copied: counts what is done.
    @raise ImportProblem: a line is wrong, or the journal has other entries.  The lines before it are imported.
    @raise Fault: the journal cannot be written.
    """
    (last,) = loader.writer.query(_LAST)
    if loader.name != file.name:
        raise ImportProblem(
            "the data directory has a journal of another server; name an empty directory with --data, or one into"
            " which an earlier export of the same server was imported"
        )
    waiting: list[Line] = []
    newest = 0
    for line in file.lines():
        if line.entry.sequence <= last:
            newest = line.entry.sequence
            waiting.append(line)
            if len(waiting) >= PAGE:
                _compare(file, loader, waiting, copied)
                waiting = []
            continue
        if waiting:
            _compare(file, loader, waiting, copied)
            waiting = []
        if newest != last:
            raise _ownEntries(last)
        newest = last
        _copy(line, loader, key, copied)
    if waiting:
        _compare(file, loader, waiting, copied)
    if newest != last:
        raise _ownEntries(last)
    loader.flush()


def _ownEntries(last: int) -> ImportProblem:
    return ImportProblem(
        f"the journal has entries that the export does not have, such as {last}, so a server has used it; name an"
        " empty directory with --data"
    )


def _compare(file: JournalFile, loader: Loader, lines: Sequence[Line], copied: Copied) -> None:
    """
    Compare entries with those that the journal has, and count them.  It may have deleted some.

    @raise ImportProblem: an entry differs.
    """
    (text,) = loader.writer.query(_PRESENT, (lines[0].entry.sequence, lines[-1].entry.sequence))
    stored = {sequence: rest for sequence, *rest in json.loads(text)}
    for line in lines:
        kind, body = encode(line.entry.event)
        found = stored.get(line.entry.sequence)
        if found is None:
            continue
        same = found[:2] == [line.entry.time, kind]
        if not same or (found[2] != body.decode() and not isinstance(line.entry.event, (CredentialSet, ModesSet))):
            raise file.problemOf(line, "the journal has another entry with this sequence number")
    copied.present += sum([not isinstance(line.entry.event, CredentialSet) for line in lines])


def _copy(line: Line, loader: Loader, key: Callable[[], str], copied: Copied) -> None:
    """Store the entry of a line."""
    entry = line.entry
    event = entry.event
    if isinstance(event, CredentialSet):
        copied.credentials += 1
        return
    if isinstance(event, ModesSet):
        changes = tuple([_rekeyed(change, key) for change in event.changes])
        if changes != event.changes:
            copied.rekeyed.add(event.room)
            entry = replace(entry, event=replace(event, changes=changes))
    kind, body = encode(entry.event)
    place = line.place
    row: Row = (
        entry.sequence,
        entry.time,
        kind,
        place,
        checksum(entry.sequence, entry.time, kind, place, body),
        body.decode(),
    )
    loader.add(entry, row)
    copied.added += 1


def _rekeyed(change: ModeChange, key: Callable[[], str]) -> ModeChange:
    """A change of modes with a new key in place of a C{*}."""
    wants = change.adding and change.letter == "k" and change.parameter == "*"
    return replace(change, parameter=key()) if wants else change
