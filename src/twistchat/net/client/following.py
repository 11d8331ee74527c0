"""Applies changed limits to the clients that are connected already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twisted.logger import Logger

from twistchat.net.client.protocol import ClientProtocol
from twistchat.net.reloading import SingleRun

if TYPE_CHECKING:
    from twistchat.config.limits import Limits
    from twistchat.net.context import ServerContext

log = Logger()

CHANGED_PER_TURN: Final = 200
"""Clients whose limits change in one turn.  Each takes about 10 µs."""


class LimitsFollower:
    """
    Lets connected clients follow changes of C{[limits]}: the sizes of their queues, their rates, their timeouts, and
    whether they are exempt.

    It changes L{CHANGED_PER_TURN} clients in a turn.  If the limits change meanwhile, it starts again afterwards.
    """

    def __init__(self, context: ServerContext) -> None:
        self._context = context
        self._limits = context.settings.limits
        self._work = SingleRun(self._run)

    def notify(self) -> None:
        """The settings may have changed."""
        self._work.request()

    async def _run(self) -> None:
        limits = self._context.settings.limits
        if limits == self._limits:
            return
        self._limits = limits
        for number, session in enumerate(list(self._context.chat.state.sessions.values()), 1):
            if isinstance(session.outlet, ClientProtocol):
                try:
                    self._change(session.outlet, limits)
                except Exception:
                    log.failure("A client could not follow the changed limits")
            if number % CHANGED_PER_TURN == 0:
                await self._context.portions.wait()

    def _change(self, client: ClientProtocol, limits: Limits) -> None:
        ticket, session = client.entrance.ticket, client.session
        if client.ending or session is None or ticket is None:
            return
        self._context.admission.reconsider(ticket, client.address, client.entrance.registered)
        session.exempt = ticket.exempt
        client.rates.change(limits, ticket.exempt)
        client.pipeline.change(limits.recvq)
        client.outbox.change(limits.sendq)
        client.silence.change(limits)
