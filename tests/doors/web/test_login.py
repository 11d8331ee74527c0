"""Logging browsers in and out, with a password."""

from __future__ import annotations

from pyotp import TOTP

from tests.accounts.fakes import PASSWORD, sessionFrom
from tests.doors.web.accounts import WebCase, contentOf, cookieOf
from tests.doors.web.browser import HttpClient, WebSocketClient
from twistchat.accounts.secrets.tokens import digest
from twistchat.doors.web.posts import LONGEST
from twistchat.testing.workers import HeldWorker

STRANGER = "192.0.2.9"
"""An address that is not exempt from anything."""

PROXIED = '[web]\nproxies = ["127.0.0.1"]\norigins = ["https://chat.example"]\n'
"""The configuration behind a proxy on this machine, which has https."""

HTTPS = {"Host": "chat.example", "Origin": "https://chat.example", "X_Forwarded_Proto": "https"}
"""The headers that come through it."""


class OfferTests(WebCase):
    """C{GET /login}."""

    def test_offer(self) -> None:
        """A browser that is not logged in is told what it can do."""
        self.assertEqual(
            {
                "account": None,
                "admin": False,
                "providers": [],
                "guests": True,
                "register": True,
                "network": "twistchat",
            },
            self.offer(),
        )

    def test_configured(self) -> None:
        """The configuration decides about guests, registration and the name of the network."""
        self.serve('[web]\nguests = false\n[irc]\nnetwork = "Tea"\n')
        self.assertEqual((False, "Tea"), (self.offer()["guests"], self.offer()["network"]))
        self.serve("[accounts]\nguests = false\n")
        self.assertFalse(self.offer()["guests"])
        self.serve('[accounts]\nregistration = "closed"\n', ())
        self.assertFalse(self.offer()["register"])

    def test_renewed(self) -> None:
        """A browser that is logged in is told as whom, and its cookie lasts longer."""
        cookie = self.logIn()
        self.server.advance(86_400 * 29)
        response = self.get("/login", Cookie=cookie)
        self.assertEqual("alice", contentOf(response)["account"])
        self.assertEqual(cookie, cookieOf(response))
        self.server.advance(86_400 * 29)
        self.assertEqual("alice", self.offer(Cookie=cookie)["account"])
        self.server.advance(86_400 * 31)
        self.assertIsNone(self.offer(Cookie=cookie)["account"])

    def test_wrongCookie(self) -> None:
        """A cookie that is no web session's counts as none."""
        for value in ("", "x", "tcw_" + "a" * 36, "\u00fc", "a" * 4000):
            response = self.get("/login", Cookie=f"twistchat={value}")
            self.assertIsNone(contentOf(response)["account"], value)
            self.assertNotIn("set-cookie", response.headers)

    def test_uncached(self) -> None:
        """No cache keeps who somebody is."""
        self.assertEqual("no-store", self.get("/login").headers["cache-control"])


