"""Who may connect: limits on connections per address, on new connections, and on unregistered connections."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache, lru_cache
from hashlib import blake2s
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import Literal

from twistchat.chat.errors import TooFast
from twistchat.chat.limits import TokenBucket, bucketOf
from twistchat.chat.model.bans.server import parseAddress
from twistchat.chat.phrasing import counted
from twistchat.config.limits import Limits
from twistchat.interfaces import IPasswords

NEW_PERIOD = 600.0
"""Seconds over which new connections from one address are counted."""


REMEMBERED = 1024
"""Addresses whose cloaks are cached.  Clients that reconnect after a restart often share an address."""


class NotAdmitted(Exception):
    """A connection is refused and not counted.  The string says why, for its client."""


class _AddressRecord:
    """The counts of one address: its connections, its new connections, and its login failures."""

    __slots__ = ("connections", "failures", "fresh", "group")

    def __init__(self, group: str, fresh: TokenBucket) -> None:
        self.group = group
        self.connections = 0
        self.fresh = fresh
        self.failures: TokenBucket | None = None

    def idle(self, now: float) -> bool:
        """Whether the record can be dropped: no connection is open, and the rates have recovered."""
        return not self.connections and self.fresh.full(now) and (self.failures is None or self.failures.full(now))


class Ticket:
    """
    One admitted connection, and the address that it counts for.

    @ivar exempt: whether it is exempt from limits on rates and numbers.
    @ivar record: the record of its address; C{None} if it is exempt or released.  Only L{Admission} changes it.
    @ivar turnAway: called with a reason for the client, to disconnect it when a new connection takes its place.
    """

    __slots__ = ("_admission", "exempt", "record", "turnAway")

    def __init__(self, admission: Admission, record: _AddressRecord | None) -> None:
        """
        @param record: the record of its address; C{None} if it is exempt.
        """
        self.exempt = record is None
        self._admission = admission
        self.record = record
        self.turnAway: Callable[[str], None] = _ignore

    @property
    def group(self) -> str:
        """The address that it counts for; C{""} if it is exempt or released."""
        return "" if self.record is None else self.record.group

    def registered(self) -> None:
        """Note that the connection's user has registered."""
        self._admission.pending.pop(self, None)

    def release(self) -> None:
        """Stop counting the connection, which is lost.  A second call does nothing."""
        self._admission.pending.pop(self, None)
        record, self.record = self.record, None
        if record is not None:
            self._admission.leave(record)

    def cancel(self) -> None:
        """Undo the admission, including the new connection that it counted: a gateway named another address."""
        if self.record is not None:
            self.record.fresh.give()
        self.release()

    def attempt(self) -> float:
        """
        Count a login attempt as a failure.  L{succeeded} takes that back.

        @return: C{0.0}, or the seconds to wait after too many failures; then the attempt must not be made.
        """
        return 0.0 if self.record is None else self._admission.attempt(self.record)

    def succeeded(self) -> None:
        """Take back the failure that the last L{attempt} counted."""
        if self.record is not None and self.record.failures is not None:
            self.record.failures.give()

    async def check(self, passwords: IPasswords, hash: str | None, password: str) -> bool:
        """
        Check a password.  It counts as wrong until the check is done, so that concurrent guesses cannot exceed the
        limit.

        @param passwords: checks it.
        @param hash: the hash to check against.  With C{None} the check fails, and takes as long as with a hash.
        @return: whether the password matches.
        @raise TooFast: the address gave too many wrong passwords.
        @raise Overloaded: too many passwords wait to be checked.
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
    """Do nothing: the default of L{Ticket.turnAway}."""


class Admission:
    """
    Counts connections over all doors.

    An IPv6 address counts as its /64, since one customer gets a /64.  An IPv4-mapped IPv6 address counts as the IPv4
    address.  A transport without an address (a UNIX socket) is exempt, since file permissions protect it.

    If too many connections are unregistered, each new one replaces one of them: the oldest from the address that has
    most of them.  So silent connections cannot keep other clients out.

    @ivar pending: the tickets of unregistered connections, oldest first.  Only tickets and this class change it.
    """

    def __init__(self, limits: Limits, now: Callable[[], float]) -> None:
        """
        @param limits: the limits, and the networks that are exempt.
        @param now: returns seconds on a monotonic clock.
        """
        self._now = now
        self._records: dict[str, _AddressRecord] = {}
        self._sweepAt = 1024
        self.pending: dict[Ticket, None] = {}
        self.limit(limits)

    @property
    def connections(self) -> dict[str, int]:
        """The number of open connections for each address that is remembered."""
        return {group: record.connections for group, record in self._records.items()}

    @property
    def unregistered(self) -> int:
        """The number of unregistered connections."""
        return len(self.pending)

    def limit(self, limits: Limits) -> None:
        """Replace the limits.  L{reconsider} applies them to an existing connection."""
        self._limits = limits
        self._exempt = tuple(map(ip_network, limits.exempt))

    def admit(self, address: str | None) -> Ticket:
        """
        Admit a new connection and count it.

        @param address: an IP address, or C{None}.
        @raise NotAdmitted: a limit refuses it.
        """
        limits = self._limits
        parsed = readAddress(address)
        if parsed is None or self._isExempt(parsed):
            return Ticket(self, None)
        record = self._record(sameCustomer(parsed))
        if not parsed.is_loopback:  # everyone on this machine has the same address
            if record.connections >= limits.connectionsPerAddress:
                raise NotAdmitted(
                    f"Your address has {counted(record.connections, 'connection')}, and no more can be."
                    "  Close one first."
                )
            burst, now = limits.newPerAddress, self._now()
            record.fresh.change(burst, burst / NEW_PERIOD, now)
            wait = record.fresh.take(now)
            if wait:
                raise NotAdmitted(f"Too many new connections from your address.  Try again in {int(wait) + 1} s.")
        record.connections += 1
        if len(self.pending) >= limits.unregistered:
            self._makeRoom(record.group)
        ticket = Ticket(self, record)
        self.pending[ticket] = None
        return ticket

    def reconsider(self, ticket: Ticket, address: str | None, registered: bool) -> None:
        """
        Let an existing connection count if its network is no longer exempt, or stop counting it if it is.

        It stays, even if its address has too many connections now.

        @param ticket: its ticket, which is not released.
        @param address: the address for which it was admitted.
        @param registered: whether its user has registered.
        """
        parsed = readAddress(address)
        exempt = parsed is None or self._isExempt(parsed)
        if exempt == ticket.exempt:
            return
        if exempt or parsed is None:
            ticket.release()
        else:
            ticket.record = self._record(sameCustomer(parsed))
            ticket.record.connections += 1
            if not registered:
                self.pending[ticket] = None
        ticket.exempt = exempt

    def groupOf(self, address: str | None) -> str | None:
        """
        Name the network that a connection counts for, see L{Limits.connectionsPerAddress
        <twistchat.config.limits.Limits>}.

        @return: C{None} if the number of its connections has no limit.
        """
        parsed = readAddress(address)
        return None if parsed is None or parsed.is_loopback or self._isExempt(parsed) else sameCustomer(parsed)

    def _makeRoom(self, group: str) -> None:
        """
        Turn away one unregistered connection.

        @param group: the address of the new connection, which counts as one of the unregistered.
        """
        ((crowded, _),) = Counter([*(ticket.group for ticket in self.pending), group]).most_common(1)
        oldest = next(ticket for ticket in self.pending if ticket.group == crowded)
        del self.pending[oldest]
        oldest.turnAway("Too many people are coming in just now.  Try again in a minute.")

    def leave(self, record: _AddressRecord) -> None:
        """Stop counting one connection of an address."""
        record.connections -= 1
        if record.idle(self._now()):
            self._records.pop(record.group, None)

    def attempt(self, record: _AddressRecord) -> float:
        """See L{Ticket.attempt}."""
        now, limits = self._now(), self._limits
        record.failures = bucketOf(record.failures, limits.loginFailures, limits.loginRate, now)
        return record.failures.take(now)

    def wait(self, record: _AddressRecord) -> float:
        """Return what L{attempt} would, and count nothing."""
        return 0.0 if record.failures is None else record.failures.wait(self._now())

    def recordOf(self, address: str | None) -> _AddressRecord | None:
        """The record of an address; C{None} if it is exempt."""
        parsed = readAddress(address)
        return None if parsed is None or self._isExempt(parsed) else self._record(sameCustomer(parsed))

    def _isExempt(self, parsed: IPv4Address | IPv6Address) -> bool:
        return any([parsed in network for network in self._exempt])

    def _record(self, group: str) -> _AddressRecord:
        record = self._records.get(group)
        if record is None:
            if len(self._records) >= self._sweepAt:
                self._sweep()
            burst = self._limits.newPerAddress
            record = self._records[group] = _AddressRecord(group, TokenBucket(burst, burst / NEW_PERIOD, self._now()))
        return record

    def _sweep(self) -> None:
        """Drop the records of idle addresses."""
        now = self._now()
        self._records = {group: record for group, record in self._records.items() if not record.idle(now)}
        self._sweepAt = max(1024, 2 * len(self._records))


class LoginFailures:
    """Counts the failed logins of addresses, together with those of L{Ticket.attempt}."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission

    def attempt(self, address: str | None) -> float:
        """See L{Ticket.attempt}."""
        record = self._admission.recordOf(address)
        return 0.0 if record is None else self._admission.attempt(record)

    def wait(self, address: str | None) -> float:
        """Return what L{attempt} would, and count nothing."""
        record = self._admission.recordOf(address)
        return 0.0 if record is None else self._admission.wait(record)

    def succeeded(self, address: str | None) -> None:
        """Take back the failure that an L{attempt} of this address counted."""
        record = self._admission.recordOf(address)
        if record is not None and record.failures is not None:
            record.failures.give()


