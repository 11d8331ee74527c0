"""
The codec: events as rows, and back.

A row has a kind, which is a short name whose meaning never changes, and a body, which is a JSON object.  A field that
is missing in a body has its default, and unknown fields are ignored.  So older and newer versions can read a journal.
Fields that have their default are not written.  The ranks that L{Joined} gets when it is applied are not written.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import msgspec
from msgspec.structs import replace

from twistchat.chat.model.events import (
    AccessSet,
    AccountDropped,
    AccountExpired,
    AccountMetadataSet,
    AccountRegistered,
    AccountRestored,
    AccountSet,
    AccountSettingSet,
    AccountSuspended,
    AccountVerified,
    AdministrativeAct,
    Announced,
    AwaySet,
    CredentialRemoved,
    CredentialSet,
    Entered,
    Event,
    HostSet,
    InboxRead,
    Invited,
    Joined,
    KeptPrivateTagMessage,
    KeptRoomMetadataSet,
    KeptRoomTagMessage,
    Kicked,
    Killed,
    LoginRecorded,
    MarkerSet,
    ModesSet,
    NickGrouped,
    NickUngrouped,
    NodeJoined,
    NodeLost,
    OperatorSet,
    Parted,
    PresenceEnded,
    PresenceKept,
    PresenceResumed,
    PrivateMessage,
    PrivateMessageRedacted,
    PrivateTagMessage,
    Quit,
    RealnameSet,
    Renamed,
    RoomDropped,
    RoomMessage,
    RoomMessageRedacted,
    RoomMetadataSet,
    RoomRegistered,
    RoomRemoved,
    RoomRenamed,
    RoomSettingSet,
    RoomTagMessage,
    RoomTransferred,
    ServerBanLifted,
    ServerBanSet,
    SessionEnded,
    SessionMoved,
    SessionStarted,
    TextsForgotten,
    TopicSet,
    UserMetadataSet,
    UserModesSet,
)

Body: TypeAlias = "dict[str, Any]"


class Unreadable(Exception):
    """A row is not an event of this version.  The message says why."""


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
    AdministrativeAct: "act",
    Announced: "announced",
    ServerBanSet: "banned",
    ServerBanLifted: "unbanned",
    PrivateTagMessage: "signalled",
    PrivateMessageRedacted: "untold",
    RoomTagMessage: "roomsignalled",
    KeptPrivateTagMessage: "reacted",
    KeptRoomTagMessage: "roomreacted",
    RoomMessageRedacted: "unsaid",
    RoomRenamed: "roomrenamed",
    RoomRemoved: "roomremoved",
    SessionMoved: "sessionmoved",
    AccountRegistered: "registered",
    AccountVerified: "verified",
    AccountExpired: "expired",
    AccountSuspended: "suspended",
    AccountRestored: "restored",
    AccountDropped: "dropped",
    CredentialSet: "credential",
    CredentialRemoved: "credentialremoved",
    LoginRecorded: "login",
    AccountSettingSet: "accountsetting",
    NickGrouped: "grouped",
    NickUngrouped: "ungrouped",
    InboxRead: "inboxread",
    MarkerSet: "marker",
    PresenceKept: "presencekept",
    PresenceEnded: "presenceended",
    PresenceResumed: "presenceresumed",
    NodeJoined: "nodejoined",
    NodeLost: "nodelost",
    TextsForgotten: "textsforgotten",
    RoomRegistered: "roomregistered",
    RoomTransferred: "roomtransferred",
    RoomDropped: "roomdropped",
    AccessSet: "access",
    RoomSettingSet: "roomsetting",
    UserMetadataSet: "metadata",
    AccountMetadataSet: "accountmetadata",
    RoomMetadataSet: "roommetadata",
    KeptRoomMetadataSet: "keptroommetadata",
}
"""The kind of each class of events.  The word index contains the kinds C{said} and C{told}."""


def encode(event: Event) -> tuple[str, bytes]:
    """
    Encode an event.

    @return: its kind, and its body: JSON in UTF-8.
    """
    kind = KINDS[type(event)]
    special = _SPECIAL.get(kind)
    written = event if special is None else special[0](event)
    try:
        return kind, _toJson(written)
    except UnicodeEncodeError:  # only the standard library writes lone surrogates, as JSON escapes
        return kind, json.dumps(msgspec.to_builtins(written)).encode()


def decode(kind: str, body: str | bytes) -> Event:
    """
    Decode an event.

    @param body: JSON.
    @raise Unreadable: the kind is unknown, or the body does not fit the kind.
    """
    decoder = _DECODERS.get(kind)
    if decoder is None:
        raise Unreadable(f"there is no event of the kind {kind!r} in this version")
    try:
        return decoder(body)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as e:
        raise Unreadable(f"the body is not that of an event of the kind {kind!r} ({type(e).__name__}: {e})") from e


_toJson = msgspec.json.Encoder().encode


def _fields(event: Event) -> Body:
    fields: Body = msgspec.to_builtins(event)
    return fields


def _fromRedacted(event: RoomMessageRedacted | PrivateMessageRedacted) -> Body:
    """Put the redacted text into a field of its own, as in an exported room."""
    fields = _fields(event)
    return fields | {"taken": {"sequence": fields.pop("sequence"), "msgid": fields.pop("msgid")}}


def _toRedacted(fields: Body) -> Body:
    taken: Body = fields["taken"]
    return fields | taken


_SPECIAL: Mapping[str, tuple[Callable[[Any], Any], Callable[[Body], Body] | None]] = {
    "operator": (lambda event: {**_fields(event), "privileges": sorted(event.privileges)}, None),
    "joined": (lambda event: replace(event, ranks="", first=False), None),
    "unsaid": (_fromRedacted, _toRedacted),
    "untold": (_fromRedacted, _toRedacted),
}
"""
The exceptions: kinds whose bodies differ from the fields of their events.  The first function makes the body, and the
second makes the fields from a body.
"""


def _decoder(kind: str, event: type[Event]) -> Callable[[str | bytes], Event]:
    """Make the function that decodes bodies of a kind."""
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
        except msgspec.DecodeError:  # msgspec does not read escaped lone surrogates
            return convert(body)

    return decodeJson


_DECODERS = {kind: _decoder(kind, event) for event, kind in KINDS.items()}
