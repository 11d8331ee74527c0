"""C{LIST}: lists channels, in portions, so that no other client waits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from twistchat.chat.model.bans.masks import BadMask, Glob, readGlob
from twistchat.net.client.table import CommandTable
from twistchat.protocols.irc.commands.table import Command
from twistchat.protocols.irc.registration.isupport import MAX_LISTED
from twistchat.protocols.irc.replies.formatting import middle
from twistchat.wire.irc import numerics as n

if TYPE_CHECKING:
    from twistchat.chat.model.rooms import Room
    from twistchat.protocols.irc.protocol import IrcConnection
    from twistchat.protocols.irc.replies.reply import Reply
    from twistchat.wire.irc.message import Message

Condition: TypeAlias = "Callable[[Room], bool]"

table = CommandTable(Command)


@table.command(
    "LIST",
    "[<channel>{,<channel>}] [<condition>{,<condition>}]",
    "list the channels",
    "modern.ircdocs.horse, ISUPPORT ELIST",
)
async def list_(client: IrcConnection, message: Message, reply: Reply) -> None:
    """C{LIST}: all visible channels, or those that match names, masks and conditions."""
    wanted = [word for parameter in message.params[:2] for word in parameter.split(",") if word]
    reply.numeric(n.RPL_LISTSTART, "Channel", "Users  Name")
    filter = _Filter.read(wanted, client.context.wall(), reply)
    if filter is not None:
        for room in client.context.chat.channels.listed(client.openSession):
            await reply.step()
            if room is not None and filter.matches(room):
                topic = "" if room.topic is None else room.topic.text
                reply.numeric(n.RPL_LIST, room.name, str(len(room.members)), topic)
    reply.numeric(n.RPL_LISTEND, "End of /LIST")


class _Filter:
    """Selects rooms: they match a name or mask, match no mask with C{!}, and meet all conditions."""

    def __init__(self, now: float) -> None:
        """
        @param now: seconds since the epoch.
        """
        self._now = now
        self._masks: list[Glob] = []
        self._unwanted: list[Glob] = []
        self._conditions: list[Condition] = []

    @classmethod
    def read(cls, words: Sequence[str], now: float, reply: Reply) -> _Filter | None:
        """
        Parse names, masks and conditions.

        @param now: seconds since the epoch.
        @return: C{None} if one is invalid; the reply says so.
        """
        if len(words) > MAX_LISTED:
            text = f"Too many names, masks and conditions: {MAX_LISTED} may be given"
            reply.numeric(n.ERR_TOOMANYTARGETS, middle(words[MAX_LISTED]), text)
            return None
        filter = cls(now)
        for word in words:
            try:
                known = filter._add(word)
            except BadMask as bad:
                reply.fail("INVALID_PARAMS", middle(word), f"{str(bad).capitalize()} is wanted")
                return None
            if not known:
                reply.fail(
                    "INVALID_PARAMS", middle(word), f"No condition: {word}.  There are >n, <n, C>n, C<n, T>n, T<n"
                )
                return None
        return filter

    def _add(self, word: str) -> bool:
        """
        Add a name, a mask or a condition (modern.ircdocs.horse, "ELIST Parameter").

        @return: whether it is valid.
        @raise BadMask: a mask has too many wildcards.
        """
        what, sign, number = word[:-1], "", ""
        for what in ("C", "T", ""):
            if word[: len(what) + 1].upper() in (f"{what}<", f"{what}>"):
                sign, number = word[len(what)], word[len(what) + 1 :]
                break
        if sign:
            if not (number.isascii() and number.isdigit()):
                return False
            self._conditions.append(self._condition(what, sign == ">", int(number[:12])))
        elif word[0] == "!":
            self._unwanted.append(readGlob(word[1:]))
        else:
            self._masks.append(readGlob(word))
        return True

    def matches(self, room: Room) -> bool:
        """Check whether the filter selects a room."""
        name = room.key
        if self._masks and not any([mask.matches(name) for mask in self._masks]):
            return False
        if any([mask.matches(name) for mask in self._unwanted]):
            return False
        return all(condition(room) for condition in self._conditions)

    def _condition(self, what: str, more: bool, number: int) -> Condition:
        """
        @param what: C{"C"} for the age of the room, C{"T"} for the age of its topic, both in minutes; C{""} for the
            number of members.
        @param more: whether the value must be greater than the number, or less.
        """

        def holds(room: Room) -> bool:
            if what == "T" and room.topic is None:
                return False
            if what == "":
                measure = float(len(room.members))
            else:
                since = room.created if what == "C" or room.topic is None else room.topic.time
                measure = (self._now - since / 1000) / 60
            return measure > number if more else measure < number

        return holds
