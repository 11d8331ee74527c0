"""Tests of L{twistchat.services.monitoring.exporter}: what Prometheus reads."""

from __future__ import annotations

import sys
import time
from collections import Counter
from shutil import which
from subprocess import run
from typing import Any

from prometheus_client.openmetrics.parser import text_string_to_metric_families as parseOpenMetrics
from prometheus_client.parser import text_string_to_metric_families as parse
from twisted.trial.unittest import SynchronousTestCase

from tests.services.nodes import NodeLog
from twistchat.chat.model.sessions import Session
from twistchat.services.monitoring.exporter import Exporter
from twistchat.testing import MemoryServer
from twistchat.testing.journals import inMemory
from twistchat.testing.server import NOON

OPEN_METRICS = "application/openmetrics-text; version=1.0.0"

SESSIONS = 10_000
"""The number of sessions of a busy server."""

MOST_TIME = 0.05
"""
The most seconds of CPU time of a scrape with L{SESSIONS}: ten times what is promised, because tests run on machines
that are busy and slow.
"""

MOST_CALLS = 6_000
"""The most function calls of such a scrape, also of C functions.  It has none for each session."""


class ExporterTests(SynchronousTestCase):
    """The metrics of a server in memory."""

    def setUp(self) -> None:
        """Start a server."""
        self.server = MemoryServer()
        self.figures = self.server.context.figures
        self.exporter = Exporter(self.figures)

    def scrape(self) -> dict[str, float]:
        """Return the samples by their names and labels."""
        text, _ = self.exporter.write("")
        return {
            sample.name + "".join([f" {value}" for value in sample.labels.values()]): sample.value
            for family in parse(text.decode())
            for sample in family.samples
        }

    def test_server(self) -> None:
        """The samples are the figures."""
        alice = self.server.person("alice")
        self.server.irc("bob").send("JOIN #lobby", "PRIVMSG nobody :hello")
        alice.send("hello")
        found = self.scrape()
        for name, value in (
            ("twistchat_sessions line", 1),
            ("twistchat_sessions irc", 1),
            ("twistchat_users", 2),
            ("twistchat_rooms", 1),
            ("twistchat_accounts", 0),
            ("twistchat_events_total RoomMessage", 1),
            ("twistchat_events_total Joined", 2),
            ("twistchat_refusals_total NO_SUCH_NICK", 1),
            ("twistchat_journal_ready", 1),
            ("twistchat_slow_readers", 0),
            ("twistchat_journal_size_bytes", 0),
            ("process_start_time_seconds", NOON),
        ):
            self.assertEqual(found[name], value, name)
        self.assertGreaterEqual(found["twistchat_deliveries_total"], 2)
        self.assertGreater(found["process_resident_memory_bytes"], 1 << 20)
        self.assertNotIn("alice", self.exporter.write("")[0].decode())

    def test_histogram(self) -> None:
        """A bucket contains those below it."""
        for lag in (0.0, 0.001, 0.002, 99.0):
            self.figures.lag.histogram.observe(lag)
        found = self.scrape()
        name = "twistchat_reactor_lag_seconds"
        buckets = [found[f"{name}_bucket {bound}"] for bound in ("0.001", "0.0025", "10.0", "+Inf")]
        self.assertEqual(buckets, [2, 3, 3, 4])
        self.assertEqual((found[f"{name}_count"], found[f"{name}_sum"]), (4, 99.003))

    def test_logins(self) -> None:
        """Logins have an outcome and a kind."""
        self.figures.logins.failed["password"] += 3
        found = self.scrape()
        self.assertEqual(found["twistchat_logins_total password failed"], 3)
        self.assertEqual(found["twistchat_logins_total address throttled"], 0)

    def test_drops(self) -> None:
        """The reasons for which connections are dropped begin at 0."""
        self.figures.refusals.dropped["flood"] += 1
        found = self.scrape()
        self.assertEqual((found["twistchat_drops_total flood"], found["twistchat_drops_total slow_reader"]), (1, 0))

    def test_cluster(self) -> None:
        """A node of a cluster tells how the cluster is; a server that is alone does not."""
        self.assertFalse([name for name in self.scrape() if "cluster" in name])
        self.exporter = Exporter(MemoryServer(journal=inMemory(NodeLog)).context.figures)
        found = self.scrape()
        for name, value in (
            ("nodes", 2),
            ("connected", 1),
            ("lag_messages", 3),
            ("behind_entries", 40),
            ("in_flight_events", 1),
            ("elections_total", 1),
            ("reconnections_total", 2),
            ("replicas current", 1),
            ("replicas behind", 1),
        ):
            self.assertEqual(found[f"twistchat_cluster_{name}"], value, name)

    def test_backups(self) -> None:
        """A server that makes backups tells when it made the last one."""
        self.assertNotIn("twistchat_last_backup_timestamp_seconds", self.scrape())
        self.figures.backup, self.figures.lastBackup = dict, lambda: NOON
        self.figures.backups, self.figures.failedBackups = lambda: 2, lambda: 1
        found = self.scrape()
        self.assertEqual(found["twistchat_last_backup_timestamp_seconds"], NOON)
        self.assertEqual((found["twistchat_backups_total made"], found["twistchat_backups_total failed"]), (2, 1))

    def test_trouble(self) -> None:
        """A journal that accepts nothing is not ready."""
        self.server.log.close()
        self.assertEqual(self.scrape()["twistchat_journal_ready"], 0)

    def test_formats(self) -> None:
        """Both formats can be read; OpenMetrics is written for those who ask for it."""
        text, contentType = self.exporter.write("text/plain")
        self.assertTrue(contentType.startswith("text/plain; version="))
        plain = {family.name.removesuffix("_info") for family in parse(text.decode())}
        text, contentType = self.exporter.write(f"{OPEN_METRICS},text/plain;version=0.0.4;q=0.3,*/*;q=0.2")
        self.assertTrue(contentType.startswith("application/openmetrics-text"))
        self.assertEqual({family.name for family in parseOpenMetrics(text.decode())}, plain)

    def test_accept(self) -> None:
        """A client that asks for an unknown version, or for nonsense, gets Prometheus's own format."""
        for accept, isOpen in {
            "": False,
            "text/plain;version=1.0.0.a": False,
            "application/openmetrics-text": True,
            "text/plain, application/openmetrics-text ; q=0.5; version=1.0.0": True,
            "application/openmetrics-text;version=0.0.1,application/openmetrics-text;version=1.0.0": True,
            "application/openmetrics-text; version=a.b": False,
            "application/openmetrics-text; version=1.0.0.x": False,
            "application/openmetrics-text; version=1e9": False,
            "application/openmetrics-textual": False,
            "\xff\xfe": False,
        }.items():
            _, contentType = self.exporter.write(accept)
            self.assertEqual(contentType.startswith("application/openmetrics-text"), isOpen, accept)

    def test_promtool(self) -> None:
        """Prometheus's own check finds nothing, where it is installed."""
        promtool = which("promtool")
        if promtool is None:
            self.skipTest("promtool is not installed")
        self.figures.backup = dict
        self.figures.refusals.dropped["flood"] += 1
        done = run([promtool, "check", "metrics"], input=self.exporter.write("")[0], capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""))


class BusyTests(SynchronousTestCase):
    """A scrape of a busy server."""

    def test_work(self) -> None:
        """With 10,000 sessions a scrape is short, and makes no function call for each of them."""
        server = MemoryServer()
        outlet: Any = None
        server.chat.state.sessions.update(
            {
                str(number): Session(str(number), outlet, door="irc" if number % 3 else "web")
                for number in range(SESSIONS)
            }
        )
        exporter = Exporter(server.context.figures)
        exporter.write("")
        calls: Counter[str] = Counter()

        def note(frame: object, event: str, argument: object) -> None:
            calls[event] += 1

        began = time.thread_time()
        exporter.write("")
        spent = time.thread_time() - began
        profile = sys.getprofile()
        sys.setprofile(note)
        try:
            text, _ = exporter.write("")
        finally:
            sys.setprofile(profile)
        self.assertIn(b'twistchat_sessions{door="irc"} 6666.0\n', text)
        self.assertLess(calls["call"] + calls["c_call"], MOST_CALLS)
        self.assertLess(spent, MOST_TIME)
