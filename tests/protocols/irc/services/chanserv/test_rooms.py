"""Tests of ChanServ's commands that register channels and change their settings."""

from __future__ import annotations

import re

from tests.protocols.irc.conversations import mask
from tests.protocols.irc.services.conversations import ServiceConversations
from twistchat.testing import IrcClient

GUEST = "You are not logged in to an account"


class RoomConversations(ServiceConversations):
    """
    Tests with a registered channel.

    @ivar alice: its founder, who is in it.
    """

    service = "ChanServ"

    def setUp(self) -> None:
        """Register #tea."""
        super().setUp()
        self.alice = self.member("alice", rooms="#tea")
        self.alice.send("CS REGISTER #tea")
        self.alice.skip()

    def codeFor(self, client: IrcClient, text: str) -> str:
        """Return the code that confirms a command."""
        client.skip()
        client.send(f"PRIVMSG ChanServ :{text}")
        (line,) = map(self.textOf, client.lines())
        found = re.fullmatch(rf"This cannot be undone\. To confirm it: /msg ChanServ {re.escape(text)} (\w+)", line)
        assert found is not None, line
        return found[1]


class RegisterTests(ServiceConversations):
    """C{REGISTER}."""

    service = "ChanServ"

    def test_register(self) -> None:
        """An operator of a channel becomes its founder, which everyone in it sees."""
        alice, bob = self.member("alice", rooms="#tea"), self.irc("bob", rooms="#tea")
        alice.skip()
        alice.send("CS REGISTER #tea")
        change = f":{mask('alice')} MODE #tea +q alice"
        self.hears(
            alice, change, ":ChanServ!ChanServ@twistchat NOTICE alice :#tea is registered, and alice is its founder"
        )
        self.hears(bob, change)
        self.asks(alice, "REGISTER #tea", "#tea is registered already")
        self.asks(alice, "LIST", "You are the founder of 1 channel:", "#tea")

    def test_refused(self) -> None:
        """Guests, members without the rank, and people elsewhere cannot register a channel."""
        self.member("alice", rooms="#tea #lobby")
        bob, carol = self.irc("bob", rooms="#cup"), self.member("carol", rooms="#tea")
        self.asks(bob, "REGISTER #cup", GUEST)
        self.asks(carol, "REGISTER #tea", "You need to be an operator of #tea for that")
        self.asks(carol, "REGISTER #cup", "You are not in #cup")
        self.asks(carol, "REGISTER", "Usage: /msg ChanServ REGISTER <channel>")
        self.asks(carol, "LIST", "You are the founder of 0 channels")

    def test_limit(self) -> None:
        """An account has at most 15 channels."""
        names = [f"#tea{number}" for number in range(16)]
        alice = self.member("alice", rooms=" ".join(names))
        for name in names:
            alice.send(f"CS REGISTER {name}")
        self.asks(alice, "REGISTER #tea15", "There are 15 channels already, and no more can be added")


class DropTests(RoomConversations):
    """C{DROP}."""

    def test_drop(self) -> None:
        """The founder ends the registration, after a confirmation."""
        code = self.codeFor(self.alice, "DROP #tea")
        self.alice.send(f"CS DROP #tea {code}")
        self.hears(
            self.alice,
            f":{mask('alice')} MODE #tea -q alice",
            ":ChanServ!ChanServ@twistchat NOTICE alice :#tea is not registered any more",
        )
        self.asks(self.alice, "INFO #tea", "#tea is not registered")

    def test_wrongCode(self) -> None:
        """A wrong code is answered like none; the code of another channel is wrong."""
        self.alice.join("#cup")
        self.alice.send("CS REGISTER #cup")
        code = self.codeFor(self.alice, "DROP #cup")
        self.assertNotEqual(code, self.codeFor(self.alice, "DROP #tea"))
        self.alice.send(f"CS DROP #tea {code}")
        self.assertIn("This cannot be undone", self.alice.lines()[0])
        self.asks(self.alice, "LIST", "You are the founder of 2 channels:", "#tea", "#cup")

    def test_others(self) -> None:
        """Others cannot; server operators with the privilege "rooms" can, also without an account."""
        bob, root, kim = self.member("bob"), self.operator("root"), self.operator("kim", privileges="kill")
        self.asks(bob, "DROP #tea", "Only the founder of #tea can do that")
        self.asks(kim, "DROP #tea", GUEST)
        self.asks(root, f"DROP #tea {self.codeFor(root, 'DROP #tea')}", "#tea is not registered any more")


