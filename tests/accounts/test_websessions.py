"""Tests of L{twistchat.accounts.websessions}, and of the logins of browsers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pyotp import TOTP
from twisted.internet.defer import Deferred

from tests.accounts.fakes import PASSWORD, AccountCase, sessionFrom
from tests.chat.fakes import FakeDialect, FakeOutlet
from twistchat.accounts.secrets.passwords import SALTS
from twistchat.accounts.secrets.tokens import TOKEN, digest
from twistchat.accounts.websessions import INTERVAL, LONGEST_SECRET, MOST_EXPIRED, SECRET, nameBrowser
from twistchat.chat.errors import (
    BadPassword,
    CodeRequired,
    LoginFailed,
    NoSuchAccount,
    NotEncrypted,
    Suspended,
    TooFast,
    WrongCode,
)
from twistchat.chat.rules.users.websessions import LOGGED_OUT
from twistchat.interfaces import Authenticated, WebCaller, WebSession
from twistchat.testing import ManualLog, inMemory

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"
"""The User-Agent of the browsers in these tests."""

HOME = WebCaller("192.0.2.1", secure=True)
"""A browser on another machine."""

DAY = 86_400


class WebCase(AccountCase):
    """A server with the account alice."""

    def setUp(self) -> None:
        super().setUp()
        self.account()

    def webLogin(self, caller: Any = HOME, name: str = "alice", password: str = PASSWORD) -> Any:
        """Begin to log a browser in."""
        return self.logins.webLogin(caller, name, password, None, FIREFOX)

    def open(self) -> WebSession:
        """Log a browser in."""
        opened = self.successResultOf(self.webLogin())
        assert isinstance(opened, WebSession)
        return opened

    def isOpen(self, opened: WebSession) -> bool:
        """Whether a web session is valid, without a use of it."""
        return self.chat.state.accounts.withWebSession(digest(opened.secret)) is not None

    def connect(self, opened: WebSession) -> FakeOutlet:
        """Enter the chat with a web session."""
        outlet, authenticated = FakeOutlet(FakeDialect()), self.logins.webSession(opened.secret)
        session, identity = self.chat.presence.open(outlet), self.chat.identity
        login = identity.login(session, authenticated.account, webSession=authenticated.stored)
        self.successResultOf(Deferred.fromCoroutine(login))
        self.successResultOf(Deferred.fromCoroutine(identity.enter(session, "alice", "~u", "host")))
        return outlet

    def names(self) -> list[str]:
        """The names of alice's web sessions."""
        return [one.name for one in self.chat.state.accounts.named("alice").ofKind("websession")]


