"""Who may connect: how many from one address, how often, and how many that have not come in yet."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from hashlib import blake2s
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from twistchat.chat.limits import Limits, TokenBucket

NEW_PERIOD = 600.0
"""Seconds over which new connections from one address are counted."""


class _Place:
    """What is known of one address: its connections, and how often it makes new ones."""

    __slots__ = ("connections", "fresh")

    def __init__(self, fresh: TokenBucket) -> None:
        self.connections = 0
        self.fresh = fresh


class Admission:
    """
    Counts connections over all doors.

    An IPv6 address counts as its /64, which is what one customer has; an IPv4 address mapped into IPv6 as itself; and a
    transport with no address (a UNIX socket) as exempt, for the file system guards it.
    """

    def __init__(self, limits: Limits, now: Callable[[], float]) -> None:
        """
        @param limits: how many are too many, and which networks that does not bind.
        @param now: seconds on a clock that does not go back.
        """
        self._limits = limits
        self._now = now
        self._exempt = tuple(map(ip_network, limits.exempt))
        self._places: dict[str, _Place] = {}
        self._sweepAt = 1024
        self._unregistered = 0

    def exempt(self, address: str | None) -> bool:
        """Whether limits on rates and numbers do not bind this address."""
        parsed = _parse(address)
        return parsed is None or any(parsed in network for network in self._exempt)

    def admit(self, address: str | None) -> str | None:
        """
        Take in a connection, which has not come in through its door yet.

        @return: C{None}; or, where it cannot be taken, why: then nothing has been counted.
        """
        limits = self._limits
        if self.exempt(address):
            return None
        if self._unregistered >= limits.unregistered:
            return "Too many people are coming in just now.  Try again in a minute."
        place = self._place(_group(address))
        if place.connections >= limits.connectionsPerAddress:
            return f"There are {place.connections} connections from your address, and no more can be.  Close one first."
        wait = place.fresh.take(self._now())
        if wait:
            return f"Too many new connections from your address.  Try again in {int(wait) + 1} s."
        place.connections += 1
        self._unregistered += 1
        return None

    def registered(self, address: str | None) -> None:
        """A connection that was admitted has come in."""
        if not self.exempt(address):
            self._unregistered -= 1

    def release(self, address: str | None, registered: bool) -> None:
        """
        A connection that was admitted is gone.

        @param registered: whether it had come in.
        """
        if self.exempt(address):
            return
        if not registered:
            self._unregistered -= 1
        group = _group(address)
        place = self._places[group]
        place.connections -= 1
        if not place.connections and place.fresh.full(self._now()):
            del self._places[group]

    def _place(self, group: str) -> _Place:
        place = self._places.get(group)
        if place is None:
            if len(self._places) >= self._sweepAt:
                self._sweep()
            burst = self._limits.newPerAddress
            place = self._places[group] = _Place(TokenBucket(burst, burst / NEW_PERIOD, self._now()))
        return place

    def _sweep(self) -> None:
        """Forget the addresses of which nothing needs to be known."""
        now = self._now()
        self._places = {
            group: place for group, place in self._places.items() if place.connections or not place.fresh.full(now)
        }
        self._sweepAt = max(1024, 2 * len(self._places))


def _parse(address: str | None) -> IPv4Address | IPv6Address | None:
    if address is None:
        return None
    parsed = ip_address(address.partition("%")[0])
    return (parsed.ipv4_mapped or parsed) if isinstance(parsed, IPv6Address) else parsed


def _group(address: str | None) -> str:
    parsed = _parse(address)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, 64), strict=False))
    return str(parsed)


def cloak(key: Callable[[], bytes]) -> Callable[[str | None], str]:
    """
    Make the function that hides addresses: the host that others see of a user.

    @param key: gives what makes a cloak of this server unlike that of another, 1 to 32 bytes; called once, with the
        first address.
    @return: from an address, or C{None}, to a host: the same for the same address, and for no other that is likely.
    """

    key = cache(key)

    def hide(address: str | None) -> str:
        if address is None:
            return "local"
        return f"{blake2s(_group(address).encode(), key=key(), digest_size=8).hexdigest()}.cloak"

    return hide
