"""Tests for C{tools/screenshot.py}."""

from __future__ import annotations

import importlib.util
import struct
from pathlib import Path

from tests.web.browser import THREAD, PageTestCase

ROOT = Path(__file__).resolve().parents[2]


class ScreenshotTests(PageTestCase):
    """The picture of the page in the README."""

    def test_picture(self) -> None:
        """The page shows the conversation, and the picture is as small as it has to be."""
        spec = importlib.util.spec_from_file_location("screenshot", ROOT / "tools/screenshot.py")
        assert spec is not None and spec.loader is not None
        tool = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(tool)
        taken = tool.picture(THREAD.browser(), dark=False, phone=False)
        for picture in (taken, (ROOT / "docs/page.png").read_bytes()):
            self.assertEqual(b"\x89PNG", picture[:4])
            self.assertEqual((1200, 720), struct.unpack(">II", picture[16:24]))
            self.assertLess(len(picture), tool.MOST)
