"""Faults of the disk below a running server: full, failing, slow, locked."""

from __future__ import annotations

import signal
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random

from bench.fire.scenario import P99, Marks, Scenario, Seen, Setup
from bench.fire.scenarios.death import compared, stored
from bench.fire.shim.faults import Faults, install
from bench.fire.stage import Stage
from bench.fire.witness import Witness
from twistchat.journal.sqlite.files import FILE
from twistchat.journal.sqlite.reading import BUSY

HOLD = 0.5
"""How long a fault lasts, in seconds."""

PATIENCE = 3.0
"""How long a fault lasts at most if it has had no effect, in seconds: the disk may not be full yet."""

WAITS = 3
"""How many times a text may wait for a lock: for the batch before it, for a probe of the journal, and for its own."""

PAUSE = 0.02
"""The pause between two texts, in seconds."""

BACK = 1.0
"""How long after the end of a fault the server may still refuse texts, in seconds."""

PING = 0.25
"""How long a client that says nothing may wait for the answer to a PING, in seconds."""

DELAY = 0.5
"""How much longer a sync takes on a slow disk, in seconds."""

ROOM = 40_000
"""The most bytes that are left on a disk that becomes full."""


def prepare(folder: Path) -> Setup:
    """
    Let the server's data directory have faults.

    @raise NotBuilt: the library cannot be built.
    """
    return Setup(environment=install(folder, folder / "data"))


@dataclass(frozen=True, slots=True)
class Fault:
    """
    A fault.

    @ivar cause: causes it in a context.
    @ivar hold: how long it lasts, in seconds.
    @ivar refuses: whether texts must be refused meanwhile.  Otherwise none may be.
    @ivar reads: whether the history must be readable meanwhile.  Otherwise it must not.
    """

    cause: Callable[[Stage, Faults], AbstractContextManager[None]]
    hold: float = HOLD
    refuses: bool = True
    reads: bool = True


@dataclass(slots=True)
class Trial:
    """
    What the witness met.

    @ivar witness: the witness.
    @ivar faults: how often there was a fault.
    @ivar unread: how often the history could not be read.
    @ivar slowest: the longest time until a text was taken or refused, in seconds.
    @ivar back: the longest time from the end of a fault until a text was taken, in seconds.
    @ivar missed: what was required and did not happen.
    """

    witness: Witness
    faults: int = 0
    unread: int = 0
    slowest: float = 0.0
    back: float = 0.0
    missed: list[str] = field(default_factory=list)

    def say(self) -> bool:
        """Say a text, and let the listener read.  Return whether it was taken."""
        began = time.monotonic()
        taken = self.witness.say()
        self.slowest = max(self.slowest, time.monotonic() - began)
        self.witness.listen()
        return taken

    def read(self) -> None:
        """Read the history, and compare it with what was taken."""
        history = self.witness.history()
        if history is None:
            self.unread += 1
            return
        texts, taken = [text for text, _ in history], self.witness.taken
        if texts != taken:
            lost, strange = [text for text in taken if text not in texts], [text for text in texts if text not in taken]
            self.miss(f"the history differs: {len(lost)} texts lost, {len(strange)} never taken: {strange[:3]}")

    def recover(self, within: float = BACK) -> None:
        """Say texts until one is taken, which must be soon."""
        began = time.monotonic()
        while not self.say():
            if time.monotonic() - began > within:
                self.miss(f"texts are still refused {within:g} s after the fault")
                break
            time.sleep(PAUSE)
        self.back = max(self.back, time.monotonic() - began)

    def miss(self, what: str) -> None:
        """Note what was missed, once."""
        if what not in self.missed:
            self.missed.append(what)

    def compare(self, stage: Stage) -> None:
        """Compare what was heard with what was taken, and the canary's lines with the journal."""
        witness = self.witness
        witness.listen()
        if witness.heard != witness.taken:
            self.miss(f"{len(witness.taken)} texts were taken, and {len(witness.heard)} heard, or in another order")
        self.missed += compared(stage.canary.report().acknowledged, stored(stage))[1]

    def seen(self) -> Seen:
        """Put it into words."""
        witness, taken, refused = self.witness, len(self.witness.taken), len(self.witness.refused)
        words = f"{self.faults} faults; {taken} texts taken, {refused} refused, each within {self.slowest:.2f} s"
        words += f"; back {1000 * self.back:.0f} ms after the fault" if refused else ""
        words += f"; history unread {self.unread} times" if self.unread else ""
        words += f"; PING of another client at most {1000 * witness.slowest:.0f} ms"
        if witness.slowest > PING:
            self.miss(f"another client waited {1000 * witness.slowest:.0f} ms for a PONG")
        figures = {"taken": taken, "refused": refused, "back": self.back, "ping": witness.slowest}
        return Seen(words, self.missed, figures | {"faults": self.faults, "unread": self.unread})


def restart(stage: Stage, witness: Witness) -> None:
    """Kill the server, start it again, and let the witness come back."""
    witness.close()
    stage.end(signal.SIGKILL)
    stage.start()
    witness.enter()
    # A server that has just begun to listen opens more files.
    stage.measure()


