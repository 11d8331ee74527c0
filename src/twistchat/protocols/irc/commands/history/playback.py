"""
The texts to C{*playback}, which ZNC's module I{playback} takes.  Its clients do not know that the server is no bouncer.

Nobody can have this name, because no nick begins with C{*}.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from twistchat.chat.model.names import fold
from twistchat.net.client.table import CommandTable
from twistchat.protocols.irc.commands.table import Command, Outcome
from twistchat.protocols.irc.history.joining import liveFrom
from twistchat.protocols.irc.history.playback import (
    MOST_PATTERNS,
    PLAYBACK_CAPABILITY,
    Play,
    isPattern,
    playBuffer,
)
from twistchat.protocols.irc.replies.reply import serializeFitted
from twistchat.wire.irc import numerics as n

if TYPE_CHECKING:
    from twistchat.chat.rules.reading import Target
    from twistchat.protocols.irc.protocol import IrcConnection
    from twistchat.protocols.irc.replies.reply import Reply
    from twistchat.wire.irc.message import Message

NAME: Final = "*playback"
"""The name of the module."""

SOURCE: Final = "ZNC's playback module"

USAGE: Final = "Usage: PLAY <buffers> [<from> [<to>]], or LIST; the times are seconds since 1970"

_TIME: Final = re.compile(r"(-?\d{1,11})(?:\.(\d{1,9}))?", re.ASCII)

table = CommandTable(Command)


@table.command("ZNC", "<module> <command> [<parameter>...]", "play what was said before", SOURCE, minParams=1)
def znc(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """C{ZNC}: the same as a text to the module.  There is one: C{*playback}."""
    if PLAYBACK_CAPABILITY not in client.capabilities:
        reply.numeric(n.ERR_UNKNOWNCOMMAND, "ZNC", "Unknown command")
        return None
    module, *words = message.params
    if fold(module).removeprefix("*") != NAME[1:]:
        _answer(client, reply, f"There is no module {module}; there is {NAME}")
        return None
    return _run(client, " ".join(words), reply)


def privmsg(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """C{PRIVMSG} to the module: plays or lists buffers."""
    return _run(client, "".join(message.params[1:2]), reply)


def ignored(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """C{NOTICE} and C{TAGMSG} to the module: have no effect and no answer."""
    return None


TO_PLAYBACK = {
    "PRIVMSG": Command("PRIVMSG", privmsg, "<target> <command>", "play what was said before", SOURCE),
    "NOTICE": Command("NOTICE", ignored, "<target> <text>", "do nothing", SOURCE),
    "TAGMSG": Command("TAGMSG", ignored, "<target>", "do nothing", SOURCE),
}
"""The commands that take the place of those for texts, if the target is the module.  They are not concurrent."""


def toPlayback(client: IrcConnection, message: Message, command: Command) -> Command:
    """Get the command in L{TO_PLAYBACK} for a message to the module, or else the given command."""
    if PLAYBACK_CAPABILITY not in client.capabilities or fold(message.params[0]) != NAME:
        return command
    return TO_PLAYBACK.get(message.command, command)


def _run(client: IrcConnection, text: str, reply: Reply) -> Outcome:
    command, *words = text.split() or [""]
    match command.upper(), words:
        case "PLAY", [buffers, *times] if len(times) <= 2:
            return _play(client, reply, buffers.split(","), times)
        case "LIST", [] | [_]:
            return _list(client, reply, words[0].split(",") if words else ["*"])
        case "CLEAR", _:
            _answer(
                client, reply, "What was said belongs to everyone and is not cleared; PLAY takes a time to begin at"
            )
        case _:
            _answer(client, reply, USAGE)
    return None


async def _play(client: IrcConnection, reply: Reply, buffers: list[str], times: list[str]) -> None:
    """Play the buffers that have something, and remember the request for the channels that the client joins next."""
    try:
        after, before = [_parse(text) for text in (*times, "-1", "-1")[:2]] if times else (None, None)
    except ValueError:
        _answer(client, reply, USAGE)
        return
    if sum(map(isPattern, buffers)) > MOST_PATTERNS:
        _answer(client, reply, f"At most {MOST_PATTERNS} names may have wildcards")
        return
    now = client.context.clock.seconds()
    client.play = play = Play(buffers, after, None if before is None else before + 1, now)
    targets = await _targets(client, play)
    for target in targets:
        user = client.openSession.user
        room = None if user is None else user.rooms.get(target.conversation)
        await playBuffer(client, reply, target.name, play, client.entered if room is None else liveFrom(client, room))
        await reply.step()


async def _list(client: IrcConnection, reply: Reply, buffers: list[str]) -> None:
    """List buffers: their names, the beginning, which is not known, and the time of the last text."""
    if sum(map(isPattern, buffers)) > MOST_PATTERNS:
        _answer(client, reply, f"At most {MOST_PATTERNS} names may have wildcards")
        return
    for target in await _targets(client, Play(buffers, None, None, 0.0)):
        await reply.step()
        _answer(client, reply, f"{target.name} 0 {target.time // 1000}.{target.time % 1000:03}")


async def _targets(client: IrcConnection, play: Play) -> list[Target]:
    """The buffers that a request names."""
    limit = client.settings.limits.historyReply
    found = await client.context.chat.reading.targets(client.openSession, limit, play.after)
    return [target for target in found if play.names(target.name)]


def _parse(text: str) -> int | None:
    """
    Parse a time: seconds since the epoch, with a fraction.

    @return: milliseconds, rounded down; C{None} for a negative number, which means no limit.
    @raise ValueError: it is no time.
    """
    matched = _TIME.fullmatch(text)
    if matched is None:
        raise ValueError(text)
    return None if text[0] == "-" else int(matched[1]) * 1000 + int((matched[2] or "").ljust(3, "0")[:3])


def _answer(client: IrcConnection, reply: Reply, text: str) -> None:
    """Answer as the module does: with a private text from its name."""
    reply.lines([serializeFitted(f"{NAME}!playback@{client.server}", "PRIVMSG", (client.nick, text))])
