"""Tests of L{twistchat.accounts.logins}."""

from __future__ import annotations

from functools import partial

from twisted.internet.defer import Deferred
from zope.interface.verify import verifyObject

from tests.accounts.fakes import PASSWORD, AccountCase, sessionFrom, users
from twistchat.accounts.secrets.passwords import SALT, hashPassword
from twistchat.accounts.secrets.tokens import digest
from twistchat.chat.errors import LoginFailed, NickReserved, NotEncrypted, NotVerified, Overloaded, Suspended, TooFast
from twistchat.chat.model.events import Credential
from twistchat.interfaces import Authenticated, ILogins, IScramAttempt
from twistchat.testing.workers import HeldWorker

SHA = "ab" * 32
"""The fingerprint of a certificate."""


class PasswordTests(AccountCase):
    """Logging in with a password."""

    def test_interface(self) -> None:
        """The object provides the interface that doors use."""
        verifyObject(ILogins, self.logins)

    def test_right(self) -> None:
        """The right password logs in, with the account's name or a nick of it, in any case of letters."""
        self.account("Alice")
        self.successResultOf(self.chat.accounts.group(None, "alice", "ally"))
        for name in ("Alice", "aLICE", "ally", "ALLY"):
            self.assertEqual(Authenticated("Alice", "password"), self.successResultOf(self.login(name, PASSWORD)))

    def test_wrong(self) -> None:
        """A wrong password, an unknown name, an account without a password and a look-alike get the same answer."""
        self.account()
        self.successResultOf(Deferred.fromCoroutine(self.chat.accounts.register(None, "bare")))
        answers = set()
        for number, (name, password) in enumerate(
            (
                ("alice", "wrong horse"),
                ("alice", ""),
                ("alice", "x" * 100_000),
                ("bob", PASSWORD),
                ("bare", ""),
                ("", ""),
                ("alicе", PASSWORD),
                ("' OR 1=1 --", PASSWORD),
                ("*)(uid=*", PASSWORD),
                ("a\0b\r\n", PASSWORD),
                ("é" * 100_000, PASSWORD),
            )
        ):
            answers.add(self.refused(self.login(name, password, f"192.0.2.{number}"), NotEncrypted, LoginFailed).text)
            answers.add(self.refused(self.login(name, password, f"127.0.0.{number}"), LoginFailed).text)
        self.assertEqual({NotEncrypted().text, LoginFailed().text}, answers)

    def test_prepared(self) -> None:
        """The same password is right in all forms in which it can be typed."""
        self.account("alice", "sch\u00f6nes Pferd")
        self.successResultOf(self.login("alice", "scho\u0308nes\u00a0Pferd"))

    def test_plaintext(self) -> None:
        """A password is accepted over an encrypted connection or from this machine; or if the configuration says so."""
        self.account()
        cases = (
            (sessionFrom(None), True),
            (sessionFrom("127.0.0.1"), True),
            (sessionFrom("::1"), True),
            (sessionFrom("::ffff:127.0.0.1"), True),
            (sessionFrom("192.0.2.1"), False),
            (sessionFrom("192.0.2.1", secure=True), True),
        )
        for session, may in cases:
            self.assertIs(may, self.logins.maySendPasswords(session))
            logging = self.logins.password(session, "alice", PASSWORD)
            if may:
                self.successResultOf(logging)
            else:
                self.refused(logging, NotEncrypted)
        self.server.configure("[accounts]\nplaintext = true")
        self.server.context.rehash()
        self.successResultOf(self.logins.password(sessionFrom("192.0.2.1"), "alice", PASSWORD))

    def test_unusable(self) -> None:
        """Someone with the right password learns why the account cannot be used; nobody else does."""
        self.account("alice")
        self.successResultOf(self.chat.accounts.suspend(None, "alice", "spam"))
        registering = self.chat.accounts.register(None, "bob", self.account("carol").credentials, until=2**41)
        self.successResultOf(Deferred.fromCoroutine(registering))
        self.assertEqual("spam", self.refused(self.login("alice", PASSWORD), Suspended).reason)
        self.assertEqual("bob", self.refused(self.login("bob", PASSWORD), NotVerified).account)
        for name in ("alice", "bob"):
            self.refused(self.login(name, "wrong horse"), LoginFailed)
        self.successResultOf(self.chat.accounts.restore(None, "alice"))
        self.successResultOf(self.login("alice", PASSWORD))

    def test_dropped(self) -> None:
        """An account that is dropped while its password is checked cannot be used."""
        self.account()
        worker = HeldWorker()
        self.serveHeld(worker)
        logging = self.login("alice", PASSWORD)
        self.successResultOf(self.chat.accounts.drop(None, "alice"))
        worker.run()
        self.refused(logging, LoginFailed)

    def serveHeld(self, worker: HeldWorker) -> None:
        """Start a server with one account, whose passwords a worker checks when the test says so."""
        self.serve(makeWorker=lambda: worker)
        registering = self.registrar.register(sessionFrom(None), "alice", PASSWORD)
        worker.run()
        self.successResultOf(registering)

    def test_overloaded(self) -> None:
        """Of many logins at once, as many wait as the limit says.  The others are told at once, and are no failures."""
        worker = HeldWorker()
        self.serveHeld(worker)
        logins = [self.login("alice", PASSWORD, f"127.0.0.{number % 250}") for number in range(5)]
        many = [self.login(f"user{number}", PASSWORD, f"127.0.1.{number % 250}") for number in range(495)]
        waiting = [login for login in many if not login.called]
        self.assertEqual(27, len(waiting))
        for login in many[27:]:
            self.refused(login, Overloaded)
        self.assertEqual(32, len(worker))
        worker.run()
        for login in logins:
            self.successResultOf(login)
        for login in waiting:
            self.refused(login, LoginFailed)
        for number in range(4):
            again = self.login(f"user{400}", PASSWORD, f"127.0.1.{150 + number}")
            worker.run()
            self.refused(again, LoginFailed)


