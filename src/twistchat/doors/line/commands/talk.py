"""Commands that say something, or show what was said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twistchat.doors.line.rooms import fitting, showHistory
from twistchat.doors.line.table import Misused, Outcome, Table, words
from twistchat.wire.plain import notice

if TYPE_CHECKING:
    from twistchat.doors.line.protocol import LineProtocol

PAGE = 50
"""Entries that one C{/search} shows."""

table = Table()


def say(client: LineProtocol, text: str) -> Outcome:
    """Say a line in the current room."""
    client.post(client.currentRoom().name, text)
    return None


@table.command("msg", "NICK TEXT", "say something to one person, or to a #room you are not talking in", together=True)
def msg(client: LineProtocol, argument: str) -> Outcome:
    """C{/msg}: to a user, or to a room."""
    target, text = words(argument, 2, 2, "/msg NICK TEXT")
    assert target is not None and text is not None
    chat = client.backstage.chat
    if target.startswith("#"):
        client.post(target, text)
        return None
    recipient = chat.find(target)
    told = chat.tell(client.openSession, target, text)
    if recipient.away is not None:
        client.reply(notice(f"{recipient.nick} is away: {recipient.away}"))
    return told


@table.command("me", "TEXT", "say what you do, as in /me waves", together=True)
def me(client: LineProtocol, argument: str) -> Outcome:
    """C{/me}: an action in the current room."""
    client.post(client.currentRoom().name, argument, "action")
    return None


@table.command("history", "[N]", "show the last lines of this room, 50 or N")
async def history(client: LineProtocol, argument: str) -> None:
    """C{/history}: the last entries of the current room."""
    limits = client.backstage.settings.limits
    if argument and not (argument.isascii() and argument.isdigit() and 1 <= int(argument[:9]) <= limits.historyReply):
        raise Misused(f"That is typed /history [N], with N from 1 to {limits.historyReply}")
    name = client.currentRoom().name
    with client.holding():
        count = int(argument) if argument else limits.historyOnJoin
        chat = client.backstage.chat
        past = await chat.history(client.openSession, name, count, before=chat.state.sequence + 1)
        client.reply(b"".join(showHistory(client, name, past)) or notice(f"{name} has no history yet"))


@table.command("search", "[WORDS]", "show the last lines of your rooms that have all these words; alone, those before")
async def search(client: LineProtocol, argument: str) -> None:
    """C{/search}: texts of the rooms where they are, and of their account's private conversations, page by page."""
    chat, dialect = client.backstage.chat, client.dialects.other
    if argument:
        client.searched = (argument, chat.state.sequence + 1)
    if client.searched is None:
        raise Misused("That is typed /search WORDS; after that, /search alone goes further back")
    words, before = client.searched
    with client.holding():
        found = fitting(client, await chat.search(client.openSession, words, PAGE, before), dialect)
        shown = b"".join(showHistory(client, f'"{words}" in your rooms', found, dialect))
        if found:
            client.searched = (words, found[0].sequence)
        client.reply(shown or notice(f'Nothing {"in" if argument else "more in"} your rooms has "{words}"'))


@table.command("echo", "on|off", "also show you the lines you say yourself, once they have been taken")
def echo(client: LineProtocol, argument: str) -> None:
    """C{/echo}: the sender's own texts as the acknowledgement that they were taken."""
    if argument not in ("on", "off"):
        raise Misused("That is typed /echo on or /echo off")
    client.backstage.chat.setEcho(client.openSession, argument == "on")
    client.reply(notice(f"Echo is {argument}"))


@table.command("ignore", "[NICK]", "hear nothing more from someone, or list whom you ignore")
def ignore(client: LineProtocol, argument: str) -> None:
    """C{/ignore}: texts and invitations of this nick are not shown to this session any more."""
    if argument:
        nick = client.backstage.chat.ignore(client.openSession, argument).nick
        client.reply(notice(f"You ignore {nick}; /unignore {nick} ends it"))
    else:
        client.reply(notice(f"You ignore {' '.join(sorted(client.openSession.ignored)) or 'nobody'}"))


@table.command("unignore", "NICK", "hear someone again")
def unignore(client: LineProtocol, argument: str) -> None:
    """C{/unignore}: the end of an C{/ignore}."""
    (nick,) = words(argument, 1, 1, "/unignore NICK")
    assert nick is not None
    if not client.backstage.chat.unignore(client.openSession, nick):
        raise Misused("You do not ignore anyone of that name; /ignore lists whom you do")
    client.reply(notice(f"You hear {nick} again"))
