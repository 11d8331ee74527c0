"""What a text may be: neither empty nor too long, and with nothing in it that ends a line of some protocol."""

from __future__ import annotations

import re

from twistchat.chat.errors import BadText, NothingSaid, TooLong

_WITHOUT_DELIMITERS = str.maketrans("\r\n\0", "   ")


FORMATTING = re.compile("[\x02\x03\x04\x0f\x11\x16\x1d\x1e\x1f]")
"""
Colours and other formatting in a text, as IRC clients have them (modern.ircdocs.horse, "Formatting"): bold, colour, hex
colour, reset, monospace, reverse, italics, strikethrough, underline.
"""

_CTCP = re.compile("^\x01(?!ACTION\\b)", re.MULTILINE)


def checkMessage(text: str, limit: int, lines: int) -> None:
    """
    Check what is to be said.  It may have several lines, with LF between them.

    @param limit: bytes of UTF-8, those between lines included.
    @param lines: how many lines.
    @raise ChatError: it cannot be said.
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
    """Whether a text, or a line of it, asks other clients for something (CTCP); an action does not."""
    return _CTCP.search(text) is not None


def checkText(what: str, text: str, limit: int) -> None:
    """
    Check a text that goes with something else.

    @param what: what it is, as errors call it.
    @param limit: characters.
    @raise ChatError: it cannot be taken.
    """
    if len(text) > limit:
        raise TooLong(what, len(text), limit)
    _checkDelimiters(what, text, "\r\n\0")


def counted(count: int, noun: str) -> str:
    """
    A number of things in words: C{"1 room"}, C{"2 rooms"}.

    @param noun: what is counted, in the singular.  Its plural must be regular.
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def withoutDelimiters(text: str) -> str:
    """A text with a space for each character that would end a line."""
    return text.translate(_WITHOUT_DELIMITERS)


def _checkDelimiters(what: str, text: str, delimiters: str) -> None:
    for character in delimiters:
        if character in text:
            raise BadText(what, character)
