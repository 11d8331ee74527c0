"""The floods: their kinds, and the attackers against a simple server."""

from __future__ import annotations

import socket
import sys
import threading
import time
from dataclasses import replace

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from bench.fire.floods.attack import Attack, Report, attack, lastLine
from bench.fire.floods.kinds import CHUNK, DROPPED, IRC, KINDS, NICK, QUICK, Kind, hello
from bench.fire.scenarios.floods import missedBy, tooFast
from bench.websocket import frame
from twistchat.config.limits import Limits


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
        self.assertEqual({*QUICK, *DROPPED} - set(KINDS), set())

    def test_missed(self) -> None:
        """A server that drops no attacker misses a mark where it must.  It is another if nobody could connect."""
        kind, stays = KINDS["ws-fragments"], Report(connections=16)
        self.assertEqual(["the server dropped no connection"], missedBy(kind, stays))
        self.assertEqual([], missedBy(kind, replace(stays, dropped=1)))
        self.assertEqual([], missedBy(KINDS["pong"], stays))
        self.assertEqual(["no attacker could connect"], missedBy(KINDS["pong"], replace(stays, failed=16)))
        self.assertEqual([], missedBy(KINDS["calm"], Report()))

    def test_tooFast(self) -> None:
        """Each connection may send a burst, and each attacker so many texts a second.  One more misses a mark."""
        report = Report(connections=3)
        most = 3 * Limits().floodBurst + int(2 * 10.0 * Limits().floodRate)
        self.assertEqual([], tooFast(report, 2, most, 10.0))
        self.assertEqual(
            [f"{most + 1} texts of attackers in 10.0 s, more than {most}"], tooFast(report, 2, most + 1, 10.0)
        )

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
