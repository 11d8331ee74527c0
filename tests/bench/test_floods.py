"""The floods: the attackers, the canary, the figures and the marks."""

from __future__ import annotations

import io
import socket
import sys
import threading
import time
from contextlib import redirect_stderr
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from bench.floods.__main__ import main, measure
from bench.floods.attack import Attack, attack, lastLine
from bench.floods.canary import Ledger, newcomer
from bench.floods.figures import COLUMNS, Figures, combined, header, lastLines, missed, percentiles, row
from bench.floods.kinds import CHUNK, IRC, KINDS, NICK, QUICK, Kind, hello
from bench.websocket import frame

GOOD = Figures(
    said=200,
    lost=0,
    p50=0.001,
    p99=0.25,
    worst=0.3,
    late=0.002,
    cpu=0.5,
    before=50.0,
    peak=82.0,
    after=60.0,
    newcomer=1.0,
    connections=16,
    dropped=3,
    leaked=2,
    sent=3 << 20,
    last={"ERROR :a": 2, "ERROR :b": 1},
)
"""Exactly what the marks allow."""


class KindTests(SynchronousTestCase):
    """The kinds of floods."""

    def test_chunks(self) -> None:
        """A chunk consists of whole pieces with the connection's own nick.  If none fits, it is one piece."""
        kind = Kind("x", "", "irc", piece=b"NICK %NICK%a\r\n", size=40)
        self.assertEqual(kind.chunk(b"a7"), b"NICK a7a\r\n" * 4)
        self.assertEqual(replace(kind, size=1).chunk(b"a7"), b"NICK a7a\r\n")
        self.assertEqual(replace(kind, piece=b"").chunk(b"a7"), b"")

    def test_webSocket(self) -> None:
        """The lines of an opening over a WebSocket are messages with the connection's own nick."""
        greeting = KINDS["ws-ping"].greeting(b"a7")
        self.assertTrue(greeting.startswith(b"GET /socket HTTP/1.1\r\n"))
        self.assertTrue(greeting.endswith(frame(b"NICK a7") + frame(b"USER a7 0 * :flood")))

    def test_all(self) -> None:
        """Every kind has a door and a unique name, and replaces all placeholders.  The kinds of a quick run exist."""
        for name, kind in KINDS.items():
            self.assertEqual(name, kind.name)
            self.assertIn(kind.door, ("irc", "line", "tls", "web"))
            self.assertNotIn(NICK, kind.greeting(b"a1") + kind.before + kind.chunk(b"a1"))
            self.assertLessEqual(len(kind.chunk(b"a1")), CHUNK, name)
            self.assertEqual(bool(kind.opening), bool(kind.ready), name)
        self.assertEqual(set(QUICK) - set(KINDS), set())

    def test_hello(self) -> None:
        """A TLS hello is one handshake record with a ClientHello, and its length is right."""
        record = hello()
        self.assertEqual((record[0], record[5]), (0x16, 1))
        self.assertEqual(int.from_bytes(record[3:5], "big"), len(record) - 5)


class LastLineTests(SynchronousTestCase):
    """The last line that a connection received."""

    def test_alike(self) -> None:
        """Nicks, numbers and hosts are replaced, so the lines of all connections are equal."""
        heard = b":s 001 a7 :Welcome\r\nERROR :Closing Link: f00ba4.cloak (a7: again in 17 s, 127.0.0.3)\r\n"
        self.assertEqual(lastLine(heard, b"a7"), "ERROR :Closing Link: HOST (NICK: again in N s, N)")

    def test_other(self) -> None:
        """No line, a TLS alert, and bytes that are not text."""
        self.assertEqual(lastLine(b"\r\n\n", b"a7"), "(nothing)")
        self.assertEqual(lastLine(b"\x15\x03\x03\x00\x02\x02\x0a", b"a7"), "(a TLS alert)")
        self.assertEqual(lastLine(b"x\xff\x01", b"a7"), "x\\ufffd\\x01")
        self.assertEqual(len(lastLine(b"x" * 1000, b"a7")), 160)


