"""Logging in with a provider, from the first click to the end."""

from __future__ import annotations

import hmac
import json
import sys
from base64 import urlsafe_b64encode
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from tests.accounts.fakes import PASSWORD
from tests.doors.web.accounts import contentOf
from tests.doors.web.browser import HOST, HttpClient
from tests.doors.web.oidc.fakes import CONFIGURATION, ISSUER, NEXT, OTHER, RSA, OidcCase, basic
from twistchat.doors.web.door import WebDoor
from twistchat.doors.web.oidc.flows import TIME
from twistchat.doors.web.oidc.places import MOST_ASKING


class BeginTests(OidcCase):
    """C{GET /oidc/NAME}."""

    def test_offer(self) -> None:
        """The page is told which providers there are."""
        self.assertEqual(
            [{"name": "example", "label": "Example ID"}, {"name": "other", "label": "other"}], self.offer()["providers"]
        )

    def test_request(self) -> None:
        """The browser is sent to the provider, with all that the flow needs, and nothing that is secret."""
        url, cookie = self.begin()
        parts = urlsplit(url)
        query = {name: value for name, (value,) in parse_qs(parts.query).items()}
        self.assertEqual(f"{ISSUER}/authorize", f"{parts.scheme}://{parts.netloc}{parts.path}")
        self.assertEqual(43, len(query.pop("state")))
        self.assertEqual(43, len(query.pop("nonce")))
        self.assertEqual(43, len(query.pop("code_challenge")))
        self.assertEqual(
            {
                "response_type": "code",
                "client_id": "chat",
                "redirect_uri": f"http://{HOST}/oidc/example/callback",
                "scope": "openid profile",
                "code_challenge_method": "S256",
            },
            query,
        )
        self.assertNotIn("s3", url)
        self.assertNotIn(cookie.partition("=")[2], url)

    def test_cookie(self) -> None:
        """The browser keeps which login it has begun, for ten minutes, out of reach of scripts."""
        (cookie,) = self.get("/oidc/example").cookies
        self.assertRegex(cookie, r"\Atwistchat-oidc=[\w-]{43}; Path=/; Max-Age=600; HttpOnly; SameSite=Lax\Z")

    def test_unknown(self) -> None:
        """Other paths and methods are refused."""
        for path in ("", "/", "/nobody", "/example/", "/example/callback/x", "/example/callback/", "/example/.."):
            self.assertEqual(404, self.get(f"/oidc{path}").status, path)
        self.assertEqual(405, HttpClient(self.server).ask("POST", "/oidc/example").status)
        self.assertEqual(405, HttpClient(self.server).ask("HEAD", "/oidc/example").status)

    def test_crossSite(self) -> None:
        """Another web site cannot begin a login of somebody."""
        for site in ("cross-site", "same-site"):
            self.assertFailed(self.get("/oidc/example", Sec_Fetch_Site=site), 403, "Another web site")
        self.begin(Sec_Fetch_Site="same-origin")

    def test_down(self) -> None:
        """If the provider is down, the page says so, and it is asked again later."""
        self.provider.raw = b"<html>"
        for _ in range(3):
            self.assertFailed(self.get("/oidc/example"), 502, "Example ID")
        self.assertEqual(1, len(self.provider.asked))
        self.provider.raw = None
        self.server.advance(10)
        self.begin()

    def test_configuration(self) -> None:
        """A configuration of another issuer, or with URLs that are not safe, is not used."""
        for wrong in (
            {"issuer": OTHER},
            {"issuer": f"{ISSUER}/"},
            {"authorization_endpoint": "http://id.example/authorize"},
            {"authorization_endpoint": "javascript:alert(1)"},
            {"authorization_endpoint": "https://id.example/\r\nSet-Cookie: x=y"},
            {"authorization_endpoint": None},
            {"authorization_endpoint": "http://127.0.0.1/"},
        ):
            self.provider.configuration = wrong
            response = self.get("/oidc/example")
            self.assertFailed(response, 502, "Example ID")
            self.server.advance(3601)

    def test_notInstalled(self) -> None:
        """Without the packages that it needs, a login fails with a page, and the server warns when it starts."""
        settings, door = self.server.context.settings, WebDoor()
        self.assertEqual((), door.warnings(settings, ()))
        loaded = [
            name for name in sys.modules if name.startswith(("treq", "joserfc", "twistchat.doors.web.oidc.fetch"))
        ]
        hidden = {name: sys.modules.pop(name) for name in loaded}
        self.addCleanup(sys.modules.update, hidden)
        for name in ("treq", "joserfc"):
            self.addCleanup(sys.modules.pop, name, None)
            sys.modules[name] = None  # type: ignore[assignment]  # so an import of it fails
        self.assertFailed(self.get("/oidc/example"), 503, "cannot use that login yet")
        self.assertIn("pip install 'twistchat[oidc]'", str(door.warnings(settings, ())))


