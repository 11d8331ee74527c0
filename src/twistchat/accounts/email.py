"""Mail addresses of accounts."""

from __future__ import annotations

import re
from typing import Final

from twistchat.chat.errors import BadCredential

LONGEST_EMAIL: Final = 254
"""The maximum length of a mail address (RFC 5321, section 4.5.3.1.3, without the brackets of a path)."""

_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL: Final = re.compile(rf"(?=.{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+")
"""A mail address: a dot-atom (RFC 5322, section 3.2.3), and a domain name (RFC 1035, section 2.3.1)."""


def checkEmail(address: str) -> str:
    """
    Check the syntax of a mail address.  Quoted local parts, addresses in brackets and other scripts are refused.

    @raise BadCredential: it is not a mail address.
    """
    if len(address) > LONGEST_EMAIL or not _EMAIL.fullmatch(address):
        raise BadCredential("The mail address", "is not one like alice@example.org")
    return address
