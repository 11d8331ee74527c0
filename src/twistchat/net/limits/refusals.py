"""The log of what is refused: enough to see an attack or a limit that is too tight, and no flood of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from twisted.logger import Logger

from twistchat.chat import errors
from twistchat.chat.model.texts import counted
from twistchat.net.limits.admission import readAddress, sameCustomer

INTERVAL: Final = 60.0
"""Seconds for which an address is not logged again."""

REMEMBERED: Final = 4096
"""Addresses that are remembered before those of whom nothing needs to be known are forgotten."""


WORDS: dict[type[errors.ChatError], Callable[[Any], str]] = {
    errors.TooManyRooms: lambda e: f"it is in {counted(e.limit, 'room')}, and can be in no more",
    errors.RoomFull: lambda e: f"it asked for {e.room}, which is full: it takes {e.limit}",
    errors.ListFull: lambda e: f"the list {e.letter} of {e.room} is full: it takes {e.limit}",
    errors.WatchListFull: lambda e: f"it watches {counted(e.limit, 'nick')}, and can watch no more",
    errors.TooLong: lambda e: f"{e.what} is too long: it has {e.length} {e.unit}, and {e.limit} fit",
    errors.TooFast: lambda e: f"it tried to {e.what} too fast",
    errors.RoomTooFast: lambda e: f"it asked for {e.room}, which too many are joining",
    errors.Overloaded: lambda e: f"the server has too many {e.what}",
}
"""For each error of L{LIMITS_REACHED <errors.LIMITS_REACHED>}, what the log says of its client."""


class RefusalLog:
    """Logs refusals by limits: at most one line a minute for each address (a /64 of IPv6 is one)."""

    _log = Logger()

    __slots__ = ("_logged", "_now")

    def __init__(self, now: Callable[[], float]) -> None:
        """
        @param now: seconds on a clock that does not go back.
        """
        self._now = now
        self._logged: dict[str, float] = {}

    def noteError(self, address: str | None, error: errors.ChatError) -> None:
        """Log an error of a client's, if it says that a limit refuses something.  See L{note}."""
        if isinstance(error, errors.LIMITS_REACHED):
            self.note(address, WORDS[type(error)](error))

    def note(self, address: str | None, why: str) -> None:
        """
        Log that a limit refused something.

        @param address: the client's IP address; C{None} where it has none.
        @param why: which limit, and what it refused, in words.
        """
        parsed = readAddress(address)
        group = "local" if parsed is None else sameCustomer(parsed)
        now = self._now()
        last = self._logged.get(group)
        if last is not None and now - last < INTERVAL:
            return
        if len(self._logged) >= REMEMBERED:
            self._logged = {group: when for group, when in self._logged.items() if now - when < INTERVAL}
        if len(self._logged) < REMEMBERED:
            self._logged[group] = now
            self._log.info("A limit refused {address}: {why}", address=group, why=why)
