"""What outlives a connection is in the journal: a server that starts again knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.simulation.broken import Broken
from tests.simulation.promises.promise import Promise

if TYPE_CHECKING:
    from tests.simulation.world import World


class Restart(Promise):
    """The state that outlives connections is the same after a restart."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._before: dict[str, Any] | None = None

    def stopping(self) -> None:
        """Keep the state, unless something is on its way to the disk."""
        server = self.world.server
        self._before = server.lasting() if server.isIdle and server.log.isIdle() else None

    def started(self) -> None:
        """Compare the state."""
        after = self.world.server.lasting()
        if self._before is not None and self._before != after:
            raise Broken("restart from the journal", _difference(self._before, after))


def _difference(before: dict[str, Any], after: dict[str, Any]) -> str:
    """Describe the first difference of two states."""
    for name, was in before.items():
        if was != after[name]:
            return f"{name} was {was!r} and is {after[name]!r}"
    return "nothing"
