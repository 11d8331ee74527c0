"""The log: it writes a line for each event, and applies the event when the line is on disk."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred, fail, succeed
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from linejournal.lines import LineFile
from twistchat.chat.errors import ChatError, NotStored
from twistchat.chat.model.events import Entry, Event, TextsForgotten
from twistchat.chat.model.forgetting import withoutTexts
from twistchat.chat.model.holding import Holding, remaining
from twistchat.chat.model.names import fold
from twistchat.chat.model.sessions import Origin
from twistchat.interfaces import ILog, JournalFigures
from twistchat.journal.codec import Unreadable, decode, encode
from twistchat.journal.following import Followers, Following
from twistchat.journal.proposals import Mark, Proposal
from twistchat.journal.stamp import Stamp, msgid

if TYPE_CHECKING:
    from twistchat.interfaces import Apply, Refused

RESERVED = 10_000
"""How many sequence numbers are reserved at a time.  Passing events leave no line, and no number is given twice."""

log = Logger()


@implementer(ILog)
class LineLog:
    """A log in a file of lines."""

    def __init__(self, path: Path, now: Callable[[], float], name: Callable[[], str], key: Callable[[], bytes]) -> None:
        """
        @param path: the file.  Nothing is read or written before the log is opened.
        @param now: the time of day, in seconds since the epoch.
        @param name: makes the name of a new journal.
        @param key: makes its key of the cloaks.
        """
        self.promise = f"The journal is in {path}: nobody sees a message before it is there."
        self.figures = JournalFigures()
        self._lines = LineFile(path)
        self._why: str | None = None
        self._now, self._makeName, self._makeKey = now, name, key
        self._isOpen = self._running = False
        self._proposed: deque[Proposal | Mark] = deque()
        self._closing: list[Deferred[None]] = []
        self._kept: dict[int, Entry] = {}
        self._holding = Holding()
        self._followers = Followers()
        self._stamp = Stamp(now, "")
        self._reserved = 0

    # ILog

    @property
    def trouble(self) -> str | None:
        """See L{ILog.trouble}."""
        return self._why if self._isOpen else "the journal is not open"

    def open(self, apply: Apply) -> Deferred[None]:
        """See L{ILog.open}.  The whole file is read, and written anew without what was deleted."""
        self._apply = apply
        try:
            self._load(self._lines.read())
        except OSError as e:
            return fail(e)
        self._restore()
        self._isOpen = True
        for following in self._followers.active:
            self._replay(following)
        return succeed(None)

    def append(self, event: Event, origin: Origin | None = None) -> Deferred[Entry]:
        """See L{ILog.append}."""
        if not self._isOpen:
            return fail(NotStored("the journal is closed"))
        receipt: Deferred[Entry] = Deferred()
        self._propose(Proposal(self._stamp(event), origin, receipt, None))
        return receipt

    def post(self, event: Event, refused: Refused) -> None:
        """See L{ILog.post}."""
        if not self._isOpen:
            refused(event, Failure(NotStored("the journal is closed")))
            return
        self._propose(Proposal(self._stamp(event), None, None, refused))

    def settled(self, reached: Callable[[], None]) -> None:
        """See L{ILog.settled}."""
        if self._running:
            self._proposed.append(Mark(reached))
        else:
            reached()

    def follow(self, sequence: int, receive: Callable[[Entry], None]) -> Following:
        """See L{ILog.follow}."""
        following = self._followers.add(sequence, receive)
        if self._isOpen:
            self._replay(following)
        return following

    def cloakKey(self) -> bytes:
        """See L{ILog.cloakKey}."""
        return self._key

    def close(self) -> Deferred[None]:
        """See L{ILog.close}."""
        closed: Deferred[None] = Deferred()
        self._closing.append(closed)
        self._isOpen = False
        if not self._running:
            self._finish()
        return closed

    # What MemoryHistory asks of the log that it follows

    def locate(self, msgid: str) -> int | None:
        """The sequence number in a message id of this journal, or C{None}."""
        return self._stamp.locate(msgid)

    def forget(self, sequence: int) -> None:
        """
        Delete an entry: a text that was redacted, or an event of an account that holds nothing any more.  Its line is
        gone after the next start.
        """
        if self._kept.pop(sequence, None) is not None:
            self._delete(sequence)

    # Proposals

    def _propose(self, proposal: Proposal) -> None:
        """Take a proposal, and carry out all that wait, unless one of them is being carried out."""
        self._proposed.append(proposal)
        if self._running:
            return
        self._running = True
        try:
            while self._proposed:
                next = self._proposed.popleft()
                if isinstance(next, Mark):
                    next.reached()
                else:
                    self._carryOut(next)
        finally:
            self._running = False
        if not self._isOpen:
            self._finish()

    def _carryOut(self, proposal: Proposal) -> None:
        """Store an event, then apply it, then tell those who follow, then the one who proposed it."""
        entry = proposal.entry
        durable = entry.event.durable
        try:
            self._reserve(entry.sequence)
            if durable:
                self._lines.append(_record(entry))
                self._why = None
        except OSError as e:
            self._why = f"the journal cannot be written: {e}"
            if durable:
                self.figures.failures += 1
                proposal.refuse(Failure(NotStored(self._why)))
                return
        self.figures.events[type(entry.event).__name__] += 1
        try:
            self._apply(entry, proposal.origin)
        except Exception:
            refusal = Failure()
            if durable:
                self._delete(entry.sequence)
            proposal.refuse(refusal)
            return
        if durable:
            if isinstance(entry.event, TextsForgotten):
                self._forgetTexts(fold(entry.event.account))
            self._kept[entry.sequence] = entry
            for erased in self._holding.note(entry):
                self.forget(erased)
        for following in self._followers.active:
            try:
                following.receive(entry)
            except Exception:
                following.fail()
        proposal.applied()

    def _forgetTexts(self, account: str) -> None:
        """Erase the texts of an account.  Their lines are gone after the next start."""
        left = {entry.sequence: entry for entry in withoutTexts(self._kept.values(), account)}
        for sequence, entry in list(self._kept.items()):
            changed = left.get(sequence)
            if changed is None:
                self.forget(sequence)
            elif changed is not entry:
                self._kept[sequence] = changed
                self._note(_record(changed))

    def _replay(self, following: Following) -> None:
        following.replay(list(self._kept.values()))
        following.join()

    def _reserve(self, sequence: int) -> None:
        if sequence > self._reserved:
            self._lines.append({"reserved": sequence + RESERVED})
            self._reserved = sequence + RESERVED

    def _delete(self, sequence: int) -> None:
        """Note that an entry is deleted."""
        self._note({"deleted": sequence})

    def _note(self, record: dict[str, Any]) -> None:
        """Write a record that deletes or changes an entry."""
        try:
            self._lines.append(record)
        except OSError as e:
            log.error("An entry of the journal could not be deleted or changed: {error}", error=e)

    def _finish(self) -> None:
        self._lines.close()
        closing, self._closing = self._closing, []
        for closed in closing:
            closed.callback(None)

    # The file

    def _load(self, records: list[dict[str, Any]]) -> None:
        """Take what the file has, and write it anew without what was deleted."""
        deleted = {record["deleted"] for record in records if "deleted" in record}
        # Of an entry that was changed, the last record counts.
        entries = {record["sequence"]: record for record in records if record.get("sequence", 0)}
        kept = [record for sequence, record in entries.items() if sequence not in deleted]
        head = next((record for record in records if "name" in record), None)
        if head is None:
            head = {"name": self._makeName(), "key": self._makeKey().hex()}
        self._key = bytes.fromhex(head["key"])
        last = max(
            [record["sequence"] for record in kept] + [record.get("reserved", 0) for record in records], default=0
        )
        self._stamp = Stamp(self._now, head["name"], last, max([record["time"] for record in kept], default=0))
        self._reserved = last + RESERVED
        self._lines.replace([head, {"reserved": self._reserved}, *kept])
        self._kept = {}
        for record in kept:
            try:
                event = decode(record["kind"], json.dumps(record["body"]))
            except Unreadable as e:
                log.warn("Entry {sequence} of the journal: {why}", sequence=record["sequence"], why=e)
                continue
            sequence = record["sequence"]
            self._kept[sequence] = Entry(sequence, msgid(head["name"], sequence), record["time"], event)

    def _restore(self) -> None:
        """Apply what rebuilds accounts, rooms and bans, and no messages."""
        self._holding = Holding()
        for entry in list(self._kept.values()):
            for erased in self._holding.note(entry):
                self.forget(erased)
        for sequence, keys in self._holding.entries().items():
            entry = self._kept[sequence]
            event = remaining(entry.event, sequence, keys)
            if event is None:
                continue
            try:
                self._apply(Entry(sequence, entry.msgid, entry.time, event), None)
            except ChatError as e:
                log.warn(
                    "Entry {sequence} of the journal changes nothing any more: {error!r}", sequence=sequence, error=e
                )


def _record(entry: Entry) -> dict[str, Any]:
    kind, body = encode(entry.event)
    return {"sequence": entry.sequence, "time": entry.time, "kind": kind, "body": json.loads(body)}
