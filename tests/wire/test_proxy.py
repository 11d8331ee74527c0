"""Tests of L{twistchat.wire.proxy}."""

from __future__ import annotations

import struct
from ipaddress import ip_address

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twistchat.wire.proxy import LONGEST, LONGEST_TEXT, SIGNATURE, BadHeader, ProxyHeader, parseHeader


def binary(command: int, family: int, body: bytes) -> bytes:
    """Make a header of version 2."""
    return SIGNATURE + struct.pack("!BBH", command, family, len(body)) + body


def extension(kind: int, value: bytes) -> bytes:
    """Make a type-length-value field."""
    return struct.pack("!BH", kind, len(value)) + value


OVER_IPV4 = bytes([192, 0, 2, 7, 192, 0, 2, 1]) + struct.pack("!2H", 40001, 6667)
OVER_IPV6 = ip_address("2001:db8::7").packed + ip_address("2001:db8::1").packed + struct.pack("!2H", 40001, 6667)

SSL = extension(0x20, b"\x01\x00\x00\x00\x00" + extension(0x21, b"TLSv1.3"))
PLAIN = extension(0x20, b"\x00\x00\x00\x00\x00")

GOOD = (
    (b"PROXY TCP4 192.0.2.7 192.0.2.1 40001 6667\r\n", ProxyHeader("192.0.2.7", 40001)),
    (b"PROXY TCP6 2001:db8:0::7 2001:db8::1 65535 0\r\n", ProxyHeader("2001:db8::7", 65535)),
    (b"PROXY UNKNOWN\r\n", ProxyHeader()),
    (b"PROXY UNKNOWN what ever\r\n", ProxyHeader()),
    (binary(0x21, 0x11, OVER_IPV4), ProxyHeader("192.0.2.7", 40001)),
    (binary(0x21, 0x21, OVER_IPV6), ProxyHeader("2001:db8::7", 40001)),
    (binary(0x21, 0x11, OVER_IPV4 + SSL), ProxyHeader("192.0.2.7", 40001, secure=True)),
    (binary(0x21, 0x21, OVER_IPV6 + extension(0x01, b"irc") + SSL), ProxyHeader("2001:db8::7", 40001, secure=True)),
    (binary(0x21, 0x11, OVER_IPV4 + PLAIN), ProxyHeader("192.0.2.7", 40001)),
    (binary(0x21, 0x11, OVER_IPV4 + extension(0x04, bytes(500))), ProxyHeader("192.0.2.7", 40001)),
    (binary(0x21, 0x11, OVER_IPV4 + extension(0x20, b"")), ProxyHeader("192.0.2.7", 40001)),
    (binary(0x20, 0x00, b""), ProxyHeader()),
    (binary(0x20, 0x11, OVER_IPV4), ProxyHeader()),
    (binary(0x21, 0x00, b"whatever"), ProxyHeader()),
    (binary(0x21, 0x31, bytes(216)), ProxyHeader()),
)


