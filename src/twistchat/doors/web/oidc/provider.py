"""One provider, as this server asks it: its configuration, its keys, and who somebody is."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Awaitable, Callable, Mapping
from hashlib import sha256
from typing import Any, Final, Generic, TypeVar
from urllib.parse import quote, quote_plus, urlencode, urlsplit

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

from twistchat.config import OidcSettings
from twistchat.config.tables import isLoopback
from twistchat.doors.web.oidc.errors import ProviderFault, shorten
from twistchat.doors.web.oidc.fetch import Fetch
from twistchat.doors.web.oidc.flows import Flow
from twistchat.doors.web.oidc.people import Identity
from twistchat.doors.web.oidc.token import Expected, UnknownKey, check, readKeys

T = TypeVar("T")

KEPT: Final = 3600.0
"""Seconds for which the configuration and the keys of a provider are remembered."""

RETRY: Final = 10.0
"""Seconds for which it is remembered that a provider cannot be asked; and until its keys are asked for again."""

LONGEST_URL: Final = 2048
"""The most characters of a provider's URL."""


class Remembered(Generic[T]):
    """A value that is fetched when it is needed.  Many who need it at once share one request."""

    def __init__(self, fetch: Callable[[], Awaitable[T]], clock: IReactorTime) -> None:
        self._fetch = fetch
        self._clock = clock
        self._outcome: T | Failure | None = None
        self._fetched = 0.0
        self._waiting: list[Deferred[T]] = []

    async def get(self, newer: bool = False) -> T:
        """
        Get the value.

        @param newer: whether a remembered value may be outdated.  One of the last L{RETRY} seconds is returned still.
        @raise ProviderFault: it cannot be fetched.
        """
        age, outcome = self._clock.seconds() - self._fetched, self._outcome
        if outcome is not None and age < (RETRY if newer or isinstance(outcome, Failure) else KEPT):
            if isinstance(outcome, Failure):
                outcome.raiseException()
            else:
                return outcome
        waits: Deferred[T] = Deferred()
        self._waiting.append(waits)
        if len(self._waiting) == 1:
            fetching: Deferred[Any] = Deferred.fromCoroutine(self._once())
            fetching.addBoth(self._fetchedNow)
        return await waits

    async def _once(self) -> T:
        return await self._fetch()

    def _fetchedNow(self, outcome: T | Failure) -> None:
        self._outcome, self._fetched = outcome, self._clock.seconds()
        waiting, self._waiting = self._waiting, []
        for waits in waiting:
            waits.callback(outcome)  # a Failure becomes the error


