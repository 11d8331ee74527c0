"""Tests of TOKEN, CERT and SSHKEY."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

from pyotp import TOTP

from tests.accounts.fakes import sessionFrom
from tests.protocols.irc.servers import STRANGER
from tests.protocols.irc.services.conversations import ServiceConversations
from twistchat.chat.errors import CodeRequired, NotEncrypted
from twistchat.interfaces import WebCaller

FINGERPRINT = "ab" * 32
KEY = b"\0\0\0\x0bssh-ed25519\0\0\0 " + bytes(range(32))
LINE = f"ssh-ed25519 {b64encode(KEY).decode()} alice@laptop"
SSH = f"SHA256:{b64encode(sha256(KEY).digest()).decode().rstrip('=')}"


class TokenTests(ServiceConversations):
    """C{TOKEN}."""

    def test_token(self) -> None:
        """A token is made, shown once, works as a password, is listed with its last use, and removed."""
        alice = self.member("alice")
        alice.send("PRIVMSG NickServ :TOKEN ADD phone")
        made, advice = map(self.textOf, alice.lines())
        start, token = made.rsplit(" ", 1)
        self.assertEqual(start, "The app token phone is:")
        self.assertEqual(advice, "Use it in place of your password. It is shown only now")
        self.asks(alice, "TOKEN LIST", "You have 1 app token:", "phone (never used)")
        taken = "The name phone is that of another token of yours; remove that token first"
        self.asks(alice, "TOKEN ADD phone", taken)
        session = next(iter(self.server.chat.identity.find("alice").sessions.values()))
        login = self.server.context.logins.password(session, "alice", token)
        self.server.pump()
        self.assertEqual(self.successResultOf(login).credential, "phone")
        self.asks(alice, "TOKEN LIST", "You have 1 app token:", "phone (last used 2026-01-01 12:00:00 UTC)")
        self.asks(alice, "TOKEN DEL phone", "The app token phone is removed")
        self.asks(alice, "token list", "You have 0 app tokens")

    def test_browsers(self) -> None:
        """The list shows the browsers that are logged in, and DEL logs one out.  A token comes first."""
        alice = self.member("alice")
        home = WebCaller("127.0.0.1", secure=False)
        logins = self.server.context.logins
        opened = [self.successResultOf(logins.openWebSession(home, "alice", "Linux Firefox/1")) for _ in range(2)]
        logins.webSession(opened[1].secret)
        since = "since 2026-01-01 12:00:00 UTC"
        second = f"Firefox on Linux 2 ({since}, last used 2026-01-01 12:00:00 UTC)"
        heads = ("You have 0 app tokens", "Logged in at the web page: 2 browsers:")
        self.asks(alice, "TOKEN LIST", *heads, f"Firefox on Linux ({since}, never used)", second)
        self.asks(alice, "TOKEN DEL Firefox on Linux", "Firefox on Linux is logged out")
        self.asks(alice, "TOKEN LIST", "You have 0 app tokens", "Logged in at the web page: 1 browser:", second)
        adding = self.server.context.registrar.addToken(sessionFrom(None), "alice", "phone")
        self.successResultOf(adding)
        self.asks(alice, "TOKEN DEL phone", "The app token phone is removed")
        self.asks(self.irc("bob"), "TOKEN DEL Firefox on Linux 2", "You are not logged in to an account")

    def test_refused(self) -> None:
        """Wrong words, unknown tokens and guests are refused."""
        alice = self.member("alice")
        usage = "Usage: /msg NickServ TOKEN ADD <name> | DEL <name> | LIST"
        for words in ("", " ADD", " ADD my phone", " DEL", " LIST x", " SHOW"):
            self.asks(alice, f"TOKEN{words}", usage)
        self.asks(alice, "TOKEN DEL phone", "This account has no token named phone")
        self.asks(self.irc("bob"), "TOKEN ADD phone", "You are not logged in to an account")

    def test_plaintext(self) -> None:
        """No token is sent to another machine over a connection that is not encrypted."""
        alice = self.server.irc("alice", host=STRANGER)
        self.account("alice")
        self.logIn("alice", "alice")
        alice.skip()
        alice.send("NS TOKEN ADD phone")
        (line,) = alice.lines()
        self.assertIn("Your connection is not encrypted", line)
        self.asks(alice, "TOKEN LIST", "You have 0 app tokens")


class TotpTests(ServiceConversations):
    """C{TOTP}."""

    def test_totp(self) -> None:
        """A second factor is set up with the first code of the app, and ended with a later one."""
        alice = self.member("alice")
        alice.send("NS TOTP SETUP")
        secret, uri, advice = map(self.textOf, alice.lines())
        self.assertRegex(secret, r"^The secret for your app: [A-Z2-7]{32}$")
        self.assertEqual(f"otpauth://totp/twistchat:alice?secret={secret[-32:]}&issuer=twistchat", uri)
        self.assertIn("TOTP CONFIRM <code>", advice)
        app = TOTP(secret[-32:])
        self.asks(alice, "TOTP CONFIRM 12", "The code is wrong, or was used before")
        alice.send(f"NS TOTP CONFIRM {app.at(self.server.context.wall())}")
        done, codes = map(self.textOf, alice.lines())
        ways = "With IRC, log in with an app token or a certificate"
        self.assertEqual(f"From now on your password needs a code. {ways}", done)
        self.assertEqual(10, len(codes.partition(": ")[2].split()))
        alice.send("NS INFO")
        self.assertIn("needs a code of the second factor", "".join(alice.lines()))
        self.asks(alice, "TOTP SETUP", "A second factor is set up already; turn it off first")
        self.server.advance(30)
        self.asks(alice, f"TOTP OFF {app.at(self.server.context.wall())}", "You have no second factor any more")
        self.asks(alice, "TOTP OFF 123456", "A second factor is not set up")

    def test_identify(self) -> None:
        """The password alone does not log in, and the refusal says what does."""
        alice = self.irc("alice")
        alice.send("NS REGISTER mapletree-7", "QUIT")
        factors = self.server.context.logins.factors
        begun = factors.setUp("alice")
        self.successResultOf(factors.confirm("alice", TOTP(begun.secret).at(self.server.context.wall())))
        bob = self.irc("bob")
        refusal = CodeRequired("alice").text
        self.assertIn("app token", refusal)
        self.asks(bob, "IDENTIFY alice mapletree-7", refusal)
        adding = self.server.context.registrar.addToken(sessionFrom(None), "alice", "phone")
        bob.send(f"NS IDENTIFY alice {self.successResultOf(adding)}")
        self.assertEqual("alice", self.server.chat.identity.find("bob").source.account)

    def test_refused(self) -> None:
        """Wrong words, guests, and connections in the open are refused."""
        usage = "Usage: /msg NickServ TOTP SETUP | CONFIRM <code> | OFF <code>"
        alice = self.member("alice")
        for words in ("", " SETUP now", " CONFIRM", " OFF", " ON 123456", " CONFIRM 123 456"):
            self.asks(alice, f"TOTP{words}", usage)
        self.asks(self.irc("bob"), "TOTP SETUP", "You are not logged in to an account")
        carol = self.server.irc("carol", host=STRANGER)
        self.account("carol")
        self.logIn("carol", "carol")
        self.asks(carol, "TOTP SETUP", NotEncrypted().text)


class CertificateTests(ServiceConversations):
    """C{CERT}."""

    def test_named(self) -> None:
        """A fingerprint is added, listed and removed, with and without colons."""
        alice = self.member("alice")
        colons = ":".join(["AB"] * 32)
        self.asks(alice, f"CERT ADD {colons}", f"The certificate {FINGERPRINT} can log you in now")
        self.asks(alice, "CERT LIST", "You have 1 certificate:", f"{FINGERPRINT} (never used)")
        self.asks(alice, f"CERT DEL {colons}", f"The certificate {FINGERPRINT} is removed")
        self.asks(alice, "CERT LIST", "You have 0 certificates")

    def test_own(self) -> None:
        """Without a fingerprint, that of the connection is added, if it has one."""
        alice = self.member("alice")
        self.asks(alice, "CERT ADD", "Your connection has no client certificate")
        next(iter(self.server.chat.identity.find("alice").sessions.values())).fingerprint = FINGERPRINT
        self.asks(alice, "CERT ADD", f"The certificate {FINGERPRINT} can log you in now")

    def test_refused(self) -> None:
        """A certificate belongs to one account, and a wrong fingerprint is refused."""
        alice, bob = self.member("alice"), self.member("bob")
        alice.send(f"NS CERT ADD {FINGERPRINT}")
        self.asks(bob, f"CERT ADD {FINGERPRINT}", "This certificate belongs to another account")
        self.asks(bob, "CERT ADD a b", "Usage: /msg NickServ CERT ADD [<fingerprint>] | DEL <fingerprint> | LIST")
        bob.send("NS CERT ADD tea")
        self.assertNotIn("can log you in", bob.lines()[0])


class SshKeyTests(ServiceConversations):
    """C{SSHKEY}."""

    def test_key(self) -> None:
        """A line as in authorized_keys is added; its fingerprint is listed and removed."""
        alice = self.member("alice")
        self.asks(alice, f"SSHKEY ADD {LINE}", f"The SSH key {SSH} is stored. No door uses SSH keys yet")
        self.asks(alice, "SSHKEY LIST", "You have 1 SSH key:", f"{SSH} (never used)")
        self.asks(alice, f"SSHKEY DEL {SSH}", f"The SSH key {SSH} is removed")
        self.asks(alice, "SSHKEY LIST", "You have 0 SSH keys")
        self.asks(alice, "SSHKEY ADD", "Usage: /msg NickServ SSHKEY ADD <key> | DEL <fingerprint> | LIST")
