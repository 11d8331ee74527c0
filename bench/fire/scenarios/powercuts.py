"""Power cuts: what the server wrote and sent is recorded, and then the power is cut at hundreds of moments."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from random import Random
from threading import Event

from bench.fire.chatter import COUNT, chatter
from bench.fire.powercuts import Problem, Shown, cutPower
from bench.fire.scenario import Marks, Scenario, Seen, Setup
from bench.fire.shim.faults import Faults, install
from bench.fire.shim.record import Record, records
from bench.fire.stage import Stage

LOAD = 0.2
"""The part of the time in which clients talk and the server is recorded.  The rest is for the cuts."""

CUTS = 8
"""The number of cuts in a row for each second of a scenario, and at most for five seconds."""

PAUSE = 0.1
"""The most seconds that a fault lasts, and the most until the next one."""

ROOM = 60_000
"""The most bytes that are left on a disk that becomes full."""

DISK = "disk"
"""The folder that is recorded.  The server makes its data directory in it."""

RECORD = "record"
"""The file of the record."""


def prepare(folder: Path, durability: str = "full") -> Setup:
    """
    Let a new data directory be recorded.

    @raise NotBuilt: the library cannot be built.
    """
    disk = folder / DISK
    disk.mkdir()
    settings = {"server.data": f"{DISK}/data", "journal.durability": durability}
    return Setup(settings, install(folder, disk, folder / RECORD))


def recorded(stage: Stage, seconds: float, breaks: bool = False) -> list[Record]:
    """
    Let clients talk, kill the server, and return the record.

    @param seconds: for how long they talk.
    @param breaks: whether a sync fails meanwhile.  The server is killed and started again then, and they talk again.
    @raise OSError: clients could not talk, or the failed sync had no effect.
    """
    if breaks:
        with closing(Faults(stage.folder)) as faults:
            clients = chatter(stage.ports["irc"], seconds, lambda: faults.failSyncs(1))
        if not any(client.refused for client in clients):
            raise OSError("no text was refused after a failed sync")
        stage.end(signal.SIGKILL)
        stage.start()
    # Other clients say other texts.
    chatter(stage.ports["irc"], seconds, first=COUNT)
    stage.end(signal.SIGKILL)
    return list(records(stage.folder / RECORD))


def unsteady(stage: Stage, seconds: float) -> list[Record]:
    """
    Let clients talk while the disk is full, fails or writes less than asked, again and again; then kill the server.

    @return: the record.
    @raise OSError: clients could not talk, or nothing was refused.
    """
    over, random = Event(), Random(1)
    with closing(Faults(stage.folder)) as faults, ThreadPoolExecutor(1) as threads:
        causes = (
            faults.failWrites,
            faults.failReads,
            lambda: faults.fill(random.randrange(ROOM)),
            lambda: faults.shortenWrites(random.choice((1000, 4096, 5000))),
        )

        def disturb() -> None:
            # Clients first come in.
            over.wait(seconds / 4)
            while not over.wait(random.random() * PAUSE):
                random.choice(causes)()
                over.wait(random.random() * PAUSE)
                faults.heal()

        disturbing = threads.submit(disturb)
        try:
            clients = chatter(stage.ports["irc"], seconds)
        finally:
            over.set()
        disturbing.result()
    if not any(client.refused for client in clients):
        raise OSError("no text was refused")
    stage.end(signal.SIGKILL)
    return list(records(stage.folder / RECORD))


def powerCut(record: Callable[[Stage, float], list[Record]], stage: Stage, seconds: float) -> Seen:
    """Record a server, kill it, and cut the power at many moments of the record, until the time is over."""
    until = time.monotonic() + seconds
    found = record(stage, seconds * LOAD)
    problems: list[list[Problem]] = []
    while time.monotonic() < until or not problems:
        problems += cutPower(found, int(min(seconds, 5.0) * CUTS), seed=len(problems))
    shown = Shown()
    for each in found:
        shown.hear(each)
    bad = sum(map(bool, problems))
    words = f"{len(found):,} records, {len(shown.texts):,} texts shown; {len(problems)} cuts, {bad} of them bad"
    figures = {"cuts": len(problems), "records": len(found), "texts": len(shown.texts), "bad": bad}
    return Seen(words, missed(problems), figures)


def missed(problems: Sequence[Sequence[Problem]]) -> list[str]:
    """Say which marks the cuts missed: the problems of the first bad cut, and how many there are."""
    bad = [found for found in problems if found]
    return [f"{len(bad)} of {len(problems)} cuts: {'; '.join(map(str, bad[0]))}"] if bad else []


REQUIRED = "then the journal opens, is undamaged, and has every text that a client had been shown, once and in order"

SCENARIOS = (
    Scenario(
        "power-cut",
        "the power is cut at any moment: what was not synced is lost, kept or torn",
        REQUIRED,
        partial(powerCut, recorded),
        shortest=5.0,
        prepare=prepare,
    ),
    Scenario(
        "power-cut-after-failed-sync",
        "a sync fails and the disk drops what it had not stored; after a restart, the power is cut at any moment",
        REQUIRED,
        partial(powerCut, partial(recorded, breaks=True)),
        shortest=5.0,
        prepare=prepare,
        marks=Marks(refused=True),
    ),
    Scenario(
        "power-cut-between-faults",
        "the disk is full, fails, or writes less than asked, again and again; then the power is cut at any moment",
        REQUIRED,
        partial(powerCut, unsteady),
        shortest=5.0,
        quick=False,
        prepare=prepare,
        marks=Marks(refused=True),
    ),
)
