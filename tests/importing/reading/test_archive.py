"""Tests of L{twistchat.importing.reading.archive}."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.trial.unittest import SynchronousTestCase

from tests.importing.made import writeFolder, writeZip
from twistchat.importing.reading.archive import openArchive, readLines, readWhole
from twistchat.importing.records import ImportProblem


class ArchiveTests(SynchronousTestCase):
    """Exports as archives."""

    def setUp(self) -> None:
        """Make a folder."""
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.zip = self.folder / "export.zip"

    def problem(self, path: Path, *, plain: bool = False) -> str:
        """Return the message about an archive when everything in it is read."""
        with self.assertRaises(ImportProblem) as caught, openArchive(path, plain=plain) as archive:
            for name in archive.sizes:
                readWhole(archive, name, 1000)
        self.assertNotIn("\n", str(caught.exception))
        return str(caught.exception)

    def test_kinds(self) -> None:
        """A ZIP file, a folder and a single file have the same content."""
        files = [("a.json", b"[1]"), ("b/c.json", b"[2]\n[3]\n")]
        writeZip(self.zip, files)
        writeFolder(self.folder / "export", files)
        for path in (self.zip, self.folder / "export"):
            with openArchive(path) as archive:
                self.assertEqual({"a.json": 3, "b/c.json": 8}, dict(archive.sizes))
                self.assertEqual(b"[1]", readWhole(archive, "a.json"))
                self.assertEqual([b"[2]\n", b"[3]\n"], list(readLines(archive, "b/c.json")))
        with openArchive(self.folder / "export/b/c.json", plain=True) as archive:
            self.assertEqual(b"[2]\n[3]\n", readWhole(archive, "c.json"))

    def test_missing(self) -> None:
        """A path that does not exist, or is no ZIP file, is reported."""
        self.assertIn("does not exist", self.problem(self.folder / "nothing"))
        self.assertIn("is neither a file nor a folder", self.problem(Path("/dev/null"), plain=True))
        (self.folder / "text").write_text("no ZIP file")
        self.assertIn("text is no intact ZIP file", self.problem(self.folder / "text"))

    def test_names(self) -> None:
        """A member whose name leads out of the archive is refused."""
        for name in ("../a.json", "/a.json", "b/../../a.json", "C:/a.json", "b\\a.json"):
            writeZip(self.zip, [(name, b"[]")])
            self.assertIn("leads out of the archive", self.problem(self.zip), name)

    def test_noName(self) -> None:
        """A member without a name is refused."""
        writeZip(self.zip, [("@", b"[]")])
        self.zip.write_bytes(self.zip.read_bytes().replace(b"@", b"\0"))
        self.assertIn("a file in the archive has no name", self.problem(self.zip))

    def test_unflaggedNames(self) -> None:
        """A name without a flag for UTF-8 is UTF-8 if it can be, and otherwise in the code page of old ZIP files."""
        for written, name in (("Grüße".encode(), "Grüße"), (b"Gr\x81\xe1e__", "Grüße__")):
            writeZip(self.zip, [("Gr@@@@e", b"[]")])
            self.zip.write_bytes(self.zip.read_bytes().replace(b"Gr@@@@e", written))
            with openArchive(self.zip) as archive:
                self.assertEqual([name], list(archive.sizes))
                self.assertEqual(b"[]", readWhole(archive, name))

    def test_links(self) -> None:
        """A symbolic link in a folder is refused."""
        writeFolder(self.folder / "export", [("a.json", b"[]")])
        (self.folder / "export/b.json").symlink_to("/etc/hostname")
        self.assertIn("b.json is a symbolic link", self.problem(self.folder / "export"))

    def test_long(self) -> None:
        """Members and lines that are too long are refused, also if they are small when compressed."""
        writeZip(self.zip, [("a.json", b" " * 1001)])
        self.assertLess(self.zip.stat().st_size, 200)
        self.assertIn("a.json is longer than", self.problem(self.zip))
        with self.assertRaises(ImportProblem) as caught, openArchive(self.zip) as archive:
            list(readLines(archive, "a.json", 1000))
        self.assertIn("a.json, line 1: this line is longer", str(caught.exception))

    def test_grown(self) -> None:
        """A file that grew after the folder was read is not read beyond the limit."""
        writeFolder(self.folder / "export", [("a.json", b"[]")])
        with openArchive(self.folder / "export") as archive:
            (self.folder / "export/a.json").write_bytes(b" " * 1001)
            self.assertRaises(ImportProblem, readWhole, archive, "a.json", 1000)

    def test_encrypted(self) -> None:
        """An encrypted member is refused."""
        writeZip(self.zip, [("a.json", b"[]")])
        data = bytearray(self.zip.read_bytes())
        data[data.index(b"PK\x01\x02") + 8] |= 1
        self.zip.write_bytes(data)
        self.assertIn("a.json is encrypted", self.problem(self.zip))

    def test_damaged(self) -> None:
        """A ZIP file with a changed byte, or without its end, is reported, whatever byte it is."""
        writeZip(self.zip, [("a.json", b"[1, 2, 3, 4, 5, 6, 7, 8]" * 20)])
        data = self.zip.read_bytes()
        for at in range(len(data)):
            self.zip.write_bytes(data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :])
            try:
                with openArchive(self.zip) as archive:
                    for name in archive.sizes:
                        readWhole(archive, name, 1000)
            except ImportProblem:
                pass
        self.zip.write_bytes(data[:-10])
        self.assertIn("is no intact ZIP file", self.problem(self.zip))
