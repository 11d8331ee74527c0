"""Clients that log in at the same moment, in a process of their own."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

ENTERING = 32
"""The number of clients that register at the same time, before they log in."""

OUTCOMES = {"903": "logged in", "904": "refused", "907": "refused", "FAIL": "told to wait"}
"""What the answers to AUTHENTICATE mean, by numeric or command."""


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
        sorted(seconds for outcome, seconds, _ in results if outcome == "logged in"),
        sorted(seconds for outcome, seconds, _ in results if outcome != "logged in"),
        sorted(samples.values()),
    )


async def _client(
    plan: Plan, number: int, name: str, entering: asyncio.Semaphore, ready: asyncio.Barrier
) -> tuple[str, float, str]:
    """
    Be one client.

    @return: the outcome, the seconds until the answer, and the answer.
    """
    address = plan.addresses[number % len(plan.addresses)]
    async with entering:
        reader, writer = await asyncio.open_connection("127.0.0.1", plan.port, local_addr=(address, 0))
        writer.write(b"CAP REQ :sasl\r\nNICK guest%d\r\nUSER x 0 * :x\r\nCAP END\r\n" % number)
        await _answer(reader, {"422", "376"}, plan.timeout)
    await ready.wait()
    await asyncio.sleep(max(0.0, plan.begin - time.monotonic()))
    started = time.monotonic()
    response = b64encode(f"\0{name}\0{plan.password}".encode())
    writer.write(b"AUTHENTICATE PLAIN\r\nAUTHENTICATE %s\r\n" % response)
    try:
        code, line = await _answer(reader, set(OUTCOMES), plan.timeout)
    except TimeoutError:
        code, line = "", "no answer"
    except (OSError, EOFError):
        code, line = "", "disconnected"
    taken = time.monotonic() - started
    writer.close()
    return OUTCOMES.get(code, line), taken, line


async def _answer(reader: asyncio.StreamReader, codes: set[str], timeout: float) -> tuple[str, str]:
    """Read lines until one has one of these numerics or commands."""
    async with asyncio.timeout(timeout):
        while line := await reader.readline():
            words = line.decode().split(" ")
            code = words[1] if words[0].startswith(":") else words[0]
            if code in codes:
                return code, line.decode().strip()
    raise EOFError


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
