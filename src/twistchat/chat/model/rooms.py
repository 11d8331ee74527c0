"""Rooms: their members and ranks, modes, lists and topic; and the questions that rules ask of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twistchat.chat.errors import NotOperator
from twistchat.chat.limits import TokenBucket
from twistchat.chat.model.bans import EVERYTHING, FREE, Bans, ListItem
from twistchat.chat.model.events import ModeChange, Source
from twistchat.chat.model.masks import fullMask
from twistchat.chat.model.modes import (
    FOUNDER,
    INITIAL_MODES,
    LOCK_LISTS,
    LOCKS,
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

MOST_VACATED = 100
"""How many names that rooms have given up are remembered: enough for what is on its way to a room that is renamed."""

BANS = frozenset("be")
"""The list modes on which it depends whom bans bind."""

_AT_FIRST: dict[str, str | None] = dict.fromkeys(INITIAL_MODES)
"""The modes of a room that has just begun."""


class Member:
    """
    A user in a room.

    @ivar ranks: rank letters, highest first.
    @ivar bound: in what respects bans bind them here but for their rank, when that was last found out: letters of
        L{BINDING <twistchat.chat.model.masks.BINDING>}, and L{EVERYTHING}.
    @ivar judged: the names that they had then; C{None} before that.
    @ivar moves: their L{User.moves} then.
    @ivar version: the L{Bans.version} then.
    """

    __slots__ = ("bound", "judged", "moves", "ranks", "user", "version")

    def __init__(self, user: User, ranks: str) -> None:
        self.user = user
        self.ranks = ranks
        self.bound = FREE
        self.judged: Source | None = None
        self.moves = self.version = 0

    @property
    def level(self) -> int:
        """The level of the highest rank held."""
        return level(self.ranks)


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic, the nick of who set it, and when, in milliseconds since the epoch."""

    text: str
    by: str
    time: int


