"""Shows earlier lines at the line door, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from twistchat.chat.fanout.delivery import isIgnored
from twistchat.chat.model.events import (
    Entry,
    Joined,
    Kicked,
    Killed,
    ModesSet,
    Parted,
    PrivateMessageRedacted,
    Quit,
    Renamed,
    RoomMessageRedacted,
    RoomRenamed,
    TopicSet,
)
from twistchat.chat.model.spans import TEXTS, Damaged, Kept, Kinds, Point
from twistchat.chat.rules.rooms.visibility import isRoom
from twistchat.net.input.pace import Pace
from twistchat.wire.plain import dayNotice, notice

if TYPE_CHECKING:
    from twistchat.interfaces import IDialect
    from twistchat.protocols.line.protocol import LineProtocol

SHOWN: Final[Kinds] = TEXTS | {
    Joined,
    Kicked,
    Killed,
    ModesSet,
    Parted,
    PrivateMessageRedacted,
    Quit,
    Renamed,
    RoomMessageRedacted,
    RoomRenamed,
    TopicSet,
}
"""
The events of the history that this door has a line for.  Others, such as reactions, are not read.  So no page has fewer
lines than the client asked for, while there are more.
"""

Fitted: TypeAlias = Sequence[tuple[Kept, bytes]]
"""Entries, each with its lines in a dialect."""


@dataclass(frozen=True, slots=True)
class Page:
    """
    The last page of a conversation that was shown to a client, from which it goes on.

    @ivar target: the room, or the nick of the other user.
    @ivar oldest: the sequence number of its first entry.
    @ivar newest: the sequence number of its last entry.
    @ivar until: the time of its last entry, in milliseconds since the epoch; 0 if that entry is damaged.
    @ivar shown: when it was shown, in seconds on the server's clock.
    """

    target: str
    oldest: int
    newest: int
    until: int
    shown: float

    @classmethod
    def of(cls, client: LineProtocol, target: str, entries: Sequence[Kept]) -> Page:
        """The page of these entries, of which there is at least one."""
        last = entries[-1]
        until = 0 if isinstance(last, Damaged) else last.time
        return cls(target, entries[0].sequence, last.sequence, until, client.context.clock.seconds())


@dataclass(frozen=True, slots=True)
class Ask:
    """
    What a client asks to see of a conversation.

    @ivar target: the room, or the nick of the other user.
    @ivar count: the most entries.
    @ivar start: the point from which on, and which is not included; C{None} for the newest entries.
    @ivar end: the sequence number before which.
    @ivar none: says that there is nothing to see.
    """

    target: str
    count: int
    end: int
    none: str
    start: Point | None = None


def between(target: str) -> str:
    """Say where a conversation takes place: C{in #room}, or C{between you and bob}."""
    return f"in {target}" if isRoom(target) else f"between you and {target}"


async def readPast(
    client: LineProtocol,
    target: str,
    limit: int,
    after: Point | None = None,
    before: Point | None = None,
    oldest: bool = False,
) -> Sequence[Kept]:
    """
    Read what this door shows of a conversation.  See L{Reading.history <twistchat.chat.rules.reading.Reading.history>}.
    """
    return await client.context.chat.reading.history(client.openSession, target, limit, after, before, oldest, SHOWN)


async def showPage(client: LineProtocol, ask: Ask) -> Page | None:
    """
    Show a page of a conversation, with a line at its end that says how to go on.

    Deliveries follow the page, without gaps or duplicates.

    @return: the page; C{None} if there is nothing to see.
    @raise ChatError: the client may not read the conversation.
    """
    dialects, forwards, now = client.dialects, ask.start is not None, client.context.chat.state.sequence + 1
    with client.holdDeliveries():
        past = await readPast(client, ask.target, ask.count, ask.start, ask.end, forwards)
        room = isRoom(ask.target)
        fitted = await fitHistory(client, past, dialects.current if room else dialects.other, forwards)
        if not fitted:
            client.reply(notice(ask.none))
            return None
        page = Page.of(client, ask.target, [entry for entry, _ in fitted])
        older = await readPast(client, ask.target, 1, before=page.oldest)
        # What comes from now on is delivered after the page.
        newer = await readPast(client, ask.target, 1, page.newest, now) if forwards or ask.end < now else ()
        client.page = page
        title = ask.target if room else f"your messages with {ask.target}"
        await showHistory(client, title, fitted, _goOn(bool(older), bool(newer)))
        return page


def _goOn(older: bool, newer: bool) -> str:
    """Say how to go on from a page."""
    ways = "; /history older goes further back" if older else "; it begins here"
    if newer:
        ways += f"{',' if older else ';'} /history newer goes on"
    return ways


async def showHistory(client: LineProtocol, name: str, fitted: Fitted, goOn: str = "") -> bool:
    """
    Show entries of the history: a heading with the date of the first, the entries, a line before the first entry of
    each later day, and a line at the end.  If there are none, show nothing.  Damaged entries are not shown, but
    counted.

    @param name: the room, or the description of a search.
    @param fitted: see L{fitHistory}.
    @param goOn: added to the line at the end.
    @return: whether anything was shown.
    """
    clock, pace = client.dialects.clock, Pace(client)
    day = None
    damaged = 0
    for entry, data in fitted:
        await pace.step()
        if isinstance(entry, Damaged):
            damaged += 1
            continue
        if not data:
            continue
        today = clock.dateOf(entry.time)
        if day is None:
            client.reply(notice(f"History of {name}, {today}"))
        elif today != day:
            client.reply(dayNotice(today))
        day = today
        client.reply(data)
    if damaged == 1:
        client.reply(notice("1 entry could not be read: it changed on disk"))
    elif damaged:
        client.reply(notice(f"{damaged} entries could not be read: they changed on disk"))
    if day is not None or goOn:
        client.reply(notice(f"End of history of {name}{goOn}"))
    return day is not None or damaged > 0


async def fitHistory(client: LineProtocol, entries: Sequence[Kept], dialect: IDialect, oldest: bool = False) -> Fitted:
    """
    Select the entries that fit into half of the send queue, so that the client is not dropped as a slow reader.

    @param oldest: whether to select the oldest of them, and not the newest.
    @return: each entry, and its lines in this dialect.
    """
    space, pace = client.context.settings.limits.sendq // 2, Pace(client)
    fitted: list[tuple[Kept, bytes]] = []
    for entry in entries if oldest else reversed(entries):
        await pace.step()
        data = b"" if isinstance(entry, Damaged) else _render(client, entry, dialect)
        space -= len(data)
        if space < 0:
            break
        fitted.append((entry, data))
    return fitted if oldest else fitted[::-1]


def _render(client: LineProtocol, entry: Entry, dialect: IDialect) -> bytes:
    """Render an entry for this client; C{b""} if the client ignores its sender."""
    return b"" if isIgnored(client.openSession, entry.event) else dialect.render(entry)
