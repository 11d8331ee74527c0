"""
Measure how long one command holds the reactor: its longest turn, on servers of several sizes.

The benchmark fills servers in memory with users and rooms, and gives them one command after the other.  A turn is what
a reactor does in one iteration: the calls that are due, and the received bytes.  The result is the CPU time of the
longest turn, the minimum of several runs: in milliseconds, and as a ratio to a fixed piece of Python work, which a busy
machine slows as well.  Run it as C{python -m bench.commands}.  The exit status is 1 if a turn exceeds L{BOUND}.
"""

from __future__ import annotations

import argparse
import gc
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from time import process_time_ns
from typing import Final

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IProtocol

from twistchat.chat.model.events import ModeChange, ModesSet, ServerBanSet, Source
from twistchat.config import Settings
from twistchat.config.limits import Limits
from twistchat.protocols.line.settings import LineSettings
from twistchat.services.process import COLLECT
from twistchat.testing import MemoryServer
from twistchat.testing.links import MemoryTransport, address
from twistchat.testing.turns import TurnClock

BOUND: Final = 10.0
"""How long a command may hold the reactor, in milliseconds."""

RUNS: Final = 3
"""How often each command runs; the minimum counts."""

LONG: Final = "a" * 40
"""A common part of the names of rooms and users, which makes masks expensive to match."""

STORMY: Final = "*" + "a*" * 9 + "b"
"""A mask that takes exponential time in a naive matcher."""

MANY: Final = Settings(
    doors={"line": LineSettings(timezone="UTC")},
    limits=Limits(exempt=("127.0.0.0/8",), roomsPerUser=20_000, bans=300, ping=1e6, pingTimeout=2e6, registration=1e6),
)
"""Settings without rate limits, and with the sizes that the cases need."""


class Seat:
    """
    A client of a door that reads everything at once.

    @ivar heard: how many bytes it has received.
    @ivar writes: how often it has received data.
    """

    def __init__(self, protocol: IProtocol, port: int) -> None:
        self.protocol = protocol
        self.heard = self.writes = 0
        self.last = b""
        self._transport = MemoryTransport(address("127.0.0.1", 6667), address("127.0.0.1", port))
        protocol.makeConnection(self._transport)

    def read(self) -> None:
        """Read all pending bytes."""
        data = self._transport.take()
        if data:
            self.heard += len(data)
            self.last = data[-2000:]


@dataclass(slots=True)
class Turn:
    """
    The longest turn of a command.

    @ivar cost: its CPU time in milliseconds, as L{World.cost} measures it.
    @ivar turns: how many turns the command took.
    """

    cost: float = 0.0
    turns: int = 0


class World(MemoryServer):
    """A server in memory with timed turns."""

    clock: TurnClock

    def __init__(self, settings: Settings = MANY) -> None:
        super().__init__(settings, clock=TurnClock())
        self.seats: list[Seat] = []

    def enter(self, nick: str, *lines: str, door: str = "irc") -> Seat:
        """Connect and register a client, and send its first lines."""
        port = 1024 + len(self.seats)
        protocol = self._factories[door].buildProtocol(address("127.0.0.1", port))
        assert protocol is not None
        seat = Seat(protocol, port)
        self.seats.append(seat)
        self.say(seat, *((f"NICK {nick}", f"USER {nick} 0 * :{LONG}") if door == "irc" else (nick,)), *lines)
        return seat

    def say(self, seat: Seat, *lines: str) -> None:
        """Send lines from a client and process them, without measuring."""
        seat.protocol.dataReceived("".join(f"{line}\r\n" for line in lines).encode())
        self.clock.advance(0)
        seat.read()

    def quiet(self) -> None:
        """Process everything that is due, and let all clients read."""
        self.clock.advance(0)
        for seat in self.seats:
            seat.read()
        gc.collect()
        gc.freeze()

    def cost(self, acts: Iterable[Callable[[], object]]) -> float:
        """Run one turn, and return its CPU time in milliseconds."""
        began = process_time_ns()
        for act in acts:
            act()
        return (process_time_ns() - began) / 1e6

    def turns(self, said: Iterable[tuple[Seat, str]]) -> Turn:
        """Send lines, all in the same turn, and run turns until nothing is left to do."""
        sent = [(seat, f"{lines}\r\n".encode()) for seat, lines in said]
        longest = Turn()
        while True:
            calls = self.clock.due()
            if not (calls or sent):
                if not any([call.getTime() <= self.clock.seconds() + 1 for call in self.clock.calls]):
                    return longest
                self.clock.rightNow += 0.1
                continue
            acts: list[Callable[[], object]] = [
                *calls,
                *(partial(seat.protocol.dataReceived, data) for seat, data in sent),
            ]
            sent = []
            longest = Turn(max(longest.cost, self.cost(acts)), longest.turns + 1)
            for seat in self.seats:
                seat.read()