class EnterTests(WebCase):
    """C{POST /login}."""

    def test_password(self) -> None:
        """A password opens a web session, which enters the chat with SASL EXTERNAL."""
        cookie = self.logIn()
        self.assertEqual("alice", self.offer(Cookie=cookie)["account"])
        self.enter(cookie)
        user = self.server.chat.state.users.named("ann")
        assert user is not None
        (session,) = user.sessions.values()
        self.assertEqual(("alice", digest(cookie.partition("=")[2])), (user.source.account, session.webSession))

    def test_endedBeforeEntering(self) -> None:
        """A client that has logged in does not come in if its login ends first, not even if another gets its name."""
        stolen = self.logIn()
        client = WebSocketClient(self.server, Cookie=stolen)
        client.send(
            "CAP LS 302", "CAP REQ :sasl", "AUTHENTICATE EXTERNAL", "AUTHENTICATE +", "NICK alice", "USER a 0 * :a"
        )
        self.assertIn(" 903 ", str(client.take()))
        self.assertEqual(200, self.post("/logout", {"everywhere": True}, Cookie=stolen).status)
        self.logIn()
        self.assertEqual(["Firefox on Linux"], self.webSessions())
        client.send("CAP END")
        self.assertIn("(Logged out)", str(client.take()[-1]))
        self.assertIsNone(self.server.chat.state.users.named("alice"))

    def test_flags(self) -> None:
        """Scripts and other sites cannot have the cookie, and no answer has the secret in its body."""
        response = self.post("/login", {"name": "alice", "password": PASSWORD})
        value, *flags = response.headers["set-cookie"].split("; ")
        self.assertRegex(value, r"\Atwistchat=tcw_[A-Za-z0-9_-]+\Z")
        self.assertEqual(["Path=/", "Max-Age=2592000", "HttpOnly", "SameSite=Strict"], flags)
        self.assertEqual({"account": "alice"}, contentOf(response))
        self.assertNotIn(value.partition("=")[2], str(self.offer(Cookie=value)))

    def test_https(self) -> None:
        """Where the browser uses https, the cookie is sent over https only, and no other host can set it."""
        self.serve(PROXIED)
        response = self.post("/login", {"name": "alice", "password": PASSWORD}, **HTTPS)
        cookie = response.headers["set-cookie"]
        self.assertRegex(cookie, r"\A__Host-twistchat=tcw_.*; Path=/; .*; SameSite=Strict; Secure\Z")
        value = cookieOf(response)
        self.assertEqual("alice", contentOf(self.get("/login", Cookie=value, **HTTPS))["account"])
        planted = value.removeprefix("__Host-")
        self.assertIsNone(contentOf(self.get("/login", Cookie=planted, **HTTPS))["account"])
        self.assertIsNone(self.offer(Cookie=value)["account"])

    def test_httpsSocket(self) -> None:
        """The WebSocket reads the same cookie as the other places."""
        self.serve(PROXIED)
        value = cookieOf(self.post("/login", {"name": "alice", "password": PASSWORD}, **HTTPS))
        for cookie, mechanism in ((value, True), (value.removeprefix("__Host-"), False)):
            client = WebSocketClient(self.server, Cookie=cookie, X_Forwarded_Proto="https")
            client.send("CAP LS 302")
            self.assertEqual(mechanism, "EXTERNAL" in str(client.lines))

    def test_wrong(self) -> None:
        """A wrong name and a wrong password look the same."""
        for name, password in (("alice", "wrong"), ("nobody", PASSWORD), ("\u2603", PASSWORD), ("alice", "")):
            answer = self.post("/login", {"name": name, "password": password})
            self.server.advance(60)
            self.assertEqual(403, answer.status)
            self.assertEqual(
                {"error": "The account or the password is wrong.", "code": "LOGIN_FAILED"}, contentOf(answer)
            )
            self.assertNotIn("set-cookie", answer.headers)

    def test_suspended(self) -> None:
        """Somebody with the right password is told why the account cannot be used."""
        self.successResultOf(self.server.chat.accounts.suspend(None, "alice", "spam"))
        response = self.post("/login", {"name": "alice", "password": PASSWORD})
        self.assertEqual(403, response.status)
        self.assertEqual(
            {"error": "This account is suspended: spam.", "code": "ACCOUNT_SUSPENDED"}, contentOf(response)
        )

    def test_flood(self) -> None:
        """After too many wrong passwords an address has to wait, as at every door, also with the right one."""
        self.serve(PROXIED)
        headers = HTTPS | {"X_Forwarded_For": STRANGER}
        for number in range(3):
            response = self.post("/login", {"name": f"nobody{number}", "password": "wrong"}, **headers)
            self.assertEqual(403, response.status)
        for _ in range(2):
            response = self.post("/login", {"name": "alice", "password": PASSWORD}, **headers)
            self.assertEqual((429, "TOO_FAST"), (response.status, contentOf(response)["code"]))
            self.assertEqual("20", response.headers["retry-after"])
        self.assertEqual(200, self.post("/login", {"name": "alice", "password": PASSWORD}, **HTTPS).status)
        self.server.advance(20)
        self.assertEqual(200, self.post("/login", {"name": "alice", "password": PASSWORD}, **headers).status)

    def test_accountFlood(self) -> None:
        """So has an account, whatever the addresses, and it does not matter whether there is such an account."""
        self.serve(PROXIED)
        for name in ("alice", "nobody"):
            for number in range(5):
                headers = HTTPS | {"X_Forwarded_For": f"192.0.2.{number}"}
                self.assertEqual(403, self.post("/login", {"name": name, "password": "wrong"}, **headers).status)
            headers = HTTPS | {"X_Forwarded_For": STRANGER}
            response = self.post("/login", {"name": name, "password": PASSWORD}, **headers)
            self.assertEqual((429, "300"), (response.status, response.headers.get("retry-after")))

    def test_manyAtOnce(self) -> None:
        """Of a hundred logins at once, as many wait as the limit says.  The others can try again soon."""
        worker = HeldWorker()
        self.serve(PROXIED, (), makeWorker=lambda: worker)
        content = {"name": "nobody", "password": "wrong"}
        browsers = [
            self.posting("/login", content | {"name": f"n{number}"}, **HTTPS | {"X_Forwarded_For": f"192.0.2.{number}"})
            for number in range(100)
        ]
        self.assertEqual(32, len(worker))
        answers = [browser.take() for browser in browsers if browser.received]
        self.assertEqual(
            {(503, "OVERLOADED", "2")},
            {(answer.status, contentOf(answer)["code"], answer.headers["retry-after"]) for answer in answers},
        )
        self.assertEqual(68, len(answers))
        worker.run()
        self.server.pump()
        self.assertEqual({403}, {browser.take().status for browser in browsers if browser.received})

    def test_gone(self) -> None:
        """If the browser is gone when its login succeeds, the web session ends: nobody has its secret."""
        worker = HeldWorker()
        self.serve("", (), makeWorker=lambda: worker)
        registering = self.server.context.registrar.register(sessionFrom(None), "alice", PASSWORD)
        worker.run()
        self.successResultOf(registering)
        client = self.posting("/login", {"name": "alice", "password": PASSWORD})
        assert client.transport is not None
        client.transport.loseConnection()
        self.server.pump()
        worker.run()
        self.assertEqual([], self.webSessions())

    def test_plaintext(self) -> None:
        """No password is taken from another machine over plain HTTP, and its failures are not even counted."""
        response = self.post("/login", {"name": "alice", "password": PASSWORD}, STRANGER)
        self.assertEqual((403, "NOT_ENCRYPTED"), (response.status, contentOf(response)["code"]))

    def test_malformed(self) -> None:
        """A body that is not what the page sends is refused with a reason, and never an error of the server."""
        for body, why in (
            (b"", "is not JSON"),
            (b"{", "is not JSON"),
            (b"[" * 60_000, "is not JSON"),
            (b"1" * 60_000, "is not JSON"),
            (b"\xff\xfe{\0", "is not UTF-8"),
            (b"[]", "is not an object"),
            (b'"alice"', "is not an object"),
            (b"NaN", "is not an object"),
            (b"{}", "name is wanted"),
            (b'{"name": 1, "password": "x"}', "name is wanted"),
            (b'{"name": "alice"}', "password is wanted"),
            (b'{"name": "alice", "password": ["x"]}', "password is wanted"),
            (b'{"name": "", "password": "x"}', "A name is wanted"),
            (b'{"name": "alice", "password": "x", "code": 123456}', "code is wanted"),
            (b'{"name": "alice", "password": "x\\u0000"}', "password has a control"),
            (b'{"name": "a\\nb", "password": "x"}', "name has a control"),
            (b'{"name": "a\\ud800", "password": "x"}', "name has a control"),
            (b'{"name": "alice", "password": "%s"}' % (b"x" * (LONGEST + 1)), "password is longer"),
        ):
            response = self.post("/login", body)
            self.assertEqual((400, "BAD_REQUEST"), (response.status, contentOf(response)["code"]), body[:40])
            self.assertIn(why, contentOf(response)["error"], body[:40])
        self.assertEqual(413, self.post("/login", b'{"name": "%s"}' % (b"a" * 70_000)).status)

    def test_nullCode(self) -> None:
        """A code may be null."""
        self.assertEqual(200, self.post("/login", {"name": "alice", "password": PASSWORD, "code": None}).status)

    def test_secondFactor(self) -> None:
        """An account with a second factor needs a code, which works once, and the page is told so."""
        factors = self.logins.factors
        app = TOTP(factors.setUp("alice").secret)
        wall = self.server.context.wall
        recovery = self.successResultOf(factors.confirm("alice", app.at(wall())))
        text = "Enter the code that your app shows, or one of your recovery codes."
        for code in (None, ""):
            missing = self.post("/login", {"name": "alice", "password": PASSWORD, "code": code})
            self.assertEqual((403, "CODE_REQUIRED"), (missing.status, contentOf(missing)["code"]))
            self.assertEqual(text, contentOf(missing)["error"])
        self.server.advance(60)
        code = app.at(wall())
        self.logIn(code=code)
        self.logIn(code=recovery[0])
        for wrong in ("000000", code, recovery[0]):
            response = self.post("/login", {"name": "alice", "password": PASSWORD, "code": wrong})
            self.assertEqual((403, "WRONG_CODE"), (response.status, contentOf(response)["code"]))
            self.assertNotIn("set-cookie", response.headers)
        self.assertEqual("LOGIN_FAILED", self.codeOf({"name": "alice", "password": "wrong", "code": recovery[1]}))

    def codeOf(self, content: object) -> object:
        """The code with which a login is refused."""
        self.server.advance(60)
        return contentOf(self.post("/login", content))["code"]

    def test_fixation(self) -> None:
        """A login makes a new secret.  The one that the browser came with is not used, and its web session ends."""
        first = self.logIn()
        second = self.post("/login", {"name": "alice", "password": PASSWORD}, Cookie=first)
        self.assertNotEqual(first, cookieOf(second))
        self.assertIsNone(self.offer(Cookie=first)["account"])
        self.assertEqual(1, len(self.webSessions()))
        planted = "twistchat=tcw_" + "a" * 36
        self.assertNotEqual(
            planted, cookieOf(self.post("/login", {"name": "alice", "password": PASSWORD}, Cookie=planted))
        )
        self.assertIsNone(self.offer(Cookie=planted)["account"])

    def test_injection(self) -> None:
        """Nothing that a browser sends gets into the headers of the answer."""
        for name in ("alice\r\nSet-Cookie: x=y", "alice; Domain=evil"):
            response = self.post("/login", {"name": name, "password": PASSWORD})
            self.assertNotIn("set-cookie", response.headers)
            self.assertNotIn(b"x=y", response.body)


