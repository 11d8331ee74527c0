"""
How much work a message is, counted and not timed, so that a noisy machine gives the same answer as a quiet one.

A whole server in memory is given the same conversation with so many listeners and lines, with twice the listeners,
with twice the lines, and with twice both; what is called meanwhile is counted.  Run it as C{python -m bench.work} to
see the counts; C{tests/bench/test_work.py} holds them to L{CASES}' bounds.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from types import CodeType, FrameType

from twisted.internet.protocol import Protocol

import twistchat
from twistchat.config import Settings
from twistchat.config.limits import Limits
from twistchat.doors.irc import IrcDoor
from twistchat.doors.line import LineDoor
from twistchat.interfaces import IDoor
from twistchat.protocols.line.settings import LineSettings
from twistchat.testing import MemoryServer
from twistchat.testing.links import MemoryTransport
from twistchat.wire.irc.dialect import IrcDialect
from twistchat.wire.plain import PlainDialect

LISTENERS, LINES = 20, 10
"""How many are in the room besides the speaker, and how many lines are said in one turn, at first."""

MARK = b"|"
"""What each text has once."""

SETTINGS = Settings(doors={"line": LineSettings(timezone="UTC")}, limits=Limits(exempt=("127.0.0.0/8",)))
"""Rates do not bind here."""

PACKAGE = str(Path(twistchat.__file__).parent)
FAKES = str(Path(PACKAGE, "testing"))


@dataclass(frozen=True, slots=True)
class Work:
    """
    What something costs.

    @ivar renders: an entry was written in a dialect.
    @ivar writes: bytes were given to a transport.
    @ivar calls: a function of twistchat's was called, or a coroutine of its went on.
    """

    renders: float
    writes: float
    calls: float


@dataclass(frozen=True, slots=True)
class Cost:
    """
    What a conversation costs, taken apart.

    @ivar message: a line more in a turn.
    @ivar listener: a listener more in a turn.
    @ivar delivery: a line more for a listener more: what is not shared.
    @ivar turn: all that one turn with a single line and L{LISTENERS} listeners costs.
    """

    message: Work
    listener: Work
    delivery: Work
    turn: Work


@dataclass(frozen=True, slots=True)
class Case:
    """
    A door, how one talks through it, and what that may cost.

    @ivar name: the door's name.
    @ivar door: makes it.
    @ivar arrive: what a nick sends to be in the one room.
    @ivar say: what is sent to say a text there.
    @ivar render: the function that writes an entry in the door's dialect.
    @ivar bounds: no more than this.
    """

    name: str
    door: Callable[[], IDoor]
    arrive: Callable[[bytes], bytes]
    say: Callable[[bytes], bytes]
    render: Callable[..., bytes]
    bounds: Cost


CASES = {
    case.name: case
    for case in (
        Case(
            "line",
            LineDoor,
            arrive=lambda nick: nick + b"\n",
            say=lambda text: text + b"\n",
            render=PlainDialect.render,
            bounds=Cost(
                message=Work(renders=1, writes=0, calls=42),
                listener=Work(renders=0, writes=1, calls=7),
                delivery=Work(renders=0, writes=0, calls=0),
                turn=Work(renders=1, writes=LISTENERS, calls=240),
            ),
        ),
        Case(
            "irc",
            IrcDoor,
            arrive=lambda nick: b"NICK %b\r\nUSER %b 0 * :x\r\nJOIN #lobby\r\n" % (nick, nick),
            say=lambda text: b"PRIVMSG #lobby :%b\r\n" % text,
            render=IrcDialect.render,
            bounds=Cost(
                message=Work(renders=1, writes=0, calls=34),
                listener=Work(renders=0, writes=1, calls=7),
                delivery=Work(renders=0, writes=0, calls=0),
                turn=Work(renders=1, writes=LISTENERS, calls=240),
            ),
        ),
    )
}
"""Each door's; the bounds are close above what it takes today."""


