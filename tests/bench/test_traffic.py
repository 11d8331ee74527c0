"""The load generator: what it sends and counts, and that it detects lost texts."""

from __future__ import annotations

import socket
import sys
import threading
from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from bench.contestants import contestants
from bench.protocols import Irc, Line, Plain, Refused, pongs
from bench.scenarios import Scenario, measure
from bench.servers import NotStarted, freePort, running
from bench.traffic import Load, Lost, Stream, Traffic, audit

LOAD = Load(2, 2, size=12)


class SpeechTests(SynchronousTestCase):
    """The login in each protocol."""

    def test_irc(self) -> None:
        """
        It sends NICK and USER, JOIN at the end of the MOTD, and is done at the end of the names, however the input is
        split.
        """
        login = Irc().login(7, 3)
        self.assertEqual(login.greeting(), b"NICK u7\r\nUSER u7 0 * :load\r\n")
        self.assertEqual(login.received(b":s 001 u7 :Welcome\r\nPING :a b\r\n:s 37"), b"PONG :a b\r\n")
        self.assertEqual(login.received(b"6 u7 :End\r\n:s 366 is in a text\r"), b"JOIN #b3\r\n")
        self.assertFalse(login.done)
        self.assertEqual(login.received(b"\n:u7 JOIN #b3\r\n:s 366 u7 #b3 :End\r\n"), b"")
        self.assertTrue(login.done)

    def test_ircWithoutMotd(self) -> None:
        """A server without a MOTD ends its welcome too.  A server with a password gets it first."""
        login = Irc(b"x").login(0, 0)
        self.assertTrue(login.greeting().startswith(b"PASS x\r\nNICK "))
        self.assertEqual(login.received(b":s 422 u0 :None\r\n"), b"JOIN #b0\r\n")

    def test_ircRefused(self) -> None:
        """A refusal of the server ends the login with the server's text.  The same number in a text does not."""
        login = Irc().login(1, 0)
        login.received(b":s 250 u1 :Highest connection count: 433 (434 connections received)\r\n")
        for line in (b":s 433 * u1 :Nickname is in use", b"ERROR :Too many connections", b":s 471 u1 #b0 :Full"):
            with self.assertRaises(Refused) as caught:
                Irc().login(1, 0).received(line + b"\r\n")
            self.assertEqual(str(caught.exception), line.decode() + "\r")

    def test_line(self) -> None:
        """
        It leaves the lobby and joins the room in one packet.  It is done when its own joining is reported, not
        another's.
        """
        login = Line().login(1, 2)
        self.assertEqual(login.greeting(), b"u1\n/leave #lobby\n/join #b2\n")
        login.received(b"* u1 joined #lobby\n* u11 joined #b2\n* u1 joined #b2")
        self.assertFalse(login.done)
        login.received(b"\n")
        self.assertTrue(login.done)
        with self.assertRaises(Refused) as caught:
            login.received(b"! The nick u1 is in use\n")
        self.assertEqual(str(caught.exception), "! The nick u1 is in use")

    def test_plain(self) -> None:
        """It sends the name, and is done at the welcome."""
        login = Plain().login(1, 0)
        self.assertEqual(login.greeting(), b"u1\n")
        login.received(b"Welcome, u12!\n")
        self.assertFalse(login.done)
        login.received(b"Welcome, u1!\n")
        self.assertTrue(login.done)

    def test_pongs(self) -> None:
        """Every PING is answered with its token, and nothing else is answered."""
        self.assertEqual(pongs(b"\nPING :1\r\n:a PRIVMSG b :PING 2\r\nPING three\r"), b"PONG :1\r\nPONG three\r\n")


