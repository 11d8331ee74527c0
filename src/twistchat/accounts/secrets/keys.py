"""Fingerprints of certificates and SSH keys, with which people log in."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error as BadBase64
from hashlib import sha256
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_ssh_public_key

from twistchat.chat.errors import BadCredential

LONGEST_KEY: Final = 16_384
"""The maximum size of a line with an SSH key, in characters.  One with an RSA key of 16,384 bits has 2,800."""

_CERTIFICATE: Final = re.compile("[0-9a-f]{64}")


def checkCertificate(fingerprint: str) -> str:
    """
    Check the fingerprint of a certificate.

    @param fingerprint: its SHA-256 in hexadecimal, in any case, with or without colons.
    @return: it in lower case without colons.
    @raise BadCredential: it is something else.
    """
    plain = fingerprint.strip().replace(":", "").lower() if len(fingerprint) <= LONGEST_KEY else ""
    if not _CERTIFICATE.fullmatch(plain):
        raise BadCredential("The fingerprint of a certificate", "is a SHA-256 of 64 hexadecimal digits")
    return plain


def readSshKey(line: str) -> tuple[str, str]:
    """
    Read a line of a file C{authorized_keys} (sshd(8)).  Its options are not supported.

    @return: the key's fingerprint, as C{ssh-keygen -l} shows it, and the key without its comment.
    @raise BadCredential: it is no such line, or the kind of key is unsafe or not supported.
    """
    words = line.split() if len(line) <= LONGEST_KEY else []
    try:
        kind, encoded = words[:2]
        blob = b64decode(encoded, validate=True)
        load_ssh_public_key(f"{kind} {encoded}".encode())
    except (ValueError, BadBase64, UnsupportedAlgorithm):
        raise BadCredential("The SSH key", "is not a public key, such as the line in id_ed25519.pub") from None
    if kind == "ssh-dss":
        raise BadCredential("The SSH key", "is a DSA key, which is no longer safe")
    return sshFingerprint(blob), f"{kind} {encoded}"


def sshFingerprint(blob: bytes) -> str:
    """
    Compute the fingerprint of an SSH key.

    @param blob: the key in the format of RFC 4253 (section 6.6).
    """
    return f"SHA256:{b64encode(sha256(blob).digest()).decode().rstrip('=')}"
