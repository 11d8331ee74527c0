"""Faults that are planted into the server, one at a time.  The simulation must find each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any, Final
from unittest.mock import patch
from weakref import WeakKeyDictionary

from twistchat.chat.fanout import audience, delivery
from twistchat.chat.model.rooms import Room
from twistchat.chat.model.users import User
from twistchat.chat.rules.rooms import visibility
from twistchat.journal.sqlite.faults import Fault
from twistchat.journal.sqlite.maintenance import checking
from twistchat.journal.sqlite.writing.threads import FileThreads
from twistchat.journal.sqlite.writing.writer import Writer
from twistchat.journal.stamp import Stamp
from twistchat.net.client.following import LimitsFollower
from twistchat.net.input import intake
from twistchat.net.input.intake import Intake
from twistchat.net.limits.admission import Admission
from twistchat.net.output.outbox import SocketOutbox
from twistchat.net.output.turn import Turn
from twistchat.protocols.irc.history import joining
from twistchat.protocols.irc.protocol import IrcConnection
from twistchat.protocols.line import history, rooms
from twistchat.services import assembly


@contextmanager
def tooEarly() -> Iterator[None]:
    """Entries are applied before they are on disk."""
    write = FileThreads.writeBatch

    def writeBatch(self: FileThreads, rows: Any, effects: Any, done: Callable[[str | None], None]) -> None:
        write(self, rows, effects, lambda why: None)
        done(None)

    with patch.object(FileThreads, "writeBatch", writeBatch):
        yield


@contextmanager
def gapAtSeam() -> Iterator[None]:
    """The history that a client is shown when it joins ends before the last text."""
    line, irc = history.readPast, joining._showHistory  # private: the seam at the IRC door

    async def readPast(client: Any, target: str, limit: int, *arguments: Any, **options: Any) -> Any:
        found = await line(client, target, limit, *arguments, **options)
        return found[:-1] if "before" in options else found

    async def show(client: Any, reply: Any, name: str, before: int) -> None:
        past = client.context.chat.reading.history(client.openSession, name, 1, None, before)
        found = await past
        await irc(client, reply, name, found[-1].sequence if found else before)

    with patch.object(rooms, "readPast", readPast), patch.object(joining, "_showHistory", show):
        yield


@contextmanager
def noFlush() -> Iterator[None]:
    """A session that leaves a room does not get the texts that wait for it."""
    remove = audience.Audience.remove

    def removeAtOnce(self: audience.Audience, session: Any) -> None:
        with patch.object(audience.Audience, "flushTo", lambda self, session: None):
            remove(self, session)

    with patch.object(audience.Audience, "remove", removeAtOnce):
        yield


@contextmanager
def ignoredHeard() -> Iterator[None]:
    """A session hears the users that it ignores."""
    with (
        patch.object(delivery, "isIgnored", lambda session, event: False),
        patch.object(delivery.Group, "add", _addUnfiltered),
    ):
        yield


def _addUnfiltered(self: delivery.Group, session: Any, deliver: Callable[[bytes], None]) -> None:
    self.sessions[session.id] = session
    self.unfiltered[session.id] = deliver


@contextmanager
def neverResumed() -> Iterator[None]:
    """A connection that was paused is not resumed."""
    with patch.object(Intake, "resume", lambda self, reason: None):
        yield


@contextmanager
def untold() -> Iterator[None]:
    """Who sends a text that the journal refuses is not told."""
    with patch.object(IrcConnection, "refused", lambda self, event, failure: None):
        yield


@contextmanager
def pongOvertakes() -> Iterator[None]:
    """A ping does not wait for the texts before it."""
    submit = IrcConnection._submit  # private: all lines pass here, before they wait

    def submitLater(self: IrcConnection, line: Any) -> None:
        if isinstance(line, bytes) and line.startswith(b"PING "):
            self.reply(b"PONG sim.example %s\r\n" % line[5:])
        else:
            submit(self, line)

    with patch.object(IrcConnection, "_submit", submitLater):
        yield


@contextmanager
def addressShown() -> Iterator[None]:
    """The address of a user is shown in place of the cloak."""
    with patch.object(assembly, "cloak", lambda key: lambda address: address or "nowhere"):
        yield


@contextmanager
def secretShown() -> Iterator[None]:
    """Secret rooms are shown to everybody."""
    with patch.object(Room, "secretTo", lambda self, user: False):
        yield


@contextmanager
def everyoneReads() -> Iterator[None]:
    """Everybody reads the history of each room."""
    with patch.object(visibility, "readableFrom", lambda state, room, user: 0):
        yield


@contextmanager
def nodesDiffer() -> Iterator[None]:
    """The state depends on where the sessions are."""
    add = User.addSession

    def addSession(self: User, id: str, session: Any, node: str) -> None:
        add(self, id, session, node)
        self.since += session is not None

    with patch.object(User, "addSession", addSession):
        yield


@contextmanager
def leftBehind() -> Iterator[None]:
    """The connections of an address are counted after their end."""
    with patch.object(Admission, "leave", lambda self, record: None):
        yield


@contextmanager
def timeGoesBack() -> Iterator[None]:
    """The journal takes its times from the clock, whatever that says."""
    stamp = Stamp.__call__

    def call(self: Stamp, event: Any) -> Any:
        self.time = 0
        return stamp(self, event)

    with patch.object(Stamp, "__call__", call):
        yield


@contextmanager
def rowLost() -> Iterator[None]:
    """Every tenth batch of a server's journal is not written."""
    write = FileThreads.writeBatch
    numbers: WeakKeyDictionary[FileThreads, Iterator[int]] = WeakKeyDictionary()

    def writeBatch(self: FileThreads, rows: Any, effects: Any, done: Callable[[str | None], None]) -> None:
        number = next(numbers.setdefault(self, count(1)))
        write(self, rows if number % 10 else (), effects, done)

    with patch.object(FileThreads, "writeBatch", writeBatch):
        yield