class CrossSiteTests(WebCase):
    """Other web sites cannot log anybody in or out."""

    def test_origin(self) -> None:
        """A request of another site is refused, with the right password too."""
        for path, content in (("/login", {"name": "alice", "password": PASSWORD}), ("/logout", {"everywhere": True})):
            for origin in ("http://evil.example", "null", "https://127.0.0.1:6680", "http://127.0.0.1"):
                response = self.post(path, content, Origin=origin)
                self.assertEqual((403, "FOREIGN_ORIGIN"), (response.status, contentOf(response)["code"]), origin)
                self.assertNotIn("set-cookie", response.headers)

    def test_missing(self) -> None:
        """A program without cookies needs no Origin.  With a cookie it does, since every browser sends one."""
        cookie = self.logIn()
        self.assertEqual(200, self.post("/login", {"name": "alice", "password": PASSWORD}, Origin="").status)
        response = self.post("/logout", {}, Origin="", Cookie=cookie)
        self.assertEqual((403, "FOREIGN_ORIGIN"), (response.status, contentOf(response)["code"]))
        self.assertEqual("alice", self.offer(Cookie=cookie)["account"])

    def test_form(self) -> None:
        """What a form can send is refused, and so is the question of another site's script for permission."""
        for kind in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x", ""):
            response = self.post("/login", {"name": "alice", "password": PASSWORD}, Content_Type=kind)
            self.assertEqual((415, "BAD_REQUEST"), (response.status, contentOf(response)["code"]), kind)
        asked = HttpClient(self.server).ask(
            "OPTIONS", "/login", Origin="http://evil.example", Access_Control_Request_Method="POST"
        )
        self.assertEqual(405, asked.status)
        self.assertFalse([name for name in asked.headers if name.startswith("access-control")])

    def test_configuredOrigin(self) -> None:
        """A site in C{web.origins} may, which is the page itself behind a proxy."""
        self.serve(PROXIED)
        self.assertEqual(200, self.post("/login", {"name": "alice", "password": PASSWORD}, **HTTPS).status)


