"""Tests of MONITOR (IRCv3 monitor, extended-monitor)."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.protocols.irc.servers import mask, serverWith, staffed
from twistchat.testing import MemoryServer


class MonitorTests(SynchronousTestCase):
    """MONITOR."""

    def setUp(self) -> None:
        """Register alice and bob."""
        self.server = MemoryServer()
        self.alice, self.bob = self.server.irc("alice"), self.server.irc("bob")

    def test_add(self) -> None:
        """The reply to an addition has the masks of online users, and the other nicks as they were sent."""
        self.bob.send("MONITOR + ALICE,Carol,Dave")
        self.bob.expect(f":twistchat 730 bob :{mask('alice')}", ":twistchat 731 bob :Carol,Dave")
        self.bob.send("MONITOR + Erin Frank", "MONITOR L")
        self.bob.expect(
            ":twistchat 731 bob :Erin",
            ":twistchat 732 bob :ALICE,Carol,Dave,Erin",
            ":twistchat 733 bob :End of MONITOR list",
        )

    def test_comings(self) -> None:
        """A client is told when a watched nick comes online and goes offline, for any reason."""
        self.bob.send("MONITOR + alice,carol,dave")
        self.bob.skip()
        carol = self.server.irc("carol")
        self.bob.expect(f":twistchat 730 * :{mask('carol')}")
        carol.send("NICK dave")
        self.bob.expect(":twistchat 731 * :carol", f":twistchat 730 * :dave!~carol@{mask('x').split('@')[1]}")
        carol.send("NICK DAVE")
        self.bob.expect()
        carol.hangUp()
        self.bob.expect(":twistchat 731 * :DAVE")
        self.server.person("carol")
        self.assertTrue(self.bob.lines()[0].startswith(":twistchat 730 * :carol!"))

    def test_remove(self) -> None:
        """A removed nick is no longer reported.  A removal has no reply, also if the nick was not watched."""
        self.bob.send("MONITOR + carol,dave")
        self.bob.skip()
        self.bob.send("MONITOR - CAROL,nobody", "MONITOR L")
        self.bob.expect(":twistchat 732 bob :dave", ":twistchat 733 bob :End of MONITOR list")
        self.server.irc("carol")
        self.bob.expect()
        self.bob.send("MONITOR C", "MONITOR L")
        self.bob.expect(":twistchat 733 bob :End of MONITOR list")
        self.server.irc("dave")
        self.bob.expect()

    def test_status(self) -> None:
        """S lists who is online.  For an empty list there is no reply."""
        self.bob.send("MONITOR S")
        self.bob.expect()
        self.bob.send("MONITOR + alice,Carol")
        self.bob.skip()
        self.bob.send("MONITOR s")
        self.bob.expect(f":twistchat 730 bob :{mask('alice')}", ":twistchat 731 bob :Carol")

    def test_doubles(self) -> None:
        """A nick is in the list once, whatever its case."""
        self.bob.send("MONITOR + carol,Carol", "MONITOR + CAROL")
        self.bob.skip()
        self.bob.send("MONITOR L")
        self.bob.expect(":twistchat 732 bob :carol", ":twistchat 733 bob :End of MONITOR list")

    def test_limit(self) -> None:
        """Nicks beyond the limit are named as they were sent.  The others are watched."""
        self.server = serverWith(limits={"watched": 2})
        bob = self.server.irc("bob")
        bob.send("MONITOR + bob,carol,Dave,Erin", "MONITOR L")
        bob.expect(
            f":twistchat 730 bob :{mask('bob')}",
            ":twistchat 731 bob :carol",
            ":twistchat 734 bob 2 Dave,Erin :Monitor list is full",
            ":twistchat 732 bob :bob,carol",
            ":twistchat 733 bob :End of MONITOR list",
        )
        bob.send("MONITOR + carol,bob")
        bob.expect(f":twistchat 730 bob :{mask('bob')}", ":twistchat 731 bob :carol")
        bob.send("MONITOR - carol", "MONITOR + dave")
        bob.expect(":twistchat 731 bob :dave")

    def test_long(self) -> None:
        """Long lists and refusals are split into lines of 512 bytes."""
        nicks = [f"{number:02}{'x' * 28}" for number in range(100)]
        for start in range(0, 100, 15):
            self.bob.send(f"MONITOR + x{',x'.join(nicks[start : start + 15])}")
        self.bob.skip()
        self.bob.send("MONITOR L")
        *lines, end = self.bob.lines()
        self.assertEqual(":twistchat 733 bob :End of MONITOR list", end)
        self.assertEqual([f"x{nick}" for nick in nicks], ",".join(line.split(" :")[1] for line in lines).split(","))
        self.bob.send(f"MONITOR + y{',y'.join(nicks[:15])}")
        lines += self.bob.lines()
        self.assertGreater(sum(" 734 " in line for line in lines), 1)
        for line in lines:
            self.assertLessEqual(len(line), 510)

    def test_fullLine(self) -> None:
        """A refusal fills its line and keeps the text at its end."""
        server = serverWith(limits={"watched": 1})
        bob = server.irc("bob")
        bob.send("MONITOR + bob")
        bob.skip()
        longest = 0
        for length in range(1, 33):
            nicks = [f"x{number:02}{'x' * 28}" for number in range(14)]
            bob.send(f"MONITOR + {'y' * length},{','.join(nicks)}")
            lines = [line for line in bob.lines() if " 734 " in line]
            for line in lines:
                self.assertTrue(line.endswith(" :Monitor list is full"), line)
                longest = max(longest, len(line))
        self.assertGreaterEqual(longest, 509)

    def test_wrong(self) -> None:
        """Missing and unknown parameters are reported."""
        for line, answer in (
            ("MONITOR", "461 bob MONITOR :Not enough parameters: (+|-|C|L|S) [<nick>{,<nick>}]"),
            ("MONITOR +", "461 bob MONITOR :Not enough parameters: MONITOR + <nick>{,<nick>}"),
            ("MONITOR - ,,", "461 bob MONITOR :Not enough parameters: MONITOR - <nick>{,<nick>}"),
            ("MONITOR X alice", "400 bob MONITOR X :Unknown modifier: it is one of + - C L S"),
            ("MONITOR :", "400 bob MONITOR * :Unknown modifier: it is one of + - C L S"),
        ):
            self.bob.send(line)
            self.bob.expect(f":twistchat {answer}")

    def test_noNick(self) -> None:
        """An invalid nick is offline and is not watched."""
        self.bob.send("MONITOR + #a,a!b", "MONITOR L")
        self.bob.expect(":twistchat 731 bob :#a,a!b", ":twistchat 733 bob :End of MONITOR list")

    def test_killed(self) -> None:
        """A killed user goes offline too."""
        server = staffed()
        alice, bob = server.irc("alice"), server.irc("bob")
        bob.send("MONITOR + alice", "OPER root secret", "KILL alice :x")
        self.assertIn(":twistchat 731 * :alice", bob.lines())
        self.assertTrue(alice.gone)


class ExtendedTests(SynchronousTestCase):
    """extended-monitor: changes of watched users who share no channel."""

    def news(self, *capabilities: str) -> list[str]:
        """Get what a client with these capabilities receives about a watched user."""
        server = MemoryServer()
        alice, bob = server.irc("alice"), server.irc("bob", *capabilities)
        bob.send("MONITOR + alice")
        bob.skip()
        alice.send("AWAY :x", "SETNAME :y", "AWAY")
        user = server.chat.identity.find("alice")
        server.chat.identity.setAccount(user, "Alice")
        server.chat.identity.setHost(user, "other.host")
        server.pump()
        return [line.split(" ", 1)[1] for line in bob.lines()]

    def test_news(self) -> None:
        """A client gets each kind of change if it has its capability and extended-monitor."""
        every = ("away-notify", "setname", "account-notify", "chghost")
        told = ["AWAY :x", "SETNAME :y", "AWAY", "ACCOUNT Alice", "CHGHOST ~alice other.host"]
        self.assertEqual(told, self.news("extended-monitor", *every))
        self.assertEqual([], self.news(*every))
        self.assertEqual([], self.news("extended-monitor"))
        self.assertEqual(["AWAY :x", "AWAY"], self.news("extended-monitor", "away-notify"))
        self.assertEqual(["ACCOUNT Alice"], self.news("extended-monitor", "account-notify"))

    def test_once(self) -> None:
        """A client that shares a channel gets a change once."""
        server = MemoryServer()
        alice, bob = server.irc("alice"), server.irc("bob", "extended-monitor", "away-notify")
        alice.join("#a")
        bob.join("#a")
        bob.send("MONITOR + alice")
        bob.skip()
        alice.send("AWAY :x")
        bob.expect(f":{mask('alice')} AWAY :x")
