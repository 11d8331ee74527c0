"""An event of every class and an error of every class, for tests of whatever renders or words them."""

from __future__ import annotations

import dataclasses
from typing import Any, get_type_hints

from msgspec.structs import fields

from twistchat.chat import errors
from twistchat.chat.errors import ChatError, NothingSaid
from twistchat.chat.model import events
from twistchat.chat.model.events import Event, ModeChange, RoomEvent, Source

ALICE = Source("u1", "alice", "~alice", "host.example", "al", "Alice A.")
BOB = Source("u2", "bob")

_FIXED: dict[str, Any] = {
    "session": "s1",
    "node": "n1",
    "kind": "message",
    "rank": "",
    "ranks": "o",
    "added": "i",
    "removed": "",
    "modes": "",
    "tags": (("typing", "active"),),
    "cuts": (),
    "room": "#room",
    "sequence": 3,
    "until": 1000,
    "first": False,
    "privileges": frozenset({"kill"}),
    "changes": (ModeChange(True, "o", "bob", BOB), ModeChange(False, "m")),
}
"""The values of fields that are no free text, by name."""


def everyEvent(text: str) -> list[Event]:
    """
    Make an event of every class.

    @param text: the value of every field that holds free text.
    """
    made: list[Event] = []
    for kind in vars(events).values():
        if isinstance(kind, type) and issubclass(kind, Event) and kind not in {Event, RoomEvent}:
            values: dict[str, Any] = {}
            for field in fields(kind):
                person = BOB if field.name in {"recipient", "invitee", "killed", "kicked"} else ALICE
                free = person if field.type is Source else text
                values[field.name] = _FIXED.get(field.name, free)
            if kind is events.RoomRenamed:
                values["name"] = "#other"
            made.append(kind(**values))
    return made


def everyError() -> list[ChatError]:
    """Make an error of every class, with something in each field."""
    made: list[ChatError] = []
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, ChatError) and kind is not ChatError:
            hints = get_type_hints(kind)
            values: dict[str, Any] = {}
            for field in dataclasses.fields(kind):  # type: ignore[arg-type]  # each of them is a dataclass
                fixed: dict[Any, Any] = {int: 3, float: 2.5, bool: True, ChatError: NothingSaid(), str: "x"}
                values[field.name] = fixed.get(hints[field.name])
            values.update({"refused": ("a", "b")} if "refused" in values else {})
            values.update({"privilege": "kill"} if "privilege" in values else {})
            values.update({"room": "#room"} if "room" in values else {})
            made.append(kind(**values))
    return made
