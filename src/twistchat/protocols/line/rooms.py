"""Shows rooms at the line door: members, topic and history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from twistchat.chat.errors import Banned
from twistchat.chat.fanout.delivery import isIgnored
from twistchat.chat.model.events import Entry
from twistchat.chat.model.modes.room import prefixes
from twistchat.chat.model.names import fold
from twistchat.chat.model.rooms import Room
from twistchat.chat.model.spans import Damaged, Kept
from twistchat.chat.model.users import ABSENT, User
from twistchat.net.input.pace import Pace
from twistchat.wire.plain import notice

if TYPE_CHECKING:
    from twistchat.interfaces import IDialect
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
        room, recent = client.currentRoom(), client.context.settings.limits.historyOnJoin
        try:
            past = await chat.reading.history(session, room.name, recent, before=entry.sequence)
        except Banned:
            # An invitation let them in past a ban.
            past = ()
        finally:
            # A client that joins while the journal cannot be read still sees the members.
            client.reply(b"".join(_introduction(client, room)))
        await showHistory(client, room.name, await fitHistory(client, past, client.dialects.current))


def showWhere(client: LineProtocol, who: str) -> None:
    """
    Show a client the rooms of its user, which it did not join itself, and choose the current room.

    @param who: says who the user is, without the final dot.
    """
    user = client.openSession.user
    assert user is not None
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


async def showHistory(client: LineProtocol, name: str, fitted: Sequence[tuple[Kept, bytes]]) -> bool:
    """
    Show entries of the history: a heading, a line before the first entry of each day, the entries, and a line at the
    end. If there are none, show nothing.  Damaged entries are not shown, but counted.

    @param name: the room, or the description of a search.
    @param fitted: see L{fitHistory}.
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
        today = clock.day(entry.time)
        if today != day:
            client.reply(notice(f"History of {name}, {today}"))
            day = today
        client.reply(data)
    if damaged == 1:
        client.reply(notice("1 entry could not be read: it changed on disk"))
    elif damaged:
        client.reply(notice(f"{damaged} entries could not be read: they changed on disk"))
    if day is not None:
        client.reply(notice(f"End of history of {name}"))
    return day is not None or damaged > 0


async def fitHistory(client: LineProtocol, entries: Sequence[Kept], dialect: IDialect) -> Sequence[tuple[Kept, bytes]]:
    """
    Select the newest entries that fit into half of the send queue, so that the client is not dropped as a slow reader.

    @return: each entry, and its lines in this dialect.
    """
    space, pace = client.context.settings.limits.sendq // 2, Pace(client)
    fitted: list[tuple[Kept, bytes]] = []
    for entry in reversed(entries):
        await pace.step()
        data = b"" if isinstance(entry, Damaged) else _render(client, entry, dialect)
        space -= len(data)
        if space < 0:
            break
        fitted.append((entry, data))
    return fitted[::-1]


def _render(client: LineProtocol, entry: Entry, dialect: IDialect) -> bytes:
    """Render an entry for this client; C{b""} if the client ignores its sender."""
    return b"" if isIgnored(client.openSession, entry.event) else dialect.render(entry)


def _introduction(client: LineProtocol, room: Room) -> Iterator[bytes]:
    if room.topic is not None:
        yield showTopic(client, room)
    if len(room.members) <= NAMES_ON_JOINING:
        yield from showMembers(room)
    else:
        yield notice(f"{len(room.members)} in {room.name}; /who lists them")
