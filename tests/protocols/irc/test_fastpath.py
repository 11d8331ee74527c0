"""Tests of L{twistchat.protocols.irc.fastpath}: the fast path leads where the general one does."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.protocols.irc.conversations import mask
from twistchat.chat.model.spans import Span
from twistchat.net.input.pipeline import MOST_CONCURRENT
from twistchat.protocols.irc import fastpath
from twistchat.protocols.irc.protocol import IrcConnection
from twistchat.testing import HeldLog, MemoryServer, inMemory

TARGETS = (
    b"#a",
    b"#A",
    b"#b",
    b"#nowhere",
    b"#a,#b",
    b"#a,bob",
    b"#",
    b"#\xff",
    b"#a\0",
    b"#a b",
    b"@#a",
    b"bob",
    b"#\xc3\xa4",
)
TEXTS = (
    b"hello",
    b"hello :there",
    b"",
    b" ",
    b" \t",
    b"\xc3\xa4\xf0\x9f\x8e\x89",
    b"\xff",
    b"a\0b",
    b"a\rb",
    b"a\r",
    b"\x01ACTION waves\x01",
    b"\x01VERSION\x01",
    b"\x02bold",
    b"x" * 440,
    b"x" * 465,
    b"x" * 466,
    b"\xc3\xa4" * 232 + b"x",
    b"\xc3\xa4" * 233,
    b"x" * 497,
    b"x" * 498,
    b"x" * 499,
    b"x" * 600,
)
LINES = st.builds(
    lambda command, target, between, text: command + target + between + text,
    st.sampled_from((b"PRIVMSG ", b"privmsg ", b"PRIVMSG  ", b"NOTICE ", b" PRIVMSG ", b"@+a=b PRIVMSG ")),
    st.sampled_from(TARGETS),
    st.sampled_from((b" :", b"  :", b" ", b" :", b" x :", b"")),
    st.sampled_from(TEXTS),
)
OTHERS = st.sampled_from(
    (
        b"PING 1",
        b"MODE #a +m",
        b"MODE #a +v bob",
        b"MODE #a -m",
        b"MODE #a +Cc",
        b"PART #a",
        b"JOIN #a",
        b"BATCH +1 draft/multiline #a",
        b"@batch=1 PRIVMSG #a :in a batch",
        b"BATCH -1",
        b"QUIT",
    )
)
CAPABILITIES = st.sampled_from(
    ((), ("echo-message",), ("message-tags", "labeled-response", "batch", "draft/multiline"), ("server-time",))
)


def converse(capabilities: tuple[str, ...], said: list[tuple[bool, list[bytes]]]) -> tuple[bytes, bytes, list[object]]:
    """
    Let two people talk.

    @param said: turns: whether it is the first who speaks, and the lines that come at once.
    @return: all that each of them was sent, and what the journal remembers.
    """
    server = MemoryServer()
    ann, bob = server.irc("ann", *capabilities), server.irc("bob")
    for client in (ann, bob):
        client.send("JOIN #a")
        client.send("JOIN #b")
    for first, lines in said:
        client = ann if first else bob
        if not client.gone:
            client.sendBytes(b"".join(line + b"\r\n" for line in lines))
    kept: list[object] = []
    for room in ("#a", "#b"):
        server.history.read(Span(room, 500)).addCallback(kept.extend)
    return ann.raw, bob.raw, kept


class FastPathTests(SynchronousTestCase):
    """Nobody can tell which path a line took."""

    @settings(max_examples=150, deadline=None)
    @given(CAPABILITIES, st.lists(st.tuples(st.booleans(), st.lists(LINES | OTHERS, max_size=6)), max_size=6))
    def test_sameAsTheGeneralPath(self, capabilities: tuple[str, ...], said: list[tuple[bool, list[bytes]]]) -> None:
        """Whatever is sent, everyone is sent the same bytes as without the fast path."""
        found = converse(capabilities, said)
        beginning, fastpath.BEGINNING = fastpath.BEGINNING, b""  # type: ignore[misc]  # no line of nine bytes is that
        try:
            self.assertEqual(found, converse(capabilities, said))
        finally:
            fastpath.BEGINNING = beginning  # type: ignore[misc]

    def test_taken(self) -> None:
        """A text for one channel takes it, and is put into no message on the way; any other line does not."""
        server = MemoryServer()
        ann, bob = server.irc("ann"), server.irc("bob")
        ann.join("#a")
        bob.join("#a")
        parsed: list[bytes] = []
        self.patch(IrcConnection, "_serve", lambda self, message, command: parsed.append(message.params[-1]))
        ann.send("PRIVMSG #a :straight", "PRIVMSG #a general", "PRIVMSG #a,#b :general too")
        self.assertEqual(parsed, ["general", "general too"])
        self.assertIn(b"PRIVMSG #a :straight\r\n", bob.raw)

    def test_long(self) -> None:
        """A long text takes it as far as others can be sent it in one line; a longer one is refused elsewhere."""
        server = MemoryServer()
        ann, bob = server.irc("ann"), server.irc("bob")
        ann.join("#a")
        bob.join("#a")
        size = 510 - len(f":{mask('ann')} PRIVMSG #a :")
        parsed: list[str] = []
        self.patch(IrcConnection, "_serve", lambda self, message, command: parsed.append(message.params[-1]))
        for text in ("x" * size, "\N{LATIN SMALL LETTER A WITH DIAERESIS}" * (size // 2)):
            ann.send(f"PRIVMSG #a :{text}")
            self.assertEqual(parsed, [])
            self.assertTrue(bob.raw.endswith(f" :{text}\r\n".encode()))
            ann.send(f"PRIVMSG #a :{text}xx")
            self.assertEqual(parsed.pop(), f"{text}xx")


class HeldTests(SynchronousTestCase):
    """With a journal that takes its time."""

    def setUp(self) -> None:
        """Two people in a channel."""
        self.server = MemoryServer(journal=inMemory(HeldLog))
        journal = self.server.log
        assert isinstance(journal, HeldLog)
        self.journal = journal
        self.ann, self.bob = self.server.connectIrc(), self.server.connectIrc()
        for client, nick in ((self.ann, "ann"), (self.bob, "bob")):
            client.send(f"NICK {nick}", f"USER {nick} 0 * :{nick}")
            self.journal.commit()
            client.send("JOIN #a")
            self.journal.commit()
        self.server.settle()
        self.ann.skip()
        self.bob.skip()

    def test_inOrder(self) -> None:
        """What comes behind texts waits for them; and no more than a pipeline takes are under way."""
        self.ann.send("PRIVMSG #a :one", "PRIVMSG #a :two", "PING 3", "PRIVMSG #a :three")
        self.assertEqual([getattr(event, "text", None) for event in self.journal.waiting], ["one", "two"])
        self.ann.expect()
        self.journal.commit()
        self.server.settle()
        self.ann.expect(":twistchat PONG twistchat 3")
        self.bob.until(re.compile(".* :one"))
        self.bob.until(re.compile(".* :two"))
        self.bob.until(re.compile(".* :three"))
        self.ann.send(*["PRIVMSG #a :more"] * (MOST_CONCURRENT + 8))
        self.assertEqual(len(self.journal.waiting), MOST_CONCURRENT)
        self.journal.commit()
        self.server.settle()
        self.bob.expect(*[re.compile(".* PRIVMSG #a :more")] * (MOST_CONCURRENT + 8))

    def test_notStored(self) -> None:
        """What the disk did not take is answered as on the general path, and is not said."""
        answers = []
        for line in ("PRIVMSG #a :lost", "PRIVMSG #a lost"):
            self.ann.send(line)
            self.journal.refuse("the disk is full")
            self.server.settle()
            answers.append(self.ann.lines())
        self.assertEqual(answers[0], answers[1])
        self.assertEqual(len(answers[0]), 1)
        self.assertIn("the disk is full", answers[0][0])
        self.bob.expect()
