"""What a provider of logins answers: its keys, and its ID tokens (OpenID Connect Core 1.0)."""

from __future__ import annotations

import json
import warnings
from base64 import urlsafe_b64encode
from typing import Any, Final

from joserfc import jwt

from tests.doors.web.oidc.fakes import ISSUER, NEXT
from tests.fuzzing.target import Target, assertPrintable, words
from twistchat.doors.web.oidc.errors import ProviderFault
from twistchat.doors.web.oidc.token import Expected, UnknownKey, check, readKeys

NOW: Final = 1_767_268_800
"""The time, in seconds since the epoch."""

EXPECTED: Final = Expected(ISSUER, "chat", "nonce", NOW)
"""What a token must say."""

CLAIMS: Final = {"iss": ISSUER, "aud": "chat", "nonce": "nonce", "sub": "248289", "iat": NOW, "exp": NOW + 300}
"""The claims of a token that is accepted."""


def checkAnswers(data: bytes) -> None:
    """
    The first line is a set of keys.  The others are tokens, headers of tokens and claims.  Each is accepted or refused.

    A token that is accepted is for this client, this login and this time.
    """
    first, *lines = data.split(b"\n")
    _checkKeys(first)
    for line in lines:
        text = line.decode(errors="replace")
        _checkToken(text)
        _checkToken(f"{_part(line)}.{_part(json.dumps(CLAIMS).encode())}.c2ln")
        claims = _object(line)
        if claims is not None:
            _checkSigned(claims)


def _object(data: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(data.decode())
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _part(data: bytes) -> str:
    """Encode a part of a token (RFC 7515, section 2)."""
    return urlsafe_b64encode(data).decode().rstrip("=")


def _checkKeys(line: bytes) -> None:
    document = _object(line)
    if document is None:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # joserfc warns of short keys
        try:
            assert readKeys(document)
        except ProviderFault as bad:
            assertPrintable(str(bad))


def _checkToken(token: str) -> bool:
    """Return whether a token is accepted."""
    try:
        check(token, [NEXT], EXPECTED)
    except (ProviderFault, UnknownKey) as bad:
        assertPrintable(str(bad))
        return False
    return True


def _checkSigned(claims: dict[str, Any]) -> None:
    """Sign claims, and check that they are accepted only if they are the expected ones."""
    try:
        token = jwt.encode({"alg": "ES256", "kid": "next"}, claims, NEXT, algorithms=["ES256"])
    except (ValueError, TypeError, RecursionError):
        return  # there is no such token
    if _checkToken(token):
        assert claims["iss"] == ISSUER and claims["nonce"] == "nonce"
        assert claims["aud"] == "chat" or "chat" in claims["aud"]
        assert claims["exp"] > NOW - 100 and NOW - 700 < claims["iat"] < NOW + 100
        assert 0 < len(claims["sub"]) < 300
        assertPrintable(claims["sub"])


def _lines(*values: object) -> bytes:
    return b"\n".join([json.dumps(value).encode() for value in values])


KEYS: Final = {"keys": [NEXT.as_dict(private=False), {"kty": "RSA", "n": "AQAB", "e": "AQAB", "use": "sig"}]}
"""The keys of a provider, of which one is too small."""

OIDC: Final = Target(
    "oidc",
    checkAnswers,
    (
        _lines(KEYS, CLAIMS, {"alg": "ES256", "kid": "next"}, {**CLAIMS, "aud": ["chat", "x"], "azp": "chat"}),
        _lines({"keys": [{"kty": "EC", "crv": "P-256", "x": "AQAB", "y": "AQAB", "kid": 1}]}, {"alg": "none"}),
        _lines({}, {"alg": "RS256", "b64": False, "crit": ["b64"], "zip": "DEF"}, {"alg": "ES256", "kid": None})
        + b"\na.b.c",
    ),
    words(
        '"keys" "kty" "EC" "RSA" "crv" "P-521" "use" "enc" "alg" "ES256" "RS256" "HS256" "none" "kid" "crit" "zip"'
        ' "iss" "aud" "azp" "nonce" "sub" "exp" "iat" "nbf" NaN 1e999 -1 null true [ ] { } : , . eyJhbGciOiJub25lIn0',
        *(b"\n", b"\xff", b"[" * 3000, b"\\ud800"),
    ),
    most=8192,
    cost=5,
)
"""The answers of a provider of logins."""

TARGETS: Final = (OIDC,)
"""The targets of this module."""
