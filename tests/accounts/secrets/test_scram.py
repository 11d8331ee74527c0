"""Tests of L{twistchat.accounts.secrets.scram}."""

from __future__ import annotations

from base64 import b64decode
from hashlib import sha256
from hmac import digest

from twisted.trial.unittest import SynchronousTestCase

from twistchat.accounts.secrets.scram import decodeKeys, encodeKeys, falseKeys, makeKeys

KEYS = makeKeys("pencil", b64decode("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096)


class KeyTests(SynchronousTestCase):
    """The keys."""

    def test_example(self) -> None:
        """The keys accept the proof, and make the signature, of the example of RFC 7677 (section 3)."""
        message = (
            b"n=user,r=rOprNGfwEbeRWgbNEkqO,"
            b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
            b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
        )
        proof = b64decode("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")
        signature = digest(KEYS.storedKey, message, "sha256")
        clientKey = bytes(a ^ b for a, b in zip(proof, signature, strict=True))
        self.assertEqual(KEYS.storedKey, sha256(clientKey).digest())
        self.assertEqual(
            b64decode("6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="), digest(KEYS.serverKey, message, "sha256")
        )

    def test_stored(self) -> None:
        """Keys are stored as in RFC 5803, and read back."""
        stored = encodeKeys(KEYS)
        self.assertEqual("SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==", stored.rpartition("$")[0])
        self.assertEqual(KEYS, decodeKeys(stored))

    def test_damaged(self) -> None:
        """Anything else is not read."""
        stored = encodeKeys(KEYS)
        for text in (
            "",
            "x",
            stored[:-9],
            stored.replace("256", "1"),
            stored.replace(":", ""),
            stored.replace("W", "é"),
        ):
            self.assertIsNone(decodeKeys(text), text)

    def test_secret(self) -> None:
        """The keys are not part of what is shown of them."""
        self.assertNotIn(str(KEYS.storedKey), repr(KEYS))
        self.assertNotIn(str(KEYS.serverKey), repr(KEYS))


class FalseKeyTests(SynchronousTestCase):
    """The keys of names that have none."""

    def test_constant(self) -> None:
        """A name always has the same keys, in any case; they differ from those of other names and servers."""
        keys = falseKeys(b"key", "Alice", 5000)
        self.assertEqual(keys, falseKeys(b"key", "aLICE", 5000))
        self.assertEqual((16, 32, 5000), (len(keys.salt), len(keys.storedKey), keys.iterations))
        for other in (falseKeys(b"key", "bob", 5000), falseKeys(b"other", "Alice", 5000)):
            self.assertNotEqual(keys.salt, other.salt)
            self.assertNotEqual(keys.storedKey, other.storedKey)

    def test_anyName(self) -> None:
        """A name can be any text."""
        falseKeys(b"key", "\udc80\0é", 5000)
