"""Logs refusals of clients, at a bounded rate, so that an administrator sees attacks and limits that are too tight."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from twisted.logger import Logger

from twistchat.chat import errors
from twistchat.chat.phrasing import counted
from twistchat.net.limits.admission import readAddress, sameCustomer

INTERVAL: Final = 60.0
"""Seconds for which an address is not logged again."""

REMEMBERED: Final = 4096
"""The most addresses in memory.  At this number, those that may be logged again are dropped."""


DROPS: Final = (
    "failed_logins",
    "flood",
    "not_admitted",
    "other_protocol",
    "ping_timeout",
    "proxy",
    "replaced",
    "slow_reader",
    "too_late",
    "turned_away",
    "webirc",
)
"""The reasons for which the server refuses or ends connections, see L{RefusalLog}."""

WORDS: dict[type[errors.ChatError], Callable[[Any], str]] = {
    errors.TooManyRooms: lambda e: f"it is in {counted(e.limit, 'room')}, and can be in no more",
    errors.RoomFull: lambda e: f"it asked for {e.room}, which is full: it takes {e.limit}",
    errors.ListFull: lambda e: f"the list {e.letter} of {e.room} is full: it takes {e.limit}",
    errors.WatchListFull: lambda e: f"it watches {counted(e.limit, 'nick')}, and can watch no more",
    errors.TooLong: lambda e: f"{e.what} is too long: it has {e.length} {e.unit}, and {e.limit} fit",
    errors.TooFast: lambda e: f"it tried to {e.what} too fast",
    errors.RoomTooFast: lambda e: f"it asked for {e.room}, which too many are joining",
    errors.TooManyOf: lambda e: f"its account has {counted(e.limit, e.what.removesuffix('s'))}, and can have no more",
    errors.TooManySessions: lambda e: f"its account has {counted(e.limit, 'session')}, and can have no more",
    errors.InboxFull: lambda e: f"it wrote to {e.nick}, whose inbox is full: it takes {e.limit}",
    errors.Overloaded: lambda e: f"the server has too many {e.what}",
}
"""The log's wording for each error in L{LIMITS_REACHED <errors.LIMITS_REACHED>}."""


class RefusalLog:
    """
    Logs refusals of clients: at most one line per minute and address.  An IPv6 /64 counts as one address.

    All refusals are counted, also those that are not logged.

    @ivar refused: the number of commands that were refused, by the code of the error.
    @ivar dropped: the number of connections that the server refused or ended, by the reason: a short name.
    """

    _log = Logger()

    __slots__ = ("_logged", "_now", "_show", "dropped", "refused")

    def __init__(self, now: Callable[[], float], show: Callable[[str | None], str | None]) -> None:
        """
        @param now: returns seconds on a monotonic clock.
        @param show: returns an address as the log shows it; C{None} if it does not show it.
        """
        self._now = now
        self._show = show
        self._logged: dict[str, float] = {}
        self.refused: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()

    def noteError(self, address: str | None, error: errors.ChatError) -> None:
        """Count an error of a client's command, and log it if a limit caused it.  See L{note}."""
        self.refused[error.code] += 1
        if isinstance(error, errors.LIMITS_REACHED):
            self.remark(address, WORDS[type(error)](error))

    def note(self, address: str | None, why: str, reason: str) -> None:
        """
        Count and log that the server refused a connection, or ended it.

        @param address: the client's IP address; C{None} if it has none.
        @param why: the reason, as a clause or a sentence.
        @param reason: a short name of the reason, for C{dropped}.
        """
        self.dropped[reason] += 1
        self.remark(address, why)

    def remark(self, address: str | None, why: str, topic: str = "") -> None:
        """
        Log that the server refused something to a client.

        @param address: the client's IP address; C{None} if it has none.
        @param why: the reason, as a clause or a sentence.
        @param topic: names refusals that have a line per minute of their own, so that they hide no others.
        """
        parsed = readAddress(address)
        customer = "local" if parsed is None else sameCustomer(parsed)
        group = f"{topic} {customer}"
        now = self._now()
        last = self._logged.get(group)
        if last is not None and now - last < INTERVAL:
            return
        if len(self._logged) >= REMEMBERED:
            self._logged = {group: when for group, when in self._logged.items() if now - when < INTERVAL}
        if len(self._logged) < REMEMBERED:
            self._logged[group] = now
            shown = self._show(address)
            if shown is None:
                self._log.info("Refused a client: {why}", why=why)
            else:
                # The cloak belongs to the customer, too.
                address = customer if shown == address else shown
                self._log.info("Refused {address}: {why}", address=address, why=why)
