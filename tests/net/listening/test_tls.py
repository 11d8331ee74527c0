"""Tests of L{twistchat.net.listening.tls}.  L{tests.net.listening.test_endpoints} has those with real connections."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from OpenSSL import SSL
from twisted.trial.unittest import SynchronousTestCase

from tests.net.listening.authorities import ClientSide, Identity, identify
from twistchat.net.listening import tls
from twistchat.net.listening.tls import BadCertificate, Certificates, UnreadableFile, filesIn, filesOf


def shake(certificates: Certificates, name: str = "", version: int | None = None) -> list[str]:
    """
    Shake hands with a client in memory, and return the names in the certificates that it was shown.

    @param version: the highest version of TLS that the client offers; C{None} for the newest.
    """
    side = ClientSide(serverName=name, version=version)
    client, server = side.clientConnectionForTLS(None), certificates.serverConnectionForTLS(None)
    client.set_connect_state()
    server.set_accept_state()
    for _ in range(4):
        for one, other in ((client, server), (server, client)):
            with contextlib.suppress(SSL.WantReadError):
                one.do_handshake()
            with contextlib.suppress(SSL.WantReadError):
                other.bio_write(one.bio_read(1 << 16))
    return side.chain


class CertificatesTestCase(SynchronousTestCase):
    """A directory for certificates."""

    def setUp(self) -> None:
        self.folder = Path(mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, name: str, *contents: bytes) -> str:
        """Write a file."""
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"".join(contents))
        return str(path)

    def refused(self, certificates: Certificates) -> str:
        """Check that the files cannot be used, and return the reason."""
        return str(self.assertRaises(BadCertificate, certificates.reload)).replace(f"{self.folder}/", "")


class SslTests(CertificatesTestCase):
    """The files of an C{ssl:} endpoint."""

    def setUp(self) -> None:
        super().setUp()
        self.middle = identify("Middle", identify("Root"))
        self.old, self.new = identify("old.example", self.middle), identify("new.example", self.middle)
        self.certificates = self.made(self.old)

    def made(self, identity: Identity) -> Certificates:
        """Write the files, and read them."""
        self.arguments = {"privateKey": self.write("key", identity.key), "certKey": self.full(identity)}
        return Certificates(filesOf(self.arguments))

    def full(self, identity: Identity) -> str:
        """Write certbot's C{fullchain.pem}."""
        return self.write("full", identity.certificate, self.middle.certificate)

    def test_fullChain(self) -> None:
        """The server sends all certificates of certbot's C{fullchain.pem}, and none twice."""
        self.assertEqual(["old.example", "Middle"], shake(self.certificates))
        chain = self.write("chain", self.middle.certificate)
        certificates = Certificates(filesOf({**self.arguments, "extraCertChain": chain}))
        self.assertEqual(["old.example", "Middle"], shake(certificates))

    def test_replaced(self) -> None:
        """New files take effect when they are used, not before, and not for existing connections."""
        self.assertIsNone(self.certificates.reload())
        self.write("key", self.new.key)
        self.full(self.new)
        loaded = self.certificates.reload()
        assert loaded is not None
        self.assertEqual("old.example", shake(self.certificates)[0])
        begun: Any = self.certificates.serverConnectionForTLS(None)
        before = begun.get_context()
        self.certificates.use(loaded)
        self.assertIs(before, begun.get_context())
        self.assertEqual("new.example", shake(self.certificates)[0])
        self.assertIsNone(self.certificates.reload())

    def test_directoryChanged(self) -> None:
        """A relative path counts from the directory of the start."""
        self.addCleanup(os.chdir, Path.cwd())
        os.chdir(self.folder)
        certificates = Certificates(filesOf({"privateKey": "key", "certKey": "full"}))
        os.chdir("/")
        self.assertIsNone(certificates.reload())

    def test_broken(self) -> None:
        """The reason names the file.  The old certificate stays."""
        self.write("key", self.new.key)
        self.assertEqual("the certificate in full is not for the private key in key", self.refused(self.certificates))
        private = load_pem_private_key(self.old.key, None)
        locked = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
        self.write("key", locked)
        self.assertEqual(
            "the private key in key has a passphrase; write it to a file without one", self.refused(self.certificates)
        )
        self.write("key", b"nothing")
        self.assertEqual("key has no private key in PEM format", self.refused(self.certificates))
        self.write("key", self.old.key)
        self.write("full", b"-----BEGIN CERTIFICATE-----\nabcd\n-----END CERTIFICATE-----\n")
        self.assertEqual("full has no certificate in PEM format", self.refused(self.certificates))
        (self.folder / "full").unlink()
        self.assertEqual("full: No such file or directory", self.refused(self.certificates))
        self.assertEqual("old.example", shake(self.certificates)[0])

    def test_pipe(self) -> None:
        """A file that has become a pipe, or is very large, is refused.  Nobody waits for it."""
        identity = identify("a.example")
        name = self.write("server.pem", identity.certificate, identity.key)
        certificates = Certificates(filesOf({"privateKey": name}))
        os.truncate(name, 300_000_000)
        self.assertEqual("server.pem: it has more than 1,048,576 bytes", self.refused(certificates))
        Path(name).unlink()
        os.mkfifo(name)
        self.assertEqual("server.pem: it is not a regular file", self.refused(certificates))

    def test_forbidden(self) -> None:
        """A file that this process may no longer read has an error of its own."""

        def forbidden(path: Path) -> bytes:
            raise PermissionError(13, "Permission denied")

        self.patch(tls, "readSmall", forbidden)
        error = self.assertRaises(UnreadableFile, self.certificates.reload)
        self.assertEqual(f"{self.folder}/key: Permission denied", str(error))

    def test_notAccepted(self) -> None:
        """OpenSSL's reason is shown if it does not accept a file."""

        def refuse(*arguments: object, **keywords: object) -> None:
            raise SSL.Error([("", "", "ca md too weak")])

        self.full(self.new)
        self.write("key", self.new.key)
        self.patch(SSL.Context, "use_certificate", refuse)
        self.assertEqual(
            "OpenSSL does not accept a certificate or its key (ca md too weak)", self.refused(self.certificates)
        )

    def test_versions(self) -> None:
        """Clients need TLS 1.2 or newer (RFC 8996)."""
        self.assertEqual("old.example", shake(self.certificates, version=SSL.TLS1_2_VERSION)[0])
        error = self.assertRaises(SSL.Error, shake, self.certificates, version=SSL.TLS1_1_VERSION)
        self.assertIn("unsupported protocol", str(error))


