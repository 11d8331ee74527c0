"""Tests of L{twistchat.net.input.pace}: long work lets others have their turn, and ends with its client."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import FakeOutlet
from tests.protocols.irc.conversations import LABELS
from twistchat.chat.model.sessions import Session
from twistchat.config import Settings
from twistchat.net.client.protocol import ClientProtocol
from twistchat.net.input.pace import (
    AT_ONCE,
    MAX_COMMANDS,
    PART_SIZE,
    PART_STEPS,
    POLL_INTERVAL,
    PORTION,
    SECONDS,
    Gone,
    Pace,
    Portions,
)
from twistchat.testing import MemoryServer
from twistchat.testing.clients import Client
from twistchat.testing.turns import TurnClock
from twistchat.wire.plain import Silence

STRANGER = "203.0.113.9"
"""An address that no limit exempts."""


class PortionsTests(SynchronousTestCase):
    """The order in which waiting commands continue."""

    def setUp(self) -> None:
        """Make a queue without waiting commands."""
        self.clock = TurnClock()
        self.portions = Portions(self.clock)
        self.gone: list[str] = []

    def wait(self, name: str, then: Callable[[], object] = lambda: None) -> None:
        """Let a command wait."""

        def go(_: None) -> None:
            self.gone.append(name)
            then()

        self.portions.wait().addCallback(go)

    def test_together(self) -> None:
        """A few commands continue in each turn, in first-come order."""
        for number in range(2 * MAX_COMMANDS + 1):
            self.wait(str(number))
        self.assertEqual(self.gone, [])
        self.clock.turn()
        self.assertEqual(self.gone, [str(number) for number in range(MAX_COMMANDS)])
        self.clock.turn()
        self.clock.turn()
        self.assertEqual(self.gone, [str(number) for number in range(2 * MAX_COMMANDS + 1)])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_again(self) -> None:
        """A command that waits again continues after those already waiting, and in a later turn."""
        self.wait("one", lambda: self.wait("one again"))
        for number in range(MAX_COMMANDS):
            self.wait(str(number))
        self.clock.turn()
        self.assertEqual(self.gone, ["one", *map(str, range(MAX_COMMANDS - 1))])
        self.clock.turn()
        self.assertEqual(self.gone[MAX_COMMANDS:], [str(MAX_COMMANDS - 1), "one again"])

    def test_time(self) -> None:
        """Commands that take long share the time of a turn; at least one of them continues."""
        for number in range(5):
            self.wait(str(number), lambda: self.clock.advance(0.6 * SECONDS))
        self.clock.turn()
        self.assertEqual(self.gone, ["0", "1"])
        self.wait("slow", lambda: self.clock.advance(2 * SECONDS))
        self.clock.turn()
        self.clock.turn()
        self.assertEqual(self.gone, ["0", "1", "2", "3", "4", "slow"])

    def test_atOnce(self) -> None:
        """A few commands continue at once in each turn, but not if others wait."""
        self.assertEqual([self.portions.mayContinue() for _ in range(AT_ONCE + 1)], [True] * AT_ONCE + [False])
        self.clock.turn()
        self.assertTrue(self.portions.mayContinue())
        self.wait("one")
        self.assertFalse(self.portions.mayContinue())
        self.clock.turn()
        self.assertTrue(self.portions.mayContinue())
        self.clock.turn()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_failure(self) -> None:
        """A command that fails does not stop the others."""
        failing = self.portions.wait().addCallback(lambda _: 1 // 0)
        self.wait("two")
        self.clock.turn()
        self.failureResultOf(failing, ZeroDivisionError)
        self.assertEqual(self.gone, ["two"])


class PortionTests(SynchronousTestCase):
    """Splitting lists into parts."""

    def test_portions(self) -> None:
        """The parts contain all items in order, and have one size."""
        for count in (0, 1, PART_SIZE - 1, PART_SIZE, PART_SIZE + 1, 3 * PART_SIZE):
            parts = list(Portions(TurnClock()).split(range(count)))
            self.assertEqual([item for part in parts for item in part], list(range(count)))
            self.assertTrue(all(0 < len(part) <= PART_SIZE for part in parts))
            self.assertEqual(len(parts), -(-count // PART_SIZE))


class PaceTests(SynchronousTestCase):
    """The steps of one command."""

    def setUp(self) -> None:
        """Connect a client at the line door, and count the turns."""
        self.clock = TurnClock()
        self.server = MemoryServer(Settings(), clock=self.clock)
        self.client = self.server.person("ann", STRANGER)
        session = next(iter(self.server.chat.identity.find("ann").sessions.values()))
        assert isinstance(session.outlet, ClientProtocol)
        self.connection = session.outlet
        self.pace = Pace(self.connection)
        self.made: list[int] = []

    def go(self, steps: int, size: int = 1) -> Deferred[None]:
        """Run a command with these steps."""

        async def work() -> None:
            for step in range(steps):
                await self.pace.step(size)
                self.made.append(step)

        return Deferred.fromCoroutine(work())

    def test_few(self) -> None:
        """One portion runs at once."""
        self.successResultOf(self.go(PORTION))
        self.assertTrue(self.pace.spent)

    def test_many(self) -> None:
        """Further steps run in later turns, one portion each."""
        work = self.go(2 * PORTION + 1)
        self.assertEqual(len(self.made), PORTION)
        self.clock.turn()
        self.assertEqual(len(self.made), 2 * PORTION)
        self.assertNoResult(work)
        self.clock.turn()
        self.successResultOf(work)

    def test_large(self) -> None:
        """Steps may differ in size, and even the largest runs in one turn."""
        self.go(4, PORTION - 1)
        self.assertEqual(self.made, [0, 1])
        self.clock.turn()
        self.assertEqual(self.made, [0, 1, 2, 3])
        self.made.clear()
        self.go(2, 10 * PORTION)
        self.assertEqual(self.made, [])
        self.clock.turn()
        self.assertEqual(self.made, [0])

    def test_slowReader(self) -> None:
        """A command waits for a slow reader, however long that takes."""
        self.client.link.stalled = True
        half = self.connection.context.settings.limits.sendq // 2
        work = self.go(PORTION + 1)
        self.connection.outbox.write(bytes(half + 1))
        self.server.advance(10 * POLL_INTERVAL)
        self.assertEqual((len(self.made), self.connection.ending), (PORTION, False))
        self.client.link.stalled = False
        self.server.pump()
        self.server.advance(2 * POLL_INTERVAL)
        self.successResultOf(work)

    def test_held(self) -> None:
        """Deliveries that are held back do not delay the command."""
        self.connection.outbox.holdDeliveries()
        self.connection.outbox.deliver(bytes(self.connection.context.settings.limits.sendq - 10))
        work = self.go(PORTION + 1)
        self.clock.turn()
        self.successResultOf(work)

    def test_gone(self) -> None:
        """A command ends when the client disconnects, in both kinds of waiting."""
        work = self.go(PORTION + 1)
        self.client.hangUp()
        self.failureResultOf(work, Gone)

    def test_goneSlowReader(self) -> None:
        """A command ends when a slow reader disconnects."""
        self.client.link.stalled = True
        work = self.go(PORTION + 1)
        self.connection.outbox.write(bytes(self.connection.context.settings.limits.sendq // 2 + 1))
        self.server.pump()
        self.assertNoResult(work)
        self.client.hangUp()
        self.server.advance(POLL_INTERVAL)
        self.failureResultOf(work, Gone)
        self.assertEqual(len(self.made), PORTION)


class LongAnswerTests(SynchronousTestCase):
    """Long replies at both doors, with the default limits, turn by turn."""

    COUNT = 25 * PART_SIZE + 7

    def setUp(self) -> None:
        """Make a large room, and a client outside it at each door."""
        self.clock = TurnClock()
        self.server = MemoryServer(Settings(), clock=self.clock)
        self.bob, self.lena = self.server.irc("bob", *LABELS, host=STRANGER), self.server.person("lena", STRANGER)
        self.sessions: list[Session] = []
        for numbers in self.server.context.portions.split(range(self.COUNT)):  # one turn for all of them takes a second
            self.sessions += [self.enter(f"m{number}") for number in numbers]
            self.server.pump()
        self.bob.skip()
        self.lena.skip()

    def enter(self, nick: str) -> Session:
        """Add a member whose output is ignored."""
        chat = self.server.chat
        session = chat.presence.open(FakeOutlet(Silence()))
        self.successResultOf(Deferred.fromCoroutine(chat.identity.enter(session, nick, "m", "host")))
        receipt = chat.membership.join(session, "#big", unlimited=True)
        assert receipt is not None
        self.successResultOf(receipt)
        return session

    def begin(self, client: Client, *lines: str) -> None:
        """Send lines from a client and let the server receive them, without ending the turn."""
        assert client.transport is not None
        client.transport.write("".join(f"{line}\r\n" for line in lines).encode())
        client.link.move()

    def test_names(self) -> None:
        """A reply omits members who leave meanwhile, and shows new nicks of those who rename."""
        chat = self.server.chat
        self.begin(self.bob, "JOIN #big")
        self.clock.turn()
        for session in self.sessions[-2:]:
            chat.presence.close(session, "bye")
        for session, nick in zip(self.sessions[:2], ("early", "later"), strict=True):
            receipt = chat.identity.rename(session, nick)
            assert receipt is not None
            self.successResultOf(receipt)
        receipt = chat.identity.rename(self.sessions[-3], "late")
        assert receipt is not None
        self.enter("newcomer")
        self.server.pump()
        names, heard = self.seen(self.bob)
        there = {f"m{number}" for number in range(2, self.COUNT - 3)}
        self.assertEqual(names, there | {"early", "later", "late", "bob", "newcomer"})
        self.assertEqual(heard.count("366"), 1)

    def test_namesAgain(self) -> None:
        """The names of a room take fewer turns for the next client, because they were rendered."""
        turns, shown = [], []
        for nick in ("rob", "roy"):
            client = self.server.irc(nick, *LABELS, host=STRANGER)
            self.begin(client, "NAMES #big")
            lines: list[str] = []
            turns.append(0)
            while not lines or " 366 " not in lines[-1]:
                self.clock.turn()
                client.link.move()
                lines += client.lines()
                turns[-1] += 1
            shown.append([line.replace(nick, "") for line in lines])
        parts = 1 + self.COUNT // PART_SIZE
        self.assertEqual(turns, [-(-parts // (1 + PORTION // PART_STEPS)), 1])
        self.assertEqual(shown[0], shown[1])

    def seen(self, client: Client) -> tuple[set[str], list[str]]:
        """Return the member list that a client builds from its input, and the commands it received."""
        names: set[str] = set()
        commands = []
        for line in client.lines():
            source, command, *rest = line.lstrip(":").split(" ")
            nick = source.partition("!")[0]
            commands.append(command)
            if command == "353":
                names.update(name.lstrip(":@") for name in rest[3:])
            elif command == "JOIN":
                names.add(nick)
            elif command in ("QUIT", "PART"):
                names.discard(nick)
            elif command == "NICK":
                if nick in names:
                    names.remove(nick)
                    names.add(rest[0].lstrip(":"))
        return names, commands

    def test_label(self) -> None:
        """A labelled reply is one batch despite other events; the next command waits for its end."""
        self.begin(self.bob, "JOIN #big")
        self.server.pump()
        self.bob.skip()
        self.server.context.portions.steps = PART_STEPS
        self.begin(self.bob, "@label=7 NAMES #big", "PING x")
        for number in range(2):
            self.clock.turn()
            self.server.chat.presence.close(self.sessions[number], "bye")
        self.server.pump()
        lines = self.bob.lines()
        self.assertRegex(lines[0], r"^@label=7 :twistchat\.local BATCH \+\S+ labeled-response$")
        self.assertEqual(lines[-1], ":twistchat.local PONG twistchat.local x")
        self.assertRegex(lines[-2], r"^:twistchat\.local BATCH -\S+$")
        batch = lines[-2].rpartition("-")[2]
        inside = [line for line in lines[1:-2] if line.startswith(f"@batch={batch} ")]
        others = [line for line in lines[1:-2] if line not in inside]
        self.assertTrue(all(" 353 " in line or " 366 " in line for line in inside))
        self.assertEqual([line.split(" ")[1] for line in others], ["QUIT"] * 2)
        self.assertGreater(lines.index(inside[-1]), lines.index(others[-1]))

    def test_gone(self) -> None:
        """A client that disconnects during a long reply ends it, and nothing remains."""
        for line in ("NAMES #big", "WHO #big", "WHO *", "WHO m*", "@label=x WHO *", "MODE #big q", "STATS p"):
            bob = self.server.irc(f"b{len(self.clock.getDelayedCalls())}", *LABELS, host=STRANGER)
            if line[:4] == "MODE":
                bob.join("#big")
            self.begin(bob, line)
            self.clock.turn()
            bob.hangUp()
            self.server.pump()
            self.assertEqual(self.flushLoggedErrors(), [], line)
            self.assertEqual(
                [call for call in self.clock.getDelayedCalls() if call.getTime() <= self.clock.seconds()], []
            )
        self.begin(self.lena, "/who #big")
        self.clock.turn()
        self.lena.hangUp()
        self.server.pump()
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_who(self) -> None:
        """The line door's list of members omits those who leave meanwhile, but counts them."""
        self.begin(self.lena, "/who #big")
        self.clock.turn()
        self.server.chat.presence.close(self.sessions[-1], "bye")
        self.server.pump()
        names = [name for line in self.lena.lines() for name in line.partition(": ")[2].split()]
        self.assertEqual(names, ["@m0", *(f"m{number}" for number in range(1, self.COUNT - 1))])

    def test_others(self) -> None:
        """During a long reply, another user's message arrives in the next turn."""
        eve = self.server.person("eve", "203.0.113.77")
        self.begin(self.bob, "WHO *")
        self.clock.turn()
        self.begin(eve, "hello")
        for _ in range(3):
            self.clock.turn()
        self.lena.link.move()
        self.assertIn("hello", self.lena.lines()[-1])
        self.bob.link.move()
        self.assertNotIn(" 315 ", self.bob.lines()[-1])

    def test_manyGone(self) -> None:
        """The line door omits a line of the member list if everyone on it has left."""
        self.begin(self.lena, "/who #big")
        self.clock.turn()
        for session in self.sessions[-40:]:
            self.server.chat.presence.close(session, "bye")
        self.server.pump()
        lines = self.lena.lines()
        self.assertEqual(len(lines), -(-(self.COUNT - 40) // 20))
        self.assertTrue(all([line.startswith(f"* {self.COUNT} in #big: ") for line in lines]))

    def test_leaving(self) -> None:
        """C{JOIN 0} skips a channel from which the user was removed meanwhile."""
        chat, names = self.server.chat, [f"#r{number}" for number in range(90)]
        operator = self.sessions[0]
        bob = next(iter(chat.identity.find("bob").sessions.values()))
        for name in names:
            for session in (operator, bob):
                receipt = chat.membership.join(session, name, unlimited=True)
                assert receipt is not None
                self.successResultOf(receipt)
        self.server.pump()
        self.bob.skip()
        self.begin(self.bob, "JOIN 0")
        self.clock.turn()
        self.successResultOf(chat.membership.kick(operator, names[-1], "bob"))
        self.server.pump()
        heard = [line.split(" ")[1:3] for line in self.bob.lines()]
        self.assertEqual([name for command, name in heard if command == "PART"], names[:-1])
        self.assertEqual([name for command, name in heard if command != "PART"], [names[-1]])

    def test_rooms(self) -> None:
        """The line door's list of rooms omits rooms that end meanwhile."""
        chat, names = self.server.chat, [f"#r{number:03}" for number in range(3 * PORTION)]
        for session, name in zip(self.sessions, names, strict=False):
            receipt = chat.membership.join(session, name, unlimited=True)
            assert receipt is not None
            self.successResultOf(receipt)
        self.server.pump()
        self.begin(self.lena, "/rooms")
        for _ in range(4):
            self.clock.turn()
        for number in (-2, -1):
            self.successResultOf(chat.membership.part(self.sessions[len(names) + number], names[number]))
        self.server.pump()
        lines = self.lena.lines()
        self.assertEqual(lines[-1], f"* {len(names)} rooms")
        self.assertEqual([line.split(" ")[1] for line in lines[:-1]], ["#big", "#lobby", *names[:-2]])

    def test_bans(self) -> None:
        """The line door's list of bans runs in portions, as other long replies do."""
        chat, operator = self.server.chat, self.sessions[0]
        lena = next(iter(chat.identity.find("lena").sessions.values()))
        for number in range(0, 100, 4):
            receipt = chat.channels.setModes(operator, "#big", "+bbbb", [f"x{number + more}!*@*" for more in range(4)])
            assert receipt is not None
            self.successResultOf(receipt)
        receipt = chat.membership.join(lena, "#big", unlimited=True)
        assert receipt is not None
        self.successResultOf(receipt)
        self.lena.send("/join #big")
        self.lena.skip()
        self.begin(self.lena, "/ban")
        self.clock.turn()
        self.lena.link.move()
        self.assertLessEqual(len(self.lena.lines()), PORTION)
        self.server.pump()
        self.assertEqual(100 - PORTION, len(self.lena.lines()))
