"""Logs the end of each connection, at a bounded rate."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from twistchat.net.logs.budget import LineBudget

if TYPE_CHECKING:
    from twistchat.chat.model.sessions import Session

USERS: Final = 50
"""The most lines per second about users.  A line takes about 40 µs, so a crowd that leaves takes 2 ms of a second."""

STRANGERS: Final = 60
"""The most lines per minute about connections that never came in, so that a port scanner does not fill the disk."""


class ConnectionLog:
    """
    Logs the end of each connection of a client: door, address, nick and account, how long it took, and why it ended.

    If too many end, one line tells how many more there were.  Users and strangers count separately, so that nobody can
    hide the end of a user behind those of strangers.
    """

    _log = Logger()

    __slots__ = ("_clock", "_show", "_strangers", "_users")

    def __init__(self, clock: IReactorTime, show: Callable[[str | None], str | None]) -> None:
        """
        @param clock: the clock of the connections.
        @param show: returns an address as the log shows it.
        """
        self._clock = clock
        self._show = show
        self._users = LineBudget(clock, USERS, 1.0, self._moreUsers)
        self._strangers = LineBudget(clock, STRANGERS, 60.0, self._moreStrangers)

    def ended(
        self, door: str, address: str | None, accepted: float, lines: int, session: Session | None, reason: str
    ) -> None:
        """
        Log that a connection has ended.

        @param door: the name of its door.
        @param address: the client's IP address.
        @param accepted: when the connection was accepted, in seconds on the clock.
        @param lines: the number of lines that the client sent before it came in.
        @param session: its session, which may be closed; C{None} if the client was not admitted.
        @param reason: why it ended.
        """
        source = None if session is None else session.source
        if not (self._strangers if source is None else self._users).take():
            return
        seconds = round(self._clock.seconds() - accepted, 3)
        account = source.account if source is not None else None if session is None else session.account
        shown = self._show(address)
        self._log.info(
            _format(source is not None, account, shown),
            nick=None if source is None else source.nick,
            account=account,
            door=door,
            address=shown,
            seconds=seconds,
            duration=_inHours(seconds),
            lines=lines if source is None else None,
            reason=reason,
        )

    def stop(self) -> None:
        """Log at once how many more connections ended."""
        self._users.flush()
        self._strangers.flush()

    def _moreUsers(self, count: int) -> None:
        self._log.info("… and {count:,} more connections of users ended", count=count)

    def _moreStrangers(self, count: int) -> None:
        self._log.info("… and {count:,} more connections of clients that had not come in ended", count=count)


def _format(isUser: bool, account: str | None, address: str | None) -> str:
    """Make the format of a line, without what is not known."""
    who = "{nick}" if isUser else "Someone who had not come in"
    return (
        f"{who}{' (account {account})' if account is not None else ''} left the {{door}} door"
        f" after {{duration}}{', from {address}' if address is not None else ''}: {{reason}}"
    )


def _inHours(seconds: float) -> str:
    """Write a duration in hours, minutes and seconds, as in C{1:02:03}."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
