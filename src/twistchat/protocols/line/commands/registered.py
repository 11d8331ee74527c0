"""C{/room}: registered rooms, which belong to accounts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from twistchat.chat.model.modes.room import RANK_WORDS
from twistchat.chat.model.names import fold
from twistchat.chat.model.rooms import SETTINGS
from twistchat.chat.rules.rooms.settings import CHOICES, describeApplying, describeChoices
from twistchat.net.client.table import CommandTable
from twistchat.net.input.pace import Pace
from twistchat.protocols.line.commands.table import Command, Outcome, UsageError, splitArgument
from twistchat.wire.plain import notice

if TYPE_CHECKING:
    from twistchat.protocols.line.protocol import LineProtocol

table = CommandTable(Command, "Rooms that belong to accounts")

Action: TypeAlias = "Callable[[LineProtocol, str, str], Outcome]"
"""Does something with a room.  It gets the client, the room's name, and the rest of the line."""

USAGES = (
    "/room register: make this room yours, so that it stays as it is when it is empty",
    "/room info: show whose room it is",
    "/room access: list who gets which rank when they come in",
    "/room access ACCOUNT RANK: give an account the rank admin, operator, half-operator, voice or none",
    "/room up: get the ranks that you have in this list",
    "/room set description TEXT: say what the room is about; without a text, remove that",
    "/room set history WHO: say who can read what was said here: joined, members, accounts or everyone",
    "/room set retention TIME: say how long the server keeps what is said here, such as 7d, 1y or forever",
    "/room set history or retention default: remove that; without a value, show it",
    "/room set successor ACCOUNT: say who gets the room when your account is dropped",
    "/room transfer ACCOUNT #ROOM: give the room to another account; the name of the room is to be sure",
    "/room drop #ROOM: let the room belong to nobody; the name is to be sure",
    "A room other than this one comes first, as in /room #kitchen info",
)


@table.command(
    "room",
    "[#ROOM] ACTION [ARGUMENTS]",
    "register this room, or change who may do what in it; /help room lists the actions",
    example="/room register",
    details=USAGES,
)
def room(client: LineProtocol, argument: str) -> Outcome:
    """C{/room}: does something with a registered room."""
    name, action, rest = None, *splitArgument(argument, 0, 2, "")
    if action is not None and action.startswith("#"):
        name, (action, rest) = action, splitArgument(rest or "", 0, 2, "")
    does = ACTIONS.get((action or "").lower())
    if does is None:
        raise UsageError(f"Usage: /room [#ROOM] {', '.join(ACTIONS)}; /help room says what they do")
    return does(client, client.currentRoom().name if name is None else name, rest or "")


async def _register(client: LineProtocol, name: str, argument: str) -> None:
    await client.context.chat.ownership.register(client.openSession, name, argument or None)
    info = client.context.chat.ownership.info(client.openSession, name)
    client.reply(notice(f"{info.name} belongs to {info.founder} now"))


async def _drop(client: LineProtocol, name: str, argument: str) -> None:
    if fold(argument) != fold(name):
        raise UsageError(f"Usage: /room drop {name}, with the name of the room to be sure")
    await client.context.chat.ownership.drop(client.openSession, name)
    client.reply(notice(f"{name} belongs to nobody now.  Its access list and its settings are gone"))


async def _transfer(client: LineProtocol, name: str, argument: str) -> None:
    account, room = splitArgument(argument, 0, 2, "")
    if account is None or room is None or fold(room) != fold(name):
        raise UsageError(f"Usage: /room transfer {account or 'ACCOUNT'} {name}, with the name of the room to be sure")
    transferring = client.context.chat.ownership.transfer(client.openSession, name, account)
    if transferring is not None:
        await transferring
    client.reply(notice(f"{name} belongs to {account} now.  {_rankIn(client, name)}"))


def _rankIn(client: LineProtocol, name: str) -> str:
    """Say which rank a client has in a registered room that it has given away."""
    room, user = client.context.chat.state.rooms.get(name), client.openSession.user
    ranks = ""
    if room is not None and user is not None:
        member = room.members.get(user.source.uid)
        ranks = room.ranksFor(user.source) if member is None else member.ranks
    words = ", ".join(RANK_WORDS[letter] for letter in ranks)
    return f"You are {words} in it now" if words else "You have no rank in it any more"


async def _access(client: LineProtocol, name: str, argument: str) -> None:
    account, ranks = splitArgument(argument, 0, 2, "")
    if account is not None:
        if ranks is None:
            raise UsageError("Usage: /room access ACCOUNT RANK, where RANK may be none")
        setting = client.context.chat.ownership.setAccess(client.openSession, name, account, ranks)
        if setting is not None:
            await setting
        client.reply(notice(f"The access of {account} to {name} is: {ranks}"))
        return
    listed, pace = client.context.chat.ownership.access(client.openSession, name), Pace(client)
    if not listed:
        client.reply(notice(f"The access list of {name} is empty"))
    for access in listed:
        await pace.step()
        words = ", ".join(RANK_WORDS[letter] for letter in access.ranks)
        client.reply(notice(f"{access.account} is {words} in {name}"))


def _up(client: LineProtocol, name: str, argument: str) -> Outcome:
    granting = client.context.chat.ownership.grantOwn(client.openSession, name)
    if granting is None:
        client.reply(notice(f"You have your ranks in {name} already"))
    return granting


async def _set(client: LineProtocol, name: str, argument: str) -> None:
    setting, value = splitArgument(argument, 1, 2, f"/room set {' or '.join(SETTINGS)} VALUE")
    assert setting is not None
    ownership, setting = client.context.chat.ownership, setting.lower()
    if value or setting not in CHOICES:
        await ownership.setSetting(client.openSession, name, setting, value)
    if setting in CHOICES:
        info = ownership.info(client.openSession, name)
        client.reply(notice(describeApplying(info.name, setting, info.settings)))
        if not value:
            client.reply(notice(describeChoices(setting)))
        return
    client.reply(notice(f"The {setting} of {name} is: {value}" if value else f"{name} has no {setting}"))


def _info(client: LineProtocol, name: str, argument: str) -> None:
    info, clock = client.context.chat.ownership.info(client.openSession, name), client.dialects.clock
    client.reply(notice(f"{info.name} belongs to {info.founder}, and was made {clock.day(info.created)}"))
    for setting, value in info.settings.items():
        if setting not in CHOICES:
            client.reply(notice(f"Its {setting} is: {value}"))
    for setting in CHOICES:
        client.reply(notice(describeApplying(info.name, setting, info.settings)))


ACTIONS: dict[str, Action] = {
    "register": _register,
    "info": _info,
    "access": _access,
    "up": _up,
    "set": _set,
    "transfer": _transfer,
    "drop": _drop,
}
"""The actions of C{/room}."""