class LeaveTests(WebCase):
    """C{POST /logout}."""

    def test_leave(self) -> None:
        """The web session ends on the server too, its sockets are disconnected, and the cookie is removed."""
        cookie, other = self.logIn(), self.logIn()
        client, elsewhere = self.enter(cookie), self.enter(other, "bob")
        response = self.post("/logout", {}, Cookie=cookie)
        self.assertEqual((200, {}), (response.status, contentOf(response)))
        self.assertRegex(
            response.headers["set-cookie"], r"\Atwistchat=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict\Z"
        )
        self.server.advance(1)
        self.assertEqual((True, False), (client.lost, elsewhere.lost))
        self.assertIsNone(self.offer(Cookie=cookie)["account"])
        self.assertEqual("alice", self.offer(Cookie=other)["account"])

    def test_everywhere(self) -> None:
        """All web sessions of the account end, and their sockets are disconnected."""
        cookie, other = self.logIn(), self.logIn()
        client, elsewhere = self.enter(cookie), self.enter(other, "bob")
        self.assertEqual(200, self.post("/logout", {"everywhere": True}, Cookie=cookie).status)
        self.server.advance(1)
        self.assertEqual((True, True), (client.lost, elsewhere.lost))
        self.assertEqual([], self.webSessions())

    def test_notLoggedIn(self) -> None:
        """Somebody who is not logged in can log out, and nobody else is."""
        cookie = self.logIn()
        for everywhere in (False, True):
            for headers in ({}, {"Cookie": "twistchat=tcw_x"}):
                self.assertEqual(200, self.post("/logout", {"everywhere": everywhere}, **headers).status)
        self.assertEqual("alice", self.offer(Cookie=cookie)["account"])

    def test_malformed(self) -> None:
        """A body that is not what the page sends is refused, and nobody is logged out."""
        cookie = self.logIn()
        for content in (b"", b"[]", b'{"everywhere": "yes"}', b'{"everywhere": 1}', b'{"everywhere": null}'):
            self.assertEqual(400, self.post("/logout", content, Cookie=cookie).status)
        self.assertEqual("alice", self.offer(Cookie=cookie)["account"])

    def test_method(self) -> None:
        """A link or an image cannot log anybody out."""
        self.assertEqual(405, self.get("/logout").status)


class GuestTests(WebCase):
    """C{web.guests}."""

    toml = "[web]\nguests = false\n"

    def test_refused(self) -> None:
        """A guest is told to log in, and disconnected."""
        client = WebSocketClient(self.server)
        client.send("NICK ann", "USER ann 0 * :ann")
        self.assertIn("log in", str(client.lines[-1]))
        self.assertTrue(client.lost)

    def test_account(self) -> None:
        """Somebody with an account comes in, and guests do at other doors."""
        self.enter(self.logIn())
        self.server.irc("bob")

    def test_logout(self) -> None:
        """Somebody who logs out in the chat would be a guest, and is disconnected."""
        client = self.enter(self.logIn())
        client.send("PRIVMSG NickServ :LOGOUT", "JOIN #tea")
        self.assertTrue(client.lost)
        self.assertIn("log in to your account first", str(client.lines[-1]))
        self.assertNotIn("#tea", str(client.lines))

    def test_live(self) -> None:
        """The setting takes effect when the configuration is read again."""
        self.server.configure("[web]\nguests = true\n")
        self.server.context.rehash()
        WebSocketClient(self.server).register("ann")
        self.assertTrue(self.offer()["guests"])
