"""Tests of L{twistchat.accounts.factors}, and of logins to accounts with a second factor."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from pyotp import TOTP
from twisted.internet.defer import Deferred
from zope.interface.verify import verifyObject

from tests.accounts.fakes import PASSWORD, AccountCase, sessionFrom, users
from twistchat.accounts.factors import LONGEST_CODE, MOST_BEGUN, RECOVERY_CODES, SET_UP_TIME, STEP
from twistchat.accounts.secrets.tokens import digest
from twistchat.chat.errors import (
    BadCredential,
    CodeRequired,
    LoginFailed,
    NoSuchAccount,
    Suspended,
    TooFast,
    WrongCode,
)
from twistchat.chat.model.events import Credential
from twistchat.interfaces import ISecondFactors, WebCaller
from twistchat.testing import ManualLog, inMemory

HOME = WebCaller("192.0.2.1", secure=True)
"""A browser on another machine."""


class FactorCase(AccountCase):
    """A server with the account alice."""

    def setUp(self) -> None:
        super().setUp()
        self.account()

    def setFactor(self) -> tuple[str, ...]:
        """
        Set up a second factor, and let a minute pass.

        @return: the recovery codes.
        """
        begun = self.logins.factors.setUp("alice")
        self.totp = TOTP(begun.secret)
        codes: tuple[str, ...] = self.successResultOf(self.logins.factors.confirm("alice", self.code()))
        self.server.advance(2 * STEP)
        return codes

    def code(self, steps: int = 0) -> str:
        """The code that the app shows now, or so many steps later."""
        return self.totp.at(self.server.context.wall() + steps * STEP)

    def wrong(self) -> str:
        """A code that the app does not show now."""
        shown = {self.code(steps) for steps in range(-3, 4)}
        return next(code for code in map("{:06}".format, range(10)) if code not in shown)

    def stored(self) -> Credential:
        """What the journal has of the second factor."""
        credential: Credential | None = self.chat.state.accounts.named("alice").credential("totp")
        assert credential is not None
        return credential

    def webLogin(self, code: str | None, password: str = PASSWORD, caller: Any = HOME) -> Any:
        """Begin to log a browser in."""
        return self.logins.webLogin(caller, "alice", password, code, "")


class SetUpTests(FactorCase):
    """Setting a second factor up, and removing it."""

    def test_interface(self) -> None:
        """The object provides the interface that doors use."""
        verifyObject(ISecondFactors, self.logins.factors)

    def test_setUp(self) -> None:
        """An app gets the secret, and its first code confirms it.  Only then is it stored."""
        begun = self.logins.factors.setUp("ALICE")
        uri = urlsplit(begun.uri)
        self.assertEqual(("otpauth", "totp", "/twistchat.local:alice"), (uri.scheme, uri.netloc, unquote(uri.path)))
        self.assertEqual({"secret": [begun.secret], "issuer": ["twistchat.local"]}, parse_qs(uri.query))
        self.assertNotIn(begun.secret, repr(begun))
        self.assertFalse(self.logins.factors.isSetUp("alice"))
        self.successResultOf(self.webLogin(None))
        self.totp = TOTP(begun.secret)
        self.refused(self.logins.factors.confirm("alice", self.wrong()), WrongCode)
        codes = self.successResultOf(self.logins.factors.confirm("alice", self.code()))
        self.assertTrue(self.logins.factors.isSetUp("alice"))
        self.assertEqual(RECOVERY_CODES, len(set(codes)))
        self.assertEqual([begun.secret, *map(digest, codes)], self.stored().secret.split(" "))

    def test_spaces(self) -> None:
        """Apps show a code with a space in the middle, and people type it so."""
        self.setFactor()
        self.successResultOf(self.webLogin(f"{self.code()[:3]} {self.code()[3:]}"))

    def test_again(self) -> None:
        """Only the secret that was shown last can be confirmed.  A second one needs the first one's end."""
        first, second = (self.logins.factors.setUp("alice").secret for _ in range(2))
        self.totp = TOTP(first)
        self.refused(self.logins.factors.confirm("alice", self.code()), WrongCode)
        self.totp = TOTP(second)
        self.successResultOf(self.logins.factors.confirm("alice", self.code()))
        self.assertRaises(BadCredential, self.logins.factors.setUp, "alice")
        self.refused(self.logins.factors.confirm("alice", self.code(1)), BadCredential)

    def test_tooLate(self) -> None:
        """A set-up is forgotten after ten minutes, and one that was never begun cannot be confirmed."""
        self.refused(self.logins.factors.confirm("alice", "123456"), BadCredential)
        self.totp = TOTP(self.logins.factors.setUp("alice").secret)
        self.server.advance(SET_UP_TIME)
        self.refused(self.logins.factors.confirm("alice", self.code()), BadCredential)
        self.assertRaises(NoSuchAccount, self.logins.factors.setUp, "nobody")

    def test_bounded(self) -> None:
        """Many that are begun do not take memory without bound: the first one is forgotten."""
        register = self.chat.accounts.register
        self.totp = TOTP(self.logins.factors.setUp("alice").secret)
        for number in range(MOST_BEGUN):
            self.successResultOf(Deferred.fromCoroutine(register(None, f"user{number}")))
            self.logins.factors.setUp(f"user{number}")
        self.refused(self.logins.factors.confirm("alice", self.code()), BadCredential)

    def test_remove(self) -> None:
        """A code ends it, and the password is enough then.  The recovery codes end too."""
        codes = self.setFactor()
        self.refused(self.logins.factors.remove("alice", self.wrong()), WrongCode)
        self.successResultOf(self.logins.factors.remove("alice", self.code()))
        self.assertFalse(self.logins.factors.isSetUp("alice"))
        self.successResultOf(self.webLogin(None))
        self.refused(self.logins.factors.remove("alice", codes[0]), BadCredential)
        codes = self.setFactor()
        self.successResultOf(self.logins.factors.remove("alice", codes[0]))


