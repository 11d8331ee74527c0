"""The scenarios about changes while clients talk, and what they notice."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from twisted.trial.unittest import SynchronousTestCase

from bench.fire.reloads.mistakes import MISTAKES, appended
from bench.fire.reloads.visitor import Visit
from bench.fire.scenario import Setup
from bench.fire.scenarios import configuration
from bench.fire.scenarios.configuration import SWAPS, Shown, mistaken, wrongIn
from bench.fire.stage import CONFIGURATION, Stage
from tests.bench.fire.playing import PlayTestCase
from tests.bench.fire.reloads.test_reports import READ, WRONG, FakeStage


class ConfiguredStage(FakeStage):
    """A stage with a configuration and no server."""

    def __init__(self, folder: Path, *answers: str) -> None:
        super().__init__(*answers)
        self.folder, self.setup = folder, Setup()

    def configure(self, settings: dict[str, object]) -> None:
        """See L{Stage.configure}."""
        (self.folder / CONFIGURATION).write_text("\n")


class MistakenTests(SynchronousTestCase):
    """What the scenario about mistakes notices."""

    def missed(self, answer: str, *networks: str) -> list[str]:
        """
        Play it with one mistake, in the second line of the file.

        @param answer: what the log gets.
        @param networks: the names of the network, before and after it.
        """
        names = list(networks)
        self.patch(configuration, "MISTAKES", (appended("x", "x\n", "no", 1),))
        self.patch(configuration, "networkOf", lambda stage: names.pop(0))
        with TemporaryDirectory() as folder:
            return list(mistaken(cast(Stage, ConfiguredStage(Path(folder), answer)), 0.0).missed)

    def test_missed(self) -> None:
        """One line that names the place is right; another, a second one, or a change is missed."""
        right = WRONG.replace("chat.toml:1", f"{CONFIGURATION}:2")
        self.assertEqual([], self.missed(right, "a", "a"))
        self.assertEqual(["x: the log says chat.toml:1: no"], self.missed(WRONG, "a", "a"))
        self.assertEqual(["x: the log says changed: irc.network"], self.missed(READ, "a", "a"))
        self.assertEqual(["2 lines about x"], self.missed(right * 2, "a", "a"))
        self.assertEqual(["x changed the configuration"], self.missed(right, "a", "b"))


class HandshakeTests(SynchronousTestCase):
    """What the scenario about certificates notices."""

    def test_wrong(self) -> None:
        """A certificate may be shown from the signal on, until the server reports that it shows the next one."""
        shown = [Shown(b"old", 0.0, 5.2), Shown(b"new", 5.0)]
        good: list[Visit[bytes | None]] = [
            Visit(4.0, 5.0, b"old"),
            Visit(5.2, 5.3, b"old"),
            Visit(4.9, 5.0, b"new"),
            Visit(9.0, 9.1, b"new"),
        ]
        self.assertEqual([], wrongIn(good, shown))
        wrong: list[Visit[bytes | None]] = [Visit(5.3, 5.4, b"old"), Visit(4.8, 4.9, b"new"), Visit(5.0, 5.1, b"other")]
        for each in wrong:
            missed = wrongIn([*good, each], shown)
            self.assertEqual(["1 handshakes showed a certificate that was not in effect"], missed)
        failed: Visit[bytes | None] = Visit(5.0, 5.1, None, "x")
        self.assertEqual(["1 of 5 handshakes failed: x"], wrongIn([*good, failed], shown))
        self.assertEqual(["nobody made a handshake"], wrongIn([], shown))


class PlayTests(PlayTestCase):
    """The scenarios, whatever else the machine does."""

    def test_mistakes(self) -> None:
        """Every mistake is reported, and changes nothing."""
        self.assertGreaterEqual(
            cast(int, self.play("mistakes", isPatient=True).seen.figures["mistakes"]), len(MISTAKES) - 1
        )

    def test_hangups(self) -> None:
        """The last configuration of a storm is in effect."""
        self.assertEqual(200, self.play("hangups", isPatient=True).seen.figures["signals"])

    def test_certificates(self) -> None:
        """Handshakes succeed while certificates are swapped."""
        figures = self.play("certificates", isPatient=True).seen.figures
        self.assertGreaterEqual(cast(int, figures["swaps"]), len(SWAPS))
        self.assertGreater(cast(int, figures["handshakes"]), 5)

    def test_listeners(self) -> None:
        """Listeners come and go, and their clients stay."""
        figures = self.play("listeners", isPatient=True).seen.figures
        self.assertGreater(cast(int, figures["answers"]), 5)
        self.assertGreater(cast(int, figures["visits"]), 5)
