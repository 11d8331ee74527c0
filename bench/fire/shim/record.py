"""Read the record of what a server wrote and sent.  C{shim.h} describes it."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

_HEAD: Final = struct.Struct("=IiQqQ")


class Kind(Enum):
    """What happened.  The values are those of the library."""

    STARTED = "S"
    CREATED = "C"
    MADE = "M"
    WRITTEN = "W"
    TRUNCATED = "T"
    RENAMED = "R"
    REMOVED = "U"
    SYNCING = "B"
    SYNCED = "E"
    NOT_SYNCED = "F"
    SENT = "N"
    DISCONNECTED = "X"


@dataclass(frozen=True, slots=True)
class Record:
    """
    One record.  Fields that its kind does not need are 0 or empty.

    @ivar kind: what happened.
    @ivar descriptor: the descriptor of the file or socket.
    @ivar file: the inode of the file or directory; for C{STARTED}, of the folder.
    @ivar offset: where the bytes were written; the new size of a truncated file; the number of a sync.
    @ivar data: the bytes that were written or sent, or the name of what was created or removed, below the folder.  A
        file may be created without a name (open(2), C{O_TMPFILE}).  For C{RENAMED} both names, with a NUL between
        them; one outside of the folder is empty.
    """

    kind: Kind
    descriptor: int = 0
    file: int = 0
    offset: int = 0
    data: bytes = b""

    @property
    def name(self) -> str:
        """The name in the data."""
        return os.fsdecode(self.data)


def records(path: Path) -> Iterator[Record]:
    """
    Read a record, oldest first.

    @param path: the file.  It may end in the middle of a record, if the server was killed.
    """
    with path.open("rb") as file:
        while len(head := file.read(_HEAD.size)) == _HEAD.size:
            kind, descriptor, number, offset, size = _HEAD.unpack(head)
            data = file.read(size)
            if len(data) < size:
                return
            yield Record(Kind(chr(kind)), descriptor, number, offset, data)
