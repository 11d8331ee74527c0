"""What a text may be: neither empty nor too long, and with nothing in it that ends a line of some protocol."""

from __future__ import annotations

from twistchat.chat.errors import BadText, NothingSaid, TooLong

_WITHOUT_DELIMITERS = str.maketrans("\r\n\0", "   ")


def checkMessage(text: str, limit: int) -> None:
    """
    Check what is to be said.

    @param limit: bytes of UTF-8.
    @raise ChatError: it cannot be said.
    """
    if not text:
        raise NothingSaid
    if 4 * len(text) > limit and (length := len(text.encode())) > limit:
        raise TooLong("the message", length, limit, "bytes")
    _checkDelimiters("the message", text)


def checkText(what: str, text: str, limit: int) -> None:
    """
    Check a text that goes with something else.

    @param what: what it is, as errors call it.
    @param limit: characters.
    @raise ChatError: it cannot be taken.
    """
    if len(text) > limit:
        raise TooLong(what, len(text), limit)
    _checkDelimiters(what, text)


def withoutDelimiters(text: str) -> str:
    """A text with a space for each character that would end a line."""
    return text.translate(_WITHOUT_DELIMITERS)


def _checkDelimiters(what: str, text: str) -> None:
    if "\n" in text or "\r" in text or "\0" in text:
        raise BadText(what, next(character for character in text if character in "\r\n\0"))
