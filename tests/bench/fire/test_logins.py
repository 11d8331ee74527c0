"""The scenarios about logins, and what they notice."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any, cast

from twisted.trial.unittest import SynchronousTestCase

from bench.fire.scenarios import logins
from bench.fire.scenarios.logins import ANSWER, CROWD, LIMITS, Entry, exceeded, told, unlike
from bench.logins.storm import Damage
from bench.logins.ways import BUSY, IN, SILENT, TOO_FAST, WAYS, WRONG
from tests.bench.fire.playing import PlayTestCase

GOOD = Entry("plain", IN, 10.0, ANSWER, 3)
"""A login of a person as slow as it may be."""


class UnlikeTests(SynchronousTestCase):
    """The logins of people."""

    def test_missed(self) -> None:
        """A login that fails, or takes too long, is missed; and so is one that never happens."""
        self.assertEqual([], unlike([GOOD, GOOD], IN, 10.0))
        for worse, words in (
            (replace(GOOD, outcome=WRONG), "1 of 2 logins of people failed; plain ended with: refused"),
            (replace(GOOD, slowest=ANSWER * 1.1), f"a person waited {ANSWER * 1.1:.1f} s for an answer"),
            (replace(GOOD, seconds=11.0), "a login took 11.0 s"),
        ):
            self.assertEqual([words], unlike([GOOD, worse], IN, 10.0))
        self.assertEqual(["nobody logged in"], unlike([], IN, 10.0))

    def test_told(self) -> None:
        """The summary counts the tries after the first."""
        self.assertIn("2 times, within 10.0 s, and were told 4 times", told([GOOD, GOOD]))


class ExceededTests(SynchronousTestCase):
    """The limits on failed logins and on registrations."""

    def damage(self, *outcomes: str, address: int = 0, name: int = 0) -> dict[str, Any]:
        """
        Make the damage of a storm.

        @param outcomes: the outcomes of attempts.
        @param address: how many were checked for one address.
        @param name: how many were checked for one account.
        """
        damage = Damage()
        for outcome in outcomes:
            damage.note("plain", "127.3.0.1", "user0", outcome, 0.1)
        damage.checked["127.3.0.2"], damage.guessed["user1"] = address, name
        return asdict(damage)

    def test_guesses(self) -> None:
        """As many guesses as the limits allow are right; one more is missed, and so is one that was right."""
        most = LIMITS.loginFailures + 1
        within = 1 / LIMITS.loginRate
        self.assertEqual([], exceeded(self.damage(WRONG, TOO_FAST, address=most), within))
        self.assertEqual([], exceeded(self.damage(WRONG, BUSY, name=LIMITS.accountFailures), within))
        for damage, words in (
            (self.damage(WRONG, TOO_FAST, address=most + 1), [f"{most + 1} guesses from 127.3.0.2"]),
            (self.damage(WRONG, TOO_FAST, name=6), ["6 guesses for user1"]),
            (self.damage(WRONG, TOO_FAST, IN), ["1 guesses were right"]),
            (self.damage(WRONG, TOO_FAST, SILENT), ["1 attempts had no answer"]),
            (self.damage(WRONG, TOO_FAST, "500"), ["a client heard: 500"]),
            (self.damage(WRONG), ["no attempt was held up"]),
            (self.damage(TOO_FAST), ["no attempt was refused"]),
        ):
            self.assertEqual(words, exceeded(damage, within))

    def test_registrations(self) -> None:
        """As many accounts as the limit allows are right."""
        self.assertEqual([], exceeded(self.damage(IN, TOO_FAST, address=3, name=9), 60.0, True))
        found = exceeded(self.damage(IN, TOO_FAST, address=4), 60.0, True)
        self.assertEqual(["4 accounts from 127.3.0.2"], found)
        self.assertEqual(["no attempt was logged in"], exceeded(self.damage(TOO_FAST), 60.0, True))


class PlayTests(PlayTestCase):
    """The scenarios, whatever else the machine does."""

    def setUp(self) -> None:
        """Wait longer for answers."""
        super().setUp()
        self.patch(logins, "ANSWER", 60.0)
        self.patch(logins, "ENTRY", 60.0)

    def test_guesses(self) -> None:
        """People log in in every way while others guess."""
        figures = self.play("guesses", isPatient=True).seen.figures
        self.assertEqual(set(WAYS), set(cast(dict[str, object], figures["outcomes"])))
        self.assertEqual(set(WAYS), {each["way"] for each in cast(list[dict[str, object]], figures["entries"])})

    def test_registrations(self) -> None:
        """Others register accounts."""
        figures = self.play("registrations", isPatient=True).seen.figures
        self.assertGreater(sum(cast(dict[str, int], figures["checked"]).values()), 0)
        self.assertLess(sum(cast(dict[str, int], figures["checked"]).values()), CROWD)
