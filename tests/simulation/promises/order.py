"""The journal applies its entries in one order."""

from __future__ import annotations

from tests.simulation.promises.promise import Promise


class Order(Promise):
    """The ledger notes what breaks the order.  The log would only report an exception that is raised there."""

    def stepped(self) -> None:
        """Look at what the ledger noted."""
        if self.world.ledger.broken:
            raise self.world.ledger.broken[0]
