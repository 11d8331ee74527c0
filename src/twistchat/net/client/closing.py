"""Ends the session of a client and closes its connection."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from zope.interface import implementer

from twistchat.interfaces.carrier import Ending, IClosing

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall

    from twistchat.chat.model.sessions import Session
    from twistchat.net.client.protocol import ClientProtocol

CLOSE_TIMEOUT: Final = 5.0
"""Seconds that a client has to read the waiting output before its closing connection is aborted."""


@implementer(IClosing)
class Closing:
    """
    Ends one client's session and closes its connection.  It sets C{client.ending}.

    @ivar reason: why the connection ends, for the log: nothing that the client wrote; C{""} while that is not known.
    """

    __slots__ = ("_abortion", "_client", "_lost", "reason")

    def __init__(self, client: ClientProtocol) -> None:
        self._client = client
        self._abortion: IDelayedCall | None = None
        self._lost = False
        self.reason = ""

    def expel(self, reason: str) -> None:
        """Tell the client what it did wrong, and close its connection."""
        self._end(reason, fault=True)

    def disconnect(self, reason: str) -> None:
        """Tell the client why its connection ends, and close it."""
        self._end(reason, fault=False)

    def turnAway(self, reason: str, name: str = "turned_away") -> None:
        """See L{IClosing.turnAway}."""
        self._client.context.refusals.note(self._client.address, reason, name)
        self.expel(reason)

    def giveUp(self, reason: str, name: str = "replaced") -> None:
        """Turn away an unregistered client.  During a TLS handshake abort, since no message can reach the client."""
        self.turnAway(reason, name)
        if not self._client.carrier.ready:
            self._client.carrier.abort()

    def dropSlowReader(self) -> None:
        """See L{IClosing.dropSlowReader}."""
        client = self._client
        why = "it reads too slowly, and more than limits.sendq waited for it"
        client.context.refusals.note(client.address, why, "slow_reader")
        self.reason = self.reason or "read too slowly"
        self._endSession("read too slowly")
        client.carrier.abort()

    def leaveIfServed(self) -> None:
        """Leave, if the client has sent all its input and every command of it has taken effect.  See L{IClosing}."""
        client = self._client
        if client.carrier.ended and client.carrier.idle and client.pipeline.idle and not client.ending:
            self.leave("connection closed", logged="connection closed")

    def leave(self, reason: str, ending: Ending = Ending.LEFT, logged: str = "quit") -> None:
        """
        End the session, and close the connection after the waiting output has been sent.

        @param reason: the reason shown to other users.
        @param ending: why it ends.
        @param logged: the reason for the log.  Do not pass a text of the client.
        """
        client = self._client
        self.reason = self.reason or logged
        client.ending = True
        client.carrier.stop()
        client.silence.stop()
        if client.showing is not None:
            client.showing.leaving()
        self._endSession(reason)
        client.carrier.close(ending)
        if self._abortion is None and not self._lost:
            self._abortion = client.context.clock.callLater(CLOSE_TIMEOUT, client.carrier.abort)

    def lost(self) -> None:
        """
        The connection is lost: end the session.  If many connections are lost at once, it ends in a later turn, since
        all members of its rooms hear of that.
        """
        client = self._client
        client.ending = self._lost = True
        client.silence.stop()
        if self._abortion is not None and self._abortion.active():
            self._abortion.cancel()
        portions = client.context.portions
        if client.session is None or client.session.closed or client.session.user is None or portions.mayContinue():
            self._endSession("connection lost")
        else:
            portions.wait().addCallback(lambda _: self._endSession("connection lost"))

    def _end(self, reason: str, fault: bool) -> None:
        client = self._client
        if not client.ending:
            client.outbox.releaseDeliveries()
            client.reply(client.farewell(reason, fault))
            self.leave(reason, Ending.FAULT if fault else Ending.DISCONNECTED, reason)

    def _endSession(self, reason: str) -> None:
        session = self._client.session
        if session is not None:
            if not session.closed and self._client.shownIsRead:
                self._markShown(session)
            context = self._client.context
            context.ends.add(partial(context.chat.presence.close, session, reason))

    def _markShown(self, session: Session) -> None:
        """Mark as read what the client was shown, up to the time when it was certainly there."""
        context, carrier = self._client.context, self._client.carrier
        silent = 0.0 if carrier.ended else context.clock.seconds() - carrier.heard
        context.chat.markers.markShown(session, int((context.wall() - silent) * 1000))
