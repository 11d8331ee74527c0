"""Tests of L{twistchat.net.client.closing}."""

from __future__ import annotations

import gc
from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from tests.net.client.connections import STRANGER, ConnectionTestCase, FakeCarrierTestCase
from twistchat.chat.model.events import Entry, SessionEnded
from twistchat.interfaces.carrier import ICarrier, IClient, IClosing, IEntrance, Reason
from twistchat.net.client.closing import CLOSE_TIMEOUT
from twistchat.net.input.pace import AT_ONCE
from twistchat.testing import MemoryServer
from twistchat.testing.turns import TurnClock


class LeavingTests(ConnectionTestCase):
    """Disconnection by a door."""

    def setUp(self) -> None:
        """Connect a client."""
        self.serve()
        self.client, self.connection = self.connect()
        self.send(self.client, b"in")

    def test_obeysNoMore(self) -> None:
        """Input that waits at the end is not executed."""
        self.connection.carrier.pause(Reason.BACKLOG)
        self.connection.carrier.dataReceived(b"wait")
        self.client.link.stalled = True
        self.connection.reply(b"what the client does not read")
        self.connection.closing.leave("bye")
        self.connection.carrier.resume(Reason.BACKLOG)
        self.server.pump()
        self.assertEqual([], self.connection.work)

    def test_takesNoMore(self) -> None:
        """Input after the end is ignored, however slowly the client reads the remaining output."""
        self.client.link.stalled = True
        self.connection.reply(b"what the client does not read")
        self.connection.closing.leave("bye")
        self.send(self.client, b"wait")
        self.assertFalse(self.client.gone)
        self.assertEqual([], self.connection.work)

    def test_twice(self) -> None:
        """Leaving twice has the effect of leaving once, and leaves no timer."""
        self.client.link.stalled = True
        self.connection.reply(b"what the client does not read")
        self.connection.closing.leave("bye")
        self.connection.closing.leave("bye")
        self.server.pump()
        self.assertEqual(1, len(self.server.clock.getDelayedCalls()))
        self.client.link.cut()
        self.assertEqual([], self.server.clock.getDelayedCalls())

    def test_gone(self) -> None:
        """Leaving after the connection is lost leaves no timer either."""
        self.client.link.cut()
        self.connection.closing.leave("bye")
        self.server.pump()
        self.assertEqual([], self.server.clock.getDelayedCalls())

    def test_turnedAway(self) -> None:
        """A client that is turned away while a room has pending events is told why."""
        self.serve(connectionsPerAddress=1)
        _, connection = self.connect("192.0.2.1")
        chat = self.server.chat
        self.successResultOf(Deferred.fromCoroutine(chat.identity.enter(connection.session, "ann", "u", "a.host")))
        chat.membership.join(connection.session, "#a")
        second, _ = self.connect("192.0.2.1")
        self.assertIn(b"fault: Your address has 1 connection,", second.told)


