"""Build the preloaded library, and control the faults that it causes in a running server."""

from __future__ import annotations

import atexit
import errno
import mmap
import os
import shutil
import struct
import subprocess
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Final

SOURCES: Final = Path(__file__).parent

VARIABLE: Final = "FIRE_FAULTS"
"""The environment variable that names the control file."""

PATH_SIZE: Final = 4096
"""The size of a path in the control file: C{PATH_MAX} of C{limits.h}."""

UNLIMITED: Final = -1

_NUMBERS: Final = (
    "room",
    "writeError",
    "readError",
    "syncError",
    "syncErrors",
    "syncDelay",
    "mostBytes",
    "clock",
    "badWrites",
    "badReads",
    "badSyncs",
    "syncs",
    "shortWrites",
)
"""The numbers of C{Control} in C{shim.h}, in order."""

_NUMBER: Final = struct.Struct("=q")


CONTROL: Final = "faults"
"""The name of the control file."""


class NotBuilt(OSError):
    """The library cannot be built.  The message says why."""


@dataclass(frozen=True, slots=True)
class Counts:
    """
    What the library has done so far.

    @ivar badWrites: the writes that failed.
    @ivar badReads: the reads that failed.
    @ivar badSyncs: the syncs that failed.
    @ivar syncs: all syncs.
    @ivar shortWrites: the writes that wrote only a part.
    """

    badWrites: int
    badReads: int
    badSyncs: int
    syncs: int
    shortWrites: int


def unavailable() -> str | None:
    """The reason why the library cannot be built here, or C{None}."""
    return None if shutil.which("cc") else "there is no C compiler (cc)"


def build(folder: Path) -> Path:
    """
    Build the library.

    @param folder: the folder for it.
    @return: its path.
    @raise NotBuilt: there is no compiler, or it fails.
    """
    why = unavailable()
    if why is not None:
        raise NotBuilt(why)
    library = folder.absolute() / "shim.so"
    flags = ["-O2", "-shared", "-fPIC", "-fvisibility=hidden"]
    done = subprocess.run(
        ["cc", *flags, "-o", str(library), *map(str, sorted(SOURCES.glob("*.c"))), "-ldl", "-lpthread"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NotBuilt(done.stderr.strip())
    return library


@cache
def library() -> Path:
    """
    Build the library once, and remove it at the end of this process.

    @raise NotBuilt: this is not possible.
    """
    folder = Path(mkdtemp(prefix="shim"))
    atexit.register(rmtree, folder)
    return build(folder)


def install(folder: Path, data: Path, record: Path | None = None) -> dict[str, str]:
    """
    Create the control file of a server.  There are no faults at first.

    @param folder: the folder for the control file.
    @param data: the folder whose files are affected.  It need not exist yet.
    @param record: the file that gets the record, see L{bench.fire.shim.record}; C{None} for no record.
    @return: the environment variables with which the server must be started.
    @raise NotBuilt: the library cannot be built.
    """
    control = folder.absolute() / CONTROL
    paths = (str(data.resolve()), "" if record is None else str(record.absolute()))
    control.write_bytes(
        bytes(len(_NUMBERS) * _NUMBER.size) + b"".join(os.fsencode(path).ljust(PATH_SIZE, b"\0") for path in paths)
    )
    with closing(Faults(folder)) as faults:
        faults.heal()
    before = os.environ.get("LD_PRELOAD", "")
    return {VARIABLE: str(control), "LD_PRELOAD": f"{library()} {before}".strip()}


class Faults:
    """The faults of one server, which may be restarted.  Each method takes effect at once."""

    def __init__(self, folder: Path) -> None:
        """
        Open the control file.

        @param folder: its folder.
        @raise OSError: there is none.  See L{install}.
        """
        with (folder / CONTROL).open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), 0)

    def fill(self, room: int = 0) -> None:
        """Let the disk be full (C{ENOSPC}) after this number of bytes."""
        self._set("room", room)

    def failWrites(self) -> None:
        """Let each write fail (C{EIO})."""
        self._set("writeError", errno.EIO)

    def failReads(self) -> None:
        """Let each read fail (C{EIO})."""
        self._set("readError", errno.EIO)

    def failSyncs(self, count: int = UNLIMITED) -> None:
        """Let the next syncs fail (C{EIO}): this many, or all."""
        self._set("syncErrors", count)
        self._set("syncError", errno.EIO)

    def delaySyncs(self, seconds: float) -> None:
        """Let each sync take longer."""
        self._set("syncDelay", int(seconds * 1e9))

    def shortenWrites(self, size: int) -> None:
        """Let each write take at most this number of bytes, as write(2) allows."""
        self._set("mostBytes", size)

    def shiftClock(self, seconds: float) -> None:
        """Set the wall clock this much off the system's.  The monotonic clock goes on."""
        self._set("clock", int(seconds * 1e9))

    def heal(self) -> None:
        """End all faults of the disk.  The clock stays."""
        self._set("room", UNLIMITED)
        for name in ("writeError", "readError", "syncError", "syncErrors", "syncDelay", "mostBytes"):
            self._set(name, 0)

    def counts(self) -> Counts:
        """What the library has done so far."""
        return Counts(*[self._get(name) for name in Counts.__slots__])

    def close(self) -> None:
        """Close the control file.  The faults stay as they are."""
        self._map.close()

    def _set(self, name: str, value: int) -> None:
        _NUMBER.pack_into(self._map, _NUMBERS.index(name) * _NUMBER.size, value)

    def _get(self, name: str) -> int:
        number: int = _NUMBER.unpack_from(self._map, _NUMBERS.index(name) * _NUMBER.size)[0]
        return number
