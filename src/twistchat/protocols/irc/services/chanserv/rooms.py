"""ChanServ's commands that register channels, change their settings, and show them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twistchat.chat.errors import NotFounder
from twistchat.chat.model.names import fold
from twistchat.chat.phrasing import counted
from twistchat.chat.rules.rooms.settings import CHOICES, describeApplying, describeChoices
from twistchat.net.client.table import CommandTable
from twistchat.protocols.irc.replies.formatting import formatTime
from twistchat.protocols.irc.services.table import ServiceCommand, Usage

if TYPE_CHECKING:
    from twistchat.chat.rules.rooms.ownership import RoomInfo
    from twistchat.protocols.irc.services.request import Request

table = CommandTable(ServiceCommand)


@table.command(
    "REGISTER",
    "<channel>",
    "register a channel that you operate",
    "#tea",
    least=1,
    most=1,
    account=True,
)
async def register(request: Request) -> None:
    """C{REGISTER}: registers a channel, whose founder is the client's account."""
    name, account = request.words[0], request.account
    await request.chat.ownership.register(request.asker, name, account.name)
    request.say(f"{name} is registered, and {account.name} is its founder")


@table.command(
    "DROP",
    "<channel> [<code>]",
    "end the registration of your channel",
    "#tea",
    least=1,
    most=2,
    account=True,
    privilege="rooms",
)
async def drop(request: Request) -> None:
    """C{DROP}: ends the registration of a channel, after a confirmation."""
    info = _founded(request, request.words[0])
    if request.confirms(_facts(info), "DROP", info.name):
        await request.chat.ownership.drop(request.asker, info.name)
        request.say(f"{info.name} is not registered any more")


@table.command(
    "TRANSFER",
    "<channel> <account> [<code>]",
    "make another account the founder of your channel",
    "#tea bob",
    least=2,
    most=3,
    account=True,
    privilege="rooms",
)
async def transfer(request: Request) -> None:
    """C{TRANSFER}: changes the founder of a channel, after a confirmation."""
    await _transfer(request, "TRANSFER", *request.words[:2])


@table.command(
    "SET",
    "<channel> (DESCRIPTION [<text>] | SUCCESSOR [<account>] | HISTORY [<readers>] | RETENTION [<time>]"
    " | FOUNDER <account>)",
    "change or remove a setting of your channel",
    "#tea DESCRIPTION All about tea",
    least=2,
    account=True,
    privilege="rooms",
    details=(
        *[describeChoices(setting) for setting in CHOICES],
        "Without a value, HISTORY and RETENTION are shown, and other settings are removed",
    ),
)
async def set(request: Request) -> None:
    """
    C{SET}: changes a setting.  Without a value, removes it; one of those that apply in every channel is shown instead.
    C{FOUNDER} is the same as C{TRANSFER}.
    """
    name, setting = request.words[0], request.word(1).lower()
    if setting == "founder":
        if not 3 <= len(request.words) <= 4:
            raise Usage
        await _transfer(request, "SET", name, request.words[2])
        return
    value, ownership = request.rest(2), request.chat.ownership
    if value or setting not in CHOICES:
        await ownership.setSetting(request.asker, name, setting, value or None)
    if setting in CHOICES:
        found = ownership.info(request.asker, name)
        request.say(describeApplying(found.name, setting, found.settings))
        if not value:
            request.say(describeChoices(setting))
    elif value:
        request.say(f"The {setting} of {name} is: {value}")
    else:
        request.say(f"{name} has no {setting} now")


@table.command("INFO", "<channel>", "show a registered channel", "#tea", least=1, most=1)
async def info(request: Request) -> None:
    """C{INFO}: shows what the client may know of a channel."""
    found = request.chat.ownership.info(request.asker, request.words[0])
    request.say(f"{found.name}: founder {found.founder}, created {formatTime(found.created / 1000)}")
    stated = [f"{key.capitalize()}: {value}" for key, value in found.settings.items() if key not in CHOICES]
    await request.sayAll([*stated, *[describeApplying(found.name, key, found.settings) for key in CHOICES]])


@table.command("LIST", "", "show the channels of your account", most=0, account=True)
async def list(request: Request) -> None:
    """C{LIST}: shows the channels whose founder is the client's account."""
    found = request.chat.ownership.roomsOf(request.account.name)
    request.say(f"You are the founder of {counted(len(found), 'channel')}{':' if found else ''}")
    await request.sayAll(found)


async def _transfer(request: Request, command: str, name: str, account: str) -> None:
    """
    Change the founder of a channel, after a confirmation.

    @param command: the command that the client used.
    """
    info = _founded(request, name)
    words = [command, info.name, *(["FOUNDER"] if command == "SET" else []), account]
    if request.confirms(f"{_facts(info)} {fold(account)}", *words):
        changing = request.chat.ownership.transfer(request.asker, info.name, account)
        if changing is not None:
            await changing
        request.say(f"The founder of {info.name} is {account} now")


def _founded(request: Request, name: str) -> RoomInfo:
    """
    Get a channel that the client may give away.

    @raise NotFounder: the client's account is not the founder.
    """
    info = request.chat.ownership.info(request.asker, name)
    if not request.client.user.may("rooms") and fold(info.founder) != fold(request.account.name):
        raise NotFounder(info.name)
    return info


def _facts(info: RoomInfo) -> str:
    """What the code that confirms a command belongs to."""
    return f"{info.name} {info.created} {info.founder}"
