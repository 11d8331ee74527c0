"""
Records: what a reader finds in the export of another chat server, in terms of no server.

A reader is an iterator of records.  It yields all L{Person}, then all L{Room}, then each L{Text} and L{Reaction}, in
ascending time; and L{LeftOut} anywhere.  All ids are the source's own.  Readers write nothing, and check no rule of
this server: names may be invalid here, and texts may be too long.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Place: TypeAlias = str | tuple[str, str]
"""Where something was said: the id of a room, or the ids of the two people of a private conversation."""


class ImportProblem(Exception):
    """An export cannot be read.  C{str} gives one line that names the file, the place in it, and the problem."""


@dataclass(frozen=True, slots=True)
class Person:
    """
    Somebody who may have written something.

    @ivar id: the id of the person.
    @ivar name: the name that the person has there, which becomes a nick.
    @ivar realname: the name for display; empty if there is none.
    @ivar email: the mail address; C{None} if the export has none.
    @ivar bot: whether this is a program.
    @ivar deleted: whether the person has been removed there.
    """

    id: str
    name: str
    realname: str = ""
    email: str | None = None
    bot: bool = False
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Room:
    """
    A room.

    @ivar id: the id of the room.
    @ivar name: its name, without a C{#}.
    @ivar topic: its topic; empty if there is none.
    @ivar private: whether only its members know of it.
    @ivar members: the ids of its members.
    @ivar archived: whether nobody may write there any more.
    @ivar creator: the id of the person who created it; C{None} if that is unknown.
    """

    id: str
    name: str
    topic: str = ""
    private: bool = False
    members: tuple[str, ...] = ()
    archived: bool = False
    creator: str | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """
    A text.

    @ivar id: the id of the text, unique in the export.
    @ivar place: where it was said.
    @ivar author: the id of its author.
    @ivar time: when it was said, in milliseconds since the epoch, UTC.
    @ivar text: the text, which may have several lines, with LF between them.
    @ivar kind: whether it is a message, or an action (C{/me}).
    @ivar replyTo: the id of the text that it answers; C{None} if it is no reply.
    """

    id: str
    place: Place
    author: str
    time: int
    text: str
    kind: Literal["message", "action"] = "message"
    replyTo: str | None = None


@dataclass(frozen=True, slots=True)
class Reaction:
    """
    A reaction to a text.

    @ivar of: the id of the text.
    @ivar place: where the text was said.
    @ivar author: the id of the person who reacted.
    @ivar time: when, in milliseconds since the epoch, UTC; if that is unknown, the time of the text.
    @ivar emoji: the emoji in Unicode, or C{:name:} if it is a custom one.
    """

    of: str
    place: Place
    author: str
    time: int
    emoji: str


LAST_TIME: Final = 253_402_300_799_999
"""The last millisecond of the year 9999, since the epoch.  Nobody can be shown a later time."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """
    Something that a reader does not bring over.

    @ivar what: what it is, such as C{"file"}; these are counted.
    @ivar example: where it was, or how it was named.  It contains no text of a message.
    """

    what: str
    example: str


Record: TypeAlias = Person | Room | Text | Reaction | LeftOut
"""What a reader yields."""