class AtOnceTests(FactorCase):
    """Changes that the journal has not stored yet."""

    def setUp(self) -> None:
        self.serve(journal=inMemory(ManualLog))
        registering = Deferred.fromCoroutine(self.chat.accounts.register(None, "alice"))
        self.commit()
        self.successResultOf(registering)
        begun = self.logins.factors.setUp("alice")
        self.totp = TOTP(begun.secret)
        confirming = self.logins.factors.confirm("alice", self.code())
        self.commit()
        self.recovery = self.successResultOf(confirming)

    def commit(self) -> None:
        """Store what waits."""
        self.server.log.commit()

    def check(self, code: str) -> Deferred[bool]:
        """Begin to check a code."""
        return Deferred.fromCoroutine(self.logins.factors.check("alice", code))

    def test_recovery(self) -> None:
        """A recovery code is spent before it is accepted.  Meanwhile no other one is, which would bring it back."""
        first, second, *_ = self.recovery
        checking = self.check(first)
        self.assertNoResult(checking)
        for code in (first, second):
            self.refused(self.check(code), WrongCode)
        self.commit()
        self.assertTrue(self.successResultOf(checking))
        checking = self.check(second)
        self.commit()
        self.successResultOf(checking)
        self.assertEqual(RECOVERY_CODES - 2, len(self.stored().secret.split(" ")) - 1)

    def test_removed(self) -> None:
        """A recovery code does not bring back a second factor that is being removed."""
        self.server.advance(2 * STEP)
        removing = self.logins.factors.remove("alice", self.code())
        self.refused(self.check(self.recovery[0]), WrongCode)
        self.commit()
        self.successResultOf(removing)
        self.assertFalse(self.logins.factors.isSetUp("alice"))


