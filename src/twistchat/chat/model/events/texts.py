"""Texts and tags, to rooms and to single users, and redactions."""

from __future__ import annotations

from typing import ClassVar

from twistchat.chat.model.events.base import Cuts, Event, Kind, RoomEvent, Source, Tags


class PrivateMessage(Event, frozen=True, gc=False):
    """
    A private text from one user to another.

    @ivar session: the id of the session that sent it, which gets it only if it asked for its echo.  For an imported
        text, the source and the id of the text there.
    @ivar recipient: the names of the recipient at that time.
    @ivar cuts: the places where the sender split long lines; usually empty.
    """

    durable: ClassVar[bool] = True
    session: str
    recipient: Source
    text: str
    kind: Kind = "message"
    tags: Tags = ()
    cuts: Cuts = ()


class PrivateTagMessage(Event, frozen=True, gc=False):
    """
    Tags without a text, from one user to another (IRC's TAGMSG), such as a typing notification.

    @ivar session: see L{PrivateMessage}.
    """

    session: str
    recipient: Source
    tags: Tags


class KeptPrivateTagMessage(PrivateTagMessage, frozen=True, gc=False):
    """Tags without a text, from one user to another, that are kept with the history, such as a reaction."""

    durable: ClassVar[bool] = True


class PrivateMessageRedacted(Event, frozen=True, gc=False):
    """
    A private text was redacted, or tags without a text.

    @ivar recipient: the other user of the conversation: the recipient of the text, or its author.
    @ivar sequence: the sequence number of the text's entry, which the journal has deleted.
    @ivar msgid: the message id of the text.
    """

    durable: ClassVar[bool] = True
    recipient: Source
    sequence: int
    msgid: str
    reason: str = ""


class RoomMessage(RoomEvent, frozen=True, gc=False):
    """
    A text to a room.

    @ivar session: see L{PrivateMessage}.
    @ivar rank: the letter of the lowest rank that gets it (IRC's STATUSMSG); empty for all members.
    @ivar tags: its client-only tags.
    @ivar cuts: see L{PrivateMessage}.
    """

    durable: ClassVar[bool] = True
    session: str
    text: str
    kind: Kind = "message"
    rank: str = ""
    tags: Tags = ()
    cuts: Cuts = ()


class RoomTagMessage(RoomEvent, frozen=True, gc=False):
    """
    Tags without a text, to a room (IRC's TAGMSG), such as a typing notification.

    @ivar session: see L{RoomMessage}.
    @ivar rank: see L{RoomMessage}.
    """

    session: str
    tags: Tags
    rank: str = ""


class KeptRoomTagMessage(RoomTagMessage, frozen=True, gc=False):
    """Tags without a text, to a room, that are kept with the history, such as a reaction."""

    durable: ClassVar[bool] = True


class RoomMessageRedacted(RoomEvent, frozen=True, gc=False):
    """
    A text in a room was redacted, or tags without a text.

    @ivar sequence: the sequence number of the text's entry, which the journal has deleted.
    @ivar msgid: the message id of the text.
    @ivar rank: see L{RoomMessage}.
    """

    durable: ClassVar[bool] = True
    sequence: int
    msgid: str
    reason: str = ""
    rank: str = ""
