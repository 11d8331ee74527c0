"""
The secrets that the server makes: app tokens, web sessions, and the codes that it sends by mail.

They are random, so their SHA-256 is stored: it needs no salt and takes no time to check.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable
from hashlib import sha256
from hmac import compare_digest
from typing import Final

from twistchat.chat.model.events import Credential

TOKEN: Final = "tct_"
"""The beginning of every token.  No password begins like this."""

TOKEN_BYTES: Final = 27
"""The randomness of a token in bytes, which make 36 characters."""

ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""The characters of codes: none of them looks like another one."""

CODE: Final = 8
"""The length of a code."""


def makeToken(random: Callable[[int], bytes], beginning: str = TOKEN) -> str:
    """
    Make a token, or the secret of a web session.

    @param random: returns that many random bytes.
    @param beginning: how it begins, by which people and programs recognize it.
    """
    return beginning + urlsafe_b64encode(random(TOKEN_BYTES)).decode()


def makeCode(random: Callable[[int], bytes]) -> str:
    """Make a code that people can read and type."""
    number = int.from_bytes(random(2 * CODE))
    digits = []
    for _ in range(CODE):
        number, digit = divmod(number, len(ALPHABET))
        digits.append(ALPHABET[digit])
    return "".join(digits)


def digest(secret: str) -> str:
    """The hash of a token or a code, as it is stored."""
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def digestCode(code: str) -> str:
    """The hash of a code that somebody has typed: in any case, and with spaces or hyphens between its characters."""
    return digest(code[: 4 * CODE].lower().replace("-", "").replace(" ", ""))


def find(hash: str, credentials: Iterable[Credential]) -> Credential | None:
    """
    Find the credential with a hash.  The time does not depend on which one it is, or how much of it is right.

    @param credentials: the tokens of an account.
    """
    found = None
    for credential in credentials:
        if compare_digest(credential.secret, hash):
            found = credential
    return found
