"""
The reader of Slack's exports.

It reads all messages twice: first to find who wrote and reacted, and when each file begins and ends, and then to
convert them.  The second time, it merges the conversations by time, and has one file of each in memory.  Files of one
conversation whose times overlap are sorted together; Slack does not write such files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from operator import itemgetter
from pathlib import Path
from typing import TypeAlias

from twistchat.importing.reading.archive import Archive, openArchive
from twistchat.importing.reading.fields import Fields, Malformed, shown
from twistchat.importing.records import ImportProblem, LeftOut, Reaction, Record, Text
from twistchat.importing.slack.conversations import (
    LISTS,
    Conversation,
    readConversations,
    readList,
    readUsers,
    roomNames,
    rootOf,
)
from twistchat.importing.slack.messages import Moment, peopleOf, readMessage
from twistchat.importing.slack.mrkdwn import Names
from twistchat.importing.slack.people import People

_FIRST_PASS = 0.4
"""The part of the time that the first reading takes."""

_Dated: TypeAlias = tuple[Moment, int, list[Text | Reaction | LeftOut]]
"""What one message becomes: its time, the number of its conversation, and its records."""


@dataclass(frozen=True, slots=True)
class _Day:
    """
    A file with messages.

    @ivar name: its name in the archive.
    @ivar first: the time of its first message.
    @ivar last: the time of its last message.
    """

    name: str
    first: Moment
    last: Moment


class _Progress:
    """Counts the bytes of the files that have been read, and reports the part."""

    def __init__(
        self, archive: Archive, conversations: Sequence[Conversation], report: Callable[[float], None]
    ) -> None:
        self._sizes = archive.sizes
        self._total = sum([archive.sizes[name] for each in conversations for name in each.files]) or 1
        self._report = report
        self._done = 0
        self._start, self._span = 0.0, _FIRST_PASS

    def begin(self, start: float) -> None:
        """Begin a pass at this part of the whole."""
        self._done, self._start, self._span = 0, start, 1 - start

    def read(self, name: str) -> None:
        """Count a file."""
        self._done += self._sizes[name]
        self._report(min(self._start + self._span * self._done / self._total, 1.0))


def sourceOf(path: Path) -> str:
    """
    Name the workspace of an export: C{slack} and the id of the team that most of its users belong to; or, if the export
    names no team, the id of the channel that was created first.

    @raise ImportProblem: this is no export of Slack, or cannot be read.
    """
    with openArchive(path) as archive:
        root = rootOf(archive)
        teams = Counter(_fields(archive, root, ("users.json", "org_users.json"), "team_id"))
        if teams:
            return f"slack {min(teams, key=lambda team: (-teams[team], team))}"
        oldest = sorted(_fields(archive, root, LISTS[:2], "id"))
        if oldest:
            return f"slack {oldest[0]}"
    raise ImportProblem(f"{shown(path.name)} names neither a team nor a channel, so there is nothing to import")


def _fields(archive: Archive, root: str, files: Sequence[str], name: str) -> list[str]:
    """Return the values of a field in all items of some lists, if they look like ids."""
    items = [item for file in files for item in readList(archive, root + file) if isinstance(item, dict)]
    values = [item.get(name) for item in items]
    return [value for value in values if isinstance(value, str) and value.isascii() and value.isalnum()]


def read(path: Path, progress: Callable[[float], None]) -> Iterator[Record]:
    """
    Read an export.

    @param path: the ZIP file as Slack sends it, or a folder with its content.
    @param progress: called with the part that has been read, from 0 to 1.
    @raise ImportProblem: this is no export of Slack, or cannot be read.
    """
    with openArchive(path) as archive:
        root, people = rootOf(archive), People()
        yield from readUsers(archive, root, people)
        found = readConversations(archive, root, people)
        yield from found.leftOut
        counted = _Progress(archive, found.open, progress)
        days = [list(_scan(archive, conversation, people, counted)) for conversation in found.open]
        yield from people.records()
        yield from found.rooms
        counted.begin(_FIRST_PASS)
        names = Names(people.names(), roomNames(found.rooms))
        streams = [
            _messages(archive, number, conversation, days[number], people, names, counted)
            for number, conversation in enumerate(found.open)
        ]
        for _, _, records in merge(*streams, key=itemgetter(0, 1)):
            yield from records


def _scan(archive: Archive, conversation: Conversation, people: People, progress: _Progress) -> Iterator[_Day]:
    """
    Read a conversation for the first time.

    @return: its files that have messages.
    @raise ImportProblem: a file cannot be read.
    """
    for name in conversation.files:
        moments = []
        for item in readList(archive, name):
            try:
                message = Fields.of(item)
                moments.append(Moment.of(message))
                peopleOf(message, people)
            except Malformed:
                # The second reading reports it.
                continue
        if moments:
            yield _Day(name, min(moments), max(moments))
        else:
            yield _Day(name, Moment(0, 0), Moment(0, 0))
        progress.read(name)


def _groups(days: Sequence[_Day]) -> Iterator[list[str]]:
    """Group the files of a conversation in the order of their times: those that overlap are together."""
    group: list[str] = []
    last = Moment(-1, 0)
    for day in sorted(days, key=lambda day: (day.first, day.last)):
        if group and day.first > last:
            yield group
            group = []
        group.append(day.name)
        last = max(last, day.last)
    if group:
        yield group


def _messages(
    archive: Archive,
    number: int,
    conversation: Conversation,
    days: Sequence[_Day],
    people: People,
    names: Names,
    progress: _Progress,
) -> Iterator[_Dated]:
    """
    Convert the messages of a conversation, oldest first.

    @param number: the number of the conversation.
    @raise ImportProblem: a file cannot be read.
    """
    for group in _groups(days):
        found: list[tuple[Moment, int, Fields]] = []
        bad: list[Text | Reaction | LeftOut] = []
        for name in group:
            for index, item in enumerate(readList(archive, name), start=1):
                try:
                    message = Fields.of(item)
                    found.append((Moment.of(message), len(found), message))
                except Malformed as problem:
                    bad.append(_malformed(name, index, problem))
            progress.read(name)
        found.sort(key=itemgetter(0, 1))
        if bad:
            yield found[0][0] if found else Moment(0, 0), number, bad
        last = None
        for moment, index, message in found:
            try:
                if moment == last:
                    yield moment, number, [LeftOut("message that is there twice", f"{conversation.id}, {moment}")]
                    continue
                last = moment
                yield (
                    moment,
                    number,
                    list(readMessage(message, moment, conversation.id, conversation.place, people, names)),
                )
            except Malformed as problem:
                yield moment, number, [_malformed(group[0], index + 1, problem)]


def _malformed(name: str, index: int, problem: Malformed) -> LeftOut:
    return LeftOut("message in an unknown form", shown(f"{name}, item {index}: {problem}"))
