"""
Count the work for a message.  Counts, unlike times, are the same on a noisy machine and on a quiet one.

The benchmark runs the same conversation on a server in memory with a number of listeners and lines, with twice the
listeners, with twice the lines, and with twice both, and counts the function calls.  Run it as C{python -m bench.work}
to see the counts; C{tests/bench/test_work.py} enforces the bounds in L{CASES}.
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
"""The initial numbers of listeners (without the speaker) and of lines in one turn."""

MARK = b"|"
"""A character that each text contains once."""

SETTINGS = Settings(doors={"line": LineSettings(timezone="UTC")}, limits=Limits(exempt=("127.0.0.0/8",)))
"""Settings without rate limits."""

PACKAGE = str(Path(twistchat.__file__).parent)
FAKES = str(Path(PACKAGE, "testing"))


@dataclass(frozen=True, slots=True)
class Work:
    """
    An amount of work.

    @ivar renders: how often a dialect rendered an entry.
    @ivar writes: how often bytes were written to a transport.
    @ivar calls: how often a function of twistchat was called or a coroutine resumed.
    """

    renders: float
    writes: float
    calls: float


@dataclass(frozen=True, slots=True)
class Cost:
    """
    The cost of a conversation, by its parts.

    @ivar message: the cost of one more line in a turn.
    @ivar listener: the cost of one more listener in a turn.
    @ivar delivery: the cost of one more line for one more listener: the work that is not shared.
    @ivar turn: the whole cost of a turn with one line and L{LISTENERS} listeners.
    """

    message: Work
    listener: Work
    delivery: Work
    turn: Work


@dataclass(frozen=True, slots=True)
class Case:
    """
    A door, its protocol, and the bounds on its work.

    @ivar name: the door's name.
    @ivar door: makes the door.
    @ivar arrive: the bytes with which a nick registers and joins the room.
    @ivar say: the bytes that send a text to the room.
    @ivar render: the function that renders an entry in the door's dialect.
    @ivar bounds: the maximum cost.
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
"""A case for each door; the bounds are slightly above the current cost."""


class Ear(Protocol):
    """A client that counts the texts that it receives."""

    heard = 0

    def dataReceived(self, data: bytes) -> None:
        """Count."""
        self.heard += data.count(MARK)


@contextmanager
def counting(calls: Counter[CodeType]) -> Iterator[None]:
    """Count the calls of Python functions in this context, by their code."""

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
    Let one client send all its lines in one turn, in a room with a number of listeners, and count the work.

    The client sends an uncounted line first, so that caches are filled.

    @raise AssertionError: a listener did not receive every text.
    """
    server = MemoryServer(SETTINGS, doors=(case.door(),))
    ears = []
    for number in range(listeners + 1):
        ear = Ear()
        server.plug(ear, case.name)
        assert ear.transport is not None
        ear.transport.write(case.arrive(b"u%d" % number))
        server.pump()
        ears.append(ear)
    speaker = ears[0]
    assert speaker.transport is not None
    speaker.transport.write(case.say(b"hello"))
    server.pump()
    speaker.transport.write(b"".join(case.say(b"%s%d" % (MARK, line)) for line in range(lines)))
    calls: Counter[CodeType] = Counter()
    with counting(calls):
        server.pump()
    heard = [ear.heard for ear in ears]
    assert heard == [0] + [lines] * listeners, heard
    return Work(calls[case.render.__code__], calls[MemoryTransport.write.__code__], ours(calls))


def ours(calls: Counter[CodeType]) -> int:
    """
    Count the calls of twistchat's own functions, without its fakes.

    Comprehensions do not count, because they are calls only in some versions of Python.
    """
    return sum(
        count
        for code, count in calls.items()
        if code.co_filename.startswith(PACKAGE)
        and not code.co_filename.startswith(FAKES)
        and not code.co_name.startswith("<")
    )


def price(case: Case, listeners: int = LISTENERS, lines: int = LINES) -> Cost:
    """Compute the parts of a conversation's cost, by doubling one number at a time."""
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
    """List the parts of a cost that exceed their bounds, one line for each."""
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
    Print the cost of every case.

    @return: the exit status: 1 if a cost exceeds its bounds.
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
