"""Tests of L{twistchat.wire.irc.message}."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twistchat.wire.irc.message import (
    MAX_LINE,
    MAX_TAGS,
    NO_TAGS,
    BadMessage,
    EmptyMessage,
    LineEnd,
    Message,
    NoCommand,
    NotUtf8,
    NulByte,
    Unwritable,
    escapeTag,
    fit,
    isTagKey,
    measure,
    parse,
    parseTags,
    room,
    serialize,
    unescapeTag,
    writeTags,
)

READ: tuple[tuple[str, Message], ...] = (
    ("PING", Message({}, "", "PING", ())),
    ("privmsg #a hello", Message({}, "", "PRIVMSG", ("#a", "hello"))),
    ("PRIVMSG #a :hello, all", Message({}, "", "PRIVMSG", ("#a", "hello, all"))),
    ("PRIVMSG #a ::-) :", Message({}, "", "PRIVMSG", ("#a", ":-) :"))),
    ("PRIVMSG #a :", Message({}, "", "PRIVMSG", ("#a", ""))),
    ("PRIVMSG #a :  two  and  two  ", Message({}, "", "PRIVMSG", ("#a", "  two  and  two  "))),
    ("PRIVMSG #a:b c:d", Message({}, "", "PRIVMSG", ("#a:b", "c:d"))),
    (":alice!a@b JOIN :#a", Message({}, "alice!a@b", "JOIN", ("#a",))),
    (":alice AWAY", Message({}, "alice", "AWAY", ())),
    (":irc.example.org 001 alice :Hi", Message({}, "irc.example.org", "001", ("alice", "Hi"))),
    ("  MODE   #a  +n   ", Message({}, "", "MODE", ("#a", "+n"))),
    ("  :alice   MODE  #a  :+n ", Message({}, "alice", "MODE", ("#a", "+n "))),
    ("MODE #a\t+n x", Message({}, "", "MODE", ("#a\t+n", "x"))),
    ("NICK \u00a0\u2028\x85", Message({}, "", "NICK", ("\u00a0\u2028\x85",))),
    ("A " + " ".join("bcdefghijklmnopqrstuvwxyz"), Message({}, "", "A", tuple("bcdefghijklmnopqrstuvwxyz"))),
    ("@a=1;b;c= CMD", Message({"a": "1", "b": "", "c": ""}, "", "CMD", ())),
    ("@a=1   :src   CMD  x", Message({"a": "1"}, "src", "CMD", ("x",))),
    (
        "@+typing=active;+draft/reply=x TAGMSG #a",
        Message({"+typing": "active", "+draft/reply": "x"}, "", "TAGMSG", ("#a",)),
    ),
    ("@a=1;b=2;a=3 CMD", Message({"a": "3", "b": "2"}, "", "CMD", ())),
    ("@a=1;a CMD", Message({"a": ""}, "", "CMD", ())),
    ("@x/a=1;a=2 CMD", Message({"x/a": "1", "a": "2"}, "", "CMD", ())),
    ("@;;=x;a CMD", Message({"a": ""}, "", "CMD", ())),
    ("@a=b=c:d CMD", Message({"a": "b=c:d"}, "", "CMD", ())),
    ("@ CMD", Message({}, "", "CMD", ())),
    ("@a~b*=1 CMD", Message({"a~b*": "1"}, "", "CMD", ())),
    (" @a=1 CMD", Message({}, "", "@A=1", ("CMD",))),
    ("pr\u0131vmsg #a", Message({}, "", "pr\u0131vmsg", ("#a",))),
)
"""Lines, and what they are read as."""

ESCAPED = (
    (r"a\:b\sc\\d\re\nf", "a;b c\\d\re\nf"),
    (r"\\n", "\\n"),
    (r"\\\\\:\\s\s\r\n", "\\\\;\\s \r\n"),
    ("\\b\\1\\é", "b1é"),
    ("end\\", "end"),
    ("\\", ""),
    ("", ""),
)
"""Values of tags as they are written, and as they were meant."""


class ParseTests(SynchronousTestCase):
    """Parsing lines."""

    def test_read(self) -> None:
        """Tags, source, command and parameters are found, with any number of spaces between them."""
        for line, message in READ:
            with self.subTest(line):
                self.assertEqual(parse(line.encode()), message)
        self.assertIs(parse(b"PING").tags, NO_TAGS)

    def test_unescape(self) -> None:
        """The values of tags are unescaped from left to right."""
        for written, meant in ESCAPED:
            self.assertEqual(unescapeTag(written), meant)
            self.assertEqual(parseTags(f"a={written};b"), {"a": meant, "b": ""})

    def test_empty(self) -> None:
        """An empty line has its own error, because callers ignore it."""
        for line in (b"", b" ", b"     "):
            with self.assertRaises(EmptyMessage):
                parse(line)

    def test_noCommand(self) -> None:
        """A line needs a command."""
        for line in (
            b"@a=1",
            b"@a=1 ",
            b":src",
            b":src  ",
            b"@a :src",
            b":",
            b"@",
            b":src :text",
            b"@label=7 :src :text",
        ):
            with self.subTest(line), self.assertRaises(NoCommand) as caught:
                parse(line)
            self.assertEqual(caught.exception.label, "7" if b"label" in line else None)
            self.assertEqual(caught.exception.command, "")

    def test_notUtf8(self) -> None:
        """A line that is not UTF-8 is refused.  The error has the position, the command and the label."""
        for line, offset, command, label in (
            (b"PRIVMSG #a :caf\xe9", 15, "PRIVMSG", None),
            (b"@label=x;+a=\xff privmsg #a", 12, "PRIVMSG", "x"),
            (b"@label=\xff NICK a", 7, "NICK", None),
            (b"N\xc3CK a", 1, "", None),
            (b"\xed\xa0\x80", 0, "", None),
            (b"@label=x :\xff", 10, "", "x"),
        ):
            with self.subTest(line), self.assertRaises(NotUtf8) as caught:
                parse(line)
            error = caught.exception
            self.assertEqual((error.offset, error.command, error.label), (offset, command, label))
            self.assertEqual(error.why, f"is not UTF-8 at byte {offset}")

    def test_delimiters(self) -> None:
        """A line that contains NUL, CR or LF is refused, so no reader takes it for two lines."""
        for byte, kind in ((b"\0", NulByte), (b"\r", LineEnd), (b"\n", LineEnd)):
            for line in (b"PRIVMSG #a :x%bQUIT", b"%bPRIVMSG #a", b"PRIVMSG #a x%b", b"@a=%b PRIVMSG x"):
                with self.subTest(line % byte), self.assertRaises(kind) as caught:
                    parse(line % byte)
                self.assertIn(caught.exception.command, ("PRIVMSG", ""))
        with self.assertRaises(LineEnd) as cut:
            parse(b"@label=q PRIVMSG #a :x\rQUIT")
        self.assertEqual((cut.exception.command, cut.exception.label), ("PRIVMSG", "q"))

    def test_measure(self) -> None:
        """The size of tags excludes the at sign and the space.  The size of the rest includes CR LF."""
        for line, tags, rest in (
            (b"PING", 0, 6),
            (b"", 0, 2),
            (b"@a=1 PING", 3, 6),
            (b"@ PING", 0, 6),
            (b"@a=1", 3, 2),
            (b"@a=1  PING", 3, 7),
            (" PRIVMSG #a :é".encode(), 0, 17),
            ("@a=é PING".encode(), 4, 6),
        ):
            self.assertEqual(measure(line), (tags, rest))

    @given(
        st.binary(max_size=80)
        | st.lists(st.sampled_from([b"@", b":", b" ", b";", b"=", b"\\", b"\r", b"a", b"\xc3", b"\xa9", b"\0"])).map(
            b"".join
        )
    )
    def test_soup(self, line: bytes) -> None:
        """Any bytes give a message, or the one error that doors handle."""
        try:
            message = parse(line)
        except BadMessage as error:
            self.assertTrue(error.why)
            self.assertTrue(error.command == "" or error.command.isalnum())
        else:
            self.assertTrue(message.command)
            for part in (message.source, message.command, *message.params[:-1]):
                self.assertNotIn(" ", part)
            everything = (message.source, message.command, *message.params, *message.tags)
            self.assertFalse([part for part in everything if set(part) & set("\0\r\n")])
        tags, rest = measure(line)
        self.assertLessEqual(tags + rest, len(line) + 2)


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n"), max_size=30)
MIDDLES = TEXTS.map(lambda text: text.replace(" ", "")).filter(lambda text: text and text[0] != ":")
COMMANDS = st.from_regex(r"\A([A-Z]{1,12}|[0-9]{3})\Z")
TAGS = st.dictionaries(
    st.from_regex(r"\A\+?([a-z.]+/)?[A-Za-z0-9-]+\Z") | MIDDLES.filter(lambda key: not set(key) & set(";=")),
    st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\0") | st.sampled_from("; \\\r\n=:"), max_size=20
    ),
    max_size=4,
)


class SerializeTests(SynchronousTestCase):
    """Writing lines."""

    def test_written(self) -> None:
        """The last parameter has a colon if it needs one, or on request."""
        for line, command, params, source in (
            (b"PING\r\n", "PING", (), ""),
            (b":src AWAY\r\n", "AWAY", (), "src"),
            (b":src AWAY :\r\n", "AWAY", ("",), "src"),
            (b"PRIVMSG #a hello\r\n", "PRIVMSG", ("#a", "hello"), ""),
            (b"PRIVMSG #a :hello, all\r\n", "PRIVMSG", ("#a", "hello, all"), ""),
            (b"PRIVMSG #a ::-)\r\n", "PRIVMSG", ("#a", ":-)"), ""),
            (b"PRIVMSG #a :  \r\n", "PRIVMSG", ("#a", "  "), ""),
            (b"001 b\tc d\r\n", "001", ("b\tc", "d"), ""),
        ):
            self.assertEqual(serialize(command, params, source), line)
        self.assertEqual(serialize("CAP", ("*", "LS", "batch"), colon=True), b"CAP * LS :batch\r\n")
        self.assertEqual(serialize("PING", (), colon=True), b"PING\r\n")

    def test_tags(self) -> None:
        """Tags come first, in order, escaped.  Empty values are omitted."""
        self.assertEqual(
            serialize("A", ("b",), "c", {"time": "1", "bot": "", "+x/y": "a;b c\\d\r\n"}),
            b"@time=1;bot;+x/y=a\\:b\\sc\\\\d\\r\\n :c A b\r\n",
        )
        for _, meant in ESCAPED:
            self.assertEqual(unescapeTag(escapeTag(meant)), meant)

    def test_refused(self) -> None:
        """A character that would end the line or the current part is refused."""
        for bad in ("", " ", "a b", ":a", "a\r", "a\n", "a\0", "\ud800"):
            for refused in (
                lambda bad=bad: serialize(bad),
                lambda bad=bad: serialize("A", (bad, "x")),
                lambda bad=bad: serialize("A", ("x", bad, "x")),
            ):
                with self.subTest(bad), self.assertRaises(Unwritable):
                    refused()
            if bad:
                with self.subTest(bad), self.assertRaises(Unwritable):
                    serialize("A", ("x",), bad)
        for bad in ("a\r", "a\n", "a\0", "\ud800"):
            with self.assertRaises(Unwritable):
                serialize("A", ("x", bad))
        for bad in ("", "a b", "a;b", "a=b", "a\r", "a\n", "a\0", "\ud800"):
            with self.subTest(bad), self.assertRaises(Unwritable):
                serialize("A", (), "", {bad: "x"})
            self.assertEqual(isTagKey(bad), bad == "\ud800")
        for bad in ("a\0", "\ud800"):
            with self.assertRaises(Unwritable):
                serialize("A", (), "", {"x": bad})

    def test_commands(self) -> None:
        """A command is letters, or three digits."""
        for bad in ("A1", "1", "01", "0001", "A-B", "É", "\u0661\u0662\u0663", "@a"):
            with self.subTest(bad), self.assertRaises(Unwritable):
                serialize(bad)

    def test_length(self) -> None:
        """A line over 512 bytes is refused, and none is cut."""
        for letter, size in (("a", 1), ("é", 2), ("\N{GRINNING FACE}", 4)):
            left = room("PRIVMSG", ("#a",), "src")
            fits = letter * (left // size)
            data = serialize("PRIVMSG", ("#a", f"{fits}"), "src", colon=True)
            self.assertGreater(len(data), MAX_LINE - size)
            self.assertLessEqual(len(data), MAX_LINE)
            with self.assertRaises(Unwritable) as caught:
                serialize("PRIVMSG", ("#a", fits + letter), "src", colon=True)
            self.assertIn(f"takes {len(data) + size} bytes", str(caught.exception))
        self.assertLess(room("A", ("x" * 600,)), 0)
        self.assertEqual(room("A"), 512 - len("A :\r\n"))

    def test_tagsLength(self) -> None:
        """Tags are counted separately.  They have 8191 bytes, including the at sign and the space."""
        value = "x" * (MAX_TAGS - len("@a= "))
        data = serialize("PRIVMSG", ("#a", "x" * room("PRIVMSG", ("#a",))), "", {"a": value}, colon=True)
        self.assertEqual(len(data), MAX_TAGS + MAX_LINE)
        with self.assertRaises(Unwritable):
            serialize("A", (), "", {"a": f"{value}x"})

    @given(COMMANDS, st.lists(MIDDLES, max_size=5), TEXTS, MIDDLES | st.just(""), TAGS, st.booleans())
    def test_roundTrip(
        self, command: str, middles: list[str], last: str, source: str, tags: dict[str, str], colon: bool
    ) -> None:
        """A written message parses to the same message."""
        data = serialize(command, (*middles, last), source, tags, colon=colon)
        self.assertEqual(data[-2:], b"\r\n")
        self.assertEqual(parse(data[:-2]), Message(tags, source, command, (*middles, last)))
        self.assertEqual(parseTags(writeTags(tags)), tags)

    @given(
        st.text(max_size=6),
        st.lists(st.text(st.characters() | st.sampled_from(" :\r\n\0"), max_size=6), max_size=4),
        st.text(st.characters() | st.sampled_from(" :\r\n\0"), max_size=6),
        st.dictionaries(
            st.text(st.characters() | st.sampled_from(" ;=\r\n\0"), max_size=4),
            st.text(st.characters() | st.sampled_from("; \\\r\n\0"), max_size=4),
            max_size=2,
        ),
    )
    def test_nothingForged(self, command: str, params: list[str], source: str, tags: dict[str, str]) -> None:
        """Any values give one line with exactly these values, or an error."""
        for word in (command, "TEST"):
            try:
                data = serialize(word, params, source, tags)
            except Unwritable:
                continue
            self.assertEqual(data.find(b"\r\n"), len(data) - 2)
            self.assertEqual(parse(data[:-2]), Message(tags, source, word.upper(), tuple(params)))

    def test_fit(self) -> None:
        """The result of C{fit} with the size of C{room} is never refused."""
        text = fit("\N{GRINNING FACE}" * 300, room("TOPIC", ("#a",), "src"))
        self.assertEqual(parse(serialize("TOPIC", ("#a", text), "src")[:-2]).params, ("#a", text))
