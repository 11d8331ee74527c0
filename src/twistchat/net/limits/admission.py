"""Who may connect: how many from one address, how often, and how many that have not come in yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache, lru_cache
from hashlib import blake2s
from ipaddress import IPv4Address, IPv6Address, ip_network

from twistchat.chat.errors import TooFast
from twistchat.chat.limits import TokenBucket
from twistchat.chat.model.serverbans import parseAddress
from twistchat.chat.model.texts import counted
from twistchat.config.limits import Limits
from twistchat.interfaces import IPasswords

NEW_PERIOD = 600.0
"""Seconds over which new connections from one address are counted."""


REMEMBERED = 1024
"""Addresses whose cloaks are remembered: most who come in when all do at once, after a restart, are not the first."""


class NotAdmitted(Exception):
    """A connection cannot be taken.  As a string it says why, to its client; nothing has been counted."""


class _Place:
    """What is known of one address: its connections, how often it makes new ones, and how often it fails to log in."""

    __slots__ = ("connections", "failures", "fresh", "group")

    def __init__(self, group: str, fresh: TokenBucket) -> None:
        self.group = group
        self.connections = 0
        self.fresh = fresh
        self.failures: TokenBucket | None = None

    def idle(self, now: float) -> bool:
        """Whether nothing needs to be known of it."""
        return not self.connections and self.fresh.full(now) and (self.failures is None or self.failures.full(now))


class Ticket:
    """
    A connection that was admitted, and what it counts for.

    @ivar exempt: whether limits on rates and numbers do not bind it.
    @ivar turnAway: disconnects it, where another is to have its place; called with the reason, as its client reads it.
    """

    __slots__ = ("_admission", "_place", "exempt", "turnAway")

    def __init__(self, admission: Admission, place: _Place | None) -> None:
        """
        @param place: its address; C{None} where it is exempt.
        """
        self.exempt = place is None
        self._admission = admission
        self._place = place
        self.turnAway: Callable[[str], None] = _ignore

    @property
    def group(self) -> str:
        """The address that it counts for; C{""} where it is exempt, or gone."""
        return "" if self._place is None else self._place.group

    def registered(self) -> None:
        """It has come in."""
        self._admission.coming.pop(self, None)

    def release(self) -> None:
        """It is gone.  A second call is harmless."""
        self._admission.coming.pop(self, None)
        place, self._place = self._place, None
        if place is not None:
            self._admission.leave(place)

    def cancel(self) -> None:
        """It turned out to be somebody else's: nothing of it is to count, that it was new included."""
        if self._place is not None:
            self._place.fresh.give()
        self.release()

    def attempt(self) -> float:
        """
        Count an attempt to log in, which is taken for a failure until L{succeeded} says otherwise.

        @return: C{0.0}; or, where there were too many, how many seconds to wait: then it is not to be made.
        """
        return 0.0 if self._place is None else self._admission.attempt(self._place)

    def succeeded(self) -> None:
        """The last attempt was none that failed."""
        if self._place is not None and self._place.failures is not None:
            self._place.failures.give()

    async def check(self, passwords: IPasswords, hash: str | None, password: str) -> bool:
        """
        Check a password.  It counts as wrong until the check is done, so that many guesses at once do not pass the
        limit.

        @param passwords: checks it.
        @param hash: its hash; C{None} where there is none, which the client does not learn from the time that it takes.
        @return: whether it is the right one.
        @raise TooFast: too many from its address were wrong.
        @raise Overloaded: too many wait to be checked.
        """
        wait = self.attempt()
        if wait:
            raise TooFast("give passwords", wait)
        wrong = False
        try:
            wrong = not await passwords.check(hash, password)
        finally:
            if not wrong:
                self.succeeded()
        return not wrong


def _ignore(reason: str) -> None:
    """Pass over that a connection is to go: nobody has said how."""


