"""A real server that gets other certificates and listeners while clients talk."""

from __future__ import annotations

import re
import signal
import socket
import ssl
import time

from tests.net.listening.authorities import Identity, identify
from tests.test_daemon import PATIENCE, TWISTD, DaemonTestCase

ENCRYPTED = re.compile(r"openssl s_client -quiet -connect 127\.0\.0\.1:(\d+)")

TLS = "ssl:0:interface=127.0.0.1:privateKey=key.pem:certKey=full.pem"


class ReloadTests(DaemonTestCase):
    """SIGHUP to a server with an encrypted endpoint."""

    def install(self, identity: Identity) -> None:
        """Replace the files, as certbot's deploy hook does."""
        (self.directory / "key.pem").write_bytes(identity.key)
        (self.directory / "full.pem").write_bytes(identity.certificate)

    def listen(self, *endpoints: str) -> None:
        """Configure the endpoints of the line door."""
        listed = ", ".join(f'"{endpoint}"' for endpoint in ("tcp:0:interface=127.0.0.1", *endpoints))
        (self.directory / "twistchat.toml").write_text(f'[journal]\nkind = "memory"\n[listen]\nline = [{listed}]\n')

    def call(self, port: int) -> ssl.SSLSocket:
        """Connect a client over TLS."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        plain = socket.create_connection(("127.0.0.1", port), PATIENCE)
        wrapped = context.wrap_socket(plain)
        self.addCleanup(wrapped.close)
        return wrapped

    def hear(self, client: ssl.SSLSocket, wanted: bytes) -> None:
        """Read until a client has heard something."""
        heard = b""
        while wanted not in heard:
            data = client.recv(65536)
            self.assertNotEqual(b"", data, heard)
            heard += data

    def test_renewed(self) -> None:
        """
        A new connection gets the new certificate within a second, and the old one goes on.  A broken file changes
        nothing and takes one line of the log.  Listeners come and go, and their clients stay.
        """
        old, new = identify("old.example"), identify("new.example")
        self.install(old)
        self.listen(TLS)
        process, output, port = self.start(*TWISTD, "-n", "twistchat")
        encrypted = int(output.until(ENCRYPTED)[1])
        alice, bob = self.call(encrypted), self.person(port, "bob")
        self.assertEqual(ssl.PEM_cert_to_DER_cert(old.certificate.decode()), alice.getpeercert(True))
        alice.sendall(b"alice\n")
        self.hear(alice, b"* alice joined #lobby\n")
        bob.until("* alice joined #lobby")

        self.install(new)
        process.send_signal(signal.SIGHUP)
        began = time.monotonic()
        output.until("The configuration was read again; changed: the certificates of the line door")
        self.assertEqual(ssl.PEM_cert_to_DER_cert(new.certificate.decode()), self.call(encrypted).getpeercert(True))
        self.assertLess(time.monotonic() - began, 5.0)  # a second, and time for other programs on this machine
        alice.sendall(b"still here\n")
        bob.until("<alice> still here")

        (self.directory / "key.pem").write_bytes(old.key)
        process.send_signal(signal.SIGHUP)
        mistake = output.until(re.compile("nothing was changed: (.*)"))[1]
        self.assertEqual(
            f"listen.line: the certificate in {self.directory}/full.pem is not for the private key in "
            f"{self.directory}/key.pem",
            mistake,
        )
        self.assertEqual(ssl.PEM_cert_to_DER_cert(new.certificate.decode()), self.call(encrypted).getpeercert(True))

        self.listen("tcp:0:interface=127.0.0.1:backlog=7")
        process.send_signal(signal.SIGHUP)
        output.until("The line door no longer listens at ssl:0")
        added = int(output.until(re.compile(r"The line door is open: nc 127\.0\.0\.1 (\d+)"))[1])
        output.until("The configuration was read again; changed: listen.line")
        self.person(added, "carol").send("hello all")
        self.hear(alice, b"<carol> hello all\n")
        self.assertRaises(ConnectionRefusedError, self.call, encrypted)
        process.send_signal(signal.SIGTERM)
        self.hear(alice, b"* The server is shutting down\n")
        self.ended(process, output)
