"""Rooms without an owner, at both doors, with the default limits."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from shutil import rmtree
from sqlite3 import connect
from tempfile import mkdtemp

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.model.events import SERVER, AccountRegistered, RoomRegistered, TopicSet
from twistchat.chat.model.users import PRIVILEGES
from twistchat.chat.rules.rooms.abandonment import MOST_REMOVED
from twistchat.config.limits import Limits
from twistchat.interfaces import Journal
from twistchat.journal.kinds import memoryJournal, sqliteJournal
from twistchat.journal.stamp import Stamp
from twistchat.testing import IrcClient, LineClient, MemoryServer
from twistchat.testing.server import NOON, SETTINGS
from twistchat.testing.workers import InlineWorker

BOUND = replace(SETTINGS, limits=Limits())
"""The settings, with limits that bind everyone."""

HOST, OTHER = "192.0.2.1", "192.0.2.2"

TEN_MINUTES = 600.0


class UnownedTestCase(SynchronousTestCase):
    """Tests with a server whose limits apply to everyone."""

    def setUp(self) -> None:
        self.server = MemoryServer(BOUND, self.makeJournal)

    def makeJournal(self, stamp: Stamp) -> Journal:
        """Make the server's journal."""
        return memoryJournal(stamp)

    def person(self, nick: str, host: str = HOST) -> LineClient:
        """Connect a client to the line door."""
        return self.server.person(nick, host)

    def irc(self, nick: str, *rooms: str, host: str = OTHER) -> IrcClient:
        """Connect a client to the IRC door, and join these rooms."""
        client = self.server.irc(nick, host=host)
        client.join(*rooms)
        return client

    def types(self, client: LineClient, *lines: str) -> list[str]:
        """Send lines no faster than the limits allow, and return the output."""
        client.skip()
        for line in lines:
            self.server.advance(1)
            client.send(line)
        return client.lines()

    def empower(self, nick: str) -> None:
        """Make a user an operator of the server with all privileges in rooms."""
        session = next(iter(self.server.chat.identity.find(nick).sessions.values()))
        self.successResultOf(Deferred.fromCoroutine(self.server.chat.operators.become(session, "tests", ("rooms",))))
        self.server.pump()


class LockedTests(UnownedTestCase):
    """A room without an owner does not lock itself."""

    def test_founder(self) -> None:
        """A user who locks a room and leaves it can join again, and becomes operator."""
        alice = self.person("alice")
        self.types(alice, "/join #club", "/mode +i", "/leave")
        self.assertIn("* 1 in #club: @alice", self.types(alice, "/join #club"))

    def test_anyoneAtIrc(self) -> None:
        """Any other user can too, in spite of the locks."""
        alice, bob = self.irc("alice", "#club"), self.irc("bob", host=HOST)
        alice.send("MODE #club +iklb key 1 *!*@*")
        self.server.advance(5)
        alice.send("PART #club")
        bob.skip()
        bob.send("JOIN #club")
        self.assertTrue(any(" 353 bob = #club :@bob" in line for line in bob.lines()))
        bob.send("MODE #club")
        self.assertIn(":twistchat 324 bob #club +nt", bob.lines())


class OperatorTests(UnownedTestCase):
    """A room gets a new operator."""

    def test_cameBack(self) -> None:
        """The only operator of the lobby disconnects for a moment and gets the rank back.  IRC clients see it."""
        alice = self.person("alice")
        bob = self.irc("bob", "#lobby")
        alice.hangUp()
        self.server.advance(10)
        bob.skip()
        alice = self.person("alice")
        self.assertIn("* 2 in #lobby: bob @alice", self.types(alice, "/who"))
        self.assertIn(":twistchat MODE #lobby +o alice", bob.lines())

    def test_didNotComeBack(self) -> None:
        """After ten minutes the rank passes on, and both doors report it."""
        self.person("alice")
        bob, carol = self.irc("bob", "#lobby"), self.person("carol")
        alice = next(iter(self.server.chat.identity.find("alice").sessions.values()))
        self.server.chat.presence.close(alice, "connection lost")
        for client in (bob, carol):
            client.skip()
        for _ in range(29):
            self.server.advance(20)
            bob.send("PONG x")
            carol.send("/echo off")
        self.assertEqual([line for line in bob.lines() if "MODE" in line], [])
        self.server.advance(21)
        self.assertEqual([line for line in bob.lines() if "MODE" in line], [":twistchat MODE #lobby +o bob"])
        self.assertIn("* The server set +o bob on #lobby", carol.lines())


WIDE = "bans of your own host, or wider than one nick, account or host,"


