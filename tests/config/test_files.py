"""Tests of L{twistchat.config.files}."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path
from tempfile import mkdtemp

from twisted.trial.unittest import SynchronousTestCase

from twistchat.config.files import MOST_BYTES, readSmall


class ReadSmallTests(SynchronousTestCase):
    """Reading of regular files, and of others."""

    def setUp(self) -> None:
        self.folder = Path(mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.path = self.folder / "file"

    def refused(self, path: Path) -> str:
        """Check that a file cannot be read, and return the reason."""
        return str(self.assertRaises(OSError, readSmall, path).strerror)

    def test_file(self) -> None:
        """A file is read, also through a link, up to the most bytes."""
        link = self.folder / "link"
        link.symlink_to(self.path)
        for data in (b"", b"a = 1\n", b"x" * MOST_BYTES):
            self.path.write_bytes(data)
            self.assertEqual((data, data), (readSmall(self.path), readSmall(link)))

    def test_large(self) -> None:
        """A larger file is refused without reading it, although it takes no space."""
        self.path.touch()
        for size in (MOST_BYTES + 1, 1 << 40):
            os.truncate(self.path, size)
            self.assertEqual("it has more than 1,048,576 bytes", self.refused(self.path))

    def test_endless(self) -> None:
        """What is not a regular file is refused, and nobody waits for it: a pipe, a device, a socket, a directory."""
        os.mkfifo(self.path)
        for path in (self.path, Path("/dev/zero")):
            self.assertEqual("it is not a regular file", self.refused(path))
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(self.folder / "socket"))
            self.assertEqual("No such device or address", self.refused(self.folder / "socket"))
        self.assertEqual("Is a directory", self.refused(self.folder))

    def test_closed(self) -> None:
        """Whatever a path leads to, no descriptor stays open."""

        def free() -> int:
            descriptor = os.open(self.folder, os.O_RDONLY)
            os.close(descriptor)
            return descriptor

        before = free()
        self.path.write_bytes(b"x")
        readSmall(self.path)
        os.truncate(self.path, MOST_BYTES + 1)
        for path in (self.path, self.folder, Path("/dev/zero")):
            self.refused(path)
            self.assertEqual(before, free(), path)

    def test_missing(self) -> None:
        """A missing file raises the same error as elsewhere."""
        self.assertRaises(FileNotFoundError, readSmall, self.path)
