"""Tests of L{twistchat.services.mail.smtp} with a real mail server on loopback, and the real reactor."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes
from email.policy import SMTP as POLICY
from typing import Any

from twisted.internet import reactor as installed
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.ssl import Certificate, trustRootFromCertificates
from twisted.trial.unittest import TestCase

from tests.net.listening.authorities import Identity, identify
from tests.services.mail.servers import MailServer
from twistchat.config.settings import MailSettings
from twistchat.services.mail.queue import MailQueue, NotDelivered
from twistchat.services.mail.smtp import delivery

reactor: Any = installed

SETTINGS = MailSettings(
    "localhost", security="starttls", user="chat", password="hunter2", sender="chat@example.org", senderName="Chät"
)


class MailServerTests(TestCase):
    """Mails arrive at a real server."""

    def setUp(self) -> None:
        """Make the server's certificate, which the client trusts."""
        self.identity = self.trusted = identify("localhost")

    def serve(self, settings: MailSettings = SETTINGS, identity: Identity | None = None) -> MailSettings:
        """Start a mail server.  Returns the settings, with its port."""
        self.server = MailServer(identity or self.identity, settings.security == "tls")
        self.addCleanup(self.server.stop)
        return replace(settings, port=self.server.port)

    def deliver(self, settings: MailSettings, message: bytes = b"Subject: Hello\r\n\r\nHi.\r\n") -> Deferred[None]:
        """Give a mail to the server."""
        trusted = trustRootFromCertificates([Certificate.loadPEM(self.trusted.certificate)])
        return delivery(settings, "chat.example", reactor, trusted)("alice@example.com", message)

    async def refused(self, settings: MailSettings, message: bytes = b"Subject: Hello\r\n\r\nHi.\r\n") -> NotDelivered:
        """Give a mail to the server, which does not take it."""
        try:
            await self.deliver(settings, message)
        except NotDelivered as error:
            return error
        raise self.failureException("the server has taken the mail")

    async def test_starttls(self) -> None:
        """A mail from the queue arrives over STARTTLS, after a login."""
        settings = self.serve()
        sent: Deferred[None] = Deferred()

        def deliver(recipient: str, message: bytes) -> Deferred[None]:
            delivered = self.deliver(settings, message)
            delivered.addBoth(lambda result: sent.callback(result))
            return delivered

        queue = MailQueue(settings, "chat.example", reactor, lambda: 1e9, lambda: "id-1", deliver)
        text = "Your code is 471471.\n.\ngrüße\n"
        queue.send("alice@example.com", "Your code", text)
        await sent
        queue.stop()
        (taken,) = self.server.taken
        self.assertEqual((True, "chat"), (taken.isEncrypted, taken.login))
        self.assertEqual("chat@example.org", taken.envelope.mail_from)
        self.assertEqual(["alice@example.com"], taken.envelope.rcpt_tos)
        read = message_from_bytes(taken.envelope.original_content or b"", policy=POLICY)
        self.assertEqual(text, read.get_content().replace("\r\n", "\n"))
        self.assertEqual("Chät <chat@example.org>", read["From"])
        self.assertEqual("Your code", read["Subject"])

    async def test_tls(self) -> None:
        """A mail arrives over a connection that is encrypted from the first byte."""
        await self.deliver(self.serve(replace(SETTINGS, security="tls")))
        (taken,) = self.server.taken
        self.assertEqual(b"Subject: Hello\r\n\r\nHi.\r\n", taken.envelope.original_content)
        self.assertEqual("chat", taken.login)

    async def test_address(self) -> None:
        """The server may be named by its address, if its certificate has that."""
        await self.deliver(self.serve(replace(SETTINGS, host="127.0.0.1")))
        self.assertEqual(1, len(self.server.taken))

    async def test_untrusted(self) -> None:
        """A server whose certificate nobody vouches for gets no mail and no login."""
        for security in ("starttls", "tls"):
            settings = self.serve(replace(SETTINGS, security=security), identify("localhost"))
            error = await self.refused(settings)
            self.assertEqual("localhost: TLS failed: certificate verify failed", error.why)
            self.assertTrue(error.server)
            self.assertEqual([], self.server.taken)

    async def test_otherName(self) -> None:
        """A server with the certificate of another server gets no mail and no login."""
        for security in ("starttls", "tls"):
            self.trusted = identify("other.example")
            settings = self.serve(replace(SETTINGS, security=security), self.trusted)
            error = await self.refused(settings)
            self.assertEqual("localhost: its certificate is for another name", error.why)
            self.assertEqual([], self.server.taken)

    async def test_wrongPassword(self) -> None:
        """A wrong password is named, and not shown."""
        error = await self.refused(replace(self.serve(), password="wrong-471"))
        self.assertEqual("localhost: it refused mail.user and mail.password", error.why)

    async def test_refused(self) -> None:
        """The server refuses the content."""
        error = await self.refused(self.serve(), b"Subject: spam\r\n\r\n")
        self.assertEqual(("localhost said 554 5.7.1", True), (error.why, error.final))

    async def test_nobodyListens(self) -> None:
        """A port where nobody listens is reported at once."""
        port = await TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1").listen(Factory.forProtocol(Protocol))
        number = port.getHost().port
        await port.stopListening()
        error = await self.refused(replace(SETTINGS, port=number, host="127.0.0.1"))
        self.assertEqual(
            "127.0.0.1 cannot be reached: Connection was refused by other side: 111: Connection refused.", error.why
        )
        self.assertTrue(error.server)

    async def test_cancel(self) -> None:
        """Cancelling ends the connection to a server that says nothing, encrypted or not."""
        for security in ("starttls", "tls"):
            silent = Silent()
            port = await TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1").listen(silent)
            settings = replace(SETTINGS, host="127.0.0.1", port=port.getHost().port, security=security)
            delivering = self.deliver(settings)
            await silent.connected
            delivering.cancel()
            delivering.addErrback(lambda failure: None)
            await silent.lost
            await port.stopListening()


class Silent(Factory):
    """
    A server that says nothing.

    @ivar connected: fires when a client has connected.
    @ivar lost: fires when the client is gone.
    """

    def __init__(self) -> None:
        self.connected: Deferred[None] = Deferred()
        self.lost: Deferred[None] = Deferred()

    def buildProtocol(self, addr: object) -> Protocol:
        """Make the protocol of a connection."""
        protocol = Protocol()
        protocol.connectionMade = lambda: self.connected.callback(None)  # type: ignore[method-assign]
        protocol.connectionLost = lambda reason=None: self.lost.callback(None)  # type: ignore[method-assign]
        return protocol
