"""The timeouts of a client: its registration deadline, and its ping timeout."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twistchat.config.limits import Limits
    from twistchat.net.client.protocol import ClientProtocol


class Silence:
    """
    Watches one client: first its registration deadline, then its ping timeout.

    @ivar slot: see L{Watched <twistchat.net.limits.idle.Watched>}.
    """

    __slots__ = ("_askedAt", "_client", "slot")

    def __init__(self, client: ClientProtocol) -> None:
        self._client = client
        self._askedAt: float | None = None
        self.slot: int | None = None

    def expect(self, since: float, deadline: float) -> None:
        """
        Set the client's registration deadline.

        @param since: the start of the period, in seconds on the clock.
        @param deadline: the length of the period, in seconds.
        """
        self._client.context.idle.watch(self, since + deadline)

    def registered(self) -> None:
        """Replace the deadline with the ping timeout: the client has registered."""
        context = self._client.context
        if self._client.pings:
            context.idle.watch(self, context.clock.seconds() + context.settings.limits.ping)
        else:
            context.idle.forget(self)

    def change(self, limits: Limits) -> None:
        """Follow a change of the limits."""
        client = self._client
        carrier, idle = client.carrier, client.context.idle
        if not client.entrance.registered:
            seconds = client.deadline(limits).seconds if carrier.ready else limits.registration
            idle.watch(self, carrier.accepted + seconds)
        elif client.pings and self.slot is not None:
            idle.watch(self, carrier.heard + limits.ping)  # if the client was pinged already, the time of that counts

    def stop(self) -> None:
        """Cancel the timeouts."""
        self._client.context.idle.forget(self)

    def timeout(self, now: float) -> None:
        """Check the deadline or the ping timeout.  See L{Watched <twistchat.net.limits.idle.Watched>}."""
        client = self._client
        if not client.entrance.registered:
            client.closing.giveUp(client.deadline(client.context.settings.limits).reason, "too_late")
            return
        carrier, limits = client.carrier, client.context.settings.limits
        waits = carrier.paused and not carrier.ended
        if carrier.ended or (waits and not carrier.hasHungUp()):
            carrier.heard = now  # the client is not silent: the server does not read its input
        heard = carrier.heard
        patience = limits.pingTimeout - limits.ping
        when = now + min(patience, limits.ping)
        if now - heard < limits.ping:
            when = heard + limits.ping
            if waits:
                # The client may be gone: its end is behind input that may take hours to read.  It need not answer this
                # ping.  But the system of a client that is gone refuses it, and the next write fails.
                client.idle()
        elif self._askedAt is None or self._askedAt <= heard:
            self._askedAt = now
            client.idle()
        elif now - self._askedAt < patience:
            when = min(self._askedAt + patience, now + limits.ping)
        else:
            client.context.refusals.dropped["ping_timeout"] += 1
            client.closing.expel(f"Ping timeout: {limits.pingTimeout:g} s")
        if not client.ending:
            client.context.idle.watch(self, when)
