"""Registration at the line door: a client types a name, and joins the lobby."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from twistchat.chat.errors import NotEncrypted, OutcomeUnknown
from twistchat.chat.model.events import SessionStarted
from twistchat.protocols.line.commands import find
from twistchat.protocols.line.commands.table import Outcome, UsageError, splitArgument
from twistchat.protocols.line.prompts import askLogin, checkMaySend
from twistchat.protocols.line.rooms import enterRoom, showWhere
from twistchat.protocols.line.unread import showNews
from twistchat.protocols.line.wording import formatDuration
from twistchat.wire.plain import notice

if TYPE_CHECKING:
    from twistchat.interfaces.accounts import Authenticated
    from twistchat.protocols.line.protocol import LineProtocol

NAMELESS = ("quit", "resetpass", "setpass")
"""The commands that need no name, and do then what they always do."""

UNKNOWN = "It is not known whether you came in.  Connect again"
"""What a client is told if the journal does not know whether it has registered."""


def executeUnregistered(client: LineProtocol, text: str) -> Outcome:
    """
    Execute a line of an unregistered client: a name, or a command that needs no name.

    @raise UsageError: it is another command.
    """
    if text[0] != "/":
        return _come(client, text.strip())
    name, _, argument = text[1:].partition(" ")
    command = find(name.lower())
    if command.name == "nick" and argument.strip():
        return _come(client, argument.strip())
    if command.name == "login":
        return _login(client, argument.strip())
    if command.name == "help":
        time = formatDuration(client.context.settings.limits.lineRegistration)
        client.reply(notice("Type the name you want to have here, and nothing else in that line, for example: alice"))
        client.reply(notice(f"There are {time} for this.  Then you can type:"))
    elif command.name not in NAMELESS:
        raise UsageError(f"/{command.name} works once you have a name.  Type the name first, for example: alice")
    return command.run(client, argument.strip())


def _come(client: LineProtocol, nick: str) -> Outcome:
    """Register under a nick.  If it belongs to an account, ask for the password first."""
    session, accounts = client.openSession, client.context.chat.state.accounts
    owner = accounts.withNick(nick)
    if owner is None or session.account == owner.name:
        return _enter(client, nick)
    try:
        _askLogin(client, nick, f"{nick} belongs to an account; password:")
    except NotEncrypted:
        client.guard()
        client.reply(notice(f"{nick} belongs to an account"))
        raise
    return None


def _login(client: LineProtocol, argument: str) -> Outcome:
    """C{/login} of a client without a name: the name of the account becomes its nick."""
    nick, password = splitArgument(argument, 1, 2, "/login NAME [PASSWORD]")
    assert nick is not None
    if password is None:
        _askLogin(client, nick)
        return None
    return _check(client, nick, password)


async def _check(client: LineProtocol, nick: str, password: str) -> None:
    checkMaySend(client)
    await _authenticated(client, nick, await client.context.logins.password(client.openSession, nick, password))


def _askLogin(client: LineProtocol, nick: str, first: str | None = None) -> None:
    askLogin(client, nick, partial(_authenticated, client, nick), "Type another name you want to have here", first)


async def _authenticated(client: LineProtocol, nick: str, authenticated: Authenticated) -> None:
    """Log in to the account, and enter."""
    await client.context.chat.identity.login(client.openSession, authenticated.account)
    await _enter(client, nick)


async def _enter(client: LineProtocol, nick: str) -> None:
    """Register under a nick, and join the lobby."""
    context = client.context
    session = client.openSession
    try:
        entry = await context.chat.identity.enter(session, nick, "~line", context.cloak(client.address))
    except OutcomeUnknown:
        # The user may exist soon.  The session must not enter as a second one.
        client.disconnect(UNKNOWN)
        return
    if session.user is None:
        return
    client.entrance.register()
    if isinstance(entry.event, SessionStarted):
        showWhere(client, f"You are {session.user.nick}, and were here already")
        await showNews(client)
        return
    client.reply(notice(f"You are {session.user.nick}.  /help lists what you can type"))
    await enterRoom(client, context.settings.chat.lobby, unlimited=True)
