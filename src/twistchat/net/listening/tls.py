"""
The certificates that the server shows.  It reads them when it starts and when it reads its configuration again.

A new connection gets the certificate that was read last.  Existing connections go on: TLS needs a certificate only in
the handshake.

The TLS libraries are imported with the first encrypted endpoint.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import (
    IListeningPort,
    IOpenSSLServerConnectionCreator,
    IProtocolFactory,
    IStreamServerEndpoint,
)
from zope.interface import implementer

from twistchat.config.files import readSmall

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from OpenSSL.SSL import Connection, Context

SERVER_PEM = "server.pem"
"""The default file for the private key of an C{ssl:} endpoint."""


class BadCertificate(Exception):
    """A certificate or key cannot be used.  The string names the file, and says why."""


class UnreadableFile(BadCertificate):
    """This process may not read a file: it gave up root after it had read the file at its start."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """
    The contents of certificate files, and what was made of them.

    @ivar contents: the bytes of each file, by its path.
    @ivar context: the context of new connections.
    """

    contents: Mapping[Path, bytes]
    context: Context


class CertificateFiles:
    """The files of one endpoint."""

    def __init__(self, files: Callable[[], Sequence[Path]], make: Callable[[Mapping[Path, bytes]], Context]) -> None:
        """
        @param files: returns the paths of the files.  It raises L{BadCertificate} if it cannot.
        @param make: makes a context from the contents of the files.  It raises L{BadCertificate} if they do not fit.
        """
        self._files = files
        self._make = make

    def load(self, before: Loaded | None = None) -> Loaded:
        """
        Read the files.

        @param before: what was read before.  It is returned if no file has changed.
        @raise BadCertificate: a file cannot be read, or its contents cannot be used.
        """
        contents = {path: _contentsOf(path) for path in self._files()}
        if before is not None and before.contents == contents:
            return before
        return Loaded(contents, self._make(contents))


@implementer(IOpenSSLServerConnectionCreator)
class Certificates:
    """The certificates of one endpoint, which may be replaced while it listens."""

    def __init__(self, files: CertificateFiles) -> None:
        """
        @raise BadCertificate: see L{CertificateFiles.load}.
        """
        self._files = files
        self._loaded = files.load()

    def reload(self) -> Loaded | None:
        """
        Read the files again.  The result takes effect with L{use}.

        @return: what was read; C{None} if no file has changed.
        @raise BadCertificate: see L{CertificateFiles.load}.
        """
        loaded = self._files.load(self._loaded)
        return None if loaded is self._loaded else loaded

    def use(self, loaded: Loaded) -> None:
        """Show new certificates in all handshakes that begin from now on."""
        self._loaded = loaded

    def serverConnectionForTLS(self, tlsProtocol: Any) -> Connection:
        """See L{IOpenSSLServerConnectionCreator}."""
        from OpenSSL.SSL import Connection

        return Connection(self._loaded.context, None)


@implementer(IStreamServerEndpoint)
class EncryptedEndpoint:
    """
    An endpoint with TLS.

    @ivar certificates: the certificates that it shows.
    """

    def __init__(self, endpoint: IStreamServerEndpoint, certificates: Certificates, clock: Any) -> None:
        """
        @param endpoint: the endpoint without TLS.
        @param clock: schedules the buffered writes.
        """
        self.certificates = certificates
        self._endpoint = endpoint
        self._clock = clock

    def listen(self, protocolFactory: IProtocolFactory) -> Deferred[IListeningPort]:
        """See L{IStreamServerEndpoint}."""
        from twisted.protocols.tls import TLSMemoryBIOFactory

        factory = TLSMemoryBIOFactory(self.certificates, False, protocolFactory, clock=self._clock)
        return self._endpoint.listen(factory)


def filesOf(arguments: Mapping[str, str]) -> CertificateFiles:
    """
    Return the files of an C{ssl:} endpoint.

    The certificates in C{certKey} after the first belong to its chain, as in certbot's C{fullchain.pem}.

    @param arguments: the arguments of the endpoint.
    """
    keyFile = Path(arguments.get("privateKey", SERVER_PEM)).absolute()
    names = {name: Path(arguments[name]).absolute() for name in ("certKey", "extraCertChain") if name in arguments}
    parameters = Path(arguments["dhParameters"]).absolute() if "dhParameters" in arguments else None
    certificateFile, chainFile = names.get("certKey", keyFile), names.get("extraCertChain")
    paths = [keyFile, certificateFile, *(path for path in (chainFile, parameters) if path is not None)]

    def make(contents: Mapping[Path, bytes]) -> Context:
        key = _keyIn(contents[keyFile], keyFile)
        certificate, *chain = _certificatesIn(contents[certificateFile], certificateFile)
        if chainFile is not None:
            chain += [other for other in _certificatesIn(contents[chainFile], chainFile) if other not in chain]
        if certificate.public_key() != key.public_key():
            raise BadCertificate(f"the certificate in {certificateFile} is not for the private key in {keyFile}")
        if parameters is not None and b"-----BEGIN DH PARAMETERS-----" not in contents[parameters]:
            raise BadCertificate(f"{parameters} has no parameters for Diffie-Hellman in PEM format")
        return _context(key, certificate, chain, arguments.get("sslmethod"), parameters)

    return CertificateFiles(lambda: paths, make)


def filesIn(directory: Path) -> CertificateFiles:
    """
    Return the files of a C{tls:} endpoint: the C{.pem} files in a directory and in those below it.

    Each client is shown the certificate for the server name that it asks for (RFC 6066, section 3).  One that asks for
    another name, or for none, is shown the first certificate, in the order of the names of the files.
    """
    directory = directory.absolute()

    def files() -> list[Path]:
        try:
            found = sorted(path for path in directory.rglob("*.pem") if path.is_file())
        except PermissionError as e:
            raise UnreadableFile(f"{e.filename or directory}: {e.strerror}") from None
        if not found:
            raise BadCertificate(f"there is no .pem file in {directory}")
        return found

    return CertificateFiles(files, lambda contents: _contextByName(contents, directory))


def _contextByName(contents: Mapping[Path, bytes], directory: Path) -> Context:
    """
    Make a context that switches to that of the requested server name.

    @raise BadCertificate: a file has neither a certificate nor a key, or no certificate has its key.
    """
    keys: dict[bytes, Any] = {}
    certificates: list[Certificate] = []
    for path, data in contents.items():
        hasKey, hasCertificate = b"PRIVATE KEY-----" in data, b"-----BEGIN CERTIFICATE-----" in data
        if not hasKey and not hasCertificate:
            raise BadCertificate(f"{path} has neither a certificate nor a private key in PEM format")
        if hasKey:
            key = _keyIn(data, path)
            keys[_identityOf(key.public_key())] = key
        certificates += _certificatesIn(data, path) if hasCertificate else []
    own = [one for one in certificates if _identityOf(one.public_key()) in keys]
    if not own:
        raise BadCertificate(f"no certificate in {directory} is for a private key there")
    others = {one.subject: one for one in certificates if one not in own}
    contexts: dict[str, Context] = {}
    first: Context | None = None
    for certificate in own:
        context = _context(keys[_identityOf(certificate.public_key())], certificate, _chainOf(certificate, others))
        first = first or context
        for name in _namesOf(certificate):
            contexts.setdefault(name.lower(), context)
    assert first is not None

    def choose(connection: Connection) -> None:
        asked = (connection.get_servername() or b"").decode("ascii", "replace").lower()
        context = contexts.get(asked) or contexts.get(f"*.{asked.partition('.')[2]}")
        if context is not None:
            connection.set_context(context)

    first.set_tlsext_servername_callback(choose)
    return first


def _identityOf(key: Any) -> bytes:
    """Return the bytes that identify a public key."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return bytes(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def _chainOf(certificate: Certificate, others: Mapping[Any, Certificate]) -> list[Certificate]:
    """Find the authorities between a certificate and its root, from their subjects."""
    chain: list[Certificate] = []
    while (issuer := others.get((chain[-1] if chain else certificate).issuer)) is not None and issuer not in chain:
        chain.append(issuer)
    return chain


