"""Rooms: members and ranks, modes, lists and topic; and the register of all rooms."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from twistchat.chat.errors import NotOperator, RoomLookalike, RoomNameInUse
from twistchat.chat.limits import TokenBucket
from twistchat.chat.model.bans.masks import fullMask
from twistchat.chat.model.bans.room import EVERYTHING, UNRESTRICTED, Bans, ListItem
from twistchat.chat.model.events import ModeChange, Source
from twistchat.chat.model.modes.room import (
    FOUNDER,
    INITIAL_MODES,
    LOCK_LISTS,
    LOCKS,
    NOBODY,
    OPERATOR,
    ROOM_MODES,
    VOICE,
    Shape,
    level,
    sortRanks,
)
from twistchat.chat.model.names import fold, skeleton
from twistchat.chat.model.users import User
from twistchat.chat.model.vacancies import Vacancy

if TYPE_CHECKING:
    from twistchat.chat.fanout.audience import Audience

MOST_FORMER_NAMES = 100
"""The number of former room names that are remembered, to refuse events still in flight to a renamed room."""

BANS = frozenset("be")
"""The list modes that L{Bans} depends on."""

SETTINGS = {
    "description": "what the room is about",
    "successor": "the account that becomes its founder when the founder's account is dropped",
    "history": "who can read what was said: joined, members, accounts or everyone",
    "retention": "how long the server keeps what was said, such as 12h, 7d, 1y or forever",
}
"""The settings of registered rooms, each with its meaning."""

NO_SETTINGS: Mapping[str, str] = MappingProxyType({})
"""A shared empty mapping for rooms without settings or metadata."""

_AT_FIRST: dict[str, str | None] = dict.fromkeys(INITIAL_MODES)
"""The modes of a new room."""


class Member:
    """
    A user in a room.

    @ivar ranks: rank letters, highest first.
    @ivar restrictions: what bans forbid them, regardless of rank, as cached by L{Bans}.  Letters of L{ACTING
        <twistchat.chat.model.bans.masks.ACTING>}, and L{EVERYTHING}.
    @ivar checkedSource: the user's names that the restrictions are based on; C{None} before the first check.
    @ivar since: the sequence number of the entry with which they joined.
    @ivar moves: the value of L{User.moves} that the restrictions are based on.
    @ivar version: the value of L{Bans.version} that the restrictions are based on.
    """

    __slots__ = ("checkedSource", "moves", "ranks", "restrictions", "since", "user", "version")

    def __init__(self, user: User, ranks: str, since: int = 0) -> None:
        self.user = user
        self.ranks = ranks
        self.since = since
        self.restrictions = UNRESTRICTED
        self.checkedSource: Source | None = None
        self.moves = self.version = 0

    @property
    def level(self) -> int:
        """The level of the highest rank held."""
        return level(self.ranks)


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic, the nick of the user who set it, and the time in milliseconds since the epoch."""

    text: str
    by: str
    time: int


