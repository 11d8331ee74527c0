"""
One message of a Slack export.

See "message event", U{https://docs.slack.dev/reference/events/message}, with its subtypes;
U{https://docs.slack.dev/reference/objects/file-object}; and
U{https://docs.slack.dev/messaging/retrieving-messages} for threads: a reply has the C{thread_ts} of its first message.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from twistchat.importing.reading.emoji import reactionNamed
from twistchat.importing.reading.fields import THIRD, Fields, Malformed, isIn, shown
from twistchat.importing.records import LeftOut, Place, Reaction, Text
from twistchat.importing.slack.blocks import isPreview, plainAttachments, plainBlocks
from twistchat.importing.slack.mrkdwn import Names
from twistchat.importing.slack.people import People

_TIMESTAMP = re.compile(r"([0-9]{1,11})\.([0-9]{1,6})")

_SUBTYPE = re.compile(r"[a-z_]{1,40}")

TEXTS = frozenset(
    {
        "",
        "bot_message",
        "document_comment",
        "file_comment",
        "file_share",
        "me_message",
        "reply_broadcast",
        "slackbot_response",
        "thread_broadcast",
    }
)
"""The subtypes of messages that somebody wrote.  All others are notices of Slack."""

_TOKEN = re.compile(r"[?&]t=xox[a-z]-[0-9A-Za-z-]+")
"""The token in the address of a file; see L{withoutToken}."""

_DELETED = frozenset({"tombstone", "message_deleted"})

_HIDDEN_FILES = {
    "tombstone": ("deleted file", "[file: deleted]"),
    "hidden_by_limit": ("file that Slack hides because of its limit", "[file: hidden by Slack's limit]"),
}
"""Files that the export does not have: what the report calls them, and their line in the text."""


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """The C{ts} of a message: its time in seconds and microseconds, which is also its id within the conversation."""

    seconds: int
    micros: int

    @property
    def milliseconds(self) -> int:
        """The time in milliseconds since the epoch."""
        return self.seconds * 1000 + self.micros // 1000

    @classmethod
    def of(cls, message: Fields, name: str = "ts") -> Moment:
        """
        Read a field.

        @raise Malformed: it is no time.
        """
        found = _TIMESTAMP.fullmatch(message.text(name))
        if found is None:
            raise Malformed(name)
        return cls(int(found[1]), int(found[2].ljust(6, "0")))

    def __str__(self) -> str:
        return f"{self.seconds}.{self.micros:06}"


def peopleOf(message: Fields, people: People) -> None:
    """
    Add everyone whom the import of a message needs: its author, and who reacted to it.

    @raise Malformed: the message is not what Slack documents.
    """
    if message.text("subtype") in TEXTS:
        people.authorOf(message)
        for reaction in message.children("reactions"):
            for id in reaction.texts("users"):
                people.addId(id)


def readMessage(
    message: Fields, moment: Moment, conversation: str, place: Place, people: People, names: Names
) -> Iterator[Text | Reaction | LeftOut]:
    """
    Convert a message.

    @param moment: its C{ts}.
    @param conversation: the id of the conversation.
    @param place: where its text belongs.
    @raise Malformed: the message is not what Slack documents.  What was returned before does not count.
    """
    where = shown(f"{names.rooms.get(conversation, conversation)}, {moment}")
    subtype = message.text("subtype")
    if subtype in _DELETED:
        yield LeftOut("deleted message", where)
        return
    if message.text("type") not in {"", "message"} or subtype not in TEXTS or message.flag("hidden"):
        yield LeftOut(f"notice: {subtype if _SUBTYPE.fullmatch(subtype) else 'other'}", where)
        return
    author = people.authorOf(message)
    files = _files(message)
    text = "\n".join(filter(None, [_content(message, names), *[line for line, _ in files]]))
    if author is None:
        yield LeftOut("message without an author", where)
        return
    if not text.strip():
        yield LeftOut("message without a text", where)
        return
    if not isIn(author, place):
        yield LeftOut(THIRD, where)
        return
    id = f"{conversation}/{moment}"
    root = Moment.of(message, "thread_ts") if "thread_ts" in message else moment
    yield Text(
        id,
        place,
        author,
        moment.milliseconds,
        text,
        "action" if subtype == "me_message" else "message",
        None if root == moment else f"{conversation}/{root}",
    )
    yield from [LeftOut(what, where) for _, what in files]
    yield from [LeftOut("pin", where)] * bool(message.array("pinned_to"))
    yield from _reactions(message, id, place, moment, where)


def _content(message: Fields, names: Names) -> str:
    """Write the text of a message, or its blocks if there is no text; and its attachments."""
    text = names.plain(message.text("text"))
    if not text.strip():
        text = plainBlocks(message.children("blocks"), names)
    attachments = message.children("attachments")
    more = plainAttachments(attachments, names)
    if not text.strip() and not more:
        more = "\n".join(filter(None, [names.plain(each.text("fallback")) for each in attachments if isPreview(each)]))
    # The address of a file may be in a text too.
    return _TOKEN.sub("", "\n".join(filter(None, [text, more if more != text else ""])))


def _files(message: Fields) -> list[tuple[str, str]]:
    """
    Describe the files of a message.

    @return: for each, its line in the text, and what the report calls it.
    """
    files = [Fields.of(file, "files") for file in message.array("files") if file is not None]
    if not files and "file" in message:
        files = [message.child("file")]
    return [_file(file) for file in files]


def _file(file: Fields) -> tuple[str, str]:
    mode = file.text("mode")
    if mode in _HIDDEN_FILES:
        what, line = _HIDDEN_FILES[mode]
        return line, what
    name = " ".join((file.text("name") or file.text("title") or file.text("id") or "without a name").split())
    url = withoutToken(file.text("url_private") or file.text("permalink"))
    return f"[file: {name}] {url}".rstrip(), "file"


def withoutToken(url: str) -> str:
    """
    Remove the token from the address of a file.  Slack adds one in exports (C{t=xoxe-…}), and whoever has it can read
    all files of the workspace.

    @return: the address without its query; nothing if this is no address.
    """
    try:
        parts = urlsplit("".join(url.split()))
    except ValueError:
        return ""
    return urlunsplit(parts._replace(query="", fragment="")) if parts.scheme in {"http", "https"} else ""


def _reactions(message: Fields, id: str, place: Place, moment: Moment, where: str) -> Iterator[Reaction | LeftOut]:
    """Convert the reactions to a message.  Their times are unknown."""
    for reaction in message.children("reactions"):
        emoji, users = reactionNamed(reaction.text("name")), tuple(dict.fromkeys(reaction.texts("users")))
        if emoji is None:
            yield LeftOut("reaction in an unknown form", where)
            continue
        there = [user for user in users if isIn(user, place)]
        yield from [Reaction(id, place, user, moment.milliseconds, emoji) for user in there]
        yield from [LeftOut(THIRD, where)] * (len(there) < len(users))
        # Slack lists only some of the people if there are many.
        if reaction.number("count") > len(users):
            yield LeftOut("reactions of people whom the export does not name", where)