def _namesOf(certificate: Certificate) -> list[str]:
    from cryptography.x509 import DNSName, ExtensionNotFound, SubjectAlternativeName

    try:
        names = certificate.extensions.get_extension_for_class(SubjectAlternativeName).value
    except ExtensionNotFound:
        return []
    return names.get_values_for_type(DNSName)


def _context(
    key: Any,
    certificate: Certificate,
    chain: Sequence[Certificate],
    method: str | None = None,
    parameters: Path | None = None,
) -> Context:
    """
    Make a context with Twisted's choice of versions and ciphers.

    @raise BadCertificate: OpenSSL does not accept the certificate or the key.
    """
    from OpenSSL import SSL
    from twisted.internet.ssl import CertificateOptions, DiffieHellmanParameters
    from twisted.python.filepath import FilePath

    options: dict[str, Any] = {} if method is None else {"method": getattr(SSL, method)}
    if parameters is not None:
        options["dhParameters"] = DiffieHellmanParameters.fromFile(FilePath(str(parameters)))
    untyped: Any = CertificateOptions  # its types are those of pyOpenSSL, which prefers those of cryptography
    try:
        made: Context = untyped(privateKey=key, certificate=certificate, extraCertChain=chain, **options).getContext()
    except SSL.Error as e:
        raise BadCertificate(f"OpenSSL does not accept a certificate or its key ({_wordsOf(e)})") from None
    return made


def _wordsOf(error: Exception) -> str:
    """Return the reason in an error of OpenSSL, whose argument is a list of (library, function, reason)."""
    reasons = [entry[-1] for entry in (error.args[0] if error.args else ()) if entry]
    return reasons[0] if reasons else "for an unknown reason"


def _contentsOf(path: Path) -> bytes:
    """
    Read a file.

    @raise BadCertificate: it cannot be read.
    """
    try:
        return readSmall(path)
    except PermissionError as e:
        raise UnreadableFile(f"{path}: {e.strerror}") from None
    except OSError as e:
        raise BadCertificate(f"{path}: {e.strerror}") from None


def _keyIn(data: bytes, path: Path) -> Any:
    """
    Load the private key in a file.

    @raise BadCertificate: it has none, or one with a passphrase.
    """
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        return _loaded(data, path, lambda pem: load_pem_private_key(pem, None), "private key")
    except TypeError:
        raise BadCertificate(f"the private key in {path} has a passphrase; write it to a file without one") from None


def _certificatesIn(data: bytes, path: Path) -> list[Certificate]:
    """
    Load the certificates in a file.

    @raise BadCertificate: it has none.
    """
    from cryptography.x509 import load_pem_x509_certificates

    loaded: list[Certificate] = _loaded(data, path, load_pem_x509_certificates, "certificate")
    return loaded


def _loaded(data: bytes, path: Path, load: Callable[[bytes], Any], what: str) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        return load(data)
    except (ValueError, UnsupportedAlgorithm):
        raise BadCertificate(f"{path} has no {what} in PEM format") from None