class ThrottleTests(AccountCase):
    """Limits on failed logins, in a server with the default limits."""

    def test_address(self) -> None:
        """After three failures an address has to wait, for every account and every way to log in."""
        self.account()
        for _ in range(3):
            self.refused(self.login("alice", "wrong horse"), LoginFailed)
        session = sessionFrom("127.0.0.1")
        session.fingerprint = SHA
        for login in (
            self.login("alice", PASSWORD),
            self.login("bob", PASSWORD),
            self.login("alice", "tct_x"),
            self.logins.certificate(session, None),
            self.logins.sshKey(session, "alice", "SHA256:x"),
        ):
            self.assertEqual(20.0, self.refused(login, TooFast).wait)
        self.assertRaises(TooFast, self.logins.scram, session, "alice")
        self.server.advance(20.0)
        self.successResultOf(self.login("alice", PASSWORD))
        self.successResultOf(self.login("alice", PASSWORD))

    def test_account(self) -> None:
        """After five failures an account has to wait, and so has an unknown name; neither more nor less."""
        self.account()
        for name in ("alice", "nobody"):
            for number in range(5):
                self.refused(self.login(name, "wrong horse", f"127.0.1.{number}"), LoginFailed)
            self.assertEqual(300.0, self.refused(self.login(name, PASSWORD, "127.0.2.1"), TooFast).wait)
            self.assertRaises(TooFast, self.logins.scram, sessionFrom("127.0.2.1"), name)

    def test_nicks(self) -> None:
        """The failures of all nicks of an account count for the account."""
        self.account()
        self.successResultOf(self.chat.accounts.group(None, "alice", "ally"))
        for number in range(5):
            self.refused(self.login(("alice", "ally")[number % 2], "wrong horse", f"127.0.1.{number}"), LoginFailed)
        self.refused(self.login("ally", PASSWORD, "127.0.2.1"), TooFast)

    def test_knownPlace(self) -> None:
        """Someone who logged in from their address before gets in while others attack the account."""
        self.account()
        self.successResultOf(self.login("alice", PASSWORD, "127.0.0.9"))
        for number in range(5):
            self.refused(self.login("alice", "wrong horse", f"127.0.1.{number}"), LoginFailed)
        for _ in range(5):
            self.successResultOf(self.login("alice", PASSWORD, "127.0.0.9"))
        self.refused(self.login("alice", PASSWORD, "127.0.0.8"), TooFast)

    def test_keys(self) -> None:
        """So does someone with a token, a certificate or an SSH key, from anywhere."""
        self.account()
        session = sessionFrom("127.0.0.9")
        session.fingerprint = SHA
        token = self.successResultOf(self.registrar.addToken(session, "alice", "phone"))
        self.successResultOf(self.registrar.addCertificate(session, "alice"))
        for credential in (Credential("sshkey", "SHA256:x"),):
            self.successResultOf(self.chat.accounts.setCredential(None, "alice", credential))
        for number in range(5):
            self.refused(self.login("alice", "wrong horse", f"127.0.1.{number}"), LoginFailed)
        self.refused(self.login("alice", PASSWORD, "127.0.0.8"), TooFast)
        self.successResultOf(self.login("alice", token, "127.0.0.7"))
        self.successResultOf(self.logins.certificate(session, "alice"))
        self.successResultOf(self.logins.sshKey(session, "alice", "SHA256:x"))

    def test_oneTable(self) -> None:
        """The failures of an address are those of OPER too: both count in the same table."""
        self.account()
        client = self.server.irc("mallory", host="127.0.0.5")
        for _ in range(3):
            client.send("OPER root guess")
        self.refused(self.login("alice", PASSWORD, "127.0.0.5"), TooFast)


