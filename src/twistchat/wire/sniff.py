"""
Other protocols at a plain port, told by their first bytes.

A web page can make a browser send an HTTP request to any port of this machine, with a body of the page's choice, lines
of chat among it.  A browser writes the request line and the C{Host} header before the body (RFC 9112, sections 3 and
3.2), so a server that looks for them never comes to the body.
"""

from __future__ import annotations

import re

_METHOD = rb"(?:GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH)"

_VERSIONED = re.compile(rb"\s*[!#$%&'*+.^_`|~0-9A-Z-]+\s.*\sHTTP/[0-9.]*\s*", re.IGNORECASE)
_UNVERSIONED = re.compile(rb"\s*%b\s+(?:/|\*|\S+:).*" % _METHOD, re.IGNORECASE)
"""A request line without a version is one of HTTP/0.9."""

_HOST = re.compile(rb"\s*Host\s*:", re.IGNORECASE)


def isTlsHello(data: bytes) -> bool:
    """
    Whether a connection that begins with these bytes begins a TLS handshake: with the content type of one (RFC 8446,
    section 5.1), with which no line of chat begins.
    """
    return data[:1] == b"\x16"


def isHttpRequest(line: bytes) -> bool:
    """Whether a line is an HTTP request line, of any method and any version, in any case."""
    return _VERSIONED.fullmatch(line) is not None or _UNVERSIONED.match(line) is not None


def isHostHeader(line: bytes) -> bool:
    """Whether a line is the C{Host} header of an HTTP request."""
    return _HOST.match(line) is not None
