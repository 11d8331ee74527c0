"""
The journal on disk, in one SQLite database: what anyone sees is there before they see it.

This is the reactor's side.  What waits is put on disk as one transaction by one thread; when that is done, its entries
are applied in order, and what has come up meanwhile is the next batch.  The reactor waits for nothing.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from twisted.internet.defer import Deferred, fail, succeed
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from twistchat.chat.errors import ChatError, NotRead, NotStored
from twistchat.chat.model.events import Entry, Event, RoomMessage
from twistchat.chat.model.holding import holdingChange
from twistchat.chat.model.sessions import Origin
from twistchat.chat.model.spans import conversation
from twistchat.interfaces import ILog
from twistchat.journal.following import Followers, Following
from twistchat.journal.proposals import Mark, Proposal
from twistchat.journal.sqlite.faults import Fault
from twistchat.journal.sqlite.files import FILE
from twistchat.journal.sqlite.migrate import JournalUnusable
from twistchat.journal.sqlite.reading import RowReader
from twistchat.journal.sqlite.rebuilding import HeldKeys, note, rebuild
from twistchat.journal.sqlite.rows import Row, RowWriter
from twistchat.journal.sqlite.sharing import SharedFile, Sharing
from twistchat.journal.sqlite.threads import FileThreads, noted
from twistchat.journal.sqlite.writer import Writer
from twistchat.journal.stamp import Stamp
from twistchat.worker import Worker

if TYPE_CHECKING:
    from twistchat.interfaces import Apply, Refused

BATCH = 2048
"""Entries in one transaction at the most; no more than L{MOST_ROWS <twistchat.journal.sqlite.writer.MOST_ROWS>}."""

BATCH_SIZE = 1024 * 1024
"""Bytes, about, of one transaction's entries at the most, but for a single one that has more."""

WAITING = 8192
"""Durable events that may wait for the disk; messages of sessions leave room in it for all else."""

RESERVED = 100_000
"""How many sequence numbers are reserved at a time: they are not given again if this process ends without notice."""

PAGE = 500
"""Entries that are read at a time for a follower."""

T = TypeVar("T")

log = Logger()


