"""No field of any event becomes a line, a tag or a parameter of its own for an IRC client."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import FieldInfo, replace
from msgspec.structs import fields as fieldsOf
from twisted.trial.unittest import SynchronousTestCase

from tests.wire.irc.samples import EVENTS, entry
from twistchat.chat.model.events import Event, Kind, ModeChange, PrivateMessage, RoomMessage, Source
from twistchat.interfaces import IDialect
from twistchat.wire.irc.capabilities import CAPABILITIES
from twistchat.wire.irc.cleaning import cleanName, cleanText, clientTags, tagValue, write, writeList
from twistchat.wire.irc.dialect import IrcDialects
from twistchat.wire.irc.message import MAX_LINE, MAX_TAGS, Message, parse, parseTags
from twistchat.wire.irc.numerics import RPL_MONONLINE
from twistchat.wire.irc.views import View

DIALECTS = IrcDialects("irc.example.org")
CAPABILITY_SETS = ((), ("server-time", "message-tags", "account-tag"), tuple(CAPABILITIES))
ALL: tuple[IDialect, ...] = tuple(DIALECTS.of(names, view) for names in CAPABILITY_SETS for view in View)

HOSTILE = (
    "\r\nQUIT :forged",
    "\nQUIT",
    "\rQUIT",
    "\0",
    ";msgid=forged",
    "a\\b",
    "a b c",
    " :x",
    ":x",
    "",
    ",",
    "\x85",
    "\u2028x\u2029",
    "\x1b[2J",
    "\x9b31m",
    "\u202eevil\u202c",
    "\ud800",
    "\udc00\ud800",
    "@x=y :a!b@c PRIVMSG d :e",
    "é" * 300,
    "x" * 600,
    "\U0001f468\u200d" * 200,
)

FIXED = {"kind", "session", "uid", "rank", "ranks", "letter", "label", "added", "removed"}
"""Fields that no user writes."""


@cache
def fieldsOfClass(kind: type[Struct]) -> tuple[FieldInfo, ...]:
    """Return the fields of a class.  msgspec evaluates the annotations for each call."""
    return fieldsOf(kind)


def filled(value: object, text: str) -> Any:
    """Return a value of the same shape, with this text in place of each string that users may write."""
    if isinstance(value, str):
        return text
    if isinstance(value, frozenset) or value is None:
        return value
    if isinstance(value, tuple):
        return tuple(filled(each, text) for each in value)
    if isinstance(value, (Source, ModeChange, Event)):
        changes = {
            each.name: filled(getattr(value, each.name), text)
            for each in fieldsOfClass(type(value))
            if each.name not in FIXED
        }
        return replace(value, **changes)
    return value


def each(event: Event, text: str) -> Iterator[Event]:
    """Return the event with this text in each single field, and in all fields."""
    for field in fieldsOfClass(type(event)):
        if field.name not in FIXED:
            value = getattr(event, field.name)
            changed = filled(value, text)
            if changed != value:
                yield replace(event, **{field.name: changed})
    yield filled(event, text)


def read(data: bytes) -> list[Message]:
    """Parse lines as a client does."""
    return [parse(line) for line in data.split(b"\r\n")[:-1]]


class HostileTests(SynchronousTestCase):
    """All fields of all events, with hostile text."""

    def assertSound(self, event: Event, text: str, dialect: IDialect) -> list[Message]:
        """Assert that an event is rendered as whole lines that clients parse as expected."""
        data = dialect.render(entry(event))
        self.assertTrue(data == b"" or data.endswith(b"\r\n"))
        for byte in (b"\r", b"\n"):
            self.assertEqual(data.count(byte), data.count(b"\r\n"), (event, text))
        self.assertNotIn(b"\0", data)
        for line in data.split(b"\r\n")[:-1]:
            tags, _, rest = line.partition(b" ") if line[:1] == b"@" else (b"", b"", line)
            self.assertLessEqual(len(rest), MAX_LINE - 2, (event, text))
            self.assertLessEqual(len(tags) + 1, MAX_TAGS)
        return read(data)

    def test_sameCommands(self) -> None:
        """The commands, the numbers of parameters and the tags are the same for any text."""
        for sample in EVENTS:
            short = replace(sample, text="one line") if isinstance(sample, (RoomMessage, PrivateMessage)) else sample
            for dialect in ALL:
                expected = self.assertSound(short, "", dialect)
                for text in HOSTILE:
                    for event in each(short, text):
                        with self.subTest(event=event, text=text):
                            self.assertAlike(expected, self.assertSound(event, text, dialect), 0 < len(text) < 40)

    def assertAlike(self, expected: list[Message], found: list[Message], told: bool) -> None:
        """
        Assert that messages have the expected commands, and the server's tags.


        @param told: whether all messages must be there.  Otherwise some may be missing: those that do not fit into a
            line, and those without anything left to show.
        """
        commands = [message.command for message in expected]
        rest = [message.command for message in found]
        if rest[:1] == ["BATCH"] or rest[:2] == ["PRIVMSG", "PRIVMSG"] or rest[:2] == ["NOTICE", "NOTICE"]:
            self.assertIn(commands, (["PRIVMSG"], ["NOTICE"]))
            self.assertLessEqual(set(rest), {"BATCH", commands[0]})
            return
        if told and not {"MODE", RPL_MONONLINE} & set(commands):
            self.assertEqual(rest, commands)
        self.assertLessEqual(set(rest), set(commands))
        self.assertLessEqual(len(found), max(len(expected), 45 if "MODE" in commands else 0))
        for message in found:
            counts = {len(each.params) for each in expected if each.command == message.command}
            optional = {"PART", "REDACT"}
            if message.command not in optional and message.command != "MODE":
                self.assertIn(len(message.params), counts, message)
            known = {"time", "msgid", "account", "bot"}
            self.assertLessEqual({key for key in message.tags if key[0] != "+"}, known)

    def test_texts(self) -> None:
        """In a text, LF ends a line, and CR and NUL become spaces.  All other characters are unchanged."""
        kinds: tuple[Kind, ...] = ("message", "notice")
        for kind in kinds:
            for passed in (
                "\x85",
                "\u2028",
                "\u2029",
                "\x1b[2J",
                "\x9b31m",
                "\u202e",
                ";\\",
                "\x02b\x0304,12c\x0f",
                "\t",
            ):
                said = RoomMessage(Source("u", "a"), "#a", "s", f"x{passed}y", kind)
                for names in CAPABILITY_SETS:
                    dialect = DIALECTS.of(names, View.ROOM)
                    (message,) = read(dialect.render(entry(said)))
                    self.assertEqual(message.params, ("#a", f"x{passed}y"))
            (message,) = read(ALL[0].render(entry(RoomMessage(Source("u", "a"), "#a", "s", "x\ry\0z\r", kind))))
            self.assertEqual(message.params, ("#a", "x y z"))

    @given(
        st.text(st.characters() | st.sampled_from("\r\n\0 :;=\\@!,\x01\ud800"), max_size=12), st.sampled_from(EVENTS)
    )
    def test_any(self, text: str, sample: Event) -> None:
        """The same with random texts."""
        for dialect in ALL:
            for event in each(sample, text):
                self.assertSound(event, text, dialect)

    def test_manyTags(self) -> None:
        """Client-only tags over the limit are dropped, and never replace tags of the server."""
        tags = tuple((f"example.org/tag-{number}", "x" * 100) for number in range(100))
        said = RoomMessage(Source("u", "a", account="b"), "#a", "s", "hi", tags=tags)
        (message,) = self.assertSound(said, "", DIALECTS.of(CAPABILITIES, View.ROOM))
        self.assertEqual((message.tags["msgid"], message.tags["account"]), ("x-7", "b"))
        own = [key for key in message.tags if key[0] == "+"]
        self.assertEqual(own, [f"+example.org/tag-{number}" for number in range(len(own))])
        self.assertGreater(len(own), 30)


class CleaningTests(SynchronousTestCase):
    """The replacements for forbidden characters."""

    def test_text(self) -> None:
        """Spaces replace NUL, CR and LF.  Otherwise only lone surrogates change."""
        self.assertEqual(cleanText("a\r\nb\0c\x85\u2028"), "a  b c\x85\u2028")
        self.assertEqual(cleanText("a\ud800b"), "a\ufffdb")
        self.assertEqual(cleanText(""), "")

    def test_name(self) -> None:
        """
        Underscores replace characters that would end a parameter or begin the last one.  An asterisk replaces an empty
        one.
        """
        for name, clean in (
            ("a b\r\n\0", "a_b___"),
            (":a", "_a"),
            ("a:b", "a:b"),
            ("", "*"),
            (" ", "_"),
            ("\udfff", "\ufffd"),
        ):
            self.assertEqual(cleanName(name), clean)

    def test_write(self) -> None:
        """The last parameter is cut if it does not fit.  If the names do not fit, there is no line."""
        line = write("src", "TOPIC", ("#a",), "é" * 400)
        self.assertEqual(len(line), MAX_LINE - (MAX_LINE - len(":src TOPIC #a :\r\n")) % 2)
        self.assertEqual(write("src", "TOPIC", ("#" * 600,), "x"), b"")
        self.assertEqual(write("src", "JOIN", ("#" * 600,)), b"")

    def test_writeList(self) -> None:
        """A single parameter that is too long is cut.  Text that cannot be encoded is replaced."""
        lines = writeList("src", "MODE", ("#a",), [("+b", "x" * 600), ("-m", None), ("+b", "y")])
        self.assertEqual(lines[0].rstrip(b"x\r\n"), b":src MODE #a +b ")
        self.assertIn(len(lines[0]), (MAX_LINE - 1, MAX_LINE))
        self.assertEqual(lines[1:], [b":src MODE #a -m+b y\r\n"])
        self.assertEqual(b"".join(writeList("src", "MODE", ("#" * 600,), [("+b", "x")])), b"")

    def test_tags(self) -> None:
        """An invalid tag is dropped, and a NUL in a value becomes a space."""
        tags = (("a", "b;c\0"), ("", "x"), ("a b", "x"), ("a=b", ""), ("c", ""), ("\ud800", "\ud800"))
        self.assertEqual(parseTags(clientTags(tags)), {"+a": "b;c ", "+c": "", "+\ufffd": "\ufffd"})
        self.assertEqual(tagValue("k", "a b"), r"k=a\sb")
