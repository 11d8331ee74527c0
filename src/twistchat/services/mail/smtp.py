"""
Give a mail to a mail server over SMTP (RFC 5321), with STARTTLS (RFC 3207) and AUTH (RFC 4954).

Importing C{twisted.mail.smtp} installs a reactor and looks up the name of this machine.  So only a server that sends
mails imports this module, before it starts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import BytesIO
from typing import Any

from OpenSSL import SSL
from service_identity import VerificationError
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import (
    IDelayedCall,
    IOpenSSLClientConnectionCreator,
    IReactorTime,
    IStreamClientEndpoint,
)
from twisted.internet.protocol import Factory, connectionDone
from twisted.internet.ssl import optionsForClientTLS, platformTrust
from twisted.mail import smtp
from twisted.python.failure import Failure

from twistchat.config import toml
from twistchat.config.settings import MailSettings
from twistchat.services.mail.queue import Deliver, NotDelivered

CONNECT_TIMEOUT = 30.0
"""Seconds to find the mail server's address and to connect."""

DEADLINE = 60.0
"""Seconds from the connection to the server's answer to the mail."""

CLOSE_TIMEOUT = 5.0
"""Seconds to say goodbye, once the outcome is known.  Then the connection is cut."""

MAX_LINES = 1000
"""The maximum number of lines from the server on one connection."""

USUAL_PORTS = {"starttls": 587, "tls": 465, "none": 25}
"""The port for each way to secure the connection (RFC 8314, section 3.3; RFC 6409, section 3.1)."""

_SERVICE_NOT_AVAILABLE = 421
"""The server closes the connection, whatever the command was (RFC 5321, section 3.8)."""

_ENHANCED = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}(?= |\Z)")
"""An enhanced status code (RFC 3463, section 2)."""


def delivery(settings: MailSettings, serverName: str, reactor: Any, trustRoot: Any = None) -> Deliver:
    """
    Make the function that gives mails to the configured mail server.

    @param serverName: the name of this chat server, for EHLO.
    @param reactor: connects, and times.
    @param trustRoot: the authorities that may sign the server's certificate; C{None} for those of the operating system.
    """
    tls = optionsForClientTLS(settings.host, trustRoot=platformTrust() if trustRoot is None else trustRoot)
    port = settings.port or USUAL_PORTS[settings.security]
    endpoint: IStreamClientEndpoint = HostnameEndpoint(reactor, settings.host, port, CONNECT_TIMEOUT)
    if settings.security == "tls":
        endpoint = wrapClientTLS(tls, endpoint)
    starttls = tls if settings.security == "starttls" else None

    async def attempt(recipient: str, message: bytes) -> None:
        conversation = Conversation(settings, serverName, reactor, starttls, recipient, message)
        try:
            await endpoint.connect(Factory.forProtocol(lambda: conversation))
        except Exception as error:
            raise NotDelivered(f"{settings.host} cannot be reached: {_explained(error)}", server=True) from None
        await conversation.finished

    return lambda recipient, message: Deferred.fromCoroutine(attempt(recipient, message))