class LoginTests(WebCase):
    """Logging a browser in."""

    def test_login(self) -> None:
        """A password opens a web session, whose secret says who the browser is.  The journal has its hash only."""
        opened = self.open()
        self.assertEqual(("alice", "Firefox on Linux"), (opened.account, opened.name))
        self.assertRegex(opened.secret, rf"\A{SECRET}[A-Za-z0-9_-]{{36}}\Z")
        self.assertEqual(Authenticated("alice", "websession", opened.name), self.logins.webSession(opened.secret))
        (stored,) = self.chat.state.accounts.named("alice").ofKind("websession")
        self.assertEqual((digest(opened.secret), self.server.context.wall() * 1000), (stored.secret, stored.created))
        self.assertNotIn(opened.secret, repr(opened))

    def test_new(self) -> None:
        """Each login has a secret and a name of its own, also if two are on their way at once."""
        opened = [self.open(), self.open()]
        names = ["Firefox on Linux", "Firefox on Linux 2"]
        self.assertEqual(names, [one.name for one in opened])
        self.assertEqual(names, self.names())
        self.assertNotEqual(opened[0].secret, opened[1].secret)
        for one in opened:
            self.assertEqual(one.name, self.logins.webSession(one.secret).credential)

    def test_likeToken(self) -> None:
        """A web session has not the name of a token, so that its owner can name each of them."""
        self.successResultOf(self.registrar.addToken(sessionFrom(None), "alice", "Firefox on Linux"))
        self.assertEqual("Firefox on Linux 2", self.open().name)

    def test_wrong(self) -> None:
        """A wrong password counts as a failure, as at the other doors.  An app token is not accepted."""
        token = self.successResultOf(self.registrar.addToken(sessionFrom(None), "alice", "phone"))
        assert token.startswith(TOKEN)
        for name, password in (("alice", "wrong horse"), ("nobody", PASSWORD), ("alice", token)):
            self.refused(self.webLogin(name=name, password=password), LoginFailed)
        self.refused(self.webLogin(), TooFast)
        self.assertEqual([], self.names())

    def test_plaintext(self) -> None:
        """No secret travels over a connection that is not encrypted."""
        insecure = WebCaller("192.0.2.1", secure=False)
        self.refused(self.webLogin(insecure), NotEncrypted)
        self.refused(self.logins.openWebSession(insecure, "alice", ""), NotEncrypted)
        self.successResultOf(self.webLogin(WebCaller("127.0.0.1", secure=False)))

    def test_otherMeans(self) -> None:
        """Somebody who has proved otherwise who they are gets a web session, if the account can be used."""
        opened = self.successResultOf(self.logins.openWebSession(HOME, "ALICE", ""))
        self.assertEqual(("alice", "Browser"), (opened.account, opened.name))
        self.refused(self.logins.openWebSession(HOME, "nobody", ""), NoSuchAccount)
        self.successResultOf(self.chat.accounts.suspend(None, "alice", "spam"))
        self.refused(self.logins.openWebSession(HOME, "alice", ""), Suspended)

    def test_place(self) -> None:
        """The address of a browser is remembered as a place of the account."""
        opened = self.open()
        self.assertEqual(1, len(self.chat.state.accounts.named("alice").places))
        self.logins.webSession(opened.secret, WebCaller("198.51.100.1", secure=True))
        self.assertEqual(2, len(self.chat.state.accounts.named("alice").places))


class UseTests(WebCase):
    """Using and ending web sessions."""

    def test_wrong(self) -> None:
        """A secret that is not one finds nothing.  This is no failed login, because a cookie may be old."""
        self.open()
        stored = self.chat.state.accounts.named("alice").ofKind("websession")[0].secret
        for secret in ("", SECRET, stored, "\udce9", "x" * (LONGEST_SECRET + 1), *["tcw_no"] * 20):
            self.assertRaises(LoginFailed, self.logins.webSession, secret, HOME)
        self.open()

    def test_suspended(self) -> None:
        """The owner of a suspended account learns why.  Afterwards the web session works again."""
        opened = self.open()
        self.successResultOf(self.chat.accounts.suspend(None, "alice", "spam"))
        self.assertEqual("spam", self.assertRaises(Suspended, self.logins.webSession, opened.secret).reason)
        self.successResultOf(self.chat.accounts.restore(None, "alice"))
        self.logins.webSession(opened.secret)

    def test_end(self) -> None:
        """A web session ends, and with it the sessions that logged in with it.  A second time is no error."""
        opened, other = self.open(), self.open()
        outlet = self.connect(opened)
        for _ in range(2):
            self.successResultOf(self.logins.endWebSession(opened.secret))
        self.server.pump()
        self.assertRaises(LoginFailed, self.logins.webSession, opened.secret)
        self.assertEqual([LOGGED_OUT], outlet.reasons)
        self.logins.webSession(other.secret)

    def test_endAll(self) -> None:
        """All web sessions of an account end at once."""
        opened = [self.open() for _ in range(3)]
        self.successResultOf(self.logins.endWebSessions("alice"))
        for one in opened:
            self.assertRaises(LoginFailed, self.logins.webSession, one.secret)
        self.successResultOf(self.logins.endWebSessions("alice"))
        self.refused(self.logins.endWebSessions("nobody"), NoSuchAccount)
        stays, ends = self.open(), self.open()
        self.successResultOf(self.logins.endWebSessions("alice", digest(stays.secret)))
        self.assertEqual((True, False), (self.isOpen(stays), self.isOpen(ends)))

    def test_newPassword(self) -> None:
        """A new password ends all web sessions, but for the one with which its owner has logged in."""
        own, other = self.open(), self.open()
        session = sessionFrom(None)
        session.webSession = digest(own.secret)
        self.refused(self.registrar.setPassword(session, "alice", "short"), BadPassword)
        self.assertTrue(self.isOpen(other))
        self.successResultOf(self.registrar.setPassword(session, "alice", "battery staple"))
        self.assertEqual((True, False), (self.isOpen(own), self.isOpen(other)))
        self.successResultOf(self.registrar.setPassword(sessionFrom(None), "alice", PASSWORD))
        self.assertEqual([], self.names())

    def test_bounded(self) -> None:
        """An account has at most as many web sessions as other credentials of one kind.  The first one ends."""
        first = self.open()
        for _ in range(20):
            self.open()
        self.assertFalse(self.isOpen(first))
        self.assertEqual(20, len(self.names()))