class TlsTests(CertificatesTestCase):
    """The directory of a C{tls:} endpoint."""

    def setUp(self) -> None:
        super().setUp()
        self.middle = identify("Middle", identify("Root"))
        self.one, self.two = identify("one.example", self.middle), identify("*.two.example")
        self.write("certificates/1.pem", self.one.certificate, self.one.key, self.middle.certificate)
        self.write("certificates/2.pem", self.two.certificate)
        self.write("certificates/2-key.pem", self.two.key)
        self.certificates = Certificates(filesIn(self.folder / "certificates"))

    def test_names(self) -> None:
        """A client is shown the certificate for the name that it asks for, or the first."""
        one, two = ["one.example", "Middle"], ["*.two.example"]
        for name, chain in (
            ("one.example", one),
            ("ONE.example", one),
            ("chat.two.example", two),
            ("two.example", one),
            ("a.b.two.example", one),
            ("three.example", one),
            ("", one),
        ):
            self.assertEqual(chain, shake(self.certificates, name), name)

    def test_replaced(self) -> None:
        """New, changed and removed files take effect."""
        three = identify("three.example")
        self.write("certificates/3.pem", three.certificate, three.key)
        (self.folder / "certificates/2.pem").unlink()
        loaded = self.certificates.reload()
        assert loaded is not None
        self.certificates.use(loaded)
        self.assertEqual(["three.example"], shake(self.certificates, "three.example"))
        self.assertEqual("one.example", shake(self.certificates, "chat.two.example")[0])

    def test_broken(self) -> None:
        """The reason names the file or the directory."""
        self.write("certificates/3.pem", b"nothing")
        self.assertEqual(
            "certificates/3.pem has neither a certificate nor a private key in PEM format",
            self.refused(self.certificates),
        )
        for name in ("1", "2-key", "3"):
            (self.folder / f"certificates/{name}.pem").unlink()
        self.assertEqual("no certificate in certificates is for a private key there", self.refused(self.certificates))
        (self.folder / "certificates/2.pem").unlink()
        self.assertEqual("there is no .pem file in certificates", self.refused(self.certificates))
