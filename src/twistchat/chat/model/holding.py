"""
The register of current entries: those that determine the present state of accounts, rooms and server bans.

Each topic, mode and mask of a room has a key, and so have a room's new name, founder and access list, everything that
belongs to an account, and each ban from the server.  The keys of one room or account form a scope.  An event I{sets}
keys: its entry then holds them, until another entry sets or I{releases} them.  A restart applies the entries that hold
keys, in order, to an empty state.  That restores all accounts, the registered or changed rooms, and the bans from the
server.  So a restart does not read messages, and retention must not delete these entries.

An event of an account whose entry no longer holds a key is deleted from the log, and its bytes are erased.  A change
by which this can happen is I{late}: it is made after the entry was applied, and not at all if the entry is refused.  So
a refused entry takes nothing from another.

Only this module defines how each event changes these keys.  L{Holding} is the register in memory; a log on disk
keeps the same register in a table.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from twistchat.chat.model.events import (
    SERVER,
    AccessSet,
    AccountDropped,
    AccountEvent,
    AccountExpired,
    AccountMetadataSet,
    AccountRegistered,
    AccountRestored,
    AccountSettingSet,
    AccountSuspended,
    AccountVerified,
    CredentialRemoved,
    CredentialSet,
    Entry,
    Event,
    InboxRead,
    KeptRoomMetadataSet,
    LoginRecorded,
    MarkerSet,
    ModeChange,
    ModesSet,
    NickGrouped,
    NickUngrouped,
    PresenceEnded,
    PresenceKept,
    PrivateMessage,
    PrivateMessageRedacted,
    RoomDropped,
    RoomRegistered,
    RoomRemoved,
    RoomRenamed,
    RoomSettingSet,
    RoomTransferred,
    ServerBanLifted,
    ServerBanSet,
    TextsForgotten,
    TopicSet,
)
from twistchat.chat.model.modes.room import ROOM_MODES, Shape
from twistchat.chat.model.names import fold

SERVER_WIDE = ""
"""The scope of keys of the whole server."""

ACCOUNT = "@"
"""The prefix of the scope of an account.  No room's name begins with it."""

RENAMED = "renamed "
"""The prefix of the key of a room's new name.  The sequence number follows."""

FORGOTTEN = "forgotten"
"""The key of the last erasure of an account's texts."""

INBOX = "inbox "
"""The prefix of the key of a private text that its recipient has not been shown.  The sequence number follows."""


class HoldingChange(Struct, frozen=True, gc=False):
    """
    How an event changes the register.

    @ivar scope: the room's folded name; L{ACCOUNT} and the account's folded name; or L{SERVER_WIDE}.
    @ivar sets: the keys that its entry holds from now on, in place of another entry.
    @ivar releases: the keys that no entry holds any more.
    @ivar prefixes: all keys of the scope that begin with one of these are released, before C{sets} are set.
    @ivar through: C{prefixes} release only keys that entries up to this sequence number hold; C{None} for all.
    @ivar late: whether the change is made after the entry was applied.
    @ivar numbered: the entry holds the key of this prefix and its sequence number; empty for none.
    @ivar renamed: the folded name that the room has from now on: all keys of the room move to it, and its entry holds
        L{renamedKey}.  C{None} if the event renames no room.
    """

    scope: str
    sets: tuple[str, ...] = ()
    releases: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    through: int | None = None
    late: bool = False
    numbered: str = ""
    renamed: str | None = None

    def keys(self, sequence: int) -> tuple[str, ...]:
        """
        The keys that its entry holds.

        @param sequence: the sequence number of the entry.
        """
        return (*self.sets, f"{self.numbered}{sequence}") if self.numbered else self.sets


DIVISIBLE: Final = (ModesSet, LoginRecorded)
"""The events of which only a part may be current, see L{remaining}."""


