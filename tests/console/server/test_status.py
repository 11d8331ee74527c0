"""Tests of L{twistchat.console.server.status}."""

from __future__ import annotations

import json
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

from tests.console.test_client import ClientTestCase
from twistchat.console import main
from twistchat.console.server.status import duration, lines, size
from twistchat.services.control.wire import writeReply

STATUS: dict[str, Any] = {
    "version": "1.0",
    "started": 1_767_268_800.25,
    "uptime": 273_661.5,
    "ready": True,
    "trouble": None,
    "sessions": {"irc": 1200, "line": 34},
    "users": 1100,
    "alwaysOn": 7,
    "rooms": 12,
    "accounts": 40,
    "journal": {
        "size": 13_002_342,
        "waiting": 1,
        "unindexed": 1_023,
        "failures": 0,
        "commit": {"p50": 0.0025, "p99": 0.01},
        "queue": {"p50": 0.001, "p99": None},
    },
    "lag": {"p50": 0.0001, "p99": 0.0042},
    "messages": 100,
    "deliveries": 4000,
    "unsent": 512,
    "slowReaders": 2,
    "mails": 3,
    "memory": 90 * 1024 * 1024,
    "descriptors": 1300,
    "lastBackup": None,
    "backup": None,
    "hour": [],
}
"""The answer of a server."""

SHOWN = """\
version      twistchat 1.0
uptime       3 d 4 h, since 2026-01-01 12:00:00 UTC
ready        yes
sessions     1,234 (irc 1,200, line 34)
users        1,100, 7 of them always on
rooms        12
accounts     40
messages     100, heard 4,000 times with all other events
journal      12.4 MiB on disk
queue        1 event to store, about 1,023 to index
waiting      p50 up to 1.0 ms, p99 -
commits      p50 up to 2.5 ms, p99 up to 10.0 ms
reactor lag  p50 0.1 ms, p99 4.2 ms
output       512 B to send, 2 slow readers
mails        3 to send
memory       90.0 MiB
last backup  never
"""


class StatusTests(ClientTestCase):
    """The command, with a server that is a thread."""

    def run_(self, *arguments: str, **changes: Any) -> tuple[str, Any]:
        """Return the output of the command and its exit status."""
        self.serve(writeReply("answer", {**STATUS, **changes}))
        printed, status = StringIO(), None
        with redirect_stdout(printed):
            try:
                main(["status", "--data", str(self.directory), *arguments])
            except SystemExit as e:
                status = e.code
        self.assertEqual(self.requests[-1]["command"], "server.status")
        return printed.getvalue(), status

    def test_lines(self) -> None:
        """The status is shown as aligned lines."""
        self.assertEqual(self.run_(), (SHOWN, None))

    def test_json(self) -> None:
        """With --json the answer is printed as it is."""
        printed, status = self.run_("--json")
        self.assertEqual((json.loads(printed), status), (STATUS, None))

    def test_trouble(self) -> None:
        """A server that accepts no messages is a failure for scripts.  Control characters are escaped."""
        printed, status = self.run_(ready=False, trouble="the disk is full\x1b[1m")
        self.assertIn("\nready        no: the disk is full\\u001B[1m\n", printed)
        self.assertEqual(status, 1)

    def test_noServer(self) -> None:
        """Without a server, one line says so and what to do."""
        error = self.assertRaises(SystemExit, main, ["status", "--data", str(self.directory)])
        self.assertEqual(
            f"twistchat: no server runs with its data in {self.directory}; start it with twistd twistchat --data"
            f" {self.directory}",
            error.code,
        )

    def test_empty(self) -> None:
        """A server without sessions, always-on users and mails has shorter lines; a backup has its time."""
        shown = list(lines({**STATUS, "sessions": {}, "alwaysOn": 0, "mails": 0, "lastBackup": 1_767_268_800}))
        self.assertIn("sessions     0", shown)
        self.assertIn("users        1,100", shown)
        self.assertIn("last backup  2026-01-01 12:00:00 UTC", shown)
        self.assertEqual(len(shown), SHOWN.count("\n") - 1)

    def test_backupFailed(self) -> None:
        """If the last attempt to make a backup failed, a line says why."""
        backup = {"path": None, "size": None, "failure": "the disk is too full", "failed": 1_767_268_800}
        shown = list(lines({**STATUS, "backup": backup}))
        self.assertEqual("backup failed  2026-01-01 12:00:00 UTC: the disk is too full", shown[-1])
        self.assertEqual("last backup    never", shown[-2])


class FormatTests(ClientTestCase):
    """How numbers are shown."""

    def test_duration(self) -> None:
        """A duration has its two largest units."""
        shown = [duration(seconds) for seconds in (0.5, 59, 60, 3661, 90_000, 86_400 * 400)]
        self.assertEqual(shown, ["0 s", "59 s", "1 min 0 s", "1 h 1 min", "1 d 1 h", "400 d 0 h"])

    def test_size(self) -> None:
        """A size has the unit that suits it."""
        self.assertEqual([size(count) for count in (0, 1023, 1024, 5 << 30)], ["0 B", "1023 B", "1.0 KiB", "5.0 GiB"])