class TogetherTests(AccountCase):
    """Many logins from one address at once."""

    def setUp(self) -> None:
        self.worker = HeldWorker()
        self.serve(makeWorker=lambda: self.worker)
        registering = [self.registrar.register(sessionFrom(None), f"user{number}", PASSWORD) for number in range(11)]
        self.worker.run()
        for registered in registering:
            self.successResultOf(registered)

    def test_right(self) -> None:
        """People behind one address can all log in at once: no more are checked than may fail, and the others wait."""
        logins = [self.login(f"user{number}", PASSWORD) for number in range(11)]
        self.assertEqual(3, len(self.worker))
        self.worker.run()
        for login in logins:
            self.successResultOf(login)

    def test_oneAccount(self) -> None:
        """So can all devices of one person, from different addresses."""
        logins = [self.login("user0", PASSWORD, f"127.0.1.{number}") for number in range(10)]
        self.assertEqual(5, len(self.worker))
        self.worker.run()
        for login in logins:
            self.successResultOf(login)

    def test_wrong(self) -> None:
        """If the first ones are wrong, the others are not checked."""
        logins = [self.login(f"user{number}", "wrong horse") for number in range(11)]
        checked = 0
        while self.worker:
            self.worker.step()
            checked += 1
        self.assertEqual(3, checked)
        for login in logins[:3]:
            self.refused(login, LoginFailed)
        for login in logins[3:]:
            self.refused(login, TooFast)

    def test_mixed(self) -> None:
        """Each right password makes room for another login, and each wrong one does not."""
        outcomes: dict[int, object] = {}
        for number in range(9):
            login = self.login(f"user{number}", PASSWORD if number % 2 else "wrong horse")
            login.addErrback(lambda failure: failure.type).addCallback(partial(outcomes.__setitem__, number))
        self.worker.run()
        right = Authenticated("user1", "password"), Authenticated("user3", "password")
        expected = [LoginFailed, right[0], LoginFailed, right[1], LoginFailed, *[TooFast] * 4]
        self.assertEqual(expected, [outcomes[number] for number in range(9)])

    def test_line(self) -> None:
        """Of the logins of one address or of one account only some wait, so others find room."""
        logins = [self.login(f"user{number % 11}", PASSWORD) for number in range(40)]
        for login in logins[11:]:
            self.refused(login, TooFast)
        more = [self.login("user0", PASSWORD, f"127.0.1.{number}") for number in range(40)]
        self.refused(more[-1], TooFast)
        other = self.login("user1", PASSWORD, "127.0.2.1")
        self.worker.run()
        for login in (*logins[:11], other):
            self.successResultOf(login)
        for login in more:
            login.addErrback(lambda failure: failure.trap(TooFast))

    def test_changed(self) -> None:
        """Once the password has changed, the old one logs nobody in, even if its check was waiting."""
        old, new = (self.login("user0", password, "127.0.1.1") for password in (PASSWORD, "another horse"))
        changing = self.registrar.setPassword(sessionFrom(None), "user0", "another horse")
        work = list(self.worker.queue)
        self.worker.queue.clear()
        self.worker.queue.append(work[-1])
        self.worker.run()
        self.successResultOf(changing)
        self.worker.queue.extend(work[:-1])
        self.worker.run()
        self.refused(old, LoginFailed)
        self.refused(new, LoginFailed)
        latest = self.login("user0", "another horse", "127.0.1.1")
        self.worker.run()
        self.successResultOf(latest)

    def test_bounded(self) -> None:
        """Of all addresses together, only 32 logins are checked or wait.  The others are told at once."""
        logins = [self.login(f"user{number % 11}", PASSWORD, f"127.0.1.{number // 11}") for number in range(110)]
        for login in logins:
            login.addErrback(lambda failure: failure.trap(Overloaded, TooFast))
        self.assertEqual(32, len([login for login in logins if not login.called]))
        self.worker.run()


