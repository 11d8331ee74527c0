"""
Who operates a room that its last operator has left, while no account owns it.

That operator has ten minutes to come back.  Then the member who has been there longest becomes operator.
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
"""How long the last operator of a room may be gone and have the rank back, in milliseconds."""


class Vacancy(Struct, frozen=True):
    """
    A room has no operator.

    @ivar since: the time of the entry that left it without one, in milliseconds since the epoch.
    @ivar former: the names of its last operator as they left; C{None} where nobody may have the rank back.
    @ivar ranks: the ranks that they had.
    @ivar resigned: the id of a member who laid the rank down, and is not to be given it again; C{""} for nobody.
    """

    since: int
    former: Source | None = None
    ranks: str = ""
    resigned: str = ""

    @property
    def end(self) -> int:
        """When the rank passes to another member, in milliseconds since the epoch."""
        return self.since + TERM

    def isOver(self, time: int) -> bool:
        """Whether it does by now."""
        return time >= self.end

    def awaits(self, user: User, users: Users, time: int) -> bool:
        """
        Whether a user is the last operator, who is in time to have the rank back.

        It is the same connection, or the same account.  A guest who has connected again is known by nick, username and
        host together: anybody may take the nick meanwhile, but not the host.

        @param users: everyone who is here.
        """
        former, source = self.former, user.source
        if former is None or self.isOver(time):
            return False
        if source.uid == former.uid:
            return True
        if former.account is not None:
            return source.account is not None and fold(source.account) == fold(former.account)
        return users.get(former.uid) is None and _names(source) == _names(former)

    def heir(self, room: Room | None) -> User | None:
        """
        Who is to be operator: the member who has been there longest.

        @param room: C{None} where it has ended.
        @return: C{None} where there is an operator, or nobody who could be.
        """
        if room is None or room.led:
            return None
        return next((m.user for m in room.members.values() if m.user.source.uid != self.resigned), None)


def _names(source: Source) -> tuple[str, str, str]:
    return fold(source.nick), source.username, source.host
