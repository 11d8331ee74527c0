"""Requests of the page that change something: their checks, their bodies, and the answers that refuse them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from unicodedata import category

from twistchat.doors.web.answers import JSON, Answer, Refused
from twistchat.doors.web.caller import Caller, callerOf, checkOrigin
from twistchat.doors.web.channel import BoundedRequest
from twistchat.doors.web.cookies import secretOf

if TYPE_CHECKING:
    from twistchat.net.context import ServerContext

LONGEST: Final = 1024
"""The most characters of a text in a request.  No name, password or code that can be right is longer."""


def problem(status: int, code: str, text: str, wait: int | None = None) -> Answer:
    """
    Make the answer to a request that is refused.

    @param text: says what is wrong, without its full stop.
    @param wait: the seconds after which the request may be repeated.
    """
    body = json.dumps({"error": f"{text}.", "code": code}).encode()
    headers = {"Cache-Control": "no-store"} | ({} if wait is None else {"Retry-After": str(wait)})
    return Answer(body, status, JSON, headers)


class Problem(Exception):
    """
    A request cannot be understood, or may not come from where it comes.

    @ivar answer: says why.
    """

    def __init__(self, status: int, code: str, text: str, wait: int | None = None) -> None:
        super().__init__(text)
        self.answer = problem(status, code, text, wait)


def checkPost(request: BoundedRequest, context: ServerContext) -> Caller:
    """
    Refuse a request that another web site may have caused.

    A form can send no JSON, and a script of another site can do so only after asking, which this server refuses.

    @return: who sends it.
    @raise Problem: it is refused.
    """
    caller = callerOf(request, context.settings)
    try:
        checkOrigin(request, caller, context)
    except Refused as refused:
        raise Problem(403, "FOREIGN_ORIGIN", str(refused).rstrip(".")) from None
    if secretOf(request, caller) is not None and not request.requestHeaders.hasHeader("origin"):
        raise Problem(403, "FOREIGN_ORIGIN", "A request with a cookie needs the header Origin")
    kinds = request.requestHeaders.getRawHeaders("content-type", [])
    if len(kinds) != 1 or kinds[0].partition(";")[0].strip().lower() != JSON:
        raise Problem(415, "BAD_REQUEST", "The body must be JSON, with Content-Type: application/json")
    return caller


def bodyOf(request: BoundedRequest) -> bytes:
    """The body of a request, which has at most L{BODY <twistchat.doors.web.head.BODY>} bytes."""
    return b"" if request.content is None else request.content.read()


def readObject(request: BoundedRequest) -> dict[str, Any]:
    """
    Read the body of a request, which is an object in JSON.

    @raise Problem: it is something else.
    """
    try:
        value = json.loads(bodyOf(request).decode())
    except UnicodeDecodeError:
        raise Problem(400, "BAD_REQUEST", "The body is not UTF-8") from None
    except (ValueError, RecursionError):
        raise Problem(400, "BAD_REQUEST", "The body is not JSON") from None
    if not isinstance(value, dict):
        raise Problem(400, "BAD_REQUEST", "The body is not an object in JSON")
    return value


def textOf(given: Mapping[str, object], key: str, missing: str | None = None) -> str:
    """
    Get a text of a body.

    @param missing: its value if it is missing or null; C{None} if it must not be.
    @raise Problem: it is no text, too long, or has characters that nobody types.
    """
    value = given.get(key)
    if value is None:
        value = missing
    if not isinstance(value, str):
        raise Problem(400, "BAD_REQUEST", f"{key} is wanted, as a text")
    if len(value) > LONGEST:
        raise Problem(400, "BAD_REQUEST", f"{key} is longer than {LONGEST} characters")
    if any([category(character) in {"Cc", "Cs"} for character in value]):
        raise Problem(400, "BAD_REQUEST", f"{key} has a control character, or half of a character")
    return value
