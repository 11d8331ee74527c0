"""Tests of L{twistchat.wire.irc.labels}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twistchat.wire.irc.labels import inBatch, isOne, labelled, withTag
from twistchat.wire.irc.message import Unwritable, parse

LINE = b":a!b@c PRIVMSG #a :hello\r\n"
TAGGED = b"@time=1;+x=y :a!b@c PRIVMSG #a :hello\r\n"
BATCH = (
    b"@msgid=1 :a!b@c BATCH +m7 draft/multiline #a\r\n"
    b"@batch=m7 :a!b@c PRIVMSG #a :how is \r\n"
    b"@batch=m7;draft/multiline-concat :a!b@c PRIVMSG #a :everyone?\r\n"
    b":a!b@c BATCH -m7\r\n"
)


class WithTagTests(SynchronousTestCase):
    """One more tag."""

    def test_put(self) -> None:
        """It stands before all others; on the first line only."""
        self.assertEqual(withTag(LINE, "label", "q"), b"@label=q " + LINE)
        self.assertEqual(withTag(TAGGED, "label", "q"), b"@label=q;" + TAGGED[1:])
        self.assertEqual(withTag(BATCH, "label", "q"), b"@label=q;" + BATCH[1:])

    def test_escaped(self) -> None:
        """A label is the client's: whatever it is, it is one tag."""
        for label in ("a;b", "a b", "a\\", "\r\n", "é", ""):
            self.assertEqual(parse(withTag(LINE, "label", label)[:-2]).tags, {"label": label})
        for key in ("a b", "a;b", "a=b", ""):
            with self.assertRaises(Unwritable):
                withTag(LINE, key, "x")


class BatchTests(SynchronousTestCase):
    """Answers of several lines."""

    def test_inBatch(self) -> None:
        """Each line is put into the batch; of a batch, the lines that open and close it."""
        self.assertEqual(
            inBatch(TAGGED + BATCH + LINE, "r"),
            b"@batch=r;time=1;+x=y :a!b@c PRIVMSG #a :hello\r\n"
            b"@batch=r;msgid=1 :a!b@c BATCH +m7 draft/multiline #a\r\n"
            b"@batch=m7 :a!b@c PRIVMSG #a :how is \r\n"
            b"@batch=m7;draft/multiline-concat :a!b@c PRIVMSG #a :everyone?\r\n"
            b"@batch=r :a!b@c BATCH -m7\r\n"
            b"@batch=r :a!b@c PRIVMSG #a :hello\r\n",
        )

    def test_notTheClientsTag(self) -> None:
        """A client-only tag that is called batch is no batch."""
        self.assertEqual(inBatch(b"@+batch=x A b\r\n", "r"), b"@batch=r;+batch=x A b\r\n")

    def test_isOne(self) -> None:
        """A line is one message, and so is a batch; two lines are not, nor are two batches."""
        for data, one in (
            (LINE, True),
            (BATCH, True),
            (LINE + LINE, False),
            (BATCH + LINE, False),
            (LINE + BATCH, False),
            (b"BATCH -m7\r\nBATCH -m7\r\n", False),
            (BATCH + BATCH.replace(b"m7", b"m8"), False),
        ):
            self.assertIs(isOne(data), one)

    def test_halfALine(self) -> None:
        """What does not end a line is not taken apart as lines."""
        for data in (b"PING", b"PING\n", b""):
            with self.assertRaises(Unwritable):
                isOne(data)

    def test_labelled(self) -> None:
        """Nothing is an ACK, one message has the label, and several are a batch that has it."""
        self.assertEqual(labelled(b"", "q", "s", "r"), b"@label=q :s ACK\r\n")
        self.assertEqual(labelled(TAGGED, "q", "s", "r"), withTag(TAGGED, "label", "q"))
        self.assertEqual(labelled(BATCH, "q", "s", "r"), withTag(BATCH, "label", "q"))
        self.assertEqual(
            labelled(LINE + LINE, "q", "s", "r"),
            b"@label=q :s BATCH +r labeled-response\r\n@batch=r " + LINE + b"@batch=r " + LINE + b":s BATCH -r\r\n",
        )
