"""Tells a client what its user has not read: C{12 new lines in #lobby, 2 mention you, since 09:14}."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twistchat.chat.model.names import fold
from twistchat.chat.phrasing import counted
from twistchat.chat.rules.rooms.visibility import isRoom
from twistchat.wire.plain import notice

if TYPE_CHECKING:
    from twistchat.chat.rules.unread import Unread
    from twistchat.protocols.line.protocol import LineProtocol


async def showNews(client: LineProtocol, room: str = "") -> bool:
    """
    Show what the user has not read, one line for each conversation, and how to read it.

    @param room: the name of the only room to show; C{""} for all conversations.
    @return: whether there is anything.
    @raise NotRead: the history cannot be read.
    """
    found = await client.context.chat.reading.unread(client.openSession)
    shown = [unread for unread in found if not room or fold(unread.name) == fold(room)]
    for unread in shown:
        client.reply(notice(wordNews(client, unread)))
    if len(shown) == 1:
        client.reply(notice(f"/unread {shown[0].name} shows what is new"))
    elif shown:
        client.reply(notice("/unread with one of these names shows what is new there"))
    return bool(shown)


def wordNews(client: LineProtocol, unread: Unread) -> str:
    """Say how much is new in a conversation, how much of it mentions the user, and since when."""
    clock, room = client.dialects.clock, isRoom(unread.name)
    lines = f"{unread.texts}+ new lines" if unread.more else counted(unread.texts, "new line")
    words = [f"{lines} {'in' if room else 'from'} {unread.name}"]
    if room and unread.mentions:
        words.append(f"{unread.mentions} mention{'s' if unread.mentions == 1 else ''} you")
    if unread.since:
        day = clock.day(unread.since)
        today = clock.day(int(client.context.wall() * 1000))
        words.append(f"since {'' if day == today else f'{day} '}{clock.show(unread.since)}")
    return ", ".join(words)