class Room:
    """
    A named place.

    @ivar name: the display form of its name.
    @ivar key: its folded name.
    @ivar created: the time when it was created, in milliseconds since the epoch.
    @ivar topic: its topic, or C{None}.
    @ivar modes: the parameters of the modes that are set, by letter.
    @ivar lists: the masks of each list mode, by letter and mask.
    @ivar bans: finds the bans in C{lists} that apply to a user.
    @ivar founder: the account that owns it; C{None} if it is not registered.  L{Rooms.setFounder} changes it.
    @ivar granted: the access list of a registered room: the ranks that the users of accounts get when they join, by the
        folded name of the account.
    @ivar settings: the settings of a registered room, by their name in L{SETTINGS}.
    @ivar metadata: its metadata, by key (IRCv3 metadata).
    @ivar members: the members by user id, in the order in which they joined.
    @ivar bansSet: counts the bans that were set.  It tells whether a ban was set after an invitation.
    @ivar audience: the sessions that listen to it.
    @ivar joins: the rate limit of joins.  It is not part of the replicated state.
    @ivar renames: the rate limit of renames; likewise.
    @ivar spoken: the time of the last text since this process started, in milliseconds since the epoch; 0 for none.
        Likewise.
    """

    __slots__ = (
        "audience",
        "bans",
        "bansSet",
        "created",
        "founder",
        "granted",
        "joins",
        "key",
        "lists",
        "members",
        "metadata",
        "modes",
        "name",
        "renames",
        "settings",
        "spoken",
        "topic",
    )

    def __init__(self, name: str, created: int, audience: Audience) -> None:
        self.name = name
        self.key = fold(name)
        self.created = created
        self.topic: Topic | None = None
        self.modes: dict[str, str | None] = _AT_FIRST.copy()
        self.lists: dict[str, dict[str, ListItem]] = {
            mode.letter: {} for mode in ROOM_MODES.values() if mode.shape is Shape.LIST
        }
        self.bans = Bans(self.lists["b"], self.lists["e"])
        self.founder: str | None = None
        self.granted: dict[str, str] = {}
        self.settings = NO_SETTINGS
        self.metadata = NO_SETTINGS
        self.members: dict[str, Member] = {}
        self.bansSet = self.spoken = 0
        self.audience = audience
        self.joins: TokenBucket | None = None
        self.renames: TokenBucket | None = None

    @property
    def persistent(self) -> bool:
        """Whether it has data that must outlive its last member."""
        return bool(self.topic or self.founder or any(self.lists.values()) or self.modes != _AT_FIRST)

    @property
    def owned(self) -> bool:
        """Whether it is registered or permanent.  Then the server does not change it automatically."""
        return self.founder is not None or "P" in self.modes

    @property
    def hasOperator(self) -> bool:
        """Whether an operator is present, or it has an owner who can come back."""
        return self.owned or any(member.ranks and member.level >= OPERATOR for member in self.members.values())

    def ranksFor(self, source: Source) -> str:
        """
        The ranks of a user who joins: those of their account in the access list, and founder for the founder's account;
        or operator, for the first member of a room without an owner.
        """
        if self.abandoned:
            return "o"
        return "" if source.account is None else self.ranksOf(source.account)

    def ranksOf(self, account: str) -> str:
        """The ranks that the user of an account gets when they join."""
        key = fold(account)
        ranks = self.granted.get(key, "")
        return sortRanks(ranks + "q") if self.founder is not None and key == fold(self.founder) else ranks

    def accessLevel(self, source: Source) -> int:
        """The level of the highest rank that a user gets from the access list, whether or not they are present."""
        return NOBODY if source.account is None else level(self.ranksOf(source.account))

    @property
    def renameLevel(self) -> int:
        """The level needed to rename it: founder if it is registered, otherwise operator."""
        return OPERATOR if self.founder is None else FOUNDER

    def require(self, member: Member, level: int) -> None:
        """
        Check that a member's rank suffices.

        @raise NotOperator: it does not.
        """
        if member.level < level:
            raise NotOperator(self.name)

    def secretTo(self, user: User) -> bool:
        """Whether the room is hidden from this user."""
        return "s" in self.modes and user.source.uid not in self.members and not user.may("auspex")

    def barred(self, user: User) -> bool:
        """Whether a ban without an exception prevents this user from joining."""
        return EVERYTHING in self.bans.of(user)

    def muted(self, user: User) -> bool:
        """Whether a ban without an exception prevents this user from speaking."""
        return "m" in self.bans.of(user)

    def isInviteExempt(self, user: User) -> bool:
        """Whether an exception lets this user join without an invitation."""
        own = fullMask(user.source)
        return any(item.test.matches(user, own) for item in self.lists["I"].values())

    def silenced(self, member: Member) -> bool:
        """Whether a ban prevents this member from speaking.  The result is cached."""
        if not self.lists["b"]:
            return False
        return "m" in self.bans.ofMember(member) and member.level < VOICE

    def preventsNickChange(self, member: Member) -> bool:
        """Whether mode N, which applies to all, or a ban prevents this member from changing their nick."""
        if "N" in self.modes:
            return True
        return bool(self.lists["b"]) and "n" in self.bans.ofMember(member) and member.level < VOICE

    def change(self, change: ModeChange, by: str, time: int) -> None:
        """Apply one change of modes.  It may have no effect."""
        if change.subject is not None:
            self._changeRank(change.subject, change.letter, change.adding)
        elif change.letter in self.lists:
            assert change.parameter is not None
            self._changeList(change.letter, change.parameter, change.adding, by, time)
        elif change.adding:
            self.modes[change.letter] = change.parameter
        else:
            self.modes.pop(change.letter, None)

    @property
    def abandoned(self) -> bool:
        """Whether it has no members and no owner.  Then its locks are void, because nobody could lift them."""
        return not self.members and not self.owned

    def unlock(self) -> tuple[ModeChange, ...]:
        """
        Remove all locks and bans, and the exceptions from them.

        @return: the changes that were made, with C{"*"} in place of the key: strangers who join are shown them.
        """
        lost = [(letter, self.modes.pop(letter)) for letter in LOCKS if letter in self.modes]
        changes = [ModeChange(False, letter, "*" if letter == "k" else value) for letter, value in lost]
        for letter in LOCK_LISTS:
            changes += [ModeChange(False, letter, mask) for mask in self.lists[letter]]
            self.lists[letter].clear()
        self.bans.cleared()
        return tuple(changes)

    def isInEffect(self, change: ModeChange) -> bool:
        """Whether a change of modes is already in effect.  The subject of a rank must be a member."""
        if change.subject is not None:
            return change.adding == (change.letter in self.members[change.subject.uid].ranks)
        if change.letter in self.lists:
            return change.adding == (change.parameter in self.lists[change.letter])
        if change.letter in self.modes:
            return change.adding and self.modes[change.letter] == change.parameter
        return not change.adding

    def _changeRank(self, subject: Source, letter: str, adding: bool) -> None:
        member = self.members.get(subject.uid)
        if member is not None:
            member.ranks = sortRanks(member.ranks + letter) if adding else member.ranks.replace(letter, "")
            member.user.moves += 1

    def _changeList(self, letter: str, mask: str, adding: bool, by: str, time: int) -> None:
        items = self.lists[letter]
        if adding and letter == "b":
            self.bansSet += 1
        if adding == (mask in items):
            return
        item = ListItem(mask, by, time) if adding else items[mask]
        if adding:
            items[mask] = item
        else:
            del items[mask]
        if letter in BANS:
            self.bans.changed(item.test, adding)


