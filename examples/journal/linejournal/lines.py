"""
The file: one line for each record.

A line is a CRC-32 in hexadecimal, a space, and a JSON object.  The first line has the journal's name and the key of the
cloaks.  Others have an entry, the sequence number of an entry that is to be deleted, or a reserved sequence number.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from zlib import crc32

from twisted.logger import Logger

log = Logger()


class LineFile:
    """A file of records that is only ever appended to."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = -1

    def read(self) -> list[dict[str, Any]]:
        """
        Read all records.  Lines that changed on disk are logged and left out; so is a last line that is incomplete.

        @raise OSError: the file cannot be read.
        """
        if not self._path.exists():
            return []
        records = []
        for number, line in enumerate(self._path.read_bytes().split(b"\n")[:-1], 1):
            check, _, text = line.partition(b" ")
            if check != b"%08x" % crc32(text):
                log.critical("Line {number} of {path} changed on disk, and is not used", number=number, path=self._path)
                continue
            records.append(json.loads(text))
        return records

    def replace(self, records: list[dict[str, Any]]) -> None:
        """
        Write a new file, and use it from now on.  It takes the place of the old one at once or not at all.

        @raise OSError: it cannot be written.
        """
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = self._path.with_suffix(".part")
        self._file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
        with os.fdopen(os.dup(self._file), "ab") as file:
            file.writelines(map(_line, records))
        os.fsync(self._file)
        part.replace(self._path)

    def append(self, record: dict[str, Any]) -> None:
        """
        Write a record, and wait until it is on disk.

        @raise OSError: it is not there.
        """
        end = os.fstat(self._file).st_size
        line = _line(record)
        try:
            if os.write(self._file, line) != len(line):
                raise OSError("the disk is full")
            os.fsync(self._file)
        except OSError:
            os.ftruncate(self._file, end)
            raise

    def close(self) -> None:
        """Close the file."""
        if self._file != -1:
            os.close(self._file)
            self._file = -1


def _line(record: dict[str, Any]) -> bytes:
    text = json.dumps(record).encode()
    return b"%08x %s\n" % (crc32(text), text)
