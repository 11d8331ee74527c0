"""
What is left of an account's entries when its texts are erased (L{TextsForgotten}).

The author of an entry is the account of its source.  Texts of guests have no account, so nobody can tell whose they
were, and they stay.  So do the acts of administrators (L{AdministrativeAct
<twistchat.chat.model.events.AdministrativeAct>}): nobody can erase the record of what they did.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec.structs import replace

from twistchat.chat.model.events import (
    Entry,
    Event,
    KeptRoomMetadataSet,
    Killed,
    PrivateMessage,
    PrivateMessageRedacted,
    PrivateTagMessage,
    Quit,
    RoomEvent,
    RoomMessage,
    RoomMetadataSet,
    RoomTagMessage,
    SessionEnded,
    TopicSet,
)
from twistchat.chat.model.names import fold

_TEXTS: Final = (RoomMessage, PrivateMessage, RoomTagMessage, PrivateTagMessage)

_PROPERTIES: Final = (TopicSet, RoomMetadataSet)
"""Changes of what a room shows.  The current values belong to the room, and stay."""

_REASONED: Final = (RoomEvent, PrivateMessageRedacted, Quit, SessionEnded, Killed)
"""Events whose reason is a text of their author, if they have one."""


def remainder(event: Event, isCurrent: bool) -> Event | None:
    """
    What is left of an event when the texts of its author are erased.

    @param isCurrent: whether the event holds a key of the register, so that a restart needs it.  So the current topic
        and metadata of a room stay, and so does the metadata of the author's account, which is all current.
    @return: the same event, if it has no text; an event without its reason; or C{None} if nothing is left.
    """
    if isinstance(event, _TEXTS) or (isinstance(event, _PROPERTIES) and not isCurrent):
        return None
    if isinstance(event, _REASONED) and hasattr(event, "reason") and event.reason:
        return _withoutReason(event)
    return event


def _withoutReason(event: Any) -> Event:
    cleared: Event = replace(event, reason="")
    return cleared


def isBy(event: Event, account: str) -> bool:
    """
    Whether an account is the author of an event.

    @param account: its folded name.
    """
    author = event.source.account
    return author is not None and fold(author) == account


def withoutPending(entry: Entry, pending: Mapping[int, str]) -> Entry | None:
    """
    What readers see of an entry while texts are being erased.

    @param pending: the folded names of the accounts, by the sequence number of the entry that asks for it.
    @return: C{None} if nothing is left.
    """
    if not any(entry.sequence < last and isBy(entry.event, account) for last, account in pending.items()):
        return entry
    event = remainder(entry.event, True)
    return None if event is None else replace(entry, event=event)


def withoutTexts(entries: Iterable[Entry], account: str) -> list[Entry]:
    """
    Erase the texts of an account from a list of entries.

    @param entries: oldest first.  The last topic of each room is its current one, and so are the last values of its
        metadata.
    @param account: the folded name of the account.
    """
    found = list(entries)
    last = {_property(entry.event): entry.sequence for entry in found}
    current = {sequence for changed, sequence in last.items() if changed}
    left = []
    for entry in found:
        event: Event | None = entry.event
        if event is not None and isBy(event, account):
            event = remainder(event, entry.sequence in current)
        if event is not None:
            left.append(entry if event is entry.event else replace(entry, event=event))
    return left


def _property(event: Event) -> tuple[str, ...]:
    """Identify what an event changes of a room; C{()} for other events."""
    if isinstance(event, TopicSet):
        return ("topic", fold(event.room))
    if isinstance(event, KeptRoomMetadataSet):
        return ("metadata", fold(event.room), event.key)
    return ()
