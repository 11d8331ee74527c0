"""
Conversations with a real server, a C{twistd} process, over loopback.

The tests wait for every result with a time-out, and never sleep.
"""

from __future__ import annotations

import os
import pwd
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from tempfile import mkdtemp
from unittest import SkipTest, skipUnless

from twisted.trial.unittest import SynchronousTestCase

import twistchat
from twistchat.net.listening.endpoints import atNextPort
from twistchat.tap import Options

ROOT = os.geteuid() == 0
"""Whether the tests are run by root."""

PATIENCE = 30.0
"""Seconds after which something that is waited for is not coming."""

TWISTD = (sys.executable, "-c", "import sys; from twisted.scripts.twistd import run; sys.argv[0] = 'twistd'; run()")
TWIST = (sys.executable, "-m", "twisted")

LISTEN = ("--line", "tcp:0:interface=127.0.0.1")
EXEMPT = ("--set", 'limits.exempt=["127.0.0.0/8"]')

LATE = """
from twisted.internet.task import deferLater
from twisted.plugin import IPlugin
from zope.interface import implementer

from twistchat.interfaces import IJournalKind, Journal
from twistchat.journal.kinds import memoryJournal
from twistchat.journal.stamp import Stamp

@implementer(IPlugin, IJournalKind)
class LateKind:
    name, summary, settings, onDisk = "late", "A journal that turns out to be damaged.", None, False

    def make(self, context):
        log, history = memoryJournal(Stamp(context.now, "late"), key=context.key())

        def fail():
            raise OSError("page 7 is damaged")

        log.open = lambda apply: deferLater(context.clock, 0.1, fail)
        return Journal(log, history)

late = LateKind()
"""
"""A plugin with a journal that cannot be opened, and takes a while to find out."""

INVITATION = re.compile(r"The line door is open: nc 127\.0\.0\.1 (\d+)")

GOODBYE = "* The server is shutting down"


