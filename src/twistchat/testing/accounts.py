"""Accounts in tests: passwords that are hashed in no time, and random bytes that are always the same."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from itertools import count
from typing import TYPE_CHECKING

from argon2 import PasswordHasher

from twistchat.accounts.secrets.passwords import SALT, Verifier

if TYPE_CHECKING:
    from twistchat.worker import Worker

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1, salt_len=SALT)
"""Hashes passwords with argon2id at the lowest costs."""

ITERATIONS = 4096
"""The lowest iteration count that SCRAM-SHA-256 allows."""


def cheapVerifier(makeWorker: Callable[[], Worker], limit: int) -> Verifier:
    """
    Make what checks and hashes passwords, at the lowest costs.

    @param makeWorker: makes its worker.
    @param limit: the maximum number of passwords that wait.
    """
    return Verifier(makeWorker, limit, CHEAP, CHEAP.hash("", salt=bytes(SALT)), ITERATIONS)


def randomness() -> Callable[[int], bytes]:
    """
    Make a source of bytes that look random.  Each source returns the same bytes, in the same order.

    @return: returns that many bytes, up to 64 at a call.
    """
    numbers = count()

    def random(size: int) -> bytes:
        number = next(numbers)
        return b"".join([sha256(f"{number} {part}".encode()).digest() for part in range(2)])[:size]

    return random
