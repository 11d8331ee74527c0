"""Registering accounts, and changing their credentials: what all doors share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hmac import compare_digest
from itertools import islice
from typing import TYPE_CHECKING, Final, Literal

from twisted.internet.defer import Deferred
from zope.interface import implementer

from twistchat.accounts.checkers import accountOf
from twistchat.accounts.codes import Codes, Purpose, addressOf
from twistchat.accounts.context import ignored
from twistchat.accounts.email import checkEmail
from twistchat.accounts.secrets.keys import checkCertificate, readSshKey
from twistchat.accounts.secrets.passwords import SALTS
from twistchat.accounts.secrets.policy import checkPassword, prepare
from twistchat.accounts.secrets.tokens import digest, makeToken
from twistchat.accounts.throttle import Buckets
from twistchat.chat.errors import (
    AccountExists,
    AlreadyLoggedIn,
    BadCredential,
    BadName,
    InvitationNeeded,
    NotEncrypted,
    RegistrationClosed,
    TooFast,
)
from twistchat.chat.model.events import Credential
from twistchat.chat.model.names import skeleton
from twistchat.chat.model.sessions import Session
from twistchat.interfaces import ILogins, IPasswords, IRegistrar

if TYPE_CHECKING:
    from twistchat.accounts.context import AccountContext
    from twistchat.chat.model.accounts import Account
    from twistchat.interfaces import IMailer
    from twistchat.interfaces.accounts import Outcome

PERIOD: Final = 600.0
"""Seconds over which the registrations of one address are counted."""


GRACE: Final = 3_600_000
"""The time between the end of an account that was not verified and its removal, in milliseconds."""

MOST_EXPIRED: Final = 50
"""The number of accounts that are removed at the same time."""

RETRY: Final = 5.0
"""Seconds until the next check, if accounts are being removed."""

INTERVAL: Final = 3600.0
"""Seconds until the next check in a cluster, where accounts are also registered at other nodes.  The leader checks."""


async def newPassword(passwords: IPasswords, random: Callable[[int], bytes], account: str, password: str) -> Credential:
    """
    Check a new password, and make the credential for it.

    @param random: returns that many random bytes.
    @param account: the name of the account.
    @raise BadPassword: it is not acceptable.
    @raise Overloaded: too many passwords wait.
    """
    checkPassword(password, account)
    return await passwords.hash(prepare(password), random(SALTS))


@implementer(IRegistrar)
class Registrar:
    """Registers accounts, and changes their credentials.  See L{IRegistrar}."""

    def __init__(
        self,
        context: AccountContext,
        logins: ILogins,
        now: Callable[[], float],
        isReachable: Callable[[], bool],
        later: Callable[[float | None], None],
        mailer: IMailer | None = None,
    ) -> None:
        """
        @param logins: says who may send passwords.
        @param now: returns seconds on a monotonic clock.
        @param isReachable: returns whether other machines can reach this server.
        @param later: schedules a call of L{tend} in this many seconds, in place of an earlier schedule.  C{None}
            cancels it.
        @param mailer: sends mails; C{None} if this server sends none.
        """
        self._context = context
        self._logins = logins
        self._isReachable = isReachable
        self._later = later
        self._reserved: set[str] = set()
        self._tokens: set[tuple[str, str]] = set()
        self._registrations = Buckets(self._rate, now)
        self._codes = Codes(context, mailer, Buckets(self._rate, now))

    @property
    def registration(self) -> Literal["open", "invitation", "closed"]:
        """See L{IRegistrar.registration}."""
        mode = self._context.settings().accounts.registration
        if mode == "auto":
            return "closed" if self._isReachable() else "open"
        return mode

    def register(
        self, session: Session, name: str, password: str, email: str | None = None, invitation: str | None = None
    ) -> Deferred[Outcome]:
        """See L{IRegistrar.register}."""
        return Deferred.fromCoroutine(self._register(session, name, password, email, invitation))

    def setPassword(self, session: Session, account: str, password: str) -> Deferred[None]:
        """See L{IRegistrar.setPassword}."""
        return Deferred.fromCoroutine(self._setPassword(session, account, password))

    def verify(self, session: Session, name: str, code: str) -> Deferred[None]:
        """See L{IRegistrar.verify}."""
        return Deferred.fromCoroutine(self._verify(session, name, code))

    def requestReset(self, session: Session, name: str) -> Deferred[None]:
        """See L{IRegistrar.requestReset}."""
        return Deferred.fromCoroutine(self._requestReset(session, name))

    def resetPassword(self, session: Session, name: str, code: str, password: str) -> Deferred[None]:
        """See L{IRegistrar.resetPassword}."""
        return Deferred.fromCoroutine(self._resetPassword(session, name, code, password))

    def setEmail(self, session: Session, account: str, email: str) -> Deferred[None]:
        """See L{IRegistrar.setEmail}."""
        return Deferred.fromCoroutine(self._setEmail(session, account, email))

    def addToken(self, session: Session, account: str, name: str) -> Deferred[str]:
        """See L{IRegistrar.addToken}."""
        return Deferred.fromCoroutine(self._addToken(session, account, name))

    def addCertificate(self, session: Session, account: str, fingerprint: str | None = None) -> Deferred[str]:
        """See L{IRegistrar.addCertificate}."""
        return Deferred.fromCoroutine(self._addCertificate(session, account, fingerprint))

    def addSshKey(self, session: Session, account: str, key: str) -> Deferred[str]:
        """See L{IRegistrar.addSshKey}."""
        return Deferred.fromCoroutine(self._addSshKey(session, account, key))

    async def _register(
        self, session: Session, name: str, password: str, email: str | None, invitation: str | None
    ) -> Outcome:
        accounts = self._context.chat.accounts
        if session.currentAccount is not None:
            raise AlreadyLoggedIn(session.currentAccount)
        self._checkMaySend(session)
        self._checkInvitation(session, invitation)
        name = accounts.checkName(session, name)
        if skeleton(name) in self._reserved:
            raise AccountExists(name)
        if email is not None:
            checkEmail(email)
        elif self._context.settings().accounts.emailRequired:
            raise BadCredential("A mail address", "is needed to register an account here")
        checkPassword(password, name)
        if email is not None and self._codes.canBeSent:
            self._codes.check(session, name)  # before the password is hashed, which takes time
        place = self._context.placeOf(session)
        wait = 0.0 if session.exempt or not place else self._registrations.take(place)
        if wait:
            raise TooFast("register accounts", wait)
        self._reserved.add(skeleton(name))
        try:
            credential = await self._newPassword(name, password)
            if email is not None and self._codes.canBeSent:
                await self._registerUnverified(session, name, credential, email)
                self._context.loginLog.registered(session, name, verified=False)
                return "verify"
            await accounts.register(session, name, [credential])
        except BaseException:
            self._registrations.give(place)
            raise
        finally:
            self._reserved.discard(skeleton(name))
        self._context.record(session, name, "password")
        self._context.loginLog.registered(session, name, verified=True)
        return "registered"

    async def _registerUnverified(self, session: Session, name: str, password: Credential, email: str) -> None:
        """
        Register an account that cannot be used before its mail address is verified, and send the code.

        The mail is queued first, because an account cannot be taken back.  If the journal refuses the account, the code
        is of no use.
        """
        self._codes.count(session, name)
        code, stored = self._codes.make("verify")
        self._codes.send(name, "verify", code, email)
        await self._context.chat.accounts.register(session, name, [password, stored], stored.until, email)
        self.tend()

    def tend(self) -> None:
        """See L{IRegistrar.tend}."""
        now, accounts = int(self._context.wall() * 1000), self._context.chat.accounts
        nodes = self._context.chat.state.nodes
        first = list(islice(self._context.chat.state.accounts.unverified, MOST_EXPIRED)) if nodes.leads else []
        for account in first:
            wait = (account.until or 0) + GRACE - now
            if wait > 0:
                self._later(min(wait / 1000, INTERVAL) if nodes.live else wait / 1000)
                return
            accounts.expire(account.name).addErrback(ignored)
        self._later(RETRY if first else INTERVAL if nodes.live else None)

    def stop(self) -> None:
        """See L{IRegistrar.stop}."""
        self._later(None)

    async def _verify(self, session: Session, name: str, code: str) -> None:
        account, stored = self._use(session, name, code, "verify", "email")
        accounts = self._context.chat.accounts
        if stored.name == "verify":
            done = accounts.verify(session, account.name)
        else:
            done = accounts.set(session, account.name, "email", addressOf(stored))
        accounts.removeCredential(session, account.name, "code", stored.name).addErrback(ignored)
        await done
        self._context.record(session, account.name, "code", stored.name)

    async def _requestReset(self, session: Session, name: str) -> None:
        self._codes.count(session, name)
        account = accountOf(self._context.chat.state.accounts, name)
        if account is None or account.suspended is not None:
            return
        email = account.settings.get("email")
        if email is not None:
            purpose: Purpose = "reset" if account.until is None else "verify"
            # The answer does not wait for this, because the time would tell whether there is an account.
            Deferred.fromCoroutine(self._sendCode(session, account.name, purpose, email)).addErrback(ignored)

    async def _resetPassword(self, session: Session, name: str, code: str, password: str) -> None:
        self._checkMaySend(session)
        checkPassword(password, name)
        account, stored = self._use(session, name, code, "reset")
        credential = await self._newPassword(account.name, password)
        if account.credential("code", "reset") is not stored:
            raise _wrongCode()
        accounts = self._context.chat.accounts
        done = accounts.setCredential(session, account.name, credential)
        accounts.removeCredential(session, account.name, "code", "reset").addErrback(ignored)
        await done
        await self._logins.endWebSessions(account.name).addErrback(ignored)
        self._context.record(session, account.name, "password")

    async def _setEmail(self, session: Session, account: str, email: str) -> None:
        checkEmail(email)
        self._codes.count(session, account)
        await self._sendCode(session, account, "email", email)

    async def _sendCode(self, session: Session, account: str, purpose: Purpose, email: str) -> None:
        """Store a code, and send it.  A code that cannot be sent is removed again."""
        accounts = self._context.chat.accounts
        code, stored = self._codes.make(purpose, email if purpose == "email" else "")
        await accounts.setCredential(session, account, stored)
        try:
            self._codes.send(account, purpose, code, email)
        except BaseException:
            await accounts.removeCredential(session, account, "code", purpose)
            raise

    def _use(self, session: Session, name: str, code: str, *purposes: Purpose) -> tuple[Account, Credential]:
        """
        Check a code.  A wrong one counts as a failed login.

        @raise BadCredential: the code is wrong or no longer valid, or there is no such account.
        """
        account = accountOf(self._context.chat.state.accounts, name)
        with _wrongTooFast():
            attempt = self._context.begin(session, name, account)
        stored = self._codes.find(account, code, *purposes)
        if account is None or stored is None:
            self._context.loginLog.failed(session, None if account is None else account.name, "code", "it is wrong")
            raise _wrongCode()
        attempt.withdraw()
        return account, stored

    def _checkMaySend(self, session: Session) -> None:
        """
        Check that a password, or a token, may be sent over a session's connection.

        @raise NotEncrypted: it may not.
        """
        if not self._logins.maySendPasswords(session):
            raise NotEncrypted

    def _checkInvitation(self, session: Session, invitation: str | None) -> None:
        """
        Check that a session may register an account.  Wrong codes count as failed logins.

        @raise RegistrationClosed: nobody may.
        @raise InvitationNeeded: the code is missing or wrong.
        """
        mode, code = self.registration, self._context.settings().accounts.invitation
        if mode == "closed":
            raise RegistrationClosed
        if mode == "invitation":
            if not invitation:
                raise InvitationNeeded
            with _wrongTooFast():
                attempt = self._context.throttle.begin(session, None)
            if not compare_digest(invitation.encode("utf-8", "surrogatepass"), code.encode()):
                raise InvitationNeeded
            attempt.withdraw()

    async def _setPassword(self, session: Session, account: str, password: str) -> None:
        self._checkMaySend(session)
        credential = await self._newPassword(account, password)
        await self._context.chat.accounts.setCredential(session, account, credential)
        await self._logins.endWebSessions(account, session.webSession).addErrback(ignored)

    async def _addToken(self, session: Session, account: str, name: str) -> str:
        """Add a token.  It does not replace one with the same name, because a program may still use that one."""
        self._checkMaySend(session)
        owned = self._context.chat.state.accounts.named(account)
        key = owned.name, name
        if key in self._tokens or owned.credential("token", name) is not None:
            raise BadName(name, "is that of another token of yours; remove that token first")
        token = makeToken(self._context.random)
        self._tokens.add(key)
        try:
            return await self._add(session, account, Credential("token", name, digest(token)), token)
        finally:
            self._tokens.discard(key)

    async def _addCertificate(self, session: Session, account: str, fingerprint: str | None) -> str:
        if fingerprint is None:
            fingerprint = session.fingerprint
            if fingerprint is None:
                raise BadCredential("Your connection", "has no client certificate")
        fingerprint = checkCertificate(fingerprint)
        return await self._add(session, account, Credential("certificate", fingerprint), fingerprint)

    async def _addSshKey(self, session: Session, account: str, key: str) -> str:
        fingerprint, public = readSshKey(key)
        return await self._add(session, account, Credential("sshkey", fingerprint, public), fingerprint)

    async def _add(self, session: Session, account: str, credential: Credential, shown: str) -> str:
        """
        Give an account a credential.

        @return: what its owner is shown.
        """
        await self._context.chat.accounts.setCredential(session, account, credential)
        return shown

    async def _newPassword(self, account: str, password: str) -> Credential:
        return await newPassword(self._context.passwords, self._context.random, account, password)

    def _rate(self) -> tuple[float, float]:
        """How many accounts an address may register at once, and how many per second after that."""
        limit = self._context.settings().limits.registrationsPerAddress
        return limit, limit / PERIOD


@contextmanager
def _wrongTooFast() -> Iterator[None]:
    """Let L{TooFast} say what was too fast: not logins, but wrong codes, which count together with wrong passwords."""
    try:
        yield
    except TooFast as error:
        raise TooFast("send wrong codes or passwords", error.wait) from None


def _wrongCode() -> BadCredential:
    return BadCredential("The code", "is wrong, or no longer valid")
