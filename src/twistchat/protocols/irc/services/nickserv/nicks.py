"""NickServ's commands for the nicks of an account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twistchat.protocols.irc.services.table import ServiceTable

if TYPE_CHECKING:
    from twistchat.protocols.irc.services.request import Request

table = ServiceTable()


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
    request.say(f"Your account is {account.name}")
    await request.sayAll([f"{nick} belongs to it too" for nick in account.nicks])
