"""Tests of L{twistchat.protocols.irc.fallbacks}, and of the notification about changed settings."""

from __future__ import annotations

from dataclasses import replace

from twisted.trial.unittest import SynchronousTestCase

from tests.protocols.irc.servers import staffed
from twistchat.chat.model.events import Entry, Joined, Quit
from twistchat.chat.model.rooms import Room
from twistchat.config import ClassSettings, Settings
from twistchat.config.limits import Limits
from twistchat.net.input.pace import Portions
from twistchat.protocols.irc import attaching
from twistchat.protocols.irc.factory import NOTIFIED_PER_TURN, ChangeNotifier
from twistchat.protocols.irc.fallbacks import RENAMES_PER_TURN, RenameFallback
from twistchat.protocols.irc.protocol import IrcConnection
from twistchat.protocols.irc.replies.reply import Reply
from twistchat.protocols.irc.replies.rooms import showRoom
from twistchat.protocols.irc.settings import IrcSettings
from twistchat.testing import IrcClient, MemoryServer
from twistchat.testing.turns import TurnClock
from twistchat.wire.irc.dialect import IrcDialect

LIMITS = Limits(connectionsPerAddress=1000, newPerAddress=1000, roomJoinBurst=1000)
"""The default limits, except that many clients may connect and join at once."""


def command(line: str) -> str:
    """Get the command of a line, and its channel."""
    _, word, *rest = line.split(" ")
    return f"{word} {rest[0].lstrip(':')}" if word in ("PART", "JOIN", "PRIVMSG") else word