def readAddress(address: str | None) -> IPv4Address | IPv6Address | None:
    """
    Parse an IP address.  An IPv4-mapped IPv6 address becomes the IPv4 address.

    @param address: the address as text, with or without a zone; C{None} gives C{None}.
    @raise ValueError: it is not an IP address.
    """
    parsed = parseAddress(address)
    if parsed is None and address is not None:
        raise ValueError(f"{address!r} is no IP address")
    return parsed


def sameCustomer(parsed: IPv4Address | IPv6Address) -> str:
    """Name the network that counts as one customer: an IPv4 address, or the /64 of an IPv6 address."""
    if isinstance(parsed, IPv6Address):
        return f"{IPv6Address(int(parsed) >> 64 << 64)}/64"
    return str(parsed)


def cloak(key: Callable[[], bytes]) -> Callable[[str | None], str]:
    """
    Make the function that turns addresses into cloaks: the hosts that other users see.

    @param key: returns this server's key, 1 to 32 bytes.  It is called once, for the first address.
    @return: maps an address, or C{None}, to a host.  One customer always gets the same host, and two customers almost
        never do.
    """

    key = cache(key)

    @lru_cache(REMEMBERED)
    def hide(address: str | None) -> str:
        parsed = readAddress(address)
        if parsed is None:
            return "local"
        return f"{blake2s(sameCustomer(parsed).encode(), key=key(), digest_size=8).hexdigest()}.cloak"

    return hide


def shownAddress(
    how: Callable[[], Literal["address", "cloak", "none"]], hide: Callable[[str | None], str]
) -> Callable[[str | None], str | None]:
    """
    Make the function that turns addresses into what the log shows.

    @param how: returns how it shows them.
    @param hide: returns the cloak of an address.
    @return: maps an address, or C{None}, to a text; C{None} if the log does not show addresses.
    """

    def show(address: str | None) -> str | None:
        chosen = how()
        if chosen == "none":
            return None
        return hide(address) if chosen == "cloak" else address or "local"

    return show
