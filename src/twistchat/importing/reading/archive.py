"""
The files of an export: in a ZIP file, in a folder, or just one.

Nothing is unpacked.  A file that is read as a whole has at most L{WHOLE} bytes, and a line at most L{LINE}, so an
archive of a few kilobytes cannot fill the memory.
"""

from __future__ import annotations

import codecs
import lzma
import os
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Protocol

from twistchat.importing.reading.fields import shown
from twistchat.importing.records import ImportProblem

# zipfile loads this codec when it opens a file.  By then root may be another user, who cannot read Python's own files.
codecs.lookup("cp437")

WHOLE = 256 * 2**20
"""The most bytes of a file that is read as a whole."""

LINE = 64 * 2**20
"""The most bytes of a line of a file that is read line by line."""

_ENCRYPTED = 0x1
"""The flag of an encrypted member of a ZIP file (APPNOTE, section 4.4.4)."""

_UTF8 = 0x800
"""The flag of a member of a ZIP file whose name is UTF-8 (APPNOTE, section 4.4.4)."""


class Archive(Protocol):
    """
    The files of an export.

    @ivar name: what messages call the archive.
    @ivar sizes: the sizes of the files in bytes, by their names.  These have slashes, and begin below the root.
    """

    name: str
    sizes: Mapping[str, int]

    def open(self, name: str) -> IO[bytes]:
        """
        Open a file to read.

        @raise ImportProblem: the file cannot be opened.
        """


class _Folder:
    """An unpacked export."""

    def __init__(self, path: Path) -> None:
        """
        @raise ImportProblem: a file is a symbolic link, which may lead elsewhere.
        """
        self.name = path.name
        self._path = path
        self.sizes: Mapping[str, int] = dict(self._files())

    def _files(self) -> Iterator[tuple[str, int]]:
        """Return the names and sizes of all files."""
        for folder, _, names in os.walk(self._path):
            for name in sorted(names):
                path = Path(folder, name)
                if path.is_symlink():
                    raise ImportProblem(f"{shown(str(path))} is a symbolic link; an export contains files only")
                if path.is_file():
                    yield path.relative_to(self._path).as_posix(), path.stat().st_size

    def open(self, name: str) -> IO[bytes]:
        """Open a file."""
        with _faults(self.name, name):
            return (self._path / name).open("rb")


class _Zip:
    """An export as a ZIP file."""

    def __init__(self, path: Path, file: zipfile.ZipFile) -> None:
        """
        @raise ImportProblem: a name leads out of the archive, or is empty.
        """
        self.name = path.name
        self._file = file
        # info.is_dir() fails for a member without a name.
        self._members = {self._nameOf(info): info for info in file.infolist() if not info.filename.endswith("/")}
        self.sizes: Mapping[str, int] = {name: info.file_size for name, info in self._members.items()}

    def _nameOf(self, info: zipfile.ZipInfo) -> str:
        """
        Return the name of a member.  A name without a flag for its encoding is UTF-8 if it can be.
        """
        name = info.filename
        if not info.flag_bits & _UTF8:
            try:
                name = name.encode("cp437").decode("utf-8")
            except UnicodeError:
                name = info.filename
        path = PurePosixPath(name)
        if not path.parts:
            raise ImportProblem(f"{shown(self.name)}: a file in the archive has no name; export again")
        if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name.partition("/")[0]:
            raise ImportProblem(f"{shown(self.name)}: the name {shown(name)} leads out of the archive; export again")
        return path.as_posix()

    def open(self, name: str) -> IO[bytes]:
        """Open a member."""
        info = self._members[name]
        if info.flag_bits & _ENCRYPTED:
            raise ImportProblem(
                f"{shown(self.name)}: {shown(name)} is encrypted; unpack the archive, and import the folder"
            )
        with _faults(self.name, name):
            return self._file.open(info)


class _File:
    """An export that is one file."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self._path = path
        self.sizes: Mapping[str, int] = {path.name: path.stat().st_size}

    def open(self, name: str) -> IO[bytes]:
        """Open the file."""
        with _faults(self.name):
            return self._path.open("rb")


@contextmanager
def openArchive(path: Path, *, plain: bool = False) -> Iterator[Archive]:
    """
    Open an export.

    @param path: a ZIP file or a folder.
    @param plain: whether it may be a file of another kind too, which is then the only file of the archive.
    @raise ImportProblem: it is neither, or cannot be read.
    """
    with _faults(path.name):
        if not path.exists():
            raise ImportProblem(f"{shown(str(path))} does not exist")
        if not (path.is_dir() or path.is_file()):
            raise ImportProblem(f"{shown(str(path))} is neither a file nor a folder")
        found: Archive | None = None
        if path.is_dir():
            found = _Folder(path)
        elif plain and not zipfile.is_zipfile(path):
            found = _File(path)
    if found is not None:
        yield found
        return
    with _faults(path.name):
        file = zipfile.ZipFile(path)
    with file:
        yield _Zip(path, file)


@contextmanager
def _faults(archive: str, name: str = "") -> Iterator[None]:
    """Report what the system, or a module for archives, cannot read as an L{ImportProblem}."""
    try:
        yield
    except zipfile.BadZipFile as bad:
        where = f"{shown(archive)}: {shown(name)}" if name else shown(archive)
        raise ImportProblem(f"{where} is no intact ZIP file ({bad}); download it again") from None
    except (OSError, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError, ValueError) as bad:
        where = f"{shown(archive)}: {shown(name)}" if name else shown(archive)
        raise ImportProblem(f"{where} cannot be read: {getattr(bad, 'strerror', None) or shown(str(bad))}") from None


def readWhole(archive: Archive, name: str, most: int = WHOLE) -> bytes:
    """
    Read a file.

    @param most: the most bytes that the file may have.
    @raise ImportProblem: the file cannot be read, or is too long.
    """
    if archive.sizes[name] <= most:
        with archive.open(name) as file, _faults(archive.name, name):
            data = file.read(most + 1)
        if len(data) <= most:
            return data
    raise ImportProblem(f"{shown(archive.name)}: {shown(name)} is longer than {most // 2**20} MiB")


def readLines(archive: Archive, name: str, most: int = LINE) -> Iterator[bytes]:
    """
    Read a file line by line.

    @param most: the most bytes that a line may have.
    @return: the lines, with their ends.
    @raise ImportProblem: the file cannot be read, or a line is too long.
    """
    with archive.open(name) as file:
        number = 0
        while True:
            number += 1
            with _faults(archive.name, name):
                line = file.readline(most + 1)
            if not line:
                return
            if len(line) > most:
                raise ImportProblem(f"{shown(name)}, line {number}: this line is longer than {most // 2**20} MiB")
            yield line
