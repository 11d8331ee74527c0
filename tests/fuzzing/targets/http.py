"""Requests to the web door: their heads, whole connections, forms, and headers of proxies."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache, partial
from typing import Final
from unittest.mock import patch

import h11

from tests.doors.web.browser import HOST, ORIGIN, HttpClient
from tests.fuzzing.target import Target, assertPrintable, cuts, nothingLogged, pieces, words
from twistchat.config import Settings
from twistchat.doors.irc import IrcDoor
from twistchat.doors.line import LineDoor
from twistchat.doors.web import site
from twistchat.doors.web.door import WebDoor
from twistchat.doors.web.head import BODY, END, HEAD, BadHead, checkHead, endOfHead
from twistchat.doors.web.pages import Pages
from twistchat.testing import MemoryServer
from twistchat.testing.server import settingsOf

DOORS: Final = (LineDoor(), IrcDoor(), WebDoor())

CONFIGURATION: Final = (
    '[server]\nname = "twistchat"\n[limits]\nexempt = ["127.0.0.0/8"]\n[accounts]\nplaintext = true\n'
)

DIRECT: Final = settingsOf(CONFIGURATION, DOORS)
"""The settings of a server that browsers reach without a proxy."""

PROXIED: Final = settingsOf(f'{CONFIGURATION}[web]\nproxies = ["127.0.0.0/8", "::1"]\n', DOORS)
"""The settings of a server behind a proxy, which is the client."""

STATUSES: Final = {200, 302, 304, *range(400, 406), 411, 413, 414, 415, 421, 426, 429, 431, 503, 505}
"""What a client may be answered.  Others, such as 500, are faults of the server."""

REFUSED: Final = b"HTTP/1.1 400"
"""The beginning of the answer to a request that cannot be read.  It names the fault that was seen first."""

DATE: Final = re.compile(rb"(?i)\r\nDate: [^\r]*")
"""A header that Twisted adds."""

GET: Final = f"GET /static/no HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()


def checkHeads(data: bytes) -> None:
    """
    The end of a head is found in the same place for any pieces, and a head that is accepted has one meaning.

    h11 accepts each head that is accepted here, and reads the same method, path and size of the body from it.
    """
    whole = _endOf(data, 0)
    size = whole if isinstance(whole, BadHead) else _sizeOf(data[:whole])
    for end in cuts(data, 8):
        part = _endOf(data[:end], 0)
        if isinstance(part, BadHead):
            assert isinstance(size, BadHead)  # lines without CR are refused with the head, or before its end
        elif part:
            assert whole == part
        else:
            assert _endOf(data, end) == whole
    if not whole or isinstance(whole, BadHead) or isinstance(size, BadHead):
        return
    head = data[:whole]
    assert 0 <= size <= BODY
    hosts = [line for line in head.split(b"\r\n")[1:] if line.lower().startswith(b"host:")]
    if len(hosts) > 1:
        return  # h11 refuses this; the site does so later
    server = h11.Connection(h11.SERVER)
    server.receive_data(head if hosts else head[: -len(b"\r\n")] + b"Host: a" + END)
    event = server.next_event()
    assert isinstance(event, h11.Request), event
    method, path, _ = head.split(b"\r\n", 1)[0].split(b" ")
    assert (event.method, event.target) == (method, path)
    sizes = [int(value) for name, value in event.headers if name == b"content-length"]
    assert (sizes or [0]) == [size]


def _endOf(data: bytes, since: int) -> int | BadHead:
    """Find the end of a head, or return why it is refused."""
    try:
        end = endOfHead(data, since)
    except BadHead as bad:
        return _checked(bad)
    assert end == 0 or (data[:end].endswith(END) and end <= HEAD)
    return end


def _sizeOf(head: bytes) -> int | BadHead:
    """Return the size of the body after a head, or why the head is refused; 0 for a head that is not complete."""
    try:
        return checkHead(head) if head else 0
    except BadHead as bad:
        return _checked(bad)


def _checked(bad: BadHead) -> BadHead:
    assert 400 <= bad.status < 600
    assertPrintable(bad.why)
    return bad


@cache
def _pages() -> Pages:
    """The files of the page.  Reading and compressing them takes 40 ms, so all servers share them."""
    return Pages()


def ask(settings: Settings, *parts: bytes) -> bytes:
    """
    Send some bytes to a new server with these settings.

    Nothing fails in the server, and it serves the next client.

    @return: what it answers, without the dates, which are those of the machine's clock.
    """
    with patch.object(site, "Pages", _pages):
        server = MemoryServer(settings, doors=DOORS)
    client = HttpClient(server)
    for part in parts:
        client.send(part)
    server.advance(100)
    assert client.lost, "the connection is open"
    witness = HttpClient(server)
    witness.send(GET)
    assert witness.received.startswith(b"HTTP/1.1 404 "), witness.received
    return DATE.sub(b"", client.received)


def checkConnection(settings: Settings, data: bytes) -> None:
    """
    Whatever a client sends, nothing fails in the server, the connection ends, and the answers are well formed.

    The answers are the same for any pieces, but for the reason of a refusal.
    """
    with nothingLogged():
        whole = ask(settings, data)
        divided = ask(settings, *pieces(data))
    if data.count(b"HTTP/") < 2 and not whole.startswith(REFUSED):
        assert whole == divided
    assert whole[: len(REFUSED)] == divided[: len(REFUSED)]
    if b"HEAD" not in data and b"101 Switching" not in whole:
        for status, headers, _ in answersOf(whole):
            assert status in STATUSES, whole
            assert headers.get("content-length", "").isdigit()


def answersOf(data: bytes) -> list[tuple[int, dict[str, str], bytes]]:
    """
    Split the answers of a server.

    @raise AssertionError: they are not well formed, or something is left.
    """
    found = []
    while data:
        head, end, data = data.partition(END)
        assert end, head
        status, *lines = head.decode().split("\r\n")
        for line in [status, *lines]:
            assertPrintable(line)
        headers = {line.partition(": ")[0].lower(): line.partition(": ")[2] for line in lines}
        size = int(headers.get("content-length", "0"))
        assert len(data) >= size, (head, data)
        found.append((int(status.split()[1]), headers, data[:size]))
        data = data[size:]
    return found


def request(path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """Make a request with a body."""
    names = {"Host": HOST, "Origin": ORIGIN, "Content-Length": str(len(body)), **headers}
    lines = [f"POST {path} HTTP/1.1", *[f"{name}: {value}" for name, value in names.items()]]
    return "\r\n".join(lines).encode() + END + body


def checkForm(data: bytes) -> None:
    """A form with any body is answered with JSON: a result, or an error whose text a terminal can show."""
    for path in ("/login", "/logout", "/admin/command"):
        with nothingLogged():
            received = ask(DIRECT, request(path, data[:BODY], {"Content-Type": "application/json"}))
        ((status, headers, body),) = answersOf(received)
        assert status in {200, 400, 401, 403, 404, 429, 503}, received
        if headers.get("content-type", "").startswith("application/json"):
            answer = json.loads(body)
            assert isinstance(answer, dict)
            if status != 200:
                assert answer["error"] and answer["code"], answer
                assertPrintable(answer["error"])
        else:
            assert status == 404 or not body, received


def _head(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


HEAD_SEEDS: Final = (
    _head(f"GET / HTTP/1.1\nHost: {HOST}\nCookie: twistchat=abc; a=b\n\n"),
    _head(f"POST /login HTTP/1.1\nHost: {HOST}\nContent-Length: 2\nContent-Type: application/json\n\n{{}}"),
    _head(
        f"GET /socket HTTP/1.1\nHost: {HOST}\nConnection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-WebSocket-Protocol: text.ircv3.net\n\n"
    )
    + b"\x81\x86\0\0\0\0NICK a",
    _head("GET /static/../x HTTP/1.0\nConnection: keep-alive\nIf-None-Match: x\nAccept-Encoding: gzip\n\n") * 2,
    _head("GET /oidc/x?code=1&state=%ff HTTP/1.1\nHost: localhost\nForwarded: for=192.0.2.1;proto=https\n\n"),
    _head('GET / HTTP/1.1\nHost: a\nForwarded: for="[2001:db8::1]:80", for=127.0.0.1\nX-Forwarded-Proto: https\n\n'),
    _head("GET /admin HTTP/1.1\nHost: [::1]:80\nX-Forwarded-For: 192.0.2.1, 127.0.0.1\nOrigin: null\n\n"),
    _head("POST / HTTP/1.1\nHost: a\nContent-Length: 1\nContent-Length: 2\n\nab"),
    *[_head(f"GET / HTTP/1.1\nHost: a\nX: a{chr(code)}b\n\n") for code in (0, 9, 11, 12, 13, 27, 28, 127, 133)],
    _head("POST / HTTP/1.1\nTransfer-Encoding: chunked\nContent-Length: 0, 0\n\n0\n\n"),
)
"""Requests of all kinds."""

HEAD_WORDS: Final = (
    *words("GET POST HEAD OPTIONS / /login /logout /socket /static/ /oidc/ /admin /admin/status /admin/acts HTTP/1.1"),
    *words("HTTP/1.0 Host: Content-Length: Transfer-Encoding: Cookie: twistchat= __Host-twistchat= Origin: Forwarded:"),
    *words("for= proto=https X-Forwarded-For: X-Forwarded-Proto: Upgrade: websocket Connection: Sec-WebSocket-Key:"),
    *words("Sec-WebSocket-Version: 13 Sec-WebSocket-Protocol: Expect: 100-continue % %00 ? & chunked [::1]"),
    *(b" ", b"\r\n", b"\n", b"\r\n\r\n", b"\t", b"\x0b", b"\0", b"\xff", b": ", b"\r\nHost: 127.0.0.1:6680\r\n"),
)

HEADS: Final = Target("http-head", checkHeads, HEAD_SEEDS, HEAD_WORDS, most=HEAD + 100)
"""The head of a request, sans I/O."""

CONNECTION: Final = Target(
    "http-connection", partial(checkConnection, DIRECT), HEAD_SEEDS, HEAD_WORDS, most=4096, cost=10
)
"""A whole connection to the web door."""

BEHIND_PROXY: Final = Target(
    "http-proxied", partial(checkConnection, PROXIED), HEAD_SEEDS, HEAD_WORDS, most=4096, cost=10
)
"""The same, from a proxy."""

FORM: Final = Target(
    "http-form",
    checkForm,
    (
        b'{"name": "alice", "password": "correct horse", "code": "123456"}',
        b'{"command": "account.show", "arguments": {"name": "x"}}',
        b'{"name": "\\ud800", "password": null, "code": 1e999}',
        b"[[[[1]]]]",
    ),
    words(
        '{ } [ ] "name": "password": "code": "command": "arguments": , : null true 1e999 \\u0000 \\ud800 "" "x"',
        b"\xff",
        b"[" * 5000,
        b"9" * 5000,
    ),
    most=8192,
    cost=15,
)
"""The bodies of forms."""

TARGETS: Final = (HEADS, CONNECTION, BEHIND_PROXY, FORM)
"""The targets of this module."""
