"""
The reader of Mattermost's bulk exports.

An export is a file of JSON lines (U{https://docs.mattermost.com/administration-guide/manage/bulk-export-tool}), alone
or in a ZIP file with attachments.  Its posts are in the order of their random ids, so the reader sorts them by time, in
a temporary database (L{twistchat.importing.reading.sorting}).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from twistchat.importing.mattermost.directory import Directory, roomId, username
from twistchat.importing.mattermost.posts import Posts
from twistchat.importing.reading.archive import Archive, openArchive, readLines
from twistchat.importing.reading.fields import Fields, Malformed, parseJson, shown
from twistchat.importing.reading.sorting import openSorter
from twistchat.importing.records import ImportProblem, LeftOut, Record

VERSION = 1
"""The version of the format, which its first line has."""

_READING = 0.6
"""The part of the time that reading takes.  The rest is for the sorted records."""

_EVERY = 1000
"""The number of lines after which progress is reported."""

_UNUSED = {"emoji": "custom emoji", "scheme": "scheme of permissions", "role": "role"}
"""Lines that are left out, and what the report calls them."""

_UNKNOWN, _BLANK = "unknown", ""
"""What stands for the type of a line that has none, and of a blank line."""

_BEFORE_TEAMS = frozenset({"version", "role", "scheme", "emoji", "team", _BLANK})
"""The lines up to the teams."""


def sourceOf(path: Path) -> str:
    """
    Name the server of an export: C{mattermost} and the team whose name is first in the alphabet.  The export says
    nothing else that identifies the server.

    @raise ImportProblem: this is no export of Mattermost, or cannot be read.
    """
    teams = []
    with openArchive(path, plain=True) as archive:
        for kind, line, _ in _lines(archive):
            if kind not in _BEFORE_TEAMS:
                break
            if kind == "team":
                try:
                    teams.append(line.child("team").text("name"))
                except Malformed:
                    continue
    return " ".join(["mattermost", *sorted(filter(None, teams))[:1]])


def read(path: Path, progress: Callable[[float], None]) -> Iterator[Record]:
    """
    Read an export.

    @param path: the ZIP file, a folder with its content, or the file of JSON lines.
    @param progress: called with the part that has been read, from 0 to 1.
    @raise ImportProblem: this is no export of Mattermost, or cannot be read; or there is no room to sort it.
    """
    with openArchive(path, plain=True) as archive, openSorter() as sorter:
        main, directory = _main(archive), Directory()
        root = main.rpartition("/")[0]
        start = len(root) + 1 if root else 0
        files = frozenset([name[start:] for name in archive.sizes if name != main])
        posts = Posts(directory, files or None, sorter)
        conversations = _Conversations(directory)
        total, done = archive.sizes[main] or 1, 0
        for number, (kind, line, size) in enumerate(_lines(archive), start=1):
            where = shown(f"{main}, line {number}")
            try:
                yield from _take(kind, line, where, directory, posts, conversations)
            except Malformed as bad:
                yield LeftOut("line in an unknown form", f"{where}: {bad}")
            done += size
            if number % _EVERY == 0:
                progress(min(_READING * done / total, _READING))
        yield from directory.people()
        yield from directory.rooms()
        yield from sorter.records(lambda part: progress(_READING + (1 - _READING) * part))


class _Conversations:
    """The conversations outside of channels, of which those of two people are imported."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._reported: set[tuple[str, ...]] = set()

    def placeOf(self, item: Fields, field: str) -> tuple[str, str] | LeftOut | None:
        """
        Find the place of a conversation.

        @param item: a C{direct_channel} or C{direct_post}.
        @param field: the field with the members.
        @return: the ids of the two people; or why the conversation is left out, which is C{None} after the first time.
        @raise Malformed: the item is not what Mattermost documents.
        """
        names = item.texts(field)
        if not names and "participants" in item:
            names = tuple([each.text("username") for each in item.children("participants")])
        members = tuple(sorted({username(name, field) for name in names}))
        if not members:
            raise Malformed(field)
        if len(members) == 2:
            for name in members:
                self._directory.addName(name)
            return members[0], members[1]
        if members in self._reported:
            return None
        self._reported.add(members)
        what = "group conversation" if len(members) > 1 else "conversation of one person with themselves"
        return LeftOut(what, shown(", ".join(members)))


def _take(
    kind: str, line: Fields, where: str, directory: Directory, posts: Posts, conversations: _Conversations
) -> Iterator[LeftOut]:
    """
    Take one line.

    @param where: its place, for the report.
    @raise Malformed: it is not what Mattermost documents.
    """
    item = line.child(kind) if kind not in {"version", _BLANK} else line
    if kind == "channel":
        directory.addChannel(item)
    elif kind == "user":
        directory.addUser(item)
    elif kind == "bot":
        directory.addBot(item)
    elif kind == "post":
        place = roomId(item, "channel")
        if directory.hasRoom(place):
            yield from posts.add(item, place, where)
        else:
            yield LeftOut("message of an unknown channel", where)
    elif kind in {"direct_channel", "direct_post"}:
        found = conversations.placeOf(item, "members" if kind == "direct_channel" else "channel_members")
        if isinstance(found, LeftOut):
            yield found
        elif found is not None and kind == "direct_post":
            yield from posts.add(item, found, where)
    elif kind in _UNUSED:
        yield LeftOut(_UNUSED[kind], shown(item.text("name")))
    elif kind not in {"version", "team", _BLANK}:
        yield LeftOut("line of an unknown type", where)


def _main(archive: Archive) -> str:
    """
    Find the file of JSON lines.

    @raise ImportProblem: there is none, or more than one.
    """
    if len(archive.sizes) == 1:
        return next(iter(archive.sizes))
    found = [name for name in archive.sizes if name.endswith(".jsonl") and not name.startswith(("data/", "__MACOSX/"))]
    depth = min([name.count("/") for name in found], default=0)
    found = sorted([name for name in found if name.count("/") == depth])
    if len(found) != 1:
        problem = f"it has {len(found)} files of JSON lines at the top" if found else "it has no file import.jsonl"
        raise ImportProblem(f"{shown(archive.name)} is no export of Mattermost: {problem}")
    return found[0]


def _lines(archive: Archive) -> Iterator[tuple[str, Fields, int]]:
    """
    Read the lines of an export.

    @return: of each its type, its object, and its length.
    @raise ImportProblem: a line is not JSON, or this is no export of Mattermost.
    """
    main, number = _main(archive), 0
    for number, data in enumerate(readLines(archive, main), start=1):
        value = parseJson(data.rstrip(), main, number) if data.strip() else None
        kind = value.get("type") if isinstance(value, dict) else None
        if number == 1 and kind != "version":
            raise ImportProblem(f"{shown(main)} is no export of Mattermost: its first line has no version")
        if kind == "version" and isinstance(value, dict) and value.get("version") != VERSION:
            raise ImportProblem(f"{shown(main)}, line {number}: the version of this format is not {VERSION}")
        if isinstance(value, dict) and isinstance(kind, str):
            yield kind, Fields(value), len(data)
        elif data.strip():
            yield _UNKNOWN, Fields({}), len(data)
        else:
            yield _BLANK, Fields({}), len(data)
    if number == 0:
        raise ImportProblem(f"{shown(main)} is no export of Mattermost: it is empty")