@contextmanager
def damageShown() -> Iterator[None]:
    """Checksums are not compared."""
    with patch.object(checking, "isIntact", lambda *row: True):
        yield


@contextmanager
def goesOn() -> Iterator[None]:
    """The journal goes on after a failed sync."""
    write = Writer.write

    def writeAgain(self: Writer, *arguments: Any) -> None:
        try:
            write(self, *arguments)
        finally:
            self.broken = None

    with patch.object(Writer, "write", writeAgain):
        yield


@contextmanager
def noShares() -> Iterator[None]:
    """All lines of a client are executed in one turn."""
    with patch.object(intake, "LINES", 1_000_000):
        yield


@contextmanager
def staysOff() -> Iterator[None]:
    """The journal takes nothing more after any fault."""
    write = Writer.write

    def writeOnce(self: Writer, *arguments: Any) -> None:
        try:
            write(self, *arguments)
        except Fault:
            self.broken = self.broken or "something failed"
            raise

    with patch.object(Writer, "write", writeOnce):
        yield


@contextmanager
def fewSends() -> Iterator[None]:
    """Only one connection is sent its output in each turn."""
    with patch.object(assembly, "Turn", lambda clock: Turn(clock, 1)):
        yield


@contextmanager
def limitsStay() -> Iterator[None]:
    """The limits of connected clients do not follow a reload."""
    with patch.object(LimitsFollower, "notify", lambda self: None):
        yield


@contextmanager
def neverClosed() -> Iterator[None]:
    """A connection whose client was told that it ends stays open."""
    with patch.object(SocketOutbox, "_release", lambda self: None):  # private: closes the connection
        yield


@dataclass(frozen=True, slots=True)
class Planted:
    """
    A fault that can be planted.

    @ivar plant: plants it as long as the context lasts.
    @ivar promises: the promises that it breaks.  It has been found for the right reason if one of these is broken.
    """

    plant: Callable[[], AbstractContextManager[None]]
    promises: tuple[str, ...]


FAULTS: Final[Mapping[str, Planted]] = {
    "too-early": Planted(tooEarly, ("durable before visible", "history joins live texts")),
    "gap-at-seam": Planted(gapAtSeam, ("history joins live texts",)),
    "no-flush": Planted(noFlush, ("no gaps", "clients agree")),
    "ignored-heard": Planted(ignoredHeard, ("nobody learns more", "no duplicates")),
    "never-resumed": Planted(neverResumed, ("nobody waits in vain",)),
    "never-closed": Planted(neverClosed, ("the end", "stop in order")),
    "untold": Planted(untold, ("who sends is told",)),
    "pong-overtakes": Planted(pongOvertakes, ("PONG overtakes nothing", "who sends is told")),
    "address-shown": Planted(addressShown, ("nobody learns more",)),
    "secret-shown": Planted(secretShown, ("nobody learns more",)),
    "everyone-reads": Planted(everyoneReads, ("nobody learns more",)),
    "nodes-differ": Planted(nodesDiffer, ("the same on every node",)),
    "left-behind": Planted(leftBehind, ("nothing stays of who left",)),
    "time-goes-back": Planted(timeGoesBack, ("time never decreases",)),
    "row-lost": Planted(rowLost, ("durable before visible",)),
    "damage-shown": Planted(damageShown, ("a changed row is noticed",)),
    "goes-on": Planted(goesOn, ("after a failed sync nothing is written",)),
    "stays-off": Planted(staysOff, ("writes resume",)),
    "few-sends": Planted(fewSends, ("nobody holds up the others",)),
    "limits-stay": Planted(limitsStay, ("limits follow",)),
    "no-shares": Planted(noShares, ("work is bounded",)),
}
"""All of them, by name."""
