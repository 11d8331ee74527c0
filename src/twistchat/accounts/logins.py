"""Logging in: the checks that all doors share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.error import LoginFailed as CredLoginFailed
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from twistchat.accounts.checkers import accountOf, makePortal, scramKeysOf
from twistchat.accounts.context import AccountContext, ignored
from twistchat.accounts.credentials import (
    AccountKey,
    AccountPassword,
    AccountScram,
    AccountToken,
    IAvatar,
)
from twistchat.accounts.factors import SecondFactors
from twistchat.accounts.secrets.passwords import SALTS
from twistchat.accounts.secrets.policy import prepare
from twistchat.accounts.secrets.scram import falseKeys
from twistchat.accounts.secrets.tokens import TOKEN
from twistchat.accounts.sources import PasswordSources
from twistchat.accounts.throttle import Attempt
from twistchat.accounts.websessions import WebSessions
from twistchat.chat.errors import AccountExists, LoginFailed, NotEncrypted, NotVerified, Suspended, WrongCode
from twistchat.chat.model.accounts import Account
from twistchat.chat.model.bans.server import parseAddress
from twistchat.chat.model.events import Credential
from twistchat.chat.model.sessions import Session
from twistchat.interfaces import (
    Authenticated,
    Caller,
    ILogins,
    IScramAttempt,
    ScramKeys,
    WebSession,
)

if TYPE_CHECKING:
    pass

log = Logger()

T = TypeVar("T")

WRONG = "it is wrong"
"""Why a login with a credential failed, for the log."""


@implementer(ILogins)
class Logins:
    """
    Authenticates people.  See L{ILogins}.

    @ivar factors: the second factors of accounts.
    """

    def __init__(
        self,
        context: AccountContext,
        later: Callable[[float | None], None],
        sources: Sequence[ICredentialsChecker] = (),
    ) -> None:
        """
        @param later: schedules a call of L{tend} in this many seconds, in place of an earlier schedule.  C{None}
            cancels it.
        @param sources: further sources of passwords.
        """
        self._context = context
        self._web = WebSessions(context, later)
        self.factors = SecondFactors(context)
        self._accounts = context.chat.state.accounts
        self._portal = makePortal(
            self._accounts,
            context.passwords,
            lambda own: PasswordSources(own, sources, self._accounts, self._create) if sources else own,
        )

    def maySendPasswords(self, caller: Caller) -> bool:
        """See L{ILogins.maySendPasswords}."""
        parsed = parseAddress(caller.address)
        local = parsed is None or parsed.is_loopback
        return caller.secure or local or self._context.settings().accounts.plaintext

    def password(self, caller: Caller, name: str, password: str, code: str | None = None) -> Deferred[Authenticated]:
        """See L{ILogins.password}."""
        return Deferred.fromCoroutine(self._password(caller, name, password, code))

    def certificate(self, session: Session, name: str | None) -> Deferred[Authenticated]:
        """See L{ILogins.certificate}."""
        return Deferred.fromCoroutine(self._key(session, name, "certificate", session.fingerprint))

    def sshKey(self, caller: Caller, name: str | None, fingerprint: str) -> Deferred[Authenticated]:
        """See L{ILogins.sshKey}."""
        return Deferred.fromCoroutine(self._key(caller, name, "sshkey", fingerprint))

    def scram(self, caller: Caller, name: str) -> IScramAttempt:
        """See L{ILogins.scram}."""
        account = accountOf(self._accounts, name)
        self._context.check(caller, name, account)
        keys = None if account is None else scramKeysOf(account)
        if keys is None:
            keys = falseKeys(self._context.key(), name, self._context.passwords.iterations)
        begin = partial(self._beginProof, caller, name, account)
        failed = partial(self._failed, caller, name, "scram", WRONG)
        return ScramAttempt(keys, begin, partial(self._proved, caller, AccountScram(name, keys)), failed)

    def webLogin(self, caller: Caller, name: str, password: str, code: str | None, agent: str) -> Deferred[WebSession]:
        """See L{ILogins.webLogin}."""
        return Deferred.fromCoroutine(self._webLogin(caller, name, password, code, agent))

    def openWebSession(self, caller: Caller, account: str, agent: str) -> Deferred[WebSession]:
        """See L{ILogins.openWebSession}."""
        return Deferred.fromCoroutine(self._openWebSession(caller, account, agent))

    def webSession(self, secret: str, caller: Caller | None = None) -> Authenticated:
        """See L{ILogins.webSession}.  Only a session of the chat logs in with it; a page may only ask who has it."""
        isLogin = isinstance(caller, Session)
        try:
            found = self._web.find(caller, secret)
        except LoginFailed:
            if caller is not None and isLogin:
                self._context.loginLog.failed(caller, None, "websession", "it has ended")
            raise
        if caller is not None and isLogin:
            self._context.loginLog.succeeded(caller, found.account, "websession")
        return found

    def endWebSession(self, secret: str) -> Deferred[None]:
        """See L{ILogins.endWebSession}."""
        return Deferred.fromCoroutine(self._web.end(secret))

    def endWebSessions(self, account: str, but: str | None = None) -> Deferred[None]:
        """See L{ILogins.endWebSessions}."""
        return Deferred.fromCoroutine(self._web.endAll(account, but))

    def tend(self) -> None:
        """See L{ILogins.tend}."""
        self._web.tend()

    def stop(self) -> None:
        """See L{ILogins.stop}."""
        self._web.stop()

    async def _webLogin(self, caller: Caller, name: str, password: str, code: str | None, agent: str) -> WebSession:
        authenticated = await self._ownPassword(caller, name, password, code)
        opened = await self._web.open(authenticated.account, agent, authenticated.stored)
        self._renew(authenticated, password)
        return opened

    async def _openWebSession(self, caller: Caller, account: str, agent: str) -> WebSession:
        if not self.maySendPasswords(caller):
            raise NotEncrypted
        opened = await self._web.open(account, agent)
        self._context.loginLog.succeeded(caller, account, "oidc")
        return opened

    async def _password(self, caller: Caller, name: str, password: str, code: str | None) -> Authenticated:
        if password.startswith(TOKEN) and self.maySendPasswords(caller):
            return await self._unguessable(caller, name, AccountToken(name, password))
        authenticated = await self._ownPassword(caller, name, password, code)
        self._renew(authenticated, password)
        return authenticated

    async def _ownPassword(self, caller: Caller, name: str, password: str, code: str | None) -> Authenticated:
        """Check a password, and the second factor.  An app token in place of the password is wrong."""
        account = accountOf(self._accounts, name)
        if not self.maySendPasswords(caller):
            self._failed(caller, name, "password", "the connection is not encrypted")
            raise NotEncrypted
        counted, trusted = self._context.countedAs(caller, name, account)
        attempt = await self._context.throttle.wait(caller, counted, trusted)
        with self._context.throttle.checking(caller, counted):
            return await self._login(caller, AccountPassword(name, password), attempt, code)

    async def _key(self, caller: Caller, name: str | None, kind: Any, fingerprint: str | None) -> Authenticated:
        if fingerprint is None:
            raise LoginFailed
        return await self._unguessable(caller, name, AccountKey(name, kind, fingerprint))

    async def _unguessable(self, caller: Caller, name: str | None, credentials: Any) -> Authenticated:
        """
        Check a credential that nobody can guess: a token or a key.  A wrong one counts as a failure, but failures do
        not hold up a right one.

        @raise TooFast: it is wrong, and the address or the account has too many failures.
        """
        try:
            return await self._login(caller, credentials, None)
        except LoginFailed:
            self._context.begin(caller, name, None if name is None else accountOf(self._accounts, name))
            raise

    async def _login(
        self, caller: Caller, credentials: Any, attempt: Attempt | None, code: str | None = None
    ) -> Authenticated:
        """
        Let the portal check credentials, and check the second factor if they are a password.

        @param attempt: counts as a failure only if they or the code are wrong.
        @param code: the code of the second factor; C{None} or C{""} without one.
        @raise LoginFailed: they are wrong.
        @raise CodeRequired: the account needs a code.
        @raise WrongCode: the code is wrong.
        @raise ChatError: they are right, but the account cannot be used; or they could not be checked.
        """
        figures, kind = self._context.throttle.figures, kindOf(credentials)
        try:
            _, avatar, _ = await self._portal.login(credentials, None, IAvatar)
            authenticated = cast(Authenticated, avatar)
            if authenticated.kind == "password" and await self.factors.check(authenticated.account, code):
                self._context.record(caller, authenticated.account, "totp")
        except CredLoginFailed:
            figures.failed[kind] += 1
            self._failed(caller, credentials.name, kind, WRONG)
            raise LoginFailed from None
        except WrongCode:
            figures.failed["totp"] += 1
            self._failed(caller, credentials.name, "totp", "the code is wrong")
            raise
        except (Suspended, NotVerified) as refusal:
            if attempt is not None:
                attempt.withdraw()
            unusable = "is suspended" if isinstance(refusal, Suspended) else "is not verified yet"
            self._failed(caller, credentials.name, kind, f"the account {unusable}")
            raise
        except BaseException:
            if attempt is not None:
                attempt.withdraw()
            raise
        if attempt is not None:
            attempt.withdraw()
        figures.succeeded[kind] += 1
        self._context.record(caller, authenticated.account, authenticated.kind, authenticated.credential)
        self._context.loginLog.succeeded(caller, authenticated.account, kind)
        return authenticated

    def _failed(self, caller: Caller, name: str | None, means: str, why: str) -> None:
        """
        Log a failed login.

        @param name: the name that the client gave, which may be a password typed in the wrong place.
        """
        account = None if name is None else accountOf(self._accounts, name)
        self._context.loginLog.failed(caller, None if account is None else account.name, means, why)

    def _proved(self, caller: Caller, credentials: AccountScram, attempt: Attempt) -> Authenticated:
        """See L{IScramAttempt.succeeded}.  The checks need no waiting."""
        self._context.throttle.figures.failed["scram"] -= 1
        return resultOf(Deferred.fromCoroutine(self._login(caller, credentials, attempt)))

    def _beginProof(self, caller: Caller, name: str, account: Account | None) -> Attempt:
        """See L{IScramAttempt.begin}.  A proof counts as wrong until L{_proved} is called, within the same call."""
        attempt = self._context.begin(caller, name, account)
        self._context.throttle.figures.failed["scram"] += 1
        return attempt

    def _renew(self, authenticated: Authenticated, password: str) -> None:
        """Hash a password that was right again, if the parameters have changed, unless too many passwords wait."""
        account = self._accounts.get(authenticated.account)
        stored = None if account is None else account.credential("password")
        if account is None or stored is None or stored.secret != authenticated.stored:
            return
        if not self._context.passwords.outdated(stored):
            return

        def hashed(new: Credential) -> Any:
            if account.credential("password") is stored:
                return self._context.chat.accounts.setCredential(None, account.name, new)
            return None

        hashing = self._context.passwords.hash(prepare(password), self._context.random(SALTS))
        hashing.addCallback(hashed).addErrback(ignored)

    async def _create(self, name: str) -> str:
        """
        Create an account for somebody whom a further source knows, if the configuration says so.

        @return: the name of the account.
        """
        if not self._context.settings().accounts.create:
            raise UnauthorizedLogin
        try:
            account = await self._context.chat.accounts.register(None, name)
        except AccountExists:  # another login has created it at the same time
            account = self._accounts.named(name)
        log.info("The first login of {name} created their account", name=account.name)
        return account.name


@implementer(IScramAttempt)
class ScramAttempt:
    """See L{IScramAttempt}."""

    def __init__(
        self,
        keys: ScramKeys,
        begin: Callable[[], Attempt],
        proved: Callable[[Attempt], Authenticated],
        failed: Callable[[], None],
    ) -> None:
        """
        @param begin: counts the attempt.
        @param proved: called if the client's proof is correct.
        @param failed: called if it is not.
        """
        self._failed = failed
        self._keys = keys
        self._begin = begin
        self._proved = proved
        self._attempt: Attempt | None = None

    def keys(self) -> ScramKeys:
        """See L{IScramAttempt.keys}."""
        return self._keys

    def begin(self) -> None:
        """See L{IScramAttempt.begin}."""
        self._attempt = self._begin()

    def succeeded(self) -> Authenticated:
        """See L{IScramAttempt.succeeded}."""
        assert self._attempt is not None
        attempt, self._attempt = self._attempt, None
        return self._proved(attempt)

    def failed(self) -> None:
        """See L{IScramAttempt.failed}."""
        if self._attempt is not None:
            self._attempt = None
            self._failed()


def kindOf(credentials: object) -> str:
    """The kind of credentials, as logins are counted."""
    if isinstance(credentials, AccountKey):
        return credentials.kind
    return {AccountPassword: "password", AccountToken: "token", AccountScram: "scram"}[type(credentials)]


def resultOf(done: Deferred[T]) -> T:
    """Return the result of a Deferred that has fired, or raise its error."""
    outcome: list[T | Failure] = []
    done.addBoth(outcome.append)
    (result,) = outcome
    if isinstance(result, Failure):
        result.raiseException()
    return result
