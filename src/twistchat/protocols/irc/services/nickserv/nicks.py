"""NickServ's commands for the nicks of an account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twistchat.net.client.table import CommandTable
from twistchat.protocols.irc.services.nickserv.account import logIn
from twistchat.protocols.irc.services.table import ServiceCommand

if TYPE_CHECKING:
    from twistchat.protocols.irc.services.request import Request

table = CommandTable(ServiceCommand)


@table.command(
    "GHOST",
    "<nick> [<password>]",
    "take a nick of your account from someone else",
    "alice",
    least=1,
    most=2,
    secret=True,
)
async def ghost(request: Request) -> None:
    """C{GHOST}: gives someone else another nick.  With a password, the client logs in first."""
    await _logInFirst(request)
    nick = request.words[0]
    await request.chat.identity.release(request.asker, nick)
    request.say(f"Nobody else has the nick {nick} now")


@table.command(
    "REGAIN",
    "<nick> [<password>]",
    "take a nick of your account from someone else, and use it",
    "alice",
    least=1,
    most=2,
    secret=True,
)
async def regain(request: Request) -> None:
    """C{REGAIN}: the same as GHOST, and the client gets the nick."""
    await _logInFirst(request)
    nick = request.words[0]
    await request.chat.identity.regain(request.asker, nick)
    request.say(f"You have the nick {nick} now")


@table.command("GROUP", "", "give your current nick to your account", most=0, account=True)
async def group(request: Request) -> None:
    """C{GROUP}: gives the client's nick to its account."""
    nick, account = request.client.nick, request.account
    await request.chat.accounts.group(request.asker, account.name, nick)
    request.say(f"The nick {nick} belongs to {account.name} now")


@table.command("UNGROUP", "<nick>", "give up a nick of your account", "alice2", least=1, most=1, account=True)
async def ungroup(request: Request) -> None:
    """C{UNGROUP}: takes a nick from the client's account."""
    nick, account = request.words[0], request.account
    await request.chat.accounts.ungroup(request.asker, account.name, nick)
    request.say(f"The nick {nick} does not belong to {account.name} any more")


@table.command("LIST", "", "show the nicks of your account", most=0, account=True)
async def list(request: Request) -> None:
    """C{LIST}: shows the nicks of the client's account."""
    account = request.account
    if not account.nicks:
        request.say(f"Your account is {account.name}, which is its only nick")
        return
    request.say(f"Your account is {account.name}")
    await request.sayAll([f"{nick} belongs to it too" for nick in account.nicks])


async def _logInFirst(request: Request) -> None:
    """Log the client in to the account that has a nick, if it gave the password."""
    if len(request.words) == 2:
        nick, password = request.words
        found = await request.context.logins.password(request.session, nick, password)
        await logIn(request, found.account)