def disturb(trial: Trial, fault: Fault, stage: Stage, faults: Faults) -> None:
    """Cause a fault once, while the witness says and reads texts."""
    refused, unread = len(trial.witness.refused), trial.unread

    def isEffective() -> bool:
        """Whether the fault has been noticed, if it must be."""
        return (len(trial.witness.refused) > refused or not fault.refuses) and (trial.unread > unread or fault.reads)

    trial.say()
    with fault.cause(stage, faults):
        begun = time.monotonic()
        while (now := time.monotonic() - begun) < fault.hold or (now < PATIENCE and not isEffective()):
            trial.say()
            trial.read()
            time.sleep(PAUSE)
    trial.faults += 1
    if (len(trial.witness.refused) > refused) is not fault.refuses:
        trial.miss("no text was refused" if fault.refuses else "texts were refused")
    if (trial.unread == unread) is not fault.reads:
        trial.miss("the history could not be read" if fault.reads else "the history was read from a broken disk")
    trial.recover()
    trial.read()


def disturbed(wanted: Sequence[Fault], stage: Stage, seconds: float) -> Seen:
    """Cause some faults again and again.  Then restart the server."""
    until = time.monotonic() + seconds
    with closing(Faults(stage.folder)) as faults, closing(Witness(stage.ports["irc"])) as witness:
        trial = Trial(witness)
        while time.monotonic() < until or not trial.faults:
            for fault in wanted:
                disturb(trial, fault, stage, faults)
        trial.compare(stage)
        restart(stage, witness)
        trial.read()
        return trial.seen()


@contextmanager
def healed(cause: Callable[[Faults], object], stage: Stage, faults: Faults) -> Iterator[None]:
    """Cause a fault of the preloaded library in this context."""
    cause(faults)
    try:
        yield
    finally:
        faults.heal()


def fillUp(faults: Faults, random: Random = Random(1)) -> None:  # noqa: B008 - the same disks in every run
    """Leave some room on the disk, so that a transaction fails at any of its writes."""
    faults.fill(random.randrange(ROOM))


@contextmanager
def locked(stage: Stage, faults: Faults) -> Iterator[None]:
    """Lock the journal in this context, as another program that writes to it does."""
    with closing(sqlite3.connect(stage.data / FILE, timeout=10.0, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def failedSync(stage: Stage, seconds: float) -> Seen:
    """Let one sync fail.  Texts are refused until a restart, and then all that was taken is there."""
    with closing(Faults(stage.folder)) as faults, closing(Witness(stage.ports["irc"])) as witness:
        trial, until = Trial(witness, faults=1), time.monotonic() + seconds
        trial.say()
        faults.failSyncs(1)
        while trial.say():
            time.sleep(PAUSE)
        faults.heal()
        while time.monotonic() < until:
            if trial.say():
                trial.miss("a text was taken after a failed sync")
            trial.read()
            time.sleep(PAUSE)
        trial.compare(stage)
        restart(stage, witness)
        # Nobody knows what is on the disk of the text whose sync failed, so it may be there.
        texts = [text for text, _ in witness.history() or []]
        if [text for text in texts if text not in witness.refused[:1]] != witness.taken:
            trial.miss(f"the history after the restart differs from what was taken: {len(texts)} texts")
        if not trial.say():
            trial.miss("texts are refused after the restart")
        return trial.seen()


REFUSED = (
    "the sender is told and nobody gets the text; history can be read; another client's PONG takes"
    f" {1000 * PING:g} ms at most; texts are taken within {BACK:g} s after the fault; what was taken is there after a"
    " restart, and nothing else"
)

FULL = Fault(partial(healed, fillUp))
UNWRITABLE = Fault(partial(healed, Faults.failWrites))
UNREADABLE = Fault(partial(healed, Faults.failReads), refuses=False, reads=False)
LOCKED = Fault(locked, hold=BUSY + 1.0)
SLOW = Fault(partial(healed, lambda faults: faults.delaySyncs(DELAY)), hold=3 * DELAY, refuses=False)


def scenario(name: str, tried: str, required: str, fault: Fault, p99: float = P99, quick: bool = True) -> Scenario:
    """Make the scenario of a fault."""
    marks, run = Marks(p99=p99, refused=fault.refuses), partial(disturbed, [fault])
    return Scenario(name, tried, required, run, fault.hold + 0.5, quick, prepare, marks)


SCENARIOS = (
    scenario("disk-full", "the disk is full again and again", REFUSED, FULL),
    scenario("write-error", "writes fail (EIO) again and again", REFUSED, UNWRITABLE, quick=False),
    Scenario(
        "failed-sync",
        "a sync fails (EIO) once",
        "texts are refused until a restart, and history can be read; then all that was taken is there",
        failedSync,
        prepare=prepare,
        marks=Marks(refused=True),
    ),
    scenario(
        "read-error",
        "reads fail (EIO) again and again",
        "history is refused, and is never incomplete; texts are taken; afterwards all are there",
        UNREADABLE,
    ),
    scenario(
        "locked-journal",
        f"another program locks the journal for {LOCKED.hold:g} s, again and again",
        REFUSED,
        LOCKED,
        p99=WAITS * BUSY + P99,
    ),
    scenario(
        "slow-disk",
        f"a sync takes {1000 * DELAY:g} ms longer",
        f"no text is lost or refused; another client's PONG takes {1000 * PING:g} ms at most",
        SLOW,
        p99=3 * DELAY,
    ),
)
