"""The commands about the cluster of a running node.  A server that is alone does not have them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from twistchat.services.control.commands import Answer, Command, Commands, Nothing, Report

if TYPE_CHECKING:
    from twistchat.net.monitoring.figures import Figures

DRAINED: Final = "This server is stopping; connect again to reach another"
"""What clients are told when a node is drained."""

AFTERWARDS: Final = 0.1
"""Seconds between the answer that a node is drained, and its stop."""


class ClusterCommands:
    """The commands C{cluster.status} and C{cluster.drain}."""

    def __init__(
        self,
        clock: IReactorTime,
        figures: Figures,
        drain: Callable[[str], Deferred[None]],
        stop: Callable[[], Any],
    ) -> None:
        """
        @param clock: the reactor's timers.
        @param figures: know the log.
        @param drain: disconnects all clients: see L{Draining.drain <twistchat.services.draining.Draining.drain>}.
        @param stop: stops the process.
        """
        self._clock = clock
        self._figures = figures
        self._drain = drain
        self._stop = stop

    @property
    def table(self) -> Commands:
        """The commands by their names."""
        return {
            "cluster.status": Command(Nothing, self.status, changes=False),
            "cluster.drain": Command(Nothing, self.drain),
        }

    async def status(self, arguments: Nothing, report: Report) -> Answer:
        """
        Say how the cluster is.

        @return: the keys of L{IClusterLog.overview <twistchat.interfaces.IClusterLog.overview>}.
        """
        overview: Answer = self._figures.cluster or {}
        return overview

    async def drain(self, arguments: Nothing, report: Report) -> Answer:
        """
        Disconnect all clients, wait until all nodes know that their sessions have ended, and stop the process.

        @return: C{sessions}, how many there were.
        """
        sessions = sum(self._figures.sessions().values())
        # From now on the node is not ready, so that balancers send clients to others.
        self._figures.stop()
        await self._drain(DRAINED)
        self._clock.callLater(AFTERWARDS, self._stop)
        return {"sessions": sessions}