class RenameFallbackTests(SynchronousTestCase):
    """A channel with more members than can be shown a rename in one turn."""

    COUNT = 2 * RENAMES_PER_TURN + 1

    def setUp(self) -> None:
        """Let clients without RENAME join."""
        self.clock = TurnClock()
        self.server = MemoryServer(Settings(limits=LIMITS), clock=self.clock)
        self.people = [self.server.irc(f"u{number}", host="203.0.113.9") for number in range(self.COUNT)]
        for client in self.people:
            client.join("#old")
        self.alice, self.last = self.people[0], self.people[-1]
        for client in self.people:
            client.skip()

    def say(self, client: IrcClient, line: str) -> None:
        """Send a line and let the server receive it, without ending the turn."""
        assert client.transport is not None
        client.transport.write(f"{line}\r\n".encode())
        client.link.move()

    def moved(self) -> int:
        """Count the clients that have received the JOIN of the new channel since the last call."""
        count = 0
        for client in self.people:
            client.link.move()
            count += "JOIN #new" in map(command, client.lines())
        return count

    def test_turns(self) -> None:
        """A limited number of clients gets PART and JOIN in a turn."""
        self.say(self.alice, "RENAME #old #new")
        self.assertEqual(self.moved(), 0)
        seen: list[int] = []
        while len(seen) < 10 and sum(seen) < self.COUNT:
            self.clock.turn()
            seen.append(self.moved())
        self.assertEqual(sum(seen), self.COUNT)
        self.assertLessEqual(max(seen), RENAMES_PER_TURN)

    def test_namesLast(self) -> None:
        """No client gets the names of the members before all clients have left and come."""
        self.say(self.alice, "RENAME #old #new")
        moved = 0
        for _ in range(10):
            if moved < self.COUNT:
                self.assertFalse(any([b"#new :End of /NAMES" in client.raw for client in self.people]), moved)
                self.clock.turn()
                moved += self.moved()
        self.assertEqual(moved, self.COUNT)
        self.server.pump()
        self.assertTrue(all([b"#new :End of /NAMES" in client.raw for client in self.people]))

    def test_order(self) -> None:
        """A client gets PART and JOIN, then the names, and later texts only after the JOIN."""
        self.say(self.alice, "PRIVMSG #old :one")
        self.say(self.alice, "RENAME #old #new")
        self.clock.turn()
        self.say(self.people[1], "PRIVMSG #new :two")
        self.server.pump()
        texts = {self.alice: ["PRIVMSG #new"], self.people[1]: ["PRIVMSG #old"]}
        for client in self.people:
            heard = [command(line) for line in client.lines()]
            expected = texts.get(client, ["PRIVMSG #old", "PRIVMSG #new"])
            self.assertEqual([line for line in heard if line.startswith("PRIVMSG")], expected)
            places = [heard.index("PART #old"), heard.index("JOIN #new"), heard.index("353"), heard.index("366")]
            self.assertEqual(places, sorted(places))
            if "PRIVMSG #new" in heard:
                self.assertLess(heard.index("JOIN #new"), heard.index("PRIVMSG #new"))

    def test_asTheyWere(self) -> None:
        """A client that changes its nick meanwhile is moved under the old nick, and then gets NICK."""
        self.say(self.alice, "RENAME #old #new")
        self.say(self.last, "NICK other")
        self.server.pump()
        lines = self.last.lines()
        about = [line.partition("!")[0] for line in lines if command(line) in ("PART #old", "JOIN #new", "NICK")]
        self.assertEqual(about, [f":u{self.COUNT - 1}"] * 3)

    def test_leaving(self) -> None:
        """A client that has left gets no names, and one that has disconnected does not delay others."""
        self.say(self.alice, "RENAME #old #new")
        self.say(self.last, "PART #new")
        self.people[1].hangUp()
        heard = [command(line) for line in self.last.lines()]
        self.assertEqual([line for line in heard if line != "QUIT"], ["PART #old", "JOIN #new", "PART #new"])
        self.assertIn("366", map(command, self.people[-2].lines()))
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_again(self) -> None:
        """A channel that is renamed twice in a turn is left and joined twice."""
        self.say(self.alice, "RENAME #old #new")
        self.say(self.alice, "RENAME #new #newer")
        self.server.pump()
        heard = [command(line) for line in self.last.lines()]
        self.assertEqual(heard[:4], ["PART #old", "JOIN #new", "PART #new", "JOIN #newer"])
        self.assertEqual(heard.count("366"), 1)

    def test_later(self) -> None:
        """A second rename, after the first has been shown, works too."""
        for old, new in (("#old", "#new"), ("#new", "#newer")):
            self.alice.send(f"RENAME {old} {new}")
            heard = [command(line) for line in self.last.lines()]
            self.assertEqual(heard[:2], [f"PART {old}", f"JOIN {new}"])

    def test_failure(self) -> None:
        """A failure for one client does not affect the others, and the client gets later events."""
        render = RenameFallback.render

        def fail(fallback: RenameFallback) -> list[bytes]:
            if fallback.client.nick == "u3":
                raise OSError("no")
            return render(fallback)

        self.patch(RenameFallback, "render", fail)
        self.alice.send("RENAME #old #new", "PRIVMSG #new :two")
        self.assertEqual(self.moved(), self.COUNT - 1)
        self.assertEqual(len(self.flushLoggedErrors(OSError)), 1)
        self.alice.send("PRIVMSG #new :three")
        self.assertEqual(command(self.people[3].lines()[-1]), "PRIVMSG #new")

    def test_allFail(self) -> None:
        """If no client can be shown a rename, the next rename is shown all the same."""

        def fail(fallback: RenameFallback) -> list[bytes]:
            raise OSError("no")

        failing = self.patch(RenameFallback, "render", fail)
        self.alice.send("RENAME #old #new")
        self.server.pump()
        self.assertEqual(self.moved(), 0)
        self.assertEqual(len(self.flushLoggedErrors()), self.COUNT)
        failing.restore()
        self.alice.send("RENAME #new #newer")
        heard = [command(line) for line in self.last.lines()]
        self.assertEqual(heard[:2], ["PART #new", "JOIN #newer"])
        self.assertIn("366", heard)

    def test_nobodyNamed(self) -> None:
        """A failure while one client gets the names does not affect the others."""
        self.server.context.portions = Portions(self.clock, steps=1, partSize=10)
        show = showRoom

        async def fail(client: IrcConnection, reply: Reply, room: Room) -> None:
            if client.nick == "u3":
                raise OSError("no")
            if client.nick == "u4":
                self.clock.callLater(0, self.people[4].link.cut)
            await show(client, reply, room)

        self.patch(attaching, "showRoom", fail)
        self.alice.send("RENAME #old #new")
        named = ["366" in map(command, client.lines()) for client in self.people]
        self.assertEqual([number for number, was in enumerate(named) if not was], [3, 4])
        self.assertEqual(len(self.flushLoggedErrors()), 1)


