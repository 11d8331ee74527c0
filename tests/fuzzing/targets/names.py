"""What users type in one parameter: selectors of the history, masks, and names."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

from tests.fuzzing.target import Target, assertPrintable, words
from twistchat.chat.errors import ChatError
from twistchat.chat.model.bans.masks import (
    MOST_WILDCARDS,
    BadMask,
    Glob,
    Mask,
    checkWildcards,
    fullMask,
    normalizeExtended,
    normalizeMask,
    readGlob,
)
from twistchat.chat.model.events import Source
from twistchat.chat.model.names import fold, normalizeNick, normalizeRoom
from twistchat.chat.model.spans import At
from twistchat.chat.model.users import User
from twistchat.protocols.irc.commands.history.selectors import (
    MOST,
    SELECTORS,
    BadRequest,
    MessageId,
    parseLimit,
    parseRequest,
)
from twistchat.wire.irc.message import parse, serialize

USERS: Final = tuple(
    [
        User(source, 0)
        for source in (
            Source("u1", "Alice", "~al", "a.cloak", "alice", "Alice A."),
            Source("u2", "bob", "bo", "192.0.2.1", None, "Bob [B]"),
            Source("u3", "\N{LATIN SMALL LETTER E WITH ACUTE}", "x", "::1", "a*b", ""),
        )
    ]
)
"""Users to match with masks."""


def checkSelectors(data: bytes) -> None:
    """
    The parameters of CHATHISTORY are a request, or have an error that names them.

    A time means the same for the standard library.  A limit is never above L{MOST}.
    """
    params = tuple(data.decode(errors="replace").split(" "))
    for text in params:
        limit = parseLimit(text)
        if limit is not None:
            assert 1 <= limit <= MOST
            assert limit == min(int(text[-30:] if len(text.lstrip("0")) < 30 else "9" * 30), MOST)
    try:
        request = parseRequest(params)
    except BadRequest as bad:
        assert bad.code.startswith("INVALID_")
        assert set(bad.context) <= set(params)
        assertPrintable(bad.why)
        return
    assert request.command in SELECTORS and 1 <= request.limit <= MOST
    assert len(request.selectors) <= SELECTORS[request.command]
    for text, selector in zip(params[-1 - len(request.selectors) : -1], request.selectors, strict=True):
        kind, _, value = text.partition("=")
        if isinstance(selector, MessageId):
            assert (kind, value) == ("msgid", selector.id) and value
        else:
            assert isinstance(selector, At) and kind == "timestamp"
            when = datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
            since = when - datetime(1970, 1, 1, tzinfo=UTC)
            assert selector.time == (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


def checkMask(data: bytes) -> None:
    """
    A mask has one normal form, or an error that describes a valid one.

    A normal mask fits into a line of IRC if it is short enough, and matches what a plain implementation matches.
    """
    text = re.sub(r"\s", "", data.decode(errors="replace"))
    whole = normalizeMask(text)
    assert normalizeMask(whole) == whole and "**" not in whole
    try:
        normal = normalizeExtended(text)
        checkWildcards(normal)
    except BadMask as bad:
        assertPrintable(str(bad))
    else:
        assert normalizeExtended(normal) == normal, normal
        assert normal.count("*") + normal.count("?") <= MOST_WILDCARDS
        mask = Mask(normal)
        for user in USERS:
            own = fullMask(user.source)
            found = mask.matches(user, own)
            if normal[:1] != "~" or ":" not in normal:
                assert found == _matches(normal, own), (normal, own)
    with suppress(BadMask):
        readGlob(text)
    glob = Glob(text)
    for user in USERS:
        own = fullMask(user.source)
        assert glob.matches(own) == _matches(text, own), (text, own)
        assert glob.matches(text) or "*" in text or "?" in text


def _matches(pattern: str, text: str) -> bool:
    """Match a pattern by dynamic programming, one character after the other."""
    reached = {0}
    for letter in pattern:
        if letter == "*":
            reached = set(range(min(reached), len(text) + 1)) if reached else set()
        else:
            reached = {at + 1 for at in reached if at < len(text) and letter in ("?", text[at])}
    return len(text) in reached


def checkName(data: bytes) -> None:
    """
    A name of a user or a room is valid, or has an error with a reason.

    A valid name stays the same, is a parameter of its own in a line of IRC, and no terminal interprets it.  Folding is
    final.
    """
    text = data.decode(errors="surrogateescape")
    assert fold(fold(text)) == fold(text), text
    for normalize in (normalizeNick, normalizeRoom):
        try:
            name = normalize(text, 32)
        except ChatError as bad:
            assert bad.text
            continue
        assert 0 < len(name) <= 32
        assertPrintable(name)
        assert normalize(name, 32) == name
        assert normalize(fold(name), 1000), name
        for params in ((name, "x"), (name,)):
            assert parse(serialize("TEST", params, name)[:-2])[1:] == (name, "TEST", params), name


SELECTOR: Final = Target(
    "selectors",
    checkSelectors,
    (
        b"LATEST #tea * 50",
        b"BEFORE #tea timestamp=2026-01-01T12:00:00.000Z 10",
        b"BETWEEN bob msgid=test-1 timestamp=9999-12-31T23:59:59.999Z 00100",
        b"TARGETS timestamp=0001-01-01T00:00:00.000Z timestamp=2026-02-30T12:00:00.000Z 5",
        b"around #a msgid= 99999999999999999999",
        b"AFTER #a other=x 1",
    ),
    words(
        "LATEST BEFORE AFTER AROUND BETWEEN TARGETS #tea * timestamp= msgid= test-1 2026-01-01T12:00:00.000Z 0",
        b" ",
        b"\xd9\xa1",
        b"T24:00:00",
        b"-02-29",
        b":60.000Z",
        b"=",
        b"\xff",
    ),
    most=512,
)
"""The parameters of CHATHISTORY, and the times and limits of SEARCH."""

MASK: Final = Target(
    "masks",
    checkMask,
    (b"alice!*@*.cloak", b"~a:al*", b"~m:~r:b?b*", b"~c:@#tea", b"~U:*!*@192.0.2.*", b"*?*?*a*?", b"~u@h", b"~~::!@@"),
    words(
        "* ? ** *? ! @ ~ ~a: ~c: ~r: ~U: ~m: ~n: #tea @#tea alice !~al @a.cloak 192.0.2.1 \xe9 [ ] \\ . ^ $ : bob!bo@"
    ),
    most=200,
)
"""Masks of bans, and their matching."""

NAME: Final = Target(
    "names",
    checkName,
    (
        b"alice",
        b"#tea",
        "#caf\xe9".encode(),
        "e\u0301\u200d".encode(),
        b"a[]\\^{}|~",
        b"NickServ",
        b"@+#x",
        b"\xff",
        b"#",
    ),
    words(
        "# @ : ! , * ? ~ & + alice server. . - _ 0 \xe9 \u0430 \u0130 \u1e9e \u03c2 \u1fb3 \u01c5 \ufb01 \uff21 \u2126",
        b"\xcc\x81",
        b"\xe2\x80\x8d",
        b"\xe2\x80\xae",
        b"\xef\xb8\x8f",
        b"\0",
        b"\x1b",
        b" ",
        b"\xed\xa0\x80",
    ),
    most=128,
)
"""Names of users and rooms."""

TARGETS: Final = (SELECTOR, MASK, NAME)
"""The targets of this module."""
