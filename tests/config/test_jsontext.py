"""Tests of L{twistchat.config.jsontext}."""

from __future__ import annotations

import json

from twisted.trial.unittest import SynchronousTestCase

from twistchat.config.jsontext import escapeJson, jsonLine


class JsonTextTests(SynchronousTestCase):
    """L{jsonLine} and L{escapeJson}."""

    def test_escaped(self) -> None:
        """What a terminal would not show as it is is escaped, and means the same."""
        hostile = "\x1b[2J\x7f\x9b2J\u202egnp\u2028\u2066\U000e0001\udc9b\n"
        line = jsonLine({"text": hostile})
        self.assertTrue(line.isprintable())
        self.assertTrue(line.isascii(), line)
        self.assertEqual({"text": hostile}, json.loads(line))
        self.assertIn("\\udb40\\udc01", line)

    def test_shown(self) -> None:
        """Letters, symbols and spaces stay as they are."""
        self.assertEqual('{"text": "Zo\u00eb \u4e2d \U0001f600"}', jsonLine({"text": "Zo\u00eb \u4e2d \U0001f600"}))
        line = '{"text":  "kept"}'
        self.assertEqual(line, escapeJson(line))
