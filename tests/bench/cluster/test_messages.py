"""The lines of IRC and of the line door, as a witness reads them."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from bench.cluster.messages import Message, parse, read, spoken, verdict, write


class MessageTests(SynchronousTestCase):
    """Lines of IRC."""

    def test_parse(self) -> None:
        """Tags, the source, the command and the parameters."""
        self.assertEqual(
            parse(b"@label=t1;msgid=j-7 :w0!~w@host PRIVMSG #r0 :~0.1~ the fox"),
            Message({b"label": b"t1", b"msgid": b"j-7"}, b"w0", b"PRIVMSG", (b"#r0", b"~0.1~ the fox")),
        )
        self.assertEqual(parse(b"PING token"), Message({}, b"", b"PING", (b"token",)))
        self.assertEqual(parse(b"BATCH").last, b"")

    def test_texts(self) -> None:
        """A text survives being written and read."""
        self.assertEqual(read(write((3, 14))), (3, 14))
        self.assertIsNone(read(b"hello"))
        self.assertEqual(spoken(b"[12:00] <w3x1> " + write((3, 14))), (3, 14))
        self.assertIsNone(spoken(b"* w3x1 joined #r0"))

    def test_verdict(self) -> None:
        """What a refusal says."""
        fail = b":s FAIL PRIVMSG TEMPORARILY_UNAVAILABLE #r0 :"
        self.assertEqual(verdict(parse(fail + b"Not taken, and nobody has seen it: the disk is full")), "refused")
        self.assertEqual(verdict(parse(b":s FAIL PRIVMSG OUTCOME_UNKNOWN #r0 :It is not known")), "unknown")
        self.assertEqual(verdict(parse(b":s 404 w0 #r0 :Cannot send to channel")), "denied")
