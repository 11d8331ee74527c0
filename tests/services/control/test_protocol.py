"""Tests of L{twistchat.services.control.protocol}, with a transport in memory."""

from __future__ import annotations

import json
from typing import Any, cast

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.logger import ILogObserver, LogEvent, formatEvent, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from twistchat.services.control.commands import Answer, Command, Report
from twistchat.services.control.commands import Arguments as BaseArguments
from twistchat.services.control.protocol import (
    COMMAND_TIMEOUT,
    MAX_CLIENTS,
    REQUEST_TIMEOUT,
    ControlFactory,
    ControlProtocol,
)
from twistchat.services.control.wire import MAX_LINE, writeRequest


class Transport(StringTransport):
    """A transport that closes at once."""

    protocol: ControlProtocol

    def loseConnection(self) -> None:
        """Close the connection."""
        if self.connected:
            super().loseConnection()
            self.connected = False
            self.protocol.connectionLost()

    def abortConnection(self) -> None:
        """Close the connection."""
        self.loseConnection()


class Arguments(BaseArguments, frozen=True):
    """The arguments of the commands in these tests."""

    name: str = ""
    secret: str = ""

    @property
    def target(self) -> str:
        """The name."""
        return self.name


class ControlProtocolTests(SynchronousTestCase):
    """One request, and its replies."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.waiting: Deferred[Answer] = Deferred()
        self.count = 0
        commands = {
            "change": Command(Arguments, self.change),
            "look": Command(Arguments, self.look, changes=False),
            "wait": Command(Arguments, self.wait),
            "fail": Command(Arguments, self.fails),
        }
        self.factory = ControlFactory(self.clock, commands)
        self.events: list[LogEvent] = []
        observer = cast(ILogObserver, self.events.append)
        globalLogPublisher.addObserver(observer)
        self.addCleanup(globalLogPublisher.removeObserver, observer)

    async def change(self, arguments: Arguments, report: Report) -> Answer:
        """Answer at once."""
        return {"name": arguments.name}

    async def look(self, arguments: Arguments, report: Report) -> Answer:
        """Answer in three parts."""
        for self.count in range(1, 4):
            await report({"part": self.count})
        return {}

    async def wait(self, arguments: Arguments, report: Report) -> Answer:
        """Answer when the test says so."""
        return await self.waiting

    async def fails(self, arguments: Arguments, report: Report) -> Answer:
        """Fail."""
        raise KeyError(arguments.name)

    def connect(self) -> Transport:
        """Connect a client."""
        transport = Transport()
        transport.protocol = self.factory.buildProtocol(None)
        transport.protocol.makeConnection(transport)
        return transport

    def ask(self, command: str, **arguments: object) -> Transport:
        """Connect a client, and send a request."""
        transport = self.connect()
        transport.protocol.dataReceived(writeRequest(command, arguments))
        return transport

    def replies(self, transport: Transport) -> list[Any]:
        """Return the replies that a client has got."""
        return [json.loads(line) for line in transport.value().splitlines()]

    def error(self, transport: Transport) -> str:
        """Check that the last reply is an error, and the connection is closed.  Return the code of the error."""
        self.assertTrue(transport.disconnecting)
        return str(self.replies(transport)[-1]["error"]["code"])

    def logged(self) -> list[str]:
        """Return what the control socket logged."""
        return [formatEvent(event) for event in self.events if "control" in event["log_namespace"]]

    def test_answer(self) -> None:
        """A request is answered, and then the connection is closed.  No timer is left."""
        transport = self.ask("change", name="alice")
        self.assertEqual([{"answer": {"name": "alice"}}], self.replies(transport))
        self.assertTrue(transport.disconnecting)
        self.assertEqual(([], set()), (self.clock.getDelayedCalls(), self.factory.clients))

    def test_logged(self) -> None:
        """Commands that change something are logged, without their secrets and in one line."""
        self.ask("change", name="alice\nBob", secret="hunter2")
        self.ask("look")
        self.assertEqual([r"console used the command change alice\nBob"], self.logged())

    def test_pieces(self) -> None:
        """A request may arrive in pieces, and what follows it is ignored."""
        transport = self.connect()
        for byte in writeRequest("change", {}):
            transport.protocol.dataReceived(bytes([byte]))
        self.assertEqual(1, len(self.replies(transport)))
        transport = self.connect()
        transport.protocol.dataReceived(2 * writeRequest("wait", {}))
        transport.protocol.dataReceived(b"x" * 2 * MAX_LINE)
        self.assertEqual([], self.replies(transport))
        self.waiting.callback({})
        self.assertEqual([{"answer": {}}], self.replies(transport))

    def test_tooLong(self) -> None:
        """A request that is too long is refused before its end."""
        transport = self.connect()
        transport.protocol.dataReceived(b" " * (MAX_LINE - 1))
        self.assertFalse(transport.disconnecting)
        transport.protocol.dataReceived(b" ")
        self.assertEqual("TOO_LONG", self.error(transport))
        transport.protocol.dataReceived(b"\n")
        self.assertEqual(1, len(self.replies(transport)))

    def test_badRequest(self) -> None:
        """What is no request, and an unknown command, are refused."""
        transport = self.connect()
        transport.protocol.dataReceived(b"GET / HTTP/1.0\r\n")
        self.assertEqual("BAD_REQUEST", self.error(transport))
        self.assertEqual("NO_SUCH_COMMAND", self.error(self.ask("nonsense")))

    def test_silent(self) -> None:
        """A client that sends no request is disconnected."""
        transport = self.connect()
        self.clock.advance(REQUEST_TIMEOUT - 0.1)
        self.assertFalse(transport.disconnecting)
        self.clock.advance(0.1)
        self.assertEqual("TOO_SLOW", self.error(transport))

    def test_slow(self) -> None:
        """A command that takes too long is refused."""
        transport = self.ask("wait")
        self.clock.advance(COMMAND_TIMEOUT)
        self.assertEqual("TOO_SLOW", self.error(transport))
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_tooMany(self) -> None:
        """The number of clients is limited."""
        clients = [self.ask("wait") for _ in range(MAX_CLIENTS)]
        self.assertEqual("TOO_MANY_CLIENTS", self.error(self.connect()))
        self.waiting.callback({})
        clients[0].loseConnection()
        self.assertEqual([{"answer": {"name": ""}}], self.replies(self.ask("change")))

    def test_failed(self) -> None:
        """If a command raises another error, it is logged, and the client is told without a traceback."""
        transport = self.ask("fail", name="hunter2")
        self.assertEqual("FAILED", self.error(transport))
        self.assertNotIn("hunter2", transport.value().decode())
        self.assertEqual(1, len(self.flushLoggedErrors(KeyError)))

    def test_portions(self) -> None:
        """After each part of a long answer, the command waits for a later turn."""
        transport = self.ask("look")
        self.assertEqual([{"progress": {"part": 1}}], self.replies(transport))
        self.clock.advance(0)
        self.assertEqual({"answer": {}}, self.replies(transport)[-1])
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_notReading(self) -> None:
        """A part waits until the client has read the earlier ones.  A client that reads nothing is disconnected."""
        transport = self.ask("look")
        transport.protocol.pauseProducing()
        self.clock.pump([0, 0, 0])
        self.assertEqual(1, self.count)
        transport.protocol.resumeProducing()
        self.assertEqual(2, self.count)
        transport.protocol.pauseProducing()
        transport.loseConnection = lambda: None  # type: ignore[method-assign]  # output waits
        aborted: list[bool] = []
        transport.abortConnection = lambda: aborted.append(True)  # type: ignore[method-assign]
        self.clock.pump([0, COMMAND_TIMEOUT])
        self.assertEqual([], aborted)
        self.clock.advance(REQUEST_TIMEOUT)
        self.assertEqual([True], aborted)

    def test_gone(self) -> None:
        """A list ends if its client disconnects, and a change is finished."""
        self.ask("look").loseConnection()
        self.clock.pump([0, 0, 0])
        self.assertEqual(1, self.count)
        transport = self.ask("look")
        transport.protocol.pauseProducing()
        self.clock.advance(0)
        transport.loseConnection()
        self.assertEqual(1, self.count)
        self.ask("wait").loseConnection()
        self.waiting.callback({})
        self.assertEqual(["console used the command wait"], self.logged())
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_close(self) -> None:
        """When the server stops, it disconnects all clients."""
        transports = [self.connect(), self.ask("wait")]
        self.factory.close()
        self.assertEqual([True, True], [transport.disconnecting for transport in transports])
        self.assertEqual(([], set()), (self.clock.getDelayedCalls(), self.factory.clients))
