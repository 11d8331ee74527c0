"""
Read TOML with the line of each key, and write values as TOML.

The standard library's L{tomllib} reads TOML 1.0 but does not report the place of a key.  So this module reads a file
twice: as a whole for the values, and statement by statement for the lines.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

KeyPath = tuple[str, ...]
"""The names of a key and the tables that contain it, outermost first: C{("limits", "nick")}."""

MAX_INTEGER = 2**63 - 1
"""The largest integer that every TOML parser must accept (TOML 1.0, "Integer")."""

MOST_LEVELS = 32
"""The most levels of tables and arrays in a statement.  The configuration needs four."""

_LONG_KEY = re.compile(r"(?<![\w\"'-])[\w\"'-]+(?:[ \t]*\.[ \t]*[\w\"'-]+){100}")
"""A key of more than 100 parts.  L{tomllib} needs minutes for tens of thousands, so it does not see them."""

TOO_DEEP = "too deeply nested"
"""What is wrong with a statement of more levels."""

_BARE = re.compile("[A-Za-z0-9_-]+")
"""A key that needs no quotes."""

_SHOWN = 60

_SECRET = re.compile(r"(?i)(\bpassword\b[\"' ]*=).*")
"""A password in a line that is shown in a message, and what precedes it."""

_PLACE = re.compile(r"(?s)(.*) \(at (?:line (\d+), column (\d+)|end of document)\)")

_TOKEN = re.compile(
    r"""(?sx)
    \"{3} (?: \\. | [^\\] )*? (?: \"{3,5} | \Z )   # a text over lines, which may end in quotes of its own
    | '{3} .*? (?: '{3,5} | \Z )
    | " (?: \\[^\n] | [^"\\\n] )* "?
    | ' [^'\n]* '?
    | \# [^\n]*
    | [\[\]{}\n]
    """
)
"""
The parts of a text that decide where a statement ends: texts and comments, in which nothing counts, brackets and line
ends.  A text without an end takes all that follows, so that no character is read twice.
"""

_ESCAPES = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}


class NotToml(Exception):
    """
    A text is not TOML.

    @ivar line: the line with the mistake, from 1.
    @ivar why: the mistake.
    """

    def __init__(self, line: int, why: str) -> None:
        super().__init__(line, why)
        self.line = line
        self.why = why


class TomlFile:
    """
    A parsed TOML file.

    @ivar values: its content, as L{tomllib.loads} returns it, in the order of the file.
    """

    def __init__(self, data: bytes) -> None:
        """
        @param data: the file's bytes.  A byte order mark, which some editors write, is ignored.
        @raise NotToml: the file is not UTF-8, or not TOML.
        """
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as bad:
            line = data.count(b"\n", 0, bad.start) + 1
            raise NotToml(line, f"the byte 0x{data[bad.start]:02X} is not UTF-8; save the file as UTF-8") from None
        text = text.removeprefix("\ufeff").replace("\r\n", "\n")
        if not text.endswith("\n"):
            text += "\n"
        long = _LONG_KEY.search(text)
        if long is not None:
            raise NotToml(text.count("\n", 0, long.start()) + 1, TOO_DEEP)
        try:
            self.values: dict[str, Any] = tomllib.loads(text)
        except (ValueError, RecursionError) as bad:
            raise _diagnosed(text, bad) from None
        self._lines: dict[KeyPath, int] = {}
        for statement in _statements(text):
            for path in statement.paths:
                self._lines.setdefault(path, statement.first)

    def line(self, *path: str) -> int:
        """
        The line, from 1, of the first statement with a key.  A key within an array has the array's line.
        """
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 1)


@dataclass(frozen=True, slots=True)
class _Statement:
    """
    A key with its value, or a table's header.

    @ivar first: its first line.
    @ivar last: its last line.
    @ivar whole: false if the statement is not TOML.
    @ivar paths: the keys that it creates or extends; each follows the tables that contain it.
    """

    first: int
    last: int
    whole: bool
    paths: tuple[KeyPath, ...]


def _statements(text: str) -> Iterator[_Statement]:
    """
    Split a text into statements.

    A statement ends with the first line end that is in no text and between no brackets.  The time is linear in the
    length of the text: each statement is parsed once.  Empty lines and comments are left out.

    @param text: it ends with a line end.
    @raise NotToml: a statement has more than L{MOST_LEVELS} levels.
    """
    table: KeyPath = ()
    start = depth = 0
    first = line = 1
    for token in _TOKEN.finditer(text):
        found = token[0]
        if found in "[{":
            depth += 1
        elif found in "]}":
            depth = max(0, depth - 1)
        elif found == "\n" and not depth:
            source = text[start : token.start()].lstrip(" \t")
            if source and source[0] != "#":
                statement = _statement(source, first, line, table)
                if source[0] == "[" and statement.whole:
                    table = statement.paths[-1]
                yield statement
            start, first = token.end(), line + 1
        line += found.count("\n")
    if start < len(text):
        yield _Statement(first, line - 1, False, ())


def _statement(source: str, first: int, last: int, table: KeyPath) -> _Statement:
    """
    Parse one statement.

    @param source: its text.
    @param table: the table that contains it.
    @raise NotToml: it has more than L{MOST_LEVELS} levels.
    """
    try:
        values = tomllib.loads(source)
    except (ValueError, RecursionError):
        return _Statement(first, last, False, ())
    if _isDeep(values):
        raise NotToml(first, TOO_DEEP)
    paths = tuple(_paths(values))
    return _Statement(first, last, True, paths if source[0] == "[" else tuple(table + path for path in paths))


def _paths(values: Mapping[str, Any], above: KeyPath = ()) -> Iterator[KeyPath]:
    """List every key of nested tables; each follows the tables that contain it."""
    for name, value in values.items():
        path = (*above, name)
        yield path
        if isinstance(value, dict):
            yield from _paths(value, path)


def _isDeep(value: object) -> bool:
    """Whether a value has more than L{MOST_LEVELS} levels of tables and arrays.  It is searched level by level."""
    level: list[object] = [value]
    for _ in range(MOST_LEVELS + 1):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return True


def _diagnosed(text: str, bad: Exception) -> NotToml:
    """
    Describe where and why a text is not TOML.

    @param bad: the exception of L{tomllib}.  Its message ends with the place, except for integers with thousands of
        digits and for arrays with thousands of levels.
    """
    place = _PLACE.fullmatch(str(bad))
    if place is None:
        why = TOO_DEEP if isinstance(bad, RecursionError) else "a number with too many digits"
        return NotToml(_unfinished(text), why)
    why, line, column = place.groups()
    if line is None:
        return NotToml(_unfinished(text), f"{why}: what begins here does not end")
    number = int(line)
    twice = _twice(text, number)
    if twice is not None:
        return twice
    if why == "Invalid value":
        why = "Invalid value (a text is written in quotes)"
    found = _SECRET.sub(r"\1…", text.split("\n")[number - 1].strip())
    return NotToml(number, f"{why}, at column {column} of: {shortened(found)}")


def _unfinished(text: str) -> int:
    """Find the first line of the first statement that is not TOML.  There is one."""
    return next(statement.first for statement in _statements(text) if not statement.whole)


def _twice(text: str, line: int) -> NotToml | None:
    """Find the duplicate key of the statement that ends on a line, if this statement alone is valid TOML."""
    seen: dict[KeyPath, int] = {}
    for statement in _statements(text):
        if statement.last > line:
            break
        if statement.whole and statement.last == line:
            for path in reversed(statement.paths):
                if path in seen:
                    return NotToml(
                        statement.first, f"{shortened('.'.join(path))} is given twice, first in line {seen[path]}"
                    )
        for path in statement.paths:
            seen.setdefault(path, statement.first)
    return None


def readValue(text: str) -> object:
    """
    Read one value.

    @raise NotToml: the text is not exactly one TOML value, or has more than L{MOST_LEVELS} levels.
    """
    try:
        values = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError) as bad:
        raise NotToml(1, str(bad)) from None
    if list(values) != ["value"]:
        raise NotToml(1, "more than one value")
    if _isDeep(values):
        raise NotToml(1, TOO_DEEP)
    return values["value"]


def write(value: object) -> str:
    """
    Write a value as TOML, on one line of printable characters.

    @param value: a value of a type that L{tomllib} returns; a tuple is written as an array.
    """
    if isinstance(value, str):
        return '"' + printable(value.replace("\\", "\\\\").replace('"', '\\"')) + '"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and value > MAX_INTEGER:
        return hex(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{writeKey(name)} = {write(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(write(item) for item in value) + "]"
    return str(value)


def writeKey(name: str) -> str:
    """Write a key as TOML, in quotes if it needs them (TOML 1.0, "Keys")."""
    return name if _BARE.fullmatch(name) else write(name)


def show(value: object) -> str:
    """Write a value for a message: like L{write}, but shortened."""
    try:
        return shortened(write(value))
    except RecursionError:
        return "a value nested too deeply"


def printable(text: str) -> str:
    """Escape the characters of a text that are not printable, in TOML's notation."""
    return "".join(character if character.isprintable() else _escape(character) for character in text)


def _escape(character: str) -> str:
    number = ord(character)
    return _ESCAPES.get(character) or (f"\\u{number:04X}" if number < 0x10000 else f"\\U{number:08X}")


def shortened(text: str) -> str:
    """Truncate a text to 60 characters, with an ellipsis if it is longer."""
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