class AtOnceTests(WebCase):
    """Changes that the journal has not stored yet."""

    def setUp(self) -> None:
        self.serve(journal=inMemory(ManualLog))
        registering = self.registrar.register(sessionFrom(None), "alice", PASSWORD)
        self.server.log.commit()
        self.assertEqual("registered", self.successResultOf(registering))

    def change(self, password: str) -> Any:
        """Begin to change the password."""
        hashing = self.server.context.passwords.hash(password, bytes(SALTS))
        return self.chat.accounts.setCredential(None, "alice", self.successResultOf(hashing))

    def test_oldPassword(self) -> None:
        """A login with the old password, which is in progress while the password changes, is refused."""
        self.change("another horse")
        opening = self.webLogin()
        self.assertNoResult(opening)
        self.server.log.commit()
        self.refused(opening, LoginFailed)
        self.assertEqual([], self.names())

    def test_samePassword(self) -> None:
        """Without a change, the same login succeeds; and a later change does not end what was opened before."""
        opening = self.webLogin()
        changing = self.change("another horse")
        self.server.log.commit()
        self.successResultOf(changing)
        self.assertTrue(self.isOpen(self.successResultOf(opening)))


class RestartTests(WebCase):
    """A server with a journal on disk that starts again."""

    def setUp(self) -> None:
        self.directory = self.mktemp()
        self.serve(directory=self.directory)
        self.account()

    def restart(self) -> None:
        """Stop the server, and start another one."""
        self.successResultOf(self.server.close())
        self.serve(directory=self.directory)
        self.addCleanup(self.server.close)

    def test_stay(self) -> None:
        """Browsers and second factors outlive the server."""
        stays, ends = self.open(), self.open()
        begun = self.logins.factors.setUp("alice")
        totp = TOTP(begun.secret)
        codes = self.successResultOf(self.logins.factors.confirm("alice", totp.at(self.server.context.wall())))
        self.successResultOf(self.logins.endWebSession(ends.secret))
        changing = self.server.context.passwords.hash("another horse", bytes(SALTS))
        self.successResultOf(self.chat.accounts.setCredential(None, "alice", self.successResultOf(changing)))
        self.restart()
        self.assertEqual(stays.name, self.logins.webSession(stays.secret).credential)
        self.assertRaises(LoginFailed, self.logins.webSession, ends.secret)
        self.refused(self.webLogin(password="another horse"), CodeRequired)
        self.successResultOf(self.logins.webLogin(HOME, "alice", "another horse", codes[0], FIREFOX))
        self.restart()
        self.refused(self.logins.webLogin(HOME, "alice", "another horse", codes[0], FIREFOX), WrongCode)
        self.successResultOf(self.chat.accounts.drop(None, "alice"))
        self.restart()
        self.assertRaises(LoginFailed, self.logins.webSession, stays.secret)

    def test_secret(self) -> None:
        """No file has the secret of a web session, and none has that of a second factor when it is gone."""
        opened, begun = self.open(), self.logins.factors.setUp("alice")
        code = TOTP(begun.secret).at(self.server.context.wall())
        recovery = self.successResultOf(self.logins.factors.confirm("alice", code))
        self.successResultOf(self.logins.factors.remove("alice", recovery[0]))
        self.successResultOf(self.logins.endWebSession(opened.secret))
        self.restart()
        found = b"".join(file.read_bytes() for file in Path(self.directory).iterdir())
        self.assertIn(b"alice", found)
        for secret in (opened.secret, digest(opened.secret), begun.secret, digest(recovery[1])):
            self.assertNotIn(secret.encode(), found)


