"""
Recognise other protocols on a plaintext port by their first bytes.

A web page can make a browser send an HTTP request to any port of this machine.  The page chooses the body, which may
contain chat commands.  A browser sends the request line and the C{Host} header before the body (RFC 9112, sections 3
and 3.2), so a server that recognises them never reads the body.
"""

from __future__ import annotations

import re

_METHOD = rb"(?:GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH)"

_VERSIONED = re.compile(rb"\s*[!#$%&'*+.^_`|~0-9A-Z-]+\s.*\sHTTP/[0-9.]*\s*", re.IGNORECASE)
_UNVERSIONED = re.compile(rb"\s*%b\s+(?:/|\*|\S+:).*" % _METHOD, re.IGNORECASE)
"""The request line of HTTP/0.9 has no version."""

_HOST = re.compile(rb"\s*Host\s*:", re.IGNORECASE)


def isTlsHello(data: bytes) -> bool:
    """
    Whether the first bytes of a connection begin a TLS handshake.

    They then have its content type (RFC 8446, section 5.1).  No line of chat begins with that byte.
    """
    return data[:1] == b"\x16"


def isHttpRequest(line: bytes) -> bool:
    """Whether a line is an HTTP request line, with any method and version; case is ignored."""
    return _VERSIONED.fullmatch(line) is not None or _UNVERSIONED.match(line) is not None


def isHostHeader(line: bytes) -> bool:
    """Whether a line is the C{Host} header of an HTTP request."""
    return _HOST.match(line) is not None
