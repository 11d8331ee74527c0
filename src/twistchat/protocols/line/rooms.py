"""How the line door shows a room: who is in it, its topic, and what was said in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from twistchat.chat.fanout.delivery import isIgnored
from twistchat.chat.model.events import Entry
from twistchat.chat.model.modes import prefixes
from twistchat.chat.model.names import fold
from twistchat.chat.model.rooms import Room
from twistchat.chat.model.spans import Damaged, Kept
from twistchat.chat.model.users import User
from twistchat.net.input.pace import Pace
from twistchat.wire.plain import notice

if TYPE_CHECKING:
    from twistchat.interfaces import IDialect
    from twistchat.protocols.line.protocol import LineProtocol

NAMES_A_LINE = 20
"""How many names one line of a list holds."""

NAMES_ON_JOINING = 60
"""How many names are shown without being asked for."""


def roomName(text: str) -> str:
    """A room's name as it was typed, with the C{#} that people leave out."""
    return text if text.startswith("#") else f"#{text}"


async def enterRoom(client: LineProtocol, name: str, key: str | None = None, unlimited: bool = False) -> None:
    """
    Bring a client into a room and make it their current one; or only that, where they are in it.

    What the room hears meanwhile comes behind the history that is shown, without gap or double.

    @param unlimited: see L{Membership.join <twistchat.chat.rules.membership.Membership.join>}.
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
        finally:
            # Who comes into a room while the journal cannot be read sees who is there all the same.
            client.reply(b"".join(_introduction(client, room)))
        await showHistory(client, room.name, await fitHistory(client, past, client.dialects.current))


def showMembers(room: Room) -> Iterator[bytes]:
    """
    Who is in a room: lines that begin with how many, then names with the prefix of their rank.  Whoever goes while one
    goes through them is left out.
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
    """Who someone is: a line with their host and the rooms where the client meets them; and one if they are away."""
    source = user.source
    account = "" if source.account is None else f", logged in as {source.account}"
    own = client.openSession.user
    shared = [room.name for folded, room in user.rooms.items() if own is not None and folded in own.rooms]
    where = f", in {' '.join(shared)}" if shared else ", in no room of yours"
    yield notice(f"{user.nick} is {source.username}@{source.host}{account}{where}")
    if user.away is not None:
        yield awayNotice(user)


def awayNotice(user: User) -> bytes:
    """That someone is away, and why."""
    return notice(f"{user.nick} is away: {user.away}")


def showTopic(client: LineProtocol, room: Room) -> bytes:
    """A room's topic, who set it and when."""
    if room.topic is None:
        return notice(f"{room.name} has no topic")
    clock = client.dialects.clock
    when = f"{clock.day(room.topic.time)} {clock.show(room.topic.time)}"
    return notice(f"Topic of {room.name}: {room.topic.text} (set by {room.topic.by}, {when})")


async def showHistory(client: LineProtocol, name: str, fitted: Sequence[tuple[Kept, bytes]]) -> bool:
    """
    Show what was said in a room: nothing where nothing was; or a line that says so, the entries with a line before the
    first of each day, and a line at the end.  Entries that changed on disk are not shown, but counted.

    @param name: what it is the history of.
    @param fitted: as L{fitHistory} has it.
    @return: whether there was anything.
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
    The newest of these entries, each with what it is in a dialect; as many as fill half of what may wait for the
    client: nobody is to be dropped as a slow reader for what others said.
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
    """An entry as this client sees it: nothing, where it is from someone whom they ignore."""
    return b"" if isIgnored(client.openSession, entry.event) else dialect.render(entry)


def _introduction(client: LineProtocol, room: Room) -> Iterator[bytes]:
    if room.topic is not None:
        yield showTopic(client, room)
    if len(room.members) <= NAMES_ON_JOINING:
        yield from showMembers(room)
    else:
        yield notice(f"{len(room.members)} in {room.name}; /who lists them")
