"""A provider of OpenID Connect in memory, and browsers that log in with it."""

from __future__ import annotations

import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, Key, RSAKey
from treq.testing import RequestTraversalAgent
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from tests.doors.web.accounts import WebCase, cookieOf
from tests.doors.web.browser import Response
from twistchat.doors.irc import IrcDoor
from twistchat.doors.line import LineDoor
from twistchat.doors.web.door import WebDoor
from twistchat.testing import MemoryServer
from twistchat.testing.server import settingsOf

ISSUER = "https://id.example"
"""The issuer of the provider."""

OTHER = "https://other.example"
"""The issuer of another one."""

CONFIGURATION = f"""
[oidc.example]
label = "Example ID"
issuer = "{ISSUER}"
clientId = "chat"
clientSecret = "s3 cret"
create = "always"

[oidc.other]
issuer = "{OTHER}"
clientId = "chat"
"""
"""The configuration of a server that knows both."""

RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
"""The key of the provider.  It is made once, because that takes a while."""

NEXT = ECKey.generate_key("P-256", {"kid": "next"})
"""Its next key."""


class FakeProvider(Resource):
    """
    A provider.  Tests change its attributes, and so what it answers.

    @ivar key: what it signs with.
    @ivar published: the keys that it publishes.
    @ivar algorithm: the algorithm of its signatures.
    @ivar claims: claims that its ID tokens have in place of the usual ones; C{None} removes one.
    @ivar configuration: the same for its configuration.
    @ivar person: what the userinfo endpoint says.
    @ivar sign: makes an ID token of claims; C{None} for the usual way.
    @ivar status: the status of the answer of its token endpoint.
    @ivar raw: the body of every answer, in place of what it would say.
    @ivar silent: whether it never answers.
    @ivar asked: the paths of the requests to it.
    @ivar codes: the codes that it has given, each with the challenge of its login and the nonce.
    """

    isLeaf = True

    def __init__(self, server: Callable[[], MemoryServer], issuer: str = ISSUER) -> None:
        """
        @param server: returns the server, which has the time.
        """
        super().__init__()
        self._server = server
        self.issuer = issuer
        self.key: Key = RSA
        self.published: list[Key] = [RSA]
        self.algorithm = "RS256"
        self.claims: dict[str, Any] = {}
        self.configuration: dict[str, Any] = {}
        self.person: dict[str, Any] = {"sub": "248289"}
        self.sign: Callable[[dict[str, Any]], str] | None = None
        self.status = 200
        self.raw: bytes | None = None
        self.silent = False
        self.asked: list[str] = []
        self.headers: dict[str, str] = {}
        self.codes: dict[str, tuple[str, str]] = {}

    def render(self, request: Any) -> bytes | int:
        """Answer a request."""
        path = request.path.decode()
        self.asked.append(path)
        if self.silent:
            return NOT_DONE_YET
        status, value = self._answer(path, request)
        request.setResponseCode(status)
        if status == 302:
            request.setHeader("Location", f"{self.issuer}/elsewhere")
        return json.dumps(value).encode() if self.raw is None else self.raw

    def _answer(self, path: str, request: Any) -> tuple[int, Any]:
        if path == "/.well-known/openid-configuration":
            usual = {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "userinfo_endpoint": f"{self.issuer}/me",
            }
            return 200, usual | self.configuration
        if path == "/keys":
            return 200, {"keys": [key.as_dict(private=False) | {"use": "sig"} for key in self.published]}
        if path == "/me":
            return (200, self.person) if request.getHeader("authorization") == "Bearer access" else (401, {})
        if path == "/token":
            return self._token(request)
        return 404, {}

    def _token(self, request: Any) -> tuple[int, Any]:
        fields = parse_qs(request.content.read().decode())
        self.headers = {"authorization": request.getHeader("authorization") or ""}
        self.fields = {name: value for name, (value,) in fields.items()}
        if self.status != 200:
            return self.status, {"error": "invalid_grant", "error_description": "no\r\n<b>"}
        challenge, nonce = self.codes.pop(self.fields["code"], ("", ""))
        proof = urlsafe_b64encode(sha256(self.fields["code_verifier"].encode()).digest()).decode().rstrip("=")
        if proof != challenge:
            return 400, {"error": "invalid_grant"}
        now = int(self._server().context.wall())
        usual = {
            "iss": self.issuer,
            "aud": "chat",
            "sub": "248289",
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            "preferred_username": "bob",
        }
        claims = {name: value for name, value in (usual | self.claims).items() if value is not None}
        if self.sign is not None:
            token = self.sign(claims)
        else:
            header = {"alg": self.algorithm, "kid": self.key.get("kid")}
            token = jwt.encode(header, claims, self.key, algorithms=[self.algorithm])
        return 200, {"id_token": token, "access_token": "access", "token_type": "Bearer"}

    def allow(self, url: str, code: str = "code") -> dict[str, str]:
        """Let somebody log in whom a server has sent here, and return the parameters of the way back."""
        query = {name: value for name, (value,) in parse_qs(urlsplit(url).query).items()}
        self.codes[code] = (query["code_challenge"], query["nonce"])
        return {"code": code, "state": query["state"]}


def basic(user: str, password: str) -> str:
    """The header of Basic authentication."""
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"


class OidcCase(WebCase):
    """A server with a provider, and with the account alice."""

    toml = CONFIGURATION

    def serve(self, toml: str = "", accounts: Any = ("alice",), **parts: Any) -> None:
        """Start a server, with a provider that it can reach."""
        self.provider = FakeProvider(lambda: self.server)
        doors = (LineDoor(), IrcDoor(), WebDoor(RequestTraversalAgent(self.provider)))
        self.server = MemoryServer(settingsOf(toml, doors), doors=doors, **parts)
        self.logins = self.server.context.logins
        for name in accounts:
            self.account(name)

    def begin(self, path: str = "/oidc/example", **headers: str) -> tuple[str, str]:
        """Begin a login, and return the URL at the provider and the cookie."""
        response = self.get(path, **headers)
        self.assertEqual(302, response.status, response.body)
        return response.headers["location"], cookieOf(response)

    def back(self, cookie: str, name: str = "example", **parameters: str) -> Response:
        """Come back from the provider."""
        return self.get(f"/oidc/{name}/callback?{urlencode(parameters)}", Cookie=cookie, Sec_Fetch_Site="cross-site")

    def logInWith(self, path: str = "/oidc/example", **headers: str) -> Response:
        """Log a browser in with the provider, and return the last answer."""
        url, cookie = self.begin(path, **headers)
        return self.back(cookie, **self.provider.allow(url))

    def sessionOf(self, response: Response) -> str:
        """The cookie of the web session that an answer opens."""
        self.assertEqual(302, response.status, response.body)
        found = re.search(r"twistchat=tcw_[\w-]+", str(response.cookies))
        assert found is not None, response
        return found[0]

    def assertFailed(self, response: Response, status: int, why: str) -> None:
        """Check that a login has failed with a page that says why, and opened nothing."""
        self.assertEqual(status, response.status, response.body)
        self.assertIn(why, response.body.decode())
        self.assertEqual("text/html; charset=utf-8", response.headers["content-type"])
        self.assertNotIn("tcw_", str(response.cookies))
        self.assertEqual([], self.webSessions())