@implementer(ILog)
class SqliteLog:
    """The log of the default journal: a file in a directory of its own."""

    def __init__(
        self,
        directory: str,
        now: Callable[[], float],
        name: Callable[[], str],
        key: Callable[[], bytes],
        worker: Callable[[str], Worker],
        durability: str = "full",
        keepPassing: bool = False,
    ) -> None:
        """
        Nothing is opened or started yet: the process may still become another.

        @param directory: where it is kept.
        @param now: the time of day, in seconds since the epoch.
        @param name: makes the name of a new journal, in letters and digits.
        @param key: makes the key of its cloaks.
        @param worker: starts a thread, with a name for it.
        @param durability: C{"full"}: what was taken survives a power failure; C{"relaxed"}: it survives the end of
            this process, and a power failure takes the last moments with it.
        @param keepPassing: whether comings and goings of a room are kept as well, for playback.
        """
        self.promise = (
            f"The journal is on disk, in {directory}: what anyone sees is there first."
            if durability == "full"
            else f"The journal is on disk, in {directory}, with relaxed durability: a power failure or a crash of the"
            " system loses what was said in the last moments, though people have seen it."
        )
        self._directory = directory
        self._now = now
        self._name = name
        self._key = key
        self._makeWorker = worker
        self._durability = durability
        self._keepPassing = keepPassing
        self._sharing: Sharing | None = None
        self._rows = RowWriter()
        self._stamp = Stamp(now, "")
        self._closed = True
        self._closing: list[Deferred[None]] = []
        self._waiting: deque[Proposal | Mark] = deque()
        self._decided: deque[Proposal | Mark] = deque()
        self._writing: list[Proposal | Mark] | None = None
        self._settling = False
        self._renaming: Proposal | None = None
        self._durable = 0
        self._applied = 0
        self._refused: set[int] = set()
        self._finishing = False
        self._fresh = 0
        self._followers = Followers()

    def share(self, sharing: Sharing) -> None:
        """Let somebody work in the file, beside this log.  It is not open yet."""
        self._sharing = sharing

    # ILog

    def open(self, apply: Apply) -> Deferred[None]:
        """See L{ILog.open}.  All of it happens within the call: nobody is served yet."""
        self._apply = apply
        try:
            writer = Writer(self._directory, self._durability, self._name, self._key)
            try:
                self._begin(writer)
                reader = RowReader(writer.path)
                try:
                    if self._sharing is not None:
                        self._sharing.prepare(self._shared(reader, writer))
                except BaseException:
                    reader.close()
                    raise
            except BaseException:
                writer.abandon()
                raise
        except Fault as e:
            return fail(JournalUnusable(f"{Path(self._directory, FILE)}: {e.why}: {e.detail}"))
        except Exception:
            return fail()
        self._threads = FileThreads(writer, reader, self._makeWorker, self._mended)
        self._closed = False
        if self._sharing is not None:
            self._sharing.begin()
        for following in self._followers.active:
            self._replay(following, following.start - 1, self._applied)
        return succeed(None)

    def append(self, event: Event, origin: Origin | None = None) -> Deferred[Entry]:
        """See L{ILog.append}."""
        receipt: Deferred[Entry] = Deferred()
        why = self._propose(event, origin, receipt, None)
        return receipt if why is None else fail(NotStored(why))

    def post(self, event: Event, refused: Refused) -> None:
        """See L{ILog.post}."""
        why = self._propose(event, None, None, refused)
        if why is not None:
            refused(event, Failure(NotStored(why)))

    def settled(self, reached: Callable[[], None]) -> None:
        """See L{ILog.settled}."""
        if self._waiting or self._settling or self._writing is not None:
            self._waiting.append(Mark(reached))
            self._advance()
        else:
            reached()

    def locate(self, msgid: str) -> int | None:
        """See L{IHistory.locate}, which needs the log for it."""
        return self._stamp.locate(msgid)

    def follow(self, sequence: int, receive: Callable[[Entry], None]) -> Following:
        """See L{ILog.follow}.  The stored entries are read in pages, while the server goes on."""
        following = self._followers.add(sequence, receive)
        if not self._closed:
            self._replay(following, sequence - 1, self._applied)
        return following

    def cloakKey(self) -> bytes:
        """See L{ILog.cloakKey}."""
        return self._threads.writer.constants.key

    def close(self) -> Deferred[None]:
        """See L{ILog.close}."""
        closed: Deferred[None] = Deferred()
        if self._closed and not self._closing:
            return succeed(None)
        self._closing.append(closed)
        if not self._closed:
            self._closed = True
            if self._sharing is not None:
                self._sharing.stop()
            self._advance()
        return closed

    # From proposal to receipt

    def _propose(
        self, event: Event, origin: Origin | None, receipt: Deferred[Entry] | None, refused: Refused | None
    ) -> str | None:
        """
        Take in a proposal.

        @return: why it is not taken, or C{None}.
        """
        durable = event.durable
        if self._closed:
            return "the journal is closed"
        if durable:
            if self._threads.writer.broken is not None:
                return self._threads.writer.broken
            if self._durable >= WAITING:
                return "too much waits for the disk"
            self._durable += 1
        entry = self._stamp(event)
        if entry.sequence > self._reserved - RESERVED // 2:
            self._reserve()
        stored = durable or (self._keepPassing and conversation(event) is not None)
        row = self._rows.row(entry) if stored else None
        done = None if type(event) is RoomMessage else holdingChange(event)
        self._waiting.append(Proposal(entry, origin, receipt, refused, row, done))
        if self._writing is None and not self._settling:
            self._advance()
        return None

    def _advance(self) -> None:
        """
        Let everything happen that can: the next batch leaves for the disk, and what is decided is settled.  What that
        leads to is the next batch but one, or the next where the disk has nothing to do.
        """
        if self._settling:
            return
        self._settling = True
        try:
            self._send()
            while self._decided:
                proposal = self._decided.popleft()
                self._settle(proposal)
                if proposal is self._renaming:
                    self._renamed(self._renaming)
                if not self._decided:
                    self._send()
        finally:
            self._settling = False
        if self._fresh:
            if self._sharing is not None:
                self._sharing.stored(self._fresh)
            self._fresh = 0
        if self._closed and self._closing and not self._finishing and self._writing is None and not self._waiting:
            self._finish()

    def _send(self) -> None:
        """Let the next batch leave, unless what it does to a room depends on whether that gets another name."""
        while self._waiting and self._writing is None and self._renaming is None:
            self._sendBatch()

    def _sendBatch(self) -> None:
        """
        Take what waits.  Passing events with nothing to be put on disk before them are settled at once.  A room's new
        name is the last of its batch.
        """
        waiting = self._waiting
        while waiting and waiting[0].row is None:
            self._decided.append(waiting.popleft())
        batch: list[Proposal | Mark] = []
        rows: list[Row] = []
        held: HeldKeys = {}
        size = 0
        while waiting and len(batch) < BATCH:
            next = waiting[0]
            if next.row is not None:
                size += len(next.row[-1])
                if rows and size > BATCH_SIZE:
                    break
                rows.append(next.row)
            batch.append(waiting.popleft())
            if not isinstance(next, Proposal) or next.change is None:
                continue
            note(held, next.change, next.entry.sequence)
            if next.change.renamed is not None:
                self._renaming = next
                break
        if batch:
            self._writing = batch
            self._threads.writeBatch(rows, held, self._written)

    def _written(self, why: str | None) -> None:
        """A batch is on disk, or not: then this is why."""
        batch, self._writing = self._writing, None
        assert batch is not None
        if why is not None:
            for proposal in batch:
                if isinstance(proposal, Proposal) and proposal.entry.event.durable:
                    proposal.why = why
        self._decided.extend(batch)
        self._fresh += len(batch)
        self._advance()

    def _settle(self, proposal: Proposal | Mark) -> None:
        """Let what is decided have its effect; whoever hears of it may fail, and keeps no other from hearing."""
        try:
            if isinstance(proposal, Mark):
                proposal.reached()
            else:
                self._conclude(proposal)
        except Exception:
            log.failure("Whoever proposed an entry of the journal could not be told what became of it")

    def _conclude(self, proposal: Proposal) -> None:
        """Apply an entry, or say why it was not kept."""
        entry = proposal.entry
        self._durable -= entry.event.durable
        if proposal.why is not None:
            self._threads.untaken += 1
            proposal.refuse(Failure(NotStored(proposal.why)))
            return
        try:
            self._apply(entry, proposal.origin)
        except ChatError:
            refusal = Failure()
            if proposal.row is not None:
                self._refused.add(entry.sequence)
                self._forget()
        except Exception:
            refusal = Failure()
            log.failure("An entry of the journal could not be applied", refusal)
        else:
            self._applied = entry.sequence
            for following in self._followers.active:
                try:
                    following.receive(entry)
                except Exception:
                    following.fail()
            proposal.taken()
            return
        self._applied = entry.sequence
        proposal.refuse(refusal)

    def _renamed(self, proposal: Proposal) -> None:
        """A room has its new name, or keeps the old: tell the file, before anything else is written."""
        self._renaming = None
        sequence = proposal.entry.sequence
        if proposal.why is None and sequence not in self._refused:
            renaming = self._threads.write(lambda writer: writer.rename(sequence))
            renaming.addCallbacks(lambda _: self._roomMoves(sequence), noted)

    def _roomMoves(self, sequence: int) -> None:
        """The file says that a room has its new name."""
        if self._sharing is not None:
            self._sharing.renamed(sequence)

    def _mended(self) -> None:
        """The file can be written again: go on with what fell behind."""
        if self._sharing is not None:
            self._sharing.writable()

    # What else there is to do with the file

    def _begin(self, writer: Writer) -> None:
        """Take up where the journal was left, and rebuild the rooms."""
        position, name = writer.position(), writer.constants.name
        self._stamp = Stamp(self._now, name, position.sequence, position.time)
        self._applied = position.sequence
        self._reserved = position.sequence + RESERVED
        writer.reserve(self._reserved, position.time)
        writer.checkpoint(whole=True)
        refused, over = rebuild(writer.held(), name, int(self._now() * 1000), self._apply)
        writer.endBans(over)
        unsettled = writer.unsettled()
        if unsettled in refused:
            writer.forget(json.dumps([unsettled]))
        elif unsettled is not None:
            writer.rename(unsettled)

    def _shared(self, reader: RowReader, writer: Writer) -> SharedFile:
        """What is offered to whoever works in the file too."""
        return SharedFile(
            reader,
            writer,
            lambda work: self._read(lambda _: work()),
            lambda work: self._threads.write(lambda _: work()),
            self._idle,
            lambda: self._applied,
            self._without,
            lambda entries: self._threads.count(entries),
        )

    def _idle(self) -> bool:
        """Whether no batch is on its way to the disk, nor waits to be."""
        return self._writing is None and not self._waiting

    def _reserve(self) -> None:
        self._reserved = self._stamp.sequence + RESERVED
        self._threads.write(lambda writer: writer.reserve(self._reserved, self._stamp.time)).addErrback(noted)

    def _forget(self) -> None:
        """Take entries out again that were stored and could not be applied.  Meanwhile reading passes them over."""
        refused = frozenset(self._refused)

        def done(_: None) -> None:
            self._refused -= refused

        sequences = json.dumps(sorted(refused))
        self._threads.write(lambda writer: writer.forget(sequences)).addCallbacks(done, noted)

    def _without(self) -> str:
        return json.dumps(list(self._refused))

    def _read(self, work: Callable[[RowReader], T]) -> Deferred[T]:
        """Read something.  Fails with L{NotRead}."""
        return fail(NotRead("the journal is closed")) if self._closed else self._threads.read(work)

    def _replay(self, following: Following, after: int, last: int) -> None:
        """
        Pass a follower the stored entries behind a sequence number, up to another; later ones it receives as they are
        applied.
        """

        def replay(page: tuple[list[Entry], int]) -> None:
            entries, end = page
            following.replay(entries)
            if following.active:
                self._replay(following, end, last)

        def stop(failure: Failure) -> None:
            if not self._closed:
                log.failure("The journal could not be read for a follower, which receives no more entries", failure)
            following.stop()

        if after >= last:
            following.join()
        else:
            without = self._without()
            self._read(lambda reader: reader.page(after, last, PAGE, without)).addCallbacks(replay, stop)

    def _finish(self) -> None:
        """Everything proposed is settled: close the file, and let go of it."""

        def closed() -> None:
            closing, self._closing = self._closing, []
            self._finishing = False
            for waiter in closing:
                waiter.callback(None)

        self._finishing = True
        self._threads.close(self._stamp.sequence, self._stamp.time, closed)
