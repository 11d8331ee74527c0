"""Tests of L{twistchat.testing.accounts}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twistchat.testing.accounts import cheapVerifier, randomness
from twistchat.testing.workers import InlineWorker


class CheapVerifierTests(SynchronousTestCase):
    """Passwords at the lowest costs."""

    def test_checks(self) -> None:
        """They are hashed and checked; without a hash no password is right."""
        verifier = cheapVerifier(InlineWorker, 1)
        made = self.successResultOf(verifier.hash("correct horse", bytes(32)))
        self.assertIn("m=8,t=1,p=1", made.secret)
        self.assertFalse(verifier.outdated(made))
        for hash, password, right in (
            (made.secret, "correct horse", True),
            (made.secret, "wrong horse", False),
            (None, "", False),
        ):
            self.assertIs(right, self.successResultOf(verifier.check(hash, password)))


class RandomnessTests(SynchronousTestCase):
    """Bytes that look random."""

    def test_repeats(self) -> None:
        """Two sources return the same bytes; one source never returns the same twice."""
        first, second = randomness(), randomness()
        drawn = [first(size) for size in (8, 8, 32, 64)]
        self.assertEqual(drawn, [second(size) for size in (8, 8, 32, 64)])
        self.assertEqual([8, 8, 32, 64], list(map(len, drawn)))
        self.assertNotEqual(drawn[0], drawn[1])