class EndTests(OidcCase):
    """C{GET /oidc/NAME/callback}."""

    def test_newAccount(self) -> None:
        """The first login makes an account, and later ones find it, whatever name the provider tells then."""
        response = self.logInWith()
        self.assertEqual("/", response.headers["location"])
        self.assertEqual("bob", self.offer(Cookie=self.sessionOf(response))["account"])
        self.provider.claims = {"preferred_username": "robert"}
        self.assertEqual("bob", self.offer(Cookie=self.sessionOf(self.logInWith()))["account"])
        self.assertEqual(2, len(self.server.chat.state.accounts))

    def test_cookies(self) -> None:
        """The web session has a strict cookie, and the cookie of the login is removed."""
        session, begun = self.logInWith().cookies
        self.assertRegex(session, r"\Atwistchat=tcw_.*; SameSite=Strict\Z")
        self.assertEqual("twistchat-oidc=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax", begun)

    def test_client(self) -> None:
        """This server proves who it is, and that the code is its own."""
        self.logInWith()
        self.assertEqual(basic("chat", "s3+cret"), self.provider.headers["authorization"])
        self.assertEqual(f"http://{HOST}/oidc/example/callback", self.provider.fields["redirect_uri"])
        self.assertNotIn("client_secret", self.provider.fields)

    def test_clientPost(self) -> None:
        """A provider that wants the secret in the body gets it there."""
        self.provider.configuration = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
        self.sessionOf(self.logInWith())
        sent = self.provider.fields
        self.assertEqual(("chat", "s3 cret"), (sent["client_id"], sent["client_secret"]))

    def test_chat(self) -> None:
        """The web session enters the chat."""
        self.enter(self.sessionOf(self.logInWith()), "bob")
        user = self.server.chat.state.users.named("bob")
        assert user is not None
        self.assertEqual("bob", user.source.account)

    def test_room(self) -> None:
        """The browser comes to the room that it asked for."""
        self.assertEqual("/#tea", self.logInWith("/oidc/example?room=%23tea").headers["location"])
        self.assertEqual("/#t%C3%A9%2F%26", self.logInWith("/oidc/example?room=%23t%C3%A9/%26").headers["location"])

    def test_openRedirect(self) -> None:
        """No other address can be the end, neither by the room nor by any other parameter."""
        for room in ("https://evil.example", "//evil.example", "tea", "", "%0d%0aSet-Cookie:x=y", "%23a%20b", "%23%0a"):
            self.assertFailed(self.get(f"/oidc/example?room={room}"), 400, "room name")
        for name in ("next", "redirect_uri", "return_to", "target"):
            self.assertEqual("/", self.logInWith(f"/oidc/example?{name}=https://evil.example").headers["location"])
        odd = self.logInWith("/oidc/example?room=%23//evil.example").headers["location"]
        self.assertEqual("/#%2F%2Fevil.example", odd)

    def test_notCreated(self) -> None:
        """Where accounts are not made, somebody without a link is told what to do."""
        self.serve(CONFIGURATION.replace("always", "never"))
        self.assertFailed(self.logInWith(), 403, "Log in with your name and password first")
        self.assertEqual(1, len(self.server.chat.state.accounts))

    def test_takenName(self) -> None:
        """An account that has the name already is not taken over."""
        self.provider.claims = {"preferred_username": "Alice"}
        self.assertEqual("Alice2", self.offer(Cookie=self.sessionOf(self.logInWith()))["account"])
        self.assertEqual([], self.webSessions("alice"))

    def test_userinfo(self) -> None:
        """A name that is not in the ID token is asked for."""
        self.provider.claims = {"preferred_username": None}
        self.provider.person = {"sub": "248289", "preferred_username": "carol"}
        self.assertEqual("carol", self.offer(Cookie=self.sessionOf(self.logInWith()))["account"])

    def test_otherUserinfo(self) -> None:
        """An answer about another person is not used (OpenID Connect Core 1.0, section 5.3.2)."""
        self.provider.claims = {"preferred_username": None}
        self.provider.person = {"sub": "666", "preferred_username": "carol"}
        self.assertFailed(self.logInWith(), 502, "did not work")

    def test_suspended(self) -> None:
        """An account that cannot be used cannot be used with a provider either."""
        self.logInWith()
        self.successResultOf(self.server.chat.accounts.suspend(None, "bob", "spam"))
        response = self.logInWith()
        self.assertEqual(403, response.status)
        self.assertIn("This account is suspended: spam.", response.body.decode())

    def test_plaintext(self) -> None:
        """No web session is opened over plain HTTP for another machine."""
        url, cookie = self.begin()
        parameters = self.provider.allow(url)
        query = f"code=code&state={parameters['state']}"
        response = self.get(f"/oidc/example/callback?{query}", "192.0.2.9", Cookie=cookie)
        self.assertFailed(response, 403, "encrypt")

    def test_fixation(self) -> None:
        """A login makes a new secret, and the web session that the browser had ends."""
        before = self.sessionOf(self.logInWith())
        url, cookie = self.begin()
        response = self.back(f"{cookie}; {before}", **self.provider.allow(url))
        self.assertNotEqual(before, self.sessionOf(response))
        self.assertIsNone(self.offer(Cookie=before)["account"])


