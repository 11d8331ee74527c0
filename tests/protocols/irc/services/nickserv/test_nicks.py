"""Tests of NickServ's commands for nicks."""

from __future__ import annotations

import re

from tests.protocols.irc.conversations import mask
from tests.protocols.irc.services.conversations import ServiceConversations
from twistchat.testing import IrcClient

PASSWORD = "Wq7-mapletree"


class NicksTests(ServiceConversations):
    """C{GROUP}, C{UNGROUP} and C{LIST}."""

    def test_group(self) -> None:
        """A nick is given to the account, listed, and given up."""
        alice = self.member("alice")
        alice.send("NICK alice2")
        self.asks(alice, "GROUP", "The nick alice2 belongs to alice now")
        self.asks(alice, "LIST", "Your account is alice", "alice2 belongs to it too")
        self.asks(alice, "UNGROUP ALICE2", "The nick ALICE2 does not belong to alice any more")
        self.asks(alice, "LIST", "Your account is alice, which is its only nick")

    def test_refused(self) -> None:
        """The account's own name cannot be given up or given twice, nor a nick that it does not have."""
        alice = self.member("alice")
        self.asks(alice, "GROUP", "There is an account alice already")
        self.asks(alice, "UNGROUP alice", "The nick alice is the name of your account, and stays with it")
        self.asks(alice, "UNGROUP bob", "This account has no further nick named bob")

    def test_guest(self) -> None:
        """A guest has no account."""
        bob = self.irc("bob")
        for text in ("GROUP", "UNGROUP bob", "LIST"):
            self.asks(bob, text, "You are not logged in to an account")


class GhostTests(ServiceConversations):
    """C{GHOST} and C{REGAIN}."""

    def setUp(self) -> None:
        """Let a stranger have a nick that an administrator then registers."""
        super().setUp()
        self.stranger = self.irc("alice")
        self.account("alice")
        self.stranger.skip()

    def owner(self) -> IrcClient:
        """Log a client with another nick in to the account."""
        owner = self.irc("alice_")
        self.logIn("alice_", "alice")
        owner.skip()
        return owner

    def test_ghost(self) -> None:
        """A stranger gets a guest nick."""
        owner = self.owner()
        self.asks(owner, "GHOST ALICE", "Nobody else has the nick ALICE now")
        self.assertRegex(self.stranger.lines()[0], rf"^:{re.escape(mask('alice'))} NICK :?Guest\d+$")
        self.asks(owner, "release alice", "Nobody else has the nick alice now")

    def test_regain(self) -> None:
        """The owner gets the nick."""
        owner = self.owner()
        owner.send("NS REGAIN alice")
        self.assertEqual(
            owner.lines(),
            [
                f":{mask('alice_')} NICK alice",
                ":NickServ!NickServ@twistchat NOTICE alice :You have the nick alice now",
            ],
        )
        self.asks(owner, "RECOVER alice", "You have the nick alice now")

    def test_password(self) -> None:
        """A guest who names the password is logged in first."""
        owner = self.owner()
        owner.send(f"NS SET PASSWORD {PASSWORD}", "NS LOGOUT")
        owner.skip()
        owner.send("NS REGAIN alice wrong-password")
        self.assertIn("The account or the password is wrong", owner.lines()[-1])
        owner.send(f"NS REGAIN alice {PASSWORD}")
        self.assertIn("You have the nick alice now", owner.lines()[-1])
        self.assertEqual(self.server.chat.identity.find("alice").source.account, "alice")

    def test_refused(self) -> None:
        """Guests, and those to whom the nick does not belong, are refused."""
        bob = self.irc("bob")
        self.asks(bob, "GHOST alice", "You are not logged in to an account")
        self.account("bob")
        self.logIn("bob", "bob")
        self.asks(bob, "GHOST alice", "This account has no nick named alice")
        self.asks(bob, "REGAIN carol", "This account has no nick named carol")
        self.asks(bob, "REGAIN", "Usage: /msg NickServ REGAIN <nick> [<password>]")