class Ear(Protocol):
    """A client that counts the texts it is sent."""

    heard = 0

    def dataReceived(self, data: bytes) -> None:
        """Count."""
        self.heard += data.count(MARK)


@contextmanager
def counting(calls: Counter[CodeType]) -> Iterator[None]:
    """Count every call of a Python function meanwhile, by its code."""

    def note(frame: FrameType, event: str, argument: object) -> None:
        if event == "call":
            calls[frame.f_code] += 1

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield
    finally:
        sys.setprofile(before)


def observe(case: Case, listeners: int, lines: int) -> Work:
    """
    Let one speaker say all its lines in one turn, in a room with so many listeners, and count.

    The speaker has said something before, which is not counted: what is made once and kept is there.

    @raise AssertionError: a listener did not hear all.
    """
    server = MemoryServer(SETTINGS, doors=(case.door(),))
    ears = []
    for number in range(listeners + 1):
        ear = Ear()
        server.plug(ear, case.name)
        assert ear.transport is not None
        ear.transport.write(case.arrive(b"u%d" % number))
        server.settle()
        ears.append(ear)
    speaker = ears[0]
    assert speaker.transport is not None
    speaker.transport.write(case.say(b"hello"))
    server.settle()
    speaker.transport.write(b"".join(case.say(b"%s%d" % (MARK, line)) for line in range(lines)))
    calls: Counter[CodeType] = Counter()
    with counting(calls):
        server.settle()
    heard = [ear.heard for ear in ears]
    assert heard == [0] + [lines] * listeners, heard
    return Work(calls[case.render.__code__], calls[MemoryTransport.write.__code__], ours(calls))


def ours(calls: Counter[CodeType]) -> int:
    """
    How many of these calls are twistchat's own, without its fakes.

    Comprehensions are not counted, which are calls in some versions of Python and not in others.
    """
    return sum(
        count
        for code, count in calls.items()
        if code.co_filename.startswith(PACKAGE)
        and not code.co_filename.startswith(FAKES)
        and not code.co_name.startswith("<")
    )


def price(case: Case, listeners: int = LISTENERS, lines: int = LINES) -> Cost:
    """Take apart what a conversation costs, by doubling one thing at a time."""
    base = astuple(observe(case, listeners, lines))
    longer = astuple(observe(case, listeners, 2 * lines))
    wider = astuple(observe(case, 2 * listeners, lines))
    both = astuple(observe(case, 2 * listeners, 2 * lines))
    every = list(zip(base, longer, wider, both, strict=True))
    return Cost(
        message=Work(*((long - once) / lines for once, long, _, _ in every)),
        listener=Work(*((wide - once) / listeners for once, _, wide, _ in every)),
        delivery=Work(*((two - long - wide + once) / (listeners * lines) for once, long, wide, two in every)),
        turn=observe(case, listeners, 1),
    )


def excess(cost: Cost, bounds: Cost) -> list[str]:
    """What is more than it may be, a line for each."""
    found = []
    for part in fields(Cost):
        for figure in fields(Work):
            is_ = getattr(getattr(cost, part.name), figure.name)
            bound = getattr(getattr(bounds, part.name), figure.name)
            if is_ > bound:
                found.append(f"{figure.name} for a {part.name}: {is_:g}, and not {bound:g} at most")
    return found


def main() -> int:
    """
    Print what every case costs.

    @return: the exit status: 1 where anything is more than it may be.
    """
    good = True
    for case in CASES.values():
        cost = price(case)
        print(f"{case.name} door\n\n| for | renders | writes | calls |\n| --- | --- | --- | --- |")
        for part in fields(Cost):
            is_, bound = getattr(cost, part.name), getattr(case.bounds, part.name)
            cells = (f"{a:g} (≤ {b:g})" for a, b in zip(astuple(is_), astuple(bound), strict=True))
            print(f"| a {part.name} | " + " | ".join(cells) + " |")
        too = excess(cost, case.bounds)
        print("\n" + "".join(f"- {line}\n" for line in too))
        good &= not too
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
