"""The keys of SCRAM-SHA-256 (RFC 5802, RFC 7677): how they are made from a password, and how they are stored."""

from __future__ import annotations

from base64 import b64decode, b64encode
from hashlib import pbkdf2_hmac, sha256
from hmac import digest
from typing import Final

from twistchat.chat.model.names import fold
from twistchat.interfaces import ScramKeys

ITERATIONS: Final = 20_000
"""
The iteration count of new keys.

RFC 7677 (section 4) requires at least 4,096.  More protects weak passwords better if the journal is stolen, and costs
clients more at each login: these take about 10 ms.
"""

SALT: Final = 16
"""The size of a salt in bytes."""

_SCHEME: Final = "SCRAM-SHA-256"


def makeKeys(password: str, salt: bytes, iterations: int = ITERATIONS) -> ScramKeys:
    """
    Make the keys for a password (RFC 5802, section 3).  This blocks for about 10 ms, without the interpreter's lock.

    @param password: the prepared password; see L{twistchat.accounts.secrets.policy.prepare}.
    """
    salted = pbkdf2_hmac("sha256", password.encode("utf-8", "surrogatepass"), salt, iterations)
    storedKey = sha256(digest(salted, b"Client Key", "sha256")).digest()
    return ScramKeys(salt, iterations, storedKey, digest(salted, b"Server Key", "sha256"))


def encodeKeys(keys: ScramKeys) -> str:
    """Write keys as one string, in the syntax of RFC 5803 (section 2)."""
    salt, storedKey, serverKey = (b64encode(part).decode() for part in (keys.salt, keys.storedKey, keys.serverKey))
    return f"{_SCHEME}${keys.iterations}:{salt}${storedKey}:{serverKey}"


def decodeKeys(text: str) -> ScramKeys | None:
    """Read what L{encodeKeys} has written; C{None} if the text is anything else."""
    try:
        scheme, info, keys = text.split("$")
        iterations, salt = info.split(":")
        storedKey, serverKey = keys.split(":")
        decoded = [b64decode(part, validate=True) for part in (salt, storedKey, serverKey)]
        return ScramKeys(decoded[0], int(iterations), decoded[1], decoded[2]) if scheme == _SCHEME else None
    except ValueError:
        return None


def falseKeys(key: bytes, name: str, iterations: int) -> ScramKeys:
    """
    Make keys for a name that has none.  No proof matches them.

    A client gets the same salt and iteration count at each attempt, as it does for an account.

    @param key: a secret of this server.
    @param name: the name that the client gave.
    @param iterations: the iteration count of new passwords.
    """
    whole = [digest(key, f"{part}:{fold(name)}".encode("utf-8", "surrogatepass"), "sha256") for part in ("salt", "key")]
    return ScramKeys(whole[0][:SALT], iterations, whole[1], whole[1])
