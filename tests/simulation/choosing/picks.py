"""Picks clients, names and numbers at random, mostly those that are in use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any, Final, Protocol, TypeVar

from tests.simulation.machine.connection import Connection

NICKS: Final = ("ann", "bob", "carl", "dora", "eve", "finn", "gus", "hal", "ida", "jo", "kim", "lou", "Ann", "BOB")
ROOMS: Final = ("#lobby", "#lobby", "#lobby", "#tea", "#tea", "#hall", "#den", "#hush", "#vault1")
"""The rooms.  Most clients are in the first ones, so that many hear what is said there."""

T = TypeVar("T")


class Surroundings(Protocol):
    """What those who choose look at: a world with one server, or with several."""

    @property
    def connections(self) -> Mapping[int, Connection]:
        """The clients that are connected, by slot."""

    @property
    def server(self) -> Any:
        """A running server."""

    def wall(self) -> float:
        """Return the time, in seconds since the epoch."""


class Picks:
    """
    Picks things at random.

    @ivar random: the source of randomness.
    @ivar nicks: all nicks.
    @ivar rooms: all rooms.
    """

    nicks, rooms = NICKS, ROOMS

    def __init__(self, random: Random, world: Surroundings) -> None:
        self.random, self._world = random, world
        self._numbers = 0

    def one(self, things: Sequence[T]) -> T:
        """Pick one of these."""
        return self.random.choice(things)

    def chance(self, part: float) -> bool:
        """Return C{True} with this probability, from 0 to 1."""
        return self.random.random() < part

    def someone(self, suits: Callable[[Connection], bool] = lambda one: True) -> Connection | None:
        """Pick a client that suits; C{None} if there is none."""
        suited = [connection for connection in self._world.connections.values() if suits(connection)]
        return self.random.choice(suited) if suited else None

    def nick(self) -> str:
        """Pick a nick, mostly one that is in use."""
        used = [one.client.nick for one in self._world.connections.values()]
        return self.random.choice(used if used and self.chance(0.9) else NICKS)

    def account(self) -> str:
        """Pick the name of an account, mostly of one that exists."""
        names: list[str] = [account.name for account in self._world.server.chat.state.accounts]
        return self.random.choice(names if names and self.chance(0.8) else NICKS)

    def stamp(self) -> str:
        """Pick a time of the last hour, as IRCv3 writes it."""
        time = datetime.fromtimestamp(self._world.wall() - self.random.randrange(3600), UTC)
        return f"{time:%Y-%m-%dT%H:%M:%S}.000Z"

    def number(self) -> int:
        """Return the number of a new text."""
        self._numbers += 1
        return self._numbers

    def text(self) -> str:
        """Make a text with a number of its own."""
        return f"t{self.number()} {'word ' * self.one((0, 1, 5, 40))}".strip()

    def longText(self) -> str:
        """Make a long one."""
        return f"t{self.number()} {'word ' * 75}".strip()
