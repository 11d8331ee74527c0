"""Faults that are planted into the server, one at a time.  The simulation must find each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Final
from unittest.mock import patch

from twistchat.chat.fanout import audience, delivery
from twistchat.journal.sqlite.writing.threads import FileThreads
from twistchat.net.input.intake import Intake
from twistchat.protocols.irc.history import joining
from twistchat.protocols.line import history, rooms


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
    "too-early": Planted(tooEarly, ("durable before visible",)),
    "gap-at-seam": Planted(gapAtSeam, ("history joins live texts",)),
    "no-flush": Planted(noFlush, ("no gaps", "clients agree")),
    "ignored-heard": Planted(ignoredHeard, ("nobody learns more", "no duplicates")),
    "never-resumed": Planted(neverResumed, ("nobody waits in vain",)),
}
"""All of them, by name."""