class Room:
    """
    A named place.

    @ivar name: the display form of its name.
    @ivar created: when it began, in milliseconds since the epoch.
    @ivar topic: its topic, or C{None}.
    @ivar modes: the modes that are set, by letter, with their parameter.
    @ivar lists: the masks of each list mode, by letter and mask.
    @ivar bans: whom those of them bind that are bans.
    @ivar granted: the ranks of accounts, which their holders have again when they come back.
    @ivar members: by the user's id, in the order in which they came.
    @ivar bansSet: how many bans were set, to tell an invitation from before a ban from one behind it.
    @ivar audience: who hears it.
    @ivar joins: how fast it is joined; not part of the state that entries rebuild.
    @ivar renames: how fast it is renamed; likewise.
    """

    __slots__ = (
        "audience",
        "bans",
        "bansSet",
        "created",
        "granted",
        "joins",
        "lists",
        "members",
        "modes",
        "name",
        "renames",
        "topic",
    )

    def __init__(self, name: str, created: int, audience: Audience) -> None:
        self.name = name
        self.created = created
        self.topic: Topic | None = None
        self.modes: dict[str, str | None] = _AT_FIRST.copy()
        self.lists: dict[str, dict[str, ListItem]] = {
            mode.letter: {} for mode in ROOM_MODES.values() if mode.shape is Shape.LIST
        }
        self.bans = Bans(self.lists["b"], self.lists["e"])
        self.granted: dict[str, str] = {}
        self.members: dict[str, Member] = {}
        self.bansSet = 0
        self.audience = audience
        self.joins: TokenBucket | None = None
        self.renames: TokenBucket | None = None

    @property
    def kept(self) -> bool:
        """Whether something of it is to outlive its last member."""
        return bool(self.topic or self.granted or any(self.lists.values()) or self.modes != _AT_FIRST)

    @property
    def owned(self) -> bool:
        """Whether an account may operate it, or it is permanent: then nothing of it changes by itself."""
        return "P" in self.modes or any(level(ranks) >= OPERATOR for ranks in self.granted.values())

    @property
    def led(self) -> bool:
        """Whether an operator is there, or may come: somebody whom it is owned by."""
        return self.owned or any(member.ranks and member.level >= OPERATOR for member in self.members.values())

    def ranksFor(self, source: Source) -> str:
        """
        The ranks with which a user comes in: those granted to their account; and operator, for the first in a room that
        nobody owns.
        """
        ranks = "" if source.account is None else self.granted.get(fold(source.account), "")
        return sortRanks(ranks + "o") if self.abandoned else ranks

    @property
    def renamedBy(self) -> int:
        """The level that renames it: operators do, but where an account is its founder, founders."""
        return FOUNDER if any("q" in ranks for ranks in self.granted.values()) else OPERATOR

    def require(self, member: Member, level: int) -> None:
        """
        Hold that a member's rank reaches for something.

        @raise NotOperator: it does not.
        """
        if member.level < level:
            raise NotOperator(self.name)

    def secretTo(self, user: User) -> bool:
        """Whether this user is not to know that it exists."""
        return "s" in self.modes and user.source.uid not in self.members and not user.may("auspex")

    def barred(self, user: User) -> bool:
        """Whether a ban keeps this user out, and no exception lets them in."""
        return EVERYTHING in self.bans.of(user)

    def muted(self, user: User) -> bool:
        """Whether a ban keeps this user from speaking, and no exception lets them."""
        return "m" in self.bans.of(user)

    def welcomed(self, user: User) -> bool:
        """Whether this user needs no invitation."""
        own = fullMask(user.source)
        return any(item.test.names(user, own) for item in self.lists["I"].values())

    def silenced(self, member: Member) -> bool:
        """Whether this member may not speak here for a ban.  Costs nothing until something changes."""
        if not self.lists["b"]:
            return False
        return "m" in self.bans.ofMember(member) and member.level < VOICE

    def fixesNick(self, member: Member) -> bool:
        """Whether this member may not change their nick here: for mode N, which binds all, or for a ban."""
        if "N" in self.modes:
            return True
        return bool(self.lists["b"]) and "n" in self.bans.ofMember(member) and member.level < VOICE

    def change(self, change: ModeChange, by: str, time: int) -> None:
        """Carry out one change of modes.  One that is without effect has none."""
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
        """Whether nobody is there and nobody owns it.  Then nobody could lift its locks, and they bind nobody."""
        return not self.members and not self.owned

    def unlock(self) -> tuple[ModeChange, ...]:
        """
        Take away everything that keeps people out, and the exceptions to that.

        @return: what was taken away.
        """
        changes = [ModeChange(False, letter, self.modes.pop(letter)) for letter in LOCKS if letter in self.modes]
        for letter in LOCK_LISTS:
            changes += [ModeChange(False, letter, mask) for mask in self.lists[letter]]
            self.lists[letter].clear()
        self.bans.emptied()
        return tuple(changes)

    def isSo(self, change: ModeChange) -> bool:
        """Whether a change of modes would be without effect; the subject of a rank is a member."""
        if change.subject is not None:
            return change.adding == (change.letter in self.members[change.subject.uid].ranks)
        if change.letter in self.lists:
            return change.adding == (change.parameter in self.lists[change.letter])
        if change.letter in self.modes:
            return change.adding and self.modes[change.letter] == change.parameter
        return not change.adding

    def _changeRank(self, subject: Source, letter: str, adding: bool) -> None:
        def changed(ranks: str) -> str:
            return sortRanks(ranks + letter) if adding else ranks.replace(letter, "")

        member = self.members.get(subject.uid)
        if member is not None:
            member.ranks = changed(member.ranks)
            member.user.moves += 1
        if subject.account is not None:
            account = fold(subject.account)
            ranks = changed(self.granted.pop(account, ""))
            if ranks:
                self.granted[account] = ranks

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
    Every room there is, by name and by what its name looks like; and which names rooms have given up of late.

    @ivar vacancies: of rooms whose last operator has left, by folded name.  Such a room may have ended, or have another
        operator, who came first into it when it was empty.
    @ivar unlocked: what rooms have lost as they became empty, which the journal is to be told; they may be gone since.
        Not part of the state that entries rebuild.
    """

    __slots__ = ("_byName", "_bySkeleton", "_vacated", "unlocked", "vacancies")

    def __init__(self) -> None:
        self.vacancies: dict[str, Vacancy] = {}
        self.unlocked: list[tuple[Room, tuple[ModeChange, ...]]] = []
        self._byName: dict[str, Room] = {}
        self._vacated: dict[str, None] = {}
        self._bySkeleton: dict[str, Room] = {}

    def __len__(self) -> int:
        return len(self._byName)

    def __iter__(self) -> Iterator[Room]:
        return iter(self._byName.values())

    def get(self, name: str) -> Room | None:
        """The room of this name, whatever its case."""
        return self._byName.get(name) or self._byName.get(fold(name))

    def lookalike(self, name: str) -> Room | None:
        """The room of this name, or of one that would be taken for it."""
        return self._bySkeleton.get(skeleton(name))

    def add(self, room: Room) -> None:
        """Take in a room whose name no other has."""
        self._vacated.pop(fold(room.name), None)
        self._byName[fold(room.name)] = room
        self._bySkeleton[skeleton(room.name)] = room

    def remove(self, room: Room) -> None:
        """Forget a room."""
        del self._byName[fold(room.name)]
        del self._bySkeleton[skeleton(room.name)]

    def rename(self, room: Room, name: str) -> None:
        """Give a room another name, which no other has."""
        self.remove(room)
        old, new = fold(room.name), fold(name)
        if old != new:
            self.vacancies.pop(new, None)
        if old in self.vacancies:
            self.vacancies = {new if key == old else key: vacancy for key, vacancy in self.vacancies.items()}
        self.vacate(old)
        room.name = name
        self.add(room)

    @property
    def vacated(self) -> Collection[str]:
        """The folded names that rooms have given up of late, oldest first."""
        return self._vacated.keys()

    def vacate(self, name: str) -> None:
        """Note that a room has given up its name, which is folded."""
        self._vacated[name] = None
        if len(self._vacated) > MOST_VACATED:
            del self._vacated[next(iter(self._vacated))]

    def isVacated(self, name: str) -> bool:
        """Whether a room that was called this has another name now, and none has come after it."""
        return fold(name) in self._vacated
