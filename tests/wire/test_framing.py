"""Framing and unframing lines for a carrier."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from tests.wire.irc.samples import ALICE, entry
from twistchat.chat.model.events import RoomMessage
from twistchat.interfaces import IDialect
from twistchat.wire.framing import STREAM, FramedDialect, Framing, framed
from twistchat.wire.irc.dialect import IrcDialects
from twistchat.wire.irc.views import View
from twistchat.wire.plain import Clockface, PlainDialect

ANGLES = Framing(lambda line: b"<%b>" % line, lambda data: data[1:-1].split(b"><") if data else ())
"""A framing that people can read: each line in angle brackets."""


class FramingTests(SynchronousTestCase):
    """L{Framing}."""

    def test_stream(self) -> None:
        """On a stream, the framed lines are the same object."""
        data = b"one\r\ntwo\r\n"
        self.assertIs(data, STREAM.frame(data))
        self.assertIs(data, STREAM.unframe(data, b"\r\n"))

    def test_messages(self) -> None:
        """Each line becomes a message.  Only the line end is removed."""
        for lines, wanted in (
            (b"", b""),
            (b"one\r\n", b"<one>"),
            (b"one\ntwo\n\n", b"<one><two><>"),
            (b"tail\r\r\n", b"<tail\r>"),
        ):
            self.assertEqual(wanted, ANGLES.frame(lines))

    def test_back(self) -> None:
        """The lines come back with the protocol's line end."""
        for end in (b"\r\n", b"\n"):
            for lines in ((), (b"one",), (b"one", b"", b"three")):
                data = b"".join([line + end for line in lines])
                self.assertEqual(data, ANGLES.unframe(ANGLES.frame(data), end))


class DialectTests(SynchronousTestCase):
    """L{framed}, and the dialects of IRC."""

    def test_interface(self) -> None:
        """A framed dialect is a dialect."""
        verifyObject(IDialect, FramedDialect(PlainDialect(Clockface(None), current=True), ANGLES))

    def test_render(self) -> None:
        """A framed dialect frames each line that the inner dialect renders."""
        lines = PlainDialect(Clockface(None), current=True)
        said = entry(RoomMessage(ALICE, "#tea", "s1", "one\ntwo"))
        first, second = lines.render(said).splitlines()
        self.assertEqual(b"<%b><%b>" % (first, second), framed(lines, ANGLES).render(said))
        self.assertIs(lines, framed(lines, STREAM))

    def test_key(self) -> None:
        """The framing is part of the key of IRC's dialects."""
        dialects = IrcDialects("irc.example.org")
        stream, message = (dialects.of((), View.ROOM, framing) for framing in (STREAM, ANGLES))
        self.assertIsNot(stream, message)
        self.assertIs(stream, dialects.of((), View.ROOM))
        self.assertIs(message, dialects.of(["echo-message"], View.ROOM, ANGLES))
        said = entry(RoomMessage(ALICE, "#tea", "s1", "hello"))
        self.assertEqual(b"<%b>" % stream.render(said).removesuffix(b"\r\n"), message.render(said))