class Rooms:
    """
    All rooms, by name, by the skeleton of their name, and by their founder; and the former names of recently renamed
    rooms.

    @ivar vacancies: the vacancies of rooms whose last operator has left, by folded name.  Such a room may have been
        removed, or may have another operator, who was the first to join it when it was empty.
    @ivar abandoned: the rooms without members and without an owner that are kept because of their persistent data, as
        keys.  The one that was left or changed first comes first.  A snapshot does not keep this order.
    @ivar sealed: the sequence numbers before which nobody can read the entries of a room, by folded name: the room was
        empty, had no owner, and lost its locks, so strangers can join it; or its registration ended, and its
        members could not read what was said before they joined.  Such a room may have been removed.
    @ivar unlocked: rooms that became empty, each with the locks that it lost, which must still be recorded in the
        journal.  The rooms may have been removed since.  Not part of the replicated state.
    """

    __slots__ = ("_byFounder", "_byName", "_bySkeleton", "_formerNames", "abandoned", "sealed", "unlocked", "vacancies")

    def __init__(self) -> None:
        self.vacancies: dict[str, Vacancy] = {}
        self.abandoned: dict[Room, None] = {}
        self.sealed: dict[str, int] = {}
        self.unlocked: list[tuple[Room, tuple[ModeChange, ...]]] = []
        self._byName: dict[str, Room] = {}
        self._formerNames: dict[str, None] = {}
        self._bySkeleton: dict[str, Room] = {}
        self._byFounder: dict[str, dict[Room, None]] = {}

    def __len__(self) -> int:
        return len(self._byName)

    def __iter__(self) -> Iterator[Room]:
        return iter(self._byName.values())

    def get(self, name: str) -> Room | None:
        """The room with this name, ignoring case."""
        return self._byName.get(name) or self._byName.get(fold(name))

    def lookalike(self, name: str) -> Room | None:
        """The room with this name or a look-alike of it."""
        return self._bySkeleton.get(skeleton(name))

    def ownedBy(self, account: str) -> list[Room]:
        """The rooms whose founder is this account, in the order in which it got them."""
        return list(self._byFounder.get(fold(account), ()))

    def setFounder(self, room: Room, account: str | None) -> None:
        """Make an account the founder of a room; or none, with C{None}."""
        if room.founder is not None:
            key = fold(room.founder)
            del self._byFounder[key][room]
            if not self._byFounder[key]:
                del self._byFounder[key]
        room.founder = account
        if account is not None:
            self.abandoned.pop(room, None)
            self._byFounder.setdefault(fold(account), {})[room] = None

    def checkFree(self, name: str, room: Room | None = None) -> None:
        """
        Check that no room other than this one has a name.

        @raise RoomNameInUse: another room has it.
        @raise RoomLookalike: another room has a look-alike of it.
        """
        holder = self.lookalike(name)
        if holder is not None and holder is not room:
            raise RoomNameInUse(holder.name) if holder.key == fold(name) else RoomLookalike(name, holder.name)

    def add(self, room: Room) -> None:
        """Add a room.  No other room has its name."""
        self._formerNames.pop(room.key, None)
        self._byName[room.key] = room
        self._bySkeleton[skeleton(room.name)] = room

    def remove(self, room: Room) -> None:
        """Remove a room."""
        del self._byName[room.key]
        del self._bySkeleton[skeleton(room.name)]

    def rename(self, room: Room, name: str) -> None:
        """Rename a room.  No other room has the new name."""
        self.remove(room)
        old, new = room.key, fold(name)
        if old != new:
            self.vacancies.pop(new, None)
        if old in self.vacancies:
            self.vacancies = {new if key == old else key: vacancy for key, vacancy in self.vacancies.items()}
        self.moveSeal(old, new)
        self.addFormerName(old)
        room.name, room.key = name, new
        self.add(room)

    def moveSeal(self, old: str, new: str) -> None:
        """Seal a renamed room under its new folded name.  The histories of both names are one from then on."""
        if old != new and old in self.sealed:
            self.sealed[new] = max(self.sealed.pop(old), self.sealed.get(new, 0))

    @property
    def formerNames(self) -> Collection[str]:
        """The folded former names of recently renamed rooms, oldest first."""
        return self._formerNames.keys()

    def addFormerName(self, name: str) -> None:
        """Record the folded former name of a renamed room."""
        self._formerNames[name] = None
        if len(self._formerNames) > MOST_FORMER_NAMES:
            del self._formerNames[next(iter(self._formerNames))]

    def isFormerName(self, name: str) -> bool:
        """Whether a room with this name was renamed, and no new room has the name."""
        return fold(name) in self._formerNames