class Admission:
    """
    Counts connections over all doors.

    An IPv6 address counts as its /64, which is what one customer has; an IPv4 address mapped into IPv6 as itself; and a
    transport with no address (a UNIX socket) as exempt, for the file system guards it.

    Where too many have not come in yet, one of them is turned away for each that comes: the one that has waited longest
    of the address with most of them.  So connections that say nothing keep nobody out.

    @ivar coming: those that have not come in yet, in the order in which they came; for tickets to change.
    """

    def __init__(self, limits: Limits, now: Callable[[], float]) -> None:
        """
        @param limits: how many are too many, and which networks that does not bind.
        @param now: seconds on a clock that does not go back.
        """
        self._now = now
        self._places: dict[str, _Place] = {}
        self._sweepAt = 1024
        self.coming: dict[Ticket, None] = {}
        self.limit(limits)

    @property
    def unregistered(self) -> int:
        """How many have not come in yet."""
        return len(self.coming)

    def limit(self, limits: Limits) -> None:
        """Have other limits from now on.  A rate that is being measured goes on as it began."""
        self._limits = limits
        self._exempt = tuple(map(ip_network, limits.exempt))

    def admit(self, address: str | None) -> Ticket:
        """
        Take in a connection, which has not come in through its door yet.

        @param address: an IP address, or C{None}.
        @raise NotAdmitted: it cannot be taken.
        """
        limits = self._limits
        parsed = readAddress(address)
        if parsed is None or any(parsed in network for network in self._exempt):
            return Ticket(self, None)
        place = self._place(sameCustomer(parsed))
        if not parsed.is_loopback:  # everyone on this machine has the same address
            if place.connections >= limits.connectionsPerAddress:
                raise NotAdmitted(
                    f"Your address has {counted(place.connections, 'connection')}, and no more can be."
                    "  Close one first."
                )
            wait = place.fresh.take(self._now())
            if wait:
                raise NotAdmitted(f"Too many new connections from your address.  Try again in {int(wait) + 1} s.")
        place.connections += 1
        if len(self.coming) >= limits.unregistered:
            self._makeRoom(place.group)
        ticket = Ticket(self, place)
        self.coming[ticket] = None
        return ticket

    def _makeRoom(self, group: str) -> None:
        """
        Turn one away that has not come in yet.

        @param group: the address of the one that comes, which counts as one of its connections.
        """
        ((crowded, _),) = Counter([*(ticket.group for ticket in self.coming), group]).most_common(1)
        oldest = next(ticket for ticket in self.coming if ticket.group == crowded)
        del self.coming[oldest]
        oldest.turnAway("Too many people are coming in just now.  Try again in a minute.")

    def leave(self, place: _Place) -> None:
        """A ticket's connection is gone."""
        place.connections -= 1
        if place.idle(self._now()):
            self._places.pop(place.group, None)

    def attempt(self, place: _Place) -> float:
        """See L{Ticket.attempt}."""
        now = self._now()
        if place.failures is None:
            limits = self._limits
            place.failures = TokenBucket(limits.loginFailures, limits.loginRate, now)
        return place.failures.take(now)

    def _place(self, group: str) -> _Place:
        place = self._places.get(group)
        if place is None:
            if len(self._places) >= self._sweepAt:
                self._sweep()
            burst = self._limits.newPerAddress
            place = self._places[group] = _Place(group, TokenBucket(burst, burst / NEW_PERIOD, self._now()))
        return place

    def _sweep(self) -> None:
        """Forget the addresses of which nothing needs to be known."""
        now = self._now()
        self._places = {group: place for group, place in self._places.items() if not place.idle(now)}
        self._sweepAt = max(1024, 2 * len(self._places))


def readAddress(address: str | None) -> IPv4Address | IPv6Address | None:
    """
    Read an IP address; one of IPv4 that is mapped into IPv6 is the IPv4 address it is.

    @param address: as it is written, with a zone or without; or C{None}, which is none.
    @raise ValueError: it is something else.
    """
    parsed = parseAddress(address)
    if parsed is None and address is not None:
        raise ValueError(f"{address!r} is no IP address")
    return parsed


def sameCustomer(parsed: IPv4Address | IPv6Address) -> str:
    """What counts as one customer: an IPv4 address, or a /64 of IPv6."""
    if isinstance(parsed, IPv6Address):
        return f"{IPv6Address(int(parsed) >> 64 << 64)}/64"
    return str(parsed)


def cloak(key: Callable[[], bytes]) -> Callable[[str | None], str]:
    """
    Make the function that hides addresses: the host that others see of a user.

    @param key: gives what makes a cloak of this server unlike that of another, 1 to 32 bytes; called once, with the
        first address.
    @return: from an address, or C{None}, to a host: the same for the same address, and for no other that is likely.
    """

    key = cache(key)

    @lru_cache(REMEMBERED)
    def hide(address: str | None) -> str:
        parsed = readAddress(address)
        if parsed is None:
            return "local"
        return f"{blake2s(sameCustomer(parsed).encode(), key=key(), digest_size=8).hexdigest()}.cloak"

    return hide
