"""Further sources of passwords, from the plugins of C{twisted.cred} (C{--auth}): a password file, PAM, and others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import UsernamePassword
from twisted.cred.error import LoginFailed as CredLoginFailed
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.logger import Logger
from zope.interface import implementer

from twistchat.accounts.credentials import IAccountPassword
from twistchat.accounts.secrets.policy import LONGEST, size
from twistchat.chat.errors import ChatError
from twistchat.chat.model.accounts import Accounts
from twistchat.chat.model.names import normalizeNick
from twistchat.interfaces import Authenticated

if TYPE_CHECKING:
    from twistchat.accounts.checkers import PasswordChecker

log = Logger()


@implementer(ICredentialsChecker)
class PasswordSources:
    """
    Checks a password with our own checker, then with each further source.

    A source knows names of its own.  So an account is found by its name only, and not by its other nicks.
    """

    credentialInterfaces = (IAccountPassword,)

    def __init__(
        self,
        own: PasswordChecker,
        sources: Sequence[ICredentialsChecker],
        accounts: Accounts,
        create: Callable[[str], Awaitable[str]],
    ) -> None:
        """
        @param own: checks the passwords that the accounts have.
        @param sources: checkers of C{IUsernamePassword}, in the order in which they are asked.
        @param create: called with the name for which a source accepted a password, if there is no such account.  It
            returns the name of the new account, or raises L{UnauthorizedLogin} if the configuration does not allow one.
        """
        self._own = own
        self._sources = sources
        self._accounts = accounts
        self._create = create

    def requestAvatarId(self, credentials: Any) -> Deferred[Any]:
        """
        Check a password.  See L{PasswordChecker.requestAvatarId}.

        @raise ChatError: the password is right, and the account that belongs to it cannot be created.
        """
        return Deferred.fromCoroutine(self._check(credentials))

    async def _check(self, credentials: Any) -> Any:
        try:
            return await self._own.requestAvatarId(credentials)
        except UnauthorizedLogin:
            if not await self._accepts(credentials.name, credentials.password):
                raise
        account = self._accounts.get(credentials.name)
        name = await self._create(credentials.name) if account is None else account.name
        return Authenticated(name, "password")

    async def _accepts(self, name: str, password: str) -> bool:
        """Whether a source accepts a name and a password.  No source is asked about a name that no account can have."""
        try:
            normalizeNick(name)
        except ChatError:
            return False
        if size(password) > LONGEST or "\0" in password:
            return False
        for source in self._sources:
            given = UsernamePassword(name.encode(), password.encode("utf-8", "surrogatepass"))
            try:
                await maybeDeferred(source.requestAvatarId, given)
            except CredLoginFailed:
                continue
            except ChatError:
                raise
            except Exception:
                log.failure("A source of passwords failed: {source}", source=type(source).__name__)
                continue
            return True
        return False
