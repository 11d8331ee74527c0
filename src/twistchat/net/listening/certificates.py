"""
The certificates of clients: asked for on every encrypted connection, and known by their fingerprints.

No authority vouches for them, and none has to: with the handshake a client proves that it has the key, and the
fingerprint says whether it is the one that is expected.

What is needed for it is loaded with the first encrypted connection.
"""

from __future__ import annotations

from typing import Any


def requestCertificate(transport: Any) -> None:
    """
    Ask a client for its certificate, which it need not have.

    @param transport: provides C{ISSLTransport}; its handshake has not begun.
    """
    from OpenSSL.SSL import VERIFY_PEER

    transport.getHandle().set_verify(VERIFY_PEER, _accept)


def fingerprintOf(transport: Any) -> str | None:
    """
    The SHA-256 of a client's certificate (in DER), in hexadecimal; C{None} where it has none.

    @param transport: provides C{ISSLTransport}; its handshake is complete.
    """
    from cryptography.hazmat.primitives.hashes import SHA256

    certificate = transport.getHandle().get_peer_certificate(as_cryptography=True)
    return None if certificate is None else str(certificate.fingerprint(SHA256()).hex())


def _accept(*_: object) -> bool:
    """Whatever it is, it is the client's own word."""
    return True
