"""Faults of the disk below a real server, and how their scenarios notice what is wrong."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import cast

from twisted.trial.unittest import SynchronousTestCase

from bench.fire.scenarios.damage import flipText, wrong
from bench.fire.scenarios.storage import (
    FULL,
    LOCKED,
    PING,
    SLOW,
    UNREADABLE,
    UNWRITABLE,
    Fault,
    Trial,
    disturbed,
    healed,
)
from bench.fire.witness import Witness
from tests.bench.fire.playing import played
from twistchat.journal.sqlite.reading import BUSY


class Puppet:
    """A witness whose server does what a test says."""

    def __init__(self, *answers: bool) -> None:
        self.taken = [b"w.1", b"w.2"]
        self.refused: list[bytes] = []
        self.heard = [b"w.1", b"w.2"]
        self.slowest = 0.0
        self.shown: list[bytes] | None = [b"w.1", b"w.2"]
        self._answers = list(answers)

    def say(self) -> bool:
        """Say a text."""
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]

    def listen(self) -> None:
        """Receive nothing more."""

    def history(self) -> list[tuple[bytes, bytes]] | None:
        """Read the history."""
        return None if self.shown is None else [(text, b"") for text in self.shown]


def witness(puppet: Puppet) -> Witness:
    """Take a puppet for a witness."""
    return cast("Witness", puppet)


class TrialTests(SynchronousTestCase):
    """What a trial notices."""

    def test_history(self) -> None:
        """A history without a taken text, or with another one, is a missed mark.  One that is refused is counted."""
        puppet = Puppet()
        trial = Trial(witness(puppet))
        trial.read()
        puppet.shown = None
        trial.read()
        self.assertEqual((trial.missed, trial.unread), ([], 1))
        puppet.shown = [b"w.1", b"w.3"]
        trial.read()
        self.assertEqual(trial.missed, ["the history differs: 1 texts lost, 1 never taken: [b'w.3']"])

    def test_recovers(self) -> None:
        """Texts may be refused for some time after a fault, and not for longer."""
        trial = Trial(witness(Puppet(False, False, True)))
        trial.recover()
        self.assertEqual(trial.missed, [])
        self.assertGreater(trial.back, 0.0)
        stuck = Trial(witness(Puppet(False)))
        stuck.recover(0.0)
        self.assertEqual(stuck.missed, ["texts are still refused 0 s after the fault"])

    def test_ping(self) -> None:
        """Another client's PONG must come in time."""
        puppet = Puppet()
        puppet.slowest = PING
        self.assertEqual([], Trial(witness(puppet)).seen().missed)
        puppet.slowest = PING + 0.1
        self.assertEqual(["another client waited 350 ms for a PONG"], Trial(witness(puppet)).seen().missed)


class DamageTests(SynchronousTestCase):
    """What the damage scenarios notice."""

    def seen(self, shown: list[bytes] | None, sure: bool = True) -> list[str]:
        """What is wrong if the second text is damaged, and this is shown."""
        puppet = Puppet()
        puppet.shown = shown
        return list(wrong(witness(puppet), [b"w.2"], sure))

    def test_wrong(self) -> None:
        """Undamaged texts are shown.  A damaged one is not, in any form, except from the server's memory."""
        self.assertEqual(self.seen([b"w.1"]), [])
        self.assertEqual(self.seen([b"w.1", b"w.2"], sure=False), [])
        self.assertEqual(self.seen([b"w.1", b"w.2"]), ["1 damaged texts are shown as they were"])
        self.assertEqual(self.seen(None), ["the history cannot be read"])
        self.assertIn("damaged texts are shown: [b'v.2']", self.seen([b"w.1", b"v.2"]))
        self.assertEqual(self.seen([]), ["0 of 1 undamaged texts are shown, or in another order"])

    def test_flipText(self) -> None:
        """One bit of a text changes, and nothing else."""
        folder = Path(mkdtemp())
        self.addCleanup(rmtree, folder)
        (folder / "journal").write_bytes(b'w.1 {"text":"w.12"} {"text":"w.1"}')
        flipText(folder / "journal", b"w.1")
        self.assertEqual((folder / "journal").read_bytes(), b'w.1 {"text":"w.12"} {"text":"v.1"}')
        self.assertRaises(OSError, flipText, folder / "journal", b"w.3")


class StorageTests(SynchronousTestCase):
    """The scenarios, as short as possible."""

    def test_faults(self) -> None:
        """Each fault that ends, on one server."""
        kinds = [replace(fault, hold=0.2) for fault in (FULL, UNWRITABLE, UNREADABLE, SLOW)]
        faults = [*kinds, replace(LOCKED, hold=BUSY + 0.1)]
        outcome = played("disk-full", 0.1, run=partial(disturbed, faults))
        self.assertEqual([], outcome.seen.missed)
        self.assertEqual((outcome.figures.lost, outcome.figures.contradicted, outcome.figures.tracebacks), (0, 0, 0))
        self.assertEqual((5, True), (outcome.seen.figures["faults"], outcome.figures.refused > 0))

    def test_ineffective(self) -> None:
        """A fault that has no effect, or another one than expected, is a missed mark."""
        nothing, readable = Fault(partial(healed, lambda faults: None), hold=0.1), replace(UNREADABLE, reads=True)
        outcome = played("disk-full", 0.1, run=partial(disturbed, [nothing, replace(readable, hold=0.1)]))
        self.assertEqual(["no text was refused", "the history could not be read"], outcome.seen.missed)

    def test_failedSync(self) -> None:
        """A sync fails."""
        outcome = played("failed-sync", 0.3)
        self.assertEqual([], outcome.seen.missed)
        self.assertNotEqual(outcome.seen.figures["refused"], 0)

    def test_flippedTexts(self) -> None:
        """Texts change on disk."""
        outcome = played("flipped-texts", 0.3)
        self.assertEqual(([], 2), (outcome.seen.missed, outcome.seen.figures["damaged"]))
