"""
Hash and verify passwords with argon2id (RFC 9106).

A check deliberately takes about 20 ms of CPU and 19 MiB of memory.  So it runs in a separate thread, one at a time, and
the queue of checks is bounded.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from twisted.internet.defer import Deferred, fail
from twisted.python.failure import Failure
from zope.interface import implementer

from twistchat.chat.errors import Overloaded
from twistchat.interfaces import IPasswords

if TYPE_CHECKING:
    from twistchat.worker import Worker

MEMORY: Final = 19 * 1024
"""The memory for one hash in KiB.  OWASP's Password Storage Cheat Sheet recommends this and L{PASSES} for argon2id."""

PASSES: Final = 2
"""The number of passes over that memory."""

SALT: Final = 16
"""The size of a salt in bytes."""

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
    """Checks passwords in a separate thread, one at a time."""

    def __init__(self, makeWorker: Callable[[], Worker], limit: int, hasher: PasswordHasher = HASHER) -> None:
        """
        @param makeWorker: makes the worker; called for the first password.
        @param limit: the maximum number of pending checks.
        @param hasher: checks a password against its hash.
        """
        self._hasher = hasher
        self._makeWorker = makeWorker
        self._limit = limit
        self._worker: Worker | None = None
        self._waiting = 0

    def check(self, hash: str | None, password: str) -> Deferred[bool]:
        """See L{IPasswords.check}."""
        if self._waiting >= self._limit:
            return fail(Overloaded("passwords to check"))
        if self._worker is None:
            self._worker = self._makeWorker()
        self._waiting += 1
        checked: Deferred[bool] = Deferred()
        self._worker.submit(partial(_verify, self._hasher, hash, password), partial(self._done, checked))
        return checked

    def stop(self) -> None:
        """Stop the thread, and refuse further checks."""
        self._limit = 0
        if self._worker is not None:
            self._worker.stop()

    def _done(self, checked: Deferred[bool], outcome: bool | Failure) -> None:
        self._waiting -= 1
        checked.callback(outcome)


def _verify(hasher: PasswordHasher, hash: str | None, password: str) -> bool:
    try:
        return hasher.verify(hash or DUMMY_HASH, password) and bool(hash)
    except VerifyMismatchError:
        return False
