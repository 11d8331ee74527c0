"""
A model of a disk: what of a folder is certainly on it, and what a power cut may lose.

POSIX promises only this (fsync(2), fdatasync(2)): after a successful sync of a file, the changes made before it are on
the disk; after one of a directory, its names are.  Every other change may be there or not, without regard to order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from random import Random
from typing import Final, TypeAlias

from bench.fire.shim.record import Kind, Record

SECTORS: Final = (512, 4096)
"""The sizes of the units that a disk writes as a whole, in bytes."""

EXTENDED: Final = 0.25
"""How often the size of a file is on the disk, and the bytes that made it so large are not."""


@dataclass(frozen=True, slots=True)
class Cut:
    """
    How a power cut treats the changes that need not be on the disk.

    @ivar kept: the probability that such a change is there.  With 0 nothing of them is, and with 1 everything.
    @ivar seed: the seed of the random choices.
    """

    kept: float
    seed: int = 0


@dataclass(slots=True)
class _Write:
    """
    A change of a file: bytes at an offset.  C{None} in place of the bytes: the offset is the new size.

    @ivar certain: whether it is on the disk.
    @ivar doubtful: whether a sync failed after it.  The kernel may have dropped it then, so no later sync stores it
        (fsync(2), EIO).
    """

    offset: int
    data: bytes | None
    certain: bool = False
    doubtful: bool = False


class _File:
    """A file: bytes that are certainly on the disk, and later changes in order."""

    def __init__(self) -> None:
        self.stored = bytearray()
        self.changes: list[_Write] = []

    def settle(self) -> None:
        """Make the certain changes before the first uncertain one part of the stored bytes."""
        done = 0
        for change in self.changes:
            if not change.certain:
                break
            _apply(self.stored, change.offset, change.data)
            done += 1
        del self.changes[:done]

    def after(self, cut: Cut, random: Random) -> bytearray:
        """The content after a power cut."""
        content = bytearray(self.stored)
        for change in self.changes:
            if change.certain or random.random() < cut.kept:
                _apply(content, change.offset, change.data)
            elif change.data is not None and 0 < cut.kept < 1:
                for start, part in _torn(change.offset, change.data, random):
                    _apply(content, start, part)
                if random.random() < EXTENDED:
                    _apply(content, max(len(content), change.offset + len(change.data)), None)
        return content


_Node: TypeAlias = "_File | None"
"""A file; C{None} for a directory."""


@dataclass(slots=True)
class _Naming:
    """
    A change of the names in a directory: what each name means from now on, or that it means nothing (no entry).

    @ivar certain: whether it is on the disk.
    """

    directory: int
    names: dict[str, tuple[_Node] | None]
    certain: bool = False


@dataclass(slots=True)
class _Sync:
    """A sync that has begun: the changes that are on the disk when it succeeds."""

    writes: list[_Write] = field(default_factory=list)
    namings: list[_Naming] = field(default_factory=list)
    file: _File | None = None


class Disk:
    """The files below a folder that was empty when the record began."""

    def __init__(self) -> None:
        self._files: dict[int, _File] = {}
        self._directories: dict[str, int] = {}
        self._names: dict[str, _Node] = {}
        self._stored: dict[str, tuple[_Node] | None] = {}
        self._namings: list[_Naming] = []
        self._syncs: dict[int, _Sync] = {}
        self._acts: dict[Kind, Callable[[Record], None]] = {
            Kind.STARTED: self._started,
            Kind.CREATED: self._created,
            Kind.MADE: self._made,
            Kind.WRITTEN: lambda record: self._change(record, record.data),
            Kind.TRUNCATED: lambda record: self._change(record, None),
            Kind.RENAMED: self._renamed,
            Kind.REMOVED: lambda record: self._name({record.name: None}),
            Kind.SYNCING: self._syncing,
            Kind.SYNCED: lambda record: self._synced(record, True),
            Kind.NOT_SYNCED: lambda record: self._synced(record, False),
        }

    def apply(self, record: Record) -> None:
        """Do what a record says.  Records about sockets change nothing."""
        act = self._acts.get(record.kind)
        if act is not None:
            act(record)

    def after(self, cut: Cut) -> Iterator[tuple[str, bytes | None]]:
        """
        Return the names below the folder after a power cut at this moment, directories first, each with the content of
        the file, or with C{None} if it is a directory.
        """
        random = Random(cut.seed)
        names = dict(self._stored)
        for naming in self._namings:
            if naming.certain or random.random() < cut.kept:
                names.update(naming.names)
        lost: set[str] = set()
        contents: dict[int, bytes] = {}
        for name, found in sorted(names.items()):
            parent = str(PurePosixPath(name).parent)
            if found is None or parent in lost or (parent != "." and names.get(parent) is None):
                lost.add(name)
                continue
            node = found[0]
            if node is None:
                yield name, None
            else:
                if id(node) not in contents:
                    contents[id(node)] = bytes(node.after(cut, random))
                yield name, contents[id(node)]

    def write(self, folder: Path, cut: Cut) -> None:
        """Write what is there after a power cut at this moment to an empty folder."""
        for name, content in self.after(cut):
            if content is None:
                (folder / name).mkdir(mode=0o700)
            else:
                (folder / name).write_bytes(content)
                (folder / name).chmod(0o600)

    def _started(self, record: Record) -> None:
        self._directories[""] = record.file
        self._syncs.clear()

    def _made(self, record: Record) -> None:
        self._directories[record.name] = record.file
        self._name({record.name: (None,)})

    def _created(self, record: Record) -> None:
        file = self._files[record.file] = _File()
        if record.data:
            self._name({record.name: (file,)})

    def _change(self, record: Record, data: bytes | None) -> None:
        self._files[record.file].changes.append(_Write(record.offset, data))

    def _renamed(self, record: Record) -> None:
        old, _, new = record.name.partition("\0")
        names: dict[str, tuple[_Node] | None] = {}
        if old in self._directories:
            raise ValueError(f"the record has a renamed directory, {old}, which this model does not know")
        if new:
            if old not in self._names:
                raise ValueError(f"the record has a file from elsewhere, {new}, whose content is unknown")
            names[new] = (self._names[old],)
        if old:
            names[old] = None
        self._name(names)

    def _name(self, names: dict[str, tuple[_Node] | None]) -> None:
        """Note what names mean from now on.  Those of one call are in one directory, and change together."""
        parent = str(PurePosixPath(next(iter(names))).parent).removeprefix(".")
        self._namings.append(_Naming(self._directories[parent], names))
        for name, found in names.items():
            if found is None:
                self._names.pop(name, None)
                self._directories.pop(name, None)
            else:
                self._names[name] = found[0]

    def _syncing(self, record: Record) -> None:
        file = self._files.get(record.file)
        self._syncs[record.offset] = _Sync(
            [] if file is None else [each for each in file.changes if not each.doubtful],
            [each for each in self._namings if each.directory == record.file],
            file,
        )

    def _synced(self, record: Record, well: bool) -> None:
        sync = self._syncs.pop(record.offset)
        for change in sync.writes:
            change.certain, change.doubtful = change.certain or well, not (change.certain or well)
        if sync.file is not None:
            sync.file.settle()
        for naming in sync.namings:
            naming.certain = naming.certain or well
        while self._namings and self._namings[0].certain:
            self._stored.update(self._namings.pop(0).names)


def _apply(content: bytearray, offset: int, data: bytes | None) -> None:
    """Write bytes into a content; or without bytes, let the offset be its size.  A hole consists of zeros."""
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    if data is None:
        del content[offset:]
    else:
        content[offset : offset + len(data)] = data


def _torn(offset: int, data: bytes, random: Random) -> Iterator[tuple[int, bytes]]:
    """Choose some sectors of a write, or none."""
    size = random.choice(SECTORS)
    if random.random() < 0.5:
        return
    position = 0
    while position < len(data):
        end = min(len(data), (offset + position) // size * size + size - offset)
        if random.random() < 0.5:
            yield offset + position, data[position:end]
        position = end
