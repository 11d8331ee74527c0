"""The ledger of the canary: what was sent, and what became of it."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from bench.fire.ledger import Ledger

REFUSAL = b"! That was not taken, and nobody has seen it: the disk is full\n"


class LedgerTests(SynchronousTestCase):
    """The lines that the canary sent and received."""

    def setUp(self) -> None:
        """Make a ledger with two lines of each sender."""
        self.ledger = Ledger()
        for sender in (0, 1):
            for line in (0, 1):
                self.ledger.say(sender, line, 2.0 + line)

    def test_heard(self) -> None:
        """The delay of a received line is recorded.  Lines sent before the scenario do not count."""
        self.assertEqual(self.ledger.say(0, 2, 4.0), b"|0.2")
        self.ledger.hear(1, b"[12:00] <u0> |0.0\n[12:00] <u0> |0.1\n", 3.5)
        self.assertEqual((self.ledger.missing, self.ledger.doubled), (3, 0))
        self.assertEqual(self.ledger.latencies(1.0), [1.5, 0.5])
        self.assertEqual(self.ledger.latencies(2.5), [0.5])
        self.assertEqual(self.ledger.acknowledged, [(0, 0), (0, 1)])

    def test_doubled(self) -> None:
        """A line that arrives twice at one client, or that nobody sent, is counted.  Texts of others are not."""
        self.ledger.hear(1, b":u0 PRIVMSG #b0 :|0.0\r\n:a1 PRIVMSG #b0 :spam 0.0\r\n", 2.0)
        self.assertEqual(self.ledger.doubled, 0)
        self.ledger.hear(1, b":u0 PRIVMSG #b0 :|0.0\r\n:u1 PRIVMSG #b0 :|1.7\r\n", 2.0)
        self.assertEqual(self.ledger.doubled, 2)

    def test_replayed(self) -> None:
        """After the clients are back, a replayed line is not doubled.  One that was cut off is found again."""
        self.ledger.hear(1, b"<u0> |0.0\n", 3.5)
        self.ledger.cut()
        self.assertEqual(self.ledger.cutOff, {(0, 1), (1, 0), (1, 1)})
        for client in (0, 1):
            self.ledger.hear(client, b"<u0> |0.0\n<u0> |0.1\n<u1> |1.0\n", 9.0)
        self.assertEqual((self.ledger.doubled, self.ledger.missing), (0, 0))
        self.assertEqual(self.ledger.cutOff, {(1, 1)})
        self.assertEqual(self.ledger.latencies(0.0), [1.5])
        self.ledger.hear(0, b"<u0> |0.0\n", 9.0)
        self.assertEqual(self.ledger.doubled, 1)

    def test_refused(self) -> None:
        """A refused line is not missing.  A connection's end cuts off only the others."""
        self.ledger.hear(1, REFUSAL, 4.0)
        self.assertEqual((self.ledger.missing, self.ledger.refused, self.ledger.contradicted), (3, 1, 0))
        self.ledger.cut()
        self.assertEqual((len(self.ledger.cutOff), self.ledger.refused, self.ledger.contradicted), (3, 1, 0))

    def test_contradicted(self) -> None:
        """A sender who is told of a refusal although all its lines were received is contradicted."""
        self.ledger.hear(1, b"<u0> |0.0\n<u0> |0.1\n", 4.0)
        self.ledger.hear(0, REFUSAL, 4.0)
        self.assertEqual(self.ledger.contradicted, 1)
        self.ledger.cut()
        self.assertEqual(self.ledger.contradicted, 1)
