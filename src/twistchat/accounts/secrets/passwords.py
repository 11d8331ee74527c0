"""
Hash and verify passwords with argon2id (RFC 9106).

A check deliberately takes about 20 ms of CPU and 19 MiB of memory.  So it runs in a separate thread, one at a time, and
the queue of checks is bounded.  New passwords are hashed in the same queue.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from twisted.internet.defer import Deferred, fail
from twisted.python.failure import Failure
from zope.interface import implementer

from twistchat.accounts.secrets.scram import ITERATIONS, decodeKeys, encodeKeys, makeKeys
from twistchat.accounts.secrets.scram import SALT as SCRAM_SALT
from twistchat.chat.errors import Overloaded
from twistchat.chat.model.events import Credential
from twistchat.interfaces import IPasswords

if TYPE_CHECKING:
    from twistchat.worker import Worker

T = TypeVar("T")

MEMORY: Final = 19 * 1024
"""The memory for one hash in KiB.  OWASP's Password Storage Cheat Sheet recommends this and L{PASSES} for argon2id."""

PASSES: Final = 2
"""The number of passes over that memory."""

SALT: Final = 16
"""The size of a salt in bytes."""

SALTS: Final = SALT + SCRAM_SALT
"""The size of the salts of a new password in bytes: one for argon2id, one for SCRAM-SHA-256."""

DUMMY_HASH: Final = "$argon2id$v=19$m=19456,t=2,p=1$Y2xvc2VkIHRvIGV2ZXJ5MQ$uEtzqk6rNxRfsdO+0bbKMP7MEcK0Jptv/nD/OVoFI+E"
"""A hash that no password matches.  A check against it fails, and takes as long as any other."""

HASHER: Final = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY, parallelism=1, salt_len=SALT)
"""Makes and checks hashes with these costs."""


def hashPassword(password: str, salt: bytes) -> str:
    """
    Hash a password.  This blocks for about 20 ms.

    @param salt: L{SALT} random bytes.
    @return: the hash in its encoded form, C{$argon2id$…}.
    """
    return HASHER.hash(password, salt=salt)


@implementer(IPasswords)
class Verifier:
    """Checks and hashes passwords in a separate thread, one at a time."""

    def __init__(
        self,
        makeWorker: Callable[[], Worker],
        limit: int,
        hasher: PasswordHasher = HASHER,
        dummy: str = DUMMY_HASH,
        iterations: int = ITERATIONS,
    ) -> None:
        """
        @param makeWorker: makes the worker; called for the first password.
        @param limit: the maximum number of passwords that wait.
        @param hasher: hashes a password, and checks it against its hash.
        @param dummy: a hash with the same costs, which is checked in place of one that does not exist.
        @param iterations: see L{IPasswords.iterations}.
        """
        self._hasher = hasher
        self._dummy = dummy
        self.iterations = iterations
        self._makeWorker = makeWorker
        self._limit = limit
        self._worker: Worker | None = None
        self._waiting = 0

    def check(self, hash: str | None, password: str) -> Deferred[bool]:
        """See L{IPasswords.check}."""
        return self._submit(partial(_verify, self._hasher, hash, self._dummy, password))

    def hash(self, password: str, salts: bytes) -> Deferred[Credential]:
        """See L{IPasswords.hash}."""
        return self._submit(partial(_hash, self._hasher, self.iterations, password, salts))

    def outdated(self, password: Credential) -> bool:
        """See L{IPasswords.outdated}."""
        keys = decodeKeys(password.scram)
        return keys is None or keys.iterations != self.iterations or self._hasher.check_needs_rehash(password.secret)

    def stop(self) -> None:
        """Stop the thread, and refuse further checks."""
        self._limit = 0
        if self._worker is not None:
            self._worker.stop()

    def _submit(self, work: Callable[[], T]) -> Deferred[T]:
        if self._waiting >= self._limit:
            return fail(Overloaded("passwords to check"))
        if self._worker is None:
            self._worker = self._makeWorker()
        self._waiting += 1
        result: Deferred[T] = Deferred()
        self._worker.submit(work, partial(self._done, result))
        return result

    def _done(self, result: Deferred[T], outcome: T | Failure) -> None:
        self._waiting -= 1
        result.callback(outcome)


def _verify(hasher: PasswordHasher, hash: str | None, dummy: str, password: str) -> bool:
    try:
        return hasher.verify(hash or dummy, password) and bool(hash)
    except VerifyMismatchError:
        return False


def _hash(hasher: PasswordHasher, iterations: int, password: str, salts: bytes) -> Credential:
    keys = makeKeys(password, salts[SALT:], iterations)
    return Credential("password", "", hasher.hash(password, salt=salts[:SALT]), encodeKeys(keys))
