"""Tests of L{twistchat.net.logs.connections}."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from twistchat.config import LogSettings
from twistchat.config.limits import Limits
from twistchat.net.logs.connections import STRANGERS, USERS
from twistchat.testing import MemoryServer
from twistchat.testing.server import SETTINGS

STRANGER = "192.0.2.7"
FREE = Limits(exempt=("0.0.0.0/0",), unregistered=100_000)


class ConnectionLogTests(SynchronousTestCase):
    """What a whole server logs when connections end."""

    def setUp(self) -> None:
        """Start a server."""
        self.server = MemoryServer()

    def events(self, act: Callable[[], object]) -> list[dict[str, Any]]:
        """Return what the log of connections has about a call."""
        with capturedLogs() as events:
            act()
        return [event for event in events if event["log_namespace"].endswith("ConnectionLog")]

    def logged(self, act: Callable[[], object]) -> list[str]:
        """Return these lines."""
        return [formatEvent(event) for event in self.events(act)]

    def test_user(self) -> None:
        """A line names the user, the door, the duration, the address and the reason, which is not the user's own."""
        client = self.server.irc("alice", host=STRANGER)
        self.server.advance(75)
        (event,) = self.events(lambda: client.send("QUIT :a secret"))
        self.assertEqual("alice left the irc door after 0:01:15, from 192.0.2.7: quit", formatEvent(event))
        found = {name: event[name] for name in ("nick", "account", "door", "address", "seconds", "lines", "reason")}
        expected = {"nick": "alice", "account": None, "door": "irc", "address": STRANGER, "seconds": 75.0}
        self.assertEqual({**expected, "lines": None, "reason": "quit"}, found)
        person = self.server.person("bob", STRANGER)
        said = self.logged(lambda: person.send("/quit a secret"))
        self.assertEqual(["bob left the line door after 0:00:00, from 192.0.2.7: quit"], said)

    def test_account(self) -> None:
        """The account of a user is named."""
        client = self.server.irc("alice")
        client.send("REGISTER * * password-of-alice")
        said = self.logged(client.hangUp)
        self.assertEqual(
            ["alice (account alice) left the irc door after 0:00:00, from 127.0.0.1: connection closed"], said
        )

    def test_silent(self) -> None:
        """A client that does not answer is named with the server's reason."""
        self.server.irc("alice", host=STRANGER)

        def wait() -> None:
            for _ in range(3):
                self.server.advance(60)

        said = self.logged(wait)
        self.assertEqual(["alice left the irc door after 0:03:00, from 192.0.2.7: Ping timeout: 150 s"], said)

    def test_slow(self) -> None:
        """So is one that reads too slowly."""
        server = MemoryServer(replace(SETTINGS, limits=Limits(sendq=20_000, exempt=("127.0.0.0/8",))))
        client, writer = server.irc("alice", host=STRANGER), server.person("bob")
        client.join("#lobby")
        client.link.stalled = True
        said = self.logged(lambda: writer.send(*["x" * 4000] * 40))
        self.assertEqual(["alice left the irc door after 0:00:00, from 192.0.2.7: read too slowly"], said)

    def test_killed(self) -> None:
        """A user who is killed is named, though they have left the chat when their connection ends."""
        self.server.irc("alice", host=STRANGER)
        operator = self.server.irc("bob")
        user = self.server.chat.state.users.named("bob")
        assert user is not None
        (session,) = user.sessions.values()
        self.successResultOf(self.server.chat.operators.become(session, "an operator", ("kill",), None))
        (said,) = self.logged(lambda: operator.send("KILL alice :spam"))
        self.assertTrue(said.startswith("alice left the irc door after 0:00:00, from 192.0.2.7: "), said)
        self.assertIn("spam", said)

    def test_serverStops(self) -> None:
        """At the end of the server nobody is missing."""
        self.server.irc("alice", host=STRANGER)
        (said,) = self.logged(lambda: self.server.close("The server is shutting down"))
        self.assertTrue(said.endswith(": The server is shutting down"), said)

    def test_stranger(self) -> None:
        """A client that never came in has a line, too."""
        client = self.server.connectIrc(STRANGER)
        client.send("CAP LS", "NICK alice")
        self.server.advance(2)
        (event,) = self.events(client.hangUp)
        self.assertEqual(
            "Someone who had not come in left the irc door after 0:00:02, from 192.0.2.7: connection closed",
            formatEvent(event),
        )
        self.assertEqual((2, None), (event["lines"], event["nick"]))

    def test_refused(self) -> None:
        """So has one that was refused at once."""
        server = MemoryServer(replace(SETTINGS, limits=Limits(connectionsPerAddress=1)))
        server.connect(STRANGER)
        (said,) = self.logged(lambda: server.connect(STRANGER))
        self.assertIn(
            "Someone who had not come in left the line door after 0:00:00, from 192.0.2.7: Your address", said
        )

    def test_addresses(self) -> None:
        """The log shows addresses as it is configured."""
        for how, shown in (("cloak", f", from {self.server.context.cloak(STRANGER)}"), ("none", "")):
            server = MemoryServer(replace(SETTINGS, log=LogSettings(address=how)))  # type: ignore[arg-type]
            client = server.irc("alice", host=STRANGER)
            said = self.logged(partial(client.send, "QUIT"))
            self.assertEqual([f"alice left the irc door after 0:00:00{shown}: quit"], said)

    def test_bounded(self) -> None:
        """If too many connections end, one line tells how many more.  Strangers do not hide users."""
        server = MemoryServer(replace(SETTINGS, limits=FREE))
        users = [server.irc(f"user{number}", host=STRANGER) for number in range(USERS + 30)]
        strangers = [server.connectIrc(STRANGER) for _ in range(STRANGERS + 20)]

        def leave() -> None:
            for client in (*strangers, *users):
                client.hangUp()

        said = self.logged(leave)
        self.assertEqual((STRANGERS, USERS), (sum(["not come in" in line for line in said]), len(said) - STRANGERS))
        self.assertEqual(["… and 30 more connections of users ended"], self.logged(lambda: server.advance(1)))
        said = self.logged(server.context.connections.stop)
        self.assertEqual(["… and 20 more connections of clients that had not come in ended"], said)
