"""Logins that are on their way: their limit, and what happens if the account's user comes or leaves meanwhile."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from twistchat.chat import errors
from twistchat.chat.model.names import fold
from twistchat.chat.rules.core import Core

T = TypeVar("T")

ATTEMPTS: Final = 3
"""How often a login is proposed, if the user of the account comes or leaves each time before it takes effect."""


async def repeat(attempt: Callable[[], Awaitable[T]]) -> T:
    """Make a login, and repeat it if it was refused because the account's user came or left in the meantime."""
    for _ in range(ATTEMPTS - 1):
        try:
            return await attempt()
        except (errors.AlreadyLoggedIn, errors.NoSuchNick):
            continue
    return await attempt()


class Coming:
    """The sessions of accounts that are on their way, which count against the limit."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._sessions: dict[str, int] = {}

    def check(self, account: str) -> None:
        """Check that an account may have another session."""
        user, limit = self._core.state.users.ofAccount(account), self._core.limits.sessionsPerAccount
        if (0 if user is None else user.sessionCount) + self._sessions.get(fold(account), 0) >= limit:
            raise errors.TooManySessions(limit)

    @contextmanager
    def counted(self, account: str | None) -> Iterator[None]:
        """
        Count a session of an account that is on its way, so that sessions that come at once do not exceed the limit.

        @raise TooManySessions: the account has too many sessions.
        """
        if account is None:
            yield
            return
        self.check(account)
        key = fold(account)
        self._sessions[key] = self._sessions.get(key, 0) + 1
        try:
            yield
        finally:
            self._sessions[key] -= 1
            if not self._sessions[key]:
                del self._sessions[key]
