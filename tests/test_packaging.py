"""What is in C{contrib/}, and the commands with which C{docs/operating.md} installs a server."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from unittest import skipUnless

from twisted.trial.unittest import SynchronousTestCase

from tests.test_daemon import INVITATION, PATIENCE, TWISTD, DaemonTestCase, Reader
from tests.test_daemon import ROOT as IS_ROOT
from tests.test_docs import ROOT

CONTRIB = ROOT / "contrib"
SERVICE = CONTRIB / "twistchat.service"

PASSING = """
import fcntl, os, sys
copies = [fcntl.fcntl(int(number), fcntl.F_DUPFD, 20) for number in sys.argv[1].split(",")]
for number, copy in enumerate(copies, 3):
    os.dup2(copy, number)
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": str(len(copies)), "LISTEN_FDNAMES": "x:x"}
os.execv(sys.argv[2], sys.argv[2:])
"""
"""A program that passes on sockets as systemd does: their numbers begin at 3 (C{sd_listen_fds(3)})."""

MOST_EXPOSED = 2.0
"""The highest exposure level of the unit, as C{systemd-analyze security} measures it: 10 is the worst."""


def values(unit: Path) -> dict[str, list[str]]:
    """The values of each key of a unit of systemd, in the order of the file (C{systemd.syntax(7)})."""
    found: dict[str, list[str]] = {}
    for line in unit.read_text("utf-8").splitlines():
        if line and not line.startswith(("#", ";", "[")):
            key, equals, value = line.partition("=")
            assert equals, line
            found.setdefault(key, []).append(value)
    return found


def pasted(heading: str) -> list[str]:
    """The blocks of shell commands below a heading of C{docs/operating.md}."""
    text = (ROOT / "docs/operating.md").read_text("utf-8")
    _, _, below = text.partition(f"\n#### {heading}\n")
    section, _, _ = below.partition("\n#### ")
    return re.findall(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)


class UnitTests(SynchronousTestCase):
    """The units of systemd."""

    def test_service(self) -> None:
        """The service tells systemd when it is ready, has a watchdog, and runs as the user that the document makes."""
        unit = values(SERVICE)
        self.assertEqual((["notify"], ["chat"]), (unit["Type"], unit["User"]))
        self.assertEqual((["on-failure"], ["twistchat"]), (unit["Restart"], unit["StateDirectory"]))
        self.assertGreater(int(unit["WatchdogSec"][0]), 0)
        (start,) = unit["ExecStart"]
        self.assertTrue(start.startswith("/opt/twistchat/bin/twistd --nodaemon --pidfile= twistchat "), start)
        self.assertEqual(["/opt/twistchat/bin/twistchat reload --data ${STATE_DIRECTORY}"], unit["ExecReload"])
        self.assertIn("-m venv /opt/twistchat\n", pasted("systemd")[0])

    def test_exposure(self) -> None:
        """systemd finds the service well isolated."""
        analyze = shutil.which("systemd-analyze")
        if analyze is None:
            self.skipTest("systemd-analyze is not installed")
        run = subprocess.run(
            [analyze, "security", "--offline=true", "--no-pager", "--json=short", str(SERVICE)],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        if run.returncode != 0:
            self.skipTest(f"systemd-analyze cannot do this: {run.stderr}")
        findings = json.loads(run.stdout)
        self.assertGreater(len(findings), 50)
        run = subprocess.run(
            [analyze, "security", "--offline=true", "--no-pager", str(SERVICE)],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=True,
        )
        level = re.search(r"Overall exposure level for \S+: (\d+\.\d+)", run.stdout)
        assert level is not None, run.stdout
        self.assertLessEqual(float(level[1]), MOST_EXPOSED)

    def test_socket(self) -> None:
        """The comment has the endpoints of the sockets, in their order."""
        text = (CONTRIB / "twistchat.socket").read_text("utf-8")
        sockets = values(CONTRIB / "twistchat.socket")["ListenStream"]
        self.assertEqual(["0.0.0.0:6667", "0.0.0.0:6623"], sockets)
        named = re.findall(r'^# +(\w+) = "systemd:domain=INET:index=(\d)"$', text, re.MULTILINE)
        self.assertEqual([("irc", "0"), ("line", "1")], named)


class ContainerTests(SynchronousTestCase):
    """C{contrib/Dockerfile}.  No image is built here."""

    def test_commands(self) -> None:
        """The commands are lists, so that no shell is between Docker and the server.  The server is not root."""
        lines = (CONTRIB / "Dockerfile").read_text("utf-8").splitlines()
        commands = {}
        for line in lines:
            found = re.match(r"(ENTRYPOINT|CMD|HEALTHCHECK .*CMD) (\[.*\])$", line)
            if found is not None:
                commands[found[1].split()[0]] = json.loads(found[2])
        self.assertEqual({"ENTRYPOINT", "CMD", "HEALTHCHECK"}, set(commands))
        self.assertEqual("twistd", commands["ENTRYPOINT"][0])
        self.assertEqual(["twistchat", "status"], commands["HEALTHCHECK"][:2])
        options = dict(zip(commands["CMD"][::2], commands["CMD"][1::2], strict=True))
        self.assertEqual({"--irc": "tcp:6667", "--line": "tcp:6623", "--web": "tcp:6680"}, options)
        (exposed,) = [line.split()[1:] for line in lines if line.startswith("EXPOSE ")]
        self.assertEqual(sorted(exposed), sorted(where.removeprefix("tcp:") for where in options.values()))
        self.assertLess(lines.index("USER 10001:10001"), lines.index("VOLUME /data"))

    def test_context(self) -> None:
        """What the wheel needs is not kept out of the build."""
        ignored = (ROOT / ".dockerignore").read_text("utf-8").split()
        for name in ("src", "twisted", "pyproject.toml", "README.md", "LICENSE"):
            self.assertNotIn(name, ignored)


class SystemdTests(DaemonTestCase):
    """A real server that systemd has started, as far as the server can see."""

    def test_life(self) -> None:
        """It uses the sockets that it was given, and tells when it is ready, has reloaded and stops."""
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(notify.close)
        notify.bind(str(self.directory / "notify"))
        notify.settimeout(PATIENCE)
        ports = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
        for port in ports:
            self.addCleanup(port.close)
            port.set_inheritable(True)
        self.environment |= {"NOTIFY_SOCKET": str(self.directory / "notify"), "WATCHDOG_USEC": "600000000"}
        doors = ("--irc", "systemd:domain=INET:index=0", "--line", "systemd:domain=INET:index=1")
        passed = [str(port.fileno()) for port in ports]
        process = subprocess.Popen(
            [sys.executable, "-c", PASSING, ",".join(passed), *TWISTD, "-n", "--pidfile=", "twistchat", *doors],
            cwd=self.directory,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=[port.fileno() for port in ports],
        )
        self.addCleanup(self.end, process)
        told = [notify.recv(4096).decode() for _ in range(3)]
        self.assertEqual("READY=1\nSTATUS=Is open at 2 endpoints", told[1], told)
        self.assertEqual("WATCHDOG=1", told[2])
        alice = self.person(ports[1].getsockname()[1], "alice")
        process.send_signal(signal.SIGHUP)
        self.assertTrue(notify.recv(4096).startswith(b"RELOADING=1\nMONOTONIC_USEC="))
        self.assertEqual(b"READY=1", notify.recv(4096))
        process.send_signal(signal.SIGTERM)
        self.assertTrue(notify.recv(4096).startswith(b"STOPPING=1"))
        alice.until("The server is shutting down")
        self.assertEqual(0, process.wait(PATIENCE))


@skipUnless(IS_ROOT, "only root can follow the document")
class PasteTests(DaemonTestCase):
    """The lines for a daemon in C{docs/operating.md}."""

    def prepare(self, lines: str) -> str:
        """
        Change lines, so that they touch only the directory of this test: each path is below it, the user exists
        already, nothing is installed, and the ports are free.
        """
        tools = self.directory / "opt/twistchat/bin"
        tools.mkdir(parents=True, exist_ok=True)
        program = TWISTD[2].replace("'", '"')
        (tools / "twistd").write_text(f"#!/bin/sh\nexec {TWISTD[0]} -c '{program}' \"$@\"\n")
        (tools / "twistd").chmod(0o755)
        for name in ("etc", "run", "var/lib", "var/log"):
            (self.directory / name).mkdir(parents=True, exist_ok=True)
        self.directory.chmod(0o755)
        lines = re.sub(
            r"^(apt-get|/usr/bin/python3 -m venv|/opt/twistchat/bin/pip|ln -sf|useradd) .*$",
            ":",
            lines,
            flags=re.MULTILINE,
        )
        lines = re.sub(r"(?<![\w.])/(opt|etc|run|var)/", rf"{self.directory}/\1/", lines)
        lines = (
            lines.replace("-o chat", "-o nobody").replace("-g chat", "-g nogroup").replace("--uid chat", "--uid nobody")
        )
        for user, other in (("-o chat", "-o nobody"), ("-g chat", "-g nogroup"), ("--uid chat", "--uid nobody")):
            lines = lines.replace(user, other)
        lines = lines.replace('"tcp:6667"', '"tcp:0:interface=127.0.0.1"')
        lines = lines.replace('"tcp:6680:interface=127.0.0.1"', '"tcp:0:interface=127.0.0.1"')
        return lines.replace('"tcp:6623"', '"tcp:0:interface=127.0.0.1"')

    def paste(self, lines: str) -> None:
        """Run lines in a shell, in the root of the repository.  Each succeeds."""
        run = subprocess.run(
            ["sh", "-eu", "-c", lines],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        self.assertEqual((0, "", ""), (run.returncode, run.stdout, run.stderr), lines)

    def follow(self) -> Reader:
        """Read the lines of the log as they arrive, also after it was rotated."""
        log = self.directory / "var/log/twistchat/log"
        process = subprocess.Popen(
            ["tail", "-n", "+1", "-F", str(log)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.addCleanup(self.end, process)
        assert process.stdout is not None
        return Reader(process.stdout.fileno())

    def test_daemon(self) -> None:
        """The lines install the configuration and start a daemon.  Others make it read that again, and stop it."""
        for path in (ROOT, Path(TWISTD[0])):
            if not all(parent.stat().st_mode & 0o001 for parent in path.parents):
                self.skipTest(f"nobody but root can read {path}")
        start, signals, daily = map(self.prepare, pasted("A plain daemon"))
        self.paste(start)
        process = int((self.directory / "run/twistchat/pid").read_text())
        self.addCleanup(self.kill, process)
        log = self.follow()
        # The signals count as soon as a client is served.
        self.person(int(log.until(INVITATION)[1]), "alice")
        reload, stop = signals.splitlines()
        self.paste(reload)
        log.until("The configuration was read again")
        self.paste(daily)
        self.paste(f"until [ -e {self.directory}/var/log/twistchat/log.1 ]; do sleep 0.1; done")
        self.paste(stop)
        log.until("Server Shut Down")
        self.assertTrue((self.directory / "var/lib/twistchat/journal.sqlite").exists())

    def kill(self, process: int) -> None:
        """End a daemon, if it still runs."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
