"""
Cut the power of a server at many moments, and look what its journal has then.

A record of a server shows what it wrote and what it sent (L{bench.fire.shim.record}).  For each cut, L{Disk
<bench.fire.shim.disk.Disk>} builds the files that a disk may hold at that moment.  The journal in them must open, must
be undamaged, and must have everything that a client had been shown by then.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from bench.fire.chatter import ROOM
from bench.fire.shim.disk import Cut, Disk
from bench.fire.shim.record import Kind, Record
from bench.traffic import MARK
from twistchat.journal.codec import encode
from twistchat.journal.sqlite.files import FILE
from twistchat.journal.sqlite.maintenance.checking import check
from twistchat.journal.sqlite.reading import LAST, RowReader
from twistchat.journal.sqlite.writing.writer import Writer
from twistchat.testing.server import MemoryServer

if TYPE_CHECKING:
    from twistchat.chat.model.events import Entry

TEXT: Final = re.compile(rb"\%s\w+\.\d+" % MARK)
"""A text that occurs once: those of the canary, and of L{bench.fire.chatter}."""

KEPT: Final = (0.0, 0.5, 0.9, 0.0, 1.0)
"""What the cuts in turn keep of the changes that need not be on the disk, see L{Cut}."""

PAGE: Final = 100
"""The number of texts that are read from the history."""

_SAID: Final = re.compile(rf"PRIVMSG {ROOM.decode()} :(\{MARK.decode()}\S+)")
_MSGID: Final = re.compile(rb"^@(?:[^ ]*;)?msgid=\w+-(\d+)(?:;[^ ]*)? :\S+ \S+ ?(\S*)")
_REPEATED: Final = re.compile(rb"^@(?:[^ ]*;)?batch=")


@dataclass(slots=True)
class Shown:
    """
    What the clients of a server had been shown at a moment.

    @ivar texts: the texts, in the order in which they were shown first.
    @ivar sequences: the sequence numbers, from the message ids (IRCv3, Message IDs).
    @ivar disorder: lines that a connection received after a line of the same room with a higher sequence number, except
        for history.  Between rooms there is no order.
    """

    texts: dict[bytes, None] = field(default_factory=dict)
    sequences: set[int] = field(default_factory=set)
    disorder: list[bytes] = field(default_factory=list)
    _rest: dict[int, bytes] = field(default_factory=dict)
    _newest: dict[tuple[int, bytes], int] = field(default_factory=dict)

    def hear(self, record: Record) -> bool:
        """
        Note what a record says that was sent.

        @return: whether a text was shown that had not been before.
        """
        number = record.descriptor
        if record.kind is Kind.STARTED:
            self._rest, self._newest = {}, {}
        if record.kind is Kind.DISCONNECTED:
            self._rest.pop(number, None)
            self._newest = {key: sequence for key, sequence in self._newest.items() if key[0] != number}
        if record.kind is not Kind.SENT:
            return False
        known = len(self.texts)
        whole, newline, self._rest[number] = (self._rest.get(number, b"") + record.data).rpartition(b"\n")
        for line in whole.split(b"\n") if newline else ():
            self.texts.update(dict.fromkeys(TEXT.findall(line)))
            if (found := _MSGID.match(line)) is not None:
                sequence = int(found[1])
                self.sequences.add(sequence)
                if not _REPEATED.match(line):
                    key = number, found[2]
                    if sequence < self._newest.get(key, 0):
                        self.disorder.append(line)
                    self._newest[key] = sequence
        return len(self.texts) > known


@dataclass(frozen=True, slots=True)
class Problem:
    """
    What is wrong after a cut.

    @ivar place: the number of records before the cut.
    @ivar cut: the cut.
    @ivar what: what is wrong.
    """

    place: int
    cut: Cut
    what: str

    def __str__(self) -> str:
        return f"cut after {self.place:,} records (kept {self.cut.kept:g}, seed {self.cut.seed}): {self.what}"


def places(records: Sequence[Record], count: int, seed: int) -> list[int]:
    """
    Choose where to cut: half of the cuts directly after a text was shown first, and the others anywhere.

    @param count: the number of cuts, which is less if there are not so many places.
    @param seed: the seed of the choices.
    @return: the number of records before each cut, in order.
    """
    shown, random = Shown(), Random(seed)
    after = [place for place, record in enumerate(records, 1) if shown.hear(record)]
    chosen = set(random.sample(after, min(len(after), count // 2)))
    others = [place for place in range(1, len(records) + 1) if place not in chosen]
    return sorted(chosen.union(random.sample(others, min(len(others), count - len(chosen)))))


def cutPower(records: Sequence[Record], count: int, seed: int = 0) -> Iterator[list[Problem]]:
    """
    Cut the power of a recorded server again and again.

    @param records: the record, from an empty folder on.
    @param count: the number of cuts.
    @param seed: the seed of all choices.
    @return: for each cut, what is wrong.
    """
    where, disk, shown, done = places(records, count, seed), Disk(), Shown(), 0
    whole = Disk()
    for record in records:
        whole.apply(record)
    with TemporaryDirectory(prefix="cut") as folder:
        whole.write(Path(folder), Cut(1.0))
        last = entries(journalIn(Path(folder)))
    for number, place in enumerate(where):
        for record in records[done:place]:
            disk.apply(record)
            shown.hear(record)
        done, cut = place, Cut(KEPT[number % len(KEPT)], seed + number)
        with TemporaryDirectory(prefix="cut") as folder:
            disk.write(Path(folder), cut)
            yield [Problem(place, cut, what) for what in examine(Path(folder), shown, last)]


def journalIn(folder: Path) -> Path | None:
    """The journal in a folder or below it; C{None} if there is none, or only an empty file."""
    return next((path for path in folder.rglob(FILE) if path.stat().st_size), None)


def entries(path: Path | None) -> list[Entry]:
    """
    Read all entries of a journal that are undamaged.

    @raise Fault: it cannot be read.
    """
    if path is None:
        return []
    with closing(RowReader(path)) as reader:
        return reader.page(0, LAST, LAST, "[]")[0]


def examine(folder: Path, shown: Shown, last: Sequence[Entry]) -> list[str]:
    """
    Start a server on the files after a power cut, and look at its journal.

    @param folder: the folder of the files.
    @param shown: what the clients had been shown.
    @param last: the entries of the journal at the end of the record.
    @return: what is wrong.
    """
    path = journalIn(folder)
    if path is None:
        return [f"there is no journal, and {len(shown.texts)} texts had been shown"] if shown.texts else []
    try:
        position = _recover(path.parent)
        problems = list(_reused(position, shown)) + list(restarted(path.parent, shown))
        findings = check(path, lambda part: None)
        problems += [f"twistchat check: {fault}" for fault in findings.faults]
        if findings.damaged.count or findings.unreadable.count:
            problems.append(f"damaged entries: {findings.damaged}; unreadable: {findings.unreadable}")
        # The server that was started here has stored entries, too.
        found = [entry for entry in entries(path) if entry.sequence <= position]
        return problems + list(compared(found, shown, last))
    except Exception as e:
        return [f"the journal does not open: {type(e).__name__}: {e}"]


def _recover(directory: Path) -> int:
    """
    Open the journal as a server does at its start, and close it.

    @return: the last sequence number that it may have used.
    """
    writer = Writer(str(directory), "full", lambda: "new", lambda: bytes(32))
    try:
        return writer.position().sequence
    finally:
        writer.abandon()


def _reused(position: int, shown: Shown) -> Iterator[str]:
    """Say whether sequence numbers that had been shown will be used again."""
    highest = max(shown.sequences, default=0)
    if position < highest:
        yield f"sequence numbers are used again: {highest} had been shown, and the journal is at {position}"


def compared(found: Sequence[Entry], shown: Shown, last: Sequence[Entry]) -> Iterator[str]:
    """Compare the entries after a cut with what had been shown, and with the entries at the end of the record."""
    if found != last[: len(found)]:
        at = next((number for number, pair in enumerate(zip(found, last, strict=False)) if pair[0] != pair[1]), -1)
        yield f"the entries are not the first ones of the journal: see number {at} of {len(found)}"
    texts = Counter(text for entry in found for text in TEXT.findall(encode(entry.event)[1]))
    yield from _listed("shown and lost", [text for text in shown.texts if text not in texts])
    yield from _listed("there twice", [text for text, times in texts.items() if times > 1])
    there = {entry.sequence for entry in found}
    lost = sorted({entry.sequence for entry in last}.intersection(shown.sequences) - there)
    yield from _listed("shown and lost, sequence numbers", [b"%d" % sequence for sequence in lost])
    yield from _listed("shown out of order", shown.disorder)


def restarted(directory: Path, shown: Shown) -> Iterator[str]:
    """Start a server on the journal, and read the history of the room of L{bench.fire.chatter} as a client."""
    server = MemoryServer(directory=str(directory))
    if server.log.trouble is not None:
        yield f"a server does not start: {server.log.trouble}"
        return
    client = server.irc("probe", "batch", "draft/chathistory", "message-tags", "server-time")
    client.join(ROOM.decode())
    client.skip()
    client.send(f"CHATHISTORY LATEST {ROOM.decode()} * {PAGE}")
    heard = [text.encode() for text in _SAID.findall("\n".join(client.lines()))]
    said = [text for text in shown.texts if text.startswith(b"%sc" % MARK)]
    yield from _listed("twice in the history", [text for text, times in Counter(heard).items() if times > 1])
    if len(heard) < PAGE:
        yield from _listed("shown and not in the history", [text for text in said if text not in heard])
    known = set(heard)
    both = [text for text in said if text in known]
    if both != [text for text in heard if text in shown.texts]:
        yield "the history has another order than what was shown"
    server.close()


def _listed(what: str, items: Iterable[bytes]) -> Iterator[str]:
    """Say what is wrong with some items, if there are any."""
    found = list(items)
    if found:
        some = ", ".join(item.decode(errors="replace") for item in found[:5])
        yield f"{what}: {len(found)} ({some})"
