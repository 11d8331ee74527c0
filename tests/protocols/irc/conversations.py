"""What conversations at the IRC door have in common."""

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
"""The host of whoever comes from this machine."""

LABELS = ("batch", "labeled-response")
"""What a client asks for that puts labels on its commands."""


def mask(nick: str) -> str:
    """The C{nick!user@host} of someone whom L{MemoryServer.irc} brought in."""
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

        @param limits: fields of L{Limits <twistchat.config.limits.Limits>}.  Rates do not bind, unless C{exempt} says
            so.
        """
        self.server = MemoryServer(replace(SETTINGS, limits=replace(SETTINGS.limits, **limits)))

    def irc(self, nick: str, *capabilities: str, rooms: str = "") -> IrcClient:
        """
        Bring someone in.

        @param rooms: where they are to be, with spaces between them.
        """
        client = self.server.irc(nick, *capabilities)
        client.join(*rooms.split())
        return client

    def operator(self, nick: str, *capabilities: str, privileges: str = "") -> IrcClient:
        """
        Bring in an operator of the server.

        @param privileges: with spaces between them; all that there are where none is named.
        """
        client = self.irc(nick, *capabilities)
        session = next(iter(self.server.chat.identity.find(nick).sessions.values()))
        granted = privileges.split() or PRIVILEGES
        self.successResultOf(Deferred.fromCoroutine(self.server.chat.operators.become(session, "tests", granted)))
        self.server.pump()
        client.skip()
        return client

    def logIn(self, nick: str, account: str) -> None:
        """Let a user be logged in to an account."""
        self.server.chat.identity.setAccount(self.server.chat.identity.find(nick), account)
        self.server.pump()

    def leave(self, nick: str, why: str) -> None:
        """Let a user be away."""
        session = next(iter(self.server.chat.identity.find(nick).sessions.values()))
        self.server.chat.presence.setAway(session, why)
        self.server.pump()

    def hears(self, client: IrcClient, *lines: str) -> None:
        """Hold that a client has been sent these lines, and no others, since it was last asked."""
        self.assertEqual(client.lines(), list(lines))

    def gets(self, client: IrcClient, line: str, *answer: str) -> None:
        """Hold that a client, when it sends a line, is sent these lines and no others."""
        client.skip()
        client.send(line)
        self.hears(client, *answer)