class LoginTests(FactorCase):
    """Logging in to an account with a second factor."""

    def setUp(self) -> None:
        super().setUp()
        self.recovery = self.setFactor()

    def test_code(self) -> None:
        """A login at the page needs a code.  Whoever has no password does not learn that."""
        for missing in (None, ""):
            self.assertEqual("alice", self.refused(self.webLogin(missing), CodeRequired).account)
        self.refused(self.webLogin(None, "wrong horse"), LoginFailed)
        self.refused(self.webLogin(self.code(), "wrong horse"), LoginFailed)
        self.assertEqual("alice", self.successResultOf(self.webLogin(self.code())).account)
        self.assertIn(("totp", ""), self.chat.state.accounts.named("alice").used)

    def test_once(self) -> None:
        """A code is accepted once, and after it none of an earlier time."""
        self.successResultOf(self.webLogin(self.code()))
        self.refused(self.webLogin(self.code()), WrongCode)
        self.refused(self.webLogin(self.code(-1)), WrongCode)
        self.successResultOf(self.webLogin(self.code(1)))
        self.server.advance(2 * STEP)
        self.successResultOf(self.webLogin(self.code()))

    def test_window(self) -> None:
        """The codes of the step before and after are accepted, and no others."""
        self.refused(self.webLogin(self.code(-2)), WrongCode)
        self.refused(self.webLogin(self.code(2)), WrongCode)
        self.successResultOf(self.webLogin(self.code(-1)))
        self.successResultOf(self.webLogin(self.code(1)))

    def test_failures(self) -> None:
        """A wrong code counts as a failed login, a missing one does not."""
        for _ in range(10):
            self.refused(self.webLogin(None), CodeRequired)
        for _ in range(3):
            self.refused(self.webLogin(self.wrong()), WrongCode)
        self.assertEqual("log in", self.refused(self.webLogin(self.code()), TooFast).what)

    def test_guessing(self) -> None:
        """Nobody guesses codes from many addresses, or from a place of the account."""
        self.successResultOf(self.webLogin(self.code()))
        self.server.advance(STEP)
        for number in range(5):
            caller = WebCaller(f"198.51.100.{number}", secure=True)
            self.refused(self.webLogin(self.wrong(), caller=caller), WrongCode)
        for caller in (HOME, WebCaller("127.0.0.1", secure=True, exempt=True)):
            self.assertEqual("send codes", self.refused(self.webLogin(self.code(), caller=caller), TooFast).what)
        self.refused(self.logins.factors.remove("alice", self.code()), TooFast)
        self.server.advance(300)
        self.successResultOf(self.webLogin(self.code()))

    def test_others(self) -> None:
        """The wrong passwords of others do not keep a code from being checked, where its owner is known."""
        self.successResultOf(self.webLogin(self.code()))
        self.server.advance(STEP)
        for number in range(9):
            self.failureResultOf(self.login("alice", "wrong horse", f"127.0.0.{number + 1}"))
        self.successResultOf(self.webLogin(self.code()))

    def test_malformed(self) -> None:
        """What is no code is wrong."""
        for number, code in enumerate((" ", "12345", "1234567", "１２３４５６", "\udce9", "\0", "1" * 100_000)):
            caller = WebCaller(f"198.51.100.{number}", secure=True)
            self.refused(self.webLogin(code, caller=caller), WrongCode)
            self.server.advance(300)
        self.assertGreater(100_000, LONGEST_CODE)

    def test_recovery(self) -> None:
        """Each recovery code works once, in any case of letters, with hyphens, and without the app."""
        first, second, *_ = self.recovery
        self.successResultOf(self.webLogin(f"{first[:4]}-{first[4:]}".upper()))
        self.assertNotIn(digest(first), self.stored().secret)
        self.refused(self.webLogin(first), WrongCode)
        self.successResultOf(self.webLogin(second))
        self.assertEqual(RECOVERY_CODES - 2, len(self.stored().secret.split(" ")) - 1)

    def test_password(self) -> None:
        """Without a code, the password alone logs nobody in at the other doors, nor does SCRAM.  With it, it does."""
        login = partial(self.logins.password, sessionFrom("127.0.0.1"), "alice")
        self.refused(login(PASSWORD), CodeRequired)
        self.refused(login("wrong horse"), LoginFailed)
        self.successResultOf(login(PASSWORD, self.code()))
        attempt = self.logins.scram(sessionFrom(None), "alice")
        attempt.begin()
        self.assertRaises(CodeRequired, attempt.succeeded)

    def test_nick(self) -> None:
        """The name by which somebody logs in makes no difference."""
        self.successResultOf(self.chat.accounts.group(None, "alice", "ally"))
        self.refused(self.logins.password(sessionFrom("127.0.0.1"), "Ally", PASSWORD), CodeRequired)

    def test_credentials(self) -> None:
        """App tokens and keys need no code."""
        session = sessionFrom("127.0.0.1")
        token = self.successResultOf(self.registrar.addToken(session, "alice", "phone"))
        self.assertEqual("token", self.successResultOf(self.logins.password(session, "alice", token)).kind)
        for kind in ("certificate", "sshkey"):
            credential = Credential(kind, "ab" * 32)
            self.successResultOf(self.chat.accounts.setCredential(None, "alice", credential))
        session.fingerprint = "ab" * 32
        self.successResultOf(self.logins.certificate(session, None))
        self.successResultOf(self.logins.sshKey(session, None, "ab" * 32))
        self.successResultOf(self.logins.openWebSession(HOME, "alice", ""))

    def test_source(self) -> None:
        """A password from a further source needs a code too."""
        self.serve(sources=[users(alice="theirs")])
        self.account()
        self.setFactor()
        self.refused(self.logins.password(sessionFrom("127.0.0.1"), "alice", "theirs"), CodeRequired)

    def test_suspended(self) -> None:
        """The owner of a suspended account learns why, before a code is asked for."""
        self.successResultOf(self.chat.accounts.suspend(None, "alice", "spam"))
        self.refused(self.webLogin(None), Suspended)
