"""Shows rooms at the line door: members and topic; and joins them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from twistchat.chat.errors import Banned
from twistchat.chat.model.modes.room import prefixes
from twistchat.chat.model.names import fold
from twistchat.chat.model.rooms import Room
from twistchat.chat.model.spans import Damaged, Kept
from twistchat.chat.model.users import ABSENT, User
from twistchat.protocols.line.history import Page, fitHistory, readPast, showHistory
from twistchat.protocols.line.unread import showNews
from twistchat.wire.plain import dayNotice, notice

if TYPE_CHECKING:
    from datetime import date

    from twistchat.chat.model.events import Entry
    from twistchat.protocols.line.protocol import LineProtocol

NAMES_A_LINE = 20
"""The most names in a line."""

NAMES_ON_JOINING = 60
"""The most names that are shown on joining.  /who shows more."""


def roomName(text: str) -> str:
    """Get a room's name from what a person typed, who may have left out the C{#}."""
    return text if text.startswith("#") else f"#{text}"


async def enterRoom(client: LineProtocol, name: str, key: str | None = None, unlimited: bool = False) -> None:
    """
    Join a room, and make it the current room.  If the client is a member already, only the latter.

    Deliveries from the room follow the history, without gaps or duplicates.

    @param unlimited: see L{Membership.join <twistchat.chat.rules.rooms.membership.Membership.join>}.
    """
    chat, session = client.context.chat, client.openSession
    with client.holdDeliveries():
        client.entering = fold(name)
        try:
            joining = chat.membership.join(session, name, key, unlimited)
            entry = None if joining is None else await joining
            if entry is not None:
                client.setCurrent(fold(name))
        finally:
            client.entering = ""
        if entry is None:
            client.setCurrent(fold(name))
            client.reply(notice(f"You are talking in {client.currentRoom().name}"))
            return
        room, recent, shownDay = client.currentRoom(), client.context.settings.limits.historyOnJoin, client.day
        try:
            past = await readPast(client, room.name, recent, before=entry.sequence)
        except Banned:
            # An invitation let them in past a ban.
            past = ()
        finally:
            # A client that joins while the journal cannot be read still sees the members.
            client.reply(b"".join(_introduction(client, room)))
        if session.currentAccount is not None:
            await showNews(client, room.name)
        await _showPast(client, room, past)
        _showToday(client, past, entry, shownDay)


async def _showPast(client: LineProtocol, room: Room, past: Sequence[Kept]) -> None:
    """Show the history of a room that was joined."""
    fitted = await fitHistory(client, past, client.dialects.current)
    if fitted:
        client.page = Page.of(client, room.name, [entry for entry, _ in fitted])
    await showHistory(client, room.name, fitted)
    times = [entry.time for entry in past[-1:] if not isinstance(entry, Damaged)]
    if times:
        client.context.chat.markers.noteShown(client.openSession, room.key, times[0])


def _showToday(client: LineProtocol, past: Sequence[Kept], joined: Entry, day: date | None) -> None:
    """
    Show the date before the first line after a history of earlier days.

    @param day: the C{day} of the client before the history.  If it has changed, the date is held back and follows.
    """
    clock = client.dialects.clock
    today = clock.dateOf(joined.time)
    times = [entry.time for entry in past[-1:] if not isinstance(entry, Damaged)]
    if client.day == day and times and clock.dateOf(times[0]) != today:
        client.reply(dayNotice(today))
        client.day = today


def showWhere(client: LineProtocol, who: str) -> None:
    """
    Show a client the rooms of its user, which it did not join itself, and choose the current room.

    @param who: says who the user is, without the final dot.
    """
    user = client.openSession.user
    if user is None:
        return  # it was lost with its node, and the client is told soon
    names = [room.name for room in user.rooms.values()]
    *first, last = names or [""]
    where = f"{', '.join(first)} and {last}" if first else last or "no room; /join #ROOM to talk"
    client.reply(notice(f"{who}; you are in {where}"))
    if user.rooms:
        room = user.rooms.get(client.current) or user.rooms.get(fold(client.context.settings.chat.lobby))
        client.setCurrent((room or next(reversed(user.rooms.values()))).key)
        client.reply(notice(f"You are talking in {client.currentRoom().name}"))
    else:
        client.current = ""


def showMembers(room: Room) -> Iterator[bytes]:
    """
    Format the members of a room: lines with their number, and names with the prefixes of their ranks.  Members who
    leave during the iteration are skipped.
    """
    members = list(room.members.items())
    for start in range(0, len(members), NAMES_A_LINE):
        names = [
            f"{prefixes(member.ranks)[:1]}{member.user.nick}"
            for uid, member in members[start : start + NAMES_A_LINE]
            if room.members.get(uid) is member
        ]
        if names:
            yield notice(f"{len(members)} in {room.name}: {' '.join(names)}")


def showUser(client: LineProtocol, user: User) -> Iterator[bytes]:
    """Describe a user: a line with the host and the shared rooms, and another one if the user is away."""
    source = user.source
    account = "" if source.account is None else f", logged in as {source.account}"
    own = client.openSession.user
    shared = [room.name for folded, room in user.rooms.items() if own is not None and folded in own.rooms]
    where = f", in {' '.join(shared)}" if shared else ", in no room of yours"
    yield notice(f"{user.nick} is {source.username}@{source.host}{account}{where}")
    if user.away is not None:
        yield awayNotice(user)


def awayNotice(user: User) -> bytes:
    """Format the away message of a user."""
    if user.away == ABSENT:
        return notice(f"{user.nick} is away")
    return notice(f"{user.nick} is away: {user.away}")


def showTopic(client: LineProtocol, room: Room) -> bytes:
    """Format a room's topic, who set it, and when."""
    if room.topic is None:
        return notice(f"{room.name} has no topic")
    clock = client.dialects.clock
    when = f"{clock.day(room.topic.time)} {clock.show(room.topic.time)}"
    return notice(f"Topic of {room.name}: {room.topic.text} (set by {room.topic.by}, {when})")


def _introduction(client: LineProtocol, room: Room) -> Iterator[bytes]:
    if room.topic is not None:
        yield showTopic(client, room)
    if len(room.members) <= NAMES_ON_JOINING:
        yield from showMembers(room)
    else:
        yield notice(f"{len(room.members)} in {room.name}; /who lists them")
