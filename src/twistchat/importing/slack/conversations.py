"""
The conversations of a Slack export, and the files that contain their messages.

See "How to read Slack data exports", U{https://slack.com/help/articles/220556107-How-to-read-Slack-data-exports}, and
"Conversation object", U{https://docs.slack.dev/reference/objects/conversation-object}.  Channels are in
C{channels.json} and C{groups.json}, conversations of two in C{dms.json}, and those of more in C{mpims.json}.  Each has
a folder with a file for each day with messages.  The folder is named after the channel, or after the id.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from twistchat.importing.reading.archive import Archive, readWhole
from twistchat.importing.reading.fields import Fields, Malformed, parseJson, shown
from twistchat.importing.records import ImportProblem, LeftOut, Place, Room
from twistchat.importing.slack.people import People

LISTS = ("channels.json", "groups.json", "dms.json", "mpims.json")
"""The lists of conversations."""

IGNORED = {
    "integration_logs.json": "list of what apps did",
    "canvases.json": "list of canvases",
    "lists.json": "list of lists",
    "huddle_transcripts.json": "list of transcripts of huddles",
    "content_flags.json": "list of flagged messages",
    "file_conversations.json": "list of conversations about files",
}
"""Files at the top that are left out, and what the report calls them."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """
    A conversation whose messages are imported.

    @ivar id: its id.
    @ivar place: where its texts belong.
    @ivar files: the names of its files in the archive, in the order of their days.
    """

    id: str
    place: Place
    files: tuple[str, ...]


@dataclass(slots=True)
class Conversations:
    """
    What the lists of an export contain.

    @ivar rooms: the channels, public and private.
    @ivar open: the conversations whose messages are imported.
    @ivar leftOut: what is not imported.
    @ivar ids: the ids of all.
    """

    rooms: list[Room] = field(default_factory=list)
    open: list[Conversation] = field(default_factory=list)
    leftOut: list[LeftOut] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)


def rootOf(archive: Archive) -> str:
    """
    Find where an export begins in its archive: at the top, or in a folder, if somebody packed it again.

    @return: what all names begin with: nothing, or a path with a slash at its end.
    @raise ImportProblem: this is no export of Slack.
    """
    lists = ("users.json", "org_users.json", *LISTS[:2])
    found = [name for name in archive.sizes if name.rpartition("/")[2] in lists and not name.startswith("__MACOSX/")]
    if not found:
        raise ImportProblem(
            f"{shown(archive.name)} is no export of Slack: it contains neither users.json nor channels.json"
        )
    first = min(found, key=lambda name: (name.count("/"), name))
    return first.removesuffix(first.rpartition("/")[2])


def readList(archive: Archive, name: str) -> Iterator[object]:
    """
    Read a file that contains an array; a missing file is an empty one.

    @raise ImportProblem: the file cannot be read, or contains something else.
    """
    if name in archive.sizes:
        items = parseJson(readWhole(archive, name), name)
        if not isinstance(items, list):
            raise ImportProblem(f"{shown(name)}: this is no list, as Slack writes it; export again")
        yield from items


def readUsers(archive: Archive, root: str, people: People) -> Iterator[LeftOut]:
    """
    Read the lists of users.

    @param root: see L{rootOf}.
    @param people: where they are added.
    @raise ImportProblem: a list cannot be read.
    """
    for name in ("users.json", "org_users.json"):
        for number, item in enumerate(readList(archive, root + name), start=1):
            try:
                people.addUser(Fields.of(item))
            except Malformed as bad:
                yield LeftOut("person in an unknown form", f"{name}, item {number}: {bad}")


def readConversations(archive: Archive, root: str, people: People) -> Conversations:
    """
    Read the lists of conversations, and find their files.

    @param root: see L{rootOf}.
    @param people: the people of the lists of users; the two of a conversation are added.
    @raise ImportProblem: a list cannot be read.
    """
    found, days = Conversations(), _days(archive, root)
    for name in LISTS:
        for number, item in enumerate(readList(archive, root + name), start=1):
            try:
                _add(found, Fields.of(item), name, days, people)
            except Malformed as bad:
                found.leftOut.append(LeftOut("conversation in an unknown form", f"{name}, item {number}: {bad}"))
    found.leftOut += [LeftOut("folder of an unknown conversation", shown(folder)) for folder in sorted(days)]
    found.leftOut += [LeftOut(what, name) for name, what in IGNORED.items() if root + name in archive.sizes]
    return found


def _days(archive: Archive, root: str) -> dict[str, list[str]]:
    """Find the files with messages, by their folders."""
    days: dict[str, list[str]] = {}
    for name in sorted(archive.sizes):
        folder, slash, file = name.removeprefix(root).partition("/")
        if name.startswith(root) and slash and file.endswith(".json") and "/" not in file and not file.startswith("."):
            days.setdefault(folder, []).append(name)
    return days


def _add(found: Conversations, item: Fields, kind: str, days: dict[str, list[str]], people: People) -> None:
    """
    Add an item of a list.  Its folder is taken from C{days}.

    @raise Malformed: it is not what Slack documents.
    """
    id, name, members = item.text("id"), item.text("name"), item.texts("members")
    if not id:
        raise Malformed("id")
    # Old exports have group conversations among the private channels.
    channel = kind in {"channels.json", "groups.json"} and not item.flag("is_mpim")
    room = _room(item, kind, people) if channel else None
    if id in found.ids:
        private = _room(item, "groups.json", people) if room is None else room
        if private.private:
            found.rooms[:] = [each if each.id != id or each.private else private for each in found.rooms]
        raise Malformed("id, which is there twice")
    found.ids.add(id)
    # Folders of channels have their names, others their ids.
    files = tuple(days.pop(id, []) or days.pop(name, []))
    if room is not None:
        found.rooms.append(room)
        found.open.append(Conversation(id, id, files))
    elif len(set(members)) == 1:
        found.leftOut.append(LeftOut("conversation of one person with themselves", id))
    elif len(set(members)) == 2 and kind == "dms.json":
        one, other = dict.fromkeys(members)
        people.addId(one)
        people.addId(other)
        found.open.append(Conversation(id, (one, other), files))
    else:
        found.leftOut.append(LeftOut("group conversation", shown(name or id)))


def _room(item: Fields, kind: str, people: People) -> Room:
    """
    Make a room of a channel.  Members whom the export does not list are left out.

    @raise Malformed: it is not what Slack documents.
    """
    creator = item.text("creator")
    return Room(
        item.text("id"),
        item.text("name") or item.text("id").lower(),
        item.child("topic").text("value") or item.child("purpose").text("value"),
        kind == "groups.json" or item.flag("is_private"),
        _known(item.texts("members"), people),
        item.flag("is_archived"),
        creator if creator in people else None,
    )


def _known(ids: Collection[str], people: People) -> tuple[str, ...]:
    return tuple([id for id in dict.fromkeys(ids) if id in people])


def roomNames(rooms: Collection[Room]) -> Mapping[str, str]:
    """Return the names of rooms, by their ids."""
    return {room.id: room.name for room in rooms}
