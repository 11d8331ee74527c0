"""C{HELP}: describes commands and modes, from their tables (modern.ircdocs.horse, "HELP message")."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from twistchat.chat.model.modes.room import RANKS, ROOM_MODES, Shape
from twistchat.chat.model.modes.user import USER_MODES
from twistchat.chat.model.users import PRIVILEGES
from twistchat.net.client.table import CommandTable
from twistchat.protocols.irc.commands.table import MODERN, Command, Outcome
from twistchat.protocols.irc.replies.formatting import joinWords, middle
from twistchat.wire.irc import numerics as n

if TYPE_CHECKING:
    from twistchat.protocols.irc.protocol import IrcConnection
    from twistchat.protocols.irc.replies.reply import Reply
    from twistchat.wire.irc.message import Message

WIDTH = 80
"""The most characters of a line with names of commands."""

table = CommandTable(Command)


@table.command("HELP", "[<command>|CHANMODES|USERMODES]", "show how to use this server", MODERN)
async def help(client: IrcConnection, message: Message, reply: Reply) -> None:
    """C{HELP}: describes a command or the modes; without a parameter, lists all commands."""
    subject = message.params[0] if message.params else ""
    lines = list(_lines(subject.upper()))
    where = subject if subject and middle(subject) == subject else "*"
    if not lines:
        reply.numeric(n.ERR_HELPNOTFOUND, where, "No help available on this topic; HELP alone tells what there is")
        return
    for line, code in zip(lines, (n.RPL_HELPSTART, *[n.RPL_HELPTXT] * (len(lines) - 2), n.RPL_ENDOFHELP), strict=True):
        await reply.step()
        reply.numeric(code, where, line)


@table.command("HELPOP", "[<command>|CHANMODES|USERMODES]", "the same", "InspIRCd, UnrealIRCd")
def helpop(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """C{HELPOP}: the same as HELP.  Many clients send it for C{/help}."""
    return help(client, message, reply)


def _lines(subject: str) -> Iterator[str]:
    """Get the help on a subject: at least two lines; none if the subject is unknown."""
    from twistchat.protocols.irc.commands import COMMANDS, TOPICS

    topic = SUBJECTS.get(subject)
    command = COMMANDS.get(subject)
    if not subject:
        yield "The commands of this server"
        for name, commands in TOPICS.items():
            yield from joinWords([f"{name}:", *(command.name for command in commands)], " ", WIDTH)
        yield "HELP <command> tells more of one; HELP CHANMODES and HELP USERMODES what modes there are"
    elif topic is not None:
        yield from topic()
    elif command is not None:
        yield from _describe(command)


def _describe(command: Command) -> Iterator[str]:
    yield f"{command.name} {command.parameters}".rstrip()
    whose = (
        f"For operators who may {PRIVILEGES[command.privilege]} ({command.privilege}): to"
        if command.privilege
        else "To"
    )
    yield f"{whose} {command.summary}"
    yield f"See: {command.source}"


def _roomModes() -> Iterator[str]:
    yield "Modes of channels: MODE <channel> +<letter> [<parameter>] sets one, - takes it away"
    for rank in RANKS:
        yield f"+{rank.letter} <nick>  ({rank.prefix}) {rank.name}"
    for mode in ROOM_MODES.values():
        parameter = " <mask>" if mode.shape is Shape.LIST else "" if mode.shape is Shape.FLAG else " <value>"
        yield f"+{mode.letter}{parameter}  {mode.meaning}"


def _userModes() -> Iterator[str]:
    yield "Modes of users: MODE <your nick> +<letter> sets one, - takes it away"
    for mode in USER_MODES.values():
        yield f"+{mode.letter}  a user {mode.meaning}{'' if mode.given else ' (nobody sets it themselves)'}"


SUBJECTS: dict[str, Callable[[], Iterator[str]]] = {"CHANMODES": _roomModes, "USERMODES": _userModes}
"""The subjects that are not commands."""
