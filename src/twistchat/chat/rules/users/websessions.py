"""Web sessions: the logins of browsers, each of which is a credential of an account."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from twistchat.chat import errors
from twistchat.chat.model.events import SERVER, Credential, CredentialRemoved, CredentialSet
from twistchat.chat.model.names import fold
from twistchat.chat.rules.core import Core

if TYPE_CHECKING:
    from twistchat.chat.model.accounts import Account
    from twistchat.chat.state import State
    from twistchat.interfaces import Receipt

LOGGED_OUT: Final = "Logged out"
"""What a client is told whose web session has ended."""


class WebSessionRules:
    """The verbs about web sessions.  The caller has authenticated the owner of the account."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def open(self, name: str, credential: Credential, password: str = "") -> Receipt:
        """
        Give an account a web session.  If it has too many then, those that were opened first end.

        @param name: the name of the account.
        @param credential: the web session.  Its name is not that of another one.
        @param password: what the account stores of the password that was checked; C{""} if none was.
        @raise LoginFailed: the account has another password by now.  The receipt fails with it if the password changes
            before the web session is stored.
        @raise TooManyOf: too many are being opened at the same time.
        @raise ChatError: the account cannot be used.
        """
        log, limit = self._core.log, self._core.limits.credentialsPerAccount
        self._core.state.accounts.checkUsable(name)
        account, openedWith = self._core.state.accounts.named(name), _hashOf(password) if password else ""
        checkOpened(account, openedWith)
        open, counted = account.ofKind("websession"), f"websession {fold(account.name)}"
        if self._core.pending[counted] >= limit:
            raise errors.TooManyOf("web sessions", limit)
        # One transaction stores them all, so a session ends only if the new one begins.
        for first in open[: max(0, len(open) + self._core.pending[counted] + 1 - limit)]:
            log.append(CredentialRemoved(SERVER, account.name, "websession", first.name)).addErrback(_refused)
        return self._core.counted(
            counted, log.append(CredentialSet(SERVER, account.name, credential, openedWith=openedWith))
        )

    def isConnected(self, account: Account, hash: str) -> bool:
        """
        Whether somebody is connected who has logged in with a web session, on this node.

        @param hash: the hash of its secret.
        """
        user = self._core.state.users.ofAccount(account.name)
        return user is not None and any(session.webSession == hash for session in user.sessions.values())


def _hashOf(password: str) -> str:
    """The hash of what an account stores of a password."""
    return sha256(password.encode()).hexdigest()


def _refused(failure: Any) -> None:
    """Do nothing: the entry that follows is refused for the same reason, and its receipt says so."""


def checkOpened(account: Account, openedWith: str) -> None:
    """
    Check that an account has the password with which a web session is opened.

    At a restart the account may have no password yet, because entries of replaced passwords are deleted.

    @param openedWith: see L{CredentialSet}.
    @raise LoginFailed: it has another one.
    """
    password = account.credential("password") if openedWith else None
    if password is not None and _hashOf(password.secret) != openedWith:
        raise errors.LoginFailed


def disconnectAll(state: State, account: Account, hash: str) -> None:
    """
    Disconnect the sessions that logged in to an account with a web session, which has ended.

    A session that has not entered yet is refused when it enters, see L{Identity.enter
    <twistchat.chat.rules.users.identity.Identity.enter>}.

    @param hash: the hash of the secret of the web session.
    """
    user = state.users.ofAccount(account.name)
    if user is not None:
        ended = [session for session in user.sessions.values() if session.webSession == hash]
        state.broadcast.departures.disconnect(ended, LOGGED_OUT)
