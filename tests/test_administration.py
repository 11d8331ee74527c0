"""C{twistchat account} as a process, beside a real C{twistd}, with the default limits."""

from __future__ import annotations

import json
import os
import pwd
import re
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from unittest import SkipTest, skipUnless

import twistchat
from tests.test_daemon import LISTEN, PATIENCE, ROOT, TWISTD, DaemonTestCase, Person

TWISTCHAT = (sys.executable, "-c", "from twistchat.console import main; main()")

IRC = re.compile(r"The irc door is open: irssi -c 127\.0\.0\.1 -p (\d+)")


class AdministrationTestCase(DaemonTestCase):
    """Run the command in the directory of the server."""

    def setUp(self) -> None:
        super().setUp()
        self.data = self.directory / "twistchat-data"
        self.control = self.data / "control"

    def begin(self, *arguments: str, password: str = "correct horse") -> subprocess.Popen[str]:
        """Start a command.  Its standard input is a password."""
        process = subprocess.Popen(
            [*TWISTCHAT, "account", *arguments],
            cwd=self.directory,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdin is not None
        process.stdin.write(f"{password}\n")
        process.stdin.flush()
        return process

    def account(self, *arguments: str, password: str = "correct horse") -> str:
        """Return the output of a command, which succeeds."""
        process = self.begin(*arguments, password=password)
        output, errors = process.communicate(timeout=PATIENCE)
        self.assertEqual((0, ""), (process.returncode, errors))
        return output

    def refused(self, *arguments: str) -> str:
        """Return the error of a command, which is one line."""
        process = self.begin(*arguments)
        output, errors = process.communicate(timeout=PATIENCE)
        self.assertEqual((1, ""), (process.returncode, output))
        (line,) = errors.splitlines()
        return line

    def names(self) -> list[str]:
        """Return the names of all accounts, sorted."""
        return sorted(json.loads(line)["name"] for line in self.account("list", "--json").splitlines())


class AdministrationTests(AdministrationTestCase):
    """The command, with and without a server."""

    def test_offline(self) -> None:
        """The first administrator is made before the first start, and the server knows them."""
        said = self.account("create", "alice", "--admin")
        self.assertEqual("alice is registered, and is an administrator\n", said)
        process, output, _ = self.start(*TWISTD, "-n", "twistchat", *LISTEN)
        self.assertIn("state         administrator\n", self.account("show", "alice"))
        process.send_signal(signal.SIGTERM)
        self.ended(process, output)
        self.assertIn("state         administrator\n", self.account("show", "alice"))

    def test_running(self) -> None:
        """The commands reach a server that runs, through a socket that only its user can open."""
        process, output, _ = self.start(*TWISTD, "-n", "twistchat", *LISTEN)
        found = self.control.stat()
        self.assertEqual((stat.S_IFSOCK | 0o600, os.geteuid()), (found.st_mode, found.st_uid))
        self.assertEqual("There are no accounts\n", self.account("list"))
        self.account("create", "alice")
        self.account("create", "bob", "--no-password")
        output.until("used the command account.create bob")
        self.assertEqual(["alice", "bob"], self.names())
        self.assertIn("There is an account alice already", self.refused("create", "Alice"))
        self.account("password", "bob")
        self.account("drop", "alice", "--yes")
        self.assertEqual(["bob"], self.names())
        process.send_signal(signal.SIGTERM)
        self.ended(process, output)
        self.assertNotIn("argon2", output.text)
        self.assertNotIn("horse", output.text)
        self.assertFalse(self.control.exists())

    def test_suspended(self) -> None:
        """A suspension ends the sessions of an account within a second, and they are told why.  Nobody else notices."""
        self.account("create", "alice", password="correcthorse")
        _, output, _ = self.start(*TWISTD, "-n", "twistchat", *LISTEN, "--irc", "tcp:0:interface=127.0.0.1")
        port = int((IRC.search(output.text) or output.until(IRC))[1])
        phone, laptop, bob = self.irc(port, "phone"), self.irc(port, "laptop"), self.irc(port, "bob")
        for client in (phone, laptop):
            client.send("PRIVMSG NickServ :IDENTIFY alice correcthorse")
            client.until("You are logged in")
        self.assertIn("sessions      127.0.0.1", self.account("show", "alice"))
        said = self.account("suspend", "alice", "too rude")
        asked = time.monotonic()
        self.assertEqual("alice is suspended; 2 sessions ended\n", said)
        for client in (phone, laptop):
            client.until("This account is suspended: too rude")
            client.rest()
        self.assertLess(time.monotonic() - asked, 1)
        bob.send("PRIVMSG NickServ :IDENTIFY alice correcthorse")
        bob.until("suspended")
        self.account("restore", "alice")
        bob.send("PRIVMSG NickServ :IDENTIFY alice correcthorse")
        bob.until("You are logged in")

    def irc(self, port: int, nick: str) -> Person:
        """Connect an IRC client."""
        client = self.connect(port)
        client.send(f"NICK {nick}", f"USER {nick} 0 * :{nick}")
        client.until(" 001 ")
        return client

    def test_killed(self) -> None:
        """After the server was killed, the commands work on its journal, and the next server replaces the socket."""
        process, _, _ = self.start(*TWISTD, "-n", "twistchat", *LISTEN)
        self.account("create", "alice")
        process.kill()
        process.wait(PATIENCE)
        self.assertTrue(self.control.is_socket())
        self.account("create", "bob")
        self.start(*TWISTD, "-n", "twistchat", *LISTEN)
        self.account("create", "carol")
        self.assertEqual(["alice", "bob", "carol"], self.names())

    def test_together(self) -> None:
        """Commands that run together wait for each other.  One of those with the same name succeeds."""
        self.account("create", "alice")
        names = ["bob", "carol", "dave", "dave"]
        processes = [self.begin("create", name) for name in names]
        ended = [process.communicate(timeout=PATIENCE) for process in processes]
        self.assertEqual([0, 0, 0, 1], sorted(process.returncode for process in processes), ended)
        self.assertEqual(["alice", "bob", "carol", "dave"], self.names())

    def test_longPath(self) -> None:
        """A server whose data directory has too long a path starts, and says why no command reaches it."""
        data = "d" * 100
        self.account("create", "alice", "--data", data)
        _, output, _ = self.start(*TWISTD, "-n", "twistchat", *LISTEN, "--data", data)
        self.assertIn("Commands cannot reach this server while it runs", output.text)
        self.assertIn("the system allows 107", output.text)
        self.assertIn("because no command can reach it while it runs", self.refused("list", "--data", data))

    def test_memory(self) -> None:
        """A server in memory has no socket and no data directory."""
        self.start(*TWISTD, "-n", "twistchat", *LISTEN, "--journal", "memory")
        self.assertIn("there is no journal in ./twistchat-data", self.refused("list"))
        self.assertFalse(self.data.exists())

    @skipUnless(ROOT, "only root becomes somebody else")
    def test_uid(self) -> None:
        """With C{--uid}, the user owns the socket, and what root makes while the server does not run."""
        for path in (Path(twistchat.__file__), Path(sys.prefix)):
            if not all(parent.stat().st_mode & 0o001 for parent in path.parents):
                raise SkipTest(f"nobody but root can read {path}")
        nobody = pwd.getpwnam("nobody")
        self.directory.chmod(0o755)
        self.data.mkdir(0o700)
        os.chown(self.data, nobody.pw_uid, nobody.pw_gid)
        self.account("create", "alice")
        run = self.finish(*TWISTD, "--uid", "nobody", "--logfile", "chat.log", "twistchat", *LISTEN)
        self.assertEqual((0, "", ""), (run.returncode, run.stdout, run.stderr))
        self.addCleanup(os.kill, int((self.directory / "twistd.pid").read_text()), signal.SIGKILL)
        self.account("create", "bob")
        self.assertEqual(["alice", "bob"], self.names())
        self.assertTrue(self.control.is_socket())
        for path in self.data.iterdir():
            self.assertEqual(nobody.pw_uid, path.stat().st_uid, path)
