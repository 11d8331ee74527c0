"""
TOML with places: what a file holds, the line each key stands on, and values written as TOML again.

The standard library's L{tomllib} reads TOML 1.0 but does not say where in the text a key was.  A file is therefore read
twice: as a whole, and once more one statement at a time, which is where the lines come from.
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
"""The names that lead to a key from the top of a file: C{("limits", "nick")}."""

MAX_INTEGER = 2**63 - 1
"""The largest integer TOML promises to hold (TOML 1.0, "Integer")."""

_SHOWN = 60

_PLACE = re.compile(r"(?s)(.*) \(at (?:line (\d+), column (\d+)|end of document)\)")

_ENDS_A_VALUE = re.compile(r"\"\"\"|'''|[\]}]")

_ESCAPES = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}


class NotToml(Exception):
    """
    A text is not TOML.

    @ivar line: the line with the mistake, from 1.
    @ivar why: what is wrong there.
    """

    def __init__(self, line: int, why: str) -> None:
        super().__init__(line, why)
        self.line = line
        self.why = why


class TomlFile:
    """
    A TOML file that was read.

    @ivar values: what it holds, as L{tomllib.loads} gives it, in the order of the file.
    """

    def __init__(self, data: bytes) -> None:
        """
        @param data: the file's bytes.  A byte order mark, which some editors put first, is passed over.
        @raise NotToml: where it is not UTF-8, or not TOML.
        """
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as bad:
            line = data.count(b"\n", 0, bad.start) + 1
            raise NotToml(line, f"the byte 0x{data[bad.start]:02X} is not UTF-8; save the file as UTF-8") from None
        text = text.removeprefix("\ufeff").replace("\r\n", "\n")
        if not text.endswith("\n"):
            text += "\n"
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
        The line, from 1, of the statement in which a key first appears.  A key within an array has the array's line.
        """
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 1)


@dataclass(frozen=True, slots=True)
class _Statement:
    """
    A key with its value, a table's header, a comment or an empty line.

    @ivar first: its first line.
    @ivar last: its last line.
    @ivar whole: false where the text ended, and this did not.
    @ivar paths: the keys it makes or adds to, those above each before it.
    """

    first: int
    last: int
    whole: bool
    paths: tuple[KeyPath, ...]


def _statements(text: str) -> Iterator[_Statement]:
    """
    Take a text apart into statements.

    A statement ends with the first line at which it is TOML by itself: one that has begun a longer value is not, until
    the line where this value ends.
    """
    table: KeyPath = ()
    chunk: list[str] = []
    lines = text.removesuffix("\n").split("\n")
    for number, line in enumerate(lines, 1):
        chunk.append(line)
        if len(chunk) > 1 and not _ENDS_A_VALUE.search(line):
            continue
        try:
            values = tomllib.loads("\n".join(chunk))
        except (ValueError, RecursionError):
            continue
        paths = tuple(_paths(values))
        if chunk[0].lstrip(" \t").startswith("["):
            table = paths[-1]
        else:
            paths = tuple(table + path for path in paths)
        yield _Statement(number - len(chunk) + 1, number, True, paths)
        chunk = []
    if chunk:
        yield _Statement(len(lines) - len(chunk) + 1, len(lines), False, ())


def _paths(values: Mapping[str, Any], above: KeyPath = ()) -> Iterator[KeyPath]:
    """Every key of nested tables, each after those above it."""
    for name, value in values.items():
        path = (*above, name)
        yield path
        if isinstance(value, dict):
            yield from _paths(value, path)


def _diagnosed(text: str, bad: Exception) -> NotToml:
    """
    Say where a text is not TOML, and why.

    @param bad: what L{tomllib} raised.  Its messages end with the place, except for an integer of thousands of digits
        and for arrays nested by the thousand.
    """
    place = _PLACE.fullmatch(str(bad))
    if place is None:
        why = "too deeply nested" if isinstance(bad, RecursionError) else "a number with too many digits"
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
    found = text.split("\n")[number - 1].strip()
    return NotToml(number, f"{why}, at column {column} of: {shortened(found)}")


def _unfinished(text: str) -> int:
    """The line of the statement that does not end."""
    return max(statement.first for statement in _statements(text))


def _twice(text: str, line: int) -> NotToml | None:
    """Where the statement that ends on a line is TOML by itself, then name the key of it that was there before."""
    seen: dict[KeyPath, int] = {}
    for statement in _statements(text):
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

    @raise NotToml: where the text is not one TOML value, or is more than that.
    """
    try:
        values = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError) as bad:
        raise NotToml(1, str(bad)) from None
    if list(values) != ["value"]:
        raise NotToml(1, "more than one value")
    return values["value"]


def write(value: object) -> str:
    """
    Write a value as TOML, on one line of printable characters.

    @param value: what L{tomllib} can give, with tuples allowed as arrays.
    """
    if isinstance(value, str):
        return '"' + printable(value.replace("\\", "\\\\").replace('"', '\\"')) + '"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and abs(value) > MAX_INTEGER:
        return hex(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name} = {write(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(write(item) for item in value) + "]"
    return str(value)


def show(value: object) -> str:
    """Write a value for a message: as L{write} does, and no longer than fits into a sentence."""
    try:
        return shortened(write(value))
    except RecursionError:
        return "a value nested too deeply"


def printable(text: str) -> str:
    """A text with TOML's escapes for what is no printable character: controls, line ends, bidi overrides."""
    return "".join(character if character.isprintable() else _escape(character) for character in text)


def _escape(character: str) -> str:
    number = ord(character)
    return _ESCAPES.get(character) or (f"\\u{number:04X}" if number < 0x10000 else f"\\U{number:08X}")


def shortened(text: str) -> str:
    """The beginning of a text: as much of it as fits into a sentence."""
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
