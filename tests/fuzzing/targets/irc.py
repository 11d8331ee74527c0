"""Lines of IRC: messages, their tags, and the fast path for plain texts."""

from __future__ import annotations

from typing import Final

from twisted.words.protocols.irc import parsemsg

from tests.fuzzing.target import Target, words
from twistchat.protocols.irc.fastpath import PREFIX, read
from twistchat.wire.irc.cleaning import MAX_CLIENT_TAGS, clientTags
from twistchat.wire.irc.message import (
    MAX_LINE,
    BadMessage,
    Message,
    NotUtf8,
    Unwritable,
    escapeTag,
    isTagKey,
    measure,
    parse,
    parseTags,
    serialize,
    unescapeTag,
    writeTags,
)

DELIMITERS: Final = frozenset("\0\r\n")

ESCAPED: Final = {":": ";", "s": " ", "r": "\r", "n": "\n"}
"""What a character after a backslash stands for, in the value of a tag."""


def checkMessage(line: bytes) -> None:
    """
    A line is a message, or has an error with a reason.

    No field of a message has a delimiter.  Writing a message and reading it gives the same message.  Twisted's parser
    reads the same from a line that both accept.
    """
    tags, rest = measure(line)
    assert tags >= 0 and rest >= 2 and tags + rest <= len(line) + 2
    try:
        message = parse(line)
    except BadMessage as bad:
        assert bad.why
        assert not bad.command or serialize(bad.command)
        assert bad.label is None or not DELIMITERS & set(parseTags(f"label={escapeTag(bad.label)}"))
        if isinstance(bad, NotUtf8):
            line[: bad.offset].decode()
        _checkFastPath(line, None)
        return
    assert message.command and " " not in message.command
    for field in (message.source, message.command, *message.params, *message.tags):
        assert not DELIMITERS & set(field), message
    for field in (message.source, *message.params[:-1]):
        assert " " not in field, message
    _checkFastPath(line, message)
    _checkWritten(message)
    _checkTwisted(line, message)


def _checkFastPath(line: bytes, message: Message | None) -> None:
    """The fast path reads what the general path reads, and leaves what that refuses, but for a CR or NUL in a text."""
    found = read(line, MAX_LINE) if line.startswith(PREFIX) else None
    if found is None:
        return
    name, text = found
    assert len(line) + 2 <= MAX_LINE and "\n" not in text and not DELIMITERS & set(name)
    if message is None:
        assert DELIMITERS & set(text), line
    else:
        assert message == Message({}, "", "PRIVMSG", (name, text)), line


def _checkWritten(message: Message) -> None:
    try:
        data = serialize(message.command, message.params, message.source, message.tags)
    except Unwritable as why:
        bad = (message.source[:1] == ":", not (message.command.isascii() and message.command.isalnum()))
        assert any(bad) or "takes" in str(why) or "take" in str(why) or "is no command" in str(why), why
        return
    assert data.endswith(b"\r\n") and data.count(b"\n") == 1
    assert parse(data[:-2]) == message, data


def _checkTwisted(line: bytes, message: Message) -> None:
    """Compare with Twisted's parser, which knows no tags, and takes other white space for spaces."""
    text = line.decode()
    if text[:1] in ("@", " ") or any([letter.isspace() and letter != " " for letter in text]):
        return
    source, command, params = parsemsg(text)
    upper = command.upper() if command.isascii() else command
    assert (message.source, message.command, list(message.params)) == (source, upper, params), text


def modelValue(text: str) -> str:
    """Unescape the value of a tag, character by character."""
    found = ""
    letters = iter(text)
    for letter in letters:
        escaped = next(letters, "") if letter == "\\" else ""
        found += ESCAPED.get(escaped, escaped) if letter == "\\" else letter
    return found


def modelTags(text: str) -> dict[str, str]:
    """Parse tags.  The last value of a key counts."""
    parts = [tag.partition("=") for tag in text.split(";")]
    return {key: modelValue(value) for key, _, value in parts if key}


def checkTags(data: bytes) -> None:
    """
    Any text between C{@} and the space has tags, which a plain implementation reads too.

    Their keys are valid.  Values survive escaping.  What the server writes of them is bounded, and parses as the same.
    """
    whole = data.decode(errors="replace")
    assert parseTags(whole) == modelTags(whole)
    assert unescapeTag(whole) == modelValue(whole)
    assert unescapeTag(escapeTag(whole)) == whole
    text = whole.replace(" ", "").translate(dict.fromkeys(range(32)))
    tags = parseTags(text)
    for key, value in tags.items():
        assert key and isTagKey(key), key
        assert unescapeTag(escapeTag(value)) == value
        assert not set(escapeTag(value)) & set("; \r\n")
    assert parseTags(writeTags(tags)) == tags
    written = clientTags(tuple(tags.items()))
    assert len(written.encode()) <= MAX_CLIENT_TAGS + 1
    assert not set(written) & set(" \0\r\n")
    if written:
        found = parseTags(written[1:])
        assert all([key[:1] == "+" and tags[key[1:]] == value for key, value in found.items()]), written


LETTERS: Final = (b"\r", b"\n", b"\0", b"\xff")
"""Bytes that are refused in some places."""

MESSAGE: Final = Target(
    "irc-message",
    checkMessage,
    (
        b"@label=1;+draft/reply=x\\:y\\s\\\\;time :alice!~a@host.example PRIVMSG #tea,bob :hello, all: now",
        b":irc.example.org 001 alice :Welcome",
        b"PRIVMSG #tea :hello",
        b"  :src   CMD  a  :b ",
        "@+x=\N{SNOWMAN} TAGMSG #caf\xe9".encode(),
        b"@label=\xff PRIVMSG #a :\xc3",
        b"@a=\x00 PRIVMSG #a x\r",
        b"NICK \xed\xa0\x80",
    ),
    words(
        "PRIVMSG NICK @ : :: = ; \\ \\: \\s @label= +draft/reply= #tea 001 \xe9",
        b" ",
        b" :",
        *LETTERS,
        b"PRIVMSG #tea :x",
    ),
    most=1024,
)
"""One line of IRC."""

TAGS: Final = Target(
    "tags",
    checkTags,
    (b"a=1;b;c=;+x/y=\\:\\s\\\\\\r\\n;a=2", b"label=abc;batch=1", b"a=b=c:d;;=x;\\=\\", b"\xff\xfe=\xed\xa0\x80"),
    words("; = \\ \\: \\s \\\\ \\r \\n + +draft/ label= batch= \xe9", *LETTERS),
    most=9000,
)
"""The tags of a message."""

TARGETS: Final = (MESSAGE, TAGS)
"""The targets of this module."""
