"""Tests of L{twistchat.wire.irc.texts}, and of the dialect's texts of several lines (draft/multiline)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from twisted.trial.unittest import SynchronousTestCase

from tests.wire.irc.samples import ALICE, BOB, REPLY, entry
from twistchat.chat.model.events import Kind, PrivateMessage, RoomMessage, Source
from twistchat.wire.irc.dialect import IrcDialects
from twistchat.wire.irc.message import MAX_LINE, Message, parse
from twistchat.wire.irc.texts import capacity, split, writeText
from twistchat.wire.irc.views import View

TAGS = ("server-time", "message-tags", "account-tag")
MULTILINE = (*TAGS, "batch", "draft/multiline")
T = "time=2026-01-02T09:05:59.007Z"


def lines(event: RoomMessage | PrivateMessage, *capabilities: str) -> list[str]:
    """Render a text for a client with these capabilities, as lines."""
    data = IrcDialects("irc.example.org").of(capabilities, View.ROOM).render(entry(event))
    return data.decode().split("\r\n")[:-1]


def combine(messages: list[Message]) -> str:
    """Return the text of a batch (multiline, "Batch types")."""
    text = messages[0].params[1]
    for message in messages[1:]:
        text += ("" if "draft/multiline-concat" in message.tags else "\n") + message.params[1]
    return text


class MultilineTests(SynchronousTestCase):
    """Texts of several lines, and long ones."""

    def test_batch(self) -> None:
        """The opening line of a batch has all tags, and the target."""
        tags = f"{T};msgid=x-7;account=alice;+draft/reply=x-1;+typing"
        for kind, command in (("message", "PRIVMSG"), ("notice", "NOTICE")):
            said = RoomMessage(ALICE, "#a", "s1", "hello\n\nyou", kind, tags=REPLY)  # type: ignore[arg-type]  # no literal
            self.assertEqual(
                lines(said, *MULTILINE),
                [
                    f"@{tags} :Alice!~al@a.cloak BATCH +m7 draft/multiline #a",
                    f"@batch=m7 :Alice!~al@a.cloak {command} #a :hello",
                    f"@batch=m7 :Alice!~al@a.cloak {command} #a :",
                    f"@batch=m7 :Alice!~al@a.cloak {command} #a :you",
                    ":Alice!~al@a.cloak BATCH -m7",
                ],
            )

    def test_fallback(self) -> None:
        """
        Without the capability there are several messages, without blank ones and with one message id (multiline,
        "Fallback", MUSTs).
        """
        said = RoomMessage(ALICE, "#a", "s1", "hello\n\nyou\n", tags=REPLY)
        for capabilities in (TAGS, (*TAGS, "batch"), (*TAGS, "draft/multiline")):
            self.assertEqual(
                lines(said, *capabilities),
                [
                    f"@{T};msgid=x-7;account=alice;+draft/reply=x-1;+typing :Alice!~al@a.cloak PRIVMSG #a :hello",
                    f"@{T};account=alice :Alice!~al@a.cloak PRIVMSG #a :you",
                ],
            )
        self.assertEqual(lines(said), [":Alice!~al@a.cloak PRIVMSG #a :hello", ":Alice!~al@a.cloak PRIVMSG #a :you"])

    def test_cuts(self) -> None:
        """A line is cut where its sender cut it.  An offset outside a line changes nothing."""
        text = "one two\nthree"
        head = ":Alice!~al@a.cloak PRIVMSG #a :"
        for cuts, parts in (
            ((3,), ["one", " two", "three"]),
            ((1, 2, 9), ["o", "n", "e two", "t", "hree"]),
            ((-1, 0, 7, 8, 13, 14, 10**9), ["one two", "three"]),
            ((9, 9, 3), ["one", " two", "t", "hree"]),
        ):
            said = RoomMessage(ALICE, "#a", "s1", text, cuts=cuts)
            self.assertEqual(lines(said), [f"{head}{part}" for part in parts])
            batch = [parse(line.encode()) for line in lines(said, *MULTILINE)][1:-1]
            self.assertEqual([message.params[1] for message in batch], parts)
            self.assertEqual(combine(batch), text)
            told = PrivateMessage(ALICE, "s1", BOB, text, cuts=cuts)
            self.assertEqual(len(lines(told)), len(parts))

    def test_oneLine(self) -> None:
        """A single line needs no batch, but a long line does."""
        self.assertEqual(len(lines(RoomMessage(ALICE, "#a", "s1", "x" * 400), *MULTILINE)), 1)
        batch = lines(RoomMessage(ALICE, "#a", "s1", "word " * 150), *MULTILINE)
        concatenated = [line.startswith("@batch=m7;draft/multiline-concat ") for line in batch]
        self.assertEqual(concatenated, [False, False, True, False])

    def test_target(self) -> None:
        """A batch for a rank has the same target as its lines, and so has a private one."""
        for event, target in (
            (RoomMessage(ALICE, "#a", "s1", "a\nb", "message", "o"), "@#a"),
            (PrivateMessage(ALICE, "s1", BOB, "a\nb"), "bob"),
        ):
            opening, one, two, _ = (parse(line.encode()) for line in lines(event, *MULTILINE))
            self.assertEqual(opening.params, ("+m7", "draft/multiline", target))
            self.assertEqual((one.params, two.params), ((target, "a"), (target, "b")))

    def test_action(self) -> None:
        """Each line of an action is an action, without a batch, which clients would not recognize."""
        for capabilities, first, again in (
            (MULTILINE, f"@{T};msgid=x-7;account=alice ", f"@{T};account=alice "),
            ((), "", ""),
        ):
            self.assertEqual(
                lines(RoomMessage(ALICE, "#a", "s1", "waves\nand goes", "action"), *capabilities),
                [
                    f"{first}:Alice!~al@a.cloak PRIVMSG #a :\x01ACTION waves\x01",
                    f"{again}:Alice!~al@a.cloak PRIVMSG #a :\x01ACTION and goes\x01",
                ],
            )
        long = lines(RoomMessage(ALICE, "#a", "s1", "word " * 150, "action"))
        self.assertEqual(len(long), 2)
        for line in long:
            self.assertTrue(line.endswith("\x01"))
            self.assertLessEqual(len(line.encode()), 510)

    def test_actionEndsOnce(self) -> None:
        """Nothing in an action ends it early and begins another CTCP request."""
        self.assertEqual(
            lines(RoomMessage(ALICE, "#a", "s1", "waves\x01\x01VERSION", "action")),
            [":Alice!~al@a.cloak PRIVMSG #a :\x01ACTION wavesVERSION\x01"],
        )

    def test_nothing(self) -> None:
        """A text of only blank lines is not sent."""
        for text in ("", "\n", "\n\n", "\r\n"):
            for capabilities in (MULTILINE, ()):
                self.assertEqual(lines(RoomMessage(ALICE, "#a", "s1", text), *capabilities), [])

    def test_exactly(self) -> None:
        """A text is one line if it fits into 512 bytes."""
        head = len(":Alice!~al@a.cloak PRIVMSG #a :\r\n")
        for text in ("x" * (MAX_LINE - head), "é" * ((MAX_LINE - head) // 2)):
            (line,) = lines(RoomMessage(ALICE, "#a", "s1", text), *MULTILINE)
            self.assertEqual(line.partition(" :")[2].partition(" :")[2], text)
            self.assertGreater(len(lines(RoomMessage(ALICE, "#a", "s1", f"{text}é"), *MULTILINE)), 1)
            self.assertEqual(len(lines(RoomMessage(ALICE, "#a", "s1", f"{text}é"))), 2)

    @given(
        st.text(
            st.characters(exclude_categories=["Cs"], exclude_characters="\r\0") | st.sampled_from(" \n"), max_size=50
        ),
        st.integers(1, 30),
        st.integers(1, 60),
        st.lists(st.integers(-9, 1509)),
    )
    def test_whole(self, text: str, times: int, size: int, cuts: list[int]) -> None:
        """A batch contains the whole text.  Without a batch, no word is lost.  No line exceeds 512 bytes."""
        text *= times
        said = RoomMessage(replace(ALICE, host="h" * size), "#" + "é" * size, "s1", text, cuts=tuple(cuts))
        batch = [parse(line.encode()) for line in lines(said, *MULTILINE)]
        if not text.strip("\n"):
            self.assertEqual(batch, [])
            return
        self.assertEqual(combine(batch[1:-1] if batch[0].command == "BATCH" else batch), text)
        plain = lines(said)
        self.assertLessEqual(max(len(line.encode()) for line in plain), 510)
        self.assertEqual("".join(parse(line.encode()).params[1] for line in plain), text.replace("\n", ""))

    def test_longNames(self) -> None:
        """Names that leave too little room for the text are shortened.  If that is not enough, nothing is sent."""
        for nick, host, room, told in (
            ("n" * 30, "h" * 450, "#a", True),
            ("é" * 110, "h" * 60, "#" + "é" * 100, True),
            ("n", "h", "#" + "é" * 240, False),
            ("é" * 300, "h", "#a", False),
        ):
            for kind in ("message", "action", "notice"):
                source = Source("u", nick, "user", host)
                said = RoomMessage(source, room, "s", "word " * 100, kind)
                for capabilities in ((), MULTILINE):
                    sent = lines(said, *capabilities)
                    self.assertEqual(bool(sent), told)
                    self.assertEqual(capacity(source, room, kind) > 0, told)
                    for line in sent:
                        message = parse(line.encode())
                        self.assertEqual(message.source, nick)
                        rest = line.partition(" ")[2] if line[0] == "@" else line
                        self.assertLessEqual(len(rest.encode()), 510)


class CapacityTests(SynchronousTestCase):
    """The length of a text that stays whole."""

    @given(
        st.lists(st.text(st.characters() | st.sampled_from(" :\r\n\0"), max_size=90), min_size=4, max_size=4),
        st.sampled_from(("message", "action", "notice")),
    )
    def test_exact(self, names: list[str], kind: Kind) -> None:
        """The longest text goes out in one line, and one more byte does not fit."""
        nick, username, host, target = names
        source = Source("u", nick, username, host)
        size = capacity(source, target, kind)
        if not size:
            self.assertIsNone(split(source, target, "x", kind))
            return
        for text, count in (("x" * size, 1), ("x" * (size + 1), 2)):
            pieces = split(source, target, text, kind)
            assert pieces is not None
            self.assertEqual([count], [len(line) for line in pieces.lines])


class WriteTextTests(SynchronousTestCase):
    """The fast path and the general path give the same output."""

    KINDS: tuple[Kind, ...] = ("message", "action", "notice")

    @given(
        st.lists(st.text(st.characters() | st.sampled_from(" :\r\n\0\x01!@"), max_size=5), min_size=4, max_size=4),
        st.text(st.characters() | st.sampled_from(" \r\n\0\x01"), max_size=20),
        st.sampled_from(KINDS),
    )
    def test_agree(self, names: list[str], text: str, kind: Kind) -> None:
        """The fast path writes the same bytes as the general path."""
        nick, username, host, target = names
        source = Source("u", nick, username, host)
        data = writeText(b"", source, target, text, kind)
        if data:
            pieces = split(source, target, text, kind)
            assert pieces is not None
            self.assertEqual(pieces.lines, [[data]])
            message = parse(data[:-2])
            self.assertEqual((message.source, message.params[0]), (f"{nick}!{username}@{host}", target))

    def test_taken(self) -> None:
        """Texts without characters to replace take the fast path."""
        for text in ("hello", ":-)", " x ", "é\x85\u2028\x1b\x02\x03", "\x01VERSION\x01"):
            self.assertTrue(writeText(b"", ALICE, "#d", text, "message"), text)
