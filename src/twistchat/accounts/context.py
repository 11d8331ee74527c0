"""What authentication and registration need of the server, and how they count and record what people do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from twisted.logger import Logger
from twisted.python.failure import Failure

from twistchat.accounts.throttle import Attempt, Throttle
from twistchat.chat.model.accounts import Account
from twistchat.chat.model.events import CredentialKind
from twistchat.chat.rules.users.accounts import RECORDED
from twistchat.interfaces import Caller, IPasswords

if TYPE_CHECKING:
    from twistchat.chat.chat import Chat
    from twistchat.config import Settings

log = Logger()


class ILoginLog(Protocol):
    """Logs logins and registrations.  L{twistchat.net.logs.logins.LoginLog} does."""

    def succeeded(self, caller: Caller, account: str, means: str) -> None:
        """
        Log a login.

        @param means: a kind of credential, or C{scram}.
        """

    def failed(self, caller: Caller, account: str | None, means: str, why: str) -> None:
        """
        Log a failed login.

        @param account: the name of the account; C{None} if there is no such account.  Do not pass a name that a client
            gave, because it may be a password.
        @param means: a kind of credential, or C{scram}.
        @param why: the reason, as a sentence without its full stop.
        """

    def registered(self, caller: Caller, account: str, verified: bool) -> None:
        """Log that somebody has registered an account, and whether it can be used already."""


@dataclass(frozen=True)
class AccountContext:
    """
    What authentication and registration need of the server.

    @ivar chat: the chat.
    @ivar settings: returns the current settings.
    @ivar passwords: checks and hashes passwords.
    @ivar throttle: limits failed logins.
    @ivar loginLog: logs logins and registrations.
    @ivar cloak: turns an address into a keyed hash of its network.
    @ivar key: returns a secret of this server, which stays the same.
    @ivar random: returns that many random bytes.
    @ivar wall: returns the time in seconds since the epoch.
    """

    chat: Chat
    settings: Callable[[], Settings]
    passwords: IPasswords
    throttle: Throttle
    loginLog: ILoginLog
    cloak: Callable[[str | None], str]
    key: Callable[[], bytes]
    random: Callable[[int], bytes]
    wall: Callable[[], float]

    def placeOf(self, caller: Caller) -> str:
        """The place of a caller.  See L{LoginRecorded.place <twistchat.chat.model.events.LoginRecorded>}."""
        return "" if caller.address is None else self.cloak(caller.address)

    def begin(self, caller: Caller, name: str | None, account: Account | None) -> Attempt:
        """
        Begin to check a login or a code.  The failures of others do not hold up somebody at a place of the account.

        @param name: the name that the client gave.
        @param account: the account with this name.
        @raise TooFast: the address or the account has too many failures.
        """
        counted, known = self.countedAs(caller, name, account)
        return self.throttle.begin(caller, counted, known)

    def check(self, caller: Caller, name: str, account: Account | None) -> None:
        """
        Check that L{begin} would begin, and count nothing.

        The parameters and errors are those of L{begin}.
        """
        self.throttle.check(caller, *self.countedAs(caller, name, account))

    def countedAs(self, caller: Caller, name: str | None, account: Account | None) -> tuple[str | None, bool]:
        """
        Tell how the failures of a login count.

        @return: the name for which they count, and whether the session comes from a place of the account.
        """
        if account is None:
            return name, False
        return account.name, self.placeOf(caller) in account.places

    def record(
        self, caller: Caller | None, account: str, kind: CredentialKind, name: str = "", every: int = RECORDED
    ) -> None:
        """
        Record that somebody used a credential.  If the journal refuses that, nothing happens.

        @param caller: who used it; C{None} if it is not known from where.
        @param name: the name of the credential.
        @param every: the time in which the same login is recorded once, in milliseconds.
        """
        place = "" if caller is None else self.placeOf(caller)
        recording = self.chat.accounts.recordLogin(account, kind, name, place, every)
        if recording is not None:
            recording.addErrback(ignored)


def ignored(failure: Failure) -> None:
    """Ignore that something could not be recorded: it was no more than useful."""
    log.debug("Not recorded: {why}", why=failure.getErrorMessage())
