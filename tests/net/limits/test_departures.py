"""Tests of L{twistchat.net.limits.departures}: a third-party door that fails harms only its own sessions."""

from __future__ import annotations

import gc
from collections.abc import Callable
from functools import partial
from typing import Any

from twisted.internet.defer import Deferred, fail, succeed
from twisted.logger import LogLevel, capturedLogs
from twisted.plugin import IPlugin
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from twistchat.chat.errors import NotStored, OutcomeUnknown
from twistchat.chat.model.events import SERVER, Entry, NodeJoined, NodeLost, RoomMessage
from twistchat.chat.model.sessions import Session
from twistchat.config import Settings
from twistchat.doors.irc import IrcDoor
from twistchat.doors.line import LineDoor
from twistchat.interfaces import IDialect, IDoor
from twistchat.net.client.factory import ClientFactory
from twistchat.net.context import ServerContext
from twistchat.net.limits.departures import FAILED, MAX_ENDS, MAX_NOTIFIED, MAX_PER_TURN, DepartureQueue, Ends
from twistchat.net.stream import StreamFactory
from twistchat.protocols.line.factory import Dialects
from twistchat.protocols.line.protocol import LineProtocol
from twistchat.testing import LineClient, MemoryServer
from twistchat.wire.lines import LineSplitter
from twistchat.wire.plain import PlainDialect

STRANGER = "203.0.113.9"
"""An address that no limit exempts."""

POISON = b"poison"


class FragileDialect(PlainDialect):
    """A faulty dialect that cannot render a certain text."""

    def render(self, entry: Entry) -> bytes:
        """See L{IDialect.render}."""
        data = super().render(entry)
        if POISON in data:
            raise ValueError("nothing known of poison")
        return data


@implementer(IPlugin, IDoor)
class FragileDoor(LineDoor):
    """A third-party door: the line door with a faulty dialect, and disconnection that may fail."""

    name = "fragile"

    def __init__(self) -> None:
        self.dialect: FragileDialect | None = None
        self.disconnects = True

    def factory(self, context: ServerContext) -> StreamFactory:
        """See L{IDoor.factory}."""
        dialects = Dialects.forZone(None)
        dialect = self.dialect = FragileDialect(dialects.clock, current=True)
        door = self

        class FragileProtocol(LineProtocol):
            """The door's protocol."""

            def dialectFor(self, place: str) -> IDialect:
                """See L{IOutlet.dialectFor}."""
                return dialect if place.startswith("#") else super().dialectFor(place)

            def disconnect(self, reason: str) -> None:
                """See L{IOutlet.disconnect}."""
                if not door.disconnects:
                    raise OSError("no way out")
                super().disconnect(reason)

        clients = ClientFactory(
            context, self.name, lambda context, factory: FragileProtocol(context, factory, dialects)
        )
        return StreamFactory(context, clients, lambda client: LineSplitter(1000))


class FragileDoorTests(SynchronousTestCase):
    """A room with members from three doors, with the default limits."""

    def setUp(self) -> None:
        """Connect two clients at each built-in door, and two at the third-party door."""
        self.door = FragileDoor()
        self.server = MemoryServer(Settings(), doors=(LineDoor(), IrcDoor(), self.door))
        self.ann, self.ben = (self.server.person(nick, STRANGER) for nick in ("ann", "ben"))
        self.irc = self.server.irc("ida", host=STRANGER)
        self.irc.join("#lobby")
        self.fragile = [LineClient(self.server.pump) for _ in range(2)]
        for number, client in enumerate(self.fragile):
            client.link = self.server.plug(client, "fragile", STRANGER)
            client.send(f"frank{number}")
            client.skip()
        for sound in (self.ann, self.ben, self.irc):
            sound.skip()

    def test_everyoneElse(self) -> None:
        """The others receive all events in order, then the QUITs of the third-party door's users."""
        with capturedLogs() as logs:
            self.ann.send("one", POISON.decode(), "three")
        lines = self.ben.lines()
        self.assertEqual([line.partition("> ")[2] for line in lines[:3]], ["one", "poison", "three"])
        self.assertEqual(sorted(lines[3:]), [f"* frank{number} quit ({FAILED})" for number in (0, 1)])
        self.assertEqual(
            [line.split(" :", 1)[1] for line in self.irc.lines()], ["one", "poison", "three", FAILED, FAILED]
        )
        self.assertEqual([client.gone for client in self.fragile], [True, True])
        self.assertTrue(self.fragile[0].lines()[-1].startswith(f"* {FAILED}"))
        faults = [log for log in logs if log["log_level"] is not LogLevel.info]
        self.assertEqual([log["log_level"] for log in faults], [LogLevel.critical])
        self.assertIs(faults[0]["what"], self.door.dialect)
        self.assertEqual(1, len(self.flushLoggedErrors(ValueError)))

    def test_again(self) -> None:
        """A second failure is not logged again."""
        self.ann.send(POISON.decode())
        self.flushLoggedErrors(ValueError)
        self.server.advance(60)
        late = LineClient(self.server.pump)
        late.link = self.server.plug(late, "fragile", STRANGER)
        late.send("late")
        self.ben.skip()
        with capturedLogs() as logs:
            self.ann.send(POISON.decode())
        self.assertEqual(self.ben.lines()[-1], f"* late quit ({FAILED})")
        self.assertTrue(late.gone)
        self.assertEqual([log for log in logs if log["log_level"] is not LogLevel.info], [])

    def test_own(self) -> None:
        """A sender at the third-party door is disconnected too, and its message is delivered."""
        self.fragile[0].send(POISON.decode())
        self.assertIn("poison", self.ben.lines()[0])
        self.assertEqual([client.gone for client in self.fragile], [True, True])
        self.flushLoggedErrors(ValueError)

    def test_cannotDisconnect(self) -> None:
        """The sessions end even if disconnecting raises an error."""
        self.door.disconnects = False
        self.ann.send(POISON.decode())
        self.assertEqual(sorted(self.ben.lines()[1:]), [f"* frank{number} quit ({FAILED})" for number in (0, 1)])
        self.assertEqual(1, len(self.flushLoggedErrors(ValueError)))
        self.assertEqual(1, len(self.flushLoggedErrors(OSError)))
        self.ann.send("all is well")
        self.assertTrue(self.ben.lines()[-1].endswith("all is well"))


