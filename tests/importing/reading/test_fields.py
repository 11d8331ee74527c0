"""Tests of L{twistchat.importing.reading.fields}."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from twistchat.importing.reading.fields import Fields, Malformed, cleaned, isIn, parseJson, shown
from twistchat.importing.records import ImportProblem


class ParseTests(SynchronousTestCase):
    """JSON texts."""

    def problem(self, data: bytes) -> str:
        """Return the message about a text in C{a.json} that begins in line 3."""
        with self.assertRaises(ImportProblem) as caught:
            parseJson(data, "a.json", 3)
        return str(caught.exception)

    def test_values(self) -> None:
        """A JSON text is parsed, also after a byte order mark, and with half a surrogate pair."""
        self.assertEqual({"a": [1, "ü"]}, parseJson('\ufeff{"a": [1, "ü"]}'.encode(), "a.json"))
        self.assertEqual({"a": "\ud83d"}, parseJson(b'{"a": "\\ud83d"}', "a.json"))

    def test_problems(self) -> None:
        """A message has the file, the line, and what is wrong."""
        self.assertIn("a.json, line 4, column 2: this is not JSON", self.problem(b"[\n }"))
        self.assertIn("a.json, line 4: this is not UTF-8", self.problem(b'["",\n"\xff"]'))
        self.assertIn("a.json, line 3: this JSON is nested too deeply", self.problem(b"[" * 100_000))
        self.assertIn("too long a number", self.problem(b'["\\ud83d",' + b"1" * 5000 + b"]"))


class FieldsTests(SynchronousTestCase):
    """The fields of objects."""

    def test_types(self) -> None:
        """A field with its type is returned."""
        fields = Fields.of({"t": "x", "n": 7, "f": True, "o": {"a": "b"}, "l": [{"a": "c"}], "s": ["d"]})
        self.assertEqual(("x", 7, True), (fields.text("t"), fields.number("n"), fields.flag("f")))
        self.assertEqual("b", fields.child("o").text("a"))
        self.assertEqual(["c"], [child.text("a") for child in fields.children("l")])
        self.assertEqual(("d",), fields.texts("s"))

    def test_missing(self) -> None:
        """A missing field, and null, are empty."""
        for fields in (Fields({}), Fields(dict.fromkeys("tnfols"))):
            self.assertEqual(("", 0, False), (fields.text("t"), fields.number("n"), fields.flag("f")))
            self.assertEqual({}, fields.child("o").values)
            self.assertEqual(([], ()), (fields.children("l"), fields.texts("s")))
            self.assertNotIn("t", fields)

    def test_otherTypes(self) -> None:
        """A field of another type is malformed, and the message has its name."""
        wrong: dict[str, list[Any]] = {
            "text": [1, True, [], {}],
            "number": ["1", True, 1.5, 2**63, []],
            "flag": [0, "true", []],
            "child": [[], "x", 1],
            "array": [{}, "x", 1],
            "children": [{}, ["x"], [None]],
            "texts": ["x", [1], [None]],
        }
        for method, values in wrong.items():
            for value in values:
                with self.assertRaises(Malformed, msg=f"{method} {value!r}") as caught:
                    getattr(Fields({"it": value}), method)("it")
                self.assertEqual("it", str(caught.exception))
        with self.assertRaises(Malformed):
            Fields.of([])


class TextTests(SynchronousTestCase):
    """Texts and names."""

    def test_cleaned(self) -> None:
        """Line ends become LF; control characters and halves of surrogate pairs disappear."""
        self.assertEqual("a\nb\nc\td", cleaned("a\r\nb\rc\td"))
        self.assertEqual("ab👍", cleaned("a\x00\x1b\x7f\x9b\ud83db👍"))

    def test_shown(self) -> None:
        """A name in a message is short, and has printable characters only."""
        self.assertEqual("general", shown("general"))
        self.assertEqual("a\ufffd[2J", shown("a\x1b[2J"))
        self.assertEqual(("x" * 79) + "…", shown("x" * 81))

    def test_isIn(self) -> None:
        """In a room anyone may speak, in a conversation only its two people."""
        self.assertTrue(isIn("a", "room"))
        self.assertTrue(isIn("a", ("a", "b")))
        self.assertFalse(isIn("c", ("a", "b")))
