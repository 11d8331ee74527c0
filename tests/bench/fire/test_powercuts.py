"""The checks after a power cut, and power cuts of a real server."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from twisted.trial.unittest import SynchronousTestCase

from bench.fire.powercuts import Problem, Shown, compared, cutPower, examine, places
from bench.fire.scenarios.powercuts import missed, prepare
from bench.fire.shim.disk import Cut
from bench.fire.shim.record import Kind, Record
from tests.bench.fire.playing import played
from twistchat.chat.model.events import Entry, RoomMessage
from twistchat.testing.samples import ALICE


def sent(data: bytes, descriptor: int = 7) -> Record:
    """A record of something that was sent."""
    return Record(Kind.SENT, descriptor, data=data)


def entry(sequence: int, text: str) -> Entry:
    """An entry of a journal."""
    return Entry(sequence, f"x-{sequence}", 1000, RoomMessage(ALICE, "#chatter", "s1", text))


class ShownTests(SynchronousTestCase):
    """What the clients had been shown."""

    def test_lines(self) -> None:
        """A line counts when its end was sent, for each connection.  A text is new once."""
        shown = Shown()
        self.assertFalse(shown.hear(sent(b"@msgid=x-5 :a PRIVMSG #chatter :|c0")))
        self.assertFalse(shown.hear(sent(b"@msgid=x-4;time=1 :a PRIVMSG #chatter :|c0.4\r", 8)))
        self.assertTrue(shown.hear(sent(b".5\r\n@time=1;msgid=x-6 :a TOPIC #a :|t0.6\r\n@msg")))
        self.assertEqual((list(shown.texts), shown.sequences), ([b"|c0.5", b"|t0.6"], {5, 6}))
        self.assertFalse(shown.hear(sent(b"[12:00] <u0> |c0.5\n", 9)))
        self.assertFalse(shown.hear(Record(Kind.WRITTEN, 3, data=b"|c0.9\n")))

    def test_disorder(self) -> None:
        """
        A line after one of the same room with a higher number is out of order, except in a batch, on another
        connection, and after a restart of the server.
        """
        shown = Shown()

        def hear(descriptor: int, *lines: tuple[str, str]) -> None:
            shown.hear(sent("".join(f"@{tags} :a TOPIC {room} :x\n" for tags, room in lines).encode(), descriptor))

        hear(
            7, ("msgid=x-5", "#a"), ("batch=1;msgid=x-3", "#a"), ("msgid=x-3;batch=1", "#a"), ("time=1;msgid=x-4", "#b")
        )
        hear(8, ("msgid=x-4", "#a"))
        shown.hear(Record(Kind.DISCONNECTED, 7))
        hear(7, ("msgid=x-1", "#a"))
        shown.hear(Record(Kind.STARTED))
        hear(8, ("msgid=x-2", "#a"), ("msgid=x-3;x=y", "#a"))
        self.assertEqual((shown.disorder, shown.sequences), ([], {1, 2, 3, 4, 5}))
        hear(8, ("msgid=x-1", "#a"))
        self.assertEqual(shown.disorder, [b"@msgid=x-1 :a TOPIC #a :x"])


class ChecksTests(SynchronousTestCase):
    """What is wrong with a journal."""

    def setUp(self) -> None:
        """Show three texts."""
        self.last = [entry(1, "|c0.1"), entry(2, "|c0.2"), entry(3, "|c0.3"), entry(9, "other")]
        self.shown = Shown()
        self.shown.hear(sent(b"@msgid=x-1 :a :|c0.1\n@msgid=x-2 :a :|c0.2\n"))

    def test_good(self) -> None:
        """A journal with all that was shown, and perhaps more of the next entries, is good."""
        for count in (2, 3, 4):
            self.assertEqual([], list(compared(self.last[:count], self.shown, self.last)))

    def test_lost(self) -> None:
        """What was shown must be there."""
        problems = list(compared(self.last[:1], self.shown, self.last))
        self.assertEqual(problems, ["shown and lost: 1 (|c0.2)", "shown and lost, sequence numbers: 1 (2)"])

    def test_hole(self) -> None:
        """An entry in the middle must be there, even if it was not shown, and all are as they were written."""
        wrong = "the entries are not the first ones of the journal: see number"
        self.assertEqual([f"{wrong} 2 of 3"], list(compared([*self.last[:2], self.last[3]], self.shown, self.last)))
        self.assertEqual(
            [f"{wrong} 2 of 3"], list(compared([*self.last[:2], entry(3, "changed")], self.shown, self.last))
        )

    def test_twice(self) -> None:
        """A text is there once."""
        last = [*self.last, entry(10, "|c0.1")]
        self.assertEqual(["there twice: 1 (|c0.1)"], list(compared(last, self.shown, last)))

    def test_noJournal(self) -> None:
        """A folder without a journal is good until something was shown."""
        folder = Path(mkdtemp())
        self.addCleanup(rmtree, folder)
        (folder / "journal.sqlite").touch()
        self.assertEqual([], examine(folder, Shown(), []))
        self.assertEqual(["there is no journal, and 2 texts had been shown"], examine(folder, self.shown, self.last))

    def test_unreadable(self) -> None:
        """A journal that does not open is a problem with a reason."""
        folder = Path(mkdtemp())
        self.addCleanup(rmtree, folder)
        folder.chmod(0o700)
        (folder / "journal.sqlite").write_bytes(b"no database" * 1000)
        self.assertIn("the journal does not open: Fault: ", *examine(folder, self.shown, self.last))

    def test_places(self) -> None:
        """Half of the cuts are directly after a text was shown."""
        records = [sent(b"x"), *[sent(b"|c0.%d\n" % number) for number in range(5)], *[sent(b"x")] * 100]
        chosen = places(records, 10, 1)
        self.assertEqual((len(chosen), chosen), (10, sorted(chosen)))
        self.assertGreaterEqual(len([place for place in chosen if 1 < place < 7]), 5)
        self.assertEqual(places(records, 1000, 1), list(range(1, 107)))

    def test_missed(self) -> None:
        """A mark is missed if one cut is bad, which is named with its seed."""
        self.assertEqual(missed([[], []]), [])
        bad = Problem(1234, Cut(0.5, 7), "x")
        self.assertEqual(missed([[], [bad]]), ["1 of 2 cuts: cut after 1,234 records (kept 0.5, seed 7): x"])

    def test_empty(self) -> None:
        """A record without anything has nothing to cut."""
        self.assertEqual([], list(cutPower([], 10)))


class ServerTests(SynchronousTestCase):
    """Power cuts of a real server."""

    def test_full(self) -> None:
        """Whatever was shown is there."""
        outcome = played("power-cut", 1.5)
        self.assertEqual([], outcome.seen.missed)
        self.assertEqual(0, outcome.seen.figures["bad"])
        self.assertNotEqual(0, outcome.seen.figures["texts"])

    def test_relaxed(self) -> None:
        """With relaxed durability it is not, which shows that the checks can fail.  The journal is not damaged."""
        (found,) = played("power-cut", 1.5, partial(prepare, durability="relaxed")).seen.missed
        self.assertRegex(found, r"^\d+ of \d+ cuts: .*shown and lost: \d+ \(\|")
        self.assertNotRegex(found, "damaged|does not open|twistchat check|not the first ones")

    def test_failedSync(self) -> None:
        """What was shown after a restart is there, although the disk lost what it was given before."""
        outcome = played("power-cut-after-failed-sync", 1.5)
        self.assertEqual([], outcome.seen.missed)
        self.assertGreater(outcome.figures.refused, 0)

    def test_unsteady(self) -> None:
        """What was shown between faults of the disk is there."""
        self.assertEqual([], played("power-cut-between-faults", 2.5).seen.missed)
