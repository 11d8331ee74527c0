"""
Clients that guess passwords, or register accounts, as fast as they are answered, in a process of their own.

C{python -m bench.logins.storm STORM} takes a L{Storm} as JSON and prints a L{Damage} as JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from bench import machine
from bench.logins.ways import BUSY, ENDED, IN, REGISTRATIONS, SILENT, TOO_FAST, WAYS, WRONG

NICENESS = 5
"""The niceness of the clients (setpriority(2))."""

PAUSE = 0.05
"""How long a client waits after an answer, in seconds."""

RETRY = 0.5
"""How long a client waits that was not let in, in seconds."""

TIMEOUT = 20.0
"""How long an answer may take, in seconds."""

OUTCOMES = (IN, WRONG, TOO_FAST, BUSY, ENDED, SILENT)
"""What may become of an attempt.  Any other answer is a fault."""


@dataclass(frozen=True, slots=True)
class Storm:
    """
    What the clients do.

    @ivar ports: the port of each door on 127.0.0.1.
    @ivar begin: when they begin, by C{time.monotonic}.
    @ivar seconds: for how long.
    @ivar clients: how many there are.
    @ivar addresses: from how many addresses they come, in turn: 127.3.0.1 and so on.
    @ivar victims: accounts whose passwords every second client guesses.  The others guess those of accounts that do not
        exist.
    @ivar registers: whether they register accounts instead.
    """

    ports: Mapping[str, int]
    begin: float
    seconds: float
    clients: int = 200
    addresses: int = 40
    victims: Sequence[str] = ()
    registers: bool = False


@dataclass(slots=True)
class Damage:
    """
    What became of the attempts.

    @ivar outcomes: how often each way had each outcome.
    @ivar checked: how many passwords were checked, or accounts registered, for each address.
    @ivar guessed: how many passwords of each account were checked.
    @ivar slowest: the longest time until an answer, in seconds.
    @ivar kept: how often a client was not let in.
    @ivar strange: other answers.
    """

    outcomes: dict[str, dict[str, int]] = field(default_factory=dict)
    checked: dict[str, int] = field(default_factory=dict)
    guessed: dict[str, int] = field(default_factory=dict)
    slowest: float = 0.0
    kept: int = 0
    strange: list[str] = field(default_factory=list)

    def note(self, way: str, address: str, name: str, outcome: str, taken: float) -> None:
        """
        Note one attempt.

        @param taken: the time until the answer, in seconds.
        """
        counts = self.outcomes.setdefault(way, dict.fromkeys(OUTCOMES, 0))
        if outcome not in counts:
            self.strange.append(outcome)
            return
        counts[outcome] += 1
        if outcome in (IN, WRONG):
            self.checked[address] = self.checked.get(address, 0) + 1
            self.guessed[name] = self.guessed.get(name, 0) + 1
        if outcome != ENDED:
            self.slowest = max(self.slowest, taken)


async def rage(storm: Storm) -> Damage:
    """Let all clients do their worst until the time is over."""
    damage = Damage()
    await asyncio.sleep(max(0.0, storm.begin - time.monotonic()))
    await asyncio.gather(*[_client(storm, number, damage) for number in range(storm.clients)])
    return damage


async def _client(storm: Storm, number: int, damage: Damage) -> None:
    """Guess or register until the time is over, over as many connections as that takes."""
    ways = REGISTRATIONS if storm.registers else WAYS
    way = list(ways)[number % len(ways)]
    address = f"127.3.0.{1 + number // len(ways) % storm.addresses}"
    victims, until, times = storm.victims, storm.begin + storm.seconds, 0
    while time.monotonic() < until:
        client = ways[way](TIMEOUT)
        times += 1
        nick = f"s{number}x{times}"
        try:
            await client.connect(storm.ports[client.door], address, nick)
            outcome = ""
            while time.monotonic() < until and outcome not in (IN, ENDED, SILENT):
                name = victims[number // 8 % len(victims)] if victims and number % 8 > 3 else f"nobody{number}"
                began = time.monotonic()
                outcome, _ = await client.attempt(name, f"wrong-horse-{number}")
                damage.note(way, address, nick if storm.registers else name, outcome, time.monotonic() - began)
                await asyncio.sleep(PAUSE)
        except OSError:
            damage.kept += 1
            await asyncio.sleep(RETRY)
        finally:
            client.close()


def main(arguments: Sequence[str]) -> None:
    """Run the storm in the first argument, and print what became of it."""
    os.nice(NICENESS)
    machine.raiseDescriptors()
    print(json.dumps(asdict(asyncio.run(rage(Storm(**json.loads(arguments[0])))))))


if __name__ == "__main__":
    main(sys.argv[1:])
