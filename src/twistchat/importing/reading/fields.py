"""Read JSON from an export that may be damaged, or made by somebody hostile."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from twistchat.importing.records import ImportProblem, Place

_SHOWN = 80

# C0 without TAB and LF, DEL, C1, and halves of surrogate pairs, which UTF-8 cannot encode.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")

_BOM = b"\xef\xbb\xbf"


THIRD = "message or reaction of a third person in a conversation of two"
"""What the report calls what L{isIn} excludes, such as a message of an app."""


class Malformed(Exception):
    """A field has another type than its format says.  C{str} gives the name of the field."""


def shown(text: str) -> str:
    """Prepare a name for a message to people: at most 80 characters, and only printable ones."""
    short = text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
    if short.isprintable():
        return short
    return "".join([character if character.isprintable() else "\ufffd" for character in short])


def isIn(id: str, place: Place) -> bool:
    """Whether a person may have said something in a place: anyone in a room, and two people in their conversation."""
    return isinstance(place, str) or id in place


def cleaned(text: str) -> str:
    """Write line ends as LF, and remove the other control characters but TAB."""
    if text.isprintable():
        return text
    return _UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def parseJson(data: bytes, where: str, line: int = 1) -> Any:
    """
    Parse a JSON text.

    @param data: the text, in UTF-8.  A byte order mark is ignored.
    @param where: the name of the file, for a message.
    @param line: the number of the first line.
    @raise ImportProblem: it is not JSON.
    """
    data = data.removeprefix(_BOM)
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    # The standard library is slower, but it accepts half a surrogate pair, and knows the line of a mistake.
    try:
        return json.loads(data.decode("utf-8"))
    except json.JSONDecodeError as bad:
        raise ImportProblem(
            f"{shown(where)}, line {line + bad.lineno - 1}, column {bad.colno}: this is not JSON ({bad.msg}); "
            "export again, or repair the file"
        ) from None
    except UnicodeDecodeError as bad:
        at = line + data.count(b"\n", 0, bad.start)
        raise ImportProblem(f"{shown(where)}, line {at}: this is not UTF-8; export again, or repair the file") from None
    except (RecursionError, ValueError):
        raise ImportProblem(
            f"{shown(where)}, line {line}: this JSON is nested too deeply, or has too long a number"
        ) from None


@dataclass(frozen=True, slots=True)
class Fields:
    """
    The fields of a JSON object, read with the types that the format gives them.  A missing field, and C{null}, are
    empty.

    @ivar values: the object.
    """

    values: Mapping[str, Any]

    @classmethod
    def of(cls, value: object, name: str = "item") -> Fields:
        """
        Wrap a value.

        @param name: what a message calls the value.
        @raise Malformed: it is no object.
        """
        if not isinstance(value, dict):
            raise Malformed(name)
        return cls(value)

    def __contains__(self, name: str) -> bool:
        return self.values.get(name) is not None

    def text(self, name: str) -> str:
        """
        Read a string, cleaned.

        @raise Malformed: the field is no string.
        """
        value = self.values.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise Malformed(name)
        return cleaned(value)

    def number(self, name: str) -> int:
        """
        Read an integer; 0 if it is missing.

        @raise Malformed: the field is no integer, or is longer than 63 bits.
        """
        value = self.values.get(name)
        if value is None:
            return 0
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 2**63:
            raise Malformed(name)
        return value

    def flag(self, name: str) -> bool:
        """
        Read a boolean; C{False} if it is missing.

        @raise Malformed: the field is no boolean.
        """
        value = self.values.get(name)
        if value is None or isinstance(value, bool):
            return bool(value)
        raise Malformed(name)

    def child(self, name: str) -> Fields:
        """
        Read an object; an empty one if it is missing.

        @raise Malformed: the field is no object.
        """
        value = self.values.get(name)
        return Fields({}) if value is None else Fields.of(value, name)

    def array(self, name: str) -> list[Any]:
        """
        Read an array; an empty one if it is missing.

        @raise Malformed: the field is no array.
        """
        value = self.values.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise Malformed(name)
        return value

    def children(self, name: str) -> list[Fields]:
        """
        Read an array of objects.

        @raise Malformed: the field is no array, or an item is no object.
        """
        return [Fields.of(item, name) for item in self.array(name)]

    def texts(self, name: str) -> tuple[str, ...]:
        """
        Read an array of strings, cleaned.

        @raise Malformed: the field is no array, or an item is no string.
        """
        items = self.array(name)
        if not all([isinstance(item, str) for item in items]):
            raise Malformed(name)
        return tuple([cleaned(item) for item in items])