def calibration() -> float:
    """Measure the CPU time of a fixed piece of work, in milliseconds: the minimum of several runs."""

    def work() -> float:
        began = process_time_ns()
        words = {f"#{number}": number for number in range(10_000)}
        total = 0
        for word, number in words.items():
            total += number + len(word.partition("9")[0])
        return (process_time_ns() - began) / 1e6

    return min(work() for _ in range(20))


@dataclass(slots=True)
class Result:
    """
    The result of one command.

    @ivar at: the size of the server.
    @ivar command: the command, or a description of it.
    @ivar turn: its longest turn.
    """

    at: str
    command: str
    turn: Turn


class Bench:
    """
    Runs commands and collects the results.

    @ivar results: the results.
    """

    def __init__(self, only: str, unit: float) -> None:
        """
        @param only: a regular expression; commands whose line does not match it are skipped.
        @param unit: the result of L{calibration}, in milliseconds.
        """
        self.results: list[Result] = []
        self._only = re.compile(only)
        self._unit = unit

    def give(
        self,
        world: World,
        at: str,
        command: str,
        seat: Seat | list[Seat],
        *lines: str,
        undo: tuple[str, ...] = (),
        before: tuple[Seat, str] | None = None,
        others: Sequence[tuple[Seat, str]] = (),
        storm: Sequence[tuple[Seat, str]] = (),
    ) -> None:
        """
        Run a command L{RUNS} times.

        @param world: the server.
        @param at: the size of the server, for the table.
        @param command: the name of the command, for the table.
        @param seat: the client that sends it; of several, each run uses another.
        @param lines: the lines it sends in one turn; C{%d} stands for the number of the run.
        @param undo: the lines it sends afterwards to restore the previous state, unmeasured.
        @param before: a client and the lines it sends first, unmeasured.
        @param others: lines that other clients send in the same turn.
        @param storm: further lines in the same turn; their cost without the command is subtracted.
        """
        if self._only.search(f"{at}: {command}") is None:
            return
        found: list[Turn] = []
        for run in range(RUNS):
            who = seat[run] if isinstance(seat, list) else seat
            world.quiet()
            alone = world.turns(storm).cost if storm else 0.0
            if before is not None:
                world.say(before[0], before[1].replace("%d", str(run)))
            world.quiet()
            turn = world.turns([(who, "\r\n".join(lines).replace("%d", str(run))), *others, *storm])
            found.append(Turn(max(0.0, turn.cost - alone), turn.turns))
            if undo:
                world.say(who, *(line.replace("%d", str(run)) for line in undo))
        turn = min(found, key=lambda turn: turn.cost)
        self.results.append(Result(at, command, turn))
        ratio = turn.cost / self._unit
        print(f"| {at} | {command} | {turn.cost:.2f} | {ratio:.2f} | {turn.turns} |", flush=True)


