"""
Events as rows: a kind, which is a short name that never changes its meaning, and a body, which is a JSON object.

A field that a body does not have takes its default, and a field that this version does not know is ignored.  So a
journal is read by versions before and after the one that wrote it.  Fields that have their default are not written.
The ranks that L{Joined} has once it is applied are not kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import msgspec
from msgspec.structs import replace

from twistchat.chat.model.events import (
    AccountSet,
    Announced,
    AwaySet,
    Entered,
    Event,
    HostSet,
    Invited,
    Joined,
    Kicked,
    Killed,
    ModesSet,
    OperatorSet,
    Parted,
    PrivateMessage,
    PrivateMessageRedacted,
    PrivateTagMessage,
    Quit,
    RealnameSet,
    Renamed,
    RoomMessage,
    RoomMessageRedacted,
    RoomRenamed,
    RoomTagMessage,
    ServerBanLifted,
    ServerBanSet,
    SessionEnded,
    SessionStarted,
    TopicSet,
    UserModesSet,
)
from twistchat.chat.model.names import fold

Body: TypeAlias = "dict[str, Any]"


class Unreadable(Exception):
    """A row is not an event of this version.  As a string it says which and why."""


KINDS: Mapping[type[Event], str] = {
    RoomMessage: "said",
    PrivateMessage: "told",
    TopicSet: "topic",
    ModesSet: "modes",
    Joined: "joined",
    Parted: "parted",
    Kicked: "kicked",
    Entered: "entered",
    SessionStarted: "sessionstarted",
    SessionEnded: "sessionended",
    Quit: "quit",
    Renamed: "renamed",
    AwaySet: "away",
    Invited: "invited",
    RealnameSet: "realname",
    HostSet: "host",
    AccountSet: "account",
    UserModesSet: "usermodes",
    OperatorSet: "operator",
    Killed: "killed",
    Announced: "announced",
    ServerBanSet: "banned",
    ServerBanLifted: "unbanned",
    PrivateTagMessage: "signalled",
    PrivateMessageRedacted: "untold",
    RoomTagMessage: "roomsignalled",
    RoomMessageRedacted: "unsaid",
    RoomRenamed: "roomrenamed",
}
"""
The kind of each class of events.  The schema knows those by these names that it does something for: C{said}, C{told},
C{unsaid}, C{untold}, C{topic}, C{modes}, C{roomrenamed}, C{banned} and C{unbanned}.
"""


def encode(event: Event) -> tuple[str, bytes]:
    """
    Write an event as a row.

    @return: its kind; and its body, which is JSON in UTF-8.
    """
    kind = KINDS[type(event)]
    special = _SPECIAL.get(kind)
    written = event if special is None else special[0](event)
    try:
        return kind, _toJson(written)
    except UnicodeEncodeError:  # lone surrogates are written as JSON escapes
        return kind, json.dumps(msgspec.to_builtins(written)).encode()


def decode(kind: str, body: str | bytes) -> Event:
    """
    Read an event from its row.

    @param body: JSON.
    @raise Unreadable: the kind is not known, or the body is not one of that kind.
    """
    decoder = _DECODERS.get(kind)
    if decoder is None:
        raise Unreadable(f"there is no event of the kind {kind!r} in this version")
    try:
        return decoder(body)
    except (AttributeError, KeyError, TypeError, ValueError) as e:
        raise Unreadable(f"the body is not that of an event of the kind {kind!r} ({type(e).__name__}: {e})") from e


_toJson = msgspec.json.Encoder().encode


def _fields(event: Event) -> Body:
    fields: Body = msgspec.to_builtins(event)
    return fields


def _fromRedacted(event: RoomMessageRedacted | PrivateMessageRedacted) -> Body:
    """The schema finds the text that was taken back in a field of its own."""
    fields = _fields(event)
    return fields | {"taken": {"sequence": fields.pop("sequence"), "msgid": fields.pop("msgid")}}


def _toRedacted(fields: Body) -> Body:
    taken: Body = fields["taken"]
    return fields | taken


_SPECIAL: Mapping[str, tuple[Callable[[Any], Any], Callable[[Body], Body] | None]] = {
    "operator": (lambda event: {**_fields(event), "privileges": sorted(event.privileges)}, None),
    "joined": (lambda event: replace(event, ranks="", first=False), None),
    "roomrenamed": (lambda event: {**_fields(event), "origin": fold(event.room)}, None),
    "unsaid": (_fromRedacted, _toRedacted),
    "untold": (_fromRedacted, _toRedacted),
}
"""For a kind whose body is not the event's own fields: what is written, and the event's fields from what was read."""


def _decoder(kind: str, event: type[Event]) -> Callable[[str | bytes], Event]:
    """What reads the bodies of a kind."""
    restore = _SPECIAL[kind][1] if kind in _SPECIAL else None

    def convert(body: str | bytes) -> Event:
        fields = json.loads(body)
        return msgspec.convert(fields if restore is None else restore(fields), event)

    if restore is not None:
        return convert
    read = msgspec.json.Decoder(event).decode

    def decodeJson(body: str | bytes) -> Event:
        try:
            return read(body)
        except msgspec.ValidationError:
            raise
        except msgspec.DecodeError:  # msgspec does not read the escapes of lone surrogates
            return convert(body)

    return decodeJson


_DECODERS = {kind: _decoder(kind, event) for event, kind in KINDS.items()}
