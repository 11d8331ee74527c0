"""What all promises share: the moments at which they are checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.simulation.clients.base import Playback
    from tests.simulation.machine.connection import Connection
    from tests.simulation.world import World
    from twistchat.chat.errors import ChatError
    from twistchat.chat.model.events import Entry
    from twistchat.chat.state import State


class Promise:
    """
    Something that must hold.  Each method raises L{Broken <tests.simulation.broken.Broken>} if it does not.

    @ivar world: the simulation.
    """

    def __init__(self, world: World) -> None:
        self.world = world

    def connected(self, connection: Connection) -> None:
        """A client has connected."""

    def sent(self, connection: Connection, line: str) -> None:
        """A client sends a line."""

    def sentRaw(self, connection: Connection, data: bytes) -> None:
        """A client sends other bytes."""

    def heard(self, connection: Connection, line: str) -> None:
        """A client reads a line."""

    def played(self, connection: Connection, playback: Playback) -> None:
        """A client is shown a part of the history of a room."""

    def stepped(self) -> None:
        """A step is over, or a turn of those in which everything comes to rest."""

    def read(self, connection: Connection) -> None:
        """A client has read everything that was sent to it, and nothing waits for it in the server."""

    def rested(self) -> None:
        """Everything has come to rest: everybody has got everything, and no thread has work."""

    def deserted(self) -> None:
        """All clients have left, and time has passed."""

    def begins(self, state: State) -> None:
        """
        A server starts.  It will restore its state from stored entries.

        @param state: its state, which is empty.
        """

    def applied(self, entry: Entry, refused: ChatError | None) -> None:
        """
        An entry was applied to the state of the server, also when the server restores it.

        @param refused: why it could not be applied; then nothing has changed.
        """

    def stopping(self) -> None:
        """The server is about to end, in whatever state it is."""

    def stopped(self, folder: Path) -> None:
        """
        The server has ended, and no other one has started.

        @param folder: a copy of its files.
        """

    def started(self) -> None:
        """A server has started, and nobody has visited it."""
