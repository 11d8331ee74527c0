"""Tests of ChanServ's commands for ranks."""

from __future__ import annotations

from tests.protocols.irc.conversations import mask
from tests.protocols.irc.services.chanserv.test_rooms import GUEST, RoomConversations


class AccessTests(RoomConversations):
    """C{ACCESS} and C{UP}."""

    def test_change(self) -> None:
        """The founder gives ranks to accounts, which the list shows, and takes them."""
        bob = self.member("bob")
        self.account("carol")
        self.asks(self.alice, "ACCESS #tea LIST", "The access list of #tea has 0 accounts")
        self.asks(self.alice, "ACCESS #tea SET bob operator", "bob has this rank in #tea now: operator")
        self.asks(self.alice, "access #tea add carol +vh", "carol has this rank in #tea now: half-operator, voice")
        shown = ("The access list of #tea has 2 accounts:", "bob: operator", "carol: half-operator, voice")
        self.asks(self.alice, "ACCESS #tea LIST", *shown)
        self.asks(bob, "ACCESS #tea LIST", *shown)
        self.asks(self.alice, "ACCESS #tea DEL carol", "carol is no longer in the access list of #tea")
        self.asks(self.alice, "ACCESS #tea DEL carol", "carol is no longer in the access list of #tea")
        founder = "The founder of #tea, alice, has all ranks and cannot be in its access list"
        self.asks(self.alice, "ACCESS #tea SET alice voice", founder)
        self.asks(self.alice, "ACCESS #tea DEL alice", founder)
        self.asks(self.alice, "ACCESS #tea SET bob none", "bob has this rank in #tea now: none")

    def test_present(self) -> None:
        """A member gets the rank at once, and everyone in the channel sees it."""
        bob = self.member("bob", rooms="#tea")
        self.alice.send("CS ACCESS #tea SET bob voice")
        self.hears(bob, f":{mask('alice')} MODE #tea +v bob")

    def test_refused(self) -> None:
        """Bad ranks, unknown accounts, and people without the rank are refused."""
        bob = self.member("bob")
        self.alice.send("CS ACCESS #tea SET bob voice")
        self.asks(bob, "ACCESS #tea SET bob operator", "Your rank in the access list of #tea does not allow that")
        self.asks(self.member("carol"), "ACCESS #tea LIST", "Your rank in the access list of #tea does not allow that")
        self.asks(self.alice, "ACCESS #tea SET dave voice", "There is no account dave")
        self.alice.send("CS ACCESS #tea SET bob king")
        self.assertIn("king", self.alice.lines()[0])
        usage = "Usage: /msg ChanServ ACCESS <channel> (LIST | SET <account> <rank> | DEL <account>)"
        for words in ("", " SET", " SET bob", " LIST bob", " DEL", " SHOW"):
            self.asks(self.alice, f"ACCESS #tea{words}", usage)
        self.asks(self.irc("guest"), "ACCESS #tea LIST", GUEST)

    def test_up(self) -> None:
        """Members get back the ranks that they gave up."""
        self.alice.send("MODE #tea -q alice")
        self.alice.skip()
        self.alice.send("CS UP #tea")
        self.hears(
            self.alice,
            f":{mask('alice')} MODE #tea +q alice",
            ":ChanServ!ChanServ@twistchat NOTICE alice :You have your ranks in #tea",
        )
        self.asks(self.alice, "UP #tea", "You have your ranks in #tea")


class RankTests(RoomConversations):
    """C{OP}, C{DEOP} and the others."""

    def test_ranks(self) -> None:
        """A member gets and loses each rank."""
        bob = self.irc("bob", rooms="#tea")
        for command, letter, name in (
            ("OP", "o", "operator"),
            ("HALFOP", "h", "half-operator"),
            ("VOICE", "v", "voice"),
        ):
            self.alice.skip()
            bob.skip()
            self.alice.send(f"CS {command} #tea bob", f"CS DE{command} #tea bob")
            given, taken = (f":{mask('alice')} MODE #tea {sign}{letter} bob" for sign in "+-")
            self.hears(bob, given, taken)
            answers = (f"bob is {name} in #tea now", f"bob is not {name} in #tea now")
            self.assertEqual(list(map(self.textOf, self.alice.lines())), [given, answers[0], taken, answers[1]])

    def test_own(self) -> None:
        """Without a nick the client itself gets the rank."""
        bob = self.member("bob", rooms="#tea")
        self.alice.send("CS ACCESS #tea SET bob operator", "MODE #tea -o bob")
        bob.skip()
        bob.send("CS OP #tea")
        self.assertEqual(bob.lines()[0], f":{mask('bob')} MODE #tea +o bob")

    def test_refused(self) -> None:
        """People without the rank, and those who are not there, are refused."""
        bob = self.member("bob", rooms="#tea")
        self.irc("carol")
        self.asks(bob, "OP #tea", "Your rank in the access list of #tea does not allow that")
        self.asks(self.alice, "OP #tea carol", "carol is not in #tea")
        self.asks(self.alice, "OP #tea nobody", "Nobody here is called nobody")
        self.asks(self.alice, "OP #cup", "There is no channel #cup")
        self.asks(self.irc("guest"), "OP #tea", GUEST)