class TokenTests(AccountCase):
    """Logging in with a token, in place of a password."""

    def test_token(self) -> None:
        """A token logs in to its account until it is revoked.  Its use is recorded, and takes no argon2id."""
        account = self.account()
        token = self.successResultOf(self.registrar.addToken(sessionFrom(None), "alice", "my phone"))
        self.server.context.passwords.stop()
        self.assertEqual(Authenticated("alice", "token", "my phone"), self.successResultOf(self.login("alice", token)))
        self.assertIn(("token", "my phone"), account.used)
        self.refused(self.login("bob", token), LoginFailed)
        self.refused(self.login("alice", token + "x"), LoginFailed)
        self.successResultOf(self.chat.accounts.removeCredential(None, "alice", "token", "my phone"))
        self.refused(self.login("alice", token), LoginFailed)

    def test_heldUp(self) -> None:
        """Failures of an address hold up a wrong token from there, but not a right one, which nobody can guess."""
        self.account()
        token = self.successResultOf(self.registrar.addToken(sessionFrom(None), "alice", "my phone"))
        address = "127.0.0.9"
        for _ in range(3):
            self.refused(self.login("alice", f"{token}x", address), LoginFailed)
        self.refused(self.login("alice", f"{token}x", address), TooFast)
        self.successResultOf(self.login("alice", token, address))

    def test_stored(self) -> None:
        """Only the hash of a token is stored."""
        account = self.account()
        token = self.successResultOf(self.registrar.addToken(sessionFrom(None), "alice", "phone"))
        stored = account.credential("token", "phone")
        assert stored is not None
        self.assertEqual((digest(token), ""), (stored.secret, stored.scram))

    def test_suspended(self) -> None:
        """The tokens of a suspended account are refused."""
        self.account()
        token = self.successResultOf(self.registrar.addToken(sessionFrom(None), "alice", "phone"))
        self.successResultOf(self.chat.accounts.suspend(None, "alice", "spam"))
        self.refused(self.login("alice", token), Suspended)


