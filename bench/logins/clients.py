"""Clients that log in at the same moment, in a process of their own."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from bench.logins.ways import IN, Plain

ENTERING = 32
"""The number of clients that register at the same time, before they log in."""


@dataclass(frozen=True, slots=True)
class Plan:
    """
    What the clients do.

    @ivar port: the port of the IRC door on 127.0.0.1.
    @ivar begin: when they log in, on this machine's monotonic clock.
    @ivar names: the accounts, one for each client.
    @ivar password: the password that they send.
    @ivar addresses: the addresses that they come from, in turn.
    @ivar timeout: how long an answer may take, in seconds.
    """

    port: int
    begin: float
    names: tuple[str, ...]
    password: str
    addresses: tuple[str, ...]
    timeout: float = 60.0


@dataclass(frozen=True, slots=True)
class Report:
    """
    What happened to the clients.

    @ivar outcomes: how many clients got each outcome.
    @ivar seconds: the delays of the answers to those who logged in, and to all others, in seconds, sorted.
    @ivar samples: one answer of each kind.
    """

    outcomes: dict[str, int]
    loggedIn: list[float]
    others: list[float]
    samples: list[str]


async def run(plan: Plan) -> Report:
    """Connect all clients, wait for the moment, and log in."""
    entering = asyncio.Semaphore(ENTERING)
    ready = asyncio.Barrier(len(plan.names))
    results = await asyncio.gather(
        *[_client(plan, number, name, entering, ready) for number, name in enumerate(plan.names)]
    )
    outcomes = Counter(outcome for outcome, _, _ in results)
    samples = {outcome: line for outcome, _, line in results}
    return Report(
        dict(outcomes),
        sorted(seconds for outcome, seconds, _ in results if outcome == IN),
        sorted(seconds for outcome, seconds, _ in results if outcome != IN),
        sorted(samples.values()),
    )


async def _client(
    plan: Plan, number: int, name: str, entering: asyncio.Semaphore, ready: asyncio.Barrier
) -> tuple[str, float, str]:
    """
    Be one client.

    @return: the outcome, the seconds until the answer, and the answer.
    """
    client = Plain(plan.timeout)
    async with entering:
        await client.connect(plan.port, plan.addresses[number % len(plan.addresses)], f"guest{number}")
    await ready.wait()
    await asyncio.sleep(max(0.0, plan.begin - time.monotonic()))
    started = time.monotonic()
    outcome, line = await client.attempt(name, plan.password)
    taken = time.monotonic() - started
    client.close()
    return outcome, taken, line


def plans(text: str) -> Iterator[Plan]:
    """Read plans, one from each line."""
    for line in text.splitlines():
        fields = json.loads(line)
        yield Plan(**{**fields, "names": tuple(fields["names"]), "addresses": tuple(fields["addresses"])})


def main(arguments: Sequence[str]) -> None:
    """Run the plan in the first argument, and print the report."""
    (plan,) = plans(arguments[0])
    print(json.dumps(asdict(asyncio.run(run(plan)))))


if __name__ == "__main__":
    main(sys.argv[1:])
