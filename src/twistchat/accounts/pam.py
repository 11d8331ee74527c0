"""A source of passwords for C{--auth}: PAM, and so the accounts of this machine and whatever else PAM knows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.cred.strcred import ICheckerFactory
from twisted.internet.defer import Deferred, fail
from twisted.plugin import IPlugin
from twisted.python.failure import Failure
from zope.interface import implementer

from twistchat.chat.errors import Overloaded

if TYPE_CHECKING:
    from twistchat.worker import Worker

SERVICE: Final = "twistchat"
"""The default service: PAM reads its configuration from C{/etc/pam.d/twistchat}."""

LIMIT: Final = 8
"""The maximum number of passwords that wait.  PAM delays its answer to a wrong one for about two seconds."""


@implementer(ICredentialsChecker)
class PamChecker:
    """Asks PAM about passwords, one at a time, in a thread."""

    credentialInterfaces = (IUsernamePassword,)

    def __init__(self, service: str, authenticate: Callable[[str, str, str], bool]) -> None:
        """
        @param service: the name of the PAM service.
        @param authenticate: asks PAM: called in the thread with a name, a password and the service.
        """
        self._service = service
        self._authenticate = authenticate
        self._makeWorker: Callable[[], Worker] | None = None
        self._worker: Worker | None = None
        self._waiting = 0

    def start(self, makeWorker: Callable[[], Worker]) -> None:
        """
        Let the checker work.

        @param makeWorker: makes its thread; called for the first password.
        """
        self._makeWorker = makeWorker

    def requestAvatarId(self, credentials: Any) -> Deferred[Any]:
        """
        Ask about a password.

        @param credentials: provides L{IUsernamePassword}.
        @return: fails with L{UnauthorizedLogin} if it is wrong, and with L{Overloaded
            <twistchat.chat.errors.Overloaded>} if too many wait.
        """
        if self._waiting >= LIMIT or self._makeWorker is None:
            return fail(Overloaded("passwords to check"))
        if self._worker is None:
            self._worker = self._makeWorker()
        self._waiting += 1
        checked: Deferred[Any] = Deferred()
        name, password = credentials.username.decode(), credentials.password.decode("utf-8", "surrogatepass")

        def done(outcome: bool | Failure) -> None:
            self._waiting -= 1
            if outcome is True:
                checked.callback(credentials.username)
            else:
                checked.errback(outcome if isinstance(outcome, Failure) else Failure(UnauthorizedLogin()))

        self._worker.submit(lambda: self._authenticate(name, password, self._service), done)
        return checked


@implementer(ICheckerFactory, IPlugin)
class PamSource:
    """The plugin for C{--auth pam}."""

    authType = "pam"
    authHelp = "Asks PAM.  This needs the package pamela: install twistchat[pam]."
    argStringFormat = "the name of a PAM service (it needs twistchat[pam])"
    credentialInterfaces = (IUsernamePassword,)

    def generateChecker(self, argstring: str) -> PamChecker:
        """
        Make the checker.

        @param argstring: the name of a PAM service; empty for L{SERVICE}.
        @raise ImportError: the package C{pamela} is not installed.
        @raise ValueError: this is no name of a service.
        """
        from pamela import PAMError, authenticate

        service = argstring or SERVICE
        if not service.isascii() or not service.replace("-", "").replace("_", "").isalnum():
            raise ValueError("the name of a service consists of letters, digits, hyphens and underscores")

        def ask(name: str, password: str, service: str) -> bool:
            try:
                authenticate(name, password, service)
            except PAMError:
                return False
            return True

        return PamChecker(service, ask)
