"""
Nothing of a client stays in the server after it has left.

The server's objects are compared with those of a server that nobody has visited: the sizes of all their collections,
the timers that are scheduled, and the objects that only connections need.
"""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Iterator
from typing import Any, Final
from weakref import WeakSet

from tests.simulation.broken import Broken
from tests.simulation.machine.connection import Connection
from tests.simulation.machine.sockets import SimulatedTransport
from tests.simulation.promises.promise import Promise

COLLECTIONS: Final = (dict, list, set, deque)

LASTING: Final = frozenset(
    {
        "context.chat.state.accounts",
        "context.chat.state.rooms",
        "context.chat.state.users",
        "context.chat.state.whowas",
        "context.chat.state.serverBans",
    }
)
"""What outlives connections."""

ALWAYS: Final = frozenset({"Retention._round", "Retention._merge", "Idle._wake", "Indexing._timeUp", "Scrubbing._run"})
"""
The timers that a server may have without visitors: those of the journal, and the one that everything shares that is
due later, as for rooms and accounts.
"""

COUNTS: Final = frozenset(
    {"_buckets", "_logged", "_records", "_used", "counts", "dropped", "events", "failed", "refused", "succeeded"}
    | {"_outstanding", "rejected", "throttled"}
)
"""
Collections whose sizes are bounded by other means: counts by kind, what was logged of late, caches, and rates that are
forgotten when there are many.
"""

UNTIL_WRITTEN: Final = frozenset(
    {
        "context.chat._core.log.committer._refused",
        "context.chat.upkeep._alwaysOn._refused",
        "context.chat.upkeep._alwaysOn._stale",
    }
)
"""
What waits until the journal can be written: refused entries that are to be deleted, and accounts whose presence could
not be stored.  After a failed sync that is never.
"""


class Emptiness(Promise):
    """Compares a deserted server with one that nobody has visited."""

    def started(self) -> None:
        """Look at the server that nobody has visited."""
        self._transports: WeakSet[SimulatedTransport] = WeakSet()
        self._before = self._describe()

    def connected(self, connection: Connection) -> None:
        """Remember the transport.  Everything that the server has of a connection refers to it."""
        self._transports.add(connection.transport)

    def deserted(self) -> None:
        """Compare."""
        gc.collect()
        after = self._describe()
        if self.world.disk.broken or self.world.disk.fault:
            after = {name: value for name, value in after.items() if name not in UNTIL_WRITTEN}
        left = [f"{name}: {value}" for name, value in after.items() if value and value != self._before.get(name)]
        if left:
            raise Broken("nothing stays of who left", "; ".join(left))

    def _describe(self) -> dict[str, object]:
        """Describe what a server has."""
        world = self.world
        context = world.server.context
        calls: Any = world.reactor.getDelayedCalls()
        timers = {call.func.__qualname__ for call in calls} - ALWAYS
        return {
            # A timer of a connection refers to its transport.  The others are for rooms and accounts.
            **dict(_sizes(context, "context", {id(context.idle), id(context.chat.state.accounts)})),
            "users": [user.nick for user in world.server.chat.state.users if not user.stays],
            "connections": len(self._transports),
            "admitted": sum(world.server.context.admission.connections.values()),
            "timers": sorted(timers),
            "descriptors": [*world.reactor.reading, *world.reactor.writing],
        }


def _sizes(thing: Any, path: str, seen: set[int]) -> Iterator[tuple[str, int]]:
    """Find the collections of an object and of the objects of this package that it has."""
    if id(thing) in seen or path in LASTING or not type(thing).__module__.startswith("twistchat."):
        return
    seen.add(id(thing))
    for name, value in _attributes(thing):
        if name in COUNTS:
            continue
        if isinstance(value, COLLECTIONS):
            yield f"{path}.{name}", len(value)
        else:
            yield from _sizes(value, f"{path}.{name}", seen)


def _attributes(thing: Any) -> Iterator[tuple[str, Any]]:
    names = dict.fromkeys(getattr(thing, "__dict__", ()))
    for kind in type(thing).__mro__:
        names.update(dict.fromkeys(kind.__dict__.get("__slots__", ())))
    for name in names:
        if hasattr(thing, name):
            yield name, getattr(thing, name)
