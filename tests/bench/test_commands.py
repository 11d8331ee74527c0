"""No command does more work in one turn if there is more to do.  The tests count calls and measure no time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from types import CodeType

from twisted.trial.unittest import SynchronousTestCase

from bench.commands import STORMY, Bench, Seat, Turn, World, calibration
from bench.work import counting, ours
from twistchat.net.input.pace import PART_SIZE, Portions

FEW = 10
"""Steps of a portion here, so that few rooms and people make long answers."""


class CountedWorld(World):
    """A server with small portions, which counts the calls of twistchat's functions in each turn."""

    def __init__(self) -> None:
        super().__init__()
        self.context.portions = Portions(self.clock, FEW)

    def cost(self, acts: Iterable[Callable[[], object]]) -> float:
        """See L{World.cost}."""
        calls: Counter[CodeType] = Counter()
        with counting(calls):
            for act in acts:
                act()
        return ours(calls)


def withRooms(count: int) -> tuple[CountedWorld, dict[str, Seat]]:
    """Make a user in many rooms, and other users in none of them."""
    world = CountedWorld()
    owner = world.enter("owner")
    for number in range(count):
        world.say(owner, f"JOIN #room{number}")
    return world, {"owner": owner, "ann": world.enter("ann", "JOIN #ann"), "len": world.enter("len", door="line")}


def withMembers(count: int) -> tuple[CountedWorld, dict[str, Seat]]:
    """Put many users into one room, and others outside it."""
    world = CountedWorld()
    owner = world.enter("owner", "JOIN #big")
    for number in range(count):
        world.enter(f"user{number}", "JOIN #big")
    return world, {"owner": owner, "ann": world.enter("ann"), "len": world.enter("len", door="line")}


class TurnTests(SynchronousTestCase):
    """The longest turn of a command, with some work and with twice as much."""

    def check(
        self, build: Callable[[int], tuple[CountedWorld, dict[str, Seat]]], count: int, *given: tuple[str, str]
    ) -> None:
        """
        Check that twice the work makes commands take more turns, but no longer ones.


        @param given: each command with its client.
        """
        found: list[list[Turn]] = []
        for size in (count, 2 * count):
            world, seats = build(size)
            world.quiet()
            found.append([world.turns([(seats[who], line)]) for who, line in given])
        for (_, line), once, twice in zip(given, *found, strict=True):
            self.assertGreater(twice.turns, once.turns + 2, line)
            self.assertLess(twice.cost, 1.2 * once.cost + 20, line)

    def test_rooms(self) -> None:
        """With more rooms."""
        self.check(
            withRooms,
            12 * FEW,
            ("ann", "LIST"),
            ("ann", f"LIST {','.join(f'*{number}*' for number in range(10))}"),
            ("ann", "LIST >0,!*x*"),
            ("len", "/rooms"),
            ("owner", "JOIN 0"),
        )

    def test_whois(self) -> None:
        """With a WHOIS of a user in more rooms."""
        self.check(withRooms, 6 * PART_SIZE, ("ann", "WHOIS owner"), ("owner", "WHOIS owner"))

    def test_people(self) -> None:
        """With more users, including those that do not match the mask."""
        self.check(
            withMembers,
            12 * FEW,
            ("ann", "WHO *"),
            ("ann", f"WHO {STORMY}"),
            ("ann", "WHO *a*a*!*@*"),
            ("ann", "WHO * o"),
            ("ann", "WHO #big"),
            ("ann", "WHO #big %tcuihsnfdlaor,1"),
        )

    def test_names(self) -> None:
        """With more members."""
        given = ("ann", "NAMES #big"), ("owner", "MODE #big q"), ("ann", "STATS p"), ("len", "/who #big")
        self.check(withMembers, 6 * PART_SIZE, *given)


class BenchTests(SynchronousTestCase):
    """The benchmark itself."""

    def test_give(self) -> None:
        """Each client in turn gives the command and undoes it.  The minimum of the costs counts."""
        world, seats = withRooms(3)
        others = [world.enter(f"o{number}") for number in range(3)]
        bench = Bench("^here", 2.0)
        bench.give(
            world, "here", "JOIN", others, "JOIN #other%d", undo=("PART #other%d",), before=(seats["ann"], "AWAY")
        )
        bench.give(world, "elsewhere", "JOIN", others, "JOIN #other")
        bench.give(world, "here", "PING", others, "PING x", storm=[(seats["ann"], "PRIVMSG #ann :x")])
        (join, ping) = bench.results
        self.assertEqual((join.at, join.command), ("here", "JOIN"))
        self.assertGreater(join.turn.cost, ping.turn.cost)
        self.assertIsNone(world.chat.state.rooms.get("#other"))
        self.assertIsNone(world.chat.state.rooms.get("#other0"))

    def test_calibration(self) -> None:
        """The fixed work takes some time."""
        self.assertGreater(calibration(), 0.0)
