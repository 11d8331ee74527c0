"""No command does more in one turn where there is more to do: counted, not timed."""

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
    """A server with small portions, whose turns are counted: how many calls of our functions each takes."""

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
    """Somebody in so many rooms; and others, in none of them."""
    world = CountedWorld()
    owner = world.enter("owner")
    for number in range(count):
        world.say(owner, f"JOIN #room{number}")
    return world, {"owner": owner, "ann": world.enter("ann", "JOIN #ann"), "len": world.enter("len", door="line")}


def withMembers(count: int) -> tuple[CountedWorld, dict[str, Seat]]:
    """So many people in one room; and others, who are not there."""
    world = CountedWorld()
    owner = world.enter("owner", "JOIN #big")
    for number in range(count):
        world.enter(f"user{number}", "JOIN #big")
    return world, {"owner": owner, "ann": world.enter("ann"), "len": world.enter("len", door="line")}


class TurnTests(SynchronousTestCase):
    """The longest turn of a command, with so much to do, and with twice as much."""

    def check(
        self, build: Callable[[int], tuple[CountedWorld, dict[str, Seat]]], count: int, *given: tuple[str, str]
    ) -> None:
        """
        Hold that commands take more turns, and no longer ones, where there is twice as much.

        @param given: who gives each command, and the command.
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
        """Where there are more rooms."""
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
        """Where the one who is asked for is in more rooms."""
        self.check(withRooms, 6 * PART_SIZE, ("ann", "WHOIS owner"), ("owner", "WHOIS owner"))

    def test_people(self) -> None:
        """Where there are more people: whom a mask does not bring up counts, too."""
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
        """Where there are more members."""
        given = ("ann", "NAMES #big"), ("owner", "MODE #big q"), ("ann", "STATS p"), ("len", "/who #big")
        self.check(withMembers, 6 * PART_SIZE, *given)


class BenchTests(SynchronousTestCase):
    """The bench itself."""

    def test_give(self) -> None:
        """A command is given as often as it is to be, by each in turn, and undone; the least of the figures counts."""
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
        """The fixed work takes a while."""
        self.assertGreater(calibration(), 0.0)