class Reader:
    """Reads lines from a file descriptor as they arrive."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._rest = b""
        self.text = ""

    def line(self) -> str | None:
        """
        Return the next line without its end, or C{None} at the end of the input.


        @raise AssertionError: no line arrives in time.
        """
        deadline = time.monotonic() + PATIENCE
        while b"\n" not in self._rest:
            ready, _, _ = select.select([self._descriptor], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise AssertionError(f"nothing more came behind\n{self.text}")
            data = os.read(self._descriptor, 65536)
            if not data:
                return None
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        self.text += line.decode() + "\n"
        return line.decode()

    def until(self, wanted: str | re.Pattern[str]) -> re.Match[str]:
        """
        Read lines until one contains a match, and return it.


        @raise AssertionError: no line matches.
        """
        pattern = re.compile(re.escape(wanted)) if isinstance(wanted, str) else wanted
        while (line := self.line()) is not None:
            found = pattern.search(line)
            if found is not None:
                return found
        raise AssertionError(f"expected\n  {pattern.pattern}\nfound\n{self.text}")

    def rest(self) -> list[str]:
        """Return all remaining lines."""
        lines = []
        while (line := self.line()) is not None:
            lines.append(line)
        return lines


class Person(Reader):
    """A client with a real connection to the line door."""

    def __init__(self, port: int, buffer: int | None) -> None:
        """
        Connect.


        @param buffer: the size of the receive buffer in bytes; C{None} for the system's default.
        """
        self.socket = socket.socket()
        self.socket.settimeout(PATIENCE)
        if buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.connect(("127.0.0.1", port))
        super().__init__(self.socket.fileno())

    def send(self, *lines: str) -> None:
        """Send lines."""
        self.socket.sendall("".join(f"{line}\n" for line in lines).encode())


class DaemonTestCase(SynchronousTestCase):
    """Give each test a directory, and end its processes."""

    def setUp(self) -> None:
        self.directory = Path(mkdtemp())
        self.addCleanup(shutil.rmtree, self.directory)
        source, root = Path(twistchat.__file__).parent.parent, Path(__file__).parent.parent
        path = [str(source), str(root), *filter(None, [os.environ.get("PYTHONPATH")])]
        self.environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path), "PYTHONUNBUFFERED": "1"}

    def gone(self, pidFile: str) -> None:
        """Wait until a daemon that could not start has removed its pid file, which it does after it has said why."""
        deadline = time.monotonic() + PATIENCE
        while (self.directory / pidFile).exists():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)

    def finish(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            command,
            cwd=self.directory,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def start(self, *command: str) -> tuple[subprocess.Popen[bytes], Reader, int]:
        """
        Start a server in the foreground.


        @return: the process, its output, and the port of its line door.
        """
        process = subprocess.Popen(
            command,
            cwd=self.directory,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.addCleanup(self.end, process)
        assert process.stdout is not None
        output = Reader(process.stdout.fileno())
        return process, output, int(output.until(INVITATION)[1])

    def end(self, process: subprocess.Popen[bytes]) -> None:
        """End a process, if it still runs."""
        process.kill()
        process.wait(PATIENCE)
        assert process.stdout is not None
        process.stdout.close()

    def person(self, port: int, nick: str, buffer: int | None = None) -> Person:
        """Connect a client and enter the lobby."""
        person = self.connect(port, buffer)
        person.send(nick)
        person.until(f"* {nick} joined #lobby")
        return person

    def connect(self, port: int, buffer: int | None = None) -> Person:
        """Connect a client that sends nothing yet."""
        person = Person(port, buffer)
        self.addCleanup(person.socket.close)
        return person

    def ended(self, process: subprocess.Popen[bytes], output: Reader) -> None:
        """Check that a server ends in time with status 0 and without a traceback, and removes its pid file."""
        self.assertEqual(0, process.wait(PATIENCE))
        output.rest()
        self.assertNotIn("Traceback", output.text)
        self.assertFalse((self.directory / "twistd.pid").exists())


class ConversationTests(DaemonTestCase):
    """C{twistd -n twistchat}."""

    twistd: tuple[str, ...] = (*TWISTD, "-n")

    def test_talk(self) -> None:
        """
        Clients talk.  SIGHUP disturbs nobody.  After SIGTERM they get a message, and the process ends with status 0.
        """
        process, output, port = self.start(*self.twistd, "twistchat", *LISTEN)
        self.assertIn("messages are stored before anyone sees them", output.text)
        alice, bob = self.person(port, "alice"), self.person(port, "bob")
        alice.until("* bob joined #lobby")
        alice.send("hello, wörld")
        self.assertRegex(bob.line() or "", r"^\[\d\d:\d\d\] <alice> hello, wörld$")
        process.send_signal(signal.SIGHUP)
        output.until("The configuration was read again; nothing has changed")
        bob.send("still here?", "/me waits")
        self.assertRegex(alice.line() or "", "<bob> still here[?]$")
        self.assertRegex(alice.line() or "", r"\* bob waits$")
        process.send_signal(signal.SIGTERM)
        self.assertEqual([GOODBYE], alice.rest())
        self.assertEqual([GOODBYE], bob.rest())
        self.ended(process, output)

    def test_readAgain(self) -> None:
        """SIGHUP applies the configuration to new clients and keeps the existing ones connected."""
        configuration = self.directory / "twistchat.toml"
        configuration.write_text('[line]\nmotd = "Welcome."\n')
        process, output, port = self.start(*self.twistd, "twistchat", *LISTEN, "--journal", "memory")
        alice = self.person(port, "alice")
        self.assertTrue(alice.text.startswith("* Welcome.\n"), alice.text)
        configuration.write_text('[line]\nmotd = "Hello."\n[limits]\nnick = 9\n[chat]\nlobby = "#elsewhere"\n')
        process.send_signal(signal.SIGHUP)
        output.until("read again; changed: line.motd, limits.nick; from the next start on: chat.lobby")
        self.assertTrue(self.person(port, "bob").text.startswith("* Hello.\n"))
        configuration.write_text("[line]\nmotd = 5\n")
        process.send_signal(signal.SIGHUP)
        output.until("nothing was changed: twistchat.toml:2: line.motd: found 5; a text is wanted")
        self.assertTrue(self.person(port, "carol").text.startswith("* Hello.\n"))
        alice.until("* carol joined #lobby")
        process.send_signal(signal.SIGTERM)
        self.ended(process, output)

    def stopDuringTalk(self, number: signal.Signals) -> None:
        """
        Stop a server during a conversation: all clients have received every accepted message, in order, and nothing
        else.
        """
        process, output, port = self.start(*self.twistd, "twistchat", *LISTEN, *EXEMPT)
        alice, bob = self.person(port, "alice"), self.person(port, "bob")
        alice.until("* bob joined #lobby")
        alice.send("/echo on", *map(str, range(100)))
        bob.until(re.compile("<alice> 10$"))
        alice.send(*map(str, range(100, 1000)))
        began = time.monotonic()
        process.send_signal(number)
        *echoed, last = alice.rest()
        *heard, final = bob.rest()
        self.assertEqual([GOODBYE, GOODBYE], [last, final])
        said = [line.partition("<alice> ")[2] for line in echoed if "<alice>" in line]
        self.assertEqual([str(number) for number in range(len(said))], said)
        self.assertEqual(said[11:], [line.partition("<alice> ")[2] for line in heard])
        self.ended(process, output)
        self.assertLess(time.monotonic() - began, PATIENCE / 2)

    def test_terminate(self) -> None:
        """SIGTERM stops the server during a conversation."""
        self.stopDuringTalk(signal.SIGTERM)

    def test_interrupt(self) -> None:
        """SIGINT, which Ctrl-C sends, stops it in the same way."""
        self.stopDuringTalk(signal.SIGINT)

    def test_bothSignals(self) -> None:
        """Several SIGTERM and SIGINT at once stop the server once."""
        process, output, port = self.start(*self.twistd, "twistchat", *LISTEN)
        alice = self.person(port, "alice")
        for number in 5 * (signal.SIGTERM, signal.SIGINT):
            process.send_signal(number)
        self.assertEqual([GOODBYE], alice.rest())
        self.ended(process, output)

    def test_script(self) -> None:
        """A script behind a pipe sends everything, closes its sending side, and receives all answers."""
        _, _, port = self.start(*self.twistd, "twistchat", *LISTEN, *EXEMPT)
        alice = self.person(port, "alice")
        script = self.connect(port)
        script.send("script", "/echo on", *map(str, range(50)), "/who")
        script.socket.shutdown(socket.SHUT_WR)
        lines = script.rest()
        self.assertEqual("* 2 in #lobby: @alice script", lines[-1])
        self.assertEqual(50, len([line for line in lines if "<script>" in line]))
        alice.until("* script quit (connection closed)")

    def test_slowReader(self) -> None:
        """A client that does not read is disconnected when its send queue is full.  The others receive every line."""
        _, _, port = self.start(*self.twistd, "twistchat", *LISTEN, *EXEMPT)
        alice, carol = self.person(port, "alice"), self.person(port, "carol")
        self.person(port, "slow", buffer=4096)
        alice.until("* slow joined #lobby")
        carol.until("* slow joined #lobby")
        heard: list[int] = []
        said, gone = 0, False
        while not gone:
            self.assertLess(said, 5000)
            alice.send(*(f"{number} {3900 * 'x'}" for number in range(said, said + 20)))
            said += 20
            while len(heard) < said:
                line = carol.line() or ""
                if "* slow quit (read too slowly)" in line:
                    gone = True
                else:
                    heard.append(int(line.split()[2]))
        self.assertEqual(list(range(said)), heard)
        alice.until("* slow quit (read too slowly)")

    def test_restart(self) -> None:
        """After a restart, the history of a journal on disk is still there."""
        journal = ("--journal", "sqlite", "--data", "data")
        process, output, port = self.start(*self.twistd, "twistchat", *LISTEN, *journal)
        alice = self.person(port, "alice")
        alice.send("/topic Remember", "/echo on", "the 5th of November")
        alice.until("<alice> the 5th of November")
        process.send_signal(signal.SIGTERM)
        self.ended(process, output)
        process, output, port = self.start(*self.twistd, "twistchat", *LISTEN, *journal)
        bob = self.person(port, "bob")
        self.assertIn("<alice> the 5th of November\n", bob.text)
        self.assertIn("* Topic of #lobby: Remember (set by alice, ", bob.text)
        process.send_signal(signal.SIGTERM)
        self.ended(process, output)


class AsyncioTests(ConversationTests):
    """C{twistd -n --reactor asyncio twistchat}, as a cluster needs it.  All is as with the usual reactor."""

    twistd = (*TWISTD, "-n", "--reactor", "asyncio")


class TwistTests(DaemonTestCase):
    """C{twist twistchat}, the newer runner."""

    def test_talk(self) -> None:
        """It serves clients, and ends with status 0 on SIGTERM."""
        process, output, port = self.start(*TWIST, "--log-format=text", "twistchat", *LISTEN)
        alice, bob = self.person(port, "alice"), self.person(port, "bob")
        bob.send("hello")
        alice.until("<bob> hello")
        process.send_signal(signal.SIGTERM)
        self.assertEqual([GOODBYE], alice.rest())
        self.ended(process, output)


class DaemonizedTests(DaemonTestCase):
    """Plain C{twistd twistchat}, which goes into the background."""

    def test_talk(self) -> None:
        """It starts, serves clients, and stops by the pid in its file, which it removes."""
        reading, writing = os.pipe()
        self.addCleanup(os.close, reading)
        try:
            started = subprocess.run(
                [*TWISTD, "--pidfile", "chat.pid", "--logfile", "chat.log", "twistchat", *LISTEN],
                cwd=self.directory,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                pass_fds=[writing],
                check=False,
            )
        finally:
            os.close(writing)
        pid = int((self.directory / "chat.pid").read_text())
        self.addCleanup(self.killIfThere, pid)
        self.assertEqual((0, "", ""), (started.returncode, started.stdout, started.stderr))
        invitation = INVITATION.search((self.directory / "chat.log").read_text())
        assert invitation is not None
        alice = self.person(int(invitation[1]), "alice")
        alice.send("/who")
        alice.until("* 1 in #lobby: @alice")
        os.kill(pid, signal.SIGTERM)
        self.assertEqual([GOODBYE], alice.rest())
        # The other end of the pipe is the daemon's until it has ended.
        self.assertEqual([], Reader(reading).rest())
        self.assertFalse((self.directory / "chat.pid").exists())
        self.assertNotIn("Traceback", (self.directory / "chat.log").read_text())

    def killIfThere(self, pid: int) -> None:
        """Stop the daemon, even if the test failed."""
        if (self.directory / "chat.pid").exists():
            os.kill(pid, signal.SIGKILL)

    def test_takenPort(self) -> None:
        """If the port is in use, the command reports it before the server goes into the background."""
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            run = self.finish(*TWISTD, "twistchat", "--line", f"tcp:{port}:interface=127.0.0.1")
        where = f"the line door cannot listen at tcp:{port}:interface=127.0.0.1"
        other = f"--line {atNextPort(f'tcp:{port}:interface=127.0.0.1')}"
        advice = f"stop what listens there, or choose another port, as in {other}"
        self.assertEqual(
            (1, "", f"twistchat: {where}: Address already in use; {advice}\n"), (run.returncode, run.stdout, run.stderr)
        )
        self.gone("twistd.pid")

    def test_badJournal(self) -> None:
        """If the journal cannot be opened, the error is one whole line, even with a long path."""
        data = self.directory / ("x" * 200)
        data.touch()
        run = self.finish(*TWISTD, "twistchat", *LISTEN, "--data", str(data))
        (line,) = run.stderr.splitlines()
        self.assertTrue(line.startswith(f"twistchat: the journal cannot be opened: {data}"), line)
        self.assertEqual((1, ""), (run.returncode, run.stdout))

    @skipUnless(ROOT, "only root becomes somebody else")
    def test_uid(self) -> None:
        """
        In a directory of root, C{twistd --uid} starts a server that runs as that user, and the user owns the data.
        """
        for path in (Path(twistchat.__file__), Path(sys.prefix)):
            if not all(parent.stat().st_mode & 0o001 for parent in path.parents):
                raise SkipTest(f"nobody but root can read {path}")
        self.directory.chmod(0o755)
        run = self.finish(*TWISTD, "--uid", "nobody", "--logfile", "chat.log", "twistchat", *LISTEN)
        pid = int((self.directory / "twistd.pid").read_text())
        self.addCleanup(os.kill, pid, signal.SIGKILL)
        self.assertEqual((0, "", ""), (run.returncode, run.stdout, run.stderr))
        log = (self.directory / "chat.log").read_text()
        invitation = INVITATION.search(log)
        assert invitation is not None, log
        self.person(int(invitation[1]), "alice")
        nobody = pwd.getpwnam("nobody").pw_uid
        for path in (Path(f"/proc/{pid}"), self.directory / "twistchat-data" / "journal.sqlite"):
            self.assertEqual(nobody, path.stat().st_uid)


class RefusedStartTests(DaemonTestCase):
    """Starts that fail.  One line gives the reason."""

    def refused(self, *arguments: str) -> str:
        """Check that a start fails at once with exactly one line of twistchat, and return the line."""
        run = self.finish(*TWISTD, "-n", "twistchat", *arguments)
        output = run.stdout + run.stderr
        self.assertEqual(1, run.returncode, output)
        self.assertNotIn("Traceback", output)
        (line,) = [line for line in output.splitlines() if "twistchat: " in line]
        return line

    def test_takenPort(self) -> None:
        """The line names the port, and says that it is in use."""
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            line = self.refused("--line", f"tcp:{port}:interface=127.0.0.1")
        self.assertIn(f"the line door cannot listen at tcp:{port}:interface=127.0.0.1: ", line)
        self.assertIn("in use", line)

    def test_badConfiguration(self) -> None:
        """The line names the file, its line and the key."""
        (self.directory / "twistchat.toml").write_text("[limits]\n# How long a nick may be\nnick = 'long'\n")
        self.assertTrue(self.refused().startswith('twistchat: twistchat.toml:3: limits.nick: found "long"; '))

    def test_badOption(self) -> None:
        """The line names the option."""
        line = self.refused("--set", "limits.nick=0")
        self.assertTrue(line.startswith("twistchat: --set limits.nick=0: limits.nick: found 0; "), line)

    def test_missingFile(self) -> None:
        """The line names the file."""
        self.assertIn("nope.toml", self.refused("--config", "nope.toml"))

    def test_lateFailure(self) -> None:
        """If the running server cannot open the journal, it reports that in the same way, also with C{twist}."""
        plugins = self.directory / "twisted" / "plugins"
        plugins.mkdir(parents=True)
        (plugins / "late.py").write_text(LATE)
        self.environment["PYTHONPATH"] += f"{os.pathsep}{self.directory}"
        arguments = ("twistchat", *LISTEN, "--journal", "late")
        for command in ((*TWISTD, "-n", *arguments), (*TWIST, "--log-format=text", *arguments)):
            run = self.finish(*command)
            output = run.stdout + run.stderr
            self.assertEqual(1, run.returncode, output)
            self.assertNotIn("Traceback", output)
            (line,) = [line for line in output.splitlines() if "damaged" in line]
            self.assertTrue(line.endswith("the journal cannot be opened: page 7 is damaged"), line)
            self.gone("twistd.pid")


class HelpTests(DaemonTestCase):
    """The help of the command."""

    def test_help(self) -> None:
        """C{--help} names every option, and the list of C{twistd} names the command."""
        run = self.finish(*TWISTD, "twistchat", "--help")
        self.assertEqual(0, run.returncode)
        for option in Options().longOpt:
            self.assertIn(f"--{option}", run.stdout)

    def test_listed(self) -> None:
        """C{twistd} lists the command."""
        self.assertRegex(self.finish(*TWISTD, "--help").stdout, r"\n +twistchat +A multi-user chat server")

    def test_version(self) -> None:
        """C{--version} shows the version."""
        run = self.finish(*TWISTD, "twistchat", "--version")
        self.assertEqual(0, run.returncode)
        self.assertIn(f"twistchat {twistchat.__version__} ", run.stdout)
