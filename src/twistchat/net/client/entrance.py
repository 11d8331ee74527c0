"""How a client is let in: whether its address is admitted, and what it says before it has registered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twistchat.chat.errors import ServerBanned
from twistchat.chat.model.serverbans import wordServerBan
from twistchat.net.limits.admission import NotAdmitted, Ticket
from twistchat.net.limits.rates import Rates
from twistchat.wire.sniff import isHostHeader, isHttpRequest

if TYPE_CHECKING:
    from twistchat.net.client.protocol import ClientProtocol
    from twistchat.net.input.intake import Line


class Entrance:
    """
    Lets one client in.

    @ivar ticket: what it counts as, where limits count; C{None} where it was not admitted.
    @ivar registered: whether its user has come in.
    """

    __slots__ = ("_client", "registered", "ticket")

    def __init__(self, client: ClientProtocol) -> None:
        self._client = client
        self.ticket: Ticket | None = None
        self.registered = False

    def admit(self) -> bool:
        """Count the client for its address.  Where that has too many or is banned, tell the client and close."""
        client = self._client
        self.ticket = None
        try:
            client.context.chat.presence.checkAddress(client.address)
            ticket = client.context.admission.admit(client.address)
        except ServerBanned as ban:
            client.closing.expel(wordServerBan(ban.reason))
            return False
        except NotAdmitted as refusal:
            client.closing.turnAway(str(refusal))
            return False
        self.ticket = ticket
        ticket.turnAway = client.closing.giveUp
        client.rates = Rates(client.context.settings.limits, ticket.exempt, client.context.clock.seconds)
        return True

    def comesFrom(self, address: str, secure: bool) -> bool:
        """
        Take the connection, whose user has not come in yet, as that of the client for which a gateway speaks: limits
        count its address from now on, and no longer the gateway's own.

        @param address: the client's IP address.
        @param secure: whether the connection is encrypted from the client to the gateway.
        @return: whether that client is admitted; where not, it has been told why.
        """
        client = self._client
        if self.ticket is not None:
            self.ticket.cancel()
        client.address, client.fingerprint = address, None
        client.secure = client.secure and secure
        if not self.admit():
            return False
        session = client.session
        if session is not None and self.ticket is not None:
            session.address, session.fingerprint = address, None
            session.secure, session.exempt = client.secure, self.ticket.exempt
        return True

    def register(self) -> None:
        """The user has come in."""
        self.registered = self._client.spoken = True
        assert self.ticket is not None
        self.ticket.registered()
        self._client.silence.registered()

    def release(self) -> None:
        """The connection is lost: it counts no more."""
        if self.ticket is not None:
            self.ticket.release()

    async def checkPassword(self, hash: str | None, password: str) -> bool:
        """See L{Ticket.check}."""
        assert self.ticket is not None
        return await self.ticket.check(self._client.context.passwords, hash, password)

    def speaksHttp(self, line: Line) -> bool:
        """
        Find out whether a client that has not come in speaks HTTP instead: a browser, sent by a web page.  Then it is
        disconnected, and nothing that it sends is obeyed.

        @param line: one of its lines, in order, and not a blank one.
        """
        first, self._client.spoken = not self._client.spoken, True
        if isinstance(line, bytes) and ((first and isHttpRequest(line)) or isHostHeader(line)):
            self._client.turnAway("This is a chat server, and that is an HTTP request")
            return True
        return False
