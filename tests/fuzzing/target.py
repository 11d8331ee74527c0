"""A target, and what targets share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Final, cast
from zlib import crc32

from twisted.logger import ILogObserver, LogEvent, LogLevel, formatEvent, globalLogPublisher

UNSAFE: Final = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
"""The characters that no terminal may get, without the end of a line."""


@dataclass(frozen=True, slots=True)
class Target:
    """
    A parser with the properties that hold for any input.

    @ivar name: its name in commands, and that of the folder of its findings.
    @ivar check: parses some bytes.  It raises an exception, usually an C{AssertionError}, if a property does not hold.
    @ivar seeds: inputs that reach much of the parser, from which a fuzzer starts.
    @ivar words: parts of inputs that mean something to the parser.
    @ivar most: the size in bytes of the longest input to try.
    @ivar cost: how many times fewer examples Hypothesis tries than for a cheap target.
    """

    name: str
    check: Callable[[bytes], None]
    seeds: tuple[bytes, ...]
    words: tuple[bytes, ...]
    most: int = 2048
    cost: int = 1


def pieces(data: bytes) -> Iterator[bytes]:
    """
    Divide bytes as a network may.

    The places depend on the bytes only, so the same input is always divided in the same way.
    """
    random = Random(crc32(data))
    at = 0
    while at < len(data):
        size = random.choice((1, 1, 2, 3, 7, 64, 1024))
        yield data[at : at + size]
        at += size


def cuts(data: bytes, most: int = 16) -> Iterable[int]:
    """Choose some places in bytes, or all if there are few.  They depend on the bytes only."""
    places = range(len(data) + 1)
    return places if len(places) <= most else sorted(Random(crc32(data)).sample(places, most))


def words(text: str, *more: bytes) -> tuple[bytes, ...]:
    """Return the words of a text as bytes, and some more."""
    return (*[word.encode() for word in text.split()], *more)


def assertPrintable(text: str) -> None:
    """Assert that a message for people is one line that no terminal interprets."""
    found = UNSAFE.search(text)
    assert found is None and "\n" not in text, f"not printable: {text!r}"


@contextmanager
def nothingLogged() -> Iterator[None]:
    """
    Assert that no failure is logged: whatever a client sends is no fault of the server.

    @raise AssertionError: the log has a failure.
    """
    found: list[LogEvent] = []

    def note(event: LogEvent) -> None:
        if "log_failure" in event or event.get("log_level") is LogLevel.critical:
            found.append(event)

    observer = cast(ILogObserver, note)
    globalLogPublisher.addObserver(observer)
    try:
        yield
    finally:
        globalLogPublisher.removeObserver(observer)
    for event in found:
        failure = event.get("log_failure")
        if failure is not None:
            raise AssertionError(f"logged: {failure.getTraceback()}")
        raise AssertionError(f"logged: {formatEvent(event)}")