class TransferTests(RoomConversations):
    """C{TRANSFER} and C{SET FOUNDER}."""

    def test_transfer(self) -> None:
        """Another account becomes the founder, after a confirmation for this account."""
        bob = self.member("bob")
        self.account("carol")
        code = self.codeFor(self.alice, "TRANSFER #tea bob")
        self.alice.send(f"CS TRANSFER #tea carol {code}")
        self.assertIn("This cannot be undone", self.alice.lines()[0])
        self.alice.send(f"CS TRANSFER #tea BOB {code}")
        self.assertIn("The founder of #tea is BOB now", self.alice.lines()[-1])
        self.asks(self.alice, "DROP #tea", "Only the founder of #tea can do that")
        self.asks(bob, "LIST", "You are the founder of 1 channel:", "#tea")

    def test_setFounder(self) -> None:
        """SET FOUNDER is the same."""
        self.account("bob")
        code = self.codeFor(self.alice, "SET #tea FOUNDER bob")
        self.alice.send(f"CS SET #tea FOUNDER bob {code}")
        self.assertIn("The founder of #tea is bob now", self.alice.lines()[-1])
        usage = (
            "Usage: /msg ChanServ SET <channel> (DESCRIPTION [<text>] | SUCCESSOR [<account>] | HISTORY [<readers>]"
            " | RETENTION [<time>] | FOUNDER <account>)"
        )
        self.asks(self.alice, "SET #tea FOUNDER", usage)

    def test_unknown(self) -> None:
        """There must be such an account."""
        self.asks(
            self.alice,
            f"TRANSFER #tea bob {self.codeFor(self.alice, 'TRANSFER #tea bob')}",
            "There is no account bob",
        )


READ = "The members can read #tea from the beginning"
KEPT = "The server keeps what is said in #tea as long as in other rooms"


class SetTests(RoomConversations):
    """C{SET} and C{INFO}."""

    def test_set(self) -> None:
        """A setting is changed, shown, and removed.  Only the founder sees the successor."""
        self.account("bob")
        self.asks(self.alice, "SET #tea description  all  about tea", "The description of #tea is: all  about tea")
        self.asks(self.alice, "SET #tea SUCCESSOR bob", "The successor of #tea is: bob")
        shown = ("#tea: founder alice, created 2026-01-01 12:00:00 UTC", "Description: all  about tea")
        self.asks(self.alice, "INFO #tea", *shown, "Successor: bob", READ, KEPT)
        self.asks(self.irc("carol"), "INFO #tea", *shown, READ, KEPT)
        self.asks(self.alice, "SET #tea DESCRIPTION", "#tea has no description now")
        self.asks(self.alice, "INFO #tea", shown[0], "Successor: bob", READ, KEPT)

    def test_question(self) -> None:
        """Without a value, HISTORY and RETENTION say what applies and what is possible, and change nothing."""
        room = self.server.chat.state.rooms.get("#tea")
        assert room is not None
        values = "The values of history are: joined, members, accounts, everyone; default is members"
        times = "The values of retention are: a number of hours, days or years, such as 12h, 7d or 1y; forever; default"
        since = "The members can read #tea from the time when they joined"
        self.asks(self.alice, "SET #tea HISTORY joined", since)
        self.asks(self.alice, "SET #tea HISTORY", since, values)
        self.assertEqual(room.settings, {"history": "joined"})
        self.asks(self.alice, "SET #tea HISTORY default", READ)
        self.asks(self.alice, "SET #tea RETENTION 48h", "The server keeps what is said in #tea for 2d")
        self.asks(self.alice, "SET #tea RETENTION", "The server keeps what is said in #tea for 2d", times)
        self.asks(self.alice, "SET #tea RETENTION none", KEPT)
        self.assertEqual(room.settings, {})
        self.alice.send("CS HELP SET")
        told = "\n".join(self.alice.lines())
        self.assertTrue(values in told and times in told, told)

    def test_refused(self) -> None:
        """Unknown settings, unknown accounts and other people are refused."""
        self.asks(
            self.alice,
            "SET #tea COLOUR green",
            "The name colour is not a setting; the settings are description, successor, history, retention",
        )
        self.asks(self.alice, "SET #tea SUCCESSOR bob", "There is no account bob")
        self.asks(self.member("bob"), "SET #tea DESCRIPTION x", "Only the founder of #tea can do that")

    def test_secret(self) -> None:
        """A secret channel does not exist for others."""
        self.alice.send("MODE #tea +s")
        self.asks(self.irc("bob"), "INFO #tea", "There is no channel #tea")
        self.asks(self.irc("carol"), "INFO tea", "There is no channel tea")
