"""
The checkers of credentials, and the realm: the parts of a portal of C{twisted.cred}.

They read the accounts and change nothing.  The id of an avatar is an L{Authenticated
<twistchat.interfaces.Authenticated>}.
"""

from __future__ import annotations

from collections.abc import Callable
from hmac import compare_digest
from typing import Any

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.error import UnauthorizedLogin
from twisted.cred.portal import IRealm, Portal
from twisted.internet.defer import Deferred
from zope.interface import implementer

from twistchat.accounts.credentials import IAccountKey, IAccountPassword, IAccountScram, IAccountToken, IAvatar
from twistchat.accounts.secrets.policy import prepare
from twistchat.accounts.secrets.scram import decodeKeys
from twistchat.accounts.secrets.tokens import digest, find
from twistchat.accounts.throttle import LONGEST_NAME
from twistchat.chat.errors import NotVerified, Suspended
from twistchat.chat.model.accounts import Account, Accounts
from twistchat.chat.model.events import Credential, CredentialKind
from twistchat.interfaces import Authenticated, IPasswords, ScramKeys


def scramKeysOf(account: Account) -> ScramKeys | None:
    """The keys for SCRAM-SHA-256 of an account; C{None} if it has no password."""
    password = account.credential("password")
    return None if password is None else decodeKeys(password.scram)


def accountOf(accounts: Accounts, name: str) -> Account | None:
    """The account with this name or nick.  A name that is too long is not looked up, because that takes longer."""
    return None if len(name) > LONGEST_NAME else accounts.withNick(name)


def _passwordOf(account: Account | None) -> Credential | None:
    return None if account is None else account.credential("password")


@implementer(ICredentialsChecker)
class PasswordChecker:
    """Checks passwords.  An unknown name takes as long as a known one."""

    credentialInterfaces = (IAccountPassword,)

    def __init__(self, accounts: Accounts, passwords: IPasswords) -> None:
        self._accounts = accounts
        self._passwords = passwords

    def requestAvatarId(self, credentials: Any) -> Deferred[Any]:
        """
        Check a password.

        @param credentials: provides L{IAccountPassword}.
        @return: fails with L{UnauthorizedLogin} if it is wrong, and with L{Overloaded
            <twistchat.chat.errors.Overloaded>} if too many wait.
        """
        return Deferred.fromCoroutine(self._check(credentials.name, prepare(credentials.password)))

    async def _check(self, name: str, password: str) -> Authenticated:
        while True:
            account = accountOf(self._accounts, name)
            stored = _passwordOf(account)
            right = await self._passwords.check(None if stored is None else stored.secret, password)
            # The check waits in a queue.  If the password was changed meanwhile, the old one must not log in any more.
            if not right or _passwordOf(account) is stored:
                return _decide(right, account, "password", stored="" if stored is None else stored.secret)


@implementer(ICredentialsChecker)
class TokenChecker:
    """Checks app tokens."""

    credentialInterfaces = (IAccountToken,)

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def requestAvatarId(self, credentials: Any) -> Any:
        """
        Check a token.

        @param credentials: provides L{IAccountToken}.
        @raise UnauthorizedLogin: it is wrong.
        """
        account = accountOf(self._accounts, credentials.name)
        tokens = () if account is None else account.ofKind("token")
        token = find(digest(credentials.token), tokens)
        return _decide(token is not None, account, "token", token.name if token is not None else "")


@implementer(ICredentialsChecker)
class ScramChecker:
    """Checks that an account has the keys that a client's proof matched."""

    credentialInterfaces = (IAccountScram,)

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def requestAvatarId(self, credentials: Any) -> Any:
        """
        Check the keys.

        @param credentials: provides L{IAccountScram}.
        @raise UnauthorizedLogin: the account does not exist, or has other keys now.
        """
        account = accountOf(self._accounts, credentials.name)
        keys = None if account is None else scramKeysOf(account)
        right = keys is not None and compare_digest(keys.storedKey, credentials.keys.storedKey)
        return _decide(right, account, "password")


@implementer(ICredentialsChecker)
class KeyChecker:
    """Checks certificates and SSH keys."""

    credentialInterfaces = (IAccountKey,)

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def requestAvatarId(self, credentials: Any) -> Any:
        """
        Find the account with a key.

        @param credentials: provides L{IAccountKey}.
        @raise UnauthorizedLogin: no account has it, or another one than the client named.
        """
        holder = self._accounts.holderOf(credentials.kind, credentials.fingerprint)
        named = holder if credentials.name is None else accountOf(self._accounts, credentials.name)
        return _decide(holder is named, holder, credentials.kind, credentials.fingerprint)


@implementer(IRealm)
class Realm:
    """The realm: its avatars are the accounts."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def requestAvatar(self, avatarId: Any, mind: object, *interfaces: Any) -> Any:
        """
        Let somebody with the right credential use an account.

        @param avatarId: an L{Authenticated}.
        @raise UnauthorizedLogin: the account was dropped meanwhile.
        @raise Suspended: the account is suspended.
        @raise NotVerified: its mail address is not verified yet.
        """
        account = self._accounts.get(avatarId.account)
        if IAvatar not in interfaces or account is None:
            raise UnauthorizedLogin
        if account.suspended is not None:
            raise Suspended(account.suspended)
        if account.until is not None:
            raise NotVerified(account.name)
        return IAvatar, avatarId, _logout


def makePortal(
    accounts: Accounts, passwords: IPasswords, compose: Callable[[PasswordChecker], ICredentialsChecker]
) -> Portal:
    """
    Make the portal through which all logins go.

    @param compose: adds further sources of passwords.
    """
    own = PasswordChecker(accounts, passwords)
    return Portal(Realm(accounts), [compose(own), TokenChecker(accounts), ScramChecker(accounts), KeyChecker(accounts)])


def _decide(
    right: bool, account: Account | None, kind: CredentialKind, name: str = "", stored: str = ""
) -> Authenticated:
    """
    Return who has logged in.

    @raise UnauthorizedLogin: the credential is wrong, or there is no such account.
    """
    if account is None or not right:
        raise UnauthorizedLogin
    return Authenticated(account.name, kind, name, stored)


def _logout() -> None:
    """Do nothing: the end of a session is an entry of the journal."""
