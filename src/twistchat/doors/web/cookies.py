"""The cookie of a browser that is logged in: it has the secret of a web session (RFC 6265)."""

from __future__ import annotations

from typing import Final

from twistchat.doors.web.caller import Caller
from twistchat.doors.web.channel import BoundedRequest

NAME: Final = "twistchat"
"""The name of the cookie with the secret of a web session."""

PREFIX: Final = "__Host-"
"""
What comes before the name of a cookie where the browser uses https.  No other host, and no page without encryption, can
set such a cookie.
"""


def secretOf(request: BoundedRequest, caller: Caller) -> str | None:
    """
    Get the secret that came with a request.

    @return: what the browser sent, which may be anything; C{None} if it sent no cookie.
    """
    return cookieNamed(NAME, request, caller)


def sessionCookie(secret: str, caller: Caller, seconds: float) -> str:
    """
    Make the cookie of a web session.

    @param seconds: how long the browser keeps it.
    """
    return makeCookie(NAME, secret, caller, seconds)


def endedCookie(caller: Caller) -> str:
    """Make the cookie that removes the one of a web session."""
    return makeCookie(NAME, "", caller, 0)


def makeCookie(name: str, value: str, caller: Caller, seconds: float, site: str = "Strict") -> str:
    """
    Make the value of a header C{Set-Cookie}: out of reach of scripts, and for this host only.

    @param name: the name of the cookie.  L{PREFIX} is added to it where the browser uses https.
    @param value: ASCII letters, digits, and punctuation that a cookie can have.
    @param site: whether requests that another site begins have it (C{Lax}), or not (C{Strict}).
    """
    secure = "; Secure" if caller.encrypted else ""
    limits = f"Path=/; Max-Age={int(seconds)}; HttpOnly; SameSite={site}"
    return f"{_nameFor(name, caller)}={value}; {limits}{secure}"


def cookieNamed(name: str, request: BoundedRequest, caller: Caller) -> str | None:
    """Get the value of a cookie that L{makeCookie} made; C{None} if it did not come."""
    value = request.received_cookies.get(_nameFor(name, caller).encode())
    return None if value is None else value.decode("ascii", "replace")


def _nameFor(name: str, caller: Caller) -> str:
    return f"{PREFIX}{name}" if caller.encrypted else name