def inRooms(bench: Bench, count: int) -> None:
    """Measure commands on many rooms that one client is in."""
    at = f"{count:,} rooms"
    world = World()
    owners = [world.enter(f"owner{number}") for number in range(RUNS)]
    for number in range(count):
        world.say(owners[0], f"JOIN #{LONG}{number}")
    ann, len_ = world.enter("ann", "JOIN #ann"), world.enter("len", door="line")
    masks = [f"*a*a*a*b{number}" for number in range(40)]
    bench.give(world, at, "LIST", ann, "LIST")
    bench.give(world, at, "LIST with 10 masks", ann, f"LIST {','.join(masks[:10])}")
    bench.give(world, at, "LIST with 40 masks", ann, f"LIST {','.join(masks)}")
    bench.give(world, at, "LIST >0,C<100,T<100", ann, "LIST >0,C<100,T<100")
    bench.give(world, at, "/rooms", len_, "/rooms")
    bench.give(world, at, "WHOIS of a user in all", ann, "WHOIS owner0")
    bench.give(world, at, "WHOIS of oneself", owners[0], "WHOIS owner0")
    bench.give(world, at, "WHO of a user in all", ann, "WHO owner0")
    bench.give(world, at, "WHO *", ann, "WHO *")
    bench.give(world, at, "NICK", owners[0], "NICK o%d", undo=("NICK owner0",))
    bench.give(world, at, "AWAY", owners[0], "AWAY :x%d")
    bench.give(world, at, "JOIN", owners[0], "JOIN #next%d")
    bench.give(world, at, "PING", owners[0], "PING x")
    bench.give(world, at, "PART", owners[0], "PART #next%d")
    bench.give(world, at, "RENAME", owners[0], f"RENAME #{LONG}50 #moved%d", undo=(f"RENAME #moved%d #{LONG}50",))
    for run in range(1, RUNS):
        for number in range(count):
            world.say(owners[run], f"JOIN #own{run}x{number}")
    bench.give(world, at, "JOIN 0", owners, "JOIN 0")
    for run in range(RUNS):
        world.say(owners[run], "JOIN 0")
        for number in range(500):
            world.say(owners[run], f"JOIN #own{run}x{number}")
    bench.give(world, at, "QUIT of a user in 500", owners, "QUIT")


