"""Tests of L{twistchat.net.logs.logins}."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from tests.accounts.fakes import PASSWORD, AccountCase, sessionFrom
from tests.protocols.irc.accounts import negotiating, scram
from twistchat.chat import errors
from twistchat.chat.model.events import CredentialKind
from twistchat.interfaces import WebCaller
from twistchat.net.logs.logins import FAILURES, FAILURES_EACH, MEANS, SUCCESSES, LoginLog

STRANGER = "192.0.2.7"


def logged(act: Callable[[], object]) -> list[str]:
    """Return what the log of logins says about a call."""
    with capturedLogs() as events:
        act()
    return [formatEvent(event) for event in events if event["log_namespace"].endswith("LoginLog")]


class LoginLogTests(SynchronousTestCase):
    """The log on a fake clock."""

    def setUp(self) -> None:
        """Make a log."""
        self.clock = Clock()
        self.log = LoginLog(self.clock, lambda address: address)
        self.caller = WebCaller(STRANGER, secure=True, door="web")

    def test_succeeded(self) -> None:
        """A line names the account, the means, the door and the address, as far as they are known."""
        said = logged(lambda: self.log.succeeded(self.caller, "alice", "token"))
        self.assertEqual(["alice logged in with an app token at the web door, from 192.0.2.7"], said)
        said = logged(lambda: self.log.succeeded(WebCaller(None, secure=True), "alice", "scram"))
        self.assertEqual(["alice logged in with SCRAM"], said)

    def test_failed(self) -> None:
        """A line about a failure has the reason."""
        said = logged(lambda: self.log.failed(self.caller, "alice", "password", "it is wrong"))
        self.assertEqual(["A login to alice with a password failed at the web door, from 192.0.2.7: it is wrong"], said)
        said = logged(lambda: self.log.failed(self.caller, None, "password", "it is wrong"))
        self.assertIn("A login to an unknown account with", said[0])

    def test_registered(self) -> None:
        """A registration has a line."""
        said = logged(lambda: self.log.registered(self.caller, "alice", verified=False))
        (line,) = said
        self.assertTrue(line.startswith("The account alice was registered at the web door, from 192.0.2.7; "), line)

    def test_means(self) -> None:
        """All kinds of credentials have words."""
        self.assertEqual({*CredentialKind.__args__, "scram"}, {*MEANS})  # type: ignore[attr-defined]

    def test_bounded(self) -> None:
        """Lines are bounded, failures for each address too, and the others are counted."""
        said = logged(lambda: [self.log.succeeded(self.caller, "alice", "token") for _ in range(SUCCESSES + 7)])  # type: ignore[func-returns-value]
        self.assertEqual(SUCCESSES, len(said))
        self.assertEqual(["… and 7 more logins or registrations"], logged(lambda: self.clock.advance(1)))

        def fail(times: int, network: str) -> None:
            for _ in range(times):
                self.log.failed(WebCaller(network, secure=True), None, "password", "it is wrong")

        self.assertEqual(FAILURES_EACH, len(logged(partial(fail, 9, STRANGER))))
        self.assertEqual(FAILURES_EACH, len(logged(partial(fail, 9, "2001:db8::1"))))
        self.assertEqual(0, len(logged(partial(fail, 9, "2001:db8::2"))))
        rest = [line for number in range(100) for line in logged(partial(fail, 1, f"198.51.100.{number}"))]
        self.assertEqual(FAILURES - 2 * FAILURES_EACH, len(rest))
        self.assertEqual(["… and 67 more failed logins"], logged(self.log.stop))


class LoggingInTests(AccountCase):
    """What a whole server logs."""

    def setUp(self) -> None:
        """Register alice."""
        super().setUp()
        self.account()

    def tries(self, act: Callable[[], Any], *errors: type[BaseException]) -> list[str]:
        """Return the lines about a login, which fails with these errors if there are any."""

        def attempt() -> None:
            outcome = act()
            if errors:
                self.failureResultOf(outcome, *errors)
            else:
                self.successResultOf(outcome)

        return logged(attempt)

    def test_password(self) -> None:
        """A right password, a wrong one, and one for a name that is no account."""
        login, wrong = self.login, errors.LoginFailed
        place = ", from 127.0.0.1"
        self.assertEqual([f"alice logged in with a password{place}"], self.tries(lambda: login("ALICE", PASSWORD)))
        failed = f"with a password failed{place}: it is wrong"
        self.assertEqual([f"A login to alice {failed}"], self.tries(lambda: login("Alice", "wrong"), wrong))
        self.assertEqual([f"A login to an unknown account {failed}"], self.tries(lambda: login(PASSWORD, "x"), wrong))

    def test_notEncrypted(self) -> None:
        """A password over a plain connection is not checked."""
        said = self.tries(lambda: self.login("alice", PASSWORD, STRANGER), errors.NotEncrypted)
        self.assertEqual(
            [f"A login to alice with a password failed, from {STRANGER}: the connection is not encrypted"], said
        )

    def test_unusable(self) -> None:
        """A right password for a suspended account does not log in."""
        self.successResultOf(self.chat.accounts.suspend(None, "alice", "a reason"))
        said = self.tries(lambda: self.login("alice", PASSWORD), errors.Suspended)
        self.assertEqual(["A login to alice with a password failed, from 127.0.0.1: the account is suspended"], said)

    def test_token(self) -> None:
        """An app token."""
        token = self.successResultOf(self.registrar.addToken(sessionFrom(None), "alice", "phone"))
        said = self.tries(lambda: self.login("alice", token))
        self.assertEqual(["alice logged in with an app token, from 127.0.0.1"], said)
        said = self.tries(lambda: self.login("alice", f"{token}x"), errors.LoginFailed)
        self.assertEqual(["A login to alice with an app token failed, from 127.0.0.1: it is wrong"], said)

    def test_certificate(self) -> None:
        """A certificate, which may name no account."""
        session = sessionFrom(STRANGER, secure=True)
        session.door, session.fingerprint = "irc", "ab" * 32
        said = self.tries(lambda: self.logins.certificate(session, None), errors.LoginFailed)
        self.assertIn("A login to an unknown account with a certificate failed at the irc door", said[0])
        self.successResultOf(self.registrar.addCertificate(session, "alice"))
        said = self.tries(lambda: self.logins.certificate(session, None))
        self.assertEqual([f"alice logged in with a certificate at the irc door, from {STRANGER}"], said)

    def test_scram(self) -> None:
        """A proof of SCRAM counts when it is complete."""
        for password, line in (
            (PASSWORD, "alice logged in with SCRAM at the irc door, from 127.0.0.1"),
            ("wrong", "A login to alice with SCRAM failed at the irc door, from 127.0.0.1: it is wrong"),
        ):
            client = negotiating(self.server)
            exchange = scram(client, "alice", password)

            def prove(client: Any = client, exchange: Any = exchange) -> None:
                for _ in range(3):
                    client.send(next(exchange))
                client.send("AUTHENTICATE nonsense!")

            self.assertEqual([line], logged(prove))

    def test_webSession(self) -> None:
        """A session of the chat logs in with a web session.  A page that only asks who it is does not."""
        web = WebCaller("127.0.0.1", secure=False, door="web")
        opening = self.logins.webLogin(web, "alice", PASSWORD, None, "Firefox/")
        opened = self.successResultOf(opening)
        self.assertEqual([], logged(lambda: self.logins.webSession(opened.secret, web)))
        session = sessionFrom("127.0.0.1")
        said = logged(lambda: self.logins.webSession(opened.secret, session))
        self.assertEqual(["alice logged in with a web session, from 127.0.0.1"], said)
        said = logged(lambda: self.assertRaises(errors.LoginFailed, self.logins.webSession, "tcw_x", session))
        self.assertEqual(
            ["A login to an unknown account with a web session failed, from 127.0.0.1: it has ended"], said
        )

    def test_oidc(self) -> None:
        """A web session that is opened without a password belongs to a linked login."""
        web = WebCaller("127.0.0.1", secure=False, door="web")
        said = self.tries(lambda: self.logins.openWebSession(web, "alice", "Firefox/"))
        self.assertEqual(["alice logged in with a linked login at the web door, from 127.0.0.1"], said)

    def test_register(self) -> None:
        """A registration over IRC, and a login after it."""
        client = self.server.irc("bob")
        said = logged(lambda: client.send("REGISTER * * :a good password"))
        self.assertEqual(["The account bob was registered at the irc door, from 127.0.0.1"], said)

    def test_code(self) -> None:
        """A wrong code of a mail."""
        said = self.tries(lambda: self.registrar.verify(sessionFrom(None), "alice", "123456"), errors.BadCredential)
        self.assertEqual(["A login to alice with a code from a mail failed, from local: it is wrong"], said)

    def test_tooFast(self) -> None:
        """Logins that are not checked are in the log of refusals, and not here."""
        caller = WebCaller(STRANGER, secure=True)
        for _ in range(3):
            self.failureResultOf(self.logins.password(caller, "alice", "wrong"), errors.LoginFailed)
        said = self.tries(lambda: self.logins.password(caller, "alice", "wrong"), errors.TooFast)
        self.assertEqual([], said)
