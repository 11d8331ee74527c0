"""
Events as rows: a kind, which is a short name that never changes its meaning, and a body, which is a JSON object.

A field that was added later and that a body does not have takes its default; one that this version does not know is
passed over.  So a journal is read by versions before and after the one that wrote it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeAlias

from twistchat.chat.events import (
    AwaySet,
    Entered,
    Event,
    Invited,
    Joined,
    Kicked,
    ModeChange,
    ModesSet,
    Parted,
    Quit,
    Renamed,
    Said,
    Source,
    Told,
    TopicSet,
)

Body: TypeAlias = "dict[str, Any]"

_Decode: TypeAlias = "Callable[[Body], Event]"
_Encode: TypeAlias = "Callable[[Any], Body]"


class Unreadable(Exception):
    """A row is not an event of this version.  As a string it says which and why."""


KINDS: dict[type[Event], str] = {
    Said: "said",
    Told: "told",
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
}
"""The kind of each class of events.  The schema knows C{topic} and C{modes} by these names."""


def encode(event: Event) -> tuple[str, Body]:
    """
    Write an event as a row.

    @return: its kind, and its body, of what JSON has.
    """
    kind = KINDS[type(event)]
    body = {"by": _fromSource(event.source)}
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


def _fromSource(source: Source) -> list[str | None]:
    return [source.uid, source.nick, source.username, source.host, source.account, source.realname]


def _source(value: list[Any]) -> Source:
    return Source(*value[:6])


def _fromChange(change: ModeChange) -> Body:
    body: Body = {"adding": change.adding, "letter": change.letter}
    if change.parameter is not None:
        body["parameter"] = change.parameter
    if change.subject is not None:
        body["subject"] = _fromSource(change.subject)
    return body


def _change(body: Body) -> ModeChange:
    subject = body.get("subject")
    return ModeChange(
        body["adding"], body["letter"], body.get("parameter"), None if subject is None else _source(subject)
    )


_FIELDS: dict[str, tuple[_Encode, _Decode]] = {
    "said": (
        lambda event: {"room": event.room, "session": event.session, "text": event.text, "kind": event.kind},
        lambda body: Said(
            _source(body["by"]), body["room"], body["session"], body["text"], body.get("kind", "message")
        ),
    ),
    "told": (
        lambda event: {
            "session": event.session,
            "to": _fromSource(event.recipient),
            "text": event.text,
            "kind": event.kind,
        },
        lambda body: Told(
            _source(body["by"]), body["session"], _source(body["to"]), body["text"], body.get("kind", "message")
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
        lambda event: {"room": event.room},
        lambda body: Joined(_source(body["by"]), body["room"]),
    ),
    "parted": (
        lambda event: {"room": event.room, "reason": event.reason},
        lambda body: Parted(_source(body["by"]), body["room"], body["reason"]),
    ),
    "kicked": (
        lambda event: {"room": event.room, "kicked": _fromSource(event.kicked), "reason": event.reason},
        lambda body: Kicked(_source(body["by"]), body["room"], _source(body["kicked"]), body["reason"]),
    ),
    "entered": (
        lambda event: {"session": event.session},
        lambda body: Entered(_source(body["by"]), body["session"]),
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
        lambda event: {"room": event.room, "invitee": _fromSource(event.invitee)},
        lambda body: Invited(_source(body["by"]), body["room"], _source(body["invitee"])),
    ),
}
"""For each kind, how the fields behind C{source} are written, and how the whole is read."""