def holdingChange(event: Event) -> HoldingChange | None:
    """How an event changes the register; C{None} for most events, which do not."""
    found = _CHANGES.get(type(event))
    return None if found is None else found(event)


def remaining(event: Event, sequence: int, keys: Collection[str]) -> Event | None:
    """
    The part of an event that is still current.

    @param sequence: the event's sequence number.
    @param keys: the keys that its entry holds.
    @return: for a L{ModesSet}, the event with only the current changes, because later entries undid the others.
        C{None} if nothing of the event is current.
    """
    if isinstance(event, ModesSet):
        changes = tuple([change for change in event.changes if SEALED in keys or modeKey(change) in keys])
        return replace(event, changes=changes) if changes else None
    if isinstance(event, LoginRecorded):
        kind = event.kind if _used(event.kind, event.name) in keys else ""
        place = event.place if _place(event.place) in keys else ""
        return replace(event, kind=kind, place=place, forgets="") if kind or place else None
    return event if not keysOf(event, sequence).isdisjoint(keys) else None


def keysOf(event: Event, sequence: int) -> set[str]:
    """The keys that an event's entry held right after it was applied."""
    change = holdingChange(event)
    return set() if change is None else set(change.keys(sequence))


def renamedKey(sequence: int) -> str:
    """The key of a room's new name, from the sequence number of the entry that renamed it."""
    return f"{RENAMED}{sequence}"


def accountScope(account: str) -> str:
    """The scope of an account's keys."""
    return f"{ACCOUNT}{fold(account)}"


def banKey(mask: str) -> str:
    """The key of a ban from the server."""
    return f"ban {mask}"


def describe(scope: str, key: str) -> str:
    """Describe a key to the administrator, for example C{topic of #lobby}, or C{the password of the account alice}."""
    if not scope.startswith(ACCOUNT):
        return f"{key} of {scope}" if scope else key
    return f"{_described(key)} of the account {scope.removeprefix(ACCOUNT)}"


_WORDS = {
    "account": "the registration",
    "verified": "the verification",
    "suspended": "the suspension",
    "dropped": "the end",
    "credential": "the",
    "used": "the last use of the",
    "place": "a known place",
    "inbox": "an unread message",
    "setting": "the setting",
    "metadata": "the metadata",
    "nick": "the nick",
    "read": "the read marker in",
    "presence": "the presence without a connection",
    FORGOTTEN: "the erasure of the texts",
}
"""Descriptions of the first words of the keys of accounts."""


def _described(key: str) -> str:
    first, _, rest = key.partition(" ")
    words = _WORDS.get(first, first)
    if first in ("place", "inbox"):
        return words
    return f"{words} {rest}".rstrip().replace("sshkey", "SSH key", 1)


TOPIC = "topic"
"""The key of a room's topic."""

SEALED = "sealed"
"""The key of the entry before which nobody can read a room's entries, see L{unlocks}, L{RoomDropped} and
L{RoomRemoved}."""

REGISTERED = "registered"
FOUNDER = "founder"
"""The keys of a room's registration and of its present founder."""

EVERYTHING = ("",)
"""The prefix of all keys of a scope."""


def modeKey(change: ModeChange) -> str | None:
    """
    The key of a mode change: for a mode with one parameter, a mask, or a flag.

    @return: C{None} for the rank of a member, which ends when they leave.
    """
    if change.subject is not None:
        return None
    mode = ROOM_MODES.get(change.letter)
    if mode is not None and mode.shape in (Shape.ALWAYS, Shape.ON_SET):
        return change.letter
    return f"{change.letter} {change.parameter or ''}"


def unlocks(event: ModesSet) -> bool:
    """Whether an empty room without an owner lost its locks.  Then nobody can read its earlier entries any more."""
    return event.source == SERVER and not any(change.adding or change.subject for change in event.changes)


def _modesSet(event: ModesSet) -> HoldingChange:
    keys = [modeKey(change) for change in event.changes]
    sealed = (SEALED,) if unlocks(event) else ()
    return HoldingChange(fold(event.room), (*[key for key in keys if key is not None], *sealed))


