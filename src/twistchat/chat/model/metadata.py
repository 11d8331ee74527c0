"""
The keys and values of metadata (IRCv3 metadata, "Keys and Values").

Clients show these values to others.  So no value contains control characters or changes the direction of a text, and
the values of well-known keys have a form that a client can rely on.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from twistchat.chat.errors import BadMetadataKey, BadMetadataValue

NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
"""A shared empty mapping for users, accounts and rooms without metadata."""

DISPLAY_NAME: Final = 64
"""The maximum length of a display name in characters."""

_KEY = re.compile(r"[a-z0-9_./-]+")

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")

_AVATAR = re.compile(r"https://[A-Za-z0-9\[][!-~]*")

_UNSAFE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""The categories of Unicode whose characters no value contains."""

_JOINERS: Final = "\u200c\u200d"
"""The characters of the category Cf that are allowed, because emoji and several scripts need them."""


def checkKey(key: str, limit: int) -> None:
    """
    Check a key.

    @param limit: its maximum size in bytes.
    @raise BadMetadataKey: it is not valid.
    """
    if not _KEY.fullmatch(key):
        raise BadMetadataKey(key[:limit], "may have only the characters a to z, 0 to 9, and _ . / -")
    if len(key) > limit:
        raise BadMetadataKey(key[:limit], f"is too long: it has {len(key)} bytes, and {limit} fit")


def checkValue(key: str, value: str, limit: int) -> None:
    """
    Check a value, which is not empty.

    @param key: its key.  Some keys have a form of their own.
    @param limit: its maximum size in bytes of UTF-8.
    @raise BadMetadataValue: it is not valid.
    """
    size = len(value.encode("utf-8", "surrogatepass"))
    if size > limit:
        raise BadMetadataValue(key, f"is too long: it has {size} bytes, and {limit} fit")
    for character in value:
        if unicodedata.category(character) in _UNSAFE and character not in _JOINERS:
            raise BadMetadataValue(key, f"has the character U+{ord(character):04X} in it, which is not allowed")
    wanted = _FORMS.get(key)
    if wanted is not None and not wanted[0](value):
        raise BadMetadataValue(key, f"must be {wanted[1]}")


def _isName(value: str) -> bool:
    return len(value) <= DISPLAY_NAME and value == value.strip()


_FORMS: Mapping[str, tuple[Callable[[str], object], str]] = {
    "avatar": (_AVATAR.fullmatch, "an address that begins with https://"),
    "color": (_COLOR.fullmatch, "a colour such as #4080ff"),
    "display-name": (_isName, f"a name of up to {DISPLAY_NAME} characters, without spaces at its ends"),
}
"""The test of a value of each well-known key, and what it asks for (IRCv3 registry, "User Metadata")."""


def changed(values: Mapping[str, str], key: str, value: str | None) -> Mapping[str, str]:
    """
    Change one value.

    @param value: the new value; C{None} removes the key.
    @return: the new values.  A key that is set moves to the end, as after a restart.
    """
    rest = {other: kept for other, kept in values.items() if other != key}
    if value is not None:
        rest[key] = value
    return rest or NOTHING
