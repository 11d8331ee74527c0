"""Tests of L{twistchat.config.toml}."""

from __future__ import annotations

import contextlib
import tomllib
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twistchat.config import toml
from twistchat.config.toml import NotToml, TomlFile, printable, readValue, show, write


class LineTests(SynchronousTestCase):
    """The line of each key."""

    def test_lines(self) -> None:
        """A key has the line of its statement, in every notation of keys, tables and values."""
        table: dict[str, tuple[str, dict[tuple[str, ...], int]]] = {
            "a table's header": ("\n[a]\nb = 1\nc = 2\n", {("a",): 2, ("a", "b"): 3, ("a", "c"): 4}),
            "a header within another": ("[a]\n\n[a.b]\nc = 1\n", {("a",): 1, ("a", "b"): 3, ("a", "b", "c"): 4}),
            "a header with spaces and a comment": ("  [ a . b ] # x\nc = 1\n", {("a", "b"): 1, ("a", "b", "c"): 2}),
            "dotted keys": ("a.b = 1\na.c = 2\n", {("a",): 1, ("a", "b"): 1, ("a", "c"): 2}),
            "dotted keys in a table": ("[a]\nb.c = 1\nb.d = 2\n", {("a", "b"): 2, ("a", "b", "d"): 3}),
            "quoted keys": ("['a']\n\"b.c\" = 1\n'd' = 2\n", {("a", "b.c"): 2, ("a", "d"): 3}),
            "a key in escapes": ('"\\u0061" = 1\n', {("a",): 1}),
            "an inline table": ("x = 1\na = {b = 1, c = {d = 2}}\n", {("a", "b"): 2, ("a", "c", "d"): 2}),
            "an array of tables": ("[[a]]\nb = 1\n[[a]]\nc = 1\n", {("a",): 1, ("a", "b"): 2, ("a", "c"): 4}),
            "a table within an array": ("\na = [{b = 1}]\n", {("a", "b"): 2}),
            "an array over lines": ("a = [ # ]\n  1,\n\n  2,\n]\nb = 1\n", {("a",): 1, ("b",): 6}),
            "an array of arrays": ("a = [\n[1],\n[2]]\nb = 1\n", {("a",): 1, ("b",): 4}),
            "a string that looks like keys": ('a = """\n[b]\nc = 1\n"""\n[b]\nc = 2\n', {("b",): 5, ("b", "c"): 6}),
            "a literal string that does": ("a = '''\nb = 1\n[c]\n'''\nb = 2\n", {("b",): 5}),
            "a string with the other quotes in it": ("a = '''\n\"\"\"\nb = 1\n'''\nb = 2\n", {("a",): 1, ("b",): 5}),
            "a string with brackets": ('a = """\n]\n}\n"""\nb = 1\n', {("a",): 1, ("b",): 5}),
            "a string that ends in quotes": ('a = """\nx"""""\nb = 1\n', {("b",): 3}),
            "a string with an escaped end": ('a = """\n\\"""\n"""\nb = 1\n', {("b",): 4}),
            "strings over lines in an array": ('a = ["""\nb = 1\n""",\n"""\n]"""]\nb = 2\n', {("b",): 6}),
            "comments that look like keys": ("# a = 1\n#[a]\na = 2 # a = 3\n", {("a",): 3}),
            "no line end at the end": ("\n\na = 1", {("a",): 3}),
            "carriage returns": ('[a]\r\nb = """\r\nc = 1\r\n"""\r\nc = 2\r\n', {("a", "b"): 2, ("a", "c"): 5}),
            "form feeds and separators in a comment": ("# \u2028 \x85\na = 1\n", {("a",): 2}),
            "a byte order mark": ("\ufeffa = 1\nb = 2\n", {("a",): 1, ("b",): 2}),
        }
        for name, (text, lines) in table.items():
            with self.subTest(name):
                file = TomlFile(text.encode())
                self.assertEqual({path: file.line(*path) for path in lines}, lines)

    def test_values(self) -> None:
        """The values are those of the standard library's parser, and the first key has no byte order mark."""
        text = '\ufeffb = 1\r\na = """\r\nx\r\n"""\r\n[t]\r\nc = [true, 1.5]\r\n'
        self.assertEqual(
            list(TomlFile(text.encode()).values.items()), [("b", 1), ("a", "x\n"), ("t", {"c": [True, 1.5]})]
        )

    def test_unknownKey(self) -> None:
        """A missing key has the line of its table."""
        file = TomlFile(b"\n[a]\nb = [{c = 1}]\n")
        self.assertEqual(file.line("a", "b", "x"), 3)
        self.assertEqual(file.line("a", "x"), 2)
        self.assertEqual(file.line("x"), 1)

    @given(
        st.lists(
            st.sampled_from(
                [
                    ("{} = 1",),
                    ("{}.x = 1",),
                    ("[{}]",),
                    ("'{}' = '''", "k0 = 1", "[k1]", "'''"),
                    ('{} = """', "# ]", "'''", '"""'),
                    ("{} = [", "  [1, 2],", "  # ]", "]"),
                    ("{} = {{ x = 1 }}",),
                ]
            ),
            max_size=12,
        ),
        st.sampled_from(["\n", "\r\n"]),
    )
    def test_anyOrder(self, statements: list[tuple[str, ...]], end: str) -> None:
        """The lines are right for any sequence of statements, with either line end."""
        lines: list[str] = []
        expected: dict[tuple[str, ...], int] = {}
        table: tuple[str, ...] = ()
        for number, statement in enumerate(statements):
            key = f"k{number}"
            path = (*table, key)
            if statement[0].startswith("["):
                path = table = (key,)
            expected[path] = len(lines) + 1
            lines += [line.format(key) for line in statement]
            lines.append("# between")
        file = TomlFile(end.join(lines).encode())
        self.assertEqual({path: file.line(*path) for path in expected}, expected)


