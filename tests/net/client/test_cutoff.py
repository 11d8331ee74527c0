"""What clients send while a lost node disconnects them."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.rules.nodes import CUT_OFF, cutOff
from twistchat.testing import ManualLog, MemoryServer, inMemory


class CutOffTests(SynchronousTestCase):
    """A command that waits for earlier ones when the node is lost."""

    def test_irc(self) -> None:
        """The command is ignored, and nothing is logged."""
        server = MemoryServer(journal=inMemory(ManualLog))
        client = server.connectIrc()
        client.send("NICK bob", "USER b 0 * :b", "JOIN #a")
        self.commit(server)
        client.skip()
        client.send("TOPIC #a :one", "PRIVMSG #a :two", "NAMES #a")
        cutOff(server.chat.state)
        self.commit(server)
        self.assertEqual([], [line for line in client.lines() if CUT_OFF not in line])
        self.assertTrue(client.gone)

    def test_line(self) -> None:
        """The same holds at the line door."""
        server = MemoryServer(journal=inMemory(ManualLog))
        client = server.connect()
        client.send("bob")
        self.commit(server)
        client.skip()
        client.send("/topic one", "two", "/who")
        cutOff(server.chat.state)
        self.commit(server)
        self.assertEqual([], [line for line in client.lines() if CUT_OFF not in line])
        self.assertTrue(client.gone)

    def commit(self, server: MemoryServer) -> None:
        """Commit all events in the journal."""
        assert isinstance(server.log, ManualLog)
        while server.log.waiting:
            server.log.commit()
            server.pump()
