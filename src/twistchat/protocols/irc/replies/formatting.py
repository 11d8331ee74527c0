"""Formats parameters: text from clients as valid parameters, lists, times and durations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from twistchat.wire.irc.message import fit

_UNFIT = re.compile(r"[^A-Za-z0-9._\-\[\]{}|^`\\]")

_DELIMITERS = dict.fromkeys(map(ord, " \r\n\0"), "\N{REPLACEMENT CHARACTER}")

USERNAME = 16
"""The most characters of a username without its C{~}."""

SHOWN = 250
"""The most bytes of a client's text that a reply repeats, so that the rest of the line has space."""


def cleanUsername(given: str) -> str:
    """
    Make the username that others see.  It has no character that a C{nick!user@host} must not contain, and begins with
    C{~}, since no ident server has confirmed it.

    @param given: the first parameter of USER.
    """
    return f"~{_UNFIT.sub('', given)[:USERNAME] or 'user'}"


def middle(given: str) -> str:
    """
    Format a client's text as a parameter before the last (RFC 1459, section 2.3.1, "middle").

    It is not empty, does not begin with a colon, and contains no space or line end.
    """
    text = fit(given.translate(_DELIMITERS), SHOWN) or "*"
    return text if text[0] != ":" else f"\N{REPLACEMENT CHARACTER}{text[1:]}"


def joinWords(words: Iterable[str], separator: str, size: int) -> Iterator[str]:
    """
    Join words into texts, with as many words in each text as fit.

    @param separator: consists of ASCII characters.
    @param size: the most bytes of UTF-8 in a text.  A longer word is a text of its own.
    """
    # One search for each text, instead of one step for each word: NAMES of a large channel has thousands of words.
    data, between = separator.join(words).encode(), separator.encode()
    start = 0
    while len(data) - start > size:
        end = data.rfind(between, start, start + size + len(between))
        if end < 0:
            end = data.find(between, start)
        if end < 0:
            break
        yield data[start:end].decode()
        start = end + len(between)
    if data:
        yield data[start:].decode()


def formatTime(time: float) -> str:
    """
    Format a time, as in C{2026-01-02 09:05:59 UTC}.

    @param time: seconds since the epoch.
    """
    return f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d %H:%M:%S} UTC"


def formatDuration(seconds: float) -> str:
    """Format a duration as bans have it, in its two largest units.  The least is a second."""
    left = max(1, round(seconds))
    parts = []
    for unit, size in (("w", 604800), ("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts[:2])
