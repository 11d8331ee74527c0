"""Tests of L{twistchat.services.logs.lines}."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.logger import Logger, LogLevel
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from twistchat.services.logs.lines import INDENT, LONGEST, asJson, asText

NOON = 1_767_268_800.25
HOSTILE = "\r\n2026-01-01T12:00:00+0000 critical: forged\x1b[2J\x7f\x9b\u202e\u2028\ud800\U000e0001é"


def event(format: str, level: Any = LogLevel.info, **fields: object) -> dict[str, Any]:
    """Make an event of noon."""
    found: list[dict[str, Any]] = []
    Logger("a.test", observer=found.append).emit(level, format, **fields)  # type: ignore[arg-type]
    return {**found[0], "log_time": NOON}


def objectOf(made: dict[str, Any]) -> dict[str, Any]:
    """Write an event as JSON, and read it again."""
    line = asJson(made)
    assert line is not None
    found: dict[str, Any] = json.loads(line)
    return found


class Odd:
    """An object that cannot say what it is."""

    def __repr__(self) -> str:
        raise ValueError("no")


class OddError(Exception):
    """An error that cannot say what it is."""

    def __str__(self) -> str:
        raise ValueError("no")


class TextTests(SynchronousTestCase):
    """Events as text."""

    def test_line(self) -> None:
        """A line has the time with its zone, and the message."""
        self.assertRegex(asText(event("Hello, {who}", who="bob")) or "", r"\A2026-01-0\dT\S{8}[+-]\d{4} Hello, bob\n\Z")

    def test_levels(self) -> None:
        """All levels but info are shown."""
        shown = [(asText(event("x", level)) or "").split(" ", 1)[1] for level in LogLevel.iterconstants()]
        self.assertEqual(["debug: x\n", "x\n", "warn: x\n", "error: x\n", "critical: x\n"], shown)

    def test_hostile(self) -> None:
        """What users wrote can neither begin a line nor control a terminal."""
        line = asText(event("{nick} is here", nick=HOSTILE)) or ""
        self.assertTrue(line.removesuffix("\n").isprintable(), line)
        self.assertIn(r"\r\n2026-01-01", line)
        self.assertIn("é", line)

    def test_traceback(self) -> None:
        """A traceback is indented, also where the text of its error has line ends."""
        lines = (asText(event("It failed", log_failure=Failure(ValueError(HOSTILE)))) or "").splitlines()
        self.assertIn("It failed", lines[0])
        self.assertGreater(len(lines), 1)
        for line in lines[1:]:
            self.assertTrue(line.startswith(INDENT) and line.isprintable(), line)

    def test_empty(self) -> None:
        """An event that says nothing gets no line."""
        self.assertEqual((None, None), (asText(event("")), asJson(event(""))))


class JsonTests(SynchronousTestCase):
    """Events as JSON."""

    def test_object(self) -> None:
        """An object has the time in UTC, the level, the message, the namespace and the fields."""
        made = event("{nick} left after {seconds} s", LogLevel.warn, nick="bob", seconds=1.5, isOld=True, none=None)
        self.assertEqual(
            {
                "time": "2026-01-01T12:00:00.250Z",
                "level": "warn",
                "message": "bob left after 1.5 s",
                "namespace": "a.test",
                "nick": "bob",
                "seconds": 1.5,
                "isOld": True,
            },
            objectOf(made),
        )

    def test_hostile(self) -> None:
        """The line has printable characters only, and nothing is lost."""
        made = event("{nick} is here", nick=HOSTILE)
        line = asJson(made) or ""
        self.assertTrue(line.removesuffix("\n").isprintable(), line)
        self.assertEqual(HOSTILE, objectOf(made)["nick"])
        line.encode()

    def test_reserved(self) -> None:
        """A field cannot replace what every object has."""
        made = objectOf({**event("x"), "time": 5, "message": "y", "level": "z", "failure": "f"})
        self.assertEqual(("x", "info", "2026-01-01T12:00:00.250Z"), (made["message"], made["level"], made["time"]))
        self.assertNotIn("failure", made)

    def test_others(self) -> None:
        """Any other value becomes the beginning of its repr; no value raises an error."""
        made = objectOf(
            event("x", items=["a" * 99, 5], nothing=float("nan"), bytes=b"\xff", odd=Odd(), long="y" * 9999)
        )
        self.assertEqual(60, len(made["items"]))
        self.assertEqual(("nan", "b'\\xff'"), (made["nothing"], made["bytes"]))
        self.assertIn("Odd", made["odd"])
        self.assertEqual(LONGEST, len(made["long"]))

    def test_list(self) -> None:
        """A list of texts is a list, which is cut if it is long."""
        made = objectOf(event("x", few=["limits.ping", "a\nb"], none=[], many=["y" * 1000] * 9))
        self.assertEqual((["limits.ping", "a\nb"], [], 4), (made["few"], made["none"], len(made["many"])))

    def test_failure(self) -> None:
        """A failure is a traceback.  Its error may be unable to say what it is."""
        self.assertIn("ValueError: no", objectOf(event("x", log_failure=Failure(ValueError("no"))))["failure"])
        self.assertIn("OddError", objectOf(event("x", log_failure=Failure(OddError())))["failure"])

    def test_noFormat(self) -> None:
        """An event whose message cannot be made is written all the same."""
        for made in (event("{missing}"), event("{odd}", odd=Odd()), {"log_format": "x"}):
            self.assertTrue(objectOf(made)["message"])
            self.assertTrue(asText(made))

    @given(st.text(), st.text(min_size=1).filter(lambda name: not name.startswith("log_")), st.text())
    def test_anything(self, text: str, name: str, value: str) -> None:
        """Every text gives one line of printable characters."""
        made = {**event("{text}", text=text), name: value}
        for written in (asText(made), asJson(made)):
            self.assertTrue(written is None or written.removesuffix("\n").isprintable(), written)