class FakeCarrierTests(FakeCarrierTestCase):
    """The end of a client on a fake carrier."""

    def setUp(self) -> None:
        super().setUp()
        self.client = self.connect()
        self.carrier, self.closing = self.client.carrier, self.client.closing
        self.witness = self.connect()
        self.reasons: list[str] = []
        self.server.log.follow(1, self.follow)

    def follow(self, entry: Entry) -> None:
        """Record the reasons that others are shown."""
        if isinstance(entry.event, SessionEnded):
            self.reasons.append(entry.event.reason)

    def logged(self, act: Callable[[], None]) -> list[str]:
        """Return what a call logs."""
        with capturedLogs() as events:
            act()
        return [*map(formatEvent, events)]

    def test_interfaces(self) -> None:
        """The fake is a carrier, and the client protocol is what carriers use."""
        verifyObject(ICarrier, self.carrier)
        verifyObject(IClient, self.client)
        verifyObject(IClosing, self.closing)
        verifyObject(IEntrance, self.client.entrance)

    def test_expel(self) -> None:
        """A client is told what it did wrong, others see it too, and its input is ignored from then on."""
        self.register(self.client)
        self.assertEqual([], self.logged(lambda: self.closing.expel("that was wrong")))
        self.assertEqual(b"fault: that was wrong\n", self.client.outbox.sent)
        self.assertTrue(self.client.ending and self.client.outbox.closed and self.client.session.closed)
        self.assertEqual((["that was wrong"], 1, []), (self.reasons, self.carrier.stopped, self.carrier.aborted))

    def test_disconnect(self) -> None:
        """A client that did nothing wrong is told why its connection ends.  Deliveries held back come first."""
        self.client.disconnect("the server stops")
        self.assertEqual(b"end: the server stops\n", self.client.outbox.sent)
        self.assertEqual((-1, True), (self.client.outbox.held, self.client.outbox.closed))

    def test_once(self) -> None:
        """A client is told one reason only."""
        self.register(self.client)
        self.closing.expel("one")
        self.closing.expel("two")
        self.closing.disconnect("three")
        self.closing.lost()
        self.assertEqual((b"fault: one\n", ["one"]), (self.client.outbox.sent, self.reasons))

    def test_turnAway(self) -> None:
        """A refusal by a limit is logged with the address."""
        logged = self.logged(lambda: self.closing.turnAway("too much"))
        self.assertEqual([f"Refused {STRANGER}: too much"], logged)
        self.assertEqual(b"fault: too much\n", self.client.outbox.sent)

    def test_giveUp(self) -> None:
        """Without a handshake, a client that is given up can read why."""
        self.logged(lambda: self.closing.giveUp("too late"))
        self.assertEqual((b"fault: too late\n", []), (self.client.outbox.sent, self.carrier.aborted))

    def test_giveUpHandshake(self) -> None:
        """During a TLS handshake the connection is aborted at once."""
        self.carrier.ready = False
        self.logged(lambda: self.closing.giveUp("too late"))
        self.assertEqual([0.0], self.carrier.aborted)

    def test_dropSlowReader(self) -> None:
        """A slow reader is told nothing, is logged, and leaves the chat at once."""
        self.register(self.client)
        logged = self.logged(self.closing.dropSlowReader)
        self.assertEqual(1, len(logged))
        self.assertIn(f"{STRANGER}: it reads too slowly, and more than limits.sendq waited for it", logged[0])
        self.assertEqual(
            (b"", [0.0], ["read too slowly"]), (self.client.outbox.sent, self.carrier.aborted, self.reasons)
        )

    def test_neverReads(self) -> None:
        """A client that never reads its output is aborted after L{CLOSE_TIMEOUT}."""
        self.closing.leave("bye")
        self.server.advance(CLOSE_TIMEOUT - 0.01)
        self.assertEqual([], self.carrier.aborted)
        self.server.advance(0.01)
        self.assertEqual([CLOSE_TIMEOUT], self.carrier.aborted)

    def test_readsInTime(self) -> None:
        """A client that reads its output in time is not aborted, and no timer is left."""
        self.closing.leave("bye")
        self.client.connectionLost()
        self.witness.connectionLost()
        self.assertEqual([], self.clock.getDelayedCalls())
        self.server.advance(CLOSE_TIMEOUT)
        self.assertEqual([], self.carrier.aborted)

    def test_lostAfterAbort(self) -> None:
        """The connection may be lost after it was aborted."""
        self.closing.leave("bye")
        self.server.advance(CLOSE_TIMEOUT)
        self.client.connectionLost()
        self.assertEqual([CLOSE_TIMEOUT], self.carrier.aborted)

    def test_lost(self) -> None:
        """A client that is lost without a word leaves the chat."""
        self.register(self.client)
        self.closing.lost()
        self.assertTrue(self.client.ending and self.client.session.closed)
        self.assertEqual((["connection lost"], b""), (self.reasons, self.client.outbox.sent))

    def test_leaveIfServed(self) -> None:
        """A client leaves when it sends no more, its input is executed, and its commands have taken effect."""
        self.register(self.client)
        work: Deferred[None] = Deferred()
        for ended, idle, command in ((False, True, False), (True, False, False), (True, True, True)):
            self.carrier.ended, self.carrier.idle = ended, idle
            if command:
                self.client.pipeline.submit(lambda: work, False, 1)
            self.closing.leaveIfServed()
            self.assertFalse(self.client.ending)
        work.callback(None)
        self.assertTrue(self.client.ending)
        self.closing.leaveIfServed()
        self.assertEqual((["connection closed"], b""), (self.reasons, self.client.outbox.sent))

    def test_notAdmitted(self) -> None:
        """A client that was not admitted has no session, and is closed like any other."""
        self.serve(connectionsPerAddress=1)
        self.connect()
        self.logged(lambda: setattr(self, "client", self.connect()))
        self.assertIsNone(self.client.session)
        self.assertTrue(self.client.ending and self.client.outbox.closed)
        self.server.advance(CLOSE_TIMEOUT)
        self.assertEqual([CLOSE_TIMEOUT], self.client.carrier.aborted)
        self.client.connectionLost()

    def test_notStored(self) -> None:
        """A journal that refuses the end of a session does not keep the client."""
        self.register(self.client)
        self.server.log.close()
        self.closing.leave("bye")
        self.assertTrue(self.client.session.closed and self.client.outbox.closed)
        gc.collect()  # an error that nobody took is logged when its Deferred is collected
        self.assertEqual([], self.flushLoggedErrors())


class LostTests(SynchronousTestCase):
    """Connections that are lost at once."""

    def test_many(self) -> None:
        """Their users leave in several turns; no connection is forgotten, and each user leaves once."""
        clock = TurnClock()
        server = MemoryServer(clock=clock)
        ann = server.person("ann")
        ann.send("/join #tea")
        people = [server.person(f"p{number}") for number in range(3 * AT_ONCE)]
        for person in people:
            person.send("/join #tea")
        ann.skip()
        for person in people:
            person.link.cut()
        left = len(server.chat.state.users) - 1
        self.assertEqual(left, 2 * AT_ONCE)
        server.pump()
        self.assertEqual(len(server.chat.state.users), 1)
        self.assertEqual(len([line for line in ann.lines() if "connection lost" in line]), len(people))

    def test_ended(self) -> None:
        """A session that ends in another way meanwhile ends once."""
        server = MemoryServer(clock=TurnClock())
        people = [server.person(f"p{number}") for number in range(2 * AT_ONCE)]
        sessions = list(server.chat.state.sessions.values())
        for person in people:
            person.link.cut()
        server.chat.presence.close(sessions[-1], "bye")
        server.pump()
        self.assertEqual((len(server.chat.state.users), server.chat.state.sessions), (0, {}))
        self.assertEqual(self.flushLoggedErrors(), [])
