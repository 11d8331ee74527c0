"""Admits a client: checks its address, and watches its first lines until it has registered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zope.interface import implementer

from twistchat.chat.errors import ServerBanned
from twistchat.chat.model.bans.server import wordServerBan
from twistchat.interfaces.carrier import IEntrance
from twistchat.net.limits.admission import NotAdmitted, Ticket
from twistchat.net.limits.rates import Rates
from twistchat.wire.sniff import isHostHeader, isHttpRequest

if TYPE_CHECKING:
    from twistchat.net.client.protocol import ClientProtocol
    from twistchat.wire.lines import Line


@implementer(IEntrance)
class Entrance:
    """
    Admits one client.

    @ivar lines: the number of its lines that L{countLine} counted, without blank ones.
    @ivar ticket: the ticket with which it counts against the limits; C{None} if it was not admitted.
    @ivar registered: whether its user has registered.
    @ivar spoken: whether the client has sent a line of its protocol.
    """

    __slots__ = ("_blank", "_client", "lines", "registered", "spoken", "ticket")

    def __init__(self, client: ClientProtocol) -> None:
        self._client = client
        self.ticket: Ticket | None = None
        self.registered = self.spoken = False
        self.lines = self._blank = 0

    def admit(self) -> Ticket | None:
        """
        Count the client against the limits of its address.

        If the address is banned or a limit refuses it, tell the client why and close the connection.

        @return: its ticket; C{None} if it is refused.
        """
        client = self._client
        self.ticket = None
        try:
            client.context.chat.presence.checkAddress(client.address)
            ticket = client.context.admission.admit(client.address)
        except ServerBanned as ban:
            client.closing.expel(wordServerBan(ban.reason))
            return None
        except NotAdmitted as refusal:
            client.closing.turnAway(str(refusal), "not_admitted")
            return None
        self.ticket = ticket
        ticket.turnAway = client.closing.giveUp
        client.rates = Rates(client.context.settings.limits, ticket.exempt, client.context.clock.seconds)
        return ticket

    def secured(self) -> None:
        """See L{IEntrance.secured}.  The client gets the full deadline of its protocol."""
        client = self._client
        if client.session is not None:
            client.session.fingerprint = client.carrier.fingerprint
            if not (self.registered or client.ending):
                deadline = client.deadline(client.context.settings.limits)
                client.silence.expect(client.carrier.accepted, deadline.seconds)
            client.encrypted()

    def changeAddress(self, address: str, secure: bool) -> bool:
        """
        Replace the gateway's address with its client's, before the user has registered.

        From now on the connection counts for the client's address.

        @param address: the client's IP address.
        @param secure: whether the connection is encrypted from the client to the gateway.
        @return: whether the client is admitted; if not, it has been told why.
        """
        client = self._client
        if self.ticket is not None:
            self.ticket.cancel()
        client.address = address
        client.secure = client.secure and secure
        ticket = self.admit()
        if ticket is None:
            return False
        session = client.openSession
        session.address, session.fingerprint = address, None
        session.secure, session.exempt = client.secure, ticket.exempt
        return True

    def register(self) -> None:
        """Note that the user has registered."""
        self.registered = self.spoken = True
        assert self.ticket is not None
        self.ticket.registered()
        self._client.silence.registered()

    def release(self) -> None:
        """Stop counting the connection, which is lost."""
        if self.ticket is not None:
            self.ticket.release()

    async def checkPassword(self, hash: str | None, password: str) -> bool:
        """See L{Ticket.check}."""
        assert self.ticket is not None
        return await self.ticket.check(self._client.context.passwords, hash, password)

    def countLine(self, blank: bool = False) -> bool:
        """
        Count a line of an unregistered client, and disconnect a client that sent more than C{limits.unregisteredLines}.

        Call this when the line is executed, so that lines that wait for the registration do not count.

        @return: whether to execute the line; if not, the client has been disconnected.
        """
        if blank:
            self._blank += 1
        else:
            self.lines += 1
        client = self._client
        limit = client.context.settings.limits.unregisteredLines
        if self.lines + self._blank > limit:
            client.closing.turnAway(client.tooManyLines(limit), "flood")
        return not client.ending

    def speaksHttp(self, line: Line) -> bool:
        """
        Detect an unregistered client that sends HTTP: a browser that a web page sent here.  Disconnect it, so that none
        of its lines is executed.

        @param line: the client's next line, which is not blank.
        @return: whether the client sends HTTP.
        """
        first, self.spoken = not self.spoken, True
        if isinstance(line, bytes) and ((first and isHttpRequest(line)) or isHostHeader(line)):
            self._client.closing.turnAway("This is a chat server, and that is an HTTP request", "other_protocol")
            return True
        return False
