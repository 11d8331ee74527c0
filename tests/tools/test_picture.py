"""Tests for C{tools/picture.py}."""

from __future__ import annotations

import sys
from xml.etree import ElementTree

from twisted.trial.unittest import SynchronousTestCase

from tests.tools.scripts import ROOT, loadScript


class PictureTests(SynchronousTestCase):
    """The picture of a conversation in the README."""

    def setUp(self) -> None:
        self.picture = loadScript("picture")
        self.addCleanup(sys.modules.pop, self.picture.__name__)

    def test_upToDate(self) -> None:
        """The file in the repository is what the tool draws."""
        found = (ROOT / "docs/conversation.svg").read_text("utf-8")
        self.assertEqual(self.picture.draw(), found, "run python tools/picture.py > docs/conversation.svg")

    def test_conversation(self) -> None:
        """Each sees the other's messages and changes, in the manner of their client."""
        alice, bob = ([row.text for row in rows] for rows in self.picture.play())
        for rows, lines in (
            (alice, ["* 1 in #lobby: @alice", "* alice joined #lobby", "* bob joined #lobby", "[14:02] <bob> always"]),
            (alice, ["* alice set the topic of #lobby to: tea at four"]),
            (bob, ["-!- Welcome to the twistchat Network,", "-!- bob has joined #lobby", "-!- #lobby: @alice bob"]),
            (bob, ["<alice> tea?", " * alice puts the kettle on", "-!- alice has quit"]),
            (bob, ["-!- alice changed the topic of #lobby to: tea at four"]),
        ):
            for line in lines:
                self.assertIn(line, rows)
        self.assertEqual(alice.index("tea?"), bob.index("<alice> tea?"), "they happen at the same height")

    def test_fits(self) -> None:
        """The picture is well-formed, and no text leaves its terminal."""
        root = ElementTree.fromstring(self.picture.draw())
        boxes = [[float(box.get(key, "")) for key in ("x", "width")] for box in root.findall("{*}rect")]
        texts = [text for text in root.findall("{*}text") if text.get("textLength")]
        self.assertGreater(len(texts), 20)
        for text in texts:
            begin, length = float(text.get("x", "")), float(text.get("textLength", ""))
            self.assertTrue(any(x < begin and begin + length < x + width for x, width in boxes), text.text)
            self.assertLess(float(text.get("y", "")), float(root.get("height", "")))
