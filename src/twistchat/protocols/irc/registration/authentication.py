"""The SASL exchange of one client (IRCv3 sasl-3.1, sasl-3.2)."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Final

from twistchat.chat import errors
from twistchat.chat.model.names import fold
from twistchat.protocols.irc.registration.offer import mechanisms
from twistchat.protocols.irc.replies.accounts import showLoggedIn
from twistchat.wire.irc import numerics as n
from twistchat.wire.irc.message import serialize
from twistchat.wire.sasl import (
    BadResponse,
    CertificateGiven,
    Challenge,
    External,
    Finished,
    Mechanism,
    PasswordGiven,
    Plain,
    Proven,
    Response,
    Scram,
    Step,
    TooLongResponse,
    encode,
)

if TYPE_CHECKING:
    from twistchat.interfaces import Authenticated, IScramAttempt, ScramKeys
    from twistchat.protocols.irc.protocol import IrcConnection
    from twistchat.protocols.irc.replies.reply import Reply

MAX_FAILURES: Final = 5
"""The number of failed exchanges after which a connection is closed."""

NONCE: Final = 18
"""The size of the server's nonce in random bytes."""


class Authentication:
    """
    The SASL exchange of one client.  It exists only from the first AUTHENTICATE to the login.

    @ivar running: whether the client has chosen a mechanism, and the outcome is not known yet.
    """

    __slots__ = ("_attempt", "_client", "_failures", "_mechanism", "_proven", "_response")

    _attempt: IScramAttempt | None
    _mechanism: Mechanism | None
    _proven: Authenticated | None

    def __init__(self, client: IrcConnection) -> None:
        self._client = client
        self._failures = 0
        self._end()

    @property
    def running(self) -> bool:
        """See the class."""
        return self._mechanism is not None

    def abort(self, reply: Reply) -> None:
        """End the exchange, if there is one, without an outcome."""
        self._end()
        reply.numeric(n.ERR_SASLABORTED, "SASL authentication aborted")

    def start(self, name: str, reply: Reply) -> None:
        """
        Start an exchange.

        @param name: the mechanism that the client has chosen.
        """
        available = mechanisms(self._client)
        if name.upper() not in available:
            reply.numeric(n.RPL_SASLMECHS, ",".join(available), "are available SASL mechanisms")
            why = "SASL authentication failed: this mechanism is not available on this connection"
            self._refuse(reply, n.ERR_SASLFAIL, why)
            return
        self._mechanism, self._response = self._make(name.upper()), Response()
        reply.lines([serialize("AUTHENTICATE", ("+",))])

    async def proceed(self, chunk: str, reply: Reply) -> None:
        """Read a chunk of the client's response.  If it is the last one, answer the response."""
        mechanism = self._mechanism
        assert mechanism is not None
        try:
            data = self._response.add(chunk)
            if data is not None:
                await self._follow(mechanism.respond(data), reply)
        except TooLongResponse:
            self._fail(reply, n.ERR_SASLTOOLONG, "SASL message too long")
        except BadResponse as bad:
            self._fail(reply, n.ERR_SASLFAIL, f"SASL authentication failed: {bad}")
        except errors.ChatError as refusal:
            self._refuseLogin(refusal, reply)

    async def _follow(self, step: Step, reply: Reply) -> None:
        """Take the next step of the exchange."""
        logins, session = self._client.context.logins, self._client.openSession
        if isinstance(step, PasswordGiven):
            # Hundreds log in at once after a restart.  Each waits for its turn, so that others wait only for a few.
            await self._client.context.portions.wait()
            await self._logIn(await logins.password(session, step.name, step.password), reply)
        elif isinstance(step, CertificateGiven):
            bearer = self._client.carrier.bearer
            if session.fingerprint is None and bearer is not None:
                await self._logIn(self._webSession(bearer, step.name), reply)
            else:
                await self._logIn(await logins.certificate(session, step.name), reply)
        elif isinstance(step, Challenge):
            self._send(step.data, reply)
        elif isinstance(step, Proven):
            assert self._attempt is not None
            self._proven = self._attempt.succeeded()
            self._send(step.data, reply)
        elif isinstance(step, Finished):
            assert self._proven is not None
            await self._logIn(self._proven, reply)

    async def _logIn(self, authenticated: Authenticated, reply: Reply) -> None:
        client = self._client
        if client.ending:
            return
        webSession = authenticated.stored if authenticated.kind == "websession" else None
        await client.context.chat.identity.login(reply.asker, authenticated.account, webSession)
        client.authentication = None
        if client.openSession.closed:
            return
        showLoggedIn(client, reply, authenticated.account)
        reply.numeric(n.RPL_SASLSUCCESS, "SASL authentication successful")

    def _webSession(self, bearer: str, name: str | None) -> Authenticated:
        """
        Find the account whose web session came with the connection.

        @param name: the account that the client names; C{None} for the one that has the web session.
        @raise BadResponse: it has ended, or belongs to another account.
        """
        try:
            authenticated = self._client.context.logins.webSession(bearer, self._client.openSession)
        except errors.LoginFailed:
            raise BadResponse("your login at the page has ended; log in there again") from None
        if name is not None and fold(name) != fold(authenticated.account):
            raise BadResponse("you cannot act for another account")
        return authenticated

    def _make(self, name: str) -> Mechanism:
        if name == "PLAIN":
            return Plain()
        if name == "EXTERNAL":
            return External()
        return Scram(self._keysOf, self._checking, b64encode(self._client.context.random(NONCE)).decode())

    def _keysOf(self, name: str) -> ScramKeys:
        """Start an attempt with SCRAM, and get the keys of the account."""
        self._attempt = self._client.context.logins.scram(self._client.openSession, name)
        return self._attempt.keys()

    def _checking(self) -> None:
        """Count the attempt, whose proof is about to be checked."""
        assert self._attempt is not None
        self._attempt.begin()

    def _send(self, challenge: bytes, reply: Reply) -> None:
        reply.lines([serialize("AUTHENTICATE", (chunk,)) for chunk in encode(challenge)])

    def _refuseLogin(self, refusal: errors.ChatError, reply: Reply) -> None:
        context = self._client.context
        context.refusals.noteError(self._client.address, refusal)
        if isinstance(refusal, errors.AlreadyLoggedIn):
            self._refuse(reply, n.ERR_SASLALREADY, refusal.text)
        elif isinstance(refusal, errors.Suspended | errors.NotVerified):
            self._fail(reply, n.ERR_NICKLOCKED, refusal.text)
        elif isinstance(refusal, errors.LoginFailed | errors.TooFast):
            self._fail(reply, n.ERR_SASLFAIL, f"SASL authentication failed: {refusal.text}")
        else:
            self._refuse(reply, n.ERR_SASLFAIL, refusal.text)

    def _fail(self, reply: Reply, code: str, why: str) -> None:
        """End the exchange, and count the failure.  Close the connection after too many."""
        self._refuse(reply, code, why)
        self._failures += 1
        if self._failures >= MAX_FAILURES:
            reply.finish()
            self._client.closing.turnAway("Too many SASL authentication failures", "failed_logins")

    def _refuse(self, reply: Reply, code: str, why: str) -> None:
        """End the exchange, and say why."""
        if self._attempt is not None:
            self._attempt.failed()
        self._end()
        reply.numeric(code, why)

    def _end(self) -> None:
        self._mechanism = self._attempt = self._proven = None
        self._response = Response()
