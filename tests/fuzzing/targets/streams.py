"""The beginnings of connections, and the bytes of streams: lines, telnet, the PROXY protocol, other protocols."""

from __future__ import annotations

import itertools
import re
import struct
from ipaddress import ip_address
from random import Random
from typing import Final
from zlib import crc32

import h11

from tests.fuzzing.target import Target, cuts, pieces, words
from tests.net.input.test_intake import Taken
from twistchat.interfaces.carrier import Reason
from twistchat.net.input.intake import BYTES, LINES, Shares
from twistchat.testing.turns import TurnClock
from twistchat.wire.lines import Line, LineSplitter, Overlong, TerminatedLines
from twistchat.wire.proxy import LONGEST, LONGEST_TEXT, SIGNATURE, BadHeader, ProxyHeader, parseHeader
from twistchat.wire.sniff import isHostHeader, isHttpRequest, isTlsHello
from twistchat.wire.telnet import IAC, TelnetStripper

LIMIT: Final = 16
"""The longest line in bytes, so that short inputs have longer ones."""

TELNET: Final = re.compile(
    rb"\xff(?:\xfa(?:[^\xff]|\xff[^\xf0])*(?:\xff\xf0|\xff?\Z)|[\xfb-\xfe](?:.|\Z)|[^\xfa-\xfe]|\Z)", re.DOTALL
)
"""Everything in a whole stream that is telnet's, finished or not (RFC 854, RFC 855)."""

ANSWERS: Final = re.compile(rb"(?:\xff[\xfb-\xfe].)*", re.DOTALL)
"""The answers of the server to telnet requests."""


def modelLines(data: bytes, limit: int) -> tuple[list[Line], list[Line]]:
    """Split a whole stream: return the lines that end, and the last one if it does not."""
    *ended, last = [line.removesuffix(b"\r") for line in data.split(b"\n")]
    found: list[Line] = [line if len(line) <= limit else Overlong(len(line)) for line in [*ended, last]]
    return found[:-1], found[-1:] if last else []


def checkLines(data: bytes) -> None:
    """The lines are the same for any pieces, and nothing longer than the limit is kept."""
    ended, last = modelLines(data, LIMIT)
    splitter, strict = LineSplitter(LIMIT), TerminatedLines(LIMIT)
    found = [line for piece in pieces(data) for line in splitter.feed(piece)]
    assert found == ended, found
    assert splitter.finish() == last
    assert splitter.finish() == []
    assert [*strict.feed(data), *strict.finish()] == ended


def checkIntake(data: bytes) -> None:
    """
    Each line is executed once and in order, whatever the server waits for; and a turn's share is bounded.

    At the end nothing waits, the transport is not paused, and the client is told once that its input has ended.
    """
    random = Random(crc32(data))
    clock = TurnClock()
    taken = Taken(Shares(clock))
    executed = 0

    def at(line: Line) -> float:
        nonlocal executed
        executed += 1
        if random.random() < 0.1:
            taken.intake.pause(Reason.BACKLOG)
        return random.choice((0.0, 0.0, 0.0, 0.0, 0.5))

    taken.at = at
    for piece in pieces(data):
        executed = 0
        taken.intake.feed(piece)
        assert executed <= LINES + 1
        if random.random() < 0.5:
            taken.intake.resume(Reason.BACKLOG)
            executed = 0
            clock.turn()
            assert executed <= LINES + 1
    taken.at = lambda line: 0.0
    taken.intake.resume(Reason.BACKLOG)
    clock.pump([0.5] * 4)
    taken.intake.end()
    while not taken.done:
        clock.pump([0.5])
    ended, last = modelLines(data, 100)
    assert taken.lines == [*ended, *last]
    assert taken.intake.idle and taken.done == 1
    assert not taken.cuts or max(taken.cuts) <= BYTES
    assert sum(taken.cuts) == len(data)


def checkTelnet(data: bytes) -> None:
    """
    The text is what is left without commands, and the answers are the same, for any pieces.

    The server hides and shows the input between the pieces.  Each answer is one command of three bytes, and there is at
    most one for each command of the client and each wish of the server.
    """
    one, other = TelnetStripper(), TelnetStripper()
    text = answers = otherText = otherAnswers = b""
    wishes = 0
    for number, piece in enumerate(pieces(data)):
        if number % 3 == 2:
            wishes += 1
            one.hideInput(number % 2 == 0)
            other.hideInput(number % 2 == 0)
        text += one.feed(piece)
        answers += one.takeAnswer()
        otherText += b"".join([other.feed(piece[at : at + 1]) for at in range(len(piece))])
        otherAnswers += other.takeAnswer()
    assert text == otherText == TELNET.sub(b"", data), (text, otherText)
    assert answers == otherAnswers
    assert one.negotiates == other.negotiates
    assert ANSWERS.fullmatch(answers), answers
    assert len(answers) <= 3 * (data.count(IAC) + wishes)
    assert IAC not in text


def headerOf(data: bytes) -> tuple[ProxyHeader, bytes] | str | None:
    """Parse a header of the PROXY protocol, and return the error as text."""
    try:
        return parseHeader(data)
    except BadHeader as bad:
        assert str(bad)
        return str(bad)


