"""Copies whose threads do their work when the test says so, and a stream of entries for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

from twistchat.chat.errors import NoSuchNick
from twistchat.chat.model.events import (
    SERVER,
    AccountDropped,
    AccountRegistered,
    Credential,
    CredentialSet,
    Entry,
    Event,
    Joined,
    PrivateMessage,
    RoomMessageRedacted,
    RoomRenamed,
    ServerBanLifted,
    ServerBanSet,
    TextsForgotten,
    TopicSet,
)
from twistchat.journal.history.sqlite import SqliteHistory
from twistchat.journal.sqlite.copy import CopyPosition, SqliteCopy
from twistchat.journal.sqlite.maintenance.comparing import digest
from twistchat.journal.sqlite.writing.batches import LogLimits
from twistchat.journal.stamp import msgid
from twistchat.testing.contract import ANN, BOB, said
from twistchat.testing.workers import HeldWorker

NAME, KEY = "name", bytes(range(32))

LIMITS = LogLimits(entries=7)
"""The limits of these copies.  Their batches are small."""


class Node:
    """
    A node that opens its copy again and again.

    @ivar copy: the copy, which is open.
    @ivar history: its history.
    @ivar position: what it had when it was opened.
    @ivar applied: the entries that were applied since then.
    @ivar failures: why it failed.
    @ivar damage: what it found to be damaged.
    """

    def __init__(self, directory: str, refusing: frozenset[int] = frozenset()) -> None:
        """
        @param refusing: the sequence numbers of the entries that cannot be applied.
        """
        self.directory = directory
        self.failures: list[str] = []
        self.damage: list[str] = []
        self._refusing = refusing
        self.make()

    def make(self) -> None:
        """Make the copy, and do not open it."""
        self.workers: dict[str, HeldWorker] = {}
        self.applied: list[Entry] = []
        self.copy = SqliteCopy(
            self.directory,
            lambda: 2000.0,
            self._worker,
            limits=LIMITS,
            failed=self.failures.append,
            damaged=self.damage.append,
        )
        self.history = SqliteHistory(self.copy)

    def open(self) -> int:
        """Open the copy, and return the sequence number of the entry after which it continues."""
        self.make()
        position = self.copy.open(NAME, KEY)
        assert position is not None
        self.position: CopyPosition = position
        if position.snapshot is None:
            self.copy.rebuild(self.apply)
            return position.stored
        sequence = int(position.snapshot)
        self.copy.resume(self.apply, sequence)
        return sequence

    def apply(self, entry: Entry, origin: object) -> None:
        """Apply or refuse an entry."""
        if entry.sequence in self._refusing:
            raise NoSuchNick("nobody")
        self.applied.append(entry)

    def save(self) -> Any:
        """Save a snapshot: the number of the last entry that was applied."""
        return self.copy.save(lambda: b"%d" % self.copy.applied)

    def settle(self) -> None:
        """Run all pending work."""
        while any(self.workers.values()):
            for worker in self.workers.values():
                worker.run()

    @property
    def writer(self) -> HeldWorker:
        """The writing thread."""
        return self.workers["twistchat journal writer"]

    def kill(self) -> None:
        """Close the files as they are, like a process that was killed."""
        self.copy.committer.threads.writer.abandon()
        self.copy.committer.threads.reader.close()
        self.copy.committer.closed = True

    def close(self) -> None:
        """Close the copy cleanly."""
        self.copy.close()
        self.settle()

    @property
    def path(self) -> Path:
        """The path of the file."""
        return Path(self.directory, "journal.sqlite")

    def digest(self, after: int = 0) -> Mapping[str, str]:
        """The hashes of its content."""
        return digest(self.path, after)

    def _worker(self, name: str) -> HeldWorker:
        worker = self.workers[name] = HeldWorker()
        return worker


def entries(events: Sequence[Event], after: int = 0) -> list[Entry]:
    """Stamp events."""
    return [
        Entry(sequence, msgid(NAME, sequence), 1000 * sequence, event)
        for sequence, event in enumerate(events, after + 1)
    ]


def anyEvent(random: Random, sequence: int) -> Event:
    """Choose an event."""
    room, other = random.sample(("#a", "#b", "#c"), 2)
    account = random.choice(("alice", "bob"))
    earlier = random.randint(1, max(1, sequence - 1))
    choices: Sequence[Callable[[], Event]] = (
        lambda: said(f"text {sequence}", room),
        lambda: said(f"more {sequence}", room),
        lambda: PrivateMessage(ANN, "s", BOB, f"secret {sequence}"),
        lambda: Joined(ANN, room),
        lambda: TopicSet(ANN, room, f"topic {sequence}"),
        lambda: RoomRenamed(ANN, room, other),
        lambda: RoomMessageRedacted(ANN, room, earlier, msgid(NAME, earlier)),
        lambda: AccountRegistered(SERVER, account, registration=str(sequence)),
        lambda: CredentialSet(SERVER, account, Credential("password", "", f"hash {sequence}")),
        lambda: AccountDropped(SERVER, account),
        lambda: TextsForgotten(SERVER, account),
        lambda: ServerBanSet(ANN, "*!*@a", "reason", None),
        lambda: ServerBanLifted(ANN, "*!*@a"),
    )
    return random.choice(choices)()