class QueueTests(SynchronousTestCase):
    """The order and the number of disconnections."""

    def setUp(self) -> None:
        """Make more sessions than one turn disconnects."""
        self.server = MemoryServer()
        self.people = [self.server.person(f"p{number}") for number in range(9)]
        users = [self.server.chat.identity.find(f"p{number}") for number in range(len(self.people))]
        self.sessions = [next(iter(user.sessions.values())) for user in users]
        self.acts: list[Callable[[], object]] = []
        self.turns: list[Deferred[None]] = []
        self.queue = self.makeQueue()

    def makeQueue(self, maxNotified: int = MAX_NOTIFIED) -> DepartureQueue:
        """Make a queue that disconnects four sessions in a turn."""
        return DepartureQueue(self.acts.append, self.wait, self.server.chat.presence.close, 4, maxNotified)

    def wait(self) -> Deferred[None]:
        """Wait for another turn."""
        self.turns.append(Deferred())
        return self.turns[-1]

    def gone(self) -> list[bool]:
        """Return the users whose sessions have ended."""
        return [session.closed for session in self.sessions]

    def test_later(self) -> None:
        """Nobody is disconnected within the call; then a few are in each turn, in order, each once."""
        self.queue.disconnect(self.sessions[:3], "go")
        self.queue.disconnect(self.sessions, "go again")
        self.assertEqual((len(self.acts), self.gone()), (1, [False] * 9))
        self.acts.pop()()
        self.assertEqual(self.gone(), [True] * 4 + [False] * 5)
        self.queue.disconnect(self.sessions, "go again")
        self.turns.pop().callback(None)
        self.assertEqual(self.gone(), [True] * 8 + [False])
        self.turns.pop().callback(None)
        self.assertEqual((self.gone(), self.turns, self.acts), ([True] * 9, [], []))
        self.server.pump()
        self.assertEqual([client.lines()[-1] for client in self.people[:4]], ["* go"] * 3 + ["* go again"])

    def test_manyListeners(self) -> None:
        """Fewer sessions are disconnected in a turn if more members hear of each."""
        self.makeQueue(maxNotified=10).disconnect(self.sessions, "go")
        self.acts.pop()()
        self.assertEqual(self.gone(), [True] * 2 + [False] * 7)
        self.turns.pop().callback(None)
        self.assertEqual(self.gone(), [True] * 4 + [False] * 5)

    def test_again(self) -> None:
        """After all have been disconnected, a new request works again."""
        for session in self.sessions[:2]:
            self.queue.disconnect([session], "go")
            self.acts.pop()()
            self.assertTrue(session.closed)

    def test_goneMeanwhile(self) -> None:
        """A session that has ended meanwhile is skipped."""
        self.queue.disconnect(self.sessions[:1], "go")
        self.people[0].hangUp()
        self.acts.pop()()
        self.server.pump()
        self.assertIn("* p0 quit (connection lost)", self.people[1].lines())

    def test_notTaken(self) -> None:
        """A refusal by a closed journal is ignored; any other error is logged."""
        kinds: tuple[tuple[Callable[[str], Exception], int], ...] = ((NotStored, 0), (_unknown, 0), (ValueError, 1))
        for session, (kind, logged) in zip(self.sessions, kinds, strict=False):
            queue = DepartureQueue(self.acts.append, self.wait, partial(_fails, kind))
            queue.disconnect([session], "go")
            self.acts.pop()()
            gc.collect()  # an error that nobody took is logged when its Deferred is
            self.assertEqual(logged, len(self.flushLoggedErrors()))

    def test_ban(self) -> None:
        """All sessions that match a ban are disconnected, and the server continues."""
        for number in range(MAX_PER_TURN):
            self.server.person(f"more{number}")
        session = self.server.chat.presence.open(self.sessions[0].outlet)
        self.successResultOf(Deferred.fromCoroutine(self.server.chat.identity.enter(session, "op", "op", "elsewhere")))
        self.successResultOf(Deferred.fromCoroutine(self.server.chat.operators.become(session, "op", ["ban"])))
        self.server.chat.operators.banFromServer(session, "*!~line@*", None, "spam")
        self.assertEqual(self.gone(), [False] * 9)
        self.server.pump()
        self.assertEqual(self.gone(), [True] * 9)
        self.assertEqual([user.nick for user in self.server.chat.state.users], ["op"])

    def test_cutOff(self) -> None:
        """When this node is lost, all clients are told and disconnected, and hear nothing of what follows."""
        log, state = self.server.log, self.server.chat.state
        for person in self.people:
            person.skip()
        log.append(NodeJoined(SERVER, "z-1", "z", (1, 1), "15.0", {}, "1.0"))
        log.append(NodeJoined(SERVER, state.nodes.own, "a", (1, 1), "15.0", {}, "1.0"))
        log.append(NodeLost(SERVER, state.nodes.own, "it did not renew its lease"))
        log.append(RoomMessage(SERVER, "#lobby", "far", "hello"))
        last = state.sequence
        self.server.pump()
        self.assertEqual(self.gone(), [True] * 9)
        for person in self.people:
            self.assertEqual([line.partition(" cut off")[0] for line in person.lines()], ["* This server was"])
        self.assertEqual((state.sequence, len(state.sessions), len(state.nodes.orphans)), (last, 0, 9))


