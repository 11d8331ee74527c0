"""
The command SEARCH (IRCv3 search, a draft: specifications PR 496).

Two capabilities offer the same command, and differ in the type of the batch: C{twistchat.org/search}, the server's own
name for the draft, and C{soju.im/search}, which clients know today.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twistchat.chat.errors import ChatError, NotKept
from twistchat.chat.fanout.delivery import isIgnored
from twistchat.chat.model.events import Entry
from twistchat.chat.model.spans import At, Kept, Point, following
from twistchat.net.client.table import CommandTable
from twistchat.net.input.pace import Gone
from twistchat.protocols.irc.commands.history.selectors import BadRequest, parseLimit, parseTime
from twistchat.protocols.irc.commands.table import Command
from twistchat.protocols.irc.history.rendering import render, steps
from twistchat.protocols.irc.replies.formatting import middle
from twistchat.protocols.irc.replies.wording import describeError
from twistchat.wire.irc import numerics as n
from twistchat.wire.irc.message import parseTags

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twistchat.protocols.irc.protocol import IrcConnection
    from twistchat.protocols.irc.replies.reply import Reply
    from twistchat.wire.irc.message import Message

SEARCHES: Final = ("twistchat.org/search", "soju.im/search")
"""The capabilities that offer the command.  A client with both gets the batches of the first."""

DEFAULT_LIMIT: Final = 100
"""The number of messages for a request without a limit."""

ATTRIBUTES: Final = ("in", "from", "after", "before", "text", "limit")
"""The attributes of a request."""

table = CommandTable(Command)


@dataclass(frozen=True, slots=True)
class Request:
    """
    The attributes of a request.

    @ivar text: the words.
    @ivar target: the channel or nick; C{None} for all conversations.
    @ivar sender: the author's nick; C{None} for any.
    @ivar after: find only later messages.
    @ivar before: find only earlier messages.
    @ivar limit: the maximum number of messages.
    """

    text: str
    target: str | None
    sender: str | None
    after: Point | None
    before: Point | None
    limit: int


@table.command("SEARCH", "<attribute>=<value>{;<attribute>=<value>}", "search what was said", "IRCv3 search (draft)")
async def search(client: IrcConnection, message: Message, reply: Reply) -> None:
    """C{SEARCH}: sends the messages that match all attributes, in a batch."""
    kind = next((name for name in SEARCHES if name in client.capabilities), None)
    if kind is None:
        reply.numeric(n.ERR_UNKNOWNCOMMAND, "SEARCH", "Unknown command")
        return
    try:
        request = _parse(message.params, client.context.chat.reading.locate)
        await _show(client, reply, request, kind)
    except BadRequest as e:
        reply.fail(e.code, *map(middle, e.context), e.why)
    except ChatError as e:
        client.context.refusals.noteError(client.address, e)
        reply.fail("INTERNAL_ERROR", e.code, f"The search could not be run: {describeError(e)}")


async def _show(client: IrcConnection, reply: Reply, request: Request, kind: str) -> None:
    """
    Reply with the messages of a request, oldest first.

    A request with C{after} starts there, and any other request starts at the newest message ("Standard search
    attributes").

    @param kind: the type of the batch.
    @raise BadRequest: the client may not read the target.
    """
    reading, session = client.context.chat.reading, client.openSession
    found: Sequence[Kept] = ()
    if _isKept(client, request.target):
        found = await reading.search(
            session,
            request.text,
            request.limit,
            request.target,
            request.sender,
            request.after,
            request.before,
            oldest=request.after is not None,
        )
    reply.onlyBatch = True
    with reply.batch(kind):
        for item in found:
            if session.user is None:
                raise Gone
            if not isinstance(item, Entry) or isIgnored(session, item.event):
                continue
            data = render(client, item, reading.conversationOf(session, item.event))
            await reply.step(steps(client, data))
            reply.lines([data] if data else [])


def _isKept(client: IrcConnection, target: str | None) -> bool:
    """
    Whether messages of a target are kept.  Those of guests are not, and nothing is found there.

    @raise BadRequest: the client may not read it.
    """
    if target is None:
        return True
    try:
        client.context.chat.reading.readable(client.openSession, target)
    except NotKept:
        return False
    except ChatError:
        raise BadRequest("INVALID_PARAMS", ("in", target), "You cannot search there") from None
    return True


def _parse(params: tuple[str, ...], locate: Callable[[str], int | None]) -> Request:
    """
    Parse the parameters of SEARCH.

    @param locate: finds the place of a message id.
    @raise BadRequest: they are not valid.
    """
    if len(params) != 1:
        raise _invalid((), f"One parameter is needed: {', '.join(ATTRIBUTES)}, as in text=tea;in=#lobby")
    given = parseTags(params[0])
    unknown = [key for key in given if key not in ATTRIBUTES]
    if unknown:
        raise _invalid(unknown, f"Unknown attributes, the known ones are {', '.join(ATTRIBUTES)}")
    empty = [key for key, value in given.items() if not value and key != "text"]
    if empty:
        raise _invalid(empty, "These attributes need a value")
    if not any(given.values()):
        raise _invalid((), f"Say what to search for: {', '.join(ATTRIBUTES)}")
    limit = given.pop("limit", str(DEFAULT_LIMIT))
    count = parseLimit(limit)
    if count is None:
        raise _invalid(("limit", limit), "Invalid limit, a number from 1 on is needed")
    after, before = _point(given, "after", locate), _point(given, "before", locate)
    # The attributes include the time that they name.
    if isinstance(after, At):
        after = At(after.time - 1)
    if isinstance(before, At):
        before = following(before)
    return Request(given.get("text", ""), given.get("in"), given.get("from"), after, before, count)


def _point(given: dict[str, str], key: str, locate: Callable[[str], int | None]) -> Point | None:
    """
    Parse C{YYYY-MM-DDThh:mm:ss.sssZ}, or C{msgid=} and a message id.  A message id makes exact pages: times do not
    separate messages of the same millisecond.

    @raise BadRequest: it is neither, or this server did not make the message id.
    """
    value = given.get(key)
    if value is None:
        return None
    kind, equals, rest = value.partition("=")
    if equals and kind == "msgid":
        place = locate(rest)
        if place is None:
            raise _invalid((key, value), "No message has this id" if rest else "The message id is empty")
        return place
    try:
        return parseTime(value if equals else f"timestamp={value}")
    except BadRequest:
        raise _invalid((key, value), "Invalid time, YYYY-MM-DDThh:mm:ss.sssZ or msgid= is needed") from None


def _invalid(context: Sequence[str], why: str) -> BadRequest:
    return BadRequest("INVALID_PARAMS", tuple(context), why)
