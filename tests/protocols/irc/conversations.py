"""The set-up of tests of IRC conversations."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.model.users import PRIVILEGES
from twistchat.net.limits.admission import cloak
from twistchat.testing import IrcClient, MemoryServer
from twistchat.testing.server import SETTINGS

HOST = cloak(lambda: b"test")("127.0.0.1")
"""The host of clients on this machine."""

LABELS = ("batch", "labeled-response")
"""The capabilities for labels."""


def mask(nick: str) -> str:
    """Get the C{nick!user@host} of a client that L{MemoryServer.irc} registered."""
    return f"{nick}!~{nick}@{HOST}"


class Conversations(SynchronousTestCase):
    """
    Tests with a server in memory.

    @ivar server: a new one for each test.
    """

    def setUp(self) -> None:
        """Start the server."""
        self.limit()

    def limit(self, **limits: Any) -> None:
        """
        Start another server, with other limits.

        @param limits: fields of L{Limits <twistchat.config.limits.Limits>}.  Rate limits apply only if C{exempt} is
            given.
        """
        self.server = MemoryServer(replace(SETTINGS, limits=replace(SETTINGS.limits, **limits)))

    def irc(self, nick: str, *capabilities: str, rooms: str = "") -> IrcClient:
        """
        Register a client.

        @param rooms: the channels to join, separated by spaces.
        """
        client = self.server.irc(nick, *capabilities)
        client.join(*rooms.split())
        return client

    def operator(self, nick: str, *capabilities: str, privileges: str = "") -> IrcClient:
        """
        Register an operator of the server.

        @param privileges: separated by spaces; by default all.
        """
        client = self.irc(nick, *capabilities)
        session = next(iter(self.server.chat.identity.find(nick).sessions.values()))
        granted = privileges.split() or PRIVILEGES
        self.successResultOf(Deferred.fromCoroutine(self.server.chat.operators.become(session, "tests", granted)))
        self.server.pump()
        client.skip()
        return client

    def logIn(self, nick: str, account: str) -> None:
        """Log a user in to an account."""
        self.server.chat.identity.setAccount(self.server.chat.identity.find(nick), account)
        self.server.pump()

    def leave(self, nick: str, why: str) -> None:
        """Set a user's away message."""
        session = next(iter(self.server.chat.identity.find(nick).sessions.values()))
        self.server.chat.presence.setAway(session, why)
        self.server.pump()

    def hears(self, client: IrcClient, *lines: str) -> None:
        """Assert that a client has received these lines, and no others, since the last call."""
        self.assertEqual(client.lines(), list(lines))

    def gets(self, client: IrcClient, line: str, *answer: str) -> None:
        """Assert that these lines, and no others, are the reply to a line."""
        client.skip()
        client.send(line)
        self.hears(client, *answer)
