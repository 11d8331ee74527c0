"""
Posts of a Mattermost export, with their replies, reactions and attachments.

See "Post object", "Reply object", "Reaction object", "Attachment object" and "DirectPost object" in
U{https://docs.mattermost.com/onboard/bulk-loading-data-format.html}, and "Message attachments",
U{https://developers.mattermost.com/integrate/reference/message-attachments/}.  The messages are Markdown, which stays
as it is.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from collections.abc import Set as AbstractSet
from pathlib import PurePosixPath

from twistchat.importing.mattermost.directory import Directory, username
from twistchat.importing.reading.emoji import outsideCode, reactionNamed, withEmoji
from twistchat.importing.reading.fields import THIRD, Fields, Malformed, cleaned, isIn
from twistchat.importing.reading.sorting import Sorter
from twistchat.importing.records import LAST_TIME, LeftOut, Place, Reaction, Text

_CHANNEL = re.compile(r"(?<![\w~/])~([a-z0-9_-]{1,100})")

_TYPE = re.compile(r"[a-z_]{1,40}")


class Posts:
    """Converts posts."""

    def __init__(self, directory: Directory, files: AbstractSet[str] | None, sorter: Sorter) -> None:
        """
        @param directory: the channels and people.
        @param files: the names of the files in the export; C{None} if it was exported without them.
        @param sorter: where the texts and reactions go.
        """
        self._directory = directory
        self._files = files
        self._sorter = sorter

    def add(self, post: Fields, place: Place, where: str) -> Iterator[LeftOut]:
        """
        Convert a post and its replies.

        @param place: where it belongs.
        @param where: the place in the file, for the report.
        @raise Malformed: the post is not what Mattermost documents.  Nothing of it is added.
        """
        root = yield from self._addOne(post, post, place, None, where)
        for number, reply in enumerate(post.children("replies"), start=1):
            try:
                yield from self._addOne(reply, post, place, root, where)
            except Malformed as bad:
                yield LeftOut("reply in an unknown form", f"{where}, reply {number}: {bad}")

    def _addOne(
        self, post: Fields, root: Fields, place: Place, replyTo: str | None, where: str
    ) -> Generator[LeftOut, None, str | None]:
        """
        Convert a post or a reply.

        @param root: the post that says in which team it was said.
        @return: the id of its text; C{None} if it has none.
        @raise Malformed: it is not what Mattermost documents.
        """
        kind, time = post.text("type"), momentOf(post)
        if post.number("delete_at") > 0:
            yield LeftOut("deleted message", where)
            return None
        files = [self._file(each) for each in post.children("attachments")]
        team = root.text("team")
        text = "\n".join(filter(None, [self._content(post, team), *[line for line, _ in files]]))
        if kind.startswith("system_") or kind in {"burn_on_read", "reminder"} or (kind and not text.strip()):
            yield LeftOut(f"notice: {kind if _TYPE.fullmatch(kind) else 'other'}", where)
            return None
        reactions, pinned = list(self._reactions(post, time)), post.flag("is_pinned")
        if not text.strip():
            yield LeftOut("message without a text", where)
            return None
        author = self._directory.addName(post.text("user"))
        if not isIn(author, place):
            yield LeftOut(THIRD, where)
            return None
        # The export has no ids.  An edited post keeps its time, so its text is no part of the id.
        id = self._sorter.claim(f"{place if isinstance(place, str) else ','.join(place)}/{time}/{author}")
        self._sorter.add(Text(id, place, author, time, text, "action" if kind == "me" else "message", replyTo))
        yield from [LeftOut(what, where) for _, what in files]
        yield from [LeftOut("pin", where)] * pinned
        for who, when, emoji in reactions:
            if emoji is None:
                yield LeftOut("reaction in an unknown form", where)
            elif not isIn(who, place):
                yield LeftOut(THIRD, where)
            else:
                self._sorter.add(Reaction(id, place, self._directory.addName(who), when, emoji))
        return id

    def _content(self, post: Fields, team: str) -> str:
        """Write the text of a post and of its message attachments."""
        text, props = post.text("message"), post.child("props")
        if post.text("type") == "me":
            text = props.text("message") or text.strip().removeprefix("*").removesuffix("*")
        parts = [text, *[_attachment(each) for each in props.children("attachments")]]
        return withEmoji(outsideCode("\n".join(filter(None, parts)), lambda part: self._withRooms(part, team)))

    def _withRooms(self, text: str, team: str) -> str:
        """Replace links to channels, such as C{~town-square}, by the names of rooms."""

        def room(found: re.Match[str]) -> str:
            id = f"{team}/{found[1]}"
            return f"#{self._directory.roomName(id)}" if self._directory.hasRoom(id) else found[0]

        return _CHANNEL.sub(room, text) if "~" in text else text

    def _file(self, attachment: Fields) -> tuple[str, str]:
        """
        Describe a file.

        @return: its line in the text, and what the report calls it.
        """
        path = " ".join(attachment.text("path").split())
        name = PurePosixPath(path).name or "without a name"
        if self._files is not None and not {path, f"data/{path}"} & self._files:
            return f"[file: {name}]", "file that the export does not contain"
        return f"[file: {name}] {path}".rstrip(), "file"

    def _reactions(self, post: Fields, time: int) -> Iterator[tuple[str, int, str | None]]:
        """
        Read reactions: who, when, and the emoji; C{None} if it has no name.  None is there twice.

        @param time: the time of the post.  No reaction is older.
        """
        seen: set[tuple[str, str]] = set()
        for reaction in post.children("reactions"):
            who, name = username(reaction.text("user"), "user"), reaction.text("emoji_name")
            if (who, name) not in seen:
                seen.add((who, name))
                yield who, max(momentOf(reaction), time), reactionNamed(name)


def momentOf(item: Fields) -> int:
    """
    Read the field C{create_at}, in milliseconds.

    @raise Malformed: it is missing, or no time.
    """
    time = item.number("create_at")
    if not 0 < time <= LAST_TIME:
        raise Malformed("create_at")
    return time


def _attachment(attachment: Fields) -> str:
    """Write a message attachment as plain text."""
    title, link = attachment.text("title"), attachment.text("title_link")
    parts = [attachment.text("pretext"), f"{title} ({link})" if title and link else title, attachment.text("text")]
    for field in attachment.children("fields"):
        # The values of fields may be numbers.
        value = field.values.get("value")
        value = value if isinstance(value, str) else "" if value is None else str(value)[:100]
        parts.append(": ".join(filter(None, [field.text("title"), cleaned(value)])))
    return "\n".join(filter(None, parts)) or attachment.text("fallback")
