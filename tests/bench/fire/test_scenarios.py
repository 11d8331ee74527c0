"""The catalogue, and its short scenarios against a real server with the default limits."""

from __future__ import annotations

import io
import json
import signal
import socket
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from bench import picture
from bench.fire import __main__ as program
from bench.fire.__main__ import main
from bench.fire.play import Outcome
from bench.fire.scenario import Seen
from bench.fire.scenarios import CATALOGUE, GROUPS, chosen
from bench.fire.scenarios.connections import DESCRIPTORS, SPARE, Crowd, untaken
from bench.fire.scenarios.death import compared
from bench.fire.scenarios.silence import GRACE, Phase, Quiet, late
from bench.servers import NotStarted
from tests.bench.fire.playing import PlayTestCase
from tests.bench.fire.test_figures import GOOD


class CatalogueTests(SynchronousTestCase):
    """The names."""

    def test_names(self) -> None:
        """Names are unique, also among the names of groups.  Every group takes part in a quick run."""
        names = [scenario.name for scenarios in GROUPS.values() for scenario in scenarios]
        self.assertEqual(len(names), len(CATALOGUE))
        self.assertEqual(set(names) & set(GROUPS), set())
        for group, scenarios in GROUPS.items():
            self.assertTrue(any(scenario.quick for scenario in scenarios), group)

    def test_chosen(self) -> None:
        """Names and groups select scenarios, each once."""
        self.assertEqual([one.name for one in chosen(["sigterm", "pong", "death"])], ["pong", "kill", "sigterm"])
        self.assertRaises(KeyError, chosen, ["nosuch"])


class PlayTests(PlayTestCase):
    """Scenarios that take only seconds."""

    def test_flood(self) -> None:
        """The attackers flood the canary's room, and it notices nothing."""
        outcome = self.play("room")
        self.assertNotEqual(outcome.seen.figures["sent"], 0)
        self.assertGreater(outcome.figures.said, 10)
        self.assertTrue(0 < outcome.figures.p50 <= outcome.figures.p99 <= outcome.figures.worst, outcome.figures)

    def test_kill(self) -> None:
        """All that was acknowledged before kill -9 is in the journal, and clients come back."""
        outcome = self.play("kill")
        self.assertGreater(outcome.figures.said, 10)
        self.assertEqual(len(outcome.figures.outages), outcome.seen.figures["kills"])

    def test_sigterm(self) -> None:
        """Every client is told, and the exit status is 0."""
        self.assertEqual((2, 0), tuple(self.play("sigterm").seen.figures[key] for key in ("told", "status")))

    def test_stopped(self) -> None:
        """Clients that are stopped find everything, or are disconnected if it is too much."""
        outcome = self.play("sigstop")
        self.assertEqual(outcome.seen.figures["disconnected"], 4)

    def test_memory(self) -> None:
        """A server with little memory has room for a thousand users, and for a flood."""
        outcome = self.play("memory")
        self.assertGreater(outcome.figures.grew, 2.0)  # the users are there

    def test_descriptors(self) -> None:
        """Users go on talking while the server has no descriptors left."""
        self.assertEqual(self.play("descriptors").seen.figures["most"], DESCRIPTORS)


class CrowdTests(SynchronousTestCase):
    """Clients that take the descriptors of a server."""

    def setUp(self) -> None:
        """Listen, and let three clients connect."""
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(self.listening.close)
        self.crowd = Crowd([self.listening.getsockname()[1]], 3)
        self.addCleanup(self.crowd.close)
        self.crowd.connect()
        self.accepted = [self.accept() for _ in range(3)]

    def accept(self) -> socket.socket:
        """Accept a connection."""
        connection, _ = self.listening.accept()
        self.addCleanup(connection.close)
        return connection

    def test_again(self) -> None:
        """Only a client whose connection the server has ended connects again, also if the server said why."""
        self.accepted[0].sendall(b"ERROR :too slow")
        self.accepted[0].close()
        self.accepted[1].sendall(b"who are you?")
        self.crowd.connect()
        self.accept()
        self.listening.setblocking(False)
        self.assertRaises(BlockingIOError, self.accept)

    def test_refused(self) -> None:
        """A client that cannot connect tries again the next time."""
        self.listening.close()
        for connection in self.accepted:
            connection.close()
        self.crowd.connect()
        self.crowd.connect()

    def test_missed(self) -> None:
        """It is a missed mark if descriptors are free for more than a tenth of the time."""
        full, free = DESCRIPTORS - SPARE, DESCRIPTORS - SPARE - 1
        self.assertEqual([], untaken([full] * 9 + [free]))
        self.assertEqual(["75 descriptors were taken for 80 % of the time"], untaken([full] * 8 + [free] * 2))
        self.assertEqual(["75 descriptors were taken for 0 % of the time"], untaken([68]))


class SilenceTests(SynchronousTestCase):
    """Connections that the server ends too late, or does not end."""

    def quiet(self, ended: float | None) -> Quiet:
        """Make a connection that began at 100 s."""
        connection, other = socket.socketpair()
        self.addCleanup(connection.close)
        self.addCleanup(other.close)
        made = Quiet(Phase("silent", "irc"), connection, 100.0)
        made.ended = ended
        return made

    def test_late(self) -> None:
        """A connection may last until its deadline, and a little longer.  A phase is named once."""
        self.assertEqual(late([self.quiet(105.0 + GRACE)], 5.0), [])
        named = ["irc, silent: stayed over 5 s"]
        self.assertEqual(late([self.quiet(105.1 + GRACE), self.quiet(None)], 5.0), named)
        self.assertEqual(late([self.quiet(None)], 5.0), named)

    def test_work(self) -> None:
        """A slow connection sends one byte in a second, and notices its end."""
        connection, other = socket.socketpair()
        with connection, other:
            slow = Quiet(Phase("slow", "irc", slowly=b"ab"), connection, 100.0)
            for now in (100.0, 100.5, 101.0, 102.5):
                slow.work(now)
            self.assertEqual((other.recv(10), slow.ended), (b"aba", None))
            other.close()
            slow.work(103.0)
            self.assertEqual(slow.ended, 103.0)


