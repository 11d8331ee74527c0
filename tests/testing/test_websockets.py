"""Rooms whose members use different carriers: streams, and WebSockets."""

from __future__ import annotations

import unittest
from typing import Any

from twisted.internet.interfaces import IProtocol
from twisted.internet.protocol import Protocol
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from tests.carriers import overMessages
from twistchat.chat.model.events import Entry
from twistchat.interfaces.carrier import ICarrier
from twistchat.net.output.outbox import Outbox
from twistchat.net.websocket import WebSocketCarrier
from twistchat.protocols.irc.protocol import IrcConnection
from twistchat.testing import IrcClient, LineClient, MemoryServer
from twistchat.wire.framing import Framing
from twistchat.wire.irc.dialect import IrcDialect
from twistchat.wire.plain import PlainDialect
from twistchat.wire.websocket import BINARY

TAGGED = ("batch", "echo-message", "labeled-response", "message-tags")


class InputTests(SynchronousTestCase):
    """What clients send."""

    def test_lineEnd(self) -> None:
        """IRC refuses a message that contains a line end.  No part of it takes effect."""
        server = MemoryServer(messages=True)
        ann, bob = server.irc("ann", "standard-replies"), server.irc("bob")
        for client in (ann, bob):
            client.join("#tea")
        ann.skip()
        for line in (b"PRIVMSG #tea :one\nPART #tea", b"PRIVMSG #tea :one\r\n\r\n", b"PART\n#tea"):
            end: Any = ann.transport
            end.send(line)
            server.pump()
        self.assertEqual([True] * 3, [line.startswith(":twistchat FAIL ") for line in ann.lines()])
        bob.expect()


class Room(SynchronousTestCase):
    """
    A room with two clients on streams and two on WebSockets.

    @ivar delivered: the bytes that audiences delivered to outboxes.
    @ivar rendered: how many times dialects rendered an entry.
    @ivar framed: how many times lines were framed.
    """

    def setUp(self) -> None:
        """Start a server, and count deliveries, renderings and framings."""
        self.delivered: list[bytes] = []
        self.rendered = self.framed = 0
        deliver, frame = Outbox.deliver, Framing.frame

        def recorded(outbox: Outbox, data: bytes) -> None:
            self.delivered.append(data)
            deliver(outbox, data)

        def counted(framing: Framing, lines: bytes) -> bytes:
            self.framed += 1
            return frame(framing, lines)

        self.patch(Outbox, "deliver", recorded)
        self.patch(Framing, "frame", counted)
        for dialect in (IrcDialect, PlainDialect):
            self.countRenderings(dialect)
        self.server = MemoryServer()

    def countRenderings(self, dialect: type[IrcDialect | PlainDialect]) -> None:
        """Count the renderings of a class of dialects."""
        render = dialect.render

        def counted(self_: IrcDialect | PlainDialect, entry: Entry) -> bytes:
            self.rendered += 1
            return render(self_, entry)  # type: ignore[arg-type]  # it is of that class

        self.patch(dialect, "render", counted)

    def start(self) -> None:
        """Reset the counts."""
        self.delivered, self.rendered, self.framed = [], 0, 0


