"""Tests of L{twistchat.accounts.secrets.passwords}."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from argon2 import extract_parameters
from argon2.exceptions import VerificationError
from argon2.low_level import Type
from twisted.internet.defer import CancelledError
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from twistchat.accounts.secrets.passwords import DUMMY_HASH, SALT, Verifier, hashPassword
from twistchat.chat.errors import Overloaded
from twistchat.interfaces import IPasswords
from twistchat.testing.workers import HeldWorker, InlineWorker

RIGHT = hashPassword("wörd", bytes(SALT))


class HashTests(SynchronousTestCase):
    """Hashes of passwords."""

    def test_parameters(self) -> None:
        """Hashes use argon2id with 19 MiB, two passes and one thread; so does the hash that no password matches."""
        for hash in (RIGHT, DUMMY_HASH):
            made = extract_parameters(hash)
            self.assertEqual(
                (Type.ID, 19 * 1024, 2, 1, 16, 32),
                (made.type, made.memory_cost, made.time_cost, made.parallelism, made.salt_len, made.hash_len),
            )

    def test_salted(self) -> None:
        """The salt decides the hash of a password."""
        self.assertEqual(RIGHT, hashPassword("wörd", bytes(SALT)))
        self.assertNotEqual(RIGHT, hashPassword("wörd", b"x" * SALT))


class VerifierTests(SynchronousTestCase):
    """Checking passwords."""

    def setUp(self) -> None:
        self.made = 0
        self.worker = HeldWorker()
        self.verifier = Verifier(self.make, 3)

    def make(self) -> HeldWorker:
        """Make the worker, and count the calls."""
        self.made += 1
        return self.worker

    def test_interface(self) -> None:
        """A verifier provides the interface that doors use."""
        verifyObject(IPasswords, self.verifier)

    def test_checks(self) -> None:
        """Only the right password matches a hash; without a hash no password matches."""
        verifier = Verifier(InlineWorker, 3)
        for hash, password, right in (
            (RIGHT, "wörd", True),
            (RIGHT, "word", False),
            (RIGHT, "", False),
            (None, "wörd", False),
            (None, "", False),
            ("", "", False),
        ):
            self.assertIs(right, self.successResultOf(verifier.check(hash, password)))

    def test_sameWork(self) -> None:
        """An unknown name costs as much work as a known one, because another hash is checked instead."""
        checked = []

        def verify(hash: str, password: str) -> bool:
            checked.append(hash)
            return True

        hasher: Any = SimpleNamespace(verify=verify)
        verifier = Verifier(InlineWorker, 3, hasher)
        self.assertIs(False, self.successResultOf(verifier.check(None, "x")))
        self.assertIs(False, self.successResultOf(verifier.check("", "x")))
        self.assertIs(True, self.successResultOf(verifier.check(RIGHT, "x")))
        self.assertEqual([DUMMY_HASH, DUMMY_HASH, RIGHT], checked)

    def test_elsewhere(self) -> None:
        """No check runs within the call.  One worker, made for the first password, runs all checks."""
        self.assertEqual(0, self.made)
        first, second = self.verifier.check(RIGHT, "wörd"), self.verifier.check(RIGHT, "x")
        self.assertNoResult(first)
        self.worker.step()
        self.assertIs(True, self.successResultOf(first))
        self.assertNoResult(second)
        self.worker.step()
        self.assertIs(False, self.successResultOf(second))
        self.assertEqual(1, self.made)

    def test_bounded(self) -> None:
        """If the queue is full, the next check is refused at once; after one is done, another is accepted."""
        waiting = [self.verifier.check(None, "x") for _ in range(3)]
        error = self.failureResultOf(self.verifier.check(None, "x"), Overloaded).value
        self.assertEqual("passwords to check", error.what)
        self.assertEqual(3, len(self.worker))
        self.worker.step()
        waiting.append(self.verifier.check(None, "x"))
        self.worker.run()
        self.assertEqual([False] * 4, [self.successResultOf(check) for check in waiting])

    def test_cancelled(self) -> None:
        """A cancelled check does no harm."""
        check = self.verifier.check(None, "x")
        check.cancel()
        self.failureResultOf(check, CancelledError)
        self.worker.run()

    def test_broken(self) -> None:
        """An invalid hash is reported as a fault of the server, and the queue continues."""
        for _ in range(5):
            check = self.verifier.check("$argon2id$v=19$m=19456,t=2,p=1$!$!", "x")
            self.worker.run()
            self.failureResultOf(check, VerificationError)

    def test_stop(self) -> None:
        """A stop ends the worker, if there is one, and further checks are refused."""
        Verifier(self.make, 3).stop()
        self.assertEqual(0, self.made)
        self.verifier.check(None, "x")
        self.verifier.stop()
        self.assertTrue(self.worker.stopped)
        self.failureResultOf(self.verifier.check(None, "x"), Overloaded)
