"""C{/socket}: IRC over WebSockets (IRCv3 websocket), for the page and for other web clients."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING

from h11 import LocalProtocolError as BadHeaders
from wsproto.connection import ConnectionType
from wsproto.events import AcceptConnection, Request
from wsproto.handshake import H11Handshake
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from twistchat.doors.web.answers import TAKEN, Refused
from twistchat.doors.web.caller import callerOf, checkOrigin
from twistchat.doors.web.channel import BoundedRequest
from twistchat.doors.web.cookies import secretOf
from twistchat.net.websocket import SUBPROTOCOLS, Handshake, WebSocketCarrier, choose
from twistchat.wire.websocket import TEXT

if TYPE_CHECKING:
    from twistchat.net.context import ServerContext
    from twistchat.protocols.irc.factory import IrcFactory


class Socket:
    """Turns requests for a WebSocket into connections of IRC clients."""

    def __init__(self, context: ServerContext, clients: IrcFactory) -> None:
        self._context = context
        self._clients = clients

    def open(self, request: BoundedRequest) -> None:
        """
        Answer a handshake (RFC 6455, section 4.2), and connect an IRC client.

        @raise Refused: it is not a valid handshake, or comes from another web site.
        """
        settings = self._context.settings
        caller = callerOf(request, settings)
        checkOrigin(request, caller, self._context)
        if request.method != b"GET" or request.clientproto != b"HTTP/1.1" or request.channel.hadBody:
            raise Refused(400, "A handshake of a WebSocket is a GET request of HTTP/1.1 without a body.")
        if request.requestHeaders.hasHeader("expect"):
            raise Refused(417, "A handshake of a WebSocket expects nothing else.")  # 100 Continue is on its way already
        answer, subprotocol = _accept(request)
        if request.channel.served > 1:
            # An earlier answer may still wait in the transport, which the client's output does not pass through.
            raise Refused(400, "Open a new connection for a WebSocket.")
        client = self._clients.buildProtocol(None)
        if client is None:
            raise Refused(503, "This server is stopping.")
        handshake = Handshake(
            answer,
            TEXT if subprotocol is None else SUBPROTOCOLS[subprotocol],
            caller.address,
            caller.secure,
            request.channel.accepted,
            secretOf(request, caller),
        )
        request.channel.upgrade(WebSocketCarrier(self._context, client, handshake, self._clients.longestLine))
        return TAKEN


def _accept(request: BoundedRequest) -> tuple[bytes, str | None]:
    """
    Make the answer to a handshake.

    @return: the answer, and the subprotocol.
    @raise Refused: it is not a valid handshake.
    """
    handshake = H11Handshake(ConnectionType.SERVER)
    headers = [(name, value) for name, values in request.requestHeaders.getAllRawHeaders() for value in values]
    try:
        handshake.initiate_upgrade_connection(headers, request.path)
        asked = next(event for event in handshake.events() if isinstance(event, Request))
        keys = request.requestHeaders.getRawHeaders("sec-websocket-key", [])
        if len(keys) != 1 or len(b64decode(keys[0], validate=True)) != 16:
            raise Refused(400, "Sec-WebSocket-Key must be 16 bytes in base64.")
        subprotocol = choose(asked.subprotocols)
        return handshake.send(AcceptConnection(subprotocol=subprotocol)), subprotocol
    except RemoteProtocolError as wrong:
        hint = wrong.event_hint
        status = getattr(hint, "status_code", 400)
        raise Refused(
            426 if status == 426 else 400,
            f"That is no handshake of a WebSocket: {wrong}.",
            **{"Sec-WebSocket-Version": "13"},
        ) from None
    except (LocalProtocolError, BadHeaders, ValueError) as wrong:
        raise Refused(400, f"That is no handshake of a WebSocket: {wrong}.") from None