class Provider:
    """
    One provider.

    @ivar settings: its table in the configuration.
    """

    def __init__(self, settings: OidcSettings, fetch: Fetch, clock: IReactorTime, wall: Callable[[], float]) -> None:
        """
        @param wall: returns the time in seconds since the epoch.
        """
        self.settings = settings
        self._fetch = fetch
        self._wall = wall
        self._configuration = Remembered(self._discover, clock)
        self._keys = Remembered(self._fetchKeys, clock)

    async def start(self, flow: Flow, state: str) -> str:
        """
        Make the URL at the provider where a login begins (OpenID Connect Core 1.0, section 3.1.2.1).

        @raise ProviderFault: its configuration cannot be read.
        """
        endpoint = self._url(await self._configuration.get(), "authorization_endpoint")
        challenge = urlsafe_b64encode(sha256(flow.verifier.encode()).digest()).decode().rstrip("=")
        query = urlencode(
            {
                "response_type": "code",
                "client_id": self.settings.clientId,
                "redirect_uri": flow.redirect,
                "scope": self.settings.scopes,
                "state": state,
                "nonce": flow.nonce,
                "code_challenge": challenge,
                "code_challenge_method": "S256",
            },
            quote_via=quote,
        )
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{query}"

    async def checkIssuer(self, said: str | None) -> None:
        """
        Check the issuer that an answer to a login names (RFC 9207, section 2.4), so that no answer of another provider
        counts as this one's.

        @param said: the parameter C{iss}; C{None} without it.
        @raise ProviderFault: it is another one, or is missing where the provider sends it always.
        """
        always = (await self._configuration.get()).get("authorization_response_iss_parameter_supported") is True
        if (said is None and always) or (said is not None and said != self.settings.issuer):
            raise ProviderFault(f"The answer is of the issuer {shorten(said)}")

    async def identify(self, flow: Flow, code: str) -> Identity:
        """
        Exchange a code for an ID token, and check it (OpenID Connect Core 1.0, sections 3.1.3 and 5.3).

        @raise ProviderFault: the provider refuses it, or its answer is not valid.
        """
        configuration = await self._configuration.get()
        url = self._url(configuration, "token_endpoint")
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": flow.redirect,
            "code_verifier": flow.verifier,
        }
        authorization = self._authenticate(configuration, fields)
        status, answer = await self._fetch.json("POST", url, fields, authorization)
        if status != 200:
            said = f"{shorten(answer.get('error'))}: {shorten(answer.get('error_description', ''))}"
            raise ProviderFault(f"{url} answered {status}, {said}")
        token, access = answer.get("id_token"), answer.get("access_token")
        if not isinstance(token, str):
            raise ProviderFault(f"{url} answered without an ID token")
        expected = Expected(self.settings.issuer, self.settings.clientId, flow.nonce, self._wall())
        try:
            claims = check(token, await self._keys.get(), expected)
        except UnknownKey:
            claims = await self._checkAgain(token, expected)
        name = claims.get(self.settings.claim)
        if not isinstance(name, str) and isinstance(access, str) and "userinfo_endpoint" in configuration:
            name = await self._askName(configuration, access, claims["sub"])
        return Identity(self.settings.issuer, claims["sub"], name if isinstance(name, str) else "")

    async def _checkAgain(self, token: str, expected: Expected) -> Mapping[str, Any]:
        """Check a token with the keys that the provider has now."""
        try:
            return check(token, await self._keys.get(newer=True), expected)
        except UnknownKey as unknown:
            raise ProviderFault(str(unknown)) from None

    async def _askName(self, configuration: Mapping[str, Any], access: str, subject: str) -> object:
        """Ask for the claims that are not in the ID token."""
        url = self._url(configuration, "userinfo_endpoint")
        if not access.isascii() or not access.isprintable():
            raise ProviderFault("The access token cannot be sent in a header")
        status, claims = await self._fetch.json("GET", url, authorization=f"Bearer {access}")
        if status != 200 or claims.get("sub") != subject:
            raise ProviderFault(f"{url} answered {status}, and not about the same person")
        return claims.get(self.settings.claim)

    def _authenticate(self, configuration: Mapping[str, Any], fields: dict[str, str]) -> str | None:
        """
        Prove to the provider who this server is (RFC 6749, section 2.3.1).

        @param fields: gets what is sent in the body.
        @return: the header C{Authorization}; C{None} for none.
        """
        id, secret = self.settings.clientId, self.settings.clientSecret
        methods = configuration.get("token_endpoint_auth_methods_supported")
        if not secret:
            fields["client_id"] = id
            return None
        if isinstance(methods, list) and "client_secret_basic" not in methods and "client_secret_post" in methods:
            fields.update(client_id=id, client_secret=secret)
            return None
        return f"Basic {b64encode(f'{quote_plus(id)}:{quote_plus(secret)}'.encode()).decode()}"

    async def _discover(self) -> dict[str, Any]:
        """Read the provider's configuration (OpenID Connect Discovery 1.0, section 4)."""
        url = f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration"
        status, configuration = await self._fetch.json("GET", url)
        if status != 200:
            raise ProviderFault(f"{url} answered {status}")
        if configuration.get("issuer") != self.settings.issuer:
            raise ProviderFault(f"{url} is the configuration of {shorten(configuration.get('issuer'))}")
        return configuration

    async def _fetchKeys(self) -> list[Any]:
        url = self._url(await self._configuration.get(), "jwks_uri")
        status, document = await self._fetch.json("GET", url)
        if status != 200:
            raise ProviderFault(f"{url} answered {status}")
        return readKeys(document)

    def _url(self, configuration: Mapping[str, Any], key: str) -> str:
        """
        Get a URL of the provider's configuration.

        @raise ProviderFault: it is no https URL.  On this machine it may be without encryption, as the issuer may.
        """
        url = configuration.get(key)
        if isinstance(url, str) and len(url) <= LONGEST_URL and url.isascii() and url.isprintable() and " " not in url:
            try:
                parts = urlsplit(url)
                local = isLoopback(parts.hostname or "") and isLoopback(urlsplit(self.settings.issuer).hostname or "")
                if not parts.fragment and (parts.scheme == "https" or (parts.scheme == "http" and local)):
                    return url
            except ValueError:
                pass
        raise ProviderFault(f"The configuration of the provider has no https URL as {key}")