class LinkTests(OidcCase):
    """Linking a provider to an account."""

    def test_link(self) -> None:
        """Somebody who is logged in links the provider, stays logged in, and can log in with it later."""
        session = self.logIn()
        url, cookie = self.begin(Cookie=session)
        response = self.back(cookie, **self.provider.allow(url))
        self.assertEqual((302, "/"), (response.status, response.headers["location"]))
        self.assertNotIn("tcw_", str(response.cookies))
        self.assertEqual("alice", self.offer(Cookie=self.sessionOf(self.logInWith()))["account"])
        self.assertEqual(1, len(self.server.chat.state.accounts))

    def test_again(self) -> None:
        """Linking what is linked changes nothing."""
        session = self.logIn()
        for _ in range(2):
            url, cookie = self.begin(Cookie=session)
            self.assertEqual(302, self.back(cookie, **self.provider.allow(url)).status)
        self.assertEqual(1, len(self.server.chat.state.accounts.named("alice").ofKind("oidc")))

    def test_anothers(self) -> None:
        """What belongs to another account is not linked."""
        self.logInWith()
        url, cookie = self.begin(Cookie=self.logIn())
        response = self.back(cookie, **self.provider.allow(url))
        self.assertEqual(409, response.status)
        self.assertIn("belongs to another account", response.body.decode())
        self.assertEqual((), self.server.chat.state.accounts.named("alice").ofKind("oidc"))

    def test_loggedOut(self) -> None:
        """Somebody who has logged out meanwhile links nothing, and is not logged in."""
        session = self.logIn()
        url, cookie = self.begin(Cookie=session)
        self.post("/logout", {}, Cookie=session)
        self.assertFailed(self.back(cookie, **self.provider.allow(url)), 403, "logged out")

    def test_restart(self) -> None:
        """The journal keeps the link."""
        directory = self.mktemp()
        self.serve(CONFIGURATION, directory=directory)
        self.logInWith()
        self.server.close("Bye")
        self.serve(CONFIGURATION, (), directory=directory)
        self.provider.claims = {"preferred_username": "robert"}
        self.assertEqual("bob", self.offer(Cookie=self.sessionOf(self.logInWith()))["account"])


