"""Registering accounts, and changing their credentials: what all doors share."""

from __future__ import annotations

from collections.abc import Callable
from hmac import compare_digest
from typing import TYPE_CHECKING, Final, Literal

from twisted.internet.defer import Deferred, fail
from zope.interface import implementer

from twistchat.accounts.email import checkEmail
from twistchat.accounts.keys import checkCertificate, readSshKey
from twistchat.accounts.passwords import SALTS
from twistchat.accounts.policy import checkPassword, prepare
from twistchat.accounts.throttle import Buckets
from twistchat.accounts.tokens import digest, makeToken
from twistchat.chat.errors import (
    AccountExists,
    AlreadyLoggedIn,
    BadCredential,
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
    from twistchat.accounts.logins import AccountContext
    from twistchat.interfaces.accounts import Outcome

PERIOD: Final = 600.0
"""Seconds over which the registrations of one address are counted."""


_NO_MAIL: Final = BadCredential("Mails", "cannot be sent by this server")


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
    ) -> None:
        """
        @param logins: says who may send passwords.
        @param now: returns seconds on a monotonic clock.
        @param isReachable: returns whether other machines can reach this server.
        """
        self._context = context
        self._logins = logins
        self._isReachable = isReachable
        self._reserved: set[str] = set()
        self._registrations = Buckets(self._rate, now)

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
        return fail(_NO_MAIL)

    def requestReset(self, session: Session, name: str) -> Deferred[None]:
        """See L{IRegistrar.requestReset}."""
        return fail(_NO_MAIL)

    def resetPassword(self, session: Session, name: str, code: str, password: str) -> Deferred[None]:
        """See L{IRegistrar.resetPassword}."""
        return fail(_NO_MAIL)

    def setEmail(self, session: Session, account: str, email: str) -> Deferred[Outcome]:
        """See L{IRegistrar.setEmail}."""
        return fail(_NO_MAIL)

    def addToken(self, session: Session, account: str, name: str) -> Deferred[str]:
        """See L{IRegistrar.addToken}."""
        token = makeToken(self._context.random)
        return Deferred.fromCoroutine(self._add(session, account, Credential("token", name, digest(token)), token))

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
        current = session.account if session.user is None else session.user.source.account
        if current is not None:
            raise AlreadyLoggedIn(current)
        if not self._logins.maySendPasswords(session):
            raise NotEncrypted
        self._checkInvitation(session, invitation)
        name = accounts.checkName(session, name)
        if skeleton(name) in self._reserved:
            raise AccountExists(name)
        if email is not None:
            checkEmail(email)
        elif self._context.settings().accounts.emailRequired:
            raise BadCredential("A mail address", "is needed to register an account here")
        place = self._context.placeOf(session)
        wait = 0.0 if session.exempt or not place else self._registrations.take(place)
        if wait:
            raise TooFast("register accounts", wait)
        self._reserved.add(skeleton(name))
        try:
            credential = await newPassword(self._context.passwords, self._context.random, name, password)
            await accounts.register(session, name, [credential])
        except BaseException:
            self._registrations.give(place)
            raise
        finally:
            self._reserved.discard(skeleton(name))
        return "registered"

    def _checkInvitation(self, session: Session, invitation: str | None) -> None:
        """
        Check that a session may register an account.  Wrong codes count as failed logins.

        @raise RegistrationClosed: nobody may.
        @raise InvitationNeeded: the code is missing or wrong.
        """
        mode, code = self.registration, self._context.settings().accounts.invitation
        if mode == "closed" or (mode == "invitation" and not code):
            raise RegistrationClosed
        if mode == "invitation":
            if not invitation:
                raise InvitationNeeded
            attempt = self._context.throttle.begin(session, None)
            if not compare_digest(invitation.encode("utf-8", "surrogatepass"), code.encode()):
                raise InvitationNeeded
            attempt.withdraw()

    async def _setPassword(self, session: Session, account: str, password: str) -> None:
        if not self._logins.maySendPasswords(session):
            raise NotEncrypted
        credential = await newPassword(self._context.passwords, self._context.random, account, password)
        await self._context.chat.accounts.setCredential(session, account, credential)

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

    def _rate(self) -> tuple[float, float]:
        """How many accounts an address may register at once, and how many per second after that."""
        limit = self._context.settings().limits.registrationsPerAddress
        return limit, limit / PERIOD
