"""Tests of L{twistchat.wire.sniff}."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twistchat.wire.sniff import isHostHeader, isHttpRequest, isTlsHello


class RequestTests(SynchronousTestCase):
    """L{isHttpRequest}."""

    def test_requests(self) -> None:
        """Request lines of browsers and scripts, and of older and newer versions."""
        for line in (
            *(b"GET / HTTP/1.1", b"POST /x?y=z HTTP/1.0", b"OPTIONS * HTTP/1.1", b"CONNECT host:443 HTTP/1.1"),
            *(b"get / http/1.1", b" GET / HTTP/1.1", b"GET  /  HTTP/1.1 ", b"PRI * HTTP/2.0", b"BREW /pot HTTP/1.1"),
            *(b"GET /", b"head /index.html", b"PUT http://a/b", b"NICK x HTTP/1.1", b"GET /a b HTTP/1.1"),
        ):
            self.assertTrue(isHttpRequest(line), line)

    def test_others(self) -> None:
        """The first lines of chat clients."""
        for line in (
            *(b"CAP LS 302", b"NICK bob", b"PASS secret", b"alice", b"USER bob 0 * :bob", b"", b"/help", b"HTTP/1.1"),
            *(b"WEBIRC password gateway host 192.0.2.1", b"STARTTLS", b"Get a life", b"GET"),
        ):
            self.assertFalse(isHttpRequest(line), line)

    @given(st.from_regex(r"[A-Za-z!#$%&'*+.^_`|~0-9-]+", fullmatch=True), st.sampled_from(["1.0", "1.1", "2", ""]))
    def test_anyMethod(self, method: str, version: str) -> None:
        """Any method is recognized (RFC 9110, section 9.1)."""
        self.assertTrue(isHttpRequest(f"{method} /path HTTP/{version}".encode()))

    @given(st.binary(max_size=5000))
    def test_anything(self, line: bytes) -> None:
        """Bytes without a space are not a request line."""
        self.assertFalse(isHttpRequest(b"".join(line.split())))


class HostTests(SynchronousTestCase):
    """L{isHostHeader}."""

    def test_headers(self) -> None:
        """It is recognized in any case, with or without a space."""
        for line, expected in (
            (b"Host: a", True),
            (b"HOST:a", True),
            (b" host : a", True),
            (b"Hosts: a", False),
            (b"X-Host: a", False),
            (b"host", False),
        ):
            self.assertEqual(expected, isHostHeader(line), line)


class HelloTests(SynchronousTestCase):
    """L{isTlsHello}."""

    def test_bytes(self) -> None:
        """The first byte identifies it."""
        self.assertTrue(isTlsHello(b"\x16"))
        self.assertTrue(isTlsHello(b"\x16\x03\x01\x00\xa5"))
        for data in (b"", b"NICK", b"\x15\x03", b"\xff\xfd\x01"):
            self.assertFalse(isTlsHello(data))
