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
    """An additional tag."""

    def test_put(self) -> None:
        """It comes before all other tags, and only on the first line."""
        self.assertEqual(withTag(LINE, "label", "q"), b"@label=q " + LINE)
        self.assertEqual(withTag(TAGGED, "label", "q"), b"@label=q;" + TAGGED[1:])
        self.assertEqual(withTag(BATCH, "label", "q"), b"@label=q;" + BATCH[1:])

    def test_escaped(self) -> None:
        """Any label of a client is one tag."""
        for label in ("a;b", "a b", "a\\", "\r\n", "é", ""):
            self.assertEqual(parse(withTag(LINE, "label", label)[:-2]).tags, {"label": label})
        for key in ("a b", "a;b", "a=b", ""):
            with self.assertRaises(Unwritable):
                withTag(LINE, key, "x")


class BatchTests(SynchronousTestCase):
    """Answers of several lines."""

    def test_inBatch(self) -> None:
        """Each line gets the batch tag.  Of a nested batch, only the lines that open and close it do."""
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
        """A client-only tag named batch is not a batch."""
        self.assertEqual(inBatch(b"@+batch=x A b\r\n", "r"), b"@batch=r;+batch=x A b\r\n")

    def test_isOne(self) -> None:
        """One line is one message, and one batch is too.  Two lines are not, and neither are two batches."""
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
        """Characters other than LF do not split a line."""
        for data in (b"PING", b"PING\n", b""):
            with self.assertRaises(Unwritable):
                isOne(data)

    def test_labelled(self) -> None:
        """No message becomes an ACK, one message gets the label, and several become a labelled batch."""
        self.assertEqual(labelled(b"", "q", "s", "r"), b"@label=q :s ACK\r\n")
        self.assertEqual(labelled(TAGGED, "q", "s", "r"), withTag(TAGGED, "label", "q"))
        self.assertEqual(labelled(BATCH, "q", "s", "r"), withTag(BATCH, "label", "q"))
        self.assertEqual(
            labelled(LINE + LINE, "q", "s", "r"),
            b"@label=q :s BATCH +r labeled-response\r\n@batch=r " + LINE + b"@batch=r " + LINE + b":s BATCH -r\r\n",
        )