def _privateMessage(event: PrivateMessage) -> HoldingChange | None:
    recipient = event.recipient
    if recipient.uid or recipient.account is None:
        return None
    return HoldingChange(accountScope(recipient.account), numbered=INBOX)


def _set(scope: str, key: str, holds: object) -> HoldingChange:
    """A key is set, or released if the new value is C{None} or empty."""
    return _late(scope, (key,)) if holds else _late(scope, releases=(key,))


def _late(scope: str, sets: tuple[str, ...] = (), **changes: Any) -> HoldingChange:
    return HoldingChange(scope, sets, late=True, **changes)


def _privateMessageRedacted(event: PrivateMessageRedacted) -> HoldingChange | None:
    account = event.recipient.account
    return None if account is None else HoldingChange(accountScope(account), releases=(f"{INBOX}{event.sequence}",))


def _inboxRead(event: InboxRead) -> HoldingChange:
    if event.texts:
        return _late(accountScope(event.account), releases=tuple([f"{INBOX}{text}" for text in event.texts]))
    return _late(accountScope(event.account), prefixes=(INBOX,), through=event.last)


def _credentialRemoved(event: CredentialRemoved) -> HoldingChange:
    lost = (_credential(event.kind, event.name), _used(event.kind, event.name))
    return _late(accountScope(event.account), releases=lost)


def _loginRecorded(event: LoginRecorded) -> HoldingChange:
    used = (_used(event.kind, event.name),) if event.kind else ()
    place = (_place(event.place),) if event.place else ()
    forgotten = (_place(event.forgets),) if event.forgets else ()
    return _late(accountScope(event.account), (*used, *place), releases=forgotten)


def _markerSet(event: MarkerSet) -> HoldingChange:
    return _late(accountScope(event.account), (_read(event.target),), releases=tuple(map(_read, event.forgets)))


def _read(target: str) -> str:
    return f"read {target}"


def _credential(kind: str, name: str) -> str:
    return f"credential {kind} {name}"


def _used(kind: str, name: str) -> str:
    return f"used {kind} {name}"


def _place(place: str) -> str:
    return f"place {place}"


def _account(*sets: str, **changes: Any) -> Callable[[AccountEvent], HoldingChange]:
    """Make the function for an event of an account whose change is always the same."""
    return lambda event: _late(accountScope(event.account), sets, **changes)


