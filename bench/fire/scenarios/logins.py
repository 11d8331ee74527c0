"""Login storms: hundreds guess passwords or register accounts at every door, beside people who log in."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from bench.fire.scenario import Marks, Scenario, Seen, Setup
from bench.fire.stage import Stage
from bench.logins.accounts import PASSWORD, prepare
from bench.logins.storm import OUTCOMES, Storm
from bench.logins.ways import BUSY, IN, SILENT, TOO_FAST, WAYS, WRONG
from twistchat.accounts.registration import PERIOD
from twistchat.config.limits import Limits

PEOPLE, VICTIMS, CROWD = 4, 2, 200
"""The number of accounts of people who log in, of those whose passwords are guessed, and of clients in a storm."""

STARTING = 1.0
"""How long the process of the clients has to start, in seconds."""

ANSWER, ENTRY = 5.0, 10.0
"""The marks: how long a person waits for an answer, and until a login succeeds, in seconds."""

OUTSIDE = "not let in"
"""The outcome for a client that is disconnected before it can log in."""

RETURN = 30.0
"""The mark for a whole crowd that comes back: how long until the last is logged in, in seconds."""

PAUSE, AGAIN = 0.2, 0.5
"""How long a person waits after a login, and before another try, in seconds."""

EXIT_TIMEOUT = 40.0
"""How long the process of the clients may need to end after a storm, in seconds."""

GROWTH = 64.0
"""The mark of the growth of memory, in MiB."""

MARKS = Marks(growth=GROWTH, left=None)
"""One check of a password takes 19 MiB.  Connections that are closed in the middle of a login may still be open."""

LIFTED = f"memory may grow by {GROWTH:g} MiB; any number of descriptors"
"""The marks that differ from those of other scenarios, in words."""

LIMITS = Limits()
"""The limits, which are the default ones."""


@dataclass(frozen=True, slots=True)
class Entry:
    """
    A login of a person.

    @ivar way: how.
    @ivar outcome: the last outcome.
    @ivar seconds: how long it took with all tries.
    @ivar slowest: the longest time until an answer.
    @ivar tries: how many tries it took.
    """

    way: str
    outcome: str
    seconds: float
    slowest: float
    tries: int


async def enter(stage: Stage, way: str, name: str, address: str, nick: str) -> Entry:
    """
    Log in with the right password.  If the server is busy, or does not let the client in, try again.

    @param way: how: a key of L{WAYS}.
    """
    began, slowest, tries, outcome, random = time.monotonic(), 0.0, 0, BUSY, Random(nick)
    while outcome in (BUSY, OUTSIDE) and time.monotonic() < began + RETURN:
        if tries:
            await asyncio.sleep(random.uniform(AGAIN, 2 * AGAIN))
        tries += 1
        client = WAYS[way]()
        try:
            await client.connect(stage.ports[client.door], address, f"{nick}x{tries}")
            asked = time.monotonic()
            outcome, _ = await client.attempt(name, PASSWORD)
            slowest = max(slowest, time.monotonic() - asked)
        except OSError:
            outcome = OUTSIDE
        finally:
            client.close()
    return Entry(way, outcome, time.monotonic() - began, slowest, tries)


async def visits(stage: Stage, number: int, name: str, until: float) -> list[Entry]:
    """Let a person log in again and again, at least once, in another way each time, always from the same address."""
    entries: list[Entry] = []
    while not entries or time.monotonic() < until:
        way = list(WAYS)[(number + len(entries)) % len(WAYS)]
        entries.append(await enter(stage, way, name, f"127.2.0.{1 + number}", f"p{number}n{len(entries)}"))
        await asyncio.sleep(PAUSE)
    return entries


async def beside(stage: Stage, names: Sequence[str], until: float) -> list[Entry]:
    """Let people log in until a time."""
    people = [visits(stage, number, name, until) for number, name in enumerate(names)]
    return [entry for entries in await asyncio.gather(*people) for entry in entries]


def prepared(accounts: int, folder: Path) -> Setup:
    """Write a journal with accounts."""
    prepare(folder / "data", accounts)
    return Setup()


def stormed(stage: Stage, seconds: float, registers: bool = False) -> Seen:
    """
    Let clients guess passwords or register accounts, while people log in.  One of these has an account whose password
    is guessed, but has logged in from the same address before.

    @raise OSError: the process of the clients fails.
    """
    victims = [f"user{PEOPLE + number}" for number in range(VICTIMS)]
    names = [f"user{number}" for number in range(PEOPLE)] + ([] if registers else victims[:1])
    first = asyncio.run(beside(stage, names, time.monotonic() + 0.01))
    begin = time.monotonic() + STARTING
    guesses = Storm(stage.ports, begin, seconds, CROWD, victims=victims)
    # Registrations take longer, so they come from fewer addresses, to reach the limits.
    storm = replace(guesses, addresses=10, victims=(), registers=True) if registers else guesses
    command = [sys.executable, "-m", "bench.logins.storm", json.dumps(asdict(storm))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, process_group=0) as process:
        try:
            time.sleep(max(0.0, begin - time.monotonic()))
            entries = asyncio.run(beside(stage, names, begin + seconds))
            output, _ = process.communicate(timeout=EXIT_TIMEOUT)
            damage = json.loads(output)
        except (subprocess.TimeoutExpired, ValueError) as e:
            raise OSError(f"the clients have no report: {e}") from e
        finally:
            process.kill()
    taken = time.monotonic() - begin
    missed = [*unlike(first, IN, ENTRY), *unlike(entries, IN, ENTRY), *exceeded(damage, taken, registers)]
    if damage["guessed"].get(victims[0], 0) >= LIMITS.accountFailures:
        stranger = asyncio.run(enter(stage, "plain", victims[0], "127.2.1.1", "stranger"))
        missed += [f"a stranger's login to a guessed account: {each}" for each in unlike([stranger], TOO_FAST, ENTRY)]
    outcomes = Counter[str]()
    for counts in damage["outcomes"].values():
        outcomes.update(counts)
    done = ", ".join(f"{number:,} {outcome}" for outcome, number in outcomes.most_common() if number)
    words = f"{sum(outcomes.values()):,} attempts: {done}; {told(entries)}"
    figures = {"entries": [asdict(entry) for entry in entries], **damage}
    return Seen(words, missed, figures, [f"{way}: {counts}" for way, counts in damage["outcomes"].items()])


def told(entries: Sequence[Entry]) -> str:
    """Describe the logins of people."""
    busy, slowest = sum(entry.tries - 1 for entry in entries), max((entry.seconds for entry in entries), default=0.0)
    return f"people logged in {len(entries):,} times, within {slowest:.1f} s, and were told {busy} times to try again"


def unlike(entries: Sequence[Entry], wanted: str, within: float) -> list[str]:
    """
    Say which logins of people ended otherwise than they must, or took too long.

    @param wanted: the outcome of each.
    @param within: how long each may take, in seconds.
    """
    wrong = [f"{each.way} ended with: {each.outcome}" for each in entries if each.outcome != wanted]
    missed = [f"{len(wrong)} of {len(entries)} logins of people failed; {wrong[0]}"] if wrong else []
    if not entries:
        missed.append("nobody logged in")
    if (slowest := max((each.slowest for each in entries), default=0.0)) > ANSWER:
        missed.append(f"a person waited {slowest:.1f} s for an answer")
    if (longest := max((each.seconds for each in entries), default=0.0)) > within:
        missed.append(f"a login took {longest:.1f} s")
    return missed


def exceeded(damage: Mapping[str, Any], seconds: float, registers: bool = False) -> list[str]:
    """
    Say which limits were exceeded, and which attempts had no proper answer.

    @param damage: a L{Damage <bench.logins.storm.Damage>} as JSON.
    @param seconds: how long the storm took.
    """
    checked, guessed = damage["checked"], damage["guessed"]
    outcomes = Counter({outcome: sum(each[outcome] for each in damage["outcomes"].values()) for outcome in OUTCOMES})
    missed = [f"no attempt was {outcome}" for outcome in (IN if registers else WRONG,) if not outcomes[outcome]]
    missed += [] if outcomes[TOO_FAST] or outcomes[BUSY] else ["no attempt was held up"]
    if registers:
        most = LIMITS.registrationsPerAddress + int(seconds * LIMITS.registrationsPerAddress / PERIOD)
        missed += [f"{many} accounts from {address}" for address, many in checked.items() if many > most][:1]
    else:
        most = LIMITS.loginFailures + int(seconds * LIMITS.loginRate)
        missed += [f"{many} guesses from {address}" for address, many in checked.items() if many > most][:1]
        most = LIMITS.accountFailures + int(seconds * LIMITS.accountFailureRate)
        missed += [f"{many} guesses for {name}" for name, many in guessed.items() if many > most][:1]
        missed += [f"{outcomes[IN]} guesses were right"] if outcomes[IN] else []
    missed += [f"{outcomes[SILENT]} attempts had no answer"] if outcomes[SILENT] else []
    return missed + [f"a client heard: {strange}" for strange in damage["strange"][:1]]


def returned(stage: Stage, seconds: float) -> Seen:
    """
    Let a whole crowd log in with the right passwords at the same moment, as after a restart.

    @param seconds: not used: it takes as long as it takes.
    """

    async def everybody() -> list[Entry]:
        ways = list(WAYS)
        coming = [
            enter(stage, ways[number % len(ways)], f"user{number}", f"127.2.0.{1 + number}", f"p{number}")
            for number in range(CROWD)
        ]
        return list(await asyncio.gather(*coming))

    entries = asyncio.run(everybody())
    return Seen(told(entries), unlike(entries, IN, RETURN), {"entries": [asdict(entry) for entry in entries]})


SCENARIOS = (
    Scenario(
        "guesses",
        f"{CROWD} clients guess passwords at every door, beside people who log in",
        f"no more guesses than the limits of an address and an account; people have an answer within {ANSWER:g} s and "
        f"are in within {ENTRY:g} s, also the owner of a guessed account who logged in from there before; {LIFTED}",
        stormed,
        shortest=2.0,
        prepare=partial(prepared, PEOPLE + VICTIMS),
        marks=MARKS,
    ),
    Scenario(
        "registrations",
        f"{CROWD} clients register accounts, beside people who log in",
        f"no more accounts of an address than its limit; people have an answer within {ANSWER:g} s and are in within "
        f"{ENTRY:g} s; {LIFTED}",
        partial(stormed, registers=True),
        shortest=2.0,
        quick=False,
        prepare=partial(prepared, PEOPLE),
        marks=MARKS,
    ),
    Scenario(
        "returning",
        f"{CROWD} people log in at the same moment with the right passwords, and again if they are told to",
        f"each has an answer within {ANSWER:g} s, and the last is in within {RETURN:g} s; {LIFTED}",
        returned,
        quick=False,
        prepare=partial(prepared, CROWD),
        marks=MARKS,
    ),
)
