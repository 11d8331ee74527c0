"""Tests of C{tools/emojinames.py}."""

from __future__ import annotations

import json
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.trial.unittest import SynchronousTestCase

from tests.tools.scripts import loadScript

THUMB = {
    "unified": "1F44D",
    "short_name": "+1",
    "short_names": ["+1", "thumbsup"],
    "skin_variations": {"1F3FB": {"unified": "1F44D-1F3FB"}},
}

FINGER = {
    "unified": "261D-FE0F",
    "short_name": "point_up",
    "short_names": ["point_up"],
    "skin_variations": {"1F3FB": {"unified": "261D-1F3FB"}, "1F3FB-1F3FC": {"unified": "1F9D1-1F3FB"}},
}


class EmojiTests(SynchronousTestCase):
    """The table."""

    def test_table(self) -> None:
        """Each emoji has a line with all of its names, behind a header that names the license."""
        with TemporaryDirectory() as folder, redirect_stdout(StringIO()) as out:
            path = Path(folder, "emoji.json")
            path.write_text(json.dumps([FINGER, THUMB]))
            loadScript("emojinames").main(str(path))
        self.assertIn("emoji.LICENSE.txt", out.getvalue())
        self.assertEqual(["👍 +1 thumbsup", "☝️ point_up"], out.getvalue().splitlines()[2:])

    def test_otherTone(self) -> None:
        """An emoji whose skin tone is elsewhere is refused, because the importer could not make it."""
        wrong = THUMB | {"skin_variations": {"1F3FB": {"unified": "1F3FB-1F44D"}}}
        self.assertRaises(ValueError, list, loadScript("emojinames").lines([wrong]))
