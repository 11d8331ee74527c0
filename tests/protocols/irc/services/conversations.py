"""The set-up of tests of NickServ and ChanServ."""

from __future__ import annotations

import re

from twisted.internet.defer import Deferred

from tests.protocols.irc.conversations import Conversations
from twistchat.chat.model.accounts import Account
from twistchat.chat.model.events import Credential
from twistchat.testing import IrcClient


class ServiceConversations(Conversations):
    """
    Tests of a service.

    @cvar service: its nick.
    """

    service = "NickServ"

    def account(self, name: str, *credentials: Credential, email: str | None = None) -> Account:
        """Register an account."""
        made = self.server.chat.accounts.register(None, name, credentials, email=email)
        account = self.successResultOf(Deferred.fromCoroutine(made))
        self.server.pump()
        return account

    def member(self, nick: str, *capabilities: str, rooms: str = "") -> IrcClient:
        """Register an account and a client with the same name, and log the client in."""
        client = self.irc(nick, *capabilities, rooms=rooms)
        self.account(nick)
        self.logIn(nick, nick)
        client.skip()
        return client

    def asks(self, client: IrcClient, text: str, *answer: str) -> None:
        """Assert that the service answers a command with these notices, and that the client gets nothing else."""
        client.skip()
        client.send(f"PRIVMSG {self.service} :{text}")
        self.assertEqual([self.textOf(line) for line in client.lines()], list(answer))

    def textOf(self, line: str) -> str:
        """Get the text of a notice from the service; another line as it is."""
        start = rf":{self.service}!{self.service}@twistchat NOTICE \S+ :"
        return re.sub(start, "", line)
