"""The parameters of CHATHISTORY (IRCv3 chathistory, "CHATHISTORY Command")."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from twistchat.chat.model.spans import At

SELECTORS: Final = {"LATEST": 1, "BEFORE": 1, "AFTER": 1, "AROUND": 1, "BETWEEN": 2, "TARGETS": 2}
"""The number of selectors of each subcommand."""

MOST: Final = 999_999_999
"""The largest limit.  A larger one, of any length, is the same."""

_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{3})Z", re.ASCII)
_LIMIT: Final = re.compile(r"0*[1-9]\d*", re.ASCII)


@dataclass
class BadRequest(Exception):
    """
    A request that is not valid.

    @ivar code: the code of the C{FAIL} ("Errors and Warnings").
    @ivar context: the parameters after the subcommand.
    @ivar why: the description.
    """

    code: str
    context: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class MessageId:
    """
    A message id as a selector.

    @ivar id: the id.
    """

    id: str


Selector = At | MessageId
"""A point in the history, as a client names it."""


@dataclass(frozen=True, slots=True)
class Request:
    """
    The parameters of a request.

    @ivar command: the subcommand, in capitals.
    @ivar target: the target; C{""} for TARGETS.
    @ivar selectors: one or two; none for C{LATEST *}.
    @ivar limit: the number of messages that the client asks for, at least 1.
    """

    command: str
    target: str
    selectors: tuple[Selector, ...]
    limit: int


def parseRequest(params: tuple[str, ...]) -> Request:
    """
    Parse the parameters of CHATHISTORY.

    @raise BadRequest: they are not valid.
    """
    command = params[0].upper() if params else ""
    count = SELECTORS.get(command)
    if count is None:
        raise BadRequest("INVALID_PARAMS", (), "Unknown command" if params else "Insufficient parameters")
    target, rest = ("", params[1:]) if command == "TARGETS" else ("".join(params[1:2]), params[2:])
    if len(rest) < count + 1 or (command != "TARGETS" and not target):
        raise BadRequest("INVALID_PARAMS", (), "Insufficient parameters")
    if len(rest) > count + 1:
        raise BadRequest("INVALID_PARAMS", (), "Too many parameters")
    *points, limit = rest
    if command == "LATEST" and points == ["*"]:
        points = []
    selectors = tuple([parseTime(text) if command == "TARGETS" else _selector(text, target) for text in points])
    number = parseLimit(limit)
    if number is None:
        raise BadRequest("INVALID_PARAMS", (limit,), "Invalid limit, a number from 1 on is needed")
    return Request(command, target, selectors, number)


def parseLimit(text: str) -> int | None:
    """
    Parse a number of messages.

    @return: at most L{MOST}; C{None} if the text is no number from 1 on.
    """
    if not _LIMIT.fullmatch(text):
        return None
    digits = text.lstrip("0")
    return min(int(digits[: len(str(MOST)) + 1]), MOST)


def parseTime(text: str) -> At:
    """
    Parse C{timestamp=YYYY-MM-DDThh:mm:ss.sssZ}, in UTC.

    @raise BadRequest: it is anything else.
    """
    kind, _, value = text.partition("=")
    matched = _TIME.fullmatch(value) if kind == "timestamp" else None
    if matched is not None:
        try:
            second = datetime.fromisoformat(matched[1]).replace(tzinfo=UTC)
        except ValueError:
            pass
        else:
            return At(round(second.timestamp()) * 1000 + int(matched[2]))
    raise BadRequest("INVALID_PARAMS", (text,), "Invalid timestamp, timestamp=YYYY-MM-DDThh:mm:ss.sssZ is needed")


def _selector(text: str, target: str) -> Selector:
    """
    Parse a selector.

    @raise BadRequest: it is not valid, or of a type that is not defined.
    """
    kind, equals, value = text.partition("=")
    if kind == "msgid" and equals:
        if not value:
            raise BadRequest("INVALID_PARAMS", (text,), "The message id is empty")
        return MessageId(value)
    if kind == "timestamp":
        return parseTime(text)
    if equals and value and kind not in ("", "msgid"):
        raise BadRequest("INVALID_MSGREFTYPE", (target, text), "Messages are named by timestamp= or msgid= only")
    raise BadRequest("INVALID_PARAMS", (text,), "Invalid selector, timestamp= or msgid= is needed")
