"""What all promises share: the moments at which they are checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.simulation.connection import Connection
    from tests.simulation.world import World


class Promise:
    """
    Something that must hold.  Each method raises L{Broken <tests.simulation.broken.Broken>} if it does not.

    @ivar world: the simulation.
    """

    def __init__(self, world: World) -> None:
        self.world = world

    def stepped(self) -> None:
        """A step is over, or a turn of those in which everything comes to rest."""

    def read(self, connection: Connection) -> None:
        """A client has read everything that was sent to it, and nothing waits for it in the server."""

    def rested(self) -> None:
        """Everything has come to rest: everybody has got everything, and no thread has work."""

    def stopping(self) -> None:
        """The server is about to end, in whatever state it is."""

    def restarted(self) -> None:
        """Another server has continued the journal."""

    def ended(self) -> None:
        """The episode is over.  The server has ended, and its files are complete."""