class DeathTests(SynchronousTestCase):
    """The journal after the end of the server."""

    def test_compared(self) -> None:
        """Acknowledged lines that are gone, and lines that are there twice, are missed marks.  Others may be there."""
        self.assertEqual(compared([(0, 1), (1, 1)], {(0, 1): 1, (1, 1): 1, (0, 2): 1})[1], [])
        self.assertEqual(compared([(0, 1), (1, 1)], {(0, 1): 1})[1], ["1 acknowledged lines are not in the journal"])
        self.assertEqual(compared([], {(0, 1): 2})[1], ["1 lines are twice in the journal"])


class OptionTests(SynchronousTestCase):
    """The options."""

    def test_wrong(self) -> None:
        """A mistake ends the process before anything starts, with a message."""
        if sys.platform != "linux":
            raise SkipTest("the benchmarks are for Linux")
        for arguments, words in (
            (["--seconds", "0.1"], "0.1 is not between 0.5 and 3600"),
            (["--dir", "/no/such"], "/no/such is not a folder"),
            (["--scenarios", "nosuch"], "no scenario or group nosuch"),
        ):
            said = io.StringIO()
            with redirect_stderr(said), self.assertRaises(SystemExit):
                main(arguments)
            self.assertIn(words, said.getvalue())

    def outcome(self, *played: object) -> tuple[int, str]:
        """Run C{main} with the outcomes, or errors, of its scenarios.  Return the exit status and the output."""
        if sys.platform != "linux":
            raise SkipTest("the benchmarks are for Linux")
        left = list(played)

        def play(*arguments: object) -> object:
            outcome = left.pop(0)
            if isinstance(outcome, BaseException):
                raise outcome
            return outcome

        self.patch(program, "play", play)
        said = io.StringIO()
        names = [scenario.name for scenario in GROUPS["death"]]
        with TemporaryDirectory() as folder, redirect_stdout(said):
            status = main(["--scenarios", *names, "--out", folder])
            read = json.loads(Path(folder, "fire.json").read_text(), parse_constant=self.fail)
            self.assertEqual({"machine", "seconds", "scenarios", "errors"}, {*read})
        return status, said.getvalue()

    def test_infinite(self) -> None:
        """The document is JSON, also if the canary received nothing."""
        unheard = Outcome(Seen("x"), replace(GOOD, p99=float("inf"), worst=float("inf")), ())
        status, said = self.outcome(unheard, unheard)
        self.assertEqual((0, 2), (status, said.count("| none | none | good |")))

    def test_status(self) -> None:
        """The exit status is 1 if a mark was missed or a scenario failed, and 0 otherwise.  The others are played."""
        good, bad = Outcome(Seen("x"), GOOD, ()), Outcome(Seen("y"), GOOD, ("lost",))
        self.assertEqual(0, self.outcome(good, good)[0])
        status, said = self.outcome(bad, good)
        self.assertEqual((1, 1), (status, said.count("MISSED: lost")))
        status, said = self.outcome(NotStarted("no port"), good)
        self.assertEqual((1, 1), (status, said.count("ERROR: NotStarted: no port")))
        self.assertIn("The canary's longest wait across all of it: 300.0 ms, in sigterm (1 scenarios", said)

    def test_interrupted(self) -> None:
        """Ctrl-C ends the run with its own status, and the results of the scenarios before it."""
        status, said = self.outcome(Outcome(Seen("x"), GOOD, ("lost",)), KeyboardInterrupt())
        self.assertEqual((130, 1), (status, said.count("MISSED: lost")))
        self.assertIn("The canary's longest wait across all of it: 300.0 ms, in kill (1 scenarios", said)

    def test_noPicture(self) -> None:
        """Without matplotlib there is a line that says what to install."""
        good = Outcome(Seen("x"), GOOD, ())
        self.patch(picture, "possible", lambda: False)
        self.assertIn("pip install -e '.[bench]'", self.outcome(good, good)[1])

    def test_terminated(self) -> None:
        """SIGTERM ends the server too, and removes its folder.  Ctrl-C does so without a traceback."""
        if sys.platform != "linux":
            raise SkipTest("the benchmarks are for Linux")
        for number, status in ((signal.SIGTERM, 143), (signal.SIGINT, 130)):
            with TemporaryDirectory() as folder:
                command = [sys.executable, "-m", "bench.fire", "--scenarios", "calm", "--dir", folder]
                with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
                    self.addCleanup(process.kill)
                    while not any(Path(folder).glob("fire*/data/*")):  # the server writes there
                        self.assertRaises(subprocess.TimeoutExpired, process.wait, 0.05)
                    process.send_signal(number)
                    said, _ = process.communicate(timeout=60)
                self.assertEqual((status, []), (process.returncode, list(Path(folder).iterdir())), said)
                self.assertNotIn("Traceback", said)

    def test_list(self) -> None:
        """The list has every scenario."""
        said = io.StringIO()
        with redirect_stdout(said):
            self.assertEqual(0, main(["--list"]))
        self.assertEqual(len(said.getvalue().splitlines()), len(GROUPS) + len(CATALOGUE))
