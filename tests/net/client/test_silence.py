"""Tests of L{twistchat.net.client.silence}."""

from __future__ import annotations

from tests.net.client.connections import ConnectionTestCase, FakeCarrierTestCase, Silent


class SilenceTests(ConnectionTestCase):
    """Silent clients."""

    def setUp(self) -> None:
        self.serve(ping=90.0, pingTimeout=150.0)
        self.client, self.connection = self.connect()

    def enter(self) -> None:
        """Register a client."""
        self.send(self.client, b"in")

    def test_asked(self) -> None:
        """A silent client is pinged once, and disconnected with a reason if it does not answer."""
        self.enter()
        self.server.advance(89)
        self.assertEqual([], self.connection.asked)
        self.server.advance(1)
        self.assertEqual([90.0], self.connection.asked)
        for _ in range(59):
            self.server.advance(1)
        self.assertEqual(([90.0], False), (self.connection.asked, self.client.gone))
        self.server.advance(1)
        self.assertEqual(b"fault: Ping timeout: 150 s\n", self.client.told)
        self.assertTrue(self.client.gone)
        self.assertEqual([], self.server.clock.getDelayedCalls())

    def test_answers(self) -> None:
        """Any input is an answer; a client that falls silent again is pinged again."""
        self.enter()
        for _ in range(10):
            for _ in range(95):
                self.server.advance(1)
            self.send(self.client, b"yes")
        self.assertEqual([90.0 + 95.0 * number for number in range(10)], self.connection.asked)
        self.assertFalse(self.client.gone)

    def test_longPatience(self) -> None:
        """If the ping timeout is much longer than the ping interval, each silence counts separately."""
        self.serve(ping=10.0, pingTimeout=100.0)
        self.client, self.connection = self.connect()
        self.enter()
        for _ in range(12):
            self.server.advance(1)
        self.send(self.client, b"yes")
        for _ in range(99):
            self.server.advance(1)
        self.assertEqual((2, False), (len(self.connection.asked), self.client.gone))
        self.assertTrue(22 <= self.connection.asked[1] <= 23, self.connection.asked)
        for _ in range(3):
            self.server.advance(1)
        self.assertTrue(self.client.gone)

    def test_talker(self) -> None:
        """An active client is never pinged."""
        self.enter()
        for _ in range(100):
            self.server.advance(60)
            self.send(self.client, b"yes")
        self.assertEqual([], self.connection.asked)

    def test_stall(self) -> None:
        """After a suspension of the process, clients are pinged before any is disconnected."""
        self.enter()
        self.server.advance(1000)
        self.assertEqual(([1000.0], False), (self.connection.asked, self.client.gone))
        self.server.advance(60)
        self.assertTrue(self.client.gone)

    def test_paused(self) -> None:
        """A client whose input is paused is not silent.  It is pinged, and need not answer."""
        self.serve(recvq=10)
        self.client, self.connection = self.connect()
        self.enter()
        self.send(self.client, b"wait")
        self.send(self.client, b"wait and wait and wait")
        for _ in range(30):
            self.server.advance(30)
        self.assertEqual(([90.0 * number for number in range(1, 11)], False), (self.connection.asked, self.client.gone))
        self.connection.work[0].callback(None)
        self.connection.work[1].callback(None)
        for _ in range(10):
            self.server.advance(30)
        self.assertEqual((11, True), (len(self.connection.asked), self.client.gone))

    def test_halfClosed(self) -> None:
        """A client that has half-closed its connection is served to the end, without a ping."""
        self.enter()
        self.send(self.client, b"wait")
        self.client.link.finish()
        for _ in range(30):
            self.server.advance(30)
        self.assertEqual(([], False), (self.connection.asked, self.client.gone))
        self.connection.work[0].callback(None)
        self.server.pump()
        self.assertTrue(self.client.gone)

    def test_late(self) -> None:
        """An unregistered client has a deadline, whatever it sends, and is not pinged."""
        for _ in range(29):
            self.server.advance(1)
            self.send(self.client, b"yes")
        self.assertEqual(b"", self.client.told)
        self.server.advance(1)
        self.assertIn(b"fault: You did not come in within 30 s.", self.client.told)
        self.assertEqual([], self.connection.asked)
        self.assertEqual([], self.server.clock.getDelayedCalls())

    def test_lost(self) -> None:
        """A lost connection leaves no timeout."""
        self.enter()
        self.client.link.cut()
        self.assertEqual([], self.server.clock.getDelayedCalls())


class SilentTests(ConnectionTestCase):
    """A protocol that does not ping."""

    kind = Silent

    def test_neverAsked(self) -> None:
        """Its registered clients may be silent forever, and have no timeout."""
        self.serve()
        client, connection = self.connect()
        self.send(client, b"in")
        self.assertEqual([], self.server.clock.getDelayedCalls())
        self.server.advance(100_000)
        self.assertEqual(([], False), (connection.asked, client.gone))


