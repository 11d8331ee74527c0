"""Tests of L{twistchat.accounts.secrets.keys}."""

from __future__ import annotations

from base64 import b64decode

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from twisted.trial.unittest import SynchronousTestCase

from twistchat.accounts.secrets.keys import checkCertificate, readSshKey, sshFingerprint
from twistchat.chat.errors import BadCredential

KEY = (
    Ed25519PrivateKey.from_private_bytes(bytes(32))
    .public_key()
    .public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    .decode()
)
"""A line as in C{id_ed25519.pub}, without its comment."""

FINGERPRINT = "SHA256:tAXFyTXI8xtDaujAEcwJslAYc9/6FKcUkd2Lw0xDhPo"
"""What C{ssh-keygen -l} of OpenSSH prints for it."""


class CertificateTests(SynchronousTestCase):
    """Fingerprints of certificates."""

    def test_forms(self) -> None:
        """The forms in which tools print a fingerprint are accepted."""
        plain = "0123456789abcdef" * 4
        colons = ":".join(plain.upper()[at : at + 2] for at in range(0, 64, 2))
        for fingerprint in (plain, plain.upper(), colons, f" {colons}\n"):
            self.assertEqual(plain, checkCertificate(fingerprint))

    def test_bad(self) -> None:
        """Everything else is refused."""
        for fingerprint in ("", "x" * 64, "a" * 63, "a" * 65, "a" * 40, "a" * 32 + "\n" + "a" * 31, "٣" * 64):
            self.assertRaises(BadCredential, checkCertificate, fingerprint)
        self.assertRaises(BadCredential, checkCertificate, ":" * 1_000_000)


class SshKeyTests(SynchronousTestCase):
    """SSH keys."""

    def test_line(self) -> None:
        """A key is read with and without a comment."""
        fingerprint = sshFingerprint(b64decode(KEY.split()[1]))
        for line in (KEY, f"{KEY} alice@laptop", f"  {KEY}  alice at home\n"):
            self.assertEqual((fingerprint, KEY), readSshKey(line))

    def test_fingerprint(self) -> None:
        """The fingerprint is what ssh-keygen -l prints."""
        self.assertEqual(FINGERPRINT, readSshKey(KEY)[0])

    def test_bad(self) -> None:
        """Everything else is refused: another kind of key, a private key, options, or no key at all."""
        kind, encoded = KEY.split()
        for line in (
            "",
            kind,
            "ssh-ed25519 AAAA",
            f"ssh-rsa {encoded}",
            f"{kind} {encoded[:-8]}",
            f'command="x" {KEY}',
            f"{kind} !{encoded}",
            "-----BEGIN OPENSSH PRIVATE KEY-----",
            f"{kind} {encoded}\u00e9",
            "x " * 100_000,
            f"{kind} {'A' * 100_000}",
        ):
            self.assertRaises(BadCredential, readSshKey, line)
