"""Tests of L{twistchat.accounts.pam}."""

from __future__ import annotations

from typing import Any

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import UsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.cred.strcred import ICheckerFactory
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from twistchat.accounts.pam import LIMIT, PamChecker, PamSource
from twistchat.chat.errors import Overloaded
from twistchat.testing.workers import HeldWorker, InlineWorker


class PamTests(SynchronousTestCase):
    """Asking PAM."""

    def setUp(self) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.checker = PamChecker("chat", self.authenticate)

    def authenticate(self, name: str, password: str, service: str) -> bool:
        """Answer as PAM does."""
        self.asked.append((name, password, service))
        if password == "broken":
            raise OSError("no PAM here")
        return password == "schön"

    def check(self, password: str, name: str = "Björn") -> Deferred[Any]:
        """Ask about a password."""
        return self.checker.requestAvatarId(UsernamePassword(name.encode(), password.encode()))

    def test_interfaces(self) -> None:
        """The objects provide the interfaces of cred."""
        verifyObject(ICredentialsChecker, self.checker)
        verifyObject(ICheckerFactory, PamSource())

    def test_answers(self) -> None:
        """PAM gets the name, the password and the service; a fault is a failure, and no wrong password."""
        self.checker.start(InlineWorker)
        self.assertEqual("Björn".encode(), self.successResultOf(self.check("schön")))
        self.assertEqual([("Björn", "schön", "chat")], self.asked)
        self.failureResultOf(self.check("wrong"), UnauthorizedLogin)
        self.failureResultOf(self.check("broken"), OSError)

    def test_thread(self) -> None:
        """PAM is asked in the one thread.  If too many passwords wait there, the next one is refused at once."""
        worker = HeldWorker()
        self.failureResultOf(self.check("schön"), Overloaded)
        self.checker.start(lambda: worker)
        waiting = [self.check("schön") for _ in range(LIMIT)]
        self.failureResultOf(self.check("schön"), Overloaded)
        self.assertEqual([], self.asked)
        worker.run()
        for check in waiting:
            self.successResultOf(check)
        again = self.check("schön")
        worker.run()
        self.successResultOf(again)

    def test_badService(self) -> None:
        """A service is named by a file in C{/etc/pam.d}, and nothing else."""
        for name in ("../shadow", "a b", "a/b", "é", "\0"):
            self.assertRaises((ValueError, ImportError), PamSource().generateChecker, name)
