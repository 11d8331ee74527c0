"""Tests of L{twistchat.services.mail.smtp} in memory: the test is the mail server."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any, cast

from OpenSSL import SSL
from twisted.internet.error import ConnectionLost
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from twistchat.config.settings import MailSettings
from twistchat.services.mail.queue import NotDelivered
from twistchat.services.mail.smtp import CLOSE_TIMEOUT, DEADLINE, MAX_LINES, Conversation

PLAIN = MailSettings("localhost", security="none", sender="chat@example.org")

STARTTLS = replace(PLAIN, host="smtp.example", security="starttls", user="chat", password="hunter2")

TLS = cast(IOpenSSLClientConnectionCreator, object())

MESSAGE = b"Subject: Hello\r\n\r\n.dot\r\n..\r\nSECRET-471\r\n"


class Transport(StringTransport):
    """
    A connection to a server that never closes it.

    @ivar aborted: whether the client has cut it.
    @ivar tls: the argument of C{startTLS}.
    """

    aborted = False
    tls: object = None

    def abortConnection(self) -> None:
        """Cut the connection."""
        self.aborted = True

    def startTLS(self, contextFactory: object) -> None:
        """Begin TLS, in name only."""
        self.tls = contextFactory


class ConversationTests(SynchronousTestCase):
    """What the client says, and what it makes of the answers."""

    def connect(self, settings: MailSettings = PLAIN, message: bytes = MESSAGE) -> None:
        """Connect a client."""
        self.clock = Clock()
        self.transport = Transport()
        tls = TLS if settings.security == "starttls" else None
        self.client = Conversation(settings, "chat.example", self.clock, tls, "alice@example.com", message)
        self.client.makeConnection(self.transport)

    def say(self, *replies: str) -> list[str]:
        """Say something to the client, each with a line end.  Returns the lines that it has sent meanwhile."""
        for reply in replies:
            self.client.dataReceived(f"{reply}\r\n".encode())
            producer: Any = self.transport.producer
            while self.transport.producer is not None:
                producer.resumeProducing()
        said: str = self.transport.value().decode()
        self.transport.clear()
        self.assertEqual(said.count("\n"), said.count("\r\n"))
        return said.split("\r\n")[:-1]

    def lose(self, error: Exception | None = None) -> None:
        """Lose the connection."""
        self.client.connectionLost(Failure(error or ConnectionLost()))
        self.assertEqual([], self.clock.getDelayedCalls())

    def failed(self) -> NotDelivered:
        """Return the error, which contains no secret."""
        error = self.failureResultOf(self.client.finished, NotDelivered).value
        assert isinstance(error, NotDelivered)
        for secret in ("hunter2", "SECRET", base64.b64encode(b"\0chat\0hunter2").decode()):
            self.assertNotIn(secret, f"{error} {error!r} {error.why}")
        self.assertTrue(error.why.isprintable(), error.why)
        return error

    def test_delivered(self) -> None:
        """A server takes the mail, which arrives with its dots.  The connection is closed when both are done."""
        self.connect()
        self.assertEqual(["EHLO chat.example"], self.say("220 smtp.example ESMTP"))
        self.assertEqual(["MAIL FROM:<chat@example.org>"], self.say("250-smtp.example", "250 PIPELINING"))
        self.assertEqual(["RCPT TO:<alice@example.com>"], self.say("250 2.1.0 Ok"))
        self.assertEqual(["DATA"], self.say("250 2.1.5 Ok"))
        self.assertEqual(
            ["Subject: Hello", "", "..dot", "...", "SECRET-471", "."], self.say("354 End data with <CR><LF>.<CR><LF>")
        )
        self.assertEqual(["RSET"], self.say("250 2.0.0 Ok: queued as 471"))
        self.assertNoResult(self.client.finished)
        self.assertEqual(["QUIT"], self.say("250 Ok"))
        self.say("221 Bye")
        self.assertTrue(self.transport.disconnecting)
        self.lose()
        self.assertIsNone(self.successResultOf(self.client.finished))

    def test_largeMail(self) -> None:
        """A mail of many chunks arrives as it is, wherever the dots are."""
        self.connect(message=b".\r\n" * 20_000)
        self.say("220 Hello", "250 Ok", "250 Ok", "250 Ok")
        self.assertEqual([".."] * 20_000 + ["."], self.say("354 Go on"))

    def test_helo(self) -> None:
        """An old server on this machine needs no EHLO."""
        self.connect()
        self.assertEqual(["EHLO chat.example", "HELO chat.example"], self.say("220 Hello", "502 What?"))

    def test_refused(self) -> None:
        """The code decides whether the mail is tried again, and whether the others wait too."""
        for code, final, server in (("550", True, False), ("450", False, False), ("421", False, True)):
            for before in (3, 2):
                self.connect()
                self.say("220 Hello", *["250 Ok"] * (before - 1))
                self.say(f"{code}-5.1.1 No such", f"{code} user here")
                self.lose()
                error = self.failed()
                self.assertEqual(f"localhost said {code} 5.1.1 No such user here", error.why)
                self.assertEqual((final, server), (error.final, error.server))

    def test_contentRefused(self) -> None:
        """The reply to the content may quote it.  Only its codes are shown."""
        for reply, shown in (("554 5.7.1 SECRET-471 looks like spam", "554 5.7.1"), ("554 SECRET-471", "554")):
            self.connect()
            self.say("220 Hello", "250 Ok", "250 Ok", "250 Ok", "354 Go on", reply)
            self.lose()
            error = self.failed()
            self.assertEqual((f"localhost said {shown}", True), (error.why, error.final))

    def test_greeting(self) -> None:
        """A server that refuses the connection is tried again later."""
        self.connect()
        self.say("554 No SMTP service here")
        self.lose()
        error = self.failed()
        self.assertEqual("localhost: 554 No SMTP service here", error.why)
        self.assertEqual((False, True), (error.final, error.server))

    def test_silent(self) -> None:
        """A server that stops answering is left at the deadline, wherever it stops."""
        replies = ("220 Hello", "250 Ok", "250 Ok", "250 Ok", "354 Go on")
        for answers in range(len(replies) + 1):
            self.connect()
            self.clock.advance(DEADLINE - 1)
            self.say(*replies[:answers])
            self.assertFalse(self.transport.aborted)
            self.clock.advance(1)
            self.assertTrue(self.transport.aborted)
            self.lose()
            error = self.failed()
            self.assertEqual("localhost did not answer within 60 seconds", error.why)
            self.assertTrue(error.server)

    def test_silentAfterwards(self) -> None:
        """A server that has taken the mail and stays connected is cut.  The mail counts as sent."""
        self.connect()
        self.say("220 Hello", "250 Ok", "250 Ok", "250 Ok", "354 Go on", "250 Ok")
        self.clock.advance(CLOSE_TIMEOUT)
        self.assertTrue(self.transport.aborted)
        self.lose()
        self.assertIsNone(self.successResultOf(self.client.finished))

    def test_refusedAndSilent(self) -> None:
        """A server that has refused the mail and stays connected is cut."""
        self.connect()
        self.say("220 Hello", "250 Ok", "550 No")
        self.clock.advance(CLOSE_TIMEOUT)
        self.assertTrue(self.transport.aborted)
        self.lose()
        self.assertTrue(self.failed().final)

    def test_slow(self) -> None:
        """A server that sends a little again and again does not move the deadline."""
        self.connect()
        for _ in range(6):
            self.say("220-Wait")
            self.clock.advance(10)
        self.assertTrue(self.transport.aborted)

    def test_closed(self) -> None:
        """A server that closes the connection early is tried again later."""
        replies = ("220 Hello", "250 Ok", "250 Ok", "250 Ok", "354 Go on")
        for answers in range(len(replies) + 1):
            self.connect()
            self.say(*replies[:answers])
            self.lose()
            error = self.failed()
            self.assertTrue(error.server)
            self.assertIn("localhost: Connection to the other side was lost", error.why)

    def test_closedDuringTheMail(self) -> None:
        """A connection that is lost while the client sends the mail is reported once."""
        self.connect()
        self.say("220 Hello", "250 Ok", "250 Ok", "250 Ok")
        self.client.dataReceived(b"354 Go on\r\n")
        producer: Any = self.transport.producer
        producer.stopProducing()
        self.lose()
        self.assertTrue(self.failed().server)

    def test_garbage(self) -> None:
        """Anything that is not SMTP ends the connection without a traceback."""
        for lines in (
            ["HTTP/1.1 400 Bad Request"],
            ["", ""],
            ["220 Hello", "250-smtp.example", "250-", "250 "],
            ["220 \x1b[31m\u202e"] * 2,
            ["220-Hello"] * (MAX_LINES + 1),
            ["abc \x1b[31m"],
            ["9999999"],
        ):
            self.connect()
            self.say(*lines)
            self.clock.advance(DEADLINE)
            self.assertTrue(self.transport.aborted or self.transport.disconnecting)
            self.lose()
            self.assertTrue(self.failed().server)
        self.assertEqual([], self.flushLoggedErrors())

    def test_longLine(self) -> None:
        """An endless line ends the connection."""
        self.connect()
        self.client.dataReceived(b"220 " + b"x" * 20_000)
        self.assertTrue(self.transport.disconnecting)

    def test_starttls(self) -> None:
        """Nothing but EHLO and STARTTLS is said before TLS.  The login follows."""
        self.connect(STARTTLS)
        self.assertEqual(["EHLO chat.example"], self.say("220 Hello"))
        self.assertEqual(["STARTTLS"], self.say("250-smtp.example", "250-AUTH PLAIN", "250 STARTTLS"))
        self.assertEqual(["EHLO chat.example"], self.say("220 Go on"))
        self.assertIs(TLS, self.transport.tls)
        (login,) = self.say("250-smtp.example", "250 AUTH LOGIN PLAIN")
        self.assertEqual(b"chat\0chat\0hunter2", base64.b64decode(login.removeprefix("AUTH PLAIN ")))
        self.assertEqual(["MAIL FROM:<chat@example.org>"], self.say("235 Welcome"))

    def test_loginInTwoSteps(self) -> None:
        """A server that only knows LOGIN is asked for it."""
        self.connect(replace(STARTTLS, security="tls"))
        self.assertEqual(["AUTH LOGIN"], self.say("220 Hello", "250 AUTH LOGIN")[1:])
        said = [base64.b64decode(line) for line in self.say("334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6")]
        self.assertEqual([b"chat", b"hunter2"], said)

    def test_noStarttls(self) -> None:
        """A server without STARTTLS gets neither the login nor the mail."""
        for replies in (("220 Hello", "250 AUTH PLAIN"), ("220 Hello", "250 STARTTLS", "454 Not now")):
            self.connect(STARTTLS)
            said = self.say(*replies)
            self.assertEqual("QUIT", said[-1])
            self.assertNotIn("AUTH", "".join(said))
            self.lose()
            self.assertIn("TLS", self.failed().why)

    def test_injected(self) -> None:
        """Plain text behind the answer to STARTTLS is not taken for the encrypted conversation."""
        self.connect(STARTTLS)
        self.say("220 Hello", "250 STARTTLS")
        self.assertEqual([], self.say("220 Go on\r\n250 Ok"))
        self.assertTrue(self.transport.aborted)
        self.assertIsNone(self.transport.tls)
        self.lose()
        self.assertIn("between STARTTLS and TLS", self.failed().why)

    def test_badLogin(self) -> None:
        """The answer to a login is not shown: it may quote the login."""
        offer = ("220 Hello", "250 AUTH PLAIN")
        quote = "535 hunter2 " + base64.b64encode(b"\0chat\0hunter2").decode()
        for replies, why in (
            ((*offer, quote, quote), "it refused mail.user and mail.password"),
            (("220 Hello", "250 AUTH LOGIN", "504 hunter2"), "the login failed"),
            (("220 Hello", "250 AUTH LOGIN", "334 a", "501 hunter2"), "the login failed"),
            (("220 Hello", "250 AUTH LOGIN", "334 a", "334 hunter2"), "the login failed"),
            (("220 Hello", "250 AUTH GSSAPI"), 'it offers neither of the logins "PLAIN" and "LOGIN"'),
            (("220 Hello", "502 hunter2"), "it does not know EHLO, which encryption and logins need"),
        ):
            self.connect(replace(STARTTLS, security="tls"))
            self.say(*replies)
            self.lose()
            error = self.failed()
            self.assertEqual((f"smtp.example: {why}", True), (error.why, error.server))

    def test_tlsFailed(self) -> None:
        """A TLS error is explained."""
        for error, why in (
            (SSL.Error([("SSL routines", "", "certificate verify failed")]), "TLS failed: certificate verify failed"),
            (SSL.Error(), "TLS failed: the connection was closed"),
        ):
            self.connect(STARTTLS)
            self.say("220 Hello", "250 STARTTLS", "220 Go on")
            self.lose(error)
            self.assertEqual(f"smtp.example: {why}", self.failed().why)

    def test_cancel(self) -> None:
        """Cancelling cuts the connection."""
        self.connect()
        self.say("220 Hello")
        self.client.finished.cancel()
        self.assertTrue(self.transport.aborted)
        self.lose()
        self.failureResultOf(self.client.finished)