def _unknown(why: str) -> OutcomeUnknown:
    return OutcomeUnknown()


def _fails(kind: Callable[[str], Exception], session: Session, reason: str) -> Deferred[Any]:
    """End a session on a journal that refuses the entry."""
    return fail(kind("a fault"))


class EndsTests(SynchronousTestCase):
    """Sessions whose clients leave at once."""

    def setUp(self) -> None:
        """Note which sessions end, and keep their receipts."""
        self.ends = Ends()
        self.begun: list[int] = []
        self.receipts: list[Deferred[Any]] = []

    def close(self, number: int) -> Deferred[Any]:
        """End a session."""
        self.begun.append(number)
        self.receipts.append(Deferred())
        return self.receipts[-1]

    def test_few(self) -> None:
        """A few end at a time, in order; another ends when one of them was applied or refused."""
        for number in range(2 * MAX_ENDS):
            self.ends.add(partial(self.close, number))
        self.assertEqual(self.begun, list(range(MAX_ENDS)))
        self.receipts[1].callback(None)
        self.assertEqual(self.begun, list(range(MAX_ENDS + 1)))
        self.receipts[0].errback(NotStored("the disk is full"))
        self.assertEqual(self.begun, list(range(MAX_ENDS + 2)))
        for receipt in self.receipts[2:]:
            receipt.callback(None)
        self.assertEqual(self.begun, list(range(2 * MAX_ENDS)))

    def test_whenIdle(self) -> None:
        """It reports when every session has ended: at once, if none is ending."""
        reached: list[str] = []
        self.ends.whenIdle(lambda: reached.append("at once"))
        self.assertEqual(reached, ["at once"])
        for number in range(2):
            self.ends.add(partial(self.close, number))
        self.ends.whenIdle(lambda: reached.append("later"))
        self.receipts[0].callback(None)
        self.assertEqual(reached, ["at once"])
        self.receipts[1].errback(NotStored("the disk is full"))
        self.assertEqual(reached, ["at once", "later"])

    def test_atOnce(self) -> None:
        """Ends that are applied at once, and sessions without a user, delay nobody, however many there are."""
        self.ends = Ends(1)
        self.ends.add(partial(self.close, 0))
        ended: list[int] = []

        def end(number: int) -> Deferred[Any] | None:
            ended.append(number)
            return succeed(None) if number % 2 else None

        for number in range(5000):
            self.ends.add(partial(end, number))
        self.assertEqual(ended, [])
        self.receipts[0].callback(None)
        self.assertEqual(ended, list(range(5000)))

    def test_failure(self) -> None:
        """An unexpected failure is logged, and the others end."""
        self.ends = Ends(1)
        for number in range(2):
            self.ends.add(partial(self.close, number))
        self.receipts.pop(0).errback(ZeroDivisionError())
        gc.collect()
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertEqual(self.begun, [0, 1])
