"""
The minimum and maximum of each limit.

Below the minimum, nobody could connect or use the server.  Above the maximum, one client could exhaust the server's
memory, or names would not fit into an IRC line.  The types in L{keytypes <twistchat.config.keytypes>} have wider
bounds, which apply to all keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from twistchat.chat.limits import Bytes, Seconds

KIB = 1024

BOUNDS: Mapping[str, tuple[float, float | None]] = MappingProxyType(
    {
        # An IRC line has 512 bytes and may contain a nick several times; a character takes up to four bytes.
        "limits.nick": (1, 48),
        "limits.room": (2, 98),
        # The minimum is an ordinary line; the maximum bounds the memory for one connection.
        "limits.message": (512, 64 * KIB),
        # Clients always send lines of up to 512 bytes (RFC 2812, section 2.3).
        "limits.ircLine": (512, 64 * KIB),
        "limits.ircTags": (512, 64 * KIB),
        # The welcome of an IRC client and a few messages must fit.
        "limits.sendq": (32 * KIB, None),
        # One whole line must fit.
        "limits.recvq": (512, None),
        # A client on a slow connection needs some seconds to answer.
        "limits.ping": (5, None),
        "limits.pingTimeout": (10, None),
        "limits.registration": (5, None),
        "limits.lineRegistration": (5, None),
        # Below one line in ten seconds, even the answer to a PING arrives too late.
        "limits.floodRate": (0.1, None),
        "limits.roomJoinRate": (0.001, None),
        "limits.userJoinRate": (0.001, None),
        "limits.nickRate": (0.001, None),
        "limits.awayRate": (0.001, None),
        "limits.metadataRate": (0.001, None),
        # The longest well-known key must fit, and the key and the value into an IRC line with the names.
        "limits.metadataKey": (12, 32),
        "limits.metadataValue": (16, 300),
        "limits.loginRate": (0.0001, None),
        # A few slow connections must not keep everyone else out.
        "limits.unregistered": (10, None),
        # CAP LS, PASS, NICK, USER, a CAP REQ or two, and CAP END.
        "limits.unregisteredLines": (10, None),
        # JetStream has at most five replicas.
        "cluster.replicas": (1, 5),
        # A node that restarts must find what it has missed.
        "cluster.keep": (60, None),
        # The server reads a whole reply before it sends it.
        "limits.historyReply": (1, 10_000),
        "limits.historyOnJoin": (0, 10_000),
    }
)
"""The minimum and maximum of each key that has bounds; C{None} if only its type sets the maximum."""

MAX_NAME_LENGTHS = 100
"""The maximum sum of C{limits.nick} and C{limits.room}, in characters, so that a text fits into the same line."""

MIN_QUEUED_MESSAGES = 4
"""How many messages of maximum length must fit into C{limits.sendq}; with less, nobody could receive them."""


def outside(key: str, value: object, annotation: object) -> str | None:
    """
    Check whether a value is out of bounds.

    @param key: the key, as in C{"limits.nick"}.
    @param value: the value, converted to the key's type.
    @param annotation: the key's type, which determines the unit.
    @return: C{None} if the value is within bounds; otherwise what would be right, to follow "found …; ".
    """
    if key not in BOUNDS or not isinstance(value, int | float):
        return None
    least, most = BOUNDS[key]
    what, unit = _UNITS.get(annotation, ("a whole number", ""))
    if least <= value and (most is None or value <= most):
        return None
    return (
        f"{what} of at least {least}{unit} is wanted"
        if most is None
        else f"{what} from {least} to {most}{unit} is wanted"
    )


def described(key: str, annotation: object) -> str:
    """Describe the bounds of a key in a sentence, with a leading space; C{""} if it has none."""
    if key not in BOUNDS:
        return ""
    least, most = BOUNDS[key]
    _, unit = _UNITS.get(annotation, ("", ""))
    return f" At least {least}{unit}." if most is None else f" From {least} to {most}{unit}."


_UNITS: dict[object, tuple[str, str]] = {
    float: ("a number", ""),
    Bytes: ("a size", " bytes"),
    Seconds: ("a time", " s"),
}
"""What messages call a value of each type, and its unit."""