def amongUsers(bench: Bench, count: int) -> None:
    """Measure commands on many users in one room."""
    at = f"{count:,} users in a room"
    world = World()
    ann = world.enter("ann", "JOIN #big")
    for number in range(count):
        world.enter(f"user{number}", "JOIN #big")
        if number % 500 == 0:
            world.quiet()
    others = [world.enter(f"other{number}") for number in range(RUNS)]
    len_, lena = world.enter("len", door="line"), world.enter("lena", "/join #big", door="line")
    bob, server = others[0], world.chat
    oper = world.enter("oper")
    session = next(iter(server.identity.find("oper").sessions.values()))
    Deferred.fromCoroutine(
        server.operators.become(session, "tests", ["auspex", "ban", "kill", "rehash", "rooms", "wallops"])
    )
    for run in range(300):
        world.log.append(ServerBanSet(Source("op", "op"), f"*!*@*{run}.bad", "spam", None))
    bench.give(world, at, f"WHO {STORMY}", bob, f"WHO {STORMY}")
    bench.give(world, at, f"WHO {STORMY}, five times", bob, *[f"WHO {STORMY}"] * 5)
    bench.give(world, at, "WHO *a*a*!*@*", bob, "WHO *a*a*!*@*")
    bench.give(world, at, "WHO user*", bob, "WHO user*")
    bench.give(world, at, "WHO * of an operator", oper, "WHO *")
    bench.give(world, at, "WHO * o", bob, "WHO * o")
    bench.give(world, at, "WHO #big", bob, "WHO #big")
    bench.give(world, at, "WHO #big %tcuhnfar", bob, "WHO #big %tcuihsnfdlaor,1")
    bench.give(world, at, "NAMES #big", bob, "NAMES #big")
    bench.give(world, at, "/who #big", len_, "/who #big")
    bench.give(world, at, "JOIN #big", others, "JOIN #big")
    bench.give(world, at, "PART #big", others, "PART #big")
    bench.give(world, at, "/join #big", len_, "/join #big", undo=("/leave #big",))
    bench.give(world, at, "JOIN of 60", bob, f"JOIN {','.join(f'#n{n}' for n in range(60))}")
    bench.give(world, at, "PRIVMSG #big", ann, "PRIVMSG #big :hello")
    bench.give(world, at, "PRIVMSG @#big", ann, "PRIVMSG @#big :hello")
    bench.give(world, at, "TOPIC #big", ann, "TOPIC #big :hello%d")
    bench.give(world, at, "NICK", ann, "NICK ann%d")
    bench.give(world, at, "/nick", lena, "/nick lena%d")
    bench.give(world, at, "AWAY", ann, "AWAY :x%d")
    bench.give(world, at, "SETNAME", ann, "SETNAME :x%d")
    bench.give(world, at, "MODE +b", ann, f"MODE #big +bb {STORMY}%d x%d")
    bench.give(world, at, "MODE q", ann, "MODE #big q")
    bench.give(world, at, "INVITE", ann, "INVITE oper #big")
    bench.give(world, at, "KICK of ten", ann, f"KICK #big {','.join(f'user1%d{n}' for n in range(10))} :x")
    bench.give(world, at, "PRIVMSG to four", bob, "PRIVMSG user50,user51,user52,user53 :hello")
    bench.give(world, at, "MONITOR + of 60", bob, f"MONITOR + {','.join(f'user{n}' for n in range(60))}")
    bench.give(world, at, "MONITOR S", bob, "MONITOR S")
    bench.give(world, at, "MONITOR L", bob, "MONITOR L")
    bench.give(world, at, "ISON of 60", bob, f"ISON :{' '.join(f'user{n}' for n in range(600, 660))}")
    bench.give(world, at, "USERHOST", bob, "USERHOST user50 user51 user52 user53 user54")
    bench.give(world, at, "WHOWAS", bob, "WHOWAS ann,ann0,ann1,lena")
    bench.give(world, at, "LUSERS", bob, "LUSERS")
    bench.give(world, at, "MOTD", bob, "MOTD")
    bench.give(world, at, "VERSION", bob, "VERSION")
    bench.give(world, at, "HELP CHANMODES", bob, "HELP CHANMODES")
    bench.give(world, at, "/help", len_, "/help")
    bench.give(world, at, "STATS p", bob, "STATS p")
    bench.give(world, at, "STATS k", oper, "STATS k")
    bench.give(world, at, "WALLOPS", oper, "WALLOPS :hello")
    bench.give(world, at, "KLINE of nobody", oper, f"KLINE {STORMY}%d@nowhere.example :x")
    bench.give(world, at, "DLINE of nobody", oper, "DLINE 192.0.2.%d :x")
    bench.give(world, at, "KLINE of 100", oper, "KLINE user2%d??!*@* :x")
    bench.give(world, at, "KILL", oper, "KILL user3%d :x")
    world.configuration = replace(MANY, limits=replace(MANY.limits, topic=300))
    bench.give(world, at, "REHASH", oper, "REHASH")
    bench.give(world, at, "QUIT", others, "QUIT :x")


def inHundredRooms(bench: Bench) -> None:
    """Measure commands of a user in 100 rooms of 50 members."""
    at = "100 rooms of 50"
    world = World()
    rooms = ",".join(f"#r{number}" for number in range(100))
    names = [f"#r{number}" for number in range(100)]
    anns = [world.enter(f"ann{run}") for run in range(RUNS + 1)]
    for ann in anns:
        for name in names:
            world.say(ann, f"JOIN {name}")
    talking = []
    for number, name in enumerate(names):
        for other in range(50 - len(anns)):
            seat = world.enter(f"u{number}x{other}", f"JOIN {name}")
            if not other:
                talking.append((seat, f"PRIVMSG {name} :hello"))
        world.quiet()
    ann = anns[0]
    session = next(iter(world.chat.identity.find("ann0").sessions.values()))
    del session, rooms
    for what, storm in ((at, []), (f"{at}, during a storm", talking)):
        bench.give(world, what, "NICK", ann, "NICK new%d", undo=("NICK ann0",), storm=storm)
        bench.give(world, what, "AWAY", ann, "AWAY :x%d", undo=("AWAY",), storm=storm)
        bench.give(world, what, "SETNAME", ann, "SETNAME :x%d", undo=("SETNAME :y",), storm=storm)
        bench.give(world, what, "PING", ann, "PING x", storm=storm)
    some, rest = ",".join(names[:80]), ",".join(names[80:])
    bench.give(world, at, "PART of 80", anns[1:], f"PART {some}", undo=(f"JOIN {some}",))
    bench.give(world, at, "JOIN of 20", anns[1:], f"JOIN {rest}")
    bench.give(world, at, "JOIN 0", anns[1:], "JOIN 0", undo=(f"JOIN {some}", f"JOIN {rest}"))
    bench.give(world, at, "QUIT", anns[1:], "QUIT :x")