class KeyTests(AccountCase):
    """Logging in with a certificate or an SSH key."""

    def test_certificate(self) -> None:
        """A certificate logs in to its account; a client may name the account, but no other one."""
        self.account()
        self.account("bob")
        session = sessionFrom("192.0.2.1", secure=True)
        self.refused(self.logins.certificate(session, None), LoginFailed)
        session.fingerprint = SHA
        self.refused(self.logins.certificate(session, None), LoginFailed)
        self.successResultOf(self.registrar.addCertificate(session, "alice"))
        for name in (None, "alice", "ALICE"):
            self.assertEqual(
                Authenticated("alice", "certificate", SHA), self.successResultOf(self.logins.certificate(session, name))
            )
        self.refused(self.logins.certificate(session, "bob"), LoginFailed)
        self.refused(self.logins.certificate(session, "nobody"), LoginFailed)

    def test_sshKey(self) -> None:
        """So does an SSH key."""
        account = self.account()
        self.successResultOf(self.chat.accounts.setCredential(None, "alice", Credential("sshkey", "SHA256:x", "key")))
        for name in (None, "alice"):
            logging = self.logins.sshKey(sessionFrom("192.0.2.1"), name, "SHA256:x")
            self.assertEqual(Authenticated("alice", "sshkey", "SHA256:x"), self.successResultOf(logging))
        self.refused(self.logins.sshKey(sessionFrom("192.0.2.1"), "alice", "SHA256:y"), LoginFailed)
        self.assertIn(("sshkey", "SHA256:x"), account.used)
        self.successResultOf(self.chat.accounts.suspend(None, "alice", "spam"))
        self.refused(self.logins.sshKey(sessionFrom("192.0.2.1"), None, "SHA256:x"), Suspended)


class ScramTests(AccountCase):
    """Logging in with SCRAM-SHA-256."""

    def test_right(self) -> None:
        """The keys are those of the password, and a correct proof logs in."""
        account = self.account()
        attempt = self.logins.scram(sessionFrom("192.0.2.1"), "ALICE")
        verifyObject(IScramAttempt, attempt)
        stored = account.credential("password")
        assert stored is not None
        self.assertTrue(stored.scram.startswith("SCRAM-SHA-256$4096:"))
        self.assertEqual(4096, attempt.keys().iterations)
        attempt.begin()
        self.assertEqual(Authenticated("alice", "password"), attempt.succeeded())
        self.assertEqual([("password", "")], list(account.used))

    def test_unknown(self) -> None:
        """An unknown name, or an account without a password, has false keys that stay the same, and never logs in."""
        self.successResultOf(Deferred.fromCoroutine(self.chat.accounts.register(None, "bare")))
        for name in ("nobody", "bare"):
            attempt = self.logins.scram(sessionFrom("192.0.2.1"), name)
            self.assertEqual(attempt.keys(), self.logins.scram(sessionFrom("192.0.2.2"), name).keys())
            self.assertEqual(4096, attempt.keys().iterations)
            attempt.begin()
            self.assertRaises(LoginFailed, attempt.succeeded)

    def test_failure(self) -> None:
        """An attempt counts as a failure from the time when its proof is checked, until it succeeds."""
        self.account()
        session = sessionFrom("192.0.2.1")
        late = self.logins.scram(session, "alice")
        for attempt in [self.logins.scram(session, "alice") for _ in range(5)]:
            attempt.begin()
            attempt.succeeded()
        for attempt in [self.logins.scram(session, name) for name in ("alice", "alice", "nobody")]:
            attempt.begin()
        self.assertRaises(TooFast, self.logins.scram, session, "alice")
        self.assertRaises(TooFast, late.begin)

    def test_meanwhile(self) -> None:
        """A proof for a password that was replaced meanwhile fails; so does one for an account that was suspended."""
        self.account()
        attempt = self.logins.scram(sessionFrom("192.0.2.1"), "alice")
        attempt.begin()
        self.successResultOf(self.registrar.setPassword(sessionFrom(None), "alice", "another horse"))
        self.assertRaises(LoginFailed, attempt.succeeded)
        attempt = self.logins.scram(sessionFrom("192.0.2.1"), "alice")
        attempt.begin()
        self.successResultOf(self.chat.accounts.suspend(None, "alice", "spam"))
        self.assertRaises(Suspended, attempt.succeeded)


