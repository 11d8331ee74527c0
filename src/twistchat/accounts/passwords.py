"""
Passwords: their argon2id hashes (RFC 9106), made and checked.

A check takes some 20 ms of a processor and 19 MiB, on purpose.  So it is never done by the reactor, never twice at
once, and no more of them wait than a limit says.
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
"""KiB of memory that one hash takes; with L{PASSES} what OWASP's Password Storage Cheat Sheet asks of argon2id."""

PASSES: Final = 2
"""How often that memory is gone over."""

SALT: Final = 16
"""Bytes of salt."""

NOBODYS: Final = "$argon2id$v=19$m=19456,t=2,p=1$Y2xvc2VkIHRvIGV2ZXJ5MQ$uEtzqk6rNxRfsdO+0bbKMP7MEcK0Jptv/nD/OVoFI+E"
"""The hash of no password at all: checking against it costs what a check costs, and fails."""

_HASHER: Final = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY, parallelism=1, salt_len=SALT)


def hashPassword(password: str, salt: bytes) -> str:
    """
    The hash of a password, in its encoded form.  This takes a while.

    @param salt: L{SALT} random bytes.
    """
    return _HASHER.hash(password, salt=salt)


@implementer(IPasswords)
class Verifier:
    """Checks passwords in a thread of its own, one after the other."""

    def __init__(self, makeWorker: Callable[[], Worker], limit: int) -> None:
        """
        @param makeWorker: makes what does the work; called with the first password.
        @param limit: how many checks may wait.
        """
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
        self._worker.submit(partial(_fits, hash, password), partial(self._done, checked))
        return checked

    def stop(self) -> None:
        """Let the thread end.  Nothing is checked any more."""
        self._limit = 0
        if self._worker is not None:
            self._worker.stop()

    def _done(self, checked: Deferred[bool], outcome: bool | Failure) -> None:
        self._waiting -= 1
        checked.callback(outcome)


def _fits(hash: str | None, password: str) -> bool:
    try:
        return _HASHER.verify(hash or NOBODYS, password) and bool(hash)
    except VerifyMismatchError:
        return False