class NotTomlTests(SynchronousTestCase):
    """The errors about an unreadable file."""

    def test_mistakes(self) -> None:
        """The error names the line of the mistake, and describes it."""
        table: dict[str, tuple[bytes, int, str]] = {
            "no equals sign": (b"[a]\n\nb 1\n", 3, r"Expected .=. after a key.*column 3 of: b 1$"),
            "no value": (b"a = 1\nb =\nc = 2\n", 2, r"Invalid value.* of: b ="),
            "no value at the end": (b"a = 1\nb =", 2, r"Invalid value"),
            "no quotes": (b"a = 1\nb = x\n", 2, r"Invalid value \(a text is written in quotes\), .* of: b = x"),
            "carriage returns": (b"a = 1\r\nb = x\r\n", 2, r"of: b = x$"),
            "no end of a text": (b'a = 1\nb = """\nc = 1\nd = 1\n', 2, r"what begins here does not end"),
            "no end of a list": (b"a = 1\nb = [\n1,\n", 2, r"what begins here does not end"),
            "no end of a list of lists": (b"a = 1\nb = [\n" + b"[1],\n" * 9, 2, r"what begins here does not end"),
            "two mistakes": (b"a = 1\nb\nc\na = 2\n", 2, r"Expected .=. after a key"),
            "a bracket too many": (b"a = 1\n]\nb = [\n", 2, r"Invalid statement"),
            "a key twice": (b"[a]\nb = 1\n\nb = 2\n", 4, r"^a\.b is given twice, first in line 2$"),
            "a key twice at the end": (b"[a]\nb = 1\nb = 2", 3, r"^a\.b is given twice, first in line 2$"),
            "a list twice": (b"b = [\n1\n]\nb = [\n2\n]\n", 4, r"^b is given twice, first in line 1$"),
            "a table twice": (b"[a]\nb = 1\n[c]\n[a]\n", 4, r"^a is given twice, first in line 1$"),
            "a table that is a key": (b"\na = 1\n[a.b]\n", 3, r"^a is given twice, first in line 2$"),
            "a table and keys with dots": (b"a.b = 1\n[a]\n", 2, r"^a is given twice, first in line 1$"),
            "a table added to an inline one": (b"a = {b = 1}\n[a.c]\n", 2, r"^a is given twice, first in line 1$"),
            "a key twice in an inline table": (b"\na = {b = 1, b = 2}\n", 2, r"Duplicate inline table key 'b'"),
            "a number too long": (b"a = 1\nb = " + b"9" * 5000 + b"\nc = 1\n", 2, r"a number with too many digits"),
            "lists too deep": (b"a = 1\nb = " + b"[" * 5000 + b"\n", 2, r"too deeply nested"),
            "fewer lists": (b"a = 1\nb = [\n" + b"[" * 99 + b"]" * 99 + b"\n]\n", 2, r"too deeply nested"),
            "a key too deep": (b"a = 1\n\n" + b"a." * 4999 + b"a = 1\n", 3, r"too deeply nested"),
            "a key far too deep": (b"b = 1\n" + b"a ." * 300_000 + b"a = 1\n", 2, r"too deeply nested"),
            "an inline key too deep": (b"b = 1\nc = {" + b"'a'." * 40 + b"a = 1}\n", 2, r"too deeply nested"),
            "a table too deep": (b"b = 1\n[" + b"a." * 4999 + b"a]\n", 2, r"too deeply nested"),
            "a key and a mistake": (b"a." * 4999 + b"a = 1\n{\n", 1, r"too deeply nested"),
            "a control character": (b"\n\na = '\x01'\n", 3, r"character .*x01"),
            "Latin-1": (b'# a\n\nb = "caf\xe9"\n', 3, r"^the byte 0xE9 is not UTF-8; save the file as UTF-8$"),
            "UTF-16": ("a = 1".encode("utf-16"), 1, r"the byte 0xF[EF] is not UTF-8"),
        }
        for name, (data, line, why) in table.items():
            with self.subTest(name):
                bad = self.assertRaises(NotToml, TomlFile, data)
                self.assertEqual(bad.line, line)
                self.assertRegex(bad.why, why)

    def test_linear(self) -> None:
        """Each statement is parsed once, as a whole, also one that does not end."""
        calls: list[int] = []

        def loads(text: str) -> dict[str, object]:
            calls.append(len(text))
            return tomllib.loads(text)

        self.patch(toml, "tomllib", SimpleNamespace(loads=loads))
        for text in ("# x\n\n" * 99, "".join(f"a{number} = 1\n" for number in range(99)), "a = [\n" + "[1],\n" * 99):
            calls.clear()
            with contextlib.suppress(NotToml):
                TomlFile(text.encode())
            self.assertLessEqual(sum(calls), 2 * len(text))

    def test_longLine(self) -> None:
        """A long line is shortened."""
        bad = self.assertRaises(NotToml, TomlFile, b"a = x" + b"x" * 1000)
        self.assertLess(len(bad.why), 150)


