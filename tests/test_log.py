"""What the log of a whole server has, in both formats and at level debug: nothing that is secret, and no messages."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from io import BytesIO
from itertools import count

from twisted.logger import capturedLogs, globalLogPublisher

from tests.doors.web.accounts import WebCase, cookieOf
from tests.doors.web.browser import WebSocketClient
from tests.protocols.irc.accounts import negotiating, plain, scram
from tests.protocols.irc.servers import SECRET
from twistchat.chat.rules.speaking import Speaking
from twistchat.config import LogSettings
from twistchat.services.logs.output import LogOutput

CONFIG = f"""
[limits]
exempt = ["127.0.0.0/8"]
[classes.admin]
privileges = ["kill", "rooms"]
[operators.root]
class = "admin"
password = "{SECRET}"
[webirc.gate]
password = "{SECRET}"
hosts = ["127.0.0.1"]
[irc]
password = "{SECRET}"
"""

GUEST = "PASS :secret"
"""The password of the server, which C{SECRET} is the hash of."""


class SecretTests(WebCase):
    """
    A server whose users talk and log in by all means.

    @ivar secrets: what the log must not have.
    """

    def setUp(self) -> None:
        """Log in both formats."""
        self.secrets: list[str] = []
        self.numbers: Iterator[int] = count(1)
        self.files = {"text": BytesIO(), "json": BytesIO()}
        for format, file in self.files.items():
            output = LogOutput(LogSettings(format=format, level="debug"))  # type: ignore[arg-type]
            observer = output.observer(file)
            globalLogPublisher.addObserver(observer)
            self.addCleanup(globalLogPublisher.removeObserver, observer)
        self.serve(CONFIG, accounts=())
        self.password = self.secret()

    def secret(self, text: str | None = None) -> str:
        """Make a secret, or add one."""
        made = f"hush{next(self.numbers):03}hush" if text is None else text
        self.secrets.append(made)
        return made

    def logged(self, format: str) -> str:
        """What was logged in a format."""
        return self.files[format].getvalue().decode()

    def check(self, *expected: str) -> None:
        """Check that no secret was logged, and that each of these patterns was."""
        for format in self.files:
            text = self.logged(format)
            for secret in self.secrets:
                self.assertNotIn(secret, text)
                self.assertNotIn(b64encode(secret.encode()).decode().rstrip("="), text)
            for pattern in expected:
                self.assertRegex(text, pattern)
        for line in self.logged("json").splitlines():
            self.assertIsInstance(json.loads(line), dict)

    def register(self) -> None:
        """Register alice over IRC."""
        client = self.server.connectIrc()
        client.send(GUEST)
        client.register("alice")
        client.send(f"REGISTER * * {self.password}", f"QUIT :{self.secret()}")

    def test_logins(self) -> None:
        """Logins over IRC and at the line door, right and wrong, and what people type in the wrong place."""
        self.register()
        for word in (self.password, self.secret()):
            for name in ("alice", self.secret()):
                client = negotiating(self.server)
                client.send("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain(name, word)}")
                self.secret(plain(name, word))
                client = negotiating(self.server)
                for line in scram(client, name, word):
                    client.send(line)
                    if word != self.password or name != "alice":
                        break
                client = self.server.connectIrc()
                client.send(f"PASS {name}:{word}", "NICK bob", "USER bob 0 * :bob", "QUIT")
                client = self.server.connectIrc()
                client.send(GUEST, "NICK carol", "USER carol 0 * :carol")
                client.send(f"NICKSERV IDENTIFY {name} {word}", f"PRIVMSG NickServ :IDENTIFY {name} {word}")
                client.send(f"OPER {name} {word}", f"OPER root {word}", f"WEBIRC {word} {name} host 192.0.2.1")
                client.send(
                    f"NICKSERV RESETPASS {name} 123 {word}", f"NICKSERV REGISTER {word}", f"REGAIN alice {word}"
                )
                client.hangUp()
                client = self.server.connectIrc()
                client.send(f"WEBIRC {word} {name} host 192.0.2.1", "NICK dave")
                client.hangUp()
                person = self.server.person("dan")
                person.send(f"/login {name} {word}", f"/login {name}", word, f"/register {word}", f"/password {word}")
                person.send(f"/verify {word} {name}")
                person.hangUp()
                person = self.server.connect()
                person.send("alice", word)
                person.hangUp()
        self.check(
            "alice logged in with a password", "alice logged in with SCRAM", "alice .* failed", "unknown account"
        )

    def test_tokens(self) -> None:
        """Tokens, the secrets of second factors and certificates."""
        self.register()
        client = self.server.connectIrc()
        client.send(GUEST)
        client.register("alice2")
        client.send(f"NICKSERV IDENTIFY alice {self.password}", "NICKSERV TOKEN ADD phone")
        made = client.until(re.compile(".*The app token phone is: .*"))
        token = self.secret(made.rsplit(" ", 1)[1])
        person = self.server.person("dan")
        person.send(f"/login alice {token}", "/totp setup")
        for found in re.findall(r"\b[A-Z2-7]{26,}\b", person.raw.decode()):
            self.secret(found)
        for word in (token, f"{token}x", f"{token[:-3]}abc"):
            self.secret(word)
            other = self.server.connectIrc()
            other.send(f"PASS alice:{word}", "NICK bob", "USER bob 0 * :bob", "QUIT")
            other = negotiating(self.server)
            other.send("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('alice', word)}", "QUIT")
        self.check("alice logged in with an app token", "with an app token failed")

    def test_web(self) -> None:
        """Logins of browsers, their cookies, and requests of other sites."""
        self.register()
        cookie = self.secret(self.logIn(password=self.password))
        self.secret(cookie.partition("=")[2])
        client = self.enter(cookie)
        client.send("JOIN #lobby", f"PRIVMSG #lobby :{self.secret()}", "QUIT")
        for content in (
            {"name": "alice", "password": self.secret()},
            {"name": self.secret(), "password": self.password},
            {"name": "alice", "password": self.password, "code": self.secret()},
            {"name": self.secret()},
            self.secret().encode(),
        ):
            self.post("/login", content)
        self.post("/login", {"name": "alice", "password": self.password}, Origin="http://evil.example")
        self.post("/logout", {"everywhere": True}, Cookie=cookie)
        late = WebSocketClient(self.server, Cookie=cookie)
        late.send("CAP REQ :sasl", "AUTHENTICATE EXTERNAL", "AUTHENTICATE +")
        self.get(f"/login?password={self.secret()}", Cookie=f"{cookie}; other={self.secret()}")
        self.get(f"/{self.secret()}", X_Forwarded_For="192.0.2.1")
        again = self.secret(cookieOf(self.post("/login", {"name": "alice", "password": self.password})))
        self.get("/oidc/none/callback?code=" + self.secret(), Cookie=again)
        self.check("alice logged in with a web session", "evil.example", "X-Forwarded-For", "web session failed")

    def test_texts(self) -> None:
        """Texts of all kinds, also those that are refused, and those that meet a fault of the server."""
        self.register()
        alice, bob = self.server.connectIrc(), self.server.person("bob")
        alice.send(GUEST)
        alice.register("alice3", "message-tags", "draft/multiline", "batch")
        alice.send("JOIN #lobby")
        for target in ("#lobby", "bob", "nobody", "#nowhere", "@#lobby"):
            alice.send(f"PRIVMSG {target} :{self.secret()}", f"NOTICE {target} :{self.secret()}")
            alice.send(f"@+x={self.secret()} TAGMSG {target}")
        alice.send(
            f"AWAY :{self.secret()}", f"PART #lobby :{self.secret()}", f"{self.secret()} nonsense", "JOIN #lobby"
        )
        alice.send("BATCH +1 draft/multiline #lobby", f"@batch=1 PRIVMSG #lobby :{self.secret()}", "BATCH -1")
        alice.sendBytes(b"PRIVMSG #lobby :\xff" + self.secret().encode() + b"\r\n")
        alice.send(f"SEARCH in=#lobby;text={self.secret()}", "PRIVMSG #lobby :" + self.secret() + "x" * 600)
        bob.send(self.secret(), f"/msg alice3 {self.secret()}", f"/me {self.secret()}", f"/{self.secret()}")
        bob.send(*[self.secret() for _ in range(200)])

        def fails(*arguments: object, **named: object) -> None:
            raise ZeroDivisionError

        self.patch(Speaking, "sayPrivate", fails)
        alice.send(f"PRIVMSG bob :{self.secret()}", f"NOTICE bob :{self.secret()}")
        bob.send(self.secret())
        bob.send(f"/quit {self.secret()}")
        alice.send(f"QUIT :{self.secret()}")
        self.assertTrue(self.flushLoggedErrors(ZeroDivisionError))
        self.check("alice3 left the irc door", "ZeroDivisionError")

    def test_hostile(self) -> None:
        """What users choose begins no line and has no control character."""
        for name in ("\x1b[2J", "\u202eevil", "a\x9bb", "\x07"):
            person = self.server.connect()
            person.send(name, f"/login {name} x")
            person.hangUp()
        client = self.server.connectIrc()
        client.send(GUEST)
        client.register("mallory")
        client.send("OPER \x1b[2J\u202ex y", "OPER root \x1b", "QUIT :\x1b")
        for text in map(self.logged, self.files):
            self.assertTrue(text)
            for line in text.splitlines():
                self.assertTrue(line.isprintable(), line)


class CostTests(WebCase):
    """What the log costs."""

    def setUp(self) -> None:
        """Start a server without accounts."""
        self.serve(accounts=())

    def test_silence(self) -> None:
        """No message, join or reaction is an event of the log, not even at level debug."""
        alice, bob = self.server.irc("alice"), self.server.person("bob")
        with capturedLogs() as events:
            alice.send("JOIN #lobby", *["PRIVMSG #lobby :hello"] * 4, "NOTICE bob :hello", "PING x", "NAMES #lobby")
            bob.send("hello", "/msg alice hello", "/who")
            self.server.advance(60)
        self.assertEqual([], events)
