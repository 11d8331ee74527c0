"""
The least and the most that a limit may be.

Below the least nobody could connect, or do anything once connected; above the most a single client could use up the
server's memory, or names would not fit into a line of IRC.  Every type of key has bounds of its own, in L{keytypes
<twistchat.config.keytypes>}; these are narrower.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from twistchat.chat.limits import Bytes, Seconds

KIB = 1024

BOUNDS: Mapping[str, tuple[float, float | None]] = MappingProxyType(
    {
        # A nick appears several times in some lines of IRC, which have 512 bytes, and a character takes up to four.
        "limits.nick": (1, 48),
        "limits.room": (2, 98),
        # A person's ordinary line, and what one connection may make the server hold.
        "limits.message": (512, 64 * KIB),
        # Clients send lines of 512 bytes whatever the server would prefer (RFC 2812, section 2.3).
        "limits.ircLine": (512, 64 * KIB),
        "limits.ircTags": (512, 64 * KIB),
        # The welcome of an IRC client, and a few messages beside it.
        "limits.sendq": (32 * KIB, None),
        # A line that is whole.
        "limits.recvq": (512, None),
        # A client on a slow line answers within seconds.
        "limits.ping": (5, None),
        "limits.pingTimeout": (10, None),
        "limits.registration": (5, None),
        "limits.lineRegistration": (5, None),
        # With less than one line in ten seconds even the answer to a PING comes too late.
        "limits.floodRate": (0.1, None),
        "limits.roomJoinRate": (0.001, None),
        "limits.userJoinRate": (0.001, None),
        "limits.nickRate": (0.001, None),
        "limits.awayRate": (0.001, None),
        "limits.loginRate": (0.0001, None),
        # One who takes their time must not keep everyone else out.
        "limits.unregistered": (10, None),
        # CAP LS, PASS, NICK, USER, a CAP REQ or two, and CAP END.
        "limits.unregisteredLines": (10, None),
        # A reply is read as a whole before it is sent.
        "limits.historyReply": (1, 10_000),
        "limits.historyOnJoin": (1, 10_000),
    }
)
"""For each key that has bounds, the least and the most; C{None} where its type alone sets the most."""

NAMES_TOGETHER = 100
"""Characters that C{limits.nick} and C{limits.room} may have together, so that a text beside them fits into a line."""

MESSAGES_WAITING = 4
"""Messages of the greatest length that must fit into C{limits.sendq}: with one less, nobody could hear such a text."""


def outside(key: str, value: object, annotation: object) -> str | None:
    """
    Find out whether a value is out of bounds.

    @param key: the key, C{"limits.nick"}.
    @param value: its value, as the key's type gives it.
    @param annotation: the key's type, which tells the unit.
    @return: what is wanted instead, to end the sentence "found …, "; C{None} where it is within bounds.
    """
    if key not in BOUNDS or not isinstance(value, int | float):
        return None
    least, most = BOUNDS[key]
    what, unit = _UNITS.get(annotation, ("a whole number", ""))
    if value < least:
        return f"{what} of at least {least}{unit} is wanted"
    if most is not None and value > most:
        return f"{what} of at most {most}{unit} is wanted"
    return None


def described(key: str, annotation: object) -> str:
    """The bounds of a key in a sentence, with a space in front; or C{""} where it has none."""
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
"""For types of keys, what a value of each is called, and the unit behind its number."""
