"""Clients that say nothing: those that do not register in time, and those that do not answer any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twistchat.net.client.protocol import ClientProtocol


class Silence:
    """
    Watches one client: until it has registered it has a deadline, and afterwards it may be silent only so long.

    @ivar slot: where it waits; L{Idle <twistchat.net.limits.idle.Idle>}'s own.
    """

    __slots__ = ("_askedAt", "_client", "slot")

    def __init__(self, client: ClientProtocol) -> None:
        self._client = client
        self._askedAt: float | None = None
        self.slot: int | None = None

    def expect(self, since: float, deadline: float) -> None:
        """
        Give the client a deadline to register.

        @param since: when the time begins to run, in seconds on the clock.
        @param deadline: in seconds.
        """
        self._client.context.idle.watch(self, since + deadline)

    def registered(self) -> None:
        """The client has registered: the deadline no longer applies."""
        context = self._client.context
        if self._client.pings:
            context.idle.watch(self, context.clock.seconds() + context.settings.limits.ping)
        else:
            context.idle.forget(self)

    def stop(self) -> None:
        """Watch no more."""
        self._client.context.idle.forget(self)

    def look(self, now: float) -> None:
        """Find out whether the client is late or silent.  See L{Watched <twistchat.net.limits.idle.Watched>}."""
        client = self._client
        if not client.entrance.registered:
            client.closing.giveUp(client.whyLate())
            return
        carrier, limits = client.carrier, client.context.settings.limits
        if carrier.ended or (carrier.paused and not carrier.hasHungUp()):
            carrier.heard = now  # it is not the client who keeps silent
        heard = carrier.heard
        patience = limits.pingTimeout - limits.ping
        when = now + min(patience, limits.ping)
        if now - heard < limits.ping:
            when = heard + limits.ping
        elif self._askedAt is None or self._askedAt <= heard:
            self._askedAt = now
            client.idle()
        elif now - self._askedAt < patience:
            when = min(self._askedAt + patience, now + limits.ping)
        else:
            client.closing.expel(f"Ping timeout: {limits.pingTimeout:g} s")
        if not client.ending:
            client.context.idle.watch(self, when)