class ParseHeaderTests(SynchronousTestCase):
    """Headers of either version."""

    def test_good(self) -> None:
        """A header is read, and the bytes after it are unchanged."""
        for data, header in GOOD:
            for rest in (b"", b"NICK a\r\n", b"\r\n" * 100, SIGNATURE):
                with self.subTest(data):
                    self.assertEqual((header, rest), parseHeader(data + rest))

    def test_parts(self) -> None:
        """An incomplete header waits for its last byte."""
        for data, header in GOOD:
            for end in range(len(data)):
                self.assertIsNone(parseHeader(data[:end]), data[:end])
            self.assertEqual((header, b""), parseHeader(data))

    def test_bad(self) -> None:
        """Bytes that are not a header are refused as early as possible.  The error gives the reason."""
        table = {
            b"N": "is missing",
            b"NICK a\r\n": "is missing",
            b"PROXIES": "is missing",
            b"\r\n\r\n\x00\r\nQUIX": "is missing",
            b"\x16\x03\x01": "is missing",
            b"PROXY TCP4 192.0.2.7 192.0.2.1 40001\r\n": "cannot be read",
            b"PROXY TCP4 192.0.2.7 192.0.2.1 40001 6667 1\r\n": "cannot be read",
            b"PROXY TCP4  192.0.2.7 192.0.2.1 40001 6667\r\n": "cannot be read",
            b"PROXY TCP4 2001:db8::7 192.0.2.1 40001 6667\r\n": "cannot be read",
            b"PROXY TCP6 192.0.2.7 192.0.2.1 40001 6667\r\n": "cannot be read",
            b"PROXY TCP4 192.0.2.7 localhost 40001 6667\r\n": "cannot be read",
            b"PROXY TCP4 192.0.2.7 192.0.2.1 65536 6667\r\n": "cannot be read",
            b"PROXY TCP4 192.0.2.7 192.0.2.1 -1 6667\r\n": "cannot be read",
            b"PROXY TCP4 192.0.2.7 192.0.2.1 +1 6667\r\n": "cannot be read",
            b"PROXY TCP4 192.0.2.7 192.0.2.1 a 6667\r\n": "cannot be read",
            b"PROXY TCP4 192.0.2.\xff 192.0.2.1 1 6667\r\n": "cannot be read",
            b"PROXY TCP6 fe80::1%eth0 2001:db8::1 40001 6667\r\n": "cannot be read",
            b"PROXY TCP6 2001:db8::1 fe80::1%\x1b[31m 40001 6667\r\n": "cannot be read",
            b"PROXY UDP4 192.0.2.7 192.0.2.1 40001 6667\r\n": "cannot be read",
            b"PROXY \r\n": "cannot be read",
            b"PROXY UNKNOWN" + bytes(LONGEST_TEXT): "has no end within 107 bytes",
            binary(0x11, 0x11, OVER_IPV4): "has version and command 0x11, of which nothing is known",
            binary(0x22, 0x11, OVER_IPV4): "has version and command 0x22, of which nothing is known",
            binary(0x21, 0x12, OVER_IPV4): "is of family and transport 0x12, which is no stream",
            binary(0x21, 0x41, OVER_IPV4): "is of family and transport 0x41, which is no stream",
            binary(0x21, 0x11, OVER_IPV4[:-1]): "is too short for its addresses",
            binary(0x21, 0x21, OVER_IPV4): "is too short for its addresses",
            binary(0x21, 0x11, OVER_IPV4 + b"\x20\x00"): "is cut off within its extensions",
            binary(0x21, 0x11, OVER_IPV4 + b"\x20\x00\x06\x01"): "is cut off within its extensions",
            SIGNATURE + struct.pack("!BBH", 0x21, 0x11, LONGEST + 1): f"has {LONGEST + 1} bytes, and {LONGEST} fit",
        }
        for data, why in table.items():
            with self.subTest(data):
                self.assertEqual(why, str(self.assertRaises(BadHeader, parseHeader, data)))

    def test_bounded(self) -> None:
        """A header without an end is refused."""
        self.assertIsNone(parseHeader(b"PROXY UNKNOWN " + b"x" * (LONGEST_TEXT - 15)))
        self.assertRaises(BadHeader, parseHeader, b"PROXY UNKNOWN " + b"x" * (LONGEST_TEXT - 14))
        longest = b"PROXY UNKNOWN " + b"x" * (LONGEST_TEXT - 16) + b"\r\n"
        self.assertEqual((ProxyHeader(), b""), parseHeader(longest))

    @given(st.one_of(st.binary(max_size=300), st.binary(max_size=300).map(lambda data: SIGNATURE + data)))
    def test_anything(self, data: bytes) -> None:
        """Any bytes are a header, the beginning of one, or refused."""
        try:
            parseHeader(data)
        except BadHeader as bad:
            self.assertTrue(str(bad))

    @given(st.binary(max_size=200))
    def test_anyText(self, data: bytes) -> None:
        """The same, after the first word of a header of version 1."""
        try:
            parseHeader(b"PROXY " + data)
        except BadHeader as bad:
            self.assertTrue(str(bad))
