"""The heads of requests, and what of them is refused."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twistchat.doors.web.head import BODY, FIELDS, HEAD, BadHead, checkHead, endOfHead

HOST = b"Host: a\r\n"


def status(head: bytes) -> int:
    """Check a head, and return the status with which it is refused; 0 if it is not."""
    try:
        checkHead(head)
    except BadHead as bad:
        return bad.status
    return 0


class CheckTests(SynchronousTestCase):
    """L{checkHead}."""

    def test_accepted(self) -> None:
        """Ordinary heads are accepted, with the size of their bodies."""
        for lines, size in (
            (b"GET / HTTP/1.1\r\n" + HOST, 0),
            (b"GET /a?b=c%20d HTTP/1.0\r\n", 0),
            (b"POST /login HTTP/1.1\r\nContent-Length: 5 \r\ncookie:a=\xc3\xbc\r\nX:\t\r\n", 5),
            (b"POST /login HTTP/1.1\r\nContent-Length: %d\r\n" % BODY, BODY),
            (b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * FIELDS, 0),
        ):
            self.assertEqual(size, checkHead(lines + b"\r\n"), lines)

    def test_length(self) -> None:
        """Where a request ends is never in question (RFC 9112, section 6.3)."""
        for fields, refused in (
            (b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", 411),
            (b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", 411),
            (b"tRaNsFeR-eNcOdInG: identity\r\n", 411),
            (b"Transfer-Encoding : chunked\r\n", 400),
            (b"Transfer-Encoding\t: chunked\r\n", 400),
            (b"Transfer-Encoding: \x0bchunked\r\n", 400),
            (b"Transfer-Encoding:\r\n chunked\r\n", 411),
            (b"X: a\r\n Transfer-Encoding: chunked\r\n", 400),
            (b"X: a\nTransfer-Encoding: chunked\r\n", 400),
            (b"X: a\rTransfer-Encoding: chunked\r\n", 400),
            (b"Content-Length: 4\r\nContent-Length: 4\r\n", 400),
            (b"Content-Length: 4, 4\r\n", 400),
            (b"Content-Length: -4\r\n", 400),
            (b"Content-Length: +4\r\n", 400),
            (b"Content-Length: 0x4\r\n", 400),
            (b"Content-Length: 4_0\r\n", 400),
            (b"Content-Length:\r\n", 400),
            (b"Content-Length: \xc2\xb2\r\n", 400),
            (b"Content-Length: 65537\r\n", 413),
            (b"Content-Length: 104857600\r\n", 413),
            (b"Content-Length: " + b"9" * 5000 + b"\r\n", 413),
        ):
            self.assertEqual(refused, status(b"POST / HTTP/1.1\r\n" + HOST + fields + b"\r\n"), fields)

    def test_requestLine(self) -> None:
        """A request line has a method, a path and a version, with one space between them."""
        for line, refused in (
            (b"GET", 400),
            (b"GET /", 400),
            (b"GET  / HTTP/1.1", 400),
            (b" GET / HTTP/1.1", 400),
            (b"GET / HTTP/1.1 ", 400),
            (b"GET /\xff HTTP/1.1", 400),
            (b"GET /\0 HTTP/1.1", 400),
            (b"G\xc3\x9cT / HTTP/1.1", 400),
            (b"GET http://a/ HTTP/1.1", 400),
            (b"OPTIONS * HTTP/1.1", 400),
            (b"CONNECT a:80 HTTP/1.1", 400),
            (b"GET / http/1.1", 400),
            (b"PRI * HTTP/2.0", 505),
            (b"GET / HTTP/1.2", 505),
            (b"GET / HTTP/0.9", 505),
            (b"GET / HTTP/11.1", 400),
        ):
            self.assertEqual(refused, status(line + b"\r\n" + HOST + b"\r\n"), line)

    def test_fields(self) -> None:
        """A header is one line of UTF-8 without control characters."""
        for line, refused in (
            (b"X", 400),
            (b": x", 400),
            (b"X Y: x", 400),
            (b"X\xff: x", 400),
            (b"X: a\0b", 400),
            (b"X: a\x1bb", 400),
            (b"X: a\x7f", 400),
            (b"X: \xff", 400),
            (b" X: a", 400),
        ):
            self.assertEqual(refused, status(b"GET / HTTP/1.1\r\n" + line + b"\r\n\r\n"), line)
        self.assertEqual(431, status(b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * (FIELDS + 1) + b"\r\n"))


class EndTests(SynchronousTestCase):
    """L{endOfHead}."""

    def test_pieces(self) -> None:
        """The end is found wherever the pieces divide it, and nothing behind it counts."""
        head = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        for at in range(len(head)):
            self.assertEqual(0, endOfHead(head[:at], max(0, at - 1)))
        for searched in range(len(head)):
            self.assertEqual(len(head), endOfHead(head + b"rest" * HEAD, searched))

    def test_size(self) -> None:
        """A head of L{HEAD} bytes is accepted, and a larger one is refused with or without its end."""
        line = b"GET / HTTP/1.1\r\n"
        largest = line + b"X: " + b"a" * (HEAD - len(line) - 7) + b"\r\n\r\n"
        self.assertEqual(HEAD, endOfHead(largest, 0))
        for data, refused in (
            (largest.replace(b"X: ", b"X:  "), 431),
            (largest[:-4] + b"aaaaa", 431),
            (b"G" * (HEAD + 1), 414),
        ):
            self.assertEqual(refused, self.assertRaises(BadHead, endOfHead, data, 0).status)

    def test_lineEnds(self) -> None:
        """A client that ends lines with LF alone is told so, and does not wait for an answer."""
        self.assertEqual(400, self.assertRaises(BadHead, endOfHead, b"GET / HTTP/1.1\nHost: a\n\n", 23).status)
