"""What waits for a client, or from it, is bounded, and so is the work that is done for it at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

from tests.simulation.broken import Broken
from tests.simulation.promises.promise import Promise
from twistchat.net.output.outbox import Phase
from twistchat.protocols.irc.protocol import IrcConnection
from twistchat.protocols.line.protocol import LineProtocol

if TYPE_CHECKING:
    from tests.simulation.machine.connection import Connection
    from tests.simulation.world import World

WRITE: Final = 65_536
"""The most bytes of one write to a connection that accepts output.  They are sent at the end of the turn."""

READ: Final = 65_536
"""The most bytes that a transport reads at a time (C{twisted.internet.abstract.FileDescriptor.bufferSize})."""

SHARES: Final = 256
"""The most lines of a client that are executed in a step: a share when they arrive, and one in the turn after it."""


class Bounds(Promise):
    """Counts what waits, and the lines that are executed."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.executed: dict[Any, int] = {}
        kinds = (IrcConnection, LineProtocol)
        self._patches = [patch.object(kind, "lineReceived", self._counting(kind)) for kind in kinds]
        for each in self._patches:
            each.start()

    def close(self) -> None:
        """Count no more."""
        for each in self._patches:
            each.stop()

    def _counting(self, kind: Any) -> Any:
        execute, executed = kind.lineReceived, self.executed

        def lineReceived(client: Any, line: Any) -> float:
            executed[client] = executed.get(client, 0) + 1
            seconds: float = execute(client, line)
            return seconds

        return lineReceived

    def stepped(self) -> None:
        """Look at all clients."""
        if self.executed:
            most = max(self.executed.values())
            self.executed.clear()
            if most > SHARES:
                raise Broken("work is bounded", f"{most} lines of one client were executed in one step")
        for connection in self.world.connections.values():
            if connection.session is not None:
                self._check(connection)

    def _check(self, connection: Connection) -> None:
        outlet: Any = connection.session and connection.session.outlet
        outbox, transport = outlet.outbox, connection.transport
        # L{Reload} checks that it is the one of the settings.  A client that leaves keeps the one that it had: nothing
        # more is sent to it but what waits.
        sendq = outbox._limit  # private: nothing else says it
        waiting, buffered = outbox.waiting, len(transport.dataBuffer) + transport._tempDataLen  # private: Twisted's own
        allowed = sendq if outbox._full else sendq + WRITE  # private: once it is full, each write looks at the limit
        if outbox.phase in (Phase.OPEN, Phase.CLOSING) and waiting > allowed:
            raise Broken("queues are bounded", f"{waiting} bytes wait for client {connection.client.slot}")
        if buffered > sendq + WRITE:
            raise Broken("queues are bounded", f"the transport of client {connection.client.slot} has {buffered} bytes")
        intake = outlet.carrier._intake  # private: nothing else says how much waits
        unread = len(intake._unread)  # private: likewise
        if unread > 2 * READ:
            raise Broken("queues are bounded", f"{unread} bytes of client {connection.client.slot} wait")