def checkProxy(data: bytes) -> None:
    """
    A header is read, waits for more bytes, or is refused; and more bytes change nothing but the rest.

    The address is an IP address without a zone.  The same client in a new header of both versions gives the same.
    """
    whole = headerOf(data)
    for end in cuts(data):
        part = headerOf(data[:end])
        if isinstance(part, tuple):
            assert whole == (part[0], part[1] + data[end:]), part
        elif isinstance(part, str):
            assert whole == part
    if whole is None:
        assert len(data) < max(LONGEST_TEXT, 16 + LONGEST)
    if not isinstance(whole, tuple):
        return
    header, rest = whole
    assert data.endswith(rest)
    assert len(data) - len(rest) <= (16 + LONGEST if data.startswith(SIGNATURE) else LONGEST_TEXT)
    assert 0 <= header.port <= 0xFFFF
    if header.address is None:
        assert header == ProxyHeader()
        return
    address = ip_address(header.address)
    assert str(address) == header.address and "%" not in header.address, header.address
    family = "TCP4" if address.version == 4 else "TCP6"
    text = f"PROXY {family} {address} {address} {header.port} 1\r\n".encode()
    assert headerOf(text + b"x") == (ProxyHeader(header.address, header.port), b"x"), text
    body = address.packed * 2 + struct.pack("!2H", header.port, 1)
    body += b"\x20\x00\x05\x01\x00\x00\x00\x00" if header.secure else b""
    binary = SIGNATURE + struct.pack("!BBH", 0x21, 0x11 if address.version == 4 else 0x21, len(body)) + body
    assert headerOf(binary + b"x") == (header, b"x")


def checkSniff(data: bytes) -> None:
    """Every request line that h11 reads is recognized as HTTP, and so is the header C{Host}."""
    assert isTlsHello(data) == (data[:1] == b"\x16")
    for line in data.split(b"\n"):
        line = line.removesuffix(b"\r")
        isHttpRequest(line)
        isHostHeader(line)
        server = h11.Connection(h11.SERVER)
        server.receive_data(line + b"\r\nHost: a\r\n\r\n")
        try:
            event = server.next_event()
        except h11.RemoteProtocolError:
            continue
        if isinstance(event, h11.Request):
            assert isHttpRequest(line), line
    server = h11.Connection(h11.SERVER)
    server.receive_data(b"GET / HTTP/1.1\r\n" + data.partition(b"\n")[0].removesuffix(b"\r") + b"\r\n\r\n")
    try:
        request = server.next_event()
    except h11.RemoteProtocolError:
        return
    if isinstance(request, h11.Request):  # it has a header Host, which HTTP/1.1 requires
        assert isHostHeader(data.partition(b"\n")[0]), data


STREAM: Final = (b"one\r\ntwo\n\r\r\n\nthree", b"x" * 40 + b"\r\ny\n", b"\r\n" * 20, b"\n" * 300)

LINE: Final = Target("lines", checkLines, STREAM, (b"\r", b"\n", b"\r\n", b"x" * LIMIT, b"\0"))
"""A stream as lines."""

INTAKE: Final = Target("intake", checkIntake, STREAM, (b"\r\n", b"\n" * 130, b"word\n", b"x" * 101), most=4096, cost=3)
"""A stream as lines that are executed in shares."""

TELNETS: Final = Target(
    "telnet",
    checkTelnet,
    (
        b"\xff\xfd\x03\xff\xfb\x18a\xff\xfa\x1f\x00\x50\x00\x18\xff\xf0caf\xc3\xff\xf1\xa9\r\n",
        b"alice\xff\xfd\x01\xff\xfe\x01\xff\xfd\x06\xff\xff\n",
        b"\xff\xfa\x18\xff\xff\xff\xf0b\xff",
    ),
    (
        *[bytes(word) for word in itertools.product((IAC,), (250, 251, 252, 253, 254, 240, 255, 241), (0, 1, 6, 3))],
        *(b"\xff", b"\xff\xf0", b"text\r\n"),
    ),
)
"""A stream with telnet commands."""

PROXY: Final = Target(
    "proxy",
    checkProxy,
    (
        b"PROXY TCP4 192.0.2.7 192.0.2.1 40001 6667\r\nNICK a\r\n",
        b"PROXY TCP6 2001:db8::7 ::1 65535 0\r\n",
        b"PROXY TCP6 ::ffff:192.0.2.7 fe80::1 1 1\r\n",
        b"PROXY UNKNOWN what ever\r\nx",
        SIGNATURE
        + b"\x21\x11\x00\x14"
        + bytes([192, 0, 2, 7, 192, 0, 2, 1, 4, 1, 26, 11])
        + b"\x20\x00\x05\x01\0\0\0\0",
        SIGNATURE + b"\x21\x21\x00\x2b" + bytes(range(36)) + b"\x01\x00\x01x\x20\x00\x00x",
        SIGNATURE + b"\x20\x00\x00\x00rest",
    ),
    words(
        "PROXY TCP4 TCP6 UNKNOWN 192.0.2.7 ::1 fe80::1%eth0 65535 65536 -1 1_0 +1",
        SIGNATURE,
        b"\r\n",
        b" ",
        b"\x21\x11\x00\x0c",
        b"\x21\x21\x00\x24",
        b"\x20\x00\x01\x01",
        b"\x10\x00",
        b"%",
    ),
)
"""The PROXY protocol, versions 1 and 2."""

SNIFF: Final = Target(
    "sniff",
    checkSniff,
    (b"GET / HTTP/1.1\r\nHost: a\r\n", b"\x16\x03\x01\x00\xa5", b"head /index.html", b"NICK x HTTP/1.1", b" host : a"),
    words("GET POST / HTTP/1.1 HTTP/ Host: * :", b" ", b"\t", b"\r\n", b"\x16\x03", b"\x0b", b"\x85"),
)
"""Recognition of other protocols."""

TARGETS: Final = (LINE, INTAKE, TELNETS, PROXY, SNIFF)
"""The targets of this module."""
