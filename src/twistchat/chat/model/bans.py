"""
Whom the bans of a room bind, and in what respect; known of each member until something changes it.

A verdict on a member costs one test for every mask.  It is kept with the member, together with what it depends on: the
member's names, the masks, and (where a mask names people by where they are) the rooms and ranks of the member.  When
masks change, a verdict is made again only for a member whom one of those masks names.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Final

from twistchat.chat.model.masks import BINDING, Mask, fullMask

if TYPE_CHECKING:
    from twistchat.chat.model.rooms import Member
    from twistchat.chat.model.users import User

EVERYTHING: Final = ""
"""The respect in which a ban binds that is not a binding one: those it names cannot come in, speak or change nick."""

FREE: Final[frozenset[str]] = frozenset()
"""The respects in which somebody is bound whom nothing binds."""

MOST_CHANGES: Final = 32
"""How many changes of masks are remembered; a verdict that is older than these is made again."""


@dataclass(frozen=True, slots=True)
class ListItem:
    """
    A mask in one of a room's lists.

    @ivar mask: in its normal form.
    @ivar by: the nick of who set it.
    @ivar time: when, in milliseconds since the epoch.
    @ivar test: the mask, ready to be held against users.
    """

    mask: str
    by: str
    time: int
    test: Mask = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "test", Mask(self.mask))


class Bans:
    """
    The bans of one room, and the exceptions from them.

    @ivar version: how often a mask has come or gone.
    @ivar placed: how many masks depend on the rooms and ranks of those whom they name.
    """

    __slots__ = ("_bans", "_changed", "_exceptions", "placed", "version")

    def __init__(self, bans: Mapping[str, ListItem], exceptions: Mapping[str, ListItem]) -> None:
        """
        @param bans: the items of mode b, and it is told here when one of them comes or goes.
        @param exceptions: those of mode e; likewise.
        """
        self._bans = bans
        self._exceptions = exceptions
        self._changed: deque[Mask] = deque(maxlen=MOST_CHANGES)
        self.version = self.placed = 0

    def changed(self, mask: Mask, adding: bool) -> None:
        """A mask has come into one of the lists, or gone from it."""
        self.version += 1
        self._changed.append(mask)
        if mask.placed:
            self.placed += 1 if adding else -1

    def emptied(self) -> None:
        """Every mask has gone from both lists."""
        self.version += 1
        self._changed.clear()
        self.placed = 0

    def of(self, user: User) -> frozenset[str]:
        """The respects in which a user is bound, who may be no member."""
        if not self._bans:
            return FREE
        own = fullMask(user.source)
        banned = {item.test.respect for item in self._bans.values() if item.test.names(user, own)}
        if not banned:
            return FREE
        freed = {item.test.respect for item in self._exceptions.values() if item.test.names(user, own)}
        if EVERYTHING in freed:
            return FREE
        if EVERYTHING in banned:
            banned.update(BINDING)
        return frozenset(banned - freed)

    def ofMember(self, member: Member) -> frozenset[str]:
        """The respects in which a member is bound, but for their rank.  Costs nothing until something changes."""
        user = member.user
        if (
            member.version != self.version
            or member.judged is not user.source
            or (self.placed and member.moves != user.moves)
        ):
            self._judge(member, user)
        return member.bound

    def _judge(self, member: Member, user: User) -> None:
        """Bring the verdict on a member up to date."""
        missed = self.version - member.version
        if (
            member.judged is not user.source
            or (self.placed and member.moves != user.moves)
            or missed > len(self._changed)
            or (missed and self._concerns(user, missed))
        ):
            member.bound = self.of(user)
        member.judged, member.moves, member.version = user.source, user.moves, self.version

    def _concerns(self, user: User, count: int) -> bool:
        """Whether the last changes may have changed the verdict on a user."""
        own = fullMask(user.source)
        return any([mask.placed or mask.names(user, own) for mask in islice(reversed(self._changed), count)])
