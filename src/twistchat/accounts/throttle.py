"""Limits on failed logins, by the address and by the account, for all doors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Protocol

from twisted.internet.defer import Deferred

from twistchat.chat.errors import Overloaded, TooFast
from twistchat.chat.limits import TokenBucket
from twistchat.chat.model.names import fold
from twistchat.interfaces import LoginFigures

if TYPE_CHECKING:
    from twistchat.interfaces import Caller

REMEMBERED: Final = 65_536
"""The maximum number of keys that L{Buckets} remembers.  It then forgets the oldest."""

SWEPT: Final = 1024
"""The number of keys from which on L{Buckets} looks for keys that it can forget."""

LINE: Final = 8
"""The maximum number of logins from one address, or to one account, that wait for others of them."""

LONGEST_NAME: Final = 64
"""The part of a name that counts, in characters.  No account has a longer name."""


class AddressFailures(Protocol):
    """Counts the failed logins of addresses.  L{twistchat.net.limits.admission.LoginFailures} does."""

    def attempt(self, address: str | None) -> float:
        """
        Count a login attempt as a failure.

        @return: C{0.0}, or the seconds to wait after too many failures; then the attempt must not be made.
        """

    def wait(self, address: str | None) -> float:
        """Return what L{attempt} would, and count nothing."""

    def succeeded(self, address: str | None) -> None:
        """Take back the failure that an L{attempt} counted."""


class Buckets:
    """Token buckets by key, in bounded memory."""

    def __init__(self, rate: Callable[[], tuple[float, float]], now: Callable[[], float]) -> None:
        """
        @param rate: returns the capacity of each bucket in tokens, and how many are added per second.
        @param now: returns seconds on a monotonic clock.
        """
        self._rate = rate
        self._now = now
        self._sweepAt = SWEPT
        self._buckets: dict[Hashable, TokenBucket] = {}

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: Hashable) -> float:
        """
        Take a token.

        @return: C{0.0}; or the seconds to wait if there is none.
        """
        now, bucket = self._now(), self._buckets.get(key)
        if bucket is None:
            if len(self._buckets) >= self._sweepAt:
                self._sweep(now)
            bucket = self._buckets[key] = TokenBucket(*self._rate(), now)
        else:
            bucket.change(*self._rate(), now)
        return bucket.take(now)

    def wait(self, key: Hashable) -> float:
        """Return what L{take} would, and take nothing."""
        bucket = self._buckets.get(key)
        return 0.0 if bucket is None else bucket.wait(self._now())

    def give(self, key: Hashable) -> None:
        """Return a token that was not used."""
        bucket = self._buckets.get(key)
        if bucket is not None:
            bucket.give()

    def _sweep(self, now: float) -> None:
        """Forget the keys whose buckets are full; if there are too many others, forget the oldest of them."""
        kept = {key: bucket for key, bucket in self._buckets.items() if not bucket.full(now)}
        for key in list(kept)[: max(0, len(kept) - REMEMBERED + SWEPT)]:
            del kept[key]
        self._buckets = kept
        self._sweepAt = min(REMEMBERED, max(SWEPT, 2 * len(kept)))


class Attempt:
    """One login that is being checked.  It counts as a failure until L{withdraw} is called."""

    __slots__ = ("_address", "_key", "_throttle")

    def __init__(self, throttle: Throttle, address: str | None, key: str | None) -> None:
        """
        @param key: the key of the account for which it counts; C{None} for none.
        """
        self._throttle = throttle
        self._address = address
        self._key = key

    def withdraw(self) -> None:
        """Take the failure back: the login succeeded, or was not checked."""
        self._throttle.addresses.succeeded(self._address)
        if self._key is not None:
            self._throttle.accounts.give(self._key)


class Throttle:
    """
    Limits failed logins.  An account counts like a name that is no account, so that nobody can tell them apart.

    @ivar addresses: the failures of addresses.
    @ivar accounts: the failures of accounts.
    @ivar figures: counts logins.
    """

    def __init__(self, addresses: AddressFailures, accounts: Buckets, limit: int) -> None:
        """
        @param limit: the maximum number of logins that are being checked or wait; see L{wait}.
        """
        self.addresses = addresses
        self.accounts = accounts
        self.figures = LoginFigures()
        self._limit = limit
        self._checked: Counter[str] = Counter()
        self._waiting: list[tuple[Deferred[None], tuple[str, ...]]] = []
        self._active = 0

    def begin(self, caller: Caller, name: str | None, trusted: bool = False) -> Attempt:
        """
        Begin to check a login.

        @param name: the account, or the name that the client gave; C{None} if it gave none.
        @param trusted: whether the failures of others do not hold up this login.  It still counts if there is room.
        @raise TooFast: the address or the account has too many failures.
        """
        self.check(caller, name, trusted)
        return self._begin(caller, name)

    def _begin(self, caller: Caller, name: str | None) -> Attempt:
        self.addresses.attempt(caller.address)
        key = _countedKey(caller, name)
        counts = key is not None and not self.accounts.take(key)
        return Attempt(self, caller.address, key if counts else None)

    def check(self, caller: Caller, name: str | None, trusted: bool = False) -> None:
        """
        Check that L{begin} would begin, and count nothing.

        The parameters and errors are those of L{begin}.
        """
        refusal = self._refusal(caller, name, trusted)
        if refusal is not None:
            raise self._counted(*refusal)

    def _refusal(self, caller: Caller, name: str | None, trusted: bool) -> tuple[str, TooFast] | None:
        """What has too many failures, and the error; C{None} if nothing has."""
        wait = self.addresses.wait(caller.address)
        if wait:
            return "address", TooFast("log in", wait)
        key = _countedKey(caller, name)
        wait = 0.0 if key is None or trusted else self.accounts.wait(key)
        return ("account", TooFast("log in to this account", wait)) if wait else None

    def _counted(self, what: str, error: TooFast | Overloaded) -> TooFast | Overloaded:
        """Count an error that refuses a login, and return it."""
        self.figures.throttled[what] += 1
        return error

    async def wait(self, caller: Caller, name: str | None, trusted: bool = False) -> Attempt:
        """
        Begin to check a login, as L{begin} does.

        If there is no room for another failure only because logins from the same address, or to the same account, are
        being checked, this waits for their outcome.  So people behind one address can log in at once.

        @raise Overloaded: too many logins are being checked, or wait.
        """
        keys = _keys(caller, name)
        while self._active + len(self._waiting) < self._limit:
            refusal = self._refusal(caller, name, trusted)
            if refusal is None:
                return self._begin(caller, name)
            waiting = Counter([key for _, others in self._waiting for key in others])
            if not any([self._checked[key] for key in keys]) or any([waiting[key] >= LINE for key in keys]):
                raise self._counted(*refusal)
            outcome: Deferred[None] = Deferred()
            self._waiting.append((outcome, keys))
            await outcome
        raise self._counted("queue", Overloaded("passwords to check"))

    @contextmanager
    def checking(self, caller: Caller, name: str | None) -> Iterator[None]:
        """Note that a login is being checked, whose outcome comes soon and by itself."""
        keys = _keys(caller, name)
        self._active += 1
        self._checked.update(keys)
        try:
            yield
        finally:
            self._active -= 1
            self._checked -= Counter(keys)
            waiting, self._waiting = self._waiting, []
            for outcome, _ in waiting:
                outcome.callback(None)


def _countedKey(caller: Caller, name: str | None) -> str | None:
    """The key of the account for which the failures of a login count; C{None} for none."""
    return None if name is None or caller.exempt else fold(name[:LONGEST_NAME])


def _keys(caller: Caller, name: str | None) -> tuple[str, ...]:
    """The address and the account for which the failures of a login count."""
    address = () if caller.address is None else (f"@{caller.address}",)
    return address if name is None else (*address, fold(name[:LONGEST_NAME]))
