"""
Vacancies: rooms without an owner whose last operator has left.

The last operator can regain the rank within ten minutes.  After that, the longest-present member becomes operator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from twistchat.chat.model.events import Source
from twistchat.chat.model.names import fold
from twistchat.chat.model.users import User, Users

if TYPE_CHECKING:
    from twistchat.chat.model.rooms import Room

TERM = 600_000
"""The time in which the last operator can regain the rank, in milliseconds."""


class Vacancy(Struct, frozen=True):
    """
    A room has no operator.

    @ivar since: the time of the entry that left it without one, in milliseconds since the epoch.
    @ivar former: the names of the last operator when they left; C{None} if nobody can regain the rank.
    @ivar ranks: the ranks of the last operator.
    @ivar resigned: the id of a member who gave up the rank and must not succeed; C{""} if there is none.
    """

    since: int
    former: Source | None = None
    ranks: str = ""
    resigned: str = ""

    @property
    def end(self) -> int:
        """The time when another member becomes operator, in milliseconds since the epoch."""
        return self.since + TERM

    def hasExpired(self, time: int) -> bool:
        """Whether that time has come."""
        return time >= self.end

    def canReclaim(self, user: User, users: Users, time: int) -> bool:
        """
        Whether a user is the last operator, and returns in time to regain the rank.

        They have the same uid or the same account.  A guest who has connected again must have the same nick, username
        and host, because others can take the nick, but not the host.

        @param users: all users.
        """
        former, source = self.former, user.source
        if former is None or self.hasExpired(time):
            return False
        if source.uid == former.uid:
            return True
        if former.account is not None:
            return source.account is not None and fold(source.account) == fold(former.account)
        return users.get(former.uid) is None and _names(source) == _names(former)

    def successor(self, room: Room | None) -> User | None:
        """
        The next operator: the member who has been in the room longest.

        @param room: the room; C{None} if it was removed.
        @return: C{None} if the room has an operator, or no suitable member.
        """
        if room is None or room.hasOperator:
            return None
        suitable = [member for member in room.members.values() if member.user.source.uid != self.resigned]
        # After a restart, members who stayed are not in the order in which they joined.
        return min(suitable, key=lambda member: member.since).user if suitable else None


def _names(source: Source) -> tuple[str, str, str]:
    return fold(source.nick), source.username, source.host