class AttackTests(OidcCase):
    """Answers that are not the provider's to this browser's login."""

    def test_replay(self) -> None:
        """An answer counts once."""
        url, cookie = self.begin()
        parameters = self.provider.allow(url)
        self.sessionOf(self.back(cookie, **parameters))
        self.provider.allow(url)
        self.assertFailed(self.back(cookie, **parameters), 400, "has ended already")

    def test_replayedCode(self) -> None:
        """A code that was used counts for no other login."""
        url, cookie = self.begin()
        parameters = self.provider.allow(url)
        self.back(cookie, **parameters)
        other, otherCookie = self.begin()
        (state,) = parse_qs(urlsplit(other).query)["state"]
        self.assertFailed(self.back(otherCookie, code="code", state=state), 502, "did not work")

    def test_injectedCode(self) -> None:
        """A code of another browser's login does not fit the verifier of this one (RFC 7636)."""
        url, _ = self.begin()
        code = self.provider.allow(url, "stolen")["code"]
        mine, cookie = self.begin()
        (state,) = parse_qs(urlsplit(mine).query)["state"]
        self.assertFailed(self.back(cookie, code=code, state=state), 502, "did not work")

    def test_loginCsrf(self) -> None:
        """An answer that belongs to another browser logs nobody in, and that browser can still use it."""
        url, cookie = self.begin()
        parameters = self.provider.allow(url)
        for victim in ("", "twistchat-oidc=", "twistchat-oidc=x", self.begin()[1]):
            self.assertFailed(self.back(victim, **parameters), 400, "not begun in this browser")
        self.sessionOf(self.back(cookie, **parameters))

    def test_state(self) -> None:
        """A state that is missing, unknown or there twice is refused, and the provider is not asked."""
        _, cookie = self.begin()
        asked = len(self.provider.asked)
        self.assertFailed(self.back(cookie, code="code"), 400, "not begun")
        self.assertFailed(self.back(cookie, code="code", state="x" * 43), 400, "not begun")
        self.assertFailed(self.get("/oidc/example/callback?state=a&state=b", Cookie=cookie), 400, "damaged")
        self.assertFailed(self.get("/oidc/example/callback?state=%ff", Cookie=cookie), 400, "damaged")
        self.assertFailed(self.back(cookie, state="x" * 5000), 400, "damaged")
        self.assertEqual(asked, len(self.provider.asked))

    def test_expired(self) -> None:
        """A login that takes too long is over."""
        for seconds, status in ((TIME - 1, 302), (TIME, 400)):
            url, cookie = self.begin()
            self.server.advance(seconds)
            self.assertEqual(status, self.back(cookie, **self.provider.allow(url)).status)

    def test_mixUp(self) -> None:
        """An answer to one provider's login does not count as another's."""
        url, cookie = self.begin()
        parameters = self.provider.allow(url)
        self.assertFailed(self.back(cookie, "other", **parameters), 400, "not begun")
        self.assertFailed(self.back(cookie, **parameters, iss=OTHER), 502, "did not work")

    def test_issuer(self) -> None:
        """The provider's own issuer is taken, and wanted where it always comes (RFC 9207)."""
        url, cookie = self.begin()
        self.sessionOf(self.back(cookie, **self.provider.allow(url), iss=ISSUER))
        self.serve(CONFIGURATION)
        self.provider.configuration = {"authorization_response_iss_parameter_supported": True}
        self.assertFailed(self.logInWith(), 502, "did not work")

    def test_changedIssuer(self) -> None:
        """A login that began with another issuer, before the configuration was read again, is over."""
        url, cookie = self.begin()
        self.server.configure(CONFIGURATION.replace(f'"{ISSUER}"', '"https://new.example"'))
        self.server.context.rehash()
        self.assertFailed(self.back(cookie, **self.provider.allow(url)), 400, "not begun")

    def test_claims(self) -> None:
        """A token for somebody else, of somebody else, or of another time is refused."""
        now = int(self.server.context.wall())
        wrong: tuple[dict[str, object], ...] = (
            {"iss": OTHER},
            {"iss": None},
            {"aud": "another"},
            {"aud": []},
            {"aud": None},
            {"aud": ["another"]},
            {"aud": ["chat", "another"]},
            {"aud": ["chat", "another"], "azp": "another"},
            {"azp": "another"},
            {"nonce": "wrong"},
            {"nonce": None},
            {"nonce": 5},
            {"exp": now - 61},
            {"exp": None},
            {"exp": "tomorrow"},
            {"exp": True},
            {"iat": now + 120},
            {"iat": now - 700},
            {"iat": None},
            {"nbf": now + 120},
            {"sub": None},
            {"sub": ""},
            {"sub": 248289},
            {"sub": "x" * 256},
            {"sub": "a\nb"},
        )
        for claims in wrong:
            self.provider.claims = claims
            self.assertFailed(self.logInWith(), 502, "did not work")
        self.assertEqual(1, len(self.server.chat.state.accounts))
        for right in ({"aud": ["chat"]}, {"aud": ["chat", "another"], "azp": "chat"}, {"exp": now - 30}):
            self.provider.claims = right
            self.sessionOf(self.logInWith())

    def test_algorithms(self) -> None:
        """A token that is not signed with the provider's private key is refused, whatever it says about itself."""
        public, confusing = RSA.as_pem(private=False), {"alg": "HS256", "kid": "rsa"}

        def unsigned(claims: dict[str, object]) -> str:
            signed = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key("s" * 32), algorithms=["HS256"])
            return f"eyJhbGciOiJub25lIn0.{signed.split('.')[1]}."

        def confused(claims: dict[str, object]) -> str:
            """Use the public key as the shared secret of HS256, which joserfc refuses to do."""
            parts = [urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (confusing, claims)]
            signature = hmac.digest(public, b".".join(parts), "sha256")
            return b".".join([*parts, urlsafe_b64encode(signature).rstrip(b"=")]).decode()

        def tampered(claims: dict[str, object]) -> str:
            signed = jwt.encode({"alg": "RS256", "kid": "rsa"}, claims, RSA, algorithms=["RS256"])
            header, body, signature = signed.split(".")
            return f"{header}.{body[:-4]}AAAA.{signature}"

        def another(claims: dict[str, object]) -> str:
            key = RSAKey.generate_key(2048)
            return jwt.encode({"alg": "RS256", "kid": "rsa"}, claims, key, algorithms=["RS256"])

        for sign in (
            unsigned,
            tampered,
            another,
            confused,
            lambda claims: jwt.encode(
                {"alg": "HS256", "kid": "rsa"}, claims, OctKey.import_key("s3 cret" * 5), algorithms=["HS256"]
            ),
            lambda claims: "",
            lambda claims: "a.b.c",
            lambda claims: "x" * 20_000,
            lambda claims: None,
        ):
            self.provider.sign = sign  # type: ignore[assignment]
            self.assertFailed(self.logInWith(), 502, "did not work")
        self.assertEqual(1, len(self.server.chat.state.accounts))

    def test_rotation(self) -> None:
        """A key that the provider has since its keys were read is found, and its keys are not read at every token."""
        self.logInWith()
        self.provider.key, self.provider.published, self.provider.algorithm = NEXT, [RSA, NEXT], "ES256"
        self.server.advance(11)
        self.sessionOf(self.logInWith())
        self.provider.published = [RSA]
        self.server.advance(3600)
        for _ in range(3):
            self.assertEqual(502, self.logInWith().status)
        self.assertEqual(3, self.provider.asked.count("/keys"))

    def test_badAnswers(self) -> None:
        """A provider that refuses, redirects or sends something else gives a page, and no error of the server."""
        for status in (400, 401, 302, 500):
            self.provider.status = status
            self.assertFailed(self.logInWith(), 502, "did not work")
        self.provider.status = 200
        self.assertNotIn("/elsewhere", self.provider.asked)
        for raw in (b"", b"[]", b"{}", b"\xff", b"x" * 300_000, b"[" * 100_000, b'{"id_token": 5}'):
            url, cookie = self.begin()
            self.provider.raw = raw
            response = self.back(cookie, **self.provider.allow(url))
            self.provider.raw = None
            self.assertFailed(response, 502, "did not work")

    def test_denied(self) -> None:
        """What the provider says is shown as text, in one line and cut, and only to the browser that asked."""
        url, cookie = self.begin()
        (state,) = parse_qs(urlsplit(url).query)["state"]
        said = "<script>alert(1)</script>\r\nSet-Cookie: x=y\u202e" + "y" * 500
        stranger = self.back("", state=state, error="access_denied", error_description=said)
        self.assertNotIn("script", stranger.body.decode())
        response = self.back(cookie, state=state, error="access_denied", error_description=said)
        self.assertFailed(response, 403, "Example ID did not log you in. It says: “&lt;script&gt;alert(1)")
        self.assertNotIn("<script", response.body.decode())
        self.assertNotIn("\u202e", response.body.decode())
        self.assertLess(len(response.body), 1000)
        self.assertNotIn("x=y", str(response.headers))
        again, cookie = self.begin()
        (state,) = parse_qs(urlsplit(again).query)["state"]
        self.assertFailed(self.back(cookie, state=state), 400, "without a login")

    def test_wrongSecretInLink(self) -> None:
        """A cookie that is no web session's begins a login, and no link."""
        response = self.logInWith(Cookie="twistchat=tcw_x")
        self.assertEqual("bob", self.offer(Cookie=self.sessionOf(response))["account"])

    def test_silent(self) -> None:
        """A provider that never answers holds up nobody for long, and only a few browsers wait for it."""
        self.provider.silent = True
        browsers = [HttpClient(self.server) for _ in range(MOST_ASKING)]
        for browser in browsers:
            browser.send(f"GET /oidc/example HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        self.assertEqual({b""}, {browser.received for browser in browsers})
        self.assertFailed(self.get("/oidc/example"), 503, "Too many people")
        self.assertEqual(200, self.get("/login").status)
        self.server.advance(10)
        self.assertEqual({502}, {browser.take().status for browser in browsers})
        self.assertEqual(1, len(self.provider.asked))
        self.provider.silent = False
        self.server.advance(10)
        self.begin()

    def test_password(self) -> None:
        """An account that a provider made has no password, so nobody can guess one."""
        self.logInWith()
        self.assertEqual(403, self.post("/login", {"name": "bob", "password": PASSWORD}).status)
        self.assertEqual("LOGIN_FAILED", contentOf(self.post("/login", {"name": "bob", "password": ""}))["code"])
