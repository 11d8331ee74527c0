"""Tests for C{tools/screenshot.py}."""

from __future__ import annotations

import struct

from tests.tools.scripts import ROOT, loadScript
from tests.web.browser import THREAD, PageTestCase


class ScreenshotTests(PageTestCase):
    """The picture of the page in the README."""

    def test_picture(self) -> None:
        """The page shows the conversation, and the picture is as small as it has to be."""
        tool = loadScript("screenshot")
        taken = tool.picture(THREAD.browser(), dark=False, phone=False)
        for picture in (taken, (ROOT / "docs/page.png").read_bytes()):
            self.assertEqual(b"\x89PNG", picture[:4])
            self.assertEqual((1200, 720), struct.unpack(">II", picture[16:24]))
            self.assertLess(len(picture), tool.MOST)
