"""
Who may read the history of a conversation, and from which entry on.

Every way to the history asks here: reading, searching, counting what is unread, and the list of conversations.  The
founder of a registered room chooses who can read it (the setting C{history}).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec.structs import replace

from twistchat.chat import errors
from twistchat.chat.model.events import ModesSet
from twistchat.chat.model.modes.room import FOUNDER, RANK_BY_PREFIX, RANKS
from twistchat.chat.model.spans import pair

if TYPE_CHECKING:
    from twistchat.chat.model.events import RoomEvent
    from twistchat.chat.model.rooms import Room
    from twistchat.chat.model.users import User
    from twistchat.chat.state import State

READERS: Final = {
    "joined": "The members can read {} from the time when they joined",
    "members": "The members can read {} from the beginning",
    "accounts": "All who are logged in to an account can read {}",
    "everyone": "Everyone can read {}",
}
"""The values of the setting C{history}, each with a sentence that says who can read the room."""

DEFAULT: Final = "members"
"""The value of a room without this setting."""


class Readable(NamedTuple):
    """
    A conversation that a user may read.

    @ivar conversation: its name, see L{conversation <twistchat.chat.model.spans.conversation>}.
    @ivar first: the sequence number of the first entry that they may read.
    """

    conversation: str
    first: int


def readableFrom(state: State, room: Room, user: User) -> int | None:
    """
    The sequence number of the first entry of a room that a user may read.

    @return: C{None} if they may read nothing.
    """
    readers, member = room.settings.get("history", DEFAULT), room.members.get(user.source.uid)
    if _suspended(state, user):
        return None
    if room.barred(user) and room.accessLevel(user.source) < FOUNDER:
        return None
    sealed = state.rooms.sealed.get(room.key, 0)
    if member is not None:
        return max(sealed, member.since if readers == "joined" else 0)
    open = readers == "everyone" or (readers == "accounts" and user.source.account is not None)
    return sealed if open and not room.secretTo(user) else None


def readableRoom(state: State, user: User, name: str) -> Readable:
    """
    A room that a user may read, or the texts to the members of a rank in it.

    @param name: the name of the room; with the prefix of a rank, as in C{@#room}, for these texts.
    @raise NoSuchRoom: the room does not exist, or is secret to the user.
    @raise Banned: the user is banned from it.
    @raise NotInRoom: they are not in it, and only members can read it.
    @raise NotOperator: they do not have the rank.
    """
    rank = RANK_BY_PREFIX.get(name[:1])
    room = state.rooms.get(name if rank is None else name.removeprefix(rank.prefix))
    if room is None or room.secretTo(user):
        raise errors.NoSuchRoom(name)
    first = readableFrom(state, room, user)
    if first is None:
        raise errors.Banned(room.name) if room.barred(user) else errors.NotInRoom(room.name)
    if rank is None:
        return Readable(room.key, first)
    member = room.members.get(user.source.uid)
    if member is None or member.level < rank.level:
        raise errors.NotOperator(room.name)
    return Readable(rank.prefix + room.key, first)


def readablePrivate(state: State, user: User, nick: str) -> Readable:
    """
    The private conversation of a user with another one, who need not be here.

    @param nick: a nick, or the name of an account.
    @raise NoSuchNick: nobody has this nick.
    @raise NotKept: one of the two has no account, or that of the user is suspended.
    """
    own, other = readableAccount(state, user), state.users.named(nick)
    if other is not None:
        account = other.source.account
    elif (owner := state.accounts.withNick(nick)) is not None:
        account = owner.name
    elif state.accounts.isRetired(nick):
        account = nick
    else:
        raise errors.NoSuchNick(nick)
    if own is None or account is None:
        raise errors.NotKept(nick)
    return Readable(pair(own, account), 0)


def readableRooms(state: State, user: User) -> list[Readable]:
    """The rooms of a user that they may read, each followed by the texts to the ranks that they have in it."""
    found = []
    for room in user.rooms.values():
        first = readableFrom(state, room, user)
        if first is None:
            continue
        level = room.members[user.source.uid].level
        found.append(Readable(room.key, first))
        found += [Readable(rank.prefix + room.key, first) for rank in RANKS if rank.level <= level]
    return found


def readableAccount(state: State, user: User) -> str | None:
    """The account whose private conversations a user may read: their own, unless it is suspended."""
    return None if _suspended(state, user) else user.source.account


def withoutKeys(event: RoomEvent) -> RoomEvent:
    """
    Hide the keys of a room (mode C{k}) in an event of its history.  Some readers are not in the room, and a key would
    let them join.
    """
    if not isinstance(event, ModesSet) or all(change.letter != "k" for change in event.changes):
        return event
    changes = [replace(change, parameter="*") if change.letter == "k" else change for change in event.changes]
    return replace(event, changes=tuple(changes))


def _suspended(state: State, user: User) -> bool:
    """Whether the account of a user is suspended.  Such a user is about to be disconnected."""
    account = state.accounts.get(user.source.account)
    return account is not None and account.suspended is not None


def isRoom(target: str) -> bool:
    """Whether a target is a room, or the members of a rank in a room, and not a nick."""
    return target[1:2] == "#" if target[:1] in RANK_BY_PREFIX else target[:1] == "#"
