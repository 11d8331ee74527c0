"""
Events as rows: a kind, which is a short name that never changes its meaning, and a body, which is a JSON object.

A field that was added later and that a body does not have takes its default; one that this version does not know is
passed over.  So a journal is read by versions before and after the one that wrote it.  A text's fields that are rarely
used are written only where they are.

What is found out as an event is applied (with which ranks someone came in) is not kept; nor are labels.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeAlias

from twistchat.chat.model.events import (
    AccountSet,
    Announced,
    AwaySet,
    Cuts,
    Entered,
    Event,
    HostSet,
    Invited,
    Joined,
    Kicked,
    Killed,
    ModeChange,
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
    Source,
    Tags,
    TopicSet,
    UserModesSet,
)
from twistchat.chat.model.names import fold

Body: TypeAlias = "dict[str, Any]"

_Decode: TypeAlias = "Callable[[Body], Event]"
_Encode: TypeAlias = "Callable[[Any], Body]"


class Unreadable(Exception):
    """A row is not an event of this version.  As a string it says which and why."""


KINDS: dict[type[Event], str] = {
    RoomMessage: "said",
    PrivateMessage: "told",
    TopicSet: "topic",
    ModesSet: "modes",
    Joined: "joined",
    Parted: "parted",
    Kicked: "kicked",
    Entered: "entered",
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


def encode(event: Event) -> tuple[str, Body]:
    """
    Write an event as a row.

    @return: its kind, and its body, of what JSON has.
    """
    kind = KINDS[type(event)]
    body = {"by": fromSource(event.source)}
    body.update(_FIELDS[kind][0](event))
    return kind, body


def decode(kind: str, body: str | bytes) -> Event:
    """
    Read an event from its row.

    @param body: JSON.
    @raise Unreadable: the kind is not known, or the body is not one of that kind.
    """
    if kind not in _FIELDS:
        raise Unreadable(f"there is no event of the kind {kind!r} in this version")
    try:
        return _FIELDS[kind][1](json.loads(body))
    except (AttributeError, KeyError, TypeError, ValueError) as e:
        raise Unreadable(f"the body is not that of an event of the kind {kind!r} ({type(e).__name__}: {e})") from e


def fromSource(source: Source) -> list[str | bool | None]:
    """Write a source: its fields in their order, the last of them only where it is so."""
    fields = [source.uid, source.nick, source.username, source.host, source.account, source.realname]
    return [*fields, True] if source.bot else [*fields]


def _source(value: list[Any]) -> Source:
    return Source(*value[:7])


def _extras(rank: str, tags: Tags, cuts: Cuts = ()) -> Body:
    """What few texts have."""
    body: Body = {}
    if rank:
        body["rank"] = rank
    if tags:
        body["tags"] = [[name, value] for name, value in tags]
    if cuts:
        body["cuts"] = [*cuts]
    return body


def _tags(body: Body) -> Tags:
    return tuple([(name, value) for name, value in body.get("tags", ())])


def _cuts(body: Body) -> Cuts:
    return tuple([int(offset) for offset in body.get("cuts", ())])


def _fromChange(change: ModeChange) -> Body:
    body: Body = {"adding": change.adding, "letter": change.letter}
    if change.parameter is not None:
        body["parameter"] = change.parameter
    if change.subject is not None:
        body["subject"] = fromSource(change.subject)
    return body


def _change(body: Body) -> ModeChange:
    subject = body.get("subject")
    return ModeChange(
        body["adding"], body["letter"], body.get("parameter"), None if subject is None else _source(subject)
    )


def _fromTaken(event: RoomMessageRedacted | PrivateMessageRedacted) -> Body:
    """Which text was taken back."""
    return {"taken": {"sequence": event.sequence, "msgid": event.msgid}}


def _taken(body: Body) -> tuple[int, str]:
    return body["taken"]["sequence"], body["taken"]["msgid"]


_FIELDS: dict[str, tuple[_Encode, _Decode]] = {
    "said": (
        lambda event: (
            {"room": event.room, "session": event.session, "text": event.text, "kind": event.kind}
            | _extras(event.rank, event.tags, event.cuts)
        ),
        lambda body: RoomMessage(
            _source(body["by"]),
            body["room"],
            body["session"],
            body["text"],
            body.get("kind", "message"),
            body.get("rank", ""),
            _tags(body),
            _cuts(body),
        ),
    ),
    "told": (
        lambda event: (
            {
                "session": event.session,
                "to": fromSource(event.recipient),
                "text": event.text,
                "kind": event.kind,
            }
            | _extras("", event.tags, event.cuts)
        ),
        lambda body: PrivateMessage(
            _source(body["by"]),
            body["session"],
            _source(body["to"]),
            body["text"],
            body.get("kind", "message"),
            _tags(body),
            _cuts(body),
        ),
    ),
    "topic": (
        lambda event: {"room": event.room, "topic": event.topic},
        lambda body: TopicSet(_source(body["by"]), body["room"], body["topic"]),
    ),
    "modes": (
        lambda event: {"room": event.room, "changes": [_fromChange(change) for change in event.changes]},
        lambda body: ModesSet(_source(body["by"]), body["room"], tuple(map(_change, body["changes"]))),
    ),
    "joined": (
        lambda event: {"room": event.room} if event.away is None else {"room": event.room, "away": event.away},
        lambda body: Joined(_source(body["by"]), body["room"], body.get("away")),
    ),
    "parted": (
        lambda event: {"room": event.room, "reason": event.reason},
        lambda body: Parted(_source(body["by"]), body["room"], body["reason"]),
    ),
    "kicked": (
        lambda event: {"room": event.room, "kicked": fromSource(event.kicked), "reason": event.reason},
        lambda body: Kicked(_source(body["by"]), body["room"], _source(body["kicked"]), body["reason"]),
    ),
    "entered": (
        lambda event: {"session": event.session, "modes": event.modes},
        lambda body: Entered(_source(body["by"]), body["session"], body.get("modes", "")),
    ),
    "quit": (
        lambda event: {"reason": event.reason},
        lambda body: Quit(_source(body["by"]), body["reason"]),
    ),
    "renamed": (
        lambda event: {"nick": event.nick},
        lambda body: Renamed(_source(body["by"]), body["nick"]),
    ),
    "away": (
        lambda event: {"message": event.message},
        lambda body: AwaySet(_source(body["by"]), body["message"]),
    ),
    "invited": (
        lambda event: {"room": event.room, "invitee": fromSource(event.invitee)},
        lambda body: Invited(_source(body["by"]), body["room"], _source(body["invitee"])),
    ),
    "realname": (
        lambda event: {"realname": event.realname},
        lambda body: RealnameSet(_source(body["by"]), body["realname"]),
    ),
    "host": (
        lambda event: {"username": event.username, "host": event.host},
        lambda body: HostSet(_source(body["by"]), body["username"], body["host"]),
    ),
    "account": (
        lambda event: {"account": event.account},
        lambda body: AccountSet(_source(body["by"]), body["account"]),
    ),
    "usermodes": (
        lambda event: {"added": event.added, "removed": event.removed},
        lambda body: UserModesSet(_source(body["by"]), body["added"], body["removed"]),
    ),
    "operator": (
        lambda event: {"title": event.title, "privileges": sorted(event.privileges)},
        lambda body: OperatorSet(_source(body["by"]), body["title"], frozenset(body.get("privileges", ()))),
    ),
    "killed": (
        lambda event: {"killed": fromSource(event.killed), "reason": event.reason},
        lambda body: Killed(_source(body["by"]), _source(body["killed"]), body["reason"]),
    ),
    "announced": (
        lambda event: {"text": event.text},
        lambda body: Announced(_source(body["by"]), body["text"]),
    ),
    "banned": (
        lambda event: {"mask": event.mask, "reason": event.reason, "until": event.until},
        lambda body: ServerBanSet(_source(body["by"]), body["mask"], body["reason"], body.get("until")),
    ),
    "unbanned": (
        lambda event: {"mask": event.mask},
        lambda body: ServerBanLifted(_source(body["by"]), body["mask"]),
    ),
    "signalled": (
        lambda event: {"session": event.session, "to": fromSource(event.recipient)} | _extras("", event.tags),
        lambda body: PrivateTagMessage(_source(body["by"]), body["session"], _source(body["to"]), _tags(body)),
    ),
    "untold": (
        lambda event: {"to": fromSource(event.recipient), **_fromTaken(event), "reason": event.reason},
        lambda body: PrivateMessageRedacted(
            _source(body["by"]), _source(body["to"]), *_taken(body), body.get("reason", "")
        ),
    ),
    "roomsignalled": (
        lambda event: {"room": event.room, "session": event.session} | _extras(event.rank, event.tags),
        lambda body: RoomTagMessage(
            _source(body["by"]), body["room"], body["session"], _tags(body), body.get("rank", "")
        ),
    ),
    "unsaid": (
        lambda event: {"room": event.room, **_fromTaken(event), "reason": event.reason},
        lambda body: RoomMessageRedacted(_source(body["by"]), body["room"], *_taken(body), body.get("reason", "")),
    ),
    "roomrenamed": (
        lambda event: {"room": event.room, "origin": fold(event.room), "name": event.name, "reason": event.reason},
        lambda body: RoomRenamed(_source(body["by"]), body["room"], body["name"], body.get("reason", "")),
    ),
}
"""For each kind, how the fields behind C{source} are written, and how the whole is read."""