class Conversation(smtp.ESMTPClient):
    """
    A connection to a mail server, which takes one mail.

    This does not use Twisted's C{ESMTPSenderFactory}, which can leave the connection of a silent server open, and logs
    a traceback if a connection fails after the mail was accepted.

    @ivar finished: fires when the connection is closed.  It fails with L{NotDelivered} if the server did not take the
        mail.  Cancelling it cuts the connection.
    """

    # Twisted would keep all lines, with the password, and put them into its errors.
    debug = False
    heloFallback = True

    def __init__(
        self,
        settings: MailSettings,
        serverName: str,
        clock: IReactorTime,
        starttls: IOpenSSLClientConnectionCreator | None,
        recipient: str,
        message: bytes,
    ) -> None:
        """
        @param serverName: the name of this chat server, for EHLO.
        @param starttls: begins TLS after the greeting; C{None} if nothing does.
        @param message: the mail with CRLF between its lines.
        """
        super().__init__(settings.password.encode() or None, starttls, serverName)
        self.requireTransportSecurity = starttls is not None
        self.requireAuthentication = bool(settings.user)
        if settings.user:
            user = settings.user.encode()
            self.registerAuthenticator(smtp.PLAINAuthenticator(user))
            self.registerAuthenticator(smtp.LOGINAuthenticator(user))
        self.finished: Deferred[None] = Deferred(lambda _: self._abort())
        self._host = settings.host
        self._sender = settings.sender
        self._recipient = recipient
        self._message = message
        self._clock = clock
        self._hasContent = False
        self._lines = 0
        self._outcome: NotDelivered | None = None
        self._isDecided = False
        self._timer: IDelayedCall | None = None
        self._froms = iter([self._sender])

    # What Twisted's client asks for

    def getMailFrom(self) -> str | None:
        """Return the sender of the mail, and then C{None}, which ends the conversation."""
        return next(self._froms, None)

    def getMailTo(self) -> Sequence[bytes]:
        """Return the recipient."""
        return [self._recipient.encode("ascii")]

    def getMailData(self) -> BytesIO:
        """Return the mail, with a second dot where a line begins with one (RFC 5321, section 4.5.2)."""
        self._hasContent = True
        return BytesIO(re.sub(rb"(?m)^\.", b"..", self._message))

    def transformChunk(self, chunk: bytes) -> bytes:
        """L{getMailData} has done what Twisted's client does here; it does not find a dot between two chunks."""
        return chunk

    # What Twisted's client tells

    def sentMail(self, code: int, resp: bytes | str, numOk: int, addresses: Any, log: Any) -> None:
        """The server has answered to the mail, its sender or its recipient."""
        if code in smtp.SUCCESS:
            self._decide(None)
        else:
            reply = self._reply(code, resp if isinstance(resp, bytes) else addresses[-1][2])
            isServer = code == _SERVICE_NOT_AVAILABLE
            self._decide(NotDelivered(f"{self._host} said {reply}", final=500 <= code < 600, server=isServer))

    def sendError(self, exc: Exception) -> None:
        """The conversation has failed before the server answered to the mail."""
        self._decide(NotDelivered(f"{self._host}: {self._named(exc)}", server=True))
        super().sendError(exc)

    def esmtpState_starttls(self, code: int, resp: bytes) -> None:
        """
        Begin TLS.

        Whatever came in plain text after the server's answer to STARTTLS may be from somebody else, who wants it taken
        for a part of the encrypted conversation.
        """
        if self.clearLineBuffer():
            self._decide(NotDelivered(f"{self._host} sent something between STARTTLS and TLS", server=True))
            self._abort()
        else:
            super().esmtpState_starttls(code, resp)

    # The connection

    def connectionMade(self) -> None:
        """Start the deadline."""
        self._timer = self._clock.callLater(DEADLINE, self._expired)
        super().connectionMade()

    def lineReceived(self, line: bytes) -> None:
        """Process a line from the server, which may be anything."""
        self._lines += 1
        try:
            if self._lines > MAX_LINES:
                raise ValueError("too many lines")
            super().lineReceived(line)
        except Exception:
            self._decide(NotDelivered(f"{self._host} does not speak SMTP", server=True))
            self._abort()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Report the outcome."""
        self._decide(NotDelivered(f"{self._host}: {_explained(reason.value)}", server=True))
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        super().connectionLost(reason)
        if not self.finished.called:
            if self._outcome is None:
                self.finished.callback(None)
            else:
                self.finished.errback(self._outcome)

    def _decide(self, outcome: NotDelivered | None) -> None:
        """
        Note the outcome, unless it is known already, and give the server some time to close the connection.

        @param outcome: C{None} if the server has taken the mail.
        """
        if not self._isDecided:
            self._isDecided, self._outcome = True, outcome
            if self._timer is not None:
                self._timer.reset(CLOSE_TIMEOUT)

    def _expired(self) -> None:
        self._timer = None
        self._decide(NotDelivered(f"{self._host} did not answer within {DEADLINE:g} seconds", server=True))
        self._abort()

    def _abort(self) -> None:
        self._decide(NotDelivered("this server stops", server=True))
        transport: Any = self.transport
        if transport is not None:
            transport.abortConnection()

    # Wording

    def _named(self, error: Exception) -> str:
        """Say what was wrong before the mail.  The answer to a login is not shown."""
        for kind, text in _REASONS.items():
            if isinstance(error, kind):
                return text
        if isinstance(error, smtp.SMTPClientError):
            return self._reply(error.code, error.resp)
        return _explained(error)

    def _reply(self, code: int, text: bytes) -> str:
        """Show a reply.  The reply to the content of a mail may quote it, so only its codes are shown."""
        shown = toml.printable(text.decode("utf-8", "replace").replace("\n", " ").strip())
        if self._hasContent:
            found = _ENHANCED.match(shown)
            shown = found[0] if found else ""
        number = f"{code} " if code > 0 else ""
        return f"{number}{shown[:200]}".rstrip()


_REASONS: dict[type[Exception], str] = {
    smtp.AUTHDeclinedError: "it refused mail.user and mail.password",
    smtp.AuthenticationError: "the login failed",
    smtp.AUTHRequiredError: 'it offers neither of the logins "PLAIN" and "LOGIN"',
    smtp.EHLORequiredError: "it does not know EHLO, which encryption and logins need",
    smtp.TLSRequiredError: 'it does not offer STARTTLS; mail.security "tls" may be right',
    smtp.TLSError: "it could not begin TLS",
}
"""The wording of Twisted's errors."""


def _explained(error: BaseException | None) -> str:
    """Explain in one line why a connection failed."""
    if isinstance(error, VerificationError):
        return "its certificate is for another name"
    if isinstance(error, SSL.Error):
        found = error.args[0] if error.args and isinstance(error.args[0], list) else []
        return f"TLS failed: {'; '.join(part[-1] for part in found) or 'the connection was closed'}"
    if isinstance(error, ConnectionDone):
        return "it closed the connection"
    return toml.printable(str(error) or type(error).__name__)[:200]
