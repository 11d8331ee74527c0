"""Tests of NickServ's commands for nicks."""

from __future__ import annotations

from tests.protocols.irc.services.conversations import ServiceConversations


class NicksTests(ServiceConversations):
    """C{GROUP}, C{UNGROUP} and C{LIST}."""

    def test_group(self) -> None:
        """A nick is given to the account, listed, and given up."""
        alice = self.member("alice")
        alice.send("NICK alice2")
        self.asks(alice, "GROUP", "The nick alice2 belongs to alice now")
        self.asks(alice, "LIST", "Your account is alice", "alice2 belongs to it too")
        self.asks(alice, "UNGROUP ALICE2", "The nick ALICE2 does not belong to alice any more")
        self.asks(alice, "LIST", "Your account is alice")

    def test_refused(self) -> None:
        """The account's own name cannot be given up or given twice, nor a nick that it does not have."""
        alice = self.member("alice")
        self.asks(alice, "GROUP", "There is an account alice already")
        self.asks(alice, "UNGROUP alice", "This account has no further nick named alice")
        self.asks(alice, "UNGROUP bob", "This account has no further nick named bob")

    def test_guest(self) -> None:
        """A guest has no account."""
        bob = self.irc("bob")
        for text in ("GROUP", "UNGROUP bob", "LIST"):
            self.asks(bob, text, "You are not logged in to an account")
