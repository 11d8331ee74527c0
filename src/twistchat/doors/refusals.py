"""The log of what is refused: enough to see an attack or a limit that is too tight, and no flood of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from twisted.logger import Logger

from twistchat.doors.admission import readAddress, sameCustomer

INTERVAL: Final = 60.0
"""Seconds for which an address is not logged again."""

REMEMBERED: Final = 4096
"""Addresses that are remembered before those of whom nothing needs to be known are forgotten."""


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

    def note(self, address: str | None, why: str) -> None:
        """
        Log that a limit refused something.

        @param address: the client's IP address; C{None} where it has none.
        @param why: which limit, and what it refused, as the client was told.
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
