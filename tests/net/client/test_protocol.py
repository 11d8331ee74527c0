"""Tests of L{twistchat.net.client.protocol}: what clients of all doors have in common."""

from __future__ import annotations

from twisted.internet.defer import fail
from twisted.logger import capturedLogs, formatEvent

from tests.net.client.connections import ConnectionTestCase, FakeCarrierTestCase
from twistchat.chat.errors import NotStored, TooFast
from twistchat.chat.model.events import Entry, Quit, RoomMessage, Source
from twistchat.net.input.pace import Gone


class LeavingTests(ConnectionTestCase):
    """Disconnection by a door."""

    def setUp(self) -> None:
        """Connect a client."""
        self.serve()
        self.client, self.connection = self.connect()
        self.send(self.client, b"in")

    def test_lostWhileCommandsWait(self) -> None:
        """When the connection is lost, waiting commands are dropped; the running one takes effect."""
        for _ in range(3):
            self.send(self.client, b"wait")
        self.client.link.cut()
        self.assertEqual(1, len(self.connection.work))
        self.connection.work[0].callback(None)
        self.server.pump()
        self.assertEqual(1, len(self.connection.work))

    def test_lostWhileAnAnswerIsMade(self) -> None:
        """Output for a lost connection is dropped, and not logged as a slow reader."""
        self.client.link.stalled = True
        self.connection.reply(b"x" * 100_000)
        self.server.pump()
        self.client.link.cut()
        with capturedLogs() as events:
            for _ in range(10):
                self.connection.reply(b"x" * 100_000)
                self.server.pump()
        self.assertEqual([], [*map(formatEvent, events)])

    def test_noLabels(self) -> None:
        """A door without labels echoes an event as it shows it to others."""
        entry = Entry(1, "m1", 0, Quit(Source("u1", "ann"), "bye"))
        self.assertEqual(b"data", self.connection.echo(entry, b"data"))


class RefusalTests(FakeCarrierTestCase):
    """Refusals of what a client does, on a fake carrier."""

    def setUp(self) -> None:
        super().setUp()
        self.client = self.connect()
        self.register(self.client)

    def test_command(self) -> None:
        """The client is told why a command is refused."""
        error = TooFast("test", 1.0)
        self.client.pipeline.submit(lambda: fail(error), False, 1)
        self.assertEqual([(None, error)], self.client.refusals)

    def test_gone(self) -> None:
        """A command that ends because its client has disconnected is not refused."""
        self.client.pipeline.submit(lambda: fail(Gone()), False, 1)
        self.assertEqual([], self.client.refusals)

    def test_post(self) -> None:
        """If the journal refuses a text, the client is told with the text."""
        self.server.chat.membership.join(self.client.session, "#a")
        self.server.log.close()
        self.client.post("#a", "hello")
        ((event, error),) = self.client.refusals
        assert isinstance(event, RoomMessage)
        self.assertEqual("hello", event.text)
        self.assertIsInstance(error, NotStored)
