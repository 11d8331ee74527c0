"""What a scenario of the catalogue is, and what it returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.fire.stage import Stage

P99, NEWCOMER, GROWTH, LEFT = 0.25, 1.0, 32.0, 3
"""
The marks of the canary and the server: the 99th percentile of the canary's delays in seconds, the time until a newcomer
has an answer in seconds, the growth of the server's memory in MiB, and the number of descriptors that are left.
"""


@dataclass(frozen=True, slots=True)
class Marks:
    """
    The marks that hold for every scenario, unless it says otherwise.  C{None} means that a mark does not apply.

    Some marks cannot be changed: no line of the canary is lost or doubled, no refused line is received, the server does
    not disconnect the canary unless the scenario stops the server, the server's log has no traceback, and the server
    runs at the end unless the scenario has stopped it.

    @ivar p99: the maximum of the 99th percentile of the canary's delays, in seconds.
    @ivar newcomer: how long a newcomer waits for an answer after the scenario, at most, in seconds.
    @ivar growth: by how much the server's resident memory grows, at most, in MiB.
    @ivar left: how many more descriptors than before the server has open, at most, when all clients are gone.
    @ivar refused: whether the server may refuse lines of the canary and tell it so.
    @ivar cpu: the maximum share of one processor that the server uses.
    """

    p99: float | None = P99
    newcomer: float | None = NEWCOMER
    growth: float | None = GROWTH
    left: int | None = LEFT
    refused: bool = False
    cpu: float | None = None


@dataclass(frozen=True, slots=True)
class Setup:
    """
    How the server is started.

    @ivar settings: keys of the configuration, as in C{"limits.registration"}, with their values.  Every other key has
        its default, except that the server has four doors, and the canary is exempt from the limits on rates.
    @ivar environment: variables of the server's environment, such as C{LD_PRELOAD}.
    @ivar before: a command that runs the server's command, such as C{prlimit}, with its options.
    """

    settings: Mapping[str, object] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    before: Sequence[str] = ()


def plain(folder: Path) -> Setup:
    """Start the server with its defaults."""
    return Setup()


def always(setup: Setup) -> Callable[[Path], Setup]:
    """Return a function that gives this setup for every folder."""
    return lambda folder: setup


@dataclass(frozen=True, slots=True)
class Seen:
    """
    What a scenario saw, apart from the canary.

    @ivar text: a short sentence, or a few.
    @ivar missed: what was required and did not happen, each in a few words.
    @ivar figures: measurements for the JSON file.
    @ivar remarks: lines below the table.
    """

    text: str
    missed: Sequence[str] = ()
    figures: Mapping[str, object] = field(default_factory=dict)
    remarks: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """
    One entry of the catalogue.

    @ivar name: its name in options and results.
    @ivar tried: what is done to the server, in one sentence without a period.
    @ivar required: what is required beyond L{marks}, in the same form; empty if nothing is.
    @ivar run: does it, for about so many seconds, and returns what it saw.
    @ivar shortest: the shortest duration in which it can show anything, in seconds.  Fewer seconds are not allowed.
    @ivar quick: whether it is part of a quick run, where it takes its shortest duration.
    @ivar prepare: returns the setup of the server.  Its argument is the server's working directory, where it may put
        files.
    @ivar marks: the marks that hold for every scenario.
    """

    name: str
    tried: str
    required: str
    run: Callable[[Stage, float], Seen]
    shortest: float = 1.0
    quick: bool = True
    prepare: Callable[[Path], Setup] = plain
    marks: Marks = Marks()
