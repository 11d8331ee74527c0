"""Logs logins, failed logins and registrations of accounts, at a bounded rate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from twistchat.net.limits.admission import readAddress, sameCustomer
from twistchat.net.logs.budget import LineBudget

if TYPE_CHECKING:
    from twistchat.interfaces import Caller

SUCCESSES: Final = 50
"""The most lines per second about logins and registrations."""

FAILURES: Final = 60
"""The most lines per minute about failed logins."""

FAILURES_EACH: Final = 5
"""The most of these for one address.  An IPv6 /64 counts as one address."""

MEANS: Final[Mapping[str, str]] = {
    "password": "a password",
    "token": "an app token",
    "certificate": "a certificate",
    "sshkey": "an SSH key",
    "scram": "SCRAM",
    "totp": "a password and a code",
    "code": "a code from a mail",
    "websession": "a web session",
    "oidc": "a linked login",
}
"""The names of the means to log in."""


class LoginLog:
    """
    Logs who logs in, and who fails to.  See L{ILoginLog <twistchat.accounts.context.ILoginLog>}.

    A line never contains a credential.  It contains the name of an account only if there is such an account, because
    people type passwords in place of names.
    """

    _log = Logger()

    __slots__ = ("_failures", "_show", "_successes")

    def __init__(self, clock: IReactorTime, show: Callable[[str | None], str | None]) -> None:
        """
        @param show: returns an address as the log shows it.
        """
        self._show = show
        self._successes = LineBudget(clock, SUCCESSES, 1.0, self._moreSuccesses)
        self._failures = LineBudget(clock, FAILURES, 60.0, self._moreFailures, FAILURES_EACH)

    def succeeded(self, caller: Caller, account: str, means: str) -> None:
        """
        Log a login.

        @param caller: who has logged in.
        @param account: the name of the account.
        @param means: a key of L{MEANS}.
        """
        if self._successes.take():
            shown = self._show(caller.address)
            format = f"{{account}} logged in with {MEANS[means]}{_place(caller.door, shown)}"
            self._log.info(format, account=account, means=means, door=caller.door or None, address=shown)

    def failed(self, caller: Caller, account: str | None, means: str, why: str) -> None:
        """
        Log a failed login.

        @param account: the name of the account; C{None} if there is no such account.
        @param means: a key of L{MEANS}.
        @param why: the reason, as a sentence without its full stop.
        """
        parsed = readAddress(caller.address)
        if self._failures.take("local" if parsed is None else sameCustomer(parsed)):
            shown = self._show(caller.address)
            named = "{account}" if account is not None else "an unknown account"
            format = f"A login to {named} with {MEANS[means]} failed{_place(caller.door, shown)}: {{why}}"
            self._log.info(format, account=account, means=means, door=caller.door or None, address=shown, why=why)

    def registered(self, caller: Caller, account: str, verified: bool) -> None:
        """
        Log that somebody has registered an account.

        @param verified: whether it can be used already; if not, its mail address is not verified yet.
        """
        if self._successes.take():
            shown = self._show(caller.address)
            format = "The account {account} was registered" + _place(caller.door, shown)
            if not verified:
                format += "; its mail address is not verified yet"
            self._log.info(format, account=account, door=caller.door or None, address=shown, verified=verified)

    def stop(self) -> None:
        """Log at once how many more there were."""
        self._successes.flush()
        self._failures.flush()

    def _moreSuccesses(self, count: int) -> None:
        self._log.info("… and {count:,} more logins or registrations", count=count)

    def _moreFailures(self, count: int) -> None:
        self._log.info("… and {count:,} more failed logins", count=count)


def _place(door: str, address: str | None) -> str:
    """Make the part of a format that says where a caller comes from."""
    return f"{' at the {door} door' if door else ''}{', from {address}' if address is not None else ''}"