class FiguresTests(AccountCase):
    """The numbers of logins."""

    def test_figures(self) -> None:
        """Logins count by the kind of their credential.  A proof of SCRAM counts once, as right or as wrong."""
        self.account()
        figures = self.server.context.figures.logins
        self.successResultOf(self.login("alice", PASSWORD, "127.0.0.1"))
        self.failureResultOf(self.login("alice", "wrong horse", "127.0.0.1"), LoginFailed)
        wrong, right = [self.logins.scram(sessionFrom(address), "alice") for address in ("192.0.2.2", "192.0.2.3")]
        wrong.begin()
        right.begin()
        right.succeeded()
        self.assertEqual(figures.succeeded, {"password": 1, "scram": 1})
        self.assertEqual(figures.failed, {"password": 1, "scram": 1})


class RecordTests(AccountCase):
    """What a login leaves behind."""

    def test_place(self) -> None:
        """A login records the credential, and the place: a keyed hash, not the address."""
        account = self.account()
        self.successResultOf(self.login("alice", PASSWORD, "127.0.0.9"))
        self.assertEqual([self.server.context.cloak("127.0.0.9")], list(account.places))
        self.assertEqual([("password", "")], list(account.used))
        self.refused(self.login("alice", "wrong horse", "127.0.0.8"), LoginFailed)
        self.assertEqual(1, len(account.places))

    def test_notRecorded(self) -> None:
        """A login succeeds even if the journal cannot record it."""
        self.account()
        self.server.log.close()
        self.successResultOf(self.login("alice", PASSWORD))

    def test_renewed(self) -> None:
        """If the parameters of hashes have changed, a login stores a new hash, and only once."""
        account = self.account()
        old = Credential("password", "", hashPassword(PASSWORD, bytes(SALT)))
        self.successResultOf(self.chat.accounts.setCredential(None, "alice", old))
        self.refused(self.login("alice", "wrong horse"), LoginFailed)
        self.assertIs(old, account.credential("password"))
        self.successResultOf(self.login("alice", PASSWORD))
        new = account.credential("password")
        assert new is not None
        self.assertNotEqual(old, new)
        self.assertTrue(new.scram)
        self.successResultOf(self.login("alice", PASSWORD))
        self.assertIs(new, account.credential("password"))

    def test_notRenewed(self) -> None:
        """A new hash does not replace a password that was changed meanwhile."""
        worker = HeldWorker()
        self.serve(makeWorker=lambda: worker)
        old = Credential("password", "", hashPassword(PASSWORD, bytes(SALT)))
        account = self.successResultOf(Deferred.fromCoroutine(self.chat.accounts.register(None, "alice", [old])))
        logging = self.login("alice", PASSWORD)
        worker.step()
        self.successResultOf(logging)
        other = Credential("password", "", "other")
        self.successResultOf(self.chat.accounts.setCredential(None, "alice", other))
        worker.run()
        self.assertIs(other, account.credential("password"))


class SourceTests(AccountCase):
    """Further sources of passwords, as the options name them."""

    def test_create(self) -> None:
        """If the configuration says so, the first login creates the account; a name that cannot be one is refused."""
        self.serve("[accounts]\ncreate = true", sources=[users(alice="secret", NickServ="secret")])
        self.assertEqual(Authenticated("alice", "password"), self.successResultOf(self.login("alice", "secret")))
        self.assertEqual("alice", self.chat.state.accounts.named("alice").name)
        self.successResultOf(self.login("alice", "secret"))
        self.refused(self.login("NickServ", "secret"), NickReserved)
        self.refused(self.login("bob", "secret"), LoginFailed)

    def test_notCreated(self) -> None:
        """Otherwise the account has to exist."""
        self.serve(sources=[users(alice="secret")])
        self.refused(self.login("alice", "secret"), LoginFailed)
        self.account("alice")
        for password in ("secret", PASSWORD):
            self.successResultOf(self.login("alice", password))
        self.successResultOf(self.chat.accounts.suspend(None, "alice", "spam"))
        self.refused(self.login("alice", "secret"), Suspended)