class ValueTests(SynchronousTestCase):
    """Single values, parsed and written."""

    def test_read(self) -> None:
        """A value of any type is parsed, with a comment or over several lines."""
        for text, value in [("5", 5), (' "x" ', "x"), ("[1, 2]", [1, 2]), ("5 # five", 5), ('"""a\nb"""', "a\nb")]:
            self.assertEqual(readValue(text), value)

    def test_notAValue(self) -> None:
        """Text that is not exactly one value is refused."""
        for text in ["", "x", "1 2", '"x', "5\nother = 1", "5\n[table]", "9" * 5000, "[" * 5000]:
            self.assertRaises(NotToml, readValue, text)

    def test_write(self) -> None:
        """A written value is one printable line that parses to the same value."""
        values: list[object] = [
            "",
            "#lobby",
            'a "quoted" \\ text',
            "lines\r\nand\ttabs\b\f",
            "\x00\x1b\x7f\x9b\u202e\u2028\U000e0001",
            "grüße 日本語 😀",
            True,
            False,
            0,
            -5,
            2**63 - 1,
            2**64,
            -(2**64),
            1.5,
            1e100,
            float("inf"),
            [],
            ["a", ["b"], 1],
            {"a": 1, "b": {"c": ["d"]}},
            {"a b": 1, "": {"\x1b[31m": 2, "\u202e": 3}},
            tomllib.loads("x = 2026-11-22T10:00:00Z")["x"],
        ]
        for value in values:
            text = write(value)
            self.assertTrue(text.isprintable(), text)
            self.assertEqual(readValue(text), value)
        self.assertEqual(write(("a", "b")), '["a", "b"]')

    def test_show(self) -> None:
        """A value in a message is short."""
        deep: list[object] = []
        for _ in range(5000):
            deep = [deep]
        for value in ["x" * 1000, ["x"] * 1000, 10**6000, deep]:
            self.assertLessEqual(len(show(value)), 60)
        self.assertEqual(show("x" * 1000), '"' + "x" * 58 + "…")
        self.assertEqual(show("x" * 58), '"' + "x" * 58 + '"')

    def test_printable(self) -> None:
        """Characters that are not printable are escaped, including lone surrogates.  All others stay as they are."""
        self.assertEqual(printable('a\n"\x9b\udcff\U000e0001é'), 'a\\n"\\u009B\\uDCFF\\U000E0001é')