class FakeCarrierTests(FakeCarrierTestCase):
    """Timeouts of a client on a fake carrier."""

    def setUp(self) -> None:
        """Connect a client that is pinged after 90 s and disconnected after 150 s."""
        self.serve(ping=90.0, pingTimeout=150.0, registration=30.0)
        self.client = self.connect()

    def advance(self, seconds: int) -> None:
        """Advance the clock second by second."""
        for _ in range(seconds):
            self.server.advance(1)

    def test_deadline(self) -> None:
        """The deadline counts from the acceptance of the connection; then the client is told why it has to go."""
        self.advance(29)
        self.assertFalse(self.client.ending)
        self.advance(1)
        self.assertTrue(self.client.ending)
        why = "fault: You did not come in within 30 s.  Connect again, and be quicker.\n"
        self.assertEqual(why, self.client.outbox.sent.decode())
        self.assertEqual([], self.client.carrier.aborted)

    def test_handshake(self) -> None:
        """During a TLS handshake nothing can be told, so the connection is aborted at the deadline."""
        client = self.connect(ready=False)
        self.advance(30)
        self.assertEqual([30.0], client.carrier.aborted)

    def test_registered(self) -> None:
        """The ping timeout replaces the deadline when the client has registered."""
        self.register(self.client)
        self.advance(60)
        self.assertFalse(self.client.ending)
        self.advance(30)
        self.assertEqual([90.0], self.client.asked)

    def test_paused(self) -> None:
        """
        A client that the server does not read is not silent; the time counts from when it is read again.  It is pinged
        meanwhile, and need not answer.
        """
        self.register(self.client)
        self.client.carrier.paused = True
        self.advance(1000)
        self.assertEqual((11, False), (len(self.client.asked), self.client.ending))
        self.client.carrier.paused = False
        self.advance(90)
        self.assertEqual(12, len(self.client.asked))
        self.advance(60)
        self.assertTrue(self.client.ending)

    def test_hungUpWhilePaused(self) -> None:
        """A client that has hung up is silent, although the server does not read it."""
        self.register(self.client)
        self.client.carrier.paused = self.client.carrier.hungUp = True
        self.advance(150)
        self.assertEqual(([90.0], True), (self.client.asked, self.client.ending))
        self.assertEqual(b"fault: Ping timeout: 150 s\n", self.client.outbox.sent)

    def test_pausedAgain(self) -> None:
        """A client that the server reads slowly is pinged too: if it is gone, only a write shows that."""
        self.register(self.client)
        self.client.carrier.paused = True
        for _ in range(30):
            self.advance(10)
            self.client.carrier.heard = self.clock.seconds()
        self.assertEqual((3, False), (len(self.client.asked), self.client.ending))

    def test_ended(self) -> None:
        """A client that sends no more is not silent: its commands may take a while."""
        self.register(self.client)
        self.client.carrier.ended = True
        self.advance(1000)
        self.assertEqual(([], False), (self.client.asked, self.client.ending))

    def test_heard(self) -> None:
        """Input between the ping and the timeout starts the time again."""
        self.register(self.client)
        self.advance(149)
        self.client.carrier.heard = self.clock.seconds()
        self.advance(89)
        self.assertEqual(([90.0], False), (self.client.asked, self.client.ending))
        self.advance(2)
        self.assertEqual(2, len(self.client.asked))

    def test_askedOnce(self) -> None:
        """With a long timeout a client is pinged once, and then disconnected in time."""
        self.serve(ping=10.0, pingTimeout=100.0)
        client = self.connect()
        self.register(client)
        self.advance(99)
        self.assertEqual(([10.0], False), (client.asked, client.ending))
        self.advance(1)
        self.assertTrue(client.ending)

    def test_neverPings(self) -> None:
        """A protocol without pings has no timeout after the registration."""
        client = self.connect(Silent)
        self.client.closing.lost()
        self.assertIsNotNone(client.silence.slot)
        self.register(client)
        self.assertIsNone(client.silence.slot)
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_stop(self) -> None:
        """After a stop there is no timeout, before and after the registration."""
        self.client.silence.stop()
        self.assertEqual([], self.clock.getDelayedCalls())
        self.register(self.client)
        self.client.silence.stop()
        self.client.silence.stop()
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_expect(self) -> None:
        """A later deadline replaces the earlier one."""
        self.client.silence.expect(10.0, 50.0)
        self.advance(59)
        self.assertFalse(self.client.ending)
        self.advance(1)
        self.assertTrue(self.client.ending)
