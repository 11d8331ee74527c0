"""
Client certificates: the server requests one on each TLS connection and identifies it by its fingerprint.

No authority has to sign them.  The handshake proves that the client has the private key, and the fingerprint
identifies the certificate.

The TLS libraries are imported with the first encrypted connection.
"""

from __future__ import annotations

from typing import Any


def requestCertificate(transport: Any) -> None:
    """
    Request a certificate from the client.  The client may have none.

    @param transport: provides C{ISSLTransport}; its handshake has not started.
    """
    from OpenSSL.SSL import VERIFY_PEER

    transport.getHandle().set_verify(VERIFY_PEER, _accept)


def fingerprintOf(transport: Any) -> str | None:
    """
    Return the SHA-256 of the client's certificate (in DER) as hexadecimal digits; C{None} if the client has none.

    @param transport: provides C{ISSLTransport}; its handshake is complete.
    """
    from cryptography.hazmat.primitives.hashes import SHA256

    certificate = transport.getHandle().get_peer_certificate(as_cryptography=True)
    return None if certificate is None else str(certificate.fingerprint(SHA256()).hex())


def _accept(*_: object) -> bool:
    """Accept every certificate, including self-signed ones: only its fingerprint matters."""
    return True
