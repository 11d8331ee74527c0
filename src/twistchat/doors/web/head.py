"""
The head of an HTTP request, sans I/O: what is refused before C{twisted.web} parses it (RFC 9112).

Proxies and servers have disagreed about where a request ends whenever its head was ambiguous.  So everything ambiguous
is refused here, and with it what this site never needs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

HEAD: Final = 8 * 1024
"""The most bytes of the head of a request: the request line and the headers."""

BODY: Final = 64 * 1024
"""The most bytes of the body of a request."""

FIELDS: Final = 64
"""The most headers of a request."""

END: Final = b"\r\n\r\n"
"""The end of the head of a request."""

_REQUEST: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([!-~]+) HTTP/([0-9])\.([0-9])")
"""A request line (section 3): method, target and version."""

_FIELD: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)")
"""A header (section 5).  Its value has no control characters but tabs."""


@dataclass(frozen=True, slots=True)
class BadHead(Exception):
    """
    A head is refused.

    @ivar status: the status code of the answer.
    @ivar why: a sentence for the answer.
    """

    status: int
    why: str


def endOfHead(data: bytes, since: int) -> int:
    """
    Find the end of the head at the beginning of C{data}.

    @param since: how many bytes an earlier call has searched.
    @return: the size of the head; C{0} if it is not complete.
    @raise BadHead: it is too large, or its lines do not end with CR LF.
    """
    end = data.find(END, max(0, since - len(END) + 1))
    size = len(data) if end < 0 else end + len(END)
    if size > HEAD:
        if data.find(b"\r\n", 0, HEAD) < 0:
            raise BadHead(414, f"The request line has more than {HEAD} bytes.")
        raise BadHead(431, f"The headers have more than {HEAD} bytes.")
    if end < 0:
        if data.find(b"\n\n", max(0, since - 1)) >= 0:
            raise BadHead(400, "Each line of a request must end with CR LF.")
        return 0
    return size


def checkHead(head: bytes) -> int:
    """
    Check a complete head.

    @param head: the request line and the headers, with the empty line at their end.
    @return: the size of the body in bytes.
    @raise BadHead: it is refused.
    """
    request, *lines = head[: -len(END)].split(b"\r\n")
    parts = _REQUEST.fullmatch(request)
    if parts is None:
        raise BadHead(400, "The first line of a request is: METHOD /PATH HTTP/1.1.")
    if parts[3] != b"1" or parts[4] not in b"01":
        raise BadHead(505, "This server speaks HTTP/1.1.")
    if not parts[2].startswith(b"/"):
        raise BadHead(400, "The target of a request must be a path.")
    if len(lines) > FIELDS:
        raise BadHead(431, f"A request may have {FIELDS} headers.")
    lengths = []
    for line in lines:
        field = _FIELD.fullmatch(line)
        if field is None:
            raise BadHead(400, "A header is one line: NAME: VALUE, without control characters.")
        name = field[1].lower()
        if name == b"transfer-encoding":
            raise BadHead(411, "A body needs a Content-Length; Transfer-Encoding is not accepted.")
        if name == b"content-length":
            lengths.append(field[2].rstrip(b" \t"))
    try:
        head.decode()
    except UnicodeDecodeError:
        raise BadHead(400, "The headers are not UTF-8.") from None
    return _sizeOf(lengths)


def _sizeOf(lengths: list[bytes]) -> int:
    if not lengths:
        return 0
    (length, *others) = lengths
    if others or not re.fullmatch(rb"[0-9]+", length):
        raise BadHead(400, "A request needs one Content-Length, which is a number.")
    if len(length) > len(str(BODY)) or int(length) > BODY:
        raise BadHead(413, f"A body may have {BODY} bytes.")
    return int(length)
