"""Commands that send texts, and search for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twistchat.chat.model.names import fold
from twistchat.net.client.table import CommandTable
from twistchat.protocols.line.commands.table import Command, Outcome, UsageError, splitArgument
from twistchat.protocols.line.filters import readFilters
from twistchat.protocols.line.history import fitHistory, showHistory
from twistchat.protocols.line.rooms import awayNotice
from twistchat.wire.plain import notice

if TYPE_CHECKING:
    from twistchat.interfaces import Receipt
    from twistchat.protocols.line.protocol import LineProtocol

PAGE = 50
"""The most entries that one C{/search} shows."""

table = CommandTable(Command, "To talk: a line that does not begin with / is said in the room you are talking in")


def say(client: LineProtocol, text: str) -> Outcome:
    """Send a line to the current room."""
    room = client.currentRoom()
    session = client.session
    # Most texts come from guests, who have no markers.
    if session is not None and session.user is not None and session.user.source.account is not None:
        client.markShown(room.key)
    client.post(room.name, text)
    return None


@table.command(
    "msg",
    "NICK TEXT",
    "say something to one person, or to a #room you are not talking in",
    example="/msg bob Tea?",
    aliases=("query", "w"),
    concurrent=True,
)
def msg(client: LineProtocol, argument: str) -> Outcome:
    """C{/msg}: sends a text to a user, or to a room."""
    target, text = splitArgument(argument, 2, 2, "/msg NICK TEXT")
    assert target is not None and text is not None
    if target.startswith("#"):
        client.markShown(fold(target))
        client.post(target, text)
        return None
    return _sendPrivate(client, target, text)


def _sendPrivate(client: LineProtocol, nick: str, text: str) -> Receipt:
    """Send a text to a user, and say so if the user is away, or not here."""
    chat = client.context.chat
    recipient, absent = chat.state.users.named(nick), chat.inbox.absent(nick)
    account = None if recipient is None else recipient.source.account
    if account is not None:
        client.markShown(fold(account))
    receipt = chat.speaking.sayPrivate(client.openSession, nick, text)
    if recipient is not None and recipient.away is not None:
        client.reply(awayNotice(recipient))
    elif recipient is None and absent is not None:
        client.reply(notice(f"{absent.name} is not here, and gets messages at the next login"))
    return receipt


@table.command(
    "reply", "TEXT", "say something to the last person who wrote to you alone", example="/r Yes", aliases=("r",)
)
def reply(client: LineProtocol, argument: str) -> Outcome:
    """C{/reply}: sends a text to the user who wrote last, and shows that user's current nick."""
    (text,) = splitArgument(argument, 1, 1, "/reply TEXT")
    assert text is not None
    return _reply(client, text)


async def _reply(client: LineProtocol, text: str) -> None:
    uid = client.openSession.correspondent
    if uid is None:
        raise UsageError("Nobody has written to you alone yet; /msg NICK TEXT writes to someone")
    user = client.context.chat.state.users.get(uid)
    if user is None:
        raise UsageError("The person who last wrote to you has left; /msg NICK TEXT writes to someone else")
    await _sendPrivate(client, user.nick, text)
    client.reply(notice(f"You replied to {user.nick}"))


@table.command("me", "TEXT", "say what you do", example="/me waves", concurrent=True)
def me(client: LineProtocol, argument: str) -> Outcome:
    """C{/me}: sends an action to the current room."""
    client.post(client.currentRoom().name, argument, "action")
    return None


@table.command(
    "search",
    "[WORDS]",
    "search your rooms for lines that have all these words; without WORDS, show earlier results",
    example="/search tea four",
    details=(
        "Filters: from:NICK, in:#ROOM or in:NICK, after:TIME, before:TIME; TIME is a day or a time of day",
        "/search from:bob in:#lobby after:2026-11-01 before:2026-11-20 tea",
    ),
)
async def search(client: LineProtocol, argument: str) -> None:
    """C{/search}: searches the client's rooms and the account's private conversations, page by page."""
    chat, dialect = client.context.chat, client.dialects.other
    if argument:
        filters = readFilters(argument, client.dialects.clock, int(client.context.wall() * 1000))
        client.lastSearch = (argument, filters, filters.before or chat.state.sequence + 1)
    if client.lastSearch is None:
        raise UsageError("Usage: /search WORDS; after that, /search alone goes further back")
    asked, filters, before = client.lastSearch
    with client.holdDeliveries():
        past = await chat.reading.search(
            client.openSession, filters.words, PAGE, filters.target, filters.sender, filters.after, before
        )
        found = await fitHistory(client, past, dialect)
        if found:
            client.lastSearch = (asked, filters, found[0][0].sequence)
        if not await showHistory(client, f"{_quoted(asked)} in your rooms", found):
            client.reply(notice(f"Nothing {'in' if argument else 'more in'} your rooms has {_quoted(asked)}"))


def _quoted(words: str) -> str:
    """Quote what was searched for, so that its own quotes can be told from those around it."""
    return f"“{words}”" if '"' in words else f'"{words}"'


@table.command(
    "echo", "on|off", "also show you the lines you say yourself, once they have been taken", example="/echo on"
)
def echo(client: LineProtocol, argument: str) -> None:
    """C{/echo}: shows the client its own texts when they are stored."""
    if argument not in ("on", "off"):
        raise UsageError("Usage: /echo on or /echo off")
    client.context.chat.speaking.setEcho(client.openSession, argument == "on")
    client.reply(notice(f"Echo is {argument}"))


@table.command("ignore", "[NICK]", "hear nothing more from someone; alone, list whom you ignore", example="/ignore bob")
def ignore(client: LineProtocol, argument: str) -> None:
    """C{/ignore}: hides the texts and invitations of a nick from this session."""
    if argument:
        nick = client.context.chat.speaking.ignore(client.openSession, argument).nick
        client.reply(notice(f"You ignore {nick}; /unignore {nick} ends it"))
    else:
        client.reply(notice(f"You ignore {' '.join(sorted(client.openSession.ignored)) or 'nobody'}"))


@table.command("unignore", "NICK", "hear someone again", example="/unignore bob")
def unignore(client: LineProtocol, argument: str) -> None:
    """C{/unignore}: ends C{/ignore}."""
    (nick,) = splitArgument(argument, 1, 1, "/unignore NICK")
    assert nick is not None
    if not client.context.chat.speaking.unignore(client.openSession, nick):
        raise UsageError("You do not ignore anyone of that name; /ignore lists whom you do")
    client.reply(notice(f"You hear {nick} again"))
