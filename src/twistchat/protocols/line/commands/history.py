"""Commands that show earlier lines of a conversation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twistchat.chat.errors import NoSuchNick, NotLoggedIn
from twistchat.chat.model.names import fold
from twistchat.chat.model.spans import At, Point
from twistchat.net.client.table import CommandTable
from twistchat.protocols.line.commands.table import Command, UsageError
from twistchat.protocols.line.history import Ask, between, showPage
from twistchat.protocols.line.times import isTime, readTime, resemblesTime, unknownTime
from twistchat.protocols.line.unread import showNews
from twistchat.wire.plain import notice

if TYPE_CHECKING:
    from twistchat.protocols.line.protocol import LineProtocol

PAGE: Final = 50
"""The entries of a page, unless the client asks for another number."""

AGAIN: Final = 600.0
"""Seconds within which C{/history} goes further back from the last page."""

table = CommandTable(Command, "What was said before")


@dataclass(frozen=True, slots=True)
class Request:
    """
    The argument of C{/history}.

    @ivar target: a room or a nick; C{""} for the current room.
    @ivar way: C{"older"} or C{"newer"}, from the last page; C{""} otherwise.
    @ivar count: the number of entries; C{None} if it is not given.
    @ivar when: the words of a day and a time; empty if there are none.
    """

    target: str
    way: str
    count: int | None
    when: tuple[str, ...]


@table.command(
    "history",
    "[#ROOM or NICK] [N] [TIME]",
    "show earlier lines of this room or another: the last 50 or N, or from a time on",
    example="/history yesterday",
    details=(
        "/history again goes further back; /history older and /history newer go on from the last page",
        "TIME is a day, a time of day, or both: /history 09:00, /history sunday, /history #kitchen 2026-11-20 09:14",
        "/history bob shows your private messages with bob, if both of you have an account",
    ),
)
async def history(client: LineProtocol, argument: str) -> None:
    """C{/history}: shows a page of a room or a private conversation."""
    request = _read(argument, client.context.settings.limits.historyReply)
    try:
        await showPage(client, _turnPage(client, request) if request.way else _open(client, request))
    except NoSuchNick:
        if resemblesTime(request.target.lower()):
            raise unknownTime(request.target) from None
        raise


@table.command(
    "unread",
    "[#ROOM or NICK]",
    "list where something is new for you; or show what is new in one of these places",
    example="/unread #kitchen",
)
async def unread(client: LineProtocol, argument: str) -> None:
    """C{/unread}: lists the conversations with unread texts, or shows those of one, and marks them as read."""
    if client.openSession.currentAccount is None:
        raise NotLoggedIn
    if not argument:
        if not await showNews(client):
            client.reply(notice("Nothing is new for you"))
        return
    chat, session = client.context.chat, client.openSession
    chat.reading.readable(session, argument)
    for news in await chat.reading.unread(session):
        if fold(news.name) == fold(argument):
            end = chat.state.sequence + 1
            start = chat.markers.marker(session, news.name)
            point = At(max(0, news.since - 1) if start is None else start)
            page = await showPage(client, Ask(news.name, PAGE, end, _nothingNew(news.name), point))
            marking = None if page is None else chat.markers.mark(session, news.name, page.until)
            if marking is not None:
                await marking
            return
    client.reply(notice(_nothingNew(argument)))


def _nothingNew(target: str) -> str:
    return f"There is nothing new {between(target)}"


def _read(argument: str, limit: int) -> Request:
    """
    Read the argument.

    @param limit: the most entries that one can ask for.
    @raise UsageError: it is none of the forms.
    """
    target, way, count, begins = "", "", None, False
    when: list[str] = []
    for index, word in enumerate(argument.split()):
        lower = word.lower()
        if isTime(lower):
            when.append(lower)
        elif lower in ("older", "newer") and not way:
            way = lower
        elif count is None and len(word) < 10 and word.isascii() and word.isdigit() and 1 <= int(word) <= limit:
            count = int(word)
        elif lower == "from" and not begins and not when:
            begins = True
        elif not index and not word[0].isdigit() and word[0] != "-":
            target = word
        elif resemblesTime(lower):
            raise unknownTime(word)
        else:
            raise _usage(limit)
    if (way and (target or when)) or (begins and not when):
        raise _usage(limit)
    return Request(target, way, count, tuple(when))


def _usage(limit: int) -> UsageError:
    return UsageError(
        f"Usage: /history [#ROOM or NICK] [N] [TIME], with N from 1 to {limit}; /help history gives examples"
    )


def _open(client: LineProtocol, request: Request) -> Ask:
    """Find the page that the client asks for, which is the next older one if it asks again."""
    clock, now = client.dialects.clock, int(client.context.wall() * 1000)
    target = request.target or client.currentRoom().name
    last = client.page
    if last is not None and request == Request("", "", None, ()):
        recent = client.context.clock.seconds() - last.shown < AGAIN
        if recent and fold(last.target) == fold(target):
            return _turnPage(client, Request("", "older", None, ()))
    count, end = request.count or PAGE, client.context.chat.state.sequence + 1
    if not request.when:
        return Ask(target, count, end, f"There is nothing to read {between(target)}")
    time = readTime(request.when, clock, now)
    start: Point = At(time - 1)
    since = f"{clock.day(time)} {clock.show(time)}"
    return Ask(target, count, end, f"There is nothing to read {between(target)} from {since} on", start)


def _turnPage(client: LineProtocol, request: Request) -> Ask:
    """
    Find the page before or after the last one.

    @raise UsageError: no page was shown.
    """
    last, count = client.page, request.count or PAGE
    if last is None:
        raise UsageError("You have seen no history yet, from which to go on; /history shows some")
    if request.way == "older":
        return Ask(last.target, count, last.oldest, f"There is nothing older to read {between(last.target)}")
    end = client.context.chat.state.sequence + 1
    return Ask(last.target, count, end, f"There is nothing newer to read {between(last.target)}", last.newest)
