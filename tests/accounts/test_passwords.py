"""Tests of L{twistchat.accounts.passwords}."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from argon2 import extract_parameters
from argon2.exceptions import VerificationError
from argon2.low_level import Type
from twisted.internet.defer import CancelledError
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from twistchat.accounts.passwords import DUMMY_HASH, SALT, Verifier, hashPassword
from twistchat.chat.errors import Overloaded
from twistchat.interfaces import IPasswords
from twistchat.testing.workers import HeldWorker, InlineWorker

RIGHT = hashPassword("wörd", bytes(SALT))


class HashTests(SynchronousTestCase):
    """Hashes of passwords."""

    def test_parameters(self) -> None:
        """They are argon2id's with 19 MiB, two passes and one pipeline; so is the hash that is nobody's."""
        for hash in (RIGHT, DUMMY_HASH):
            made = extract_parameters(hash)
            self.assertEqual(
                (Type.ID, 19 * 1024, 2, 1, 16, 32),
                (made.type, made.memory_cost, made.time_cost, made.parallelism, made.salt_len, made.hash_len),
            )

    def test_salted(self) -> None:
        """Another salt gives another hash, and the same salt the same."""
        self.assertEqual(RIGHT, hashPassword("wörd", bytes(SALT)))
        self.assertNotEqual(RIGHT, hashPassword("wörd", b"x" * SALT))


class VerifierTests(SynchronousTestCase):
    """Checking passwords."""

    def setUp(self) -> None:
        self.made = 0
        self.worker = HeldWorker()
        self.verifier = Verifier(self.make, 3)

    def make(self) -> HeldWorker:
        """Make the worker."""
        self.made += 1
        return self.worker

    def test_interface(self) -> None:
        """It is what doors are given."""
        verifyObject(IPasswords, self.verifier)

    def test_checks(self) -> None:
        """The right password is right, and no other; and where there is no hash, none is."""
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
        """For an unknown name as much work is done as for a known one: another hash is checked in its place."""
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
        """Nothing is checked within the call, and one worker, made with the first password, checks them all."""
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
        """Where enough wait, the next is refused at once; and taken again when one is done."""
        waiting = [self.verifier.check(None, "x") for _ in range(3)]
        error = self.failureResultOf(self.verifier.check(None, "x"), Overloaded).value
        self.assertEqual("passwords to check", error.what)
        self.assertEqual(3, len(self.worker))
        self.worker.step()
        waiting.append(self.verifier.check(None, "x"))
        self.worker.run()
        self.assertEqual([False] * 4, [self.successResultOf(check) for check in waiting])

    def test_cancelled(self) -> None:
        """Whoever does not wait any more does no harm."""
        check = self.verifier.check(None, "x")
        check.cancel()
        self.failureResultOf(check, CancelledError)
        self.worker.run()

    def test_broken(self) -> None:
        """A hash that is none is the server's fault, and is told as that; the queue goes on."""
        for _ in range(5):
            check = self.verifier.check("$argon2id$v=19$m=19456,t=2,p=1$!$!", "x")
            self.worker.run()
            self.failureResultOf(check, VerificationError)

    def test_stop(self) -> None:
        """A stop ends the worker, where there is one; nothing is checked then."""
        Verifier(self.make, 3).stop()
        self.assertEqual(0, self.made)
        self.verifier.check(None, "x")
        self.verifier.stop()
        self.assertTrue(self.worker.stopped)
        self.failureResultOf(self.verifier.check(None, "x"), Overloaded)
