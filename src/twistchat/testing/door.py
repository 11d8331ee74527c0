"""A test suite that every door must pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.model.events import Entry, RoomMessage
from twistchat.doors.irc import IrcDoor
from twistchat.doors.line import LineDoor
from twistchat.interfaces import IDoor
from twistchat.net.client.closing import CLOSE_TIMEOUT
from twistchat.testing.clients import Client
from twistchat.testing.samples import ALICE, errorClasses, everyEvent, exampleError
from twistchat.testing.server import MemoryServer, settingsOf

STRANGER = "203.0.113.9"
"""An address to which all default limits apply."""

ROOM = "#contract"
"""The room in which the tests talk."""

UNTHROTTLED = "floodBurst = 1000\nfloodRate = 1000\n"
"""Limits that no client of a test exceeds, added to L{EXEMPT}."""

EXEMPT = '[limits]\nexempt = ["127.0.0.0/8"]\n'
"""Settings that exempt the witness, who connects from loopback.  Everything else has its default."""

PATIENCE = 60.0
"""How long the server takes to accept all commands of a test, at the default rates, in seconds."""

if TYPE_CHECKING:
    _Base = SynchronousTestCase
else:
    _Base = object


class DoorContract(_Base):
    """
    Tests of an L{IDoor <twistchat.interfaces.IDoor>}.  Mix this into a C{SynchronousTestCase}.

    Define L{makeDoor}, L{enters}, L{joins} and L{says}.  The door's protocol must extend L{ClientProtocol
    <twistchat.net.client.protocol.ClientProtocol>}.  All limits have their defaults, except in
    L{test_unregisteredLines}.

    @ivar door: the door to test.
    @ivar server: a server with this door and the two doors of twistchat.
    @ivar witness: a client of another door, which is in the room.
    """

    def makeDoor(self) -> IDoor:
        """Make the door to test."""
        raise AssertionError("define makeDoor in the test of a door")

    def enters(self, nick: str) -> bytes:
        """Return the bytes that a client sends to enter with a nick."""
        raise AssertionError("define enters in the test of a door")

    def joins(self, room: str) -> bytes:
        """Return the bytes that a client sends to join a room."""
        raise AssertionError("define joins in the test of a door")

    def says(self, room: str, text: str) -> bytes:
        """Return the bytes that a client sends to send a text to the room that it joined last."""
        raise AssertionError("define says in the test of a door")

    def setUp(self) -> None:
        """Start a server, and let the witness join the room."""
        self.door = self.makeDoor()
        self.serve(EXEMPT)
        self.witness: Client
        if self.door.name == "irc":
            self.witness = self.server.person("witness")
            self.witness.send(f"/join {ROOM}")
        else:
            irc = self.server.irc("witness")
            irc.join(ROOM)
            self.witness = irc
        self.witness.skip()

    # Steps of the tests

    def serve(self, configuration: str) -> None:
        """
        Start a server with the door and the two doors of twistchat.

        @param configuration: the text of the configuration file.
        """
        doors = tuple({door.name: door for door in (LineDoor(), IrcDoor(), self.door)}.values())
        self.server = MemoryServer(settingsOf(configuration, doors), doors=doors)

    def connect(self) -> Client:
        """Connect a client to the door."""
        client = Client(self.server.pump)
        client.link = self.server.plug(client, self.door.name, STRANGER)
        return client

    def member(self, nick: str) -> Client:
        """Connect a client that enters and joins the room."""
        client = self.connect()
        client.sendBytes(self.enters(nick) + self.joins(ROOM))
        self.server.advance(PATIENCE)
        self.assertIn(nick, self.members())
        client.skip()
        return client

    def members(self) -> set[str]:
        """Return the nicks of the room's members."""
        room = self.server.chat.state.rooms.get(ROOM)
        return set() if room is None else {member.user.nick for member in room.members.values()}

    def outlet(self, nick: str) -> Any:
        """Return the outlet of a client's connection."""
        user = self.server.chat.state.users.named(nick)
        assert user is not None
        (session,) = user.sessions
        return self.server.chat.state.sessions[session].outlet

    def heard(self, *texts: str) -> list[str]:
        """Return those of some texts that the witness has received, in order."""
        lines = self.witness.lines()
        return [text for line in lines for text in texts if line.endswith(text)]

    def speak(self, text: str) -> None:
        """Let the witness send a text to the room."""
        self.witness.send(f"PRIVMSG {ROOM} :{text}" if self.door.name != "irc" else text)

    # Entering

    def test_admitted(self) -> None:
        """A client enters and is a user.  Its texts reach the other doors, and their texts reach it."""
        client = self.member("ann")
        client.sendBytes(self.says(ROOM, "hello"))
        self.assertEqual(["hello"], self.heard("hello"))
        client.skip()
        self.speak("welcome")
        self.assertIn(b"welcome", client.raw)

    def test_nickInUse(self) -> None:
        """A nick in use is refused with a message.  The client stays connected and can try another."""
        self.member("ann")
        client = self.connect()
        client.skip()
        client.sendBytes(self.enters("ann"))
        self.assertNotEqual([], client.lines())
        self.assertFalse(client.gone)
        client.sendBytes(self.enters("bob") + self.joins(ROOM))
        self.server.advance(PATIENCE / 4)
        self.assertIn("bob", self.members())

    def test_tooMany(self) -> None:
        """The default limit on connections from one address applies.  A refused client gets a message."""
        for _ in range(self.server.context.settings.limits.connectionsPerAddress):
            self.assertFalse(self.connect().gone)
        refused = self.connect()
        self.assertTrue(refused.gone)
        self.assertNotEqual(b"", refused.raw)

    def test_deadline(self) -> None:
        """A client that does not enter in time is disconnected with a message."""
        client = self.connect()
        client.skip()
        limits = self.server.context.settings.limits
        self.server.advance(max(limits.registration, limits.lineRegistration) + 1)
        self.assertTrue(client.gone)
        self.assertNotEqual([], client.lines())

    def test_unregisteredLines(self) -> None:
        """
        A client that sends too many lines without entering is disconnected with a message, long before its deadline.

        The rate limits do not slow it down in this test, so that they cannot hide that a door does not count lines.
        """
        self.serve(EXEMPT + UNTHROTTLED)
        client = self.connect()
        client.skip()
        client.sendBytes(self.says(ROOM, "anybody?") * (self.server.context.settings.limits.unregisteredLines + 10))
        self.server.advance(1)
        self.assertTrue(client.gone, "more than limits.unregisteredLines: call entrance.countLine for each line")
        self.assertNotEqual([], client.lines())

    def test_http(self) -> None:
        """
        An HTTP request of an unregistered client is refused with a message, and none of its lines is executed.

        A web page can make a browser send such a request, with commands in its body.
        """
        body = self.enters("eve") + self.joins(ROOM) + self.says(ROOM, "forged")
        client = self.connect()
        client.skip()
        client.sendBytes(b"POST / HTTP/1.1\r\nHost: chat.example\r\n\r\n" + body)
        self.server.advance(PATIENCE / 4)
        self.assertIsNone(
            self.server.chat.state.users.named("eve"), "HTTP: call entrance.speaksHttp before a line is executed"
        )
        self.assertTrue(client.gone)
        self.assertNotEqual([], client.lines())
        self.assertEqual([], self.witness.lines())

    # Commands

    def test_order(self) -> None:
        """Commands that arrive at once take effect in the order in which they were sent."""
        texts = [f"text-{number}" for number in range(3)]
        client = self.connect()
        client.sendBytes(self.enters("ann") + self.joins(ROOM) + b"".join(self.says(ROOM, text) for text in texts))
        self.server.advance(PATIENCE)
        self.assertEqual(texts, self.heard(*texts))

    def test_flood(self) -> None:
        """A client cannot send more texts at once than the default burst.  Accepted texts keep their order."""
        client = self.member("ann")
        texts = [f"text-{number:03}" for number in range(80)]
        client.sendBytes(b"".join(self.says(ROOM, text) for text in texts))
        first = self.heard(*texts)
        self.assertLessEqual(len(first), self.server.context.settings.limits.floodBurst + 1)
        self.server.advance(PATIENCE)
        heard = first + self.heard(*texts)
        self.assertEqual(sorted(heard), heard)

    def test_garbage(self) -> None:
        """Bytes that are no command affect nobody else, and no error is logged."""
        client = self.member("ann")
        for garbage in (b"\xff\xfe\x00\r\n", b"\0\0\0\n", b"{}[]::  \r\n", b"x" * 70_000 + b"\r\n", b"\n\n\n"):
            if not client.gone:
                client.sendBytes(garbage)
                self.server.advance(1)
        self.assertEqual([], self.flushLoggedErrors())
        self.speak("still here")
        self.assertFalse(self.witness.gone)

    # The end

    def test_nothingAfterClose(self) -> None:
        """After a client is told that it is disconnected, its commands are ignored and it gets no more output."""
        client = self.member("ann")
        outlet = self.outlet("ann")
        outlet.disconnect("because of the test")
        assert client.transport is not None
        client.transport.write(self.says(ROOM, "too late"))
        self.speak("not for ann")
        self.server.advance(PATIENCE)
        self.assertTrue(client.gone)
        self.assertEqual([], self.heard("too late"))
        self.assertIn(b"because of the test", client.raw)
        self.assertNotIn(b"not for ann", client.raw)

    def test_hungUp(self) -> None:
        """A client that hangs up leaves the chat."""
        self.member("ann").hangUp()
        self.assertNotIn("ann", self.members())

    def test_slowReader(self) -> None:
        """A client that does not read is disconnected.  Its send queue never exceeds the default limit."""
        slow, quick = self.member("slow"), self.member("quick")
        outlet, limit = self.outlet("slow"), self.server.context.settings.limits.sendq
        slow.link.stalled = True
        most = 0
        for _ in range(2 * limit // 300):
            if not slow.gone:
                most = max(most, outlet.outbox.sendable)
                self.speak("x" * 300)
        self.assertTrue(slow.gone)
        self.assertLessEqual(most, limit)
        self.assertFalse(quick.gone)
        self.assertNotIn("slow", self.members())

    def test_close(self) -> None:
        """When the door closes, every client gets the reason.  The door has closed when all clients are gone."""
        clients = [self.member("ann"), self.member("bob"), self.connect()]
        clients[1].link.stalled = True
        closed = self.server.close("the end of the test")
        self.assertNoResult(closed)
        self.server.advance(CLOSE_TIMEOUT + 1)
        self.successResultOf(closed)
        self.assertEqual([True, True, True], [client.gone for client in clients])
        for client in (clients[0], clients[2]):
            self.assertIn(b"the end of the test", client.raw)

    # Events and errors

    def test_failureHarmsOnlyItsOwn(self) -> None:
        """If an event cannot be rendered, the sessions of that dialect are disconnected, and nobody else is."""
        client, outlet = self.member("ann"), self.outlet("ann")
        dialect = type(outlet.dialectFor(ROOM))
        really = dialect.render

        def render(self: Any, entry: Entry) -> bytes:
            if getattr(entry.event, "text", "") == "poison":
                raise ZeroDivisionError("this dialect cannot write poison")
            data: bytes = really(self, entry)
            return data

        self.patch(dialect, "render", render)
        self.speak("poison")
        self.server.advance(1)
        self.assertTrue(client.gone)
        self.assertFalse(self.witness.gone)
        self.assertEqual(1, len(self.flushLoggedErrors(ZeroDivisionError)))
        self.speak("and on")
        self.assertNotIn("ann", self.members())

    def test_everyEvent(self) -> None:
        """Every event is rendered without an error, as whole lines, and always as the same bytes."""
        self.member("ann")
        dialect = self.outlet("ann").dialectFor(ROOM)
        for event in everyEvent("some words"):
            data = dialect.render(_entry(event))
            self.assertTrue(data == b"" or data.endswith(b"\n"), event)
            self.assertEqual(data, dialect.render(_entry(event)))

    def test_noForgedLines(self) -> None:
        """No field of an event ends a line: CR, LF and NUL from a field never reach the client."""
        rule = "no field may put CR, LF or NUL into a line; replace or escape them"
        self.member("ann")
        dialect = self.outlet("ann").dialectFor(ROOM)
        for clean, hostile in zip(everyEvent("some words"), everyEvent("some\r\0words"), strict=True):
            expected, data = (dialect.render(_entry(event)) for event in (clean, hostile))
            self.assertEqual(expected.count(b"\n"), data.count(b"\n"), f"{rule}: {hostile}")
            self.assertNotIn(b"\0", data, f"{rule}: {hostile}")
            self.assertNotIn(b"\r", data.replace(b"\r\n", b""), f"{rule}: {hostile}")

    def test_everyError(self) -> None:
        """The door words every error of the chat, and logs none of them."""
        client, outlet = self.member("ann"), self.outlet("ann")
        failed = RoomMessage(ALICE, ROOM, "s1", "text")
        for error in map(exampleError, errorClasses()):
            client.skip()
            outlet.refused(failed, Failure(error))
            self.server.pump()
            self.assertNotEqual([], client.lines(), error)
        self.assertEqual([], self.flushLoggedErrors())


def _entry(event: Any) -> Entry:
    return Entry(7, "id-7", 1_767_268_800_000, event)