class IrcRoomTests(Room):
    """A room of the IRC protocol."""

    def four(self, *capabilities: str) -> list[IrcClient]:
        """Two clients on streams and two on WebSockets, in one room."""
        clients = []
        for nick in ("ann", "bob", "cid", "dan"):
            self.server.messages = nick in ("cid", "dan")
            clients.append(self.server.irc(nick, *capabilities))
            clients[-1].join("#tea")
        for client in clients:
            client.skip()
        return clients

    def test_carrier(self) -> None:
        """The WebSocket carrier is a carrier, and the protocol above it is the same."""
        self.server.messages = True
        self.server.irc("ann")
        (session,) = self.server.chat.state.users.named("ann").sessions.values()  # type: ignore[union-attr]  # ann is here
        outlet = session.outlet
        assert isinstance(outlet, IrcConnection)
        self.assertIsInstance(outlet.carrier, WebSocketCarrier)
        verifyObject(ICarrier, outlet.carrier)
        verifyObject(IProtocol, outlet.carrier)

    def test_sameLines(self) -> None:
        """All clients receive the same lines, over any carrier."""
        ann, bob, cid, dan = self.four()
        ann.send("PRIVMSG #tea :hello", "TOPIC #tea :Tea", "MODE #tea +m", "MODE #tea -m")
        heard = bob.lines()
        self.assertEqual(4, len(heard))
        self.assertEqual([heard, heard], [cid.lines(), dan.lines()])
        ann.skip()
        cid.send("PRIVMSG #tea :hello", "NICK cod", "PART #tea :bye")
        heard = ann.lines()
        self.assertEqual(3, len(heard))
        self.assertEqual([heard, heard], [bob.lines(), dan.lines()])

    def test_shared(self) -> None:
        """
        Each dialect renders once, shares one object, and is framed once.  The carrier's framing makes a dialect of its
        own.
        """
        ann, bob, cid, dan = self.four("echo-message")
        self.start()
        ann.sendBytes(b"PRIVMSG #tea :one\r\nPRIVMSG #tea :two\r\n")
        self.assertEqual((4, 2), (self.rendered, self.framed))
        lines, other, messages, last = self.delivered
        self.assertIs(lines, other)
        self.assertIs(messages, last)
        self.assertEqual(messages, BINARY.frame(lines))
        for client in (bob, cid, dan):
            self.assertEqual(ann.raw[-len(lines) :], client.raw[-len(lines) :])

    def test_labels(self) -> None:
        """A label is added to an echo, and the answer is framed again."""
        clients = self.four(*TAGGED)
        for client in clients:
            client.send("@label=x PRIVMSG #tea :hello", "@label=y JOIN #cake", "@label=z PART #cake")
        answers = []
        for client, nick in zip(clients, ("ann", "bob", "cid", "dan"), strict=True):
            lines = [line for line in client.lines() if "label=" in line]
            answers.append([line.replace(nick, "NICK").partition(" ")[0].split(";")[0] for line in lines])
        self.assertEqual(["@label=x", "@label=y", "@label=z"], answers[0])
        self.assertEqual([answers[0]] * 4, answers)

    def test_renamed(self) -> None:
        """A room's new name is shown to clients without RENAME as PART and JOIN."""
        ann, *others = self.four()
        ann.send("RENAME #tea #cake")
        heard = [[line.partition(" ")[2].partition(" :")[0] for line in other.lines()] for other in others]
        self.assertEqual(["PART #tea", "JOIN #cake"], heard[1][:2])
        self.assertEqual(heard[0][:2], heard[1][:2])
        self.assertEqual(heard[0][:2], heard[2][:2])


class LineRoomTests(Room):
    """The lobby of the line protocol."""

    def four(self) -> list[LineClient]:
        """Two clients on streams and two on WebSockets."""
        clients = []
        for nick in ("ann", "bob", "cid", "dan"):
            self.server.messages = nick in ("cid", "dan")
            clients.append(self.server.person(nick))
        for client in clients:
            client.skip()
        return clients

    def test_shared(self) -> None:
        """Each dialect renders once, shares one object, and is framed once."""
        clients = self.four()
        for client in clients:
            client.send("/echo on")
            client.skip()
        self.start()
        clients[0].send("hello")
        self.assertEqual((2, 1), (self.rendered, self.framed))
        lines, other, messages, last = self.delivered
        self.assertIs(lines, other)
        self.assertIs(messages, last)
        for client in clients:
            client.expect("[12:00] <ann> hello")

    def test_history(self) -> None:
        """History is sent in replies, which are framed too."""
        ann, _bob, cid, _dan = self.four()
        ann.send("hello")
        cid.skip()
        for client in (ann, cid):
            client.send("/history 1")
            end = "* End of history of #lobby; it begins here"
            client.expect("* History of #lobby, 2026-01-01", "[12:00] <ann> hello", end)


class OverMessagesTests(SynchronousTestCase):
    """Test cases that run over WebSockets as well."""

    def test_overMessages(self) -> None:
        """The servers of such a case use WebSockets; those of the original case use streams."""
        messages = []

        class Probe(SynchronousTestCase):
            def setUp(self) -> None:
                self.server = MemoryServer()

            def test_probe(self) -> None:
                messages.append(self.server.messages)

        (made,) = overMessages({"__name__": Probe.__module__, "Probe": Probe, "Other": MemoryServer}).values()
        for case in (made, Probe):
            case("test_probe").run(unittest.TestResult())
        self.assertEqual([True, False], messages)
        self.assertEqual("ProbeOverMessages", made.__name__)


class EndTests(SynchronousTestCase):
    """The client's end of such a connection."""

    def test_lines(self) -> None:
        """A client's protocol may write lines in parts.  Closing closes both ends."""
        server = MemoryServer(messages=True)
        ann = server.person("ann")
        bob = server.connect()
        bob.sendBytes(b"bo")
        ann.expect()
        bob.sendBytes(b"b\n/me wa")
        ann.expect("* bob joined #lobby")
        bob.sendBytes(b"ves\n")
        ann.expect("[12:00] * bob waves")
        transport = bob.transport
        assert transport is not None and isinstance(bob, Protocol)
        transport.loseConnection()
        server.pump()
        self.assertTrue(bob.gone)
        ann.expect("* bob quit (connection lost)")
