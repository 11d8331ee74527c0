"""Tests of always-on accounts on a whole server with a journal on disk: a stop, a crash, and the return."""

from __future__ import annotations

import re
from pathlib import Path
from shutil import copytree

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from twistchat.testing import IrcClient, MemoryServer
from twistchat.testing.server import SETTINGS

ROOMS = ("#one", "#two", "#three")


class AlwaysOnTests(SynchronousTestCase):
    """Alice, whose account is always-on, is in three rooms, and bob in the first."""

    def setUp(self) -> None:
        """Start the server, and let both come in."""
        self.directory = self.mktemp()
        self.server = MemoryServer(SETTINGS, directory=self.directory)
        for name in ("alice", "bob"):
            self.successResultOf(Deferred.fromCoroutine(self.server.chat.accounts.register(None, name)))
        self.successResultOf(self.server.chat.accounts.set(None, "alice", "always-on", "on"))
        self.bob = self.irc("bob")
        self.bob.join("#one")
        self.alice = self.irc("alice")
        self.alice.join(*ROOMS)
        self.alice.send("MODE #two +im")
        for client in (self.alice, self.bob):
            client.skip()

    def irc(self, account: str, *capabilities: str) -> IrcClient:
        """Connect an IRC client that is logged in.  Its welcome is not read."""
        client = self.server.connectIrc()
        session = next(reversed(self.server.chat.state.sessions.values()))
        self.successResultOf(Deferred.fromCoroutine(self.server.chat.identity.login(session, account)))
        client.send(f"CAP REQ :{' '.join(capabilities)}", "CAP END", f"NICK {account}", f"USER {account} 0 * :x")
        return client

    def restart(self) -> None:
        """Stop the server, and start it again."""
        self.successResultOf(self.server.close())
        self.server = MemoryServer(SETTINGS, directory=self.directory)

    def crash(self) -> None:
        """Start another server with the files as they are now, as if this one had been killed."""
        copy = self.mktemp()
        copytree(self.directory, copy)
        self.successResultOf(self.server.close())
        self.directory = copy
        self.server = MemoryServer(SETTINGS, directory=copy)

    def isHere(self) -> None:
        """Check that alice is in her rooms without a session, with her ranks, and that rooms kept their locks."""
        (alice,) = [user for user in self.server.chat.state.users if user.nick == "alice"]
        self.assertEqual((alice.sessionCount, alice.away), (0, "not connected"))
        self.assertEqual(sorted(alice.rooms), sorted(ROOMS))
        ranks = {room.name: room.members[alice.source.uid].ranks for room in alice.rooms.values()}
        self.assertEqual(ranks, {"#one": "", "#two": "o", "#three": "o"})
        self.assertTrue({"i", "m"} <= alice.rooms["#two"].modes.keys())

    def test_disconnected(self) -> None:
        """Others see that she is away, and still a member."""
        self.alice.hangUp()
        self.server.pump()
        self.isHere()
        self.bob.send("NAMES #one", "WHO #one", "PRIVMSG alice :are you there?")
        lines = self.bob.lines()
        self.assertTrue(any(" 353 bob = #one :" in line and "alice" in line for line in lines), lines)
        self.assertTrue(any(" 352 bob #one " in line and " alice G" in line for line in lines), lines)
        self.assertTrue(any(line.endswith(" 301 bob alice :not connected") for line in lines), lines)

    def test_restart(self) -> None:
        """After a stop she is there again, whether or not she was connected."""
        self.restart()
        self.isHere()
        self.restart()
        self.isHere()

    def test_crash(self) -> None:
        """So she is after a crash, and after another one right after the start."""
        self.crash()
        self.isHere()
        self.crash()
        self.isHere()

    def test_parted(self) -> None:
        """A room that she left just before a crash is not one of hers."""
        self.alice.send("PART #three")
        self.crash()
        self.assertEqual(sorted(self.server.chat.identity.find("alice").rooms), ["#one", "#two"])

    def test_return(self) -> None:
        """When she returns she is in her rooms at once, and reads what she missed, also what waits for her."""
        self.crash()
        self.bob = self.irc("bob")
        self.bob.join("#one")
        self.bob.send("PRIVMSG #one :alice: tea is ready", "PRIVMSG alice :hurry")
        alice = self.irc("alice", "draft/chathistory", "batch", "server-time", "message-tags")
        lines = alice.lines()
        joined = {match[1] for line in lines if (match := re.search(r":alice!\S+ JOIN :?(#\w+)", line))}
        self.assertEqual(joined, set(ROOMS))
        alice.send("CHATHISTORY LATEST bob * 10")
        waited = alice.lines()
        self.assertTrue(any(line.endswith("PRIVMSG alice :hurry") for line in waited), waited)
        alice.send("CHATHISTORY LATEST #one * 10")
        missed = alice.lines()
        self.assertTrue(any("PRIVMSG #one :alice: tea is ready" in line for line in missed), missed)
        self.bob.skip()
        alice.send("PRIVMSG #one :coming")
        self.bob.until(re.compile(r":alice!\S+ PRIVMSG #one :coming"))

    def test_file(self) -> None:
        """What is not in force any more is erased from the file."""
        self.alice.send("PART #three", "NICK alicia", "NICK alice")
        self.server.advance(60)
        self.successResultOf(self.server.close())
        data = b"".join(path.read_bytes() for path in Path(self.directory).iterdir() if path.is_file())
        self.assertNotIn(b'["#three"', data)
        self.assertIn(b'["#two"', data)
