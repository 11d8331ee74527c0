"""
Turns events of L{twisted.logger} into the lines of the log: text for people, or objects in JSON for programs.

An event may contain what users wrote.  So every character that is not printable is escaped here, whoever logs it: line
ends, the control characters C0, DEL and C1, and the characters that change the direction of a text.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from math import isfinite
from typing import Any, Final

from twisted.logger import LogEvent, LogLevel, formatEvent, formatTime
from twisted.python.failure import Failure
from twisted.python.reflect import safe_repr

from twistchat.config.jsontext import jsonLine
from twistchat.config.toml import printable, shortened

LONGEST: Final = 4096
"""The most characters of a message or of a field.  The rest is cut off."""

LONGEST_TRACEBACK: Final = 65_536
"""The most characters of a traceback.  Its beginning is cut off, because its end names the error."""

INDENT: Final = "    "
"""The beginning of each line of a traceback in a text."""

RESERVED: Final = frozenset({"time", "level", "message", "namespace", "system", "failure", "format", "isError"})
"""The names of fields that an object has of its own, or that only the old interface of C{twisted.python.log} uses."""


def asText(event: LogEvent) -> str | None:
    """
    Write an event as text: its time, its level unless that is info, and its message on one line.

    A traceback follows on lines of its own, which are indented.  No other event has more than one line.

    @return: whole lines; C{None} if the event has nothing to say.  This never raises an error.
    """
    message, traceback = _messageOf(event), _tracebackOf(event)
    if not message and not traceback:
        return None
    level = event.get("log_level")
    shown = "" if level is None or level is LogLevel.info else f"{level.name}: "
    lines = [f"{_localTime(event.get('log_time'))} {shown}{printable(message)}"]
    lines += [f"{INDENT}{printable(line)}" for line in traceback.splitlines()]
    return "\n".join(lines) + "\n"


def asJson(event: LogEvent) -> str | None:
    """
    Write an event as an object in JSON, on one line.

    It has C{time} (ISO 8601, UTC), C{level}, C{message} and C{namespace}, and the fields of the event.  A field that is
    no text, number, truth value or list of texts becomes the beginning of its C{repr}.  C{failure} is the traceback.

    @return: one line; C{None} if the event has nothing to say.  This never raises an error.
    """
    message, traceback = _messageOf(event), _tracebackOf(event)
    if not message and not traceback:
        return None
    level = event.get("log_level")
    written: dict[str, object] = {
        "time": _isoTime(event.get("log_time")),
        "level": "info" if level is None else level.name,
        "message": message,
        "namespace": str(event.get("log_namespace", "-")),
    }
    system = event.get("log_system")
    if isinstance(system, str) and system != "-":
        written["system"] = system
    for name, value in event.items():
        if not name.startswith("log_") and name not in RESERVED and value is not None:
            written[name] = _plain(value)
    if traceback:
        written["failure"] = traceback
    return jsonLine(written) + "\n"


def _messageOf(event: LogEvent) -> str:
    return formatEvent(event)[:LONGEST]


def _tracebackOf(event: LogEvent) -> str:
    failure = event.get("log_failure")
    if not isinstance(failure, Failure):
        return ""
    try:
        return failure.getTraceback()[-LONGEST_TRACEBACK:]
    except Exception:  # the error cannot say what it is
        return f"{failure.type.__qualname__ if failure.type else 'An error'}, which has no traceback"


def _localTime(seconds: float | None) -> str:
    return "-" if seconds is None else _localSecond(int(seconds))


@lru_cache(1)
def _localSecond(second: int) -> str:
    """Write a time with its zone.  Many events at once have the same second, and this takes as long as the rest."""
    return str(formatTime(second))


def _isoTime(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def _plain(value: Any) -> object:
    """Return what stands for a value in JSON."""
    if type(value) in (str, bool, int):
        return value[:LONGEST] if isinstance(value, str) else value
    if isinstance(value, float) and isfinite(value):
        return float(value)
    if type(value) is list and all([type(item) is str for item in value]):
        return _fitting(value)
    return shortened(safe_repr(value))


def _fitting(texts: list[str]) -> list[str]:
    """The first texts of a list, which have L{LONGEST} characters together."""
    left, fitting = LONGEST, []
    for text in texts:
        left -= len(text)
        if left < 0:
            break
        fitting.append(text)
    return fitting
