"""
Parse the header that a proxy sends before its client's data: the PROXY protocol, versions 1 and 2.

The section numbers are those of HAProxy's C{doc/proxy-protocol.txt}.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

LONGEST_TEXT = 107
"""The maximum size of a version 1 header in bytes, including its CR LF (section 2.1)."""

LONGEST = 4096
"""The maximum size of a version 2 header, in bytes after the first 16.  Senders should stay within one packet."""

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
"""The beginning of a header of version 2 (section 2.2)."""

_TEXT = b"PROXY "
_SSL, _OVER_SSL = 0x20, 0x01


class BadHeader(Exception):
    """The data is not a valid header.  The message completes the sentence "the PROXY header …"."""


@dataclass(frozen=True, slots=True)
class ProxyHeader:
    """
    The client on whose behalf a proxy connects.

    @ivar address: the client's IP address; C{None} if the proxy connects on its own behalf or does not know it.
    @ivar port: the client's port.
    @ivar secure: whether the proxy reports that the client uses TLS.
    """

    address: str | None = None
    port: int = 0
    secure: bool = False


def parseHeader(data: bytes) -> tuple[ProxyHeader, bytes] | None:
    """
    Parse a header.

    @param data: all bytes received on the connection.
    @return: the header and the bytes after it; C{None} if the header is incomplete.
    @raise BadHeader: the data is not a header.
    """
    if data[: len(SIGNATURE)] == SIGNATURE[: len(data)]:
        return _parseBinary(data)
    if data[: len(_TEXT)] == _TEXT[: len(data)]:
        return _parseText(data)
    raise BadHeader("is missing")


def _parseText(data: bytes) -> tuple[ProxyHeader, bytes] | None:
    line, end, rest = data[:LONGEST_TEXT].partition(b"\r\n")
    if not end:
        if len(data) >= LONGEST_TEXT:
            raise BadHeader(f"has no end within {LONGEST_TEXT} bytes")
        return None
    rest = data[len(line) + len(end) :]
    words = line.split(b" ")
    if words[1:2] == [b"UNKNOWN"]:
        return ProxyHeader(), rest
    try:
        _, family, source, target, port, _ = (word.decode("ascii") for word in words)
        kind = {"TCP4": IPv4Address, "TCP6": IPv6Address}[family]
        if "%" in source or "%" in target:
            raise ValueError  # a zone (RFC 4007, section 11) means nothing on this machine, and may have any characters
        kind(target)
        return ProxyHeader(str(kind(source)), _port(port)), rest
    except (ValueError, KeyError):
        raise BadHeader("cannot be read") from None


def _port(text: str) -> int:
    number = int(text)
    if not (text.isdigit() and number <= 65535):
        raise ValueError
    return number


def _parseBinary(data: bytes) -> tuple[ProxyHeader, bytes] | None:
    if len(data) < 16:
        return None
    version, family, length = struct.unpack_from("!BBH", data, 12)
    if version not in (0x20, 0x21):
        raise BadHeader(f"has version and command {version:#04x}, of which nothing is known")
    if length > LONGEST:
        raise BadHeader(f"has {length} bytes, and {LONGEST} fit")
    if len(data) < 16 + length:
        return None
    rest = data[16 + length :]
    body = data[16 : 16 + length]
    if version == 0x20 or family >> 4 in (0, 3):
        return ProxyHeader(), rest  # the command LOCAL, an unspecified family, or a UNIX socket
    if family == 0x11:
        kind: type[IPv4Address | IPv6Address] = IPv4Address
        size = 4
    elif family == 0x21:
        kind, size = IPv6Address, 16
    else:
        raise BadHeader(f"is of family and transport {family:#04x}, which is no stream")
    if length < 2 * size + 4:
        raise BadHeader("is too short for its addresses")
    (port,) = struct.unpack_from("!H", body, 2 * size)
    return ProxyHeader(str(kind(body[:size])), port, _isSecure(body[2 * size + 4 :])), rest


def _isSecure(extensions: bytes) -> bool:
    """Whether the type-length-value fields (section 2.2.1) report that the client uses TLS (section 2.2.5)."""
    while extensions:
        if len(extensions) < 3:
            raise BadHeader("is cut off within its extensions")
        kind, length = struct.unpack_from("!BH", extensions)
        value, extensions = extensions[3 : 3 + length], extensions[3 + length :]
        if len(value) < length:
            raise BadHeader("is cut off within its extensions")
        if kind == _SSL and value:
            return bool(value[0] & _OVER_SSL)
    return False
