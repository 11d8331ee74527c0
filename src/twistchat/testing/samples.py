"""Examples of all events and errors, for tests of dialects and of the wording of errors."""

from __future__ import annotations

import dataclasses
from typing import Any, get_type_hints

from msgspec.structs import fields

from twistchat.chat import errors
from twistchat.chat.errors import ChatError, NothingSaid
from twistchat.chat.model import events
from twistchat.chat.model.events import Credential, Event, KeptRoom, ModeChange, Source

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
    "sealed": 3,
    "sequence": 3,
    "until": 1000,
    "read": 1000,
    "last": None,
    "texts": (3,),
    "forgets": (),
    "speaks": (1, 2),
    "agreed": {"limits.nick": "32"},
    "first": False,
    "privileges": frozenset({"kill"}),
    "credential": Credential("password", secret="hash"),
    "rooms": (KeptRoom("#room", "o", 3),),
    "since": 1000,
    "detached": 1000,
    "changes": (ModeChange(True, "o", "bob", BOB), ModeChange(False, "m")),
}
"""The values of fields that are not free text, by name."""


_OWN: dict[type[Event], dict[str, Any]] = {
    events.Announced: {"everyone": True},
    events.CredentialRemoved: {"kind": "password"},
    events.Killed: {"rooms": ("#room",)},
    events.LoginRecorded: {"kind": "password", "forgets": ""},
    events.Renamed: {"rooms": ("#room",)},
    events.RoomDropped: {"sealed": True},
    events.RoomRenamed: {"name": "#other"},
    events.SessionEnded: {"rooms": ("#room",)},
}
"""The values of fields that have another type, or another meaning, in one class."""


def everyEvent(text: str) -> list[Event]:
    """
    Make an event of every class.

    @param text: the value of each free text.
    """
    made: list[Event] = []
    for kind in eventClasses():
        values: dict[str, Any] = {}
        for field in fields(kind):
            person = BOB if field.name in {"recipient", "invitee", "killed", "kicked", "user"} else ALICE
            free = person if field.type is Source else text
            values[field.name] = _FIXED.get(field.name, free)
        made.append(kind(**values | _OWN.get(kind, {})))
    return made


def eventClasses() -> list[type[Event]]:
    """Return the classes of all events, without those that are only base classes."""
    found = [kind for kind in vars(events).values() if isinstance(kind, type) and issubclass(kind, Event)]
    return [kind for kind in found if kind not in (Event, events.RoomEvent, events.AccountEvent)]


def errorClasses() -> list[type[ChatError]]:
    """Return the classes of all errors that the chat raises."""
    found = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ChatError)]
    return [kind for kind in found if kind is not ChatError]


def exampleError(kind: type[ChatError], **given: Any) -> ChatError:
    """
    Make an error with a value in each field.

    @param kind: its class.
    @param given: the values of some fields, by name.
    """
    values: dict[Any, Any] = {int: 3, float: 2.5, bool: True, str: "x", ChatError: NothingSaid()}
    hints = get_type_hints(kind)
    fixed = {"refused": ("a", "b"), "privilege": "kill", "character": "\n"} | given
    names = [field.name for field in dataclasses.fields(kind)]  # type: ignore[arg-type]  # each is a dataclass
    return kind(**{name: fixed.get(name, values.get(hints[name])) for name in names})
