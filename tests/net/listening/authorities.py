"""Certificates for tests, with keys that are made for them, and clients that show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from ipaddress import ip_address
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from OpenSSL import SSL
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator, IOpenSSLServerConnectionCreator
from zope.interface import implementer


@dataclass(frozen=True)
class Identity:
    """
    A key and its certificate.

    @ivar certificate: in PEM.
    @ivar key: in PEM.
    @ivar parsed: the certificate.
    @ivar private: the key.
    """

    certificate: bytes
    key: bytes
    parsed: x509.Certificate
    private: ec.EllipticCurvePrivateKey

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the certificate in DER."""
        return sha256(self.parsed.public_bytes(Encoding.DER)).hexdigest()


def identify(name: str, issuer: Identity | None = None, days: int = 1) -> Identity:
    """
    Make a key and its certificate.

    @param name: the subject's common name; for a server, a DNS name.
    @param issuer: the identity that signs it; with C{None} it is self-signed.
    @param days: for how long it is valid, from yesterday on; none at all where that is 0.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    yesterday = datetime.now(UTC) - timedelta(days=1)
    names = [x509.DNSName(name), x509.IPAddress(ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.parsed.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(yesterday)
        .not_valid_after(yesterday + timedelta(seconds=1) if days == 0 else yesterday + timedelta(days=1 + days))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key if issuer is None else issuer.private, SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Identity(made.public_bytes(Encoding.PEM), pem, made, key)


@implementer(IOpenSSLServerConnectionCreator)
class ServerSide:
    """A server's side of TLS."""

    def __init__(self, identity: Identity) -> None:
        """
        @param identity: the server's certificate and key.
        """
        self._context = SSL.Context(SSL.TLS_SERVER_METHOD)
        self._context.use_certificate(identity.parsed)
        self._context.use_privatekey(identity.private)

    def serverConnectionForTLS(self, tlsProtocol: Any) -> SSL.Connection:
        """See L{IOpenSSLServerConnectionCreator}."""
        return SSL.Connection(self._context, None)


@implementer(IOpenSSLClientConnectionCreator)
class ClientSide:
    """
    The client's side of TLS, which trusts any server.

    @ivar chain: the names in the certificates that the server has sent.
    """

    def __init__(self, identity: Identity | None = None, version: int | None = None, serverName: str = "") -> None:
        """
        @param identity: the client's certificate and key, or C{None}.
        @param version: the highest version of TLS that it offers, for example C{SSL.TLS1_2_VERSION}.
        @param serverName: the server name that it requests.
        """
        self._context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        if version is not None:
            self._context.set_max_proto_version(version)
            self._context.set_cipher_list(b"DEFAULT:@SECLEVEL=0")  # at other levels OpenSSL offers no old version
        if identity is not None:
            self._context.use_certificate(identity.parsed)
            self._context.use_privatekey(identity.private)
        self._serverName = serverName
        self._connection: SSL.Connection | None = None

    def clientConnectionForTLS(self, tlsProtocol: Any) -> SSL.Connection:
        """See L{IOpenSSLClientConnectionCreator}."""
        self._connection = SSL.Connection(self._context, None)
        if self._serverName:
            self._connection.set_tlsext_host_name(self._serverName.encode())
        return self._connection

    @property
    def chain(self) -> list[str]:
        """The names in the certificates that the server has shown."""
        assert self._connection is not None
        shown = self._connection.get_peer_cert_chain(as_cryptography=True) or []
        return [str(one.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value) for one in shown]