class LedgerTests(SynchronousTestCase):
    """The lines that the canary sent and received."""

    def test_heard(self) -> None:
        """The delay of a received line is recorded.  Lines sent before the flood do not count."""
        ledger = Ledger()
        self.assertEqual(ledger.say(0, 0, 1.0), b"|0.0")
        ledger.say(1, 0, 2.0)
        ledger.say(0, 1, 3.0)
        ledger.hear(b"[12:00] <u0> |0.0\n[12:00] <u0> |0.1\n", 3.5)
        self.assertEqual((ledger.missing, ledger.doubled), (1, 0))
        self.assertEqual(ledger.latencies(1.0), [2.5, 0.5])
        self.assertEqual(ledger.latencies(3.0), [0.5])

    def test_doubled(self) -> None:
        """A line that arrives twice, or that nobody sent, is counted.  Texts of others are not."""
        ledger = Ledger()
        ledger.say(0, 0, 1.0)
        ledger.hear(b":u0 PRIVMSG #b0 :|0.0\r\n:a1 PRIVMSG #b0 :spam 0.0\r\n", 2.0)
        self.assertEqual((ledger.missing, ledger.doubled), (0, 0))
        ledger.hear(b":u0 PRIVMSG #b0 :|0.0\r\n:u1 PRIVMSG #b0 :|1.0\r\n", 2.0)
        self.assertEqual(ledger.doubled, 2)


class FiguresTests(SynchronousTestCase):
    """The marks, the medians and the table."""

    def test_percentiles(self) -> None:
        """The median, the 99th percentile and the maximum.  Without values they are infinite."""
        self.assertEqual(percentiles([float(number) for number in range(200, 0, -1)]), (101.0, 199.0, 200.0))
        self.assertEqual(percentiles([]), (float("inf"),) * 3)

    def test_marks(self) -> None:
        """A figure that equals a mark holds it; a larger one misses it."""
        self.assertEqual(missed(GOOD), [])
        self.assertEqual(missed(replace(GOOD, p99=0.2501)), ["p99"])
        self.assertEqual(missed(replace(GOOD, lost=1)), ["lost"])
        self.assertEqual(missed(replace(GOOD, peak=82.1)), ["memory"])
        self.assertEqual(missed(replace(GOOD, newcomer=None)), ["new client"])
        self.assertEqual(missed(replace(GOOD, newcomer=1.1, lost=2)), ["lost", "new client"])

    def test_combined(self) -> None:
        """Medians, the sum of lost lines, and no newcomer time if a round kept the newcomer out."""
        several = [GOOD, replace(GOOD, p99=0.1, lost=2, newcomer=0.5), replace(GOOD, p99=9.0, newcomer=0.7)]
        figures = combined(several)
        self.assertEqual((figures.p99, figures.lost, figures.said, figures.newcomer), (0.25, 2, 600, 0.7))
        self.assertEqual(figures.last, {"ERROR :a": 6, "ERROR :b": 3})
        self.assertIsNone(combined([*several, replace(GOOD, newcomer=None)]).newcomer)

    def test_table(self) -> None:
        """A row has a cell for each column, and names the missed marks."""
        bad = row("pong", replace(GOOD, lost=3, newcomer=None))
        self.assertEqual(bad.count("|"), len(COLUMNS) + 1)
        self.assertEqual({line.count("|") for line in header().splitlines()}, {len(COLUMNS) + 1})
        self.assertTrue(
            bad.startswith("| pong | 1.0 | 250.0 | 300.0 | 3 of 200 | 50 | 50 | +32.0 | 60 | 3.0 | 16 | 3 | 2 | none")
        )
        self.assertTrue(bad.endswith("| lost, new client |"))
        self.assertTrue(row("pong", GOOD).endswith("| 1000 | 2 | - |"))

    def test_lastLines(self) -> None:
        """The most frequent last lines come first, then the last lines of disconnected canary clients."""
        lines = lastLines("pong", replace(GOOD, disconnected=["* Bye"]), most=1)
        self.assertEqual(
            lines,
            [
                "pong: 2 of the dropped heard last: ERROR :a",
                "pong: the server disconnected a client of the canary: * Bye",
            ],
        )


