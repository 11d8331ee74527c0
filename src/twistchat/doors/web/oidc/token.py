"""The check of an ID token (OpenID Connect Core 1.0, section 3.1.3.7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key, import_key
from joserfc.jws import extract_compact

from twistchat.doors.web.oidc.errors import ProviderFault, shorten

ALGORITHMS: Final[Mapping[str, str]] = {
    "RS256": "RSA",
    "RS384": "RSA",
    "RS512": "RSA",
    "PS256": "RSA",
    "PS384": "RSA",
    "PS512": "RSA",
    "ES256": "EC",
    "ES384": "EC",
    "ES512": "EC",
}
"""
The algorithms of signatures that are accepted, each with the type of its keys.  All have a public key.  Those with a
shared secret (C{HS256}) and C{none} are not among them: a token must be the provider's, not one that anybody can make.
"""

LONGEST: Final = 16 * 1024
"""The most bytes of an ID token."""

MOST_KEYS: Final = 50
"""The most keys of a provider that are read."""

LEEWAY: Final = 60
"""Seconds by which the clock of the provider may differ from this one."""

OLDEST: Final = 600
"""Seconds after its creation in which an ID token must arrive."""

LONGEST_SUBJECT: Final = 255
"""The most characters of a subject (OpenID Connect Core 1.0, section 2)."""


class UnknownKey(Exception):
    """A token is signed by a key that is not among those of the provider: it may have new ones."""


@dataclass(frozen=True, slots=True)
class Expected:
    """
    What an ID token must say.

    @ivar issuer: the provider's issuer.
    @ivar client: this server's id at the provider.
    @ivar nonce: the nonce of the login.
    @ivar now: the time, in seconds since the epoch.
    """

    issuer: str
    client: str
    nonce: str = field(repr=False)
    now: float


def readKeys(document: Mapping[str, Any]) -> list[Key]:
    """
    Read the public keys of a provider (RFC 7517, section 5).  Keys that cannot sign tokens here are left out.

    @raise ProviderFault: it is no set of keys, or has none that can be used.
    """
    entries = document.get("keys")
    if not isinstance(entries, list):
        raise ProviderFault("The keys of the provider are not a list")
    keys = []
    for entry in entries[:MOST_KEYS]:
        if not isinstance(entry, dict) or entry.get("kty") not in ("RSA", "EC") or entry.get("use", "sig") != "sig":
            continue
        try:
            keys.append(import_key(entry))
        except (JoseError, KeyError, ValueError, TypeError):  # joserfc looks up the name of a curve without care
            continue
    if not keys:
        raise ProviderFault("The provider has no key with which it could sign a login")
    return keys


def check(token: str, keys: Sequence[Key], expected: Expected) -> Mapping[str, Any]:
    """
    Check an ID token.

    @return: its claims.
    @raise UnknownKey: it is signed by another key.
    @raise ProviderFault: it is not valid.
    """
    if len(token) > LONGEST:
        raise ProviderFault(f"The ID token is longer than {LONGEST} bytes")
    try:
        header = extract_compact(token.encode()).headers()
    except (JoseError, ValueError) as wrong:
        raise ProviderFault(f"The ID token is malformed: {shorten(wrong)}") from None
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise ProviderFault(f"The ID token is signed with {shorten(algorithm)}, which is not accepted")
    claims = _verified(token, algorithm, _fitting(keys, algorithm, header.get("kid")))
    _checkClaims(claims, expected)
    return claims


def _fitting(keys: Sequence[Key], algorithm: str, id: object) -> list[Key]:
    """Find the keys that may have signed a token."""
    fitting = [
        key
        for key in keys
        if key.key_type == ALGORITHMS[algorithm]
        and key.get("alg", algorithm) == algorithm
        and (id is None or key.get("kid") == id)
    ]
    if not fitting:
        raise UnknownKey(f"The provider has no key {shorten(id)} for {algorithm}")
    return fitting


def _verified(token: str, algorithm: str, keys: Sequence[Key]) -> Mapping[str, Any]:
    why = ""
    for key in keys:
        try:
            return jwt.decode(token, key, algorithms=[algorithm]).claims
        except (JoseError, ValueError, RecursionError) as wrong:
            why = shorten(wrong)
    raise ProviderFault(f"The signature of the ID token is wrong: {why}")


def _checkClaims(claims: Mapping[str, Any], expected: Expected) -> None:
    """Check what a token with a correct signature says."""
    if claims.get("iss") != expected.issuer:
        raise ProviderFault(f"The ID token is of {shorten(claims.get('iss'))}")
    audience = claims.get("aud")
    if isinstance(audience, str):
        audience = [audience]
    party = claims.get("azp")
    if not isinstance(audience, list) or expected.client not in audience:
        raise ProviderFault("The ID token is for another client (aud)")
    if (party is None and len(audience) > 1) or (party is not None and party != expected.client):
        raise ProviderFault("The ID token is for another client (azp)")
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not compare_digest(nonce.encode(), expected.nonce.encode()):
        raise ProviderFault("The ID token is of another login (nonce)")
    expires, issued, begins = (_time(claims, name) for name in ("exp", "iat", "nbf"))
    if expires is None or issued is None:
        raise ProviderFault("The ID token does not say when it was made, and until when it is valid")
    if expires <= expected.now - LEEWAY:
        raise ProviderFault("The ID token has expired")
    if max(issued, begins or 0) > expected.now + LEEWAY:
        raise ProviderFault("The ID token is from the future: compare the clocks of this server and the provider")
    if issued < expected.now - OLDEST:
        raise ProviderFault("The ID token is too old")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT or not subject.isprintable():
        raise ProviderFault("The ID token does not say who somebody is (sub)")


def _time(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