def underBans(bench: Bench, masks: int, count: int) -> None:
    """Measure commands in a room with many bans."""
    at = f"{masks} bans, {count:,} members"
    world = World()
    ann = world.enter("ann", "JOIN #big")
    for number in range(count):
        world.enter(f"user{number}", "JOIN #big")
        if number % 500 == 0:
            world.quiet()
    source = world.chat.identity.find("ann").source
    for number in range(masks):
        mask = f"*a*a*a*b{number}*!*@*.bad"
        world.log.append(ModesSet(source, "#big", (ModeChange(True, "b", mask),)))
    others = [world.enter(f"other{number}") for number in range(RUNS)]
    bob = world.seats[1]
    lena = world.enter("lena", "/join #big", door="line")
    bench.give(world, at, "JOIN", others, "JOIN #big", undo=("PART #big",))
    bench.give(world, at, "MODE -b and +b", ann, "MODE #big -b+b *a*a*a*b%d*!*@*.bad x%d")
    bench.give(world, at, "MODE b", ann, "MODE #big b")
    bench.give(world, at, "/ban", lena, "/ban")
    bench.give(world, at, "NICK", bob, "NICK bob%d")
    bench.give(world, at, "RENAME", ann, "RENAME #big #big%d", undo=("RENAME #big%d #big",))
    texts = [(seat, "PRIVMSG #big :hello") for seat in world.seats[2:101]]
    ban = (ann, "MODE #big +b-b y%d *a*a*a*b9%d*!*@*.bad")
    bench.give(world, at, "texts of 100 members", bob, "PRIVMSG #big :hello", others=texts)
    bench.give(world, at, "the same, after a ban has changed", bob, "PRIVMSG #big :hello", before=ban, others=texts)


def withHistory(bench: Bench) -> None:
    """Measure commands that read history."""
    at = "10,000 texts"
    world = World()
    lena = world.enter("lena", door="line")
    for number in range(10_000):
        world.say(lena, f"this is text {number} of those that lena says here, and it is not a short one")
    bench.give(world, at, "/history 500", lena, "/history 500")
    bench.give(world, at, "/search", lena, "/search text")
    bench.give(world, at, "/search of a rare word", lena, "/search nowhere")
    bench.give(world, at, "/join", lena, "/join #lobby")


WORLDS: dict[str, Callable[[Bench], None]] = {
    "rooms": lambda bench: inRooms(bench, 3000),
    "more-rooms": lambda bench: inRooms(bench, 10_000),
    "users": lambda bench: amongUsers(bench, 3000),
    "hundred": inHundredRooms,
    "bans": lambda bench: underBans(bench, 300, 1000),
    "history": withHistory,
}


def main() -> int:
    """
    Measure every command.

    @return: the exit status: 1 if a command holds the reactor for more than L{BOUND}.
    """
    parser = argparse.ArgumentParser(prog="python -m bench.commands", description=__doc__)
    parser.add_argument("--worlds", default=",".join(WORLDS), help="the sizes, with commas between them")
    parser.add_argument("--only", default="", help="a regular expression: run only the commands whose line matches it")
    chosen = parser.parse_args()
    gc.set_threshold(*COLLECT)
    unit = calibration()
    bench = Bench(chosen.only, unit)
    print("| at | command | longest turn, ms | times the fixed work | turns |\n| --- | --- | --- | --- | --- |")
    for name in chosen.worlds.split(","):
        WORLDS[name](bench)
    print(f"\nThe fixed work takes {unit:.2f} ms here.")
    slow = [result for result in bench.results if result.turn.cost > BOUND]
    for result in slow:
        print(f"- {result.at}: {result.command}: {result.turn.cost:.1f} ms; the maximum is {BOUND:g}")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