class AuditTests(SynchronousTestCase):
    """The input of a witness."""

    GOOD = b"<u0> |0.0 xxxxxxx\n<u2> |2.0 xxxxxxx\n* a notice\n<u2> |2.1 xxxxxxx\n<u0> |0.1 xxxxxxx\n"

    def assertLost(self, heard: bytes, words: str) -> None:
        """Assert that the audit fails with this message."""
        with self.assertRaises(Lost) as caught:
            audit(heard, "client 4", [0, 2], LOAD)
        self.assertIn(words, str(caught.exception))

    def test_good(self) -> None:
        """Each sender's lines are in order, with any other lines between them, and with any line end."""
        audit(self.GOOD, "client 4", [0, 2], LOAD)
        audit(self.GOOD.replace(b"\n", b"\r\n"), "client 4", [0, 2], LOAD)
        audit(b"", "client 4", [], LOAD)

    def test_bad(self) -> None:
        """A line is missing, doubled, swapped, shortened, or from another client."""
        lines = self.GOOD.splitlines(keepends=True)
        self.assertLost(b"".join(lines[1:]), "client 4 heard line 1 of 0 where line 0 was due")
        self.assertLost(b"".join(lines[:-1]), "{0: 1, 2: 2}")
        self.assertLost(self.GOOD + lines[-1], "client 4 heard line 1 of 0 where line 2 was due")
        self.assertLost(b"".join(reversed(lines)), "where line 0 was due")
        self.assertLost(self.GOOD.replace(b"0.1 x", b"0.1 "), "or not as sent")
        self.assertLost(self.GOOD + b"|7.0 xxxxxxx\n", "{0: 2, 2: 2, 7: 1}")
        self.assertLost(b"", "{0: 0, 2: 0}")


class StreamTests(SynchronousTestCase):
    """The lines of one sender."""

    def test_push(self) -> None:
        """It writes some lines at a time, until nothing is left."""
        one, other = socket.socketpair()
        self.addCleanup(one.close)
        self.addCleanup(other.close)
        stream = Stream(one, [b"a\n", b"bb\n", b"ccc\n"])
        self.assertTrue(stream.push(2))
        self.assertEqual(other.recv(100), b"a\nbb\n")
        self.assertFalse(stream.push(2))
        self.assertEqual(other.recv(100), b"ccc\n")
        self.assertFalse(stream.push(2))

    def test_full(self) -> None:
        """Bytes that the socket did not accept are sent before anything else."""
        one, other = socket.socketpair()
        self.addCleanup(one.close)
        self.addCleanup(other.close)
        one.setblocking(False)
        lines = [b"%d\n" % number * 100_000 for number in range(10)]
        stream = Stream(one, lines)
        came = b""
        while stream.push(1):
            came += other.recv(1 << 16)
        while len(came) < sum(map(len, lines)):
            came += other.recv(1 << 16)
        self.assertEqual(came, b"".join(lines))


class MeasureTests(SynchronousTestCase):
    """A small scenario, on a real server."""

    def setUp(self) -> None:
        if sys.platform != "linux":
            raise SkipTest("the benchmarks are for Linux")

    def test_measure(self) -> None:
        """All texts arrive, and the server's costs are more than zero."""
        scenario = Scenario("test", "", 5, load=Load(2, 10))
        with TemporaryDirectory() as folder:
            figures = measure(scenario, contestants()["select"], Path(folder), None)
        self.assertEqual((figures.clients, figures.deliveries), (5, 2 * 10 * 4))
        self.assertTrue(0 < figures.messageCpu < 10 and 0 < figures.loginCpu < 10, figures)
        self.assertTrue(1 < figures.before <= figures.idle <= figures.peak < 1000, figures)

    def test_lost(self) -> None:
        """A server that closes a connection in the middle is an error."""
        server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(server.close)

        def serve() -> None:
            connection, _ = server.accept()
            connection.recv(100)
            connection.sendall(b"Welcome, u0!\n")
            connection.close()

        thread = threading.Thread(target=serve)
        thread.start()
        self.addCleanup(thread.join)
        traffic = Traffic(server.getsockname()[1], Plain(), 1)
        self.addCleanup(traffic.close)
        with self.assertRaises(Lost) as caught:
            traffic.arrive()
        self.assertEqual(str(caught.exception), "the server closed connection 0")

    def test_notStarted(self) -> None:
        """A server that ends at once is an error with the server's output."""
        with TemporaryDirectory() as folder:
            command = [sys.executable, "-c", "raise SystemExit('no such thing')"]
            with self.assertRaises(NotStarted) as caught, running(command, freePort(), Path(folder)):
                pass
        self.assertEqual(str(caught.exception), "no such thing")
