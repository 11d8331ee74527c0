"""Which passwords are acceptable, and the form in which they are hashed."""

from __future__ import annotations

from importlib.resources import files
from typing import Final
from unicodedata import category, normalize

from scramp.utils import ScramException, saslprep

from twistchat.accounts.secrets.tokens import TOKEN
from twistchat.chat.errors import BadPassword
from twistchat.chat.model.names import fold

SHORTEST: Final = 8
LONGEST: Final = 256
"""The minimum and maximum size of a password, in bytes of UTF-8."""


def prepare(password: str) -> str:
    """
    Return the form in which a password is hashed.

    This is SASLprep (RFC 4013), so that the same password typed on different systems is the same.  SASLprep knows the
    characters of Unicode 3.2 only.  A password with others (an emoji) is only normalized to NFC.

    @return: the prepared password.  That of a password which is too long matches no account.
    """
    if size(password) > LONGEST:
        return ""
    if password.isascii():
        return password
    try:
        return str(saslprep(password))
    except ScramException:
        return normalize("NFC", password)


def checkPassword(password: str, account: str) -> None:
    """
    Check a new password.

    @param account: the name of its account.
    @raise BadPassword: it is not acceptable.
    """
    if size(password) > LONGEST:
        raise BadPassword(f"is longer than {LONGEST} bytes")
    if any([category(character) in {"Cc", "Cs"} for character in password]):
        raise BadPassword("contains a character that cannot be typed, such as a control character")
    prepared = prepare(password)
    if not SHORTEST <= size(prepared) <= LONGEST:
        why = f"needs at least {SHORTEST} characters, and at most {LONGEST} bytes"
        raise BadPassword(why, weak=size(prepared) < SHORTEST)
    if prepared.startswith(TOKEN):
        raise BadPassword(f"begins with {TOKEN}, as app tokens do")
    if fold(prepared) == fold(account):
        raise BadPassword("is the name of the account", weak=True)
    if prepared.casefold() in COMMON:
        raise BadPassword("is one of the most common passwords; choose another one", weak=True)


def size(password: str) -> int:
    """The size of a password in bytes of UTF-8."""
    return len(password.encode("utf-8", "surrogatepass"))


COMMON: Final = frozenset(files("twistchat.accounts.secrets").joinpath("common.txt").read_text("ascii").split())
"""The most common passwords of at least L{SHORTEST} characters, in lower case."""
