"""The record of what a process writes and sends."""

from __future__ import annotations

import os

from bench.fire.shim.record import Kind, Record, records
from tests.bench.fire.shim.preloaded import PreloadedTestCase

OPENED = "import os, socket; file = os.open('disk/file', os.O_RDWR | os.O_CREAT);"


class RecordTests(PreloadedTestCase):
    """What is recorded, and in which order."""

    def recorded(self, code: str) -> list[tuple[str, int, bytes]]:
        """Run code, and return what was recorded of it: the kind, the offset and the data of each record."""
        self.execute(OPENED + code)
        found = list(records(self.record))
        self.assertEqual((found[0].kind, found[0].file), (Kind.STARTED, self.disk.stat().st_ino))
        return [(record.kind.name, record.offset, record.data) for record in found[1:]]

    def test_file(self) -> None:
        """Writes in each form, with their places, a new size, and a sync with its beginning and its end."""
        code = "os.write(file, b'ab'); os.writev(file, [b'c', b'd']); os.pwrite(file, b'x', 9); os.fsync(file);"
        code += "os.pwritev(file, [b'y', b'z'], 20); os.ftruncate(file, 3); os.close(file);"
        code += "open('disk/file', 'wb', buffering=0); open('file', 'wb').write(b'elsewhere')"
        self.assertEqual(
            self.recorded(code),
            [
                ("CREATED", 0, b"file"),
                ("WRITTEN", 0, b"ab"),
                ("WRITTEN", 2, b"cd"),
                ("WRITTEN", 9, b"x"),
                ("SYNCING", 1, b""),
                ("SYNCED", 1, b""),
                ("WRITTEN", 20, b"yz"),
                ("TRUNCATED", 3, b""),
                ("TRUNCATED", 0, b""),
            ],
        )

    def test_names(self) -> None:
        """Names below the folder, however they are written.  A file without a name has none."""
        code = "os.open('disk', os.O_RDWR | os.O_TMPFILE); os.mkdir('disk/new'); os.chdir('disk/new');"
        code += "at = os.open('.', os.O_RDONLY); os.rename('../file', 'a');"
        code += "os.replace('a', 'b', src_dir_fd=at, dst_dir_fd=at); os.rename('b', '../../out'); os.rmdir('../new');"
        code += "os.unlink('../../out')"
        self.assertEqual(
            self.recorded(code),
            [
                ("CREATED", 0, b"file"),
                ("CREATED", 0, b""),
                ("MADE", 0, b"new"),
                ("RENAMED", 0, b"file\0new/a"),
                ("RENAMED", 0, b"new/a\0new/b"),
                ("RENAMED", 0, b"new/b\0"),
                ("REMOVED", 0, b"new"),
            ],
        )

    def test_faults(self) -> None:
        """Of a short write the written part is recorded, and of a failed write nothing.  A failed sync is recorded."""
        self.faults.fill(3)
        self.faults.failSyncs()
        code = "os.write(file, b'ab'); os.write(file, b'cd')\n"
        code += "for act in (lambda: os.write(file, b'e'), lambda: os.fsync(file)):\n"
        code += "    try:\n        act()\n    except OSError:\n        pass"
        self.assertEqual(
            [(kind, data) for kind, _, data in self.recorded(code)][1:],
            [("WRITTEN", b"ab"), ("WRITTEN", b"c"), ("SYNCING", b""), ("NOT_SYNCED", b"")],
        )

    def test_sockets(self) -> None:
        """What is sent to a socket, in each form, and the end of the connection.  Pipes are not recorded."""
        code = (
            "one, two = socket.socketpair(); one.send(b'ab'); one.sendmsg([b'c', b'd']); os.write(one.fileno(), b'e');"
        )
        code += "os.write(os.pipe()[1], b'pipe'); one.close(); print(two.recv(10))"
        self.assertEqual(
            [(kind, data) for kind, _, data in self.recorded(code)][1:],
            [("SENT", b"ab"), ("SENT", b"cd"), ("SENT", b"e"), ("DISCONNECTED", b"")],
        )

    def test_cut(self) -> None:
        """A record that ends in the middle is read up to there, and a second process goes on in the same record."""
        self.execute(OPENED)
        self.execute(OPENED + "os.write(file, b'abc')")
        self.assertEqual([record.kind.value for record in records(self.record)], ["S", "C", "S", "W"])
        os.truncate(self.record, self.record.stat().st_size - 1)
        self.assertEqual([record.kind.value for record in records(self.record)], ["S", "C", "S"])

    def test_name(self) -> None:
        """A name need not be UTF-8."""
        self.assertEqual(Record(Kind.REMOVED, data=b"\xff").name, "\udcff")