class ExpiryTests(WebCase):
    """The end of web sessions that nobody uses."""

    def age(self, days: float) -> None:
        """Let time pass, and let the server look for expired web sessions."""
        self.server.advance(days * DAY)
        self.server.advance(INTERVAL + 60)

    def test_expired(self) -> None:
        """A web session is of no use 30 days after its login, at once, and is removed later."""
        opened = self.open()
        self.logins.stop()
        self.server.advance(30 * DAY)
        self.logins.tend()
        self.assertFalse(self.isOpen(opened))
        opened = self.open()
        self.logins.stop()
        self.server.advance(30 * DAY - 1)
        self.logins.webSession(opened.secret)
        self.server.advance(30 * DAY)
        self.assertTrue(self.isOpen(opened))
        self.assertRaises(LoginFailed, self.logins.webSession, opened.secret)

    def test_idle(self) -> None:
        """A server without web sessions looks for none."""
        self.assertEqual([], self.server.clock.getDelayedCalls())
        opened = self.open()
        self.assertNotEqual([], self.server.clock.getDelayedCalls())
        self.successResultOf(self.logins.endWebSession(opened.secret))
        self.age(0)
        self.assertEqual([], self.server.clock.getDelayedCalls())

    def test_used(self) -> None:
        """The time counts from the last use."""
        opened = self.open()
        for _ in range(4):
            self.age(25)
            self.logins.webSession(opened.secret)
        self.age(29)
        self.assertTrue(self.isOpen(opened))
        self.age(1)
        self.assertFalse(self.isOpen(opened))

    def test_short(self) -> None:
        """With a time of an hour, each use counts, although other logins are recorded once a day."""
        self.server.configure("[accounts]\nwebSessionTime = '1h'")
        self.server.context.rehash()
        opened = self.open()
        for _ in range(4):
            self.server.advance(2000)
            self.logins.webSession(opened.secret)
        self.server.advance(3601)
        self.assertRaises(LoginFailed, self.logins.webSession, opened.secret)

    def test_connected(self) -> None:
        """A web session does not expire while somebody is connected with it."""
        opened = self.open()
        outlet = self.connect(opened)
        for _ in range(40):
            self.age(1)
        self.assertEqual([], outlet.reasons)
        self.logins.webSession(opened.secret)

    def test_many(self) -> None:
        """Many that expire at once are removed in portions."""
        for number in range(4):
            self.account(f"user{number}")
            for _ in range(20):
                self.successResultOf(self.logins.openWebSession(HOME, f"user{number}", ""))
        self.server.context.logins.stop()
        self.server.advance(31 * DAY)
        accounts = self.chat.state.accounts
        self.assertEqual(80, len(accounts.webSessions))
        self.logins.tend()
        self.assertEqual(80 - MOST_EXPIRED, len(accounts.webSessions))
        self.server.advance(60)
        self.assertEqual(0, len(accounts.webSessions))

    def test_stop(self) -> None:
        """A server that has stopped looks no more."""
        opened = self.open()
        self.logins.stop()
        self.age(60)
        self.assertTrue(self.isOpen(opened))


class NameTests(WebCase):
    """The names of browsers."""

    def test_known(self) -> None:
        """People recognize their browser and their system."""
        for agent, name in (
            (FIREFOX, "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36",
                "Chrome on Windows",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
                "Edge on Windows",
            ),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.0 Safari/605.1.15", "Safari on macOS"),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari on iPhone"),
            (
                "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
            ("curl/8.0", "Browser"),
            ("", "Browser"),
        ):
            self.assertEqual(name, nameBrowser(agent))

    def test_hostile(self) -> None:
        """Nothing that a client writes becomes a part of the name."""
        for agent in ("\r\n\0\x1b]0;Firefox/\a", "\u202eFirefox/ Linux" * 100_000, "é" * 1000 + "Firefox/"):
            self.assertIn(nameBrowser(agent), ("Firefox", "Firefox on Linux", "Browser"))
