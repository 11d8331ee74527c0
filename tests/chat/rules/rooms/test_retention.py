"""Tests of L{twistchat.chat.rules.rooms.retention}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import Scene, done, refused
from twistchat.chat import errors
from twistchat.chat.rules.rooms.retention import normalizeRetention, retentions, secondsOf, written

HOUR, DAY = 3600.0, 86400.0


class RetentionTests(SynchronousTestCase):
    """The retention of rooms."""

    def test_values(self) -> None:
        """A value has a number and a unit, in any case; the normal form has the largest unit that divides it."""
        for value, normal, seconds in (
            ("12h", "12h", 12 * HOUR),
            ("24H", "1d", DAY),
            ("7 d", "7d", 7 * DAY),
            ("2w", "14d", 14 * DAY),
            ("365d", "1y", 365 * DAY),
            ("Forever", "forever", 0.0),
        ):
            with self.subTest(value):
                self.assertEqual(normalizeRetention(value, 0), normal)
                self.assertEqual(secondsOf(value), seconds)

    def test_bad(self) -> None:
        """Everything else is refused, with an example of what is right."""
        for value in ("", "soon", "7", "0d", "-1d", "30m", "1001y", "7d7h", "٣d"):
            with self.subTest(value):
                refusal = self.assertRaises(errors.BadSetting, normalizeRetention, value, 0)
                self.assertIn("such as 12h, 7d or 1y", refusal.text)

    def test_longest(self) -> None:
        """A value above the limit is refused; the error says the limit."""
        self.assertEqual(normalizeRetention("90d", 90 * DAY), "90d")
        for value in ("91d", "1y", "forever"):
            with self.subTest(value):
                refusal = self.assertRaises(errors.BadSetting, normalizeRetention, value, 90 * DAY)
                self.assertIn("use 90d or less", refusal.text)

    def test_written(self) -> None:
        """Lengths of time are written with one unit."""
        self.assertEqual([written(n) for n in (HOUR, 1.5 * HOUR, 2 * DAY, 60.0)], ["1h", "1h", "2d", "1h"])

    def test_rooms(self) -> None:
        """A founder stays below the limit, an administrator need not, and without the setting the server decides."""
        scene = Scene(longestRetention=7 * DAY)
        ownership = scene.chat.ownership
        scene.found("#den", "Ann")
        ann = scene.person("ann", account="Ann")
        too = refused(errors.BadSetting, lambda: ownership.setSetting(ann.session, "#den", "retention", "8d"))
        self.assertIn("use 7d or less", too.text)
        done(ownership.setSetting(ann.session, "#den", "retention", "48h"))
        self.assertEqual(scene.room("#den").settings["retention"], "2d")
        self.assertEqual(retentions(scene.state), {"#den": 2 * DAY})
        done(ownership.setSetting(None, "#den", "retention", "forever"))
        self.assertEqual(retentions(scene.state), {"#den": 0.0})
        done(ownership.setSetting(ann.session, "#den", "retention", None))
        self.assertEqual(retentions(scene.state), {})