_CHANGES: Mapping[type[Event], Callable[[Any], HoldingChange | None]] = {
    TopicSet: lambda event: HoldingChange(fold(event.room), (TOPIC,)),
    ModesSet: _modesSet,
    RoomRenamed: lambda event: HoldingChange(fold(event.room), numbered=RENAMED, renamed=fold(event.name)),
    RoomRemoved: lambda event: _late(fold(event.room), (SEALED,) if event.sealed else (), prefixes=EVERYTHING),
    RoomRegistered: lambda event: _late(
        fold(event.room), (REGISTERED,), releases=(FOUNDER,), prefixes=("access ", "setting ", "metadata ")
    ),
    RoomTransferred: lambda event: _late(fold(event.room), (FOUNDER,)),
    RoomDropped: lambda event: _late(
        fold(event.room),
        (SEALED,) if event.sealed else (),
        releases=(REGISTERED, FOUNDER),
        prefixes=("access ", "setting ", "metadata "),
    ),
    AccessSet: lambda event: _set(fold(event.room), f"access {fold(event.account)}", event.ranks),
    RoomSettingSet: lambda event: _set(fold(event.room), f"setting {event.name}", event.value is not None),
    KeptRoomMetadataSet: lambda event: _set(fold(event.room), f"metadata {event.key}", event.value is not None),
    AccountRegistered: _account("account", prefixes=EVERYTHING),
    AccountVerified: _account("verified"),
    AccountExpired: _account(prefixes=EVERYTHING),
    AccountDropped: _account("dropped", prefixes=EVERYTHING),
    AccountSuspended: _account("suspended"),
    AccountRestored: _account(releases=("suspended",)),
    CredentialSet: lambda event: _late(
        accountScope(event.account), (_credential(event.credential.kind, event.credential.name),)
    ),
    CredentialRemoved: _credentialRemoved,
    LoginRecorded: _loginRecorded,
    AccountSettingSet: lambda event: _set(
        accountScope(event.account), f"setting {event.name}", event.value is not None
    ),
    AccountMetadataSet: lambda event: _set(
        accountScope(event.account), f"metadata {event.key}", event.value is not None
    ),
    NickGrouped: lambda event: _late(accountScope(event.account), (f"nick {fold(event.nick)}",)),
    NickUngrouped: lambda event: _late(accountScope(event.account), releases=(f"nick {fold(event.nick)}",)),
    PresenceKept: _account("presence"),
    PresenceEnded: _account(releases=("presence",)),
    PrivateMessage: _privateMessage,
    PrivateMessageRedacted: _privateMessageRedacted,
    InboxRead: _inboxRead,
    MarkerSet: _markerSet,
    TextsForgotten: _account(FORGOTTEN),
    ServerBanSet: lambda event: HoldingChange(SERVER_WIDE, (banKey(event.mask),)),
    ServerBanLifted: lambda event: HoldingChange(SERVER_WIDE, releases=(banKey(event.mask),)),
}
"""How events change the register, by their class."""


class Holding:
    """The register in memory."""

    __slots__ = ("_scopes",)

    def __init__(self) -> None:
        self._scopes: dict[str, dict[str, int]] = {}

    def note(self, entry: Entry) -> Collection[int]:
        """
        Update the register after an entry was applied.

        @return: the sequence numbers of the events of accounts that hold no key any more, and are to be deleted.
        """
        change = holdingChange(entry.event)
        if change is None:
            return ()
        if change.renamed is not None:
            self._rename(change.scope, change.renamed, entry.sequence)
            return ()
        keys = self._scopes.setdefault(change.scope, {})
        lost = {key for key in (*change.releases, *change.sets) if key in keys}
        if change.prefixes:
            last = entry.sequence if change.through is None else change.through
            lost.update([key for key, held in keys.items() if held <= last and key.startswith(change.prefixes)])
        losers = {keys.pop(key) for key in lost if not key.startswith(INBOX)}
        for key in lost:
            keys.pop(key, None)
        keys.update(dict.fromkeys(change.keys(entry.sequence), entry.sequence))
        if not keys:
            del self._scopes[change.scope]
        return losers - set(keys.values()) if losers and change.scope.startswith(ACCOUNT) else ()

    def entries(self) -> dict[int, set[str]]:
        """The keys that each entry holds, by ascending sequence number, without entries that hold none."""
        found: dict[int, set[str]] = {}
        for keys in self._scopes.values():
            for key, sequence in keys.items():
                found.setdefault(sequence, set()).add(key)
        return dict(sorted(found.items()))

    def _rename(self, origin: str, target: str, sequence: int) -> None:
        """
        Move the keys of a room to its new name.

        The new name was not in use, so its old keys are void, except L{SEALED}.  Earlier entries contain the name that
        the room had at the time.  So an entry that renamed the room must stay current while any earlier entry holds a
        key.
        """
        keys, sealed = self._scopes.pop(origin, {}), self._scopes.get(target, {}).get(SEALED, 0)
        if sealed > keys.get(SEALED, 0):
            keys[SEALED] = sealed
        oldest = min([held for key, held in keys.items() if not key.startswith(RENAMED)], default=None)
        self._scopes[target] = {
            key: held
            for key, held in {**keys, renamedKey(sequence): sequence}.items()
            if not key.startswith(RENAMED) or (oldest is not None and held > oldest)
        }
