"""
Nicks that belong to accounts, and what happens to others who have them.

Somebody has a nick of another account if such nicks are not refused (L{NickProtection.strict
<twistchat.chat.limits.NickProtection.strict>}), or if the nick was given to the account while they had it.  They are
asked to log in, and get a guest nick if they do not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final
from zlib import crc32

from twistchat.chat.model.events import Renamed
from twistchat.chat.model.names import fold

if TYPE_CHECKING:
    from twistchat.chat.model.users import User
    from twistchat.chat.rules.core import Core
    from twistchat.chat.state import State

FIRST_GUEST: Final = 10_000
LAST_GUEST: Final = 99_999
"""The numbers of guest nicks."""

RETRY: Final = 5.0
"""Seconds until a rename is proposed again that has not taken effect."""


def isForeign(state: State, nick: str, account: str | None) -> bool:
    """
    Whether a nick, or a look-alike of it, belongs to another account.

    @param account: the account of the user who has the nick or wants it; C{None} for a guest.
    """
    owner = state.accounts.ownerOf(nick)
    return owner is not None and (account is None or fold(owner.name) != fold(account))


def claim(state: State, user: User | None) -> None:
    """Report a user whose nick belongs to another account.  Effects that change nicks or their owners call this."""
    if user is not None and isForeign(state, user.nick, user.source.account):
        state.claimed(user)


def guestNick(state: State, user: User) -> str:
    """A free guest nick.  It depends on the state and the user's id only."""
    number = crc32(user.source.uid.encode())
    while True:
        nick = f"Guest{FIRST_GUEST + number % (LAST_GUEST - FIRST_GUEST + 1)}"
        if state.users.lookalike(nick) is None and state.accounts.ownerOf(nick) is None:
            return nick
        number += 1


class Claims:
    """
    The users who have a nick of another account.  Each node asks its own sessions to log in, and the leader proposes to
    rename.
    """

    def __init__(self, core: Core, leads: Callable[[], bool]) -> None:
        """
        @param leads: returns whether this node proposes what no user asks for.
        """
        self._core = core
        self._leads = leads
        self._due: dict[str, float | None] = {}

    def __len__(self) -> int:
        return len(self._due)

    def add(self, user: User) -> None:
        """Add a user.  The next L{tend} asks them to log in."""
        self._due.setdefault(user.source.uid, None)

    def tend(self) -> float | None:
        """
        Ask new users to log in, and rename those who did not in time.

        @return: the seconds until the next call is needed; C{None} if none is.
        """
        now, waits = self._core.now(), []
        for uid, due in list(self._due.items()):
            user = self._core.state.users.get(uid)
            if user is None or not isForeign(self._core.state, user.nick, user.source.account):
                del self._due[uid]
                continue
            if due is None:
                seconds = self._core.protection().claimTime
                due = now + seconds
                for session in user.sessions.values():
                    self._core.state.broadcast.nickClaimed(session, user.nick, seconds)
            elif due <= now and not self._leads():
                continue  # until this node leads
            elif due <= now:
                due = now + RETRY
                renamed = Renamed(user.source, guestNick(self._core.state, user), tuple(user.rooms))
                self._core.log.append(renamed).addErrback(_repeatedLater)
            self._due[uid] = due
            waits.append(due - now)
        return min(waits, default=None)


def _repeatedLater(failure: object) -> None:
    """Ignore that a rename was refused: the next call of L{Claims.tend} proposes another."""
