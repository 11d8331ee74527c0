"""Tests of L{twistchat.services.mail.smtp} with a real mail server on loopback, and the real reactor."""

from __future__ import annotations

import asyncio
import ssl
import tempfile
import threading
from dataclasses import dataclass, replace
from email import message_from_bytes
from email.policy import SMTP as POLICY
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword
from twisted.internet import reactor as installed
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.ssl import Certificate, trustRootFromCertificates
from twisted.trial.unittest import TestCase

from tests.net.listening.authorities import Identity, identify
from twistchat.config.settings import MailSettings
from twistchat.services.mail.queue import MailQueue, NotDelivered
from twistchat.services.mail.smtp import delivery

reactor: Any = installed

SETTINGS = MailSettings(
    "localhost", security="starttls", user="chat", password="hunter2", sender="chat@example.org", senderName="Chät"
)


@dataclass(frozen=True)
class Taken:
    """
    A mail that the server has taken.

    @ivar isEncrypted: whether it came after STARTTLS.
    @ivar login: who was logged in.
    """

    envelope: Envelope
    isEncrypted: bool
    login: object


class MailServer:
    """
    A mail server in a thread.

    @ivar port: its port.
    @ivar taken: the mails that it has taken.
    """

    def __init__(self, identity: Identity, implicit: bool) -> None:
        """
        @param identity: its key and certificate.
        @param implicit: whether TLS begins with the first byte.  Otherwise it begins with STARTTLS.
        """
        self.taken: list[Taken] = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.NamedTemporaryFile() as file:
            Path(file.name).write_bytes(identity.key + identity.certificate)
            context.load_cert_chain(file.name)
        self._loop = asyncio.new_event_loop()
        creating = self._loop.create_server(
            lambda: self._session(None if implicit else context), "127.0.0.1", 0, ssl=context if implicit else None
        )
        self._server = self._loop.run_until_complete(creating)
        self.port: int = self._server.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()

    def stop(self) -> None:
        """Stop the server, and wait for the end of its thread."""
        self._loop.call_soon_threadsafe(self._stop)
        self._thread.join()
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    def _stop(self) -> None:
        self._server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.call_soon(self._loop.stop)

    def _session(self, starttls: ssl.SSLContext | None) -> SMTP:
        """Make the protocol of a connection."""
        return SMTP(
            self,
            hostname="localhost",
            loop=self._loop,
            tls_context=starttls,
            require_starttls=starttls is not None,
            auth_required=starttls is not None,
            auth_require_tls=starttls is not None,
            authenticator=self._authenticate,
        )

    @staticmethod
    def _authenticate(server: object, session: object, envelope: object, mechanism: str, data: object) -> AuthResult:
        isRight = isinstance(data, LoginPassword) and (data.login, data.password) == (b"chat", b"hunter2")
        return AuthResult(success=isRight, handled=False, auth_data="chat" if isRight else None)

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Envelope) -> str:
        """Take a mail, or refuse it."""
        if b"spam" in (envelope.original_content or b""):
            return "554 5.7.1 This is spam"
        self.taken.append(Taken(envelope, session.ssl is not None, session.auth_data))
        return "250 2.0.0 Ok"


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
