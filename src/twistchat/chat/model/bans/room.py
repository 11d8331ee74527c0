"""
The bans of a room, and what they forbid to a user.  The result is cached for each member.

A check of a user tests every mask.  A member's restrictions are cached with the inputs that they depend on: the
member's names, the masks, and the member's rooms and ranks if a mask (C{~c}) depends on them.  When masks change, the
restrictions are computed again only for members that match one of the changed masks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Final

from twistchat.chat.model.bans.masks import ACTING, Mask, fullMask

if TYPE_CHECKING:
    from twistchat.chat.model.rooms import Member
    from twistchat.chat.model.users import User

EVERYTHING: Final = ""
"""The restriction of an ordinary ban: users who match it cannot join, speak or change their nick."""

UNRESTRICTED: Final[frozenset[str]] = frozenset()
"""The restrictions of a user whom no ban applies to."""

MOST_CHANGES: Final = 32
"""The number of mask changes that are remembered.  If more have changed since a check, it is done again."""


@dataclass(frozen=True, slots=True)
class ListItem:
    """
    A mask in one of a room's lists.

    @ivar mask: in its normal form.
    @ivar by: the nick of the user who set it.
    @ivar time: when, in milliseconds since the epoch.
    @ivar test: the parsed mask, which matches users.
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

    @ivar version: counts the additions and removals of masks.
    @ivar roomDependent: the number of masks that depend on the rooms and ranks of users.
    """

    __slots__ = ("_bans", "_changed", "_exceptions", "roomDependent", "version")

    def __init__(self, bans: Mapping[str, ListItem], exceptions: Mapping[str, ListItem]) -> None:
        """
        @param bans: the items of mode b.  The caller reports every change of them with L{changed}.
        @param exceptions: the items of mode e; likewise.
        """
        self._bans = bans
        self._exceptions = exceptions
        self._changed: deque[Mask] = deque(maxlen=MOST_CHANGES)
        self.version = self.roomDependent = 0

    def changed(self, mask: Mask, adding: bool) -> None:
        """A mask was added to one of the lists, or removed."""
        self.version += 1
        self._changed.append(mask)
        if mask.roomDependent:
            self.roomDependent += 1 if adding else -1

    def cleared(self) -> None:
        """All masks were removed from both lists."""
        self.version += 1
        self._changed.clear()
        self.roomDependent = 0

    def of(self, user: User) -> frozenset[str]:
        """The restrictions of a user, who need not be a member."""
        if not self._bans:
            return UNRESTRICTED
        own = fullMask(user.source)
        banned = {item.test.restriction for item in self._bans.values() if item.test.matches(user, own)}
        if not banned:
            return UNRESTRICTED
        freed = {item.test.restriction for item in self._exceptions.values() if item.test.matches(user, own)}
        if EVERYTHING in freed:
            return UNRESTRICTED
        if EVERYTHING in banned:
            banned.update(ACTING)
        return frozenset(banned - freed)

    def ofMember(self, member: Member) -> frozenset[str]:
        """The restrictions of a member, regardless of rank.  The result is cached."""
        user = member.user
        if (
            member.version != self.version
            or member.checkedSource is not user.source
            or (self.roomDependent and member.moves != user.moves)
        ):
            self._recheck(member, user)
        return member.restrictions

    def _recheck(self, member: Member, user: User) -> None:
        """Update the cached restrictions of a member."""
        missed = self.version - member.version
        if (
            member.checkedSource is not user.source
            or (self.roomDependent and member.moves != user.moves)
            or missed > len(self._changed)
            or (missed and self._concerns(user, missed))
        ):
            member.restrictions = self.of(user)
        member.checkedSource, member.moves, member.version = user.source, user.moves, self.version

    def _concerns(self, user: User, count: int) -> bool:
        """Whether the last changes of masks may affect the restrictions of a user."""
        own = fullMask(user.source)
        return any([mask.roomDependent or mask.matches(user, own) for mask in islice(reversed(self._changed), count)])
