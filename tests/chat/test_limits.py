"""Tests of L{twistchat.chat.limits}."""

from __future__ import annotations

from dataclasses import fields

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.limits import ChatLimits, TokenBucket, bucketOf


class BucketTests(SynchronousTestCase):
    """The token bucket.  The rates are powers of two, so floating-point arithmetic is exact."""

    def test_burst(self) -> None:
        """A full bucket gives its burst at once, then returns the time to wait.  Asking costs nothing."""
        bucket = TokenBucket(3, 0.5, 100.0)
        self.assertEqual([bucket.take(100.0) for _ in range(5)], [0.0, 0.0, 0.0, 2.0, 2.0])
        self.assertEqual(bucket.take(101.0), 1.0)
        self.assertEqual(bucket.take(102.0), 0.0)
        self.assertEqual(bucket.take(102.0), 2.0)

    def test_refill(self) -> None:
        """It fills at its rate, up to its burst."""
        bucket = TokenBucket(2, 4.0, 0.0)
        bucket.take(0.0)
        bucket.take(0.0)
        self.assertEqual([bucket.take(0.25), bucket.take(0.25)], [0.0, 0.25])
        self.assertEqual([bucket.take(1000.0) for _ in range(3)], [0.0, 0.0, 0.25])

    def test_rounding(self) -> None:
        """After the wait there is a token, even if the arithmetic is not exact.  Otherwise a timer might never end."""
        for rate in (0.1, 0.3, 1 / 60, 7.0):
            now, bucket = 1000.1, TokenBucket(1, rate, 1000.1)
            for _ in range(1000):
                self.assertEqual(bucket.take(now), 0.0)
                now += bucket.take(now)

    def test_full(self) -> None:
        """It is full at first, and again after the taken tokens have returned."""
        bucket = TokenBucket(2, 0.5, 0.0)
        self.assertTrue(bucket.full(0.0))
        bucket.take(0.0)
        self.assertFalse(bucket.full(0.0))
        self.assertFalse(bucket.full(1.5))
        self.assertTrue(bucket.full(2.0))

    def test_waitIsEnough(self) -> None:
        """After the returned time, the take succeeds."""
        bucket = TokenBucket(1, 0.5, 0.0)
        now = 0.0
        for _ in range(10):
            wait = bucket.take(now)
            if wait:
                now += wait
                self.assertEqual(bucket.take(now), 0.0)

    @settings(max_examples=200)
    @given(
        st.integers(1, 8),
        st.sampled_from([0.25, 0.5, 1.0, 2.0]),
        st.lists(st.integers(0, 12).map(lambda n: n / 4), max_size=60),
    )
    def test_model(self, burst: int, rate: float, steps: list[float]) -> None:
        """
        A take succeeds if every stretch of time that ends now has given out less than its maximum: the burst, and its
        length times the rate.
        """
        bucket = TokenBucket(burst, rate, 0.0)
        now = 0.0
        taken: list[float] = []
        for step in steps:
            now += step
            allowed = all(
                len([when for when in taken if when >= start]) + 1 <= burst + (now - start) * rate
                for start in {*taken, now}
            )
            wait = bucket.take(now)
            self.assertEqual(wait == 0.0, allowed)
            if allowed:
                taken.append(now)
            else:
                self.assertTrue(0.0 < wait <= 1.0 / rate)


class LimitsTests(SynchronousTestCase):
    """The limits as a value."""

    def test_positive(self) -> None:
        """By default no limit is zero, and no network is exempt."""
        limits = ChatLimits()
        for field in fields(limits):
            value = getattr(limits, field.name)
            with self.subTest(field.name):
                self.assertTrue(value == () if field.name == "exempt" else value > 0)


class BucketOfTests(SynchronousTestCase):
    """Buckets whose capacity and rate change."""

    def test_changed(self) -> None:
        """The tokens that were there stay, as far as they fit; the new rate counts from then on."""
        bucket = bucketOf(None, 5, 1.0, 0.0)
        bucket.take(0.0, 4)
        self.assertIs(bucket, bucketOf(bucket, 10, 2.0, 1.0))
        self.assertEqual(0.0, bucket.take(1.0, 2))
        self.assertEqual(0.5, bucket.wait(1.0))
        self.assertEqual(0.0, bucket.wait(100.0, 10))
        bucketOf(bucket, 3, 2.0, 100.0)
        self.assertEqual([0.0, 0.5], [bucket.take(100.0, 3), bucket.wait(100.0)])
