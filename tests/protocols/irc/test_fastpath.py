"""Tests of L{twistchat.protocols.irc.fastpath}: it has the same results as the general path."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred, fail
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.protocols.irc.conversations import HOST, mask
from twistchat.chat.model.events import Entry, Event, RoomMessage
from twistchat.chat.model.spans import Span
from twistchat.journal.memory import MemoryLog
from twistchat.net.input.pipeline import MAX_CONCURRENT
from twistchat.protocols.irc import protocol
from twistchat.testing import ManualLog, MemoryServer, inMemory

if TYPE_CHECKING:
    from twistchat.chat.model.sessions import Origin
    from twistchat.interfaces import Refused

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
    Let two clients talk.

    @param said: for each turn, whether the first client sends, and its lines.
    @return: all bytes that each client received, and the history.
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
    """The two paths do not differ for clients."""

    @settings(max_examples=150, deadline=None)
    @given(CAPABILITIES, st.lists(st.tuples(st.booleans(), st.lists(LINES | OTHERS, max_size=6)), max_size=6))
    def test_sameAsTheGeneralPath(self, capabilities: tuple[str, ...], said: list[tuple[bool, list[bytes]]]) -> None:
        """Everyone gets the same bytes as from the general path, which a command in lower case takes."""
        general = [(first, [re.sub(rb"^PRIVMSG", b"privmsg", line) for line in lines]) for first, lines in said]
        self.assertEqual(converse(capabilities, general), converse(capabilities, said))

    def test_taken(self) -> None:
        """A text for one channel takes the fast path, and is not parsed as a message.  Other lines do not take it."""
        server = MemoryServer()
        ann, bob = server.irc("ann"), server.irc("bob")
        ann.join("#a")
        bob.join("#a")
        parsed: list[bytes] = []
        # Clients see no difference between the two paths.
        self.patch(protocol, "execute", lambda client, message, command: parsed.append(message.params[-1]))
        ann.send("PRIVMSG #a :straight", "PRIVMSG #a general", "PRIVMSG #a,#b :general too", "privmsg #a :also")
        self.assertEqual(parsed, ["general", "general too", "also"])
        self.assertIn(b"PRIVMSG #a :straight\r\n", bob.raw)

    def test_long(self) -> None:
        """A long text takes the fast path if it fits into one line.  A longer one takes the general path."""
        server = MemoryServer()
        ann, bob = server.irc("ann"), server.irc("bob")
        ann.join("#a")
        bob.join("#a")
        size = 510 - len(f":{mask('ann')} PRIVMSG #a :")
        parsed: list[str] = []
        # Clients see no difference between the two paths.
        self.patch(protocol, "execute", lambda client, message, command: parsed.append(message.params[-1]))
        for text in ("x" * size, "\N{LATIN SMALL LETTER A WITH DIAERESIS}" * (size // 2)):
            ann.send(f"PRIVMSG #a :{text}")
            self.assertEqual(parsed, [])
            self.assertTrue(bob.raw.endswith(f" :{text}\r\n".encode()))
            ann.send(f"PRIVMSG #a :{text}xx")
            self.assertEqual(parsed.pop(), f"{text}xx")


class HeldTests(SynchronousTestCase):
    """A journal that waits."""

    def setUp(self) -> None:
        """Register two clients in a channel."""
        self.server = MemoryServer(journal=inMemory(ManualLog))
        journal = self.server.log
        assert isinstance(journal, ManualLog)
        self.journal = journal
        self.ann, self.bob = self.server.connectIrc(), self.server.connectIrc()
        for client, nick in ((self.ann, "ann"), (self.bob, "bob")):
            client.send(f"NICK {nick}", f"USER {nick} 0 * :{nick}")
            self.journal.commit()
            client.send("JOIN #a")
            self.journal.commit()
        self.server.pump()
        self.ann.skip()
        self.bob.skip()

    def test_inOrder(self) -> None:
        """Commands after texts wait for them, and no more texts than the limit are in flight."""
        self.ann.send("PRIVMSG #a :one", "PRIVMSG #a :two", "PING 3", "PRIVMSG #a :three")
        self.assertEqual([getattr(event, "text", None) for event in self.journal.waiting], ["one", "two"])
        self.ann.expect()
        self.journal.commit()
        self.server.pump()
        self.ann.expect(":twistchat PONG twistchat 3")
        self.bob.until(re.compile(".* :one"))
        self.bob.until(re.compile(".* :two"))
        self.bob.until(re.compile(".* :three"))
        self.ann.send(*["PRIVMSG #a :more"] * (MAX_CONCURRENT + 8))
        self.assertEqual(len(self.journal.waiting), MAX_CONCURRENT)
        self.journal.commit()
        self.server.pump()
        self.bob.expect(*[re.compile(".* PRIVMSG #a :more")] * (MAX_CONCURRENT + 8))

    def test_notStored(self) -> None:
        """A text that the disk refuses has the same reply as on the general path, and nobody gets it."""
        answers = []
        for line in ("PRIVMSG #a :lost", "PRIVMSG #a lost"):
            self.ann.send(line)
            self.journal.refuse("the disk is full")
            self.server.pump()
            answers.append(self.ann.lines())
        self.assertEqual(answers[0], answers[1])
        self.assertEqual(len(answers[0]), 1)
        self.assertIn("the disk is full", answers[0][0])
        self.bob.expect()

    def test_refusedLines(self) -> None:
        """The reply to an invalid line comes after the texts before it."""
        tooLong = ":twistchat 417 ann :Input line was too long"
        for line, answer in (
            (b"x" * 511, tooLong),
            (b"x" * 9000, tooLong),
            (b"\xff", ":twistchat FAIL * INVALID_UTF8 :Message rejected, it is not UTF-8 at byte 0"),
        ):
            self.ann.sendBytes(b"PRIVMSG #a :one\r\n" + line + b"\r\n")
            self.ann.expect()
            self.journal.commit()
            self.server.pump()
            self.ann.expect(answer)

    def test_tooLong(self) -> None:
        """The reply to a line that is too long is the same, whether it waited or not."""
        line = f"PRIVMSG #a :{'x' * 499}"
        for first in ([], ["TOPIC #a :x"]):
            self.ann.send(*first, line)
            self.journal.commit()
            self.server.pump()
            self.assertEqual(self.ann.lines()[-1], ":twistchat 417 ann :Input line was too long")

    def test_intoBatch(self) -> None:
        """A text that waited while a batch was opened makes the batch invalid, and later lines wait for it."""
        self.ann.send("CAP REQ :batch draft/multiline echo-message")
        self.ann.skip()
        self.ann.send("TOPIC #a :x", "BATCH +1 draft/multiline #a", "PRIVMSG #a :plain", "PING 1")
        self.journal.commit(1)
        self.server.pump()
        self.ann.until(re.compile(":twistchat FAIL BATCH MULTILINE_INVALID :PRIVMSG came while .*"))
        self.ann.expect()
        self.journal.commit()
        self.server.pump()
        self.ann.expect(f":{mask('ann')} PRIVMSG #a :plain", ":twistchat PONG twistchat 1")

    def test_behindQuit(self) -> None:
        """Lines after QUIT are not executed, even if they were read before it took effect."""
        self.ann.send("TOPIC #a :x", "QUIT :bye", "PRIVMSG #a :straight", "PRIVMSG #a general", "NICK eve", "PING 1")
        self.journal.commit()
        self.server.pump()
        self.bob.expect(f":{mask('ann')} TOPIC #a :x", f":{mask('ann')} QUIT :Quit: bye")
        self.assertEqual(self.ann.lines()[1:], [f"ERROR :Closing Link: {HOST} (Quit: bye)"])


class BrokenTests(SynchronousTestCase):
    """A journal that fails unexpectedly."""

    def test_unforeseen(self) -> None:
        """On both paths the sender is told about the failure, and the log contains the reason."""

        class Broken(MemoryLog):
            """Fails when it stores a text."""

            def append(self, event: Event, origin: Origin | None = None) -> Deferred[Entry]:
                """See L{ILog.append <twistchat.interfaces.ILog.append>}."""
                return fail(OSError("no")) if isinstance(event, RoomMessage) else super().append(event, origin)

            def post(self, event: Event, refused: Refused) -> None:
                """See L{ILog.post <twistchat.interfaces.ILog.post>}."""
                refused(event, Failure(OSError("no")))

        ann = MemoryServer(journal=inMemory(Broken)).irc("ann", "standard-replies")
        ann.join("#a")
        for line in ("PRIVMSG #a :straight", "PRIVMSG #a general", "NOTICE #a :general"):
            ann.send(line)
            ann.expect("FAIL * INTERNAL_ERROR :That failed inside the server, which has logged why")
            self.assertEqual([failure.type for failure in self.flushLoggedErrors()], [OSError])

    def test_raised(self) -> None:
        """An exception in a command costs nobody the connection, on both paths."""

        class Raising(MemoryLog):
            """Raises an error for each text."""

            def append(self, event: Event, origin: Origin | None = None) -> Deferred[Entry]:
                """See L{ILog.append <twistchat.interfaces.ILog.append>}."""
                if isinstance(event, RoomMessage):
                    raise OSError("no")
                return super().append(event, origin)

            def post(self, event: Event, refused: Refused) -> None:
                """See L{ILog.post <twistchat.interfaces.ILog.post>}."""
                raise OSError("no")

        ann = MemoryServer(journal=inMemory(Raising)).irc("ann", "standard-replies")
        ann.join("#a")
        for line in ("PRIVMSG #a :straight", "PRIVMSG #a general", "PRIVMSG #a :again"):
            ann.send(line)
            ann.expect("FAIL * INTERNAL_ERROR :That failed inside the server, which has logged why")
            self.assertEqual([failure.type for failure in self.flushLoggedErrors()], [OSError])
        ann.send("PING x")
        self.assertIn("PONG", ann.lines()[-1])
