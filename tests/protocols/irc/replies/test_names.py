"""Tests of L{twistchat.protocols.irc.replies.names}."""

from __future__ import annotations

from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from twistchat.protocols.irc.replies.names import FEWEST, LIFETIME, Members, NameLists
from twistchat.testing import IrcClient, MemoryServer


class NameListsTests(SynchronousTestCase):
    """The lines that are kept."""

    def key(self, number: int) -> Any:
        """A key."""
        return ("#a", number, False, False, 3)

    def members(self, *ranks: str) -> Members:
        """Members with these ranks."""
        return Members("#a", False, [], list(ranks))

    def test_content(self) -> None:
        """Lines are found for the members that they were rendered for only, and replaced for others."""
        lists = NameLists(Clock())
        lists.add(self.key(0), self.members("o", ""), [b"old"])
        self.assertEqual(lists.get(self.key(0), self.members("o", "")), [b"old"])
        self.assertIsNone(lists.get(self.key(0), self.members("o", "v")))
        self.assertIsNone(lists.get(self.key(1), self.members("o", "")))
        lists.add(self.key(0), self.members("o", "v"), [b"new"])
        self.assertIsNone(lists.get(self.key(0), self.members("o", "")))
        self.assertEqual(lists.get(self.key(0), self.members("o", "v")), [b"new"])

    def test_most(self) -> None:
        """The lines that were not asked for longest are dropped when there are too many."""
        lists, members = NameLists(Clock(), 3), self.members()
        for number in range(3):
            lists.add(self.key(number), members, [])
        self.assertIsNotNone(lists.get(self.key(0), members))
        lists.add(self.key(3), members, [])
        found = [lists.get(self.key(number), members) is not None for number in range(4)]
        self.assertEqual(found, [True, False, True, True])

    def test_lifetime(self) -> None:
        """No lines are kept for longer than L{LIFETIME}, and lines can be added again then."""
        clock, members = Clock(), self.members()
        lists = NameLists(clock)
        for _ in range(2):
            lists.add(self.key(0), members, [])
            clock.advance(LIFETIME - 1)
            self.assertIsNotNone(lists.get(self.key(0), members))
            clock.advance(1)
            self.assertIsNone(lists.get(self.key(0), members))
        self.assertEqual(clock.getDelayedCalls(), [])


class NamesTests(SynchronousTestCase):
    """Clients that list the members of a channel."""

    def setUp(self) -> None:
        """Fill a channel, and count the parts that are rendered."""
        self.server = MemoryServer()
        self.members = [self.server.irc(f"m{number}") for number in range(2 * FEWEST)]
        for member in self.members:
            member.send("JOIN #Tea")
        self.rendered = 0
        add = NameLists.add

        def counting(lists: NameLists, *args: Any) -> None:
            self.rendered += 1
            add(lists, *args)

        self.patch(NameLists, "add", counting)

    def names(self, client: IrcClient) -> list[str]:
        """The names that a client gets."""
        client.skip()
        client.send("NAMES #tea")
        *lines, end = client.lines()
        self.assertIn(" 366 ", end)
        return [name for line in lines for name in line.split(" :", 1)[1].split(" ")]

    def there(self) -> list[str]:
        """The names of the members, with the prefix of their highest rank."""
        room = self.server.chat.state.rooms.get("#tea")
        assert room is not None
        return [{"o": "@", "v": "+"}.get(member.ranks[:1], "") + member.user.nick for member in room.members.values()]

    def test_again(self) -> None:
        """Clients whose nicks have the same length get the same lines, rendered once; each with its own nick."""
        bob, eve, joe = (self.server.irc(nick) for nick in ("bob", "eve", "joel"))
        shown = []
        for client in (bob, eve, joe):
            client.skip()
            client.send("NAMES #tea")
            shown.append(client.lines())
        self.assertEqual(self.rendered, 2, "bob and eve share one list, and joel has another")
        for nick, lines in zip(("bob", "eve", "joel"), shown, strict=True):
            self.assertEqual({line.split(" ")[2] for line in lines}, {nick})
        self.assertEqual([line.replace(" bob ", " eve ") for line in shown[0]], shown[1])

    def test_changes(self) -> None:
        """The names are those of now, whatever changed since they were rendered."""
        bob, first = self.server.irc("bob"), self.members[0]
        self.assertEqual(self.names(bob), self.there())
        for client, line in (
            (self.members[3], "NICK renamed"),
            (first, "MODE #tea +v renamed"),
            (first, "MODE #tea +o m5"),
            (self.members[7], "PART #tea"),
            (self.members[8], "QUIT"),
            (self.members[7], "JOIN #tea"),
            (first, "KICK #tea m9"),
            (bob, "JOIN #tea"),
            (bob, "NICK rob"),
        ):
            before = self.there()
            client.send(line)
            self.assertNotEqual(self.there(), before, line)
            self.assertEqual(self.names(bob), self.there(), line)

    def test_formats(self) -> None:
        """The capabilities of a client, and the secrecy of the channel, decide on the lines."""
        bob, eve, joe = (
            self.server.irc("bob"),
            self.server.irc("eve", "multi-prefix"),
            self.server.irc("joe", "userhost-in-names"),
        )
        self.members[0].send("MODE #tea +v m0")
        for client in (bob, eve, joe):
            client.send("JOIN #tea")
            client.skip()
        self.assertEqual(self.names(bob)[:2], ["@m0", "m1"])
        self.assertEqual(self.names(eve)[:2], ["@+m0", "m1"])
        self.assertRegex(self.names(joe)[1], r"^m1!\S+@\S+$")
        self.members[0].send("MODE #tea +s")
        bob.skip()
        bob.send("NAMES #tea")
        self.assertIn(" 353 bob @ #Tea :", bob.lines()[0])

    def test_invisible(self) -> None:
        """Clients outside do not see invisible members, whoever asked before."""
        bob, eve = self.server.irc("bob"), self.server.irc("eve")
        self.members[4].send("MODE m4 +i")
        eve.send("JOIN #tea")
        for _ in range(2):
            self.assertIn("m4", self.names(eve))
            self.assertNotIn("m4", self.names(bob))
