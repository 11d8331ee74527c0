"""Checks of texts: they are neither empty nor too long, and contain no line delimiters."""

from __future__ import annotations

import re

from twistchat.chat.errors import BadText, NothingSaid, TooLong

_WITHOUT_DELIMITERS = str.maketrans("\r\n\0", "   ")


FORMATTING = re.compile("[\x02\x03\x04\x0f\x11\x16\x1d\x1e\x1f]")
"""
The control characters for formatting in IRC (modern.ircdocs.horse, "Formatting"): bold, colour, hex colour,
reset, monospace, reverse, italics, strikethrough, underline.
"""

_CTCP = re.compile("^\x01(?!ACTION\\b)", re.MULTILINE)


def checkMessage(text: str, limit: int, lines: int) -> None:
    """
    Check a message.  It may have several lines, with LF between them.

    @param limit: its maximum length in bytes of UTF-8, including the LFs.
    @param lines: its maximum number of lines.
    @raise ChatError: the message is invalid.
    """
    severalLines = "\n" in text
    if not (text.strip("\n") if severalLines else text):
        raise NothingSaid
    if 4 * len(text) > limit and (length := len(text.encode())) > limit:
        raise TooLong("the message", length, limit, "bytes")
    if severalLines and (count := text.count("\n") + 1) > lines:
        raise TooLong("the message", count, lines, "lines")
    if "\r" in text or "\0" in text:
        _checkDelimiters("the message", text, "\r\0")


def asksClients(text: str) -> bool:
    """Whether a text, or a line of it, is a CTCP request.  Actions do not count."""
    return _CTCP.search(text) is not None


def checkText(what: str, text: str, limit: int) -> None:
    """
    Check a text of one line, such as a topic or a reason.

    @param what: its name in errors.
    @param limit: its maximum length in characters.
    @raise ChatError: the text is invalid.
    """
    if len(text) > limit:
        raise TooLong(what, len(text), limit)
    _checkDelimiters(what, text, "\r\n\0")


def withoutDelimiters(text: str) -> str:
    """Replace each CR, LF and NUL by a space."""
    return text.translate(_WITHOUT_DELIMITERS)


def _checkDelimiters(what: str, text: str, delimiters: str) -> None:
    for character in delimiters:
        if character in text:
            raise BadText(what, character)