class ChangeTests(SynchronousTestCase):
    """More clients than can be told about changed settings in one turn."""

    def setUp(self) -> None:
        """Register them."""
        self.clock = TurnClock()
        self.server = MemoryServer(Settings(limits=LIMITS), clock=self.clock)
        self.people = [self.server.irc(f"u{number}", host="203.0.113.9") for number in range(2 * NOTIFIED_PER_TURN + 1)]

    def rename(self, network: str) -> None:
        """Change the name of the network."""
        before = self.server.configuration
        self.server.configuration = replace(before, doors={**before.doors, "irc": IrcSettings(network=network)})
        self.server.context.rehash()

    def test_all(self) -> None:
        """All clients are told, a few in a turn.  Then all are told about later changes."""
        self.rename("One")
        told = sum([bool(client.link.move() and client.raw.count(b"NETWORK=One")) for client in self.people])
        self.assertLess(told, NOTIFIED_PER_TURN)
        self.rename("Two")
        self.rename("Three")
        self.server.pump()
        for client in self.people:
            lines = [line for line in client.lines() if "NETWORK=" in line]
            self.assertEqual(["One" in lines[0], "Three" in lines[-1], len(lines)], [True, True, 2])
        self.rename("Four")
        self.server.pump()
        self.assertTrue(all(["NETWORK=Four" in client.lines()[-1] for client in self.people]))

    def test_failure(self) -> None:
        """A failure for one client does not affect the others."""
        tell = ChangeNotifier._notifyClient  # private: nothing that a client does makes it fail

        def fail(self: ChangeNotifier, client: IrcClient, tokens: object) -> None:
            if client.nick == "u3":  # type: ignore[attr-defined]  # it is the server's end
                raise OSError("no")
            tell(self, client, tokens)  # type: ignore[arg-type]  # as above

        self.patch(ChangeNotifier, "_notifyClient", fail)  # private: nothing that a client does makes it fail
        self.rename("One")
        self.server.pump()
        told = [client.raw.count(b"NETWORK=One") for client in self.people]
        self.assertEqual((told[3], sum(told)), (0, len(told) - 1))
        self.assertEqual(len(self.flushLoggedErrors(OSError)), 1)
        self.rename("Two")
        self.server.pump()
        self.assertIn(b"NETWORK=Two", self.people[-1].raw)
        self.assertEqual(len(self.flushLoggedErrors(OSError)), 1)


class HostTests(SynchronousTestCase):
    """A user's new host, for clients without CHGHOST."""

    def setUp(self) -> None:
        """Make an operator with a host of its own, in two channels."""
        self.server = staffed(staff=ClassSettings(host="staff.example.org"))
        self.bob = self.server.irc("bob")
        self.bob.join("#a", "#b")

    def come(self, nick: str, room: str, *capabilities: str) -> IrcClient:
        """Register a client in a channel, and skip what it receives."""
        client = self.server.irc(nick, *capabilities)
        client.join(room)
        return client

    def test_once(self) -> None:
        """Each line is rendered once per dialect, and has a message id of its own."""
        people = [self.come(f"p{n}", "#b", "message-tags") for n in range(3)]
        for client in people:
            client.skip()
        rendered: list[str] = []
        render = IrcDialect.render

        def counted(dialect: IrcDialect, entry: Entry) -> bytes:
            if isinstance(entry.event, (Quit, Joined)):
                rendered.append(entry.msgid)
            return render(dialect, entry)

        self.patch(IrcDialect, "render", counted)
        self.bob.send("OPER staff secret")
        heard = [[line for line in client.lines() if " MODE " not in line] for client in people]
        self.assertEqual(heard, [heard[0]] * 3)
        quit, joined = heard[0]
        self.assertRegex(quit, r"^@msgid=\S+-quit :bob!\S+ QUIT :Changing hostname$")
        self.assertRegex(joined, r"^@msgid=\S+-join1 :bob!~bob@staff.example.org JOIN #b$")
        self.assertEqual([msgid.rpartition("-")[2] for msgid in rendered], ["quit", "join1"])