class LobbyTests(UnownedTestCase):
    """Only operators of the server can lock the lobby."""

    def test_lineDoor(self) -> None:
        """The first member cannot lock it, and gets told who can."""
        alice = self.person("alice")
        refusal = (
            "Only operators of the server set or lift {} in #lobby, where everyone arrives.  /join a room of your own."
        )
        for line, what in (("/mode +i", "mode i"), ("/mode +k x", "mode k"), ("/ban ???*", WIDE)):
            self.assertEqual(self.types(alice, line), [f"! {refusal.format(what)}"])
        self.person("bob", OTHER)

    def test_irc(self) -> None:
        """The same holds at the IRC door.  Operators of the server can."""
        alice = self.irc("alice", "#lobby")
        refusal = "Only server operators set or lift {} on this channel, where everyone arrives"
        denied = f"Permission Denied - This is for operators who may {PRIVILEGES['rooms']} (rooms)"
        alice.skip()
        alice.send("MODE #lobby +imb ???*", "RENAME #lobby #hall")
        self.assertEqual(
            alice.lines(),
            [
                f":alice!~alice@{self.server.context.cloak(OTHER)} MODE #lobby +m",
                f":twistchat 482 alice #lobby :{refusal.format('+i')}",
                f":twistchat 482 alice #lobby :{refusal.format(WIDE)}",
                f":twistchat 481 alice :{denied}",
            ],
        )
        self.empower("alice")
        alice.skip()
        alice.send("MODE #lobby +i")
        self.assertEqual(alice.lines(), [f":alice!~alice@{self.server.context.cloak(OTHER)} MODE #lobby +i"])


class RestartTests(UnownedTestCase):
    """A lock that a room has lost does not return at a restart."""

    def setUp(self) -> None:
        self.directory = mkdtemp()
        self.addCleanup(rmtree, self.directory)
        super().setUp()

    def makeJournal(self, stamp: Stamp) -> Journal:
        """With a journal on disk."""
        return sqliteJournal(self.directory, lambda: NOON, lambda: "j", lambda: bytes(32), lambda name: InlineWorker())

    def restart(self) -> None:
        """Stop the server, and start another on the same journal."""
        self.successResultOf(self.server.close())
        super().setUp()

    def modes(self) -> set[str]:
        """Return the modes of the room."""
        room = self.server.chat.state.rooms.get("#club")
        return set() if room is None else set(room.modes)

    def own(self, nick: str) -> None:
        """Let an account, which has the name of a user, own the room."""
        self.server.log.append(AccountRegistered(SERVER, nick))
        self.server.log.append(RoomRegistered(SERVER, "#club", nick))
        self.server.pump()

    def test_lostBefore(self) -> None:
        """The lock does not return either if an account owns the room later, which would keep its locks."""
        alice, bob = self.irc("alice", "#club"), self.irc("bob", host=HOST)
        alice.send("MODE #club +ims", "PART #club")
        self.assertEqual(self.modes(), set("ntms"))
        alice.join("#club")
        bob.join("#club")
        self.own("bob")
        alice.send("MODE #club +o bob")
        self.restart()
        self.assertEqual(self.modes(), set("ntms"))

    def reads(self, nick: str, room: str) -> str:
        """Join a room with a new client, and return everything that it is shown."""
        client = self.irc(nick)
        client.send(f"JOIN {room}")
        return "\n".join(client.lines())

    def test_sealed(self) -> None:
        """What was said behind the locks cannot be read after a restart either, under any name of the room."""
        alice = self.person("alice")
        self.types(alice, "/join #club", "/mode +i", "xyzzy", "/leave")
        bob = self.irc("bob", "#club")
        bob.send("PRIVMSG #club :plugh", "QUIT")
        self.restart()
        shown = self.reads("carol", "#club")
        self.assertIn("plugh", shown)
        self.assertNotIn("xyzzy", shown)
        carol = self.server.chat.identity.find("carol")
        session = next(iter(carol.sessions.values()))
        self.server.chat.membership.part(session, "#club")
        self.server.pump()
        self.server.chat.membership.join(session, "#club", unlimited=True)
        self.server.pump()
        self.server.chat.channels.rename(session, "#club", "#pub")
        self.server.pump()
        self.restart()
        shown = self.reads("erin", "#pub")
        self.assertIn("plugh", shown)
        self.assertNotIn("xyzzy", shown)

    def test_dropped(self) -> None:
        """The same holds for a room whose members could read only what came after they joined."""
        alice = self.irc("alice", "#club")
        self.own("alice")
        self.server.chat.ownership.setSetting(None, "#club", "history", "joined")
        alice.send("PRIVMSG #club :xyzzy")
        self.server.chat.ownership.drop(None, "#club")
        self.server.pump()
        alice.send("PRIVMSG #club :plugh")
        self.restart()
        shown = self.reads("bob", "#club")
        self.assertIn("plugh", shown)
        self.assertNotIn("xyzzy", shown)

    def test_restartedLocked(self) -> None:
        """The first member of a locked room that the restart has emptied is not shown what was said before."""
        alice = self.person("alice")
        self.types(alice, "/join #club", "/mode +i", "xyzzy")
        self.restart()
        self.assertNotIn("xyzzy", self.reads("bob", "#club"))

    def test_held(self) -> None:
        """An owned room keeps its locks at a restart: an account could remove them."""
        alice, bob = self.irc("alice", "#club"), self.irc("bob", "#club", host=HOST)
        self.own("bob")
        alice.send("MODE #club +io bob")
        self.restart()
        self.assertEqual(self.modes(), set("nti"))
        carol = self.irc("carol")
        carol.skip()
        carol.send("JOIN #club")
        self.assertEqual(carol.lines(), [":twistchat 473 carol #club :Cannot join channel (+i)"])
        del bob

    def test_everyoneIsGone(self) -> None:
        """
        A room without an owner loses its locks at a restart, because it is empty.  The first member to join is told.
        """
        alice = self.irc("alice", "#club")
        alice.send("MODE #club +mi")
        self.restart()
        carol = self.irc("carol")
        carol.skip()
        carol.send("JOIN #club")
        lines = carol.lines()
        self.assertIn(":twistchat MODE #club -i", lines)
        self.assertTrue(any(" 353 carol = #club :@carol" in line for line in lines))
        carol.send("PART #club")
        self.restart()
        self.assertEqual(self.modes(), set("ntm"))