class LinuxTestCase(SynchronousTestCase):
    """Tests that need epoll and C{/proc}."""

    def setUp(self) -> None:
        if sys.platform != "linux":
            raise SkipTest("the benchmarks are for Linux")

    def serve(self, answers: list[bytes], wanted: int) -> tuple[int, list[bytes], threading.Thread]:
        """
        Run a server that gives each connection the next answer after its first input, and closes it after some more
        bytes.


        @param wanted: the number of these bytes.
        @return: the port, the input of each connection, and the thread, which ends after the last connection.
        """
        server = socket.create_server(("127.0.0.1", 0))
        port = server.getsockname()[1]
        came: list[bytes] = []

        def run() -> None:
            for answer in answers:
                connection, _ = server.accept()
                connection.settimeout(5)
                with connection:
                    came.append(connection.recv(1000))
                    connection.sendall(answer)
                    size = 0
                    while size < wanted and (data := connection.recv(1 << 16)):
                        came[-1] += data
                        size += len(data)
            server.close()

        thread = threading.Thread(target=run)
        thread.start()
        self.addCleanup(thread.join)
        return port, came, thread


class AttackTests(LinuxTestCase):
    """The attackers, against a simple server."""

    def plan(self, kind: str, port: int) -> Attack:
        """Make an attack of less than a second that begins now."""
        return Attack(kind, port, time.monotonic(), 0.7)

    def test_dropped(self) -> None:
        """A dropped connection is counted with its last line, and made again with another nick."""
        port, came, _ = self.serve([b":s NOTICE * :hi\r\nERROR :no %d\r\n" % number for number in range(20)], 0)
        report = attack(self.plan("ping", port))
        # Connections that nobody has accepted when the server goes hear nothing.
        self.assertEqual(report.last.pop("ERROR :no N"), 20)
        self.assertIn(report.last, ({}, {"(nothing)": report.dropped - 20}))
        self.assertGreater(report.failed, 0)
        self.assertEqual(len({greeting.partition(b"\r\n")[0] for greeting in came}), 20)

    def test_flood(self) -> None:
        """A connection sends the opening first, then the same piece again and again."""
        port, came, _ = self.serve([b":s 001 a1 :hi\r\n"], 100_000)
        report = attack(self.plan("unknown", port))
        nick = came[0].partition(b"\r\n")[0].removeprefix(b"NICK ")
        self.assertTrue(came[0].startswith(IRC.replace(NICK, nick) + b"NOSUCH x\r\nNOSUCH x\r\n"), came[0][:100])
        self.assertGreater(report.sent, 100_000)

    def test_waits(self) -> None:
        """A connection that gets no answer to its opening sends nothing more for now."""
        port, came, thread = self.serve([b""], 1)
        attack(self.plan("unknown", port))
        thread.join()
        self.assertEqual(came, [IRC.replace(NICK, came[0].partition(b"\r\n")[0].removeprefix(b"NICK "))])


class MeasureTests(LinuxTestCase):
    """A short flood, on a real server with the default limits."""

    def test_measure(self) -> None:
        """The attackers flood, no line of the canary is lost, and a new client can enter."""
        with TemporaryDirectory() as folder:
            figures = measure(KINDS["room"], Path(folder), 0.5)
        self.assertEqual((figures.lost, figures.disconnected), (0, []))
        self.assertGreater(figures.said, 10)
        self.assertTrue(0 < figures.p50 <= figures.p99 <= figures.worst < 15, figures)
        self.assertGreaterEqual(figures.connections, 16)
        self.assertGreaterEqual(figures.leaked, 0)
        self.assertGreater(figures.sent, 16 * 100)
        self.assertTrue(10 < figures.before <= figures.peak < 1000, figures)

    def test_keptOut(self) -> None:
        """A new client fails if nobody answers it, or if nobody listens."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            self.assertIsNone(newcomer("irc", port, 0.1))
        self.assertIsNone(newcomer("line", port, 0.1))


class OptionTests(LinuxTestCase):
    """The options."""

    def test_wrong(self) -> None:
        """A mistake ends the process before anything starts, with a message."""
        for arguments, words in (
            (["--seconds", "100"], "100 is not between 0.5 and 60"),
            (["--rounds", "0"], "0 is too few"),
            (["--dir", "/no/such"], "/no/such is not a folder"),
            (["--kinds", "nosuch"], "invalid choice"),
        ):
            said = io.StringIO()
            with redirect_stderr(said), self.assertRaises(SystemExit):
                main(arguments)
            self.assertIn(words, said.getvalue())