class AbandonedTests(SynchronousTestCase):
    """The number of rooms without members and without an owner is limited, whoever leaves them."""

    MOST = Limits().abandonedRooms

    def rooms(self, server: MemoryServer) -> list[str]:
        """The names of the rooms that count."""
        return [room.name for room in server.chat.state.rooms.abandoned]

    def test_storm(self) -> None:
        """Guests who leave as many rooms as the default limits allow do not exceed the number, and lose the oldest."""
        server = MemoryServer(BOUND)
        guests = [server.irc(f"guest{number}", host=(HOST, OTHER)[number % 2]) for number in range(120)]
        most = 0
        for turn in range(10):
            for command in ("JOIN #r{}", "TOPIC #r{} :x", "PART #r{}"):
                for number, guest in enumerate(guests):
                    guest.send(command.format(f"{number}x{turn}"))
                server.advance(1)
                most = max(most, len(self.rooms(server)))
        server.advance(5)
        left = [f"#r{number}x{turn}" for turn in range(10) for number in range(len(guests))]
        self.assertEqual(sorted(self.rooms(server)), sorted(left[-self.MOST :]))
        self.assertEqual(len(server.chat.state.rooms), self.MOST)
        self.assertLessEqual(most, self.MOST + MOST_REMOVED)

    def test_atTheStart(self) -> None:
        """A server that starts with too many removes the oldest.  Another restart does not bring them back."""
        directory = self.mktemp()
        more, less = (replace(BOUND, limits=Limits(abandonedRooms=most)) for most in (100_000, 100))
        rooms = [f"#r{number}" for number in range(100 + 3 * MOST_REMOVED)]
        server = MemoryServer(more, directory=directory)
        for name in rooms:
            server.log.append(TopicSet(SERVER, name, "x"))
        server.pump()
        for settings, left in ((more, rooms), (less, rooms[-100:]), (more, rooms[-100:])):
            self.successResultOf(server.close())
            server = MemoryServer(settings, directory=directory)
            for _ in range(5):
                server.advance(1)
            self.assertEqual(self.rooms(server), left)
        self.successResultOf(server.close())
        with closing(connect(f"{directory}/journal.sqlite")) as connection:
            rows = connection.execute("SELECT conversation FROM holding ORDER BY sequence").fetchall()
        self.assertEqual([name for (name,) in rows], rooms[-100:])

    def test_afterItsTime(self) -> None:
        """A user who comes back to a room that was removed gets a new one."""
        server = MemoryServer(replace(BOUND, limits=Limits(abandonedRooms=1)))
        alice = server.irc("alice", host=HOST)
        for name in ("#one", "#two"):
            alice.send(f"JOIN {name}", f"TOPIC {name} :x", f"PART {name}")
            server.advance(5)
        alice.skip()
        alice.send("LIST", "JOIN #one", "TOPIC #one")
        server.advance(5)
        lines = alice.lines()
        self.assertEqual([line for line in lines if " 322 " in line], [":twistchat 322 alice #two 0 x"])
        self.assertIn(":twistchat 331 alice #one :No topic is set", lines)
